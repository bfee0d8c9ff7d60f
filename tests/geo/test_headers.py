"""Where the names of columns are: worked out by hand for tables as offices make them."""

import datetime

import pytest

from geo.headers import Header, find

PLAIN = ["编号", "名称", "泊位"]


def test_a_first_row_of_names_is_the_header():
    assert find([PLAIN, ["0102", "甲", 12.0]]) == Header(("编号", "名称", "泊位"), 0, 0)


def test_titles_and_blank_rows_above_are_passed_over():
    rows = [["济南市停车场台账", "", ""], ["", "", ""], PLAIN, ["0102", "甲", 12.0]]
    found = find(rows)
    assert (found.first, found.last) == (2, 2)
    assert [(note.code, note.fields) for note in found.notes(1)] == [("title_rows", {"row": 3, "count": 1})]


def test_two_rows_with_joined_cells_become_one():
    """位置 is joined over two columns, 编号 and 名称 over two rows."""
    rows = [["编号", "名称", "位置", ""], ["", "", "经度", "纬度"], ["1", "甲", 117.0, 36.0]]
    merged = [((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0, 2), (0, 3))]
    expected = Header(("编号", "名称", "位置_经度", "位置_纬度"), 0, 1)
    assert find(rows, merged) == expected
    assert find(rows) == expected  # formats that do not tell of joined cells
    assert find(rows, two_rows=False) == Header(("编号", "名称", "位置", ""), 0, 0)


def test_a_row_of_texts_below_a_name_left_out_is_data():
    rows = [["编号", "名称", ""], ["a1", "甲", "备注"], ["a2", "乙", "无"]]
    assert find(rows) == Header(("编号", "名称", ""), 0, 0)
    assert find(rows, []) == Header(("编号", "名称", ""), 0, 0)


def test_years_may_be_names():
    assert find([["区县", 2023.0, 2024.0, "合计"], ["历下", 1.0, 2.0, 3.0]]) is None
    assert find([["区县", "单位", 2024.0], ["历下", "个", 2.0]]).names == ("区县", "单位", "2024")


def test_breaks_in_names_are_taken_out():
    assert find([["车位\n数量", " 名称 "], [1.0, "甲"]]).names == ("车位数量", "名称")


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["", ""]],
        [[1.0, 2.0], ["a", "b"]],
        [[datetime.date(2024, 1, 1), "a"], ["b", "c"]],
        [["1", "2", "3"], ["甲", "乙", "丙"]],
    ],
)
def test_values_are_no_names(rows):
    assert find(rows) is None


def test_a_single_column_has_a_header_too():
    assert find([["名称"], ["甲"]]) == Header(("名称",), 0, 0)

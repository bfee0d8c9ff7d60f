"""Laws of reading CSV text, tested where they are, without a process."""

import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import tables
from geo.errors import ReadError

WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff", exclude_categories=["Cs"]), min_size=1
)


def as_csv(header, rows, separator=","):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue()


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=20), st.sampled_from(",;\t"))
def test_any_text_comes_back_as_it_was(rows, separator):
    marked = [(f"文{a}", f"字{b}") for a, b in rows]  # a letter in front, so that none is a number
    table = tables.read_csv("t.csv", as_csv(["名称", "备注"], marked, separator))[0]
    assert list(zip(*(column.to_pylist() for column in table.columns), strict=True)) == marked


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(10**17), 10**17)), min_size=1, max_size=20))
def test_whole_numbers_come_back_as_numbers(values):
    rows = [["" if value is None else value, "甲"] for value in values]
    column = tables.read_csv("t.csv", as_csv(["n", "k"], rows))[0]["n"]
    assert column.to_pylist() == values
    if any(value is not None for value in values):
        assert column.type == pa.int64()


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_decimal_numbers_come_back_exactly(values):
    column = tables.read_csv("t.csv", as_csv(["n", "k"], [[repr(value), "甲"] for value in values]))[0]["n"]
    assert column.cast(pa.float64()).to_pylist() == values


@pytest.mark.parametrize(
    "code", ["0531", "00", "-01", "1 000", "１２", "1e", ".", "-", "+5", "0x10", "99999999999999999999"]
)
def test_codes_stay_text(code):
    column = tables.read_csv("t.csv", as_csv(["code", "k"], [[code, "甲"], ["12", "乙"]]))[0]["code"]
    assert column.to_pylist() == [code, "12"]


COORDINATE = st.one_of(st.none(), st.floats(), st.sampled_from(["", "东", "1,2", "++1"]))


@settings(deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE), max_size=30))
def test_every_row_is_a_point_missing_or_listed(pairs):
    rows = [["" if x is None else x, "" if y is None else y, "甲"] for x, y in pairs]
    table = tables.read_csv("t.csv", as_csv(["lon", "lat", "k"], rows))[0]
    where = tables.find_coordinates("t.csv", table, None, None)
    decoded = tables.points("t.csv", table, where, most_nested=8)
    geometry, bad = decoded.geometry, decoded.unusable
    for (x, y, _), shape, listed in zip(rows, geometry, bad, strict=True):
        if x == y == "":
            assert shape is None
            assert not listed
        elif isinstance(x, float) and isinstance(y, float) and np.isfinite([x, y]).all():
            assert (shape.x, shape.y) == (x, y)
            assert not listed
        else:
            assert shape is None
            assert listed


def test_coordinates_under_a_heading_of_their_own_are_found():
    """A merged cell 坐标 over 经度 and 纬度 gives columns called 坐标_经度 and 坐标_纬度."""
    table = pa.table({"名称": ["甲"], "坐标_经度": [117.0], "坐标_纬度": [36.6]})
    assert tables.find_coordinates("t.xlsx", table, None, None) == tables.Coordinates(
        "坐标_经度", "坐标_纬度", "EPSG:4326"
    )
    both = table.append_column("经度", pa.array([117.0])).append_column("纬度", pa.array([36.6]))
    with pytest.raises(ReadError, match="坐标_经度"):
        tables.find_coordinates("t.xlsx", both, None, None)

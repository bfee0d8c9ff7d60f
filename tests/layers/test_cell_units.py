"""Units inside cells: converted where they are of the field's kind, else an error with a suggestion."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_worlds import CITY

from layers.cell_units import resembling, take_units
from layers.city import parse_city
from layers.fields import cast
from layers.spec import FieldSpec
from layers.spec_files import parse_spec
from layers.validate import prepare

AREA = FieldSpec("area_m2", "number", unit="m2")
LENGTH = FieldSpec("length_m", "number", unit="m")
COUNT = FieldSpec("spaces", "integer")
PEOPLE = FieldSpec("people", "integer", unit="people")


def taken(field, *cells):
    source = pd.Series(cells, dtype="str")
    return take_units(source, cast(source, field), field)


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        (AREA, "3.2公顷", 32_000),
        (AREA, "15亩", 10_000),  # a mu is a fifteenth of a hectare
        (AREA, "1,200 ㎡", 1_200),
        (AREA, "2 HA", 20_000),
        (AREA, "１２平方米", 12),
        (LENGTH, "2km", 2_000),
        (LENGTH, "0.5公里", 500),
        (COUNT, "12个", 12),
        (PEOPLE, "1.5万人", 15_000),
    ],
)
def test_a_number_with_its_unit_is_converted(field, cell, value):
    result, written = taken(field, "7", cell, None)
    assert result.values.tolist()[:2] == [7, value]
    assert result.values.isna().tolist() == [False, False, True]
    assert not result.unfit.any()
    assert written.positions.tolist() == [1]


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        (AREA, "2km"),  # a length is no area
        (AREA, "12个"),
        (COUNT, "2.5个"),  # half a space
        (COUNT, "3亩"),
        (COUNT, "约200"),
        (LENGTH, "3-5米"),
        (LENGTH, "米"),
    ],
)
def test_anything_else_stays_an_error(field, cell):
    result, written = taken(field, cell)
    assert result.unfit.tolist() == [True]
    assert not len(written.positions)


@pytest.mark.parametrize(
    ("field", "cell", "number"),
    [
        (COUNT, "约200", "200"),
        (COUNT, "200左右", "200"),
        (COUNT, "200多个", None),  # more than 200
        (COUNT, "大约 200 个", "200"),
        (AREA, "约3.2公顷", "32000"),
        (AREA, "约2km", None),
        (COUNT, "3至5", None),
        (COUNT, "不详", None),
        (COUNT, "约2.5", None),
        (FieldSpec("name", "text"), "约200", None),
    ],
)
def test_a_number_is_suggested_where_a_text_has_one(field, cell, number):
    assert resembling(cell, field) == number


@given(st.integers(0, 10**6), st.sampled_from(["m2", "亩", "公顷", "平方公里"]))
def test_a_cell_means_what_its_header_would(number, unit):
    """The unit in the cell and the unit in the header give the same area."""
    from layers.columns import match
    from layers.units import scaled

    factor = match((AREA,), [f"area_m2（{unit}）"]).factors.get("area_m2", 1.0)
    (by_cell,) = taken(AREA, f"{number}{unit}")[0].values
    (by_header,) = scaled(pd.Series([str(number)], dtype="str"), factor).astype(float)
    assert by_cell == pytest.approx(by_header, rel=1e-11)


def test_the_file_says_what_was_converted_and_what_may_be_meant(tmp_path):
    spec = parse_spec(
        'name = "t"\ntitle_zh = "表"\ntitle_en = "T"\nkind = "table"\nkey = "id"\n'
        '[[fields]]\nname = "id"\nrequired = true\n'
        '[[fields]]\nname = "area_m2"\ntype = "number"\nunit = "m2"\n',
        tmp_path / "t.toml",
    )
    frame = pd.DataFrame({"id": ["a", "b", "c"], "area_m2": ["3.2公顷", "约200", "9"]})
    prepared = prepare(frame, spec, parse_city(CITY))
    assert prepared.frame["area_m2"].tolist()[0::2] == [32_000, 9]
    told = {each.rule: each for each in prepared.findings}
    unit = told["value_unit"]
    assert (unit.severity, unit.feature, unit.value) == ("mended", 1, "3.2公顷")
    assert unit.fields == {"from": "公顷", "to": "m2", "factor": 10_000.0, "result": "32000"}
    assert told["value_type"].fields["nearest"] == "200"

"""Columns and fields: names in all their spellings, cut ones, doubts, and units that headers name."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_worlds import CITY
from pyproj import CRS
from shapely.geometry import LineString, box

from geo.exports import short_names
from layers.city import parse_city
from layers.columns import match
from layers.headers import folded, header, is_cut
from layers.spec import FieldSpec, LayerSpec
from layers.spec_files import load_specs
from layers.units import MU_M2, scaled, suspected_units
from layers.validate import prepare

PARKS = (
    FieldSpec("id", title_zh="编号", title_en="Identifier", aliases=("标识码",)),
    FieldSpec("name", title_zh="名称", title_en="Name", aliases=("设施名称",)),
    FieldSpec("area_m2", "number", "面积", "Area", unit="m2", aliases=("占地面积",)),
    FieldSpec("length_m", "number", "长度", "Length", unit="m"),
    FieldSpec("maintainer", title_zh="养护责任单位名称", title_en="Maintaining organisation"),
    FieldSpec("maintainer_phone", title_zh="养护责任单位电话", title_en="Maintaining organisation's phone"),
)
WORKING = CRS.from_epsg(4548)


@pytest.mark.parametrize(
    ("column", "field", "how"),
    [
        ("area_m2", "area_m2", "exact"),
        ("AREA_M2", "area_m2", "exact"),
        ("ＮＡＭＥ", "name", "exact"),  # full width
        (" 名称 ", "name", "alias"),
        ("名 称", "name", "alias"),
        ("名称（必填）", "name", "alias"),
        ("面积（平方米）", "area_m2", "alias"),
        ("占地面积(㎡)", "area_m2", "alias"),
        ("设施_名称", "name", "alias"),
        ("养护责任单", "maintainer", "unknown"),  # ten bytes of GBK: the organisation or its phone
        ("maintainer", "maintainer", "exact"),
        ("备注", None, "unknown"),
    ],
)
def test_a_header_is_known_whatever_its_width_spaces_and_brackets(column, field, how):
    found = match(PARKS, [column])
    if how == "unknown":
        assert (found.columns, found.unknown) == ({}, (column,))
    else:
        assert (found.columns, found.how) == ({field: column}, {field: how})


def test_a_cut_header_is_matched_where_it_can_mean_one_field():
    fields = (FieldSpec("a", title_zh="停车泊位数量"), FieldSpec("b", title_zh="收费标准说明"))
    found = match(
        fields, ["停车泊位数", "收费标"]
    )  # ten bytes of GBK; nine of UTF-8, of which ten hold three
    assert found.columns == {"a": "停车泊位数", "b": "收费标"}
    assert set(found.how.values()) == {"truncated"}
    assert match(fields, ["停车泊"]).how == {"a": "truncated"}  # in UTF-8
    assert match(fields, ["停车"]).columns == {}  # shorter than any cut leaves it


def test_a_cut_header_that_may_mean_several_fields_is_told_and_serves_none():
    found = match(PARKS, ["养护责任单"])
    (doubt,) = found.detected
    assert (doubt.subject, doubt.why, doubt.value) == ("column", "column_ambiguous", "")
    assert [each.value for each in doubt.others] == ["maintainer", "maintainer_phone"]
    both = match(PARKS, ["maintainer", "maintaine1"])  # as our own export numbers them
    assert both.columns == {"maintainer": "maintainer", "maintainer_phone": "maintaine1"}
    assert both.how == {"maintainer": "exact", "maintainer_phone": "truncated"}


@given(
    st.lists(
        st.text("abc名称面积停车", min_size=1, max_size=16), min_size=1, max_size=6, unique_by=str.casefold
    ),
    st.sampled_from(["UTF-8", "GB18030"]),
)
def test_what_an_export_cut_is_a_cut_of_its_name(names, encoding):
    for name, short in short_names(names, encoding).items():
        if len(name.encode(encoding)) > 10:
            assert is_cut(short, name)


def test_every_packaged_spec_finds_its_own_exported_columns():
    """Exported as a Shapefile and uploaded again, a layer keeps every column whose name was not ambiguous."""
    for spec in load_specs().values():
        short = short_names([each.name for each in spec.fields], "UTF-8")
        found = match(spec.fields, list(short.values()))
        told = {each.fields["column"] for each in found.detected if each.why == "column_ambiguous"}
        for each in spec.fields:
            assert found.columns.get(each.name) == short[each.name] or short[each.name] in told


def test_a_second_column_that_could_serve_is_told():
    found = match(PARKS, ["名称", "设施名称"])
    assert (found.columns, found.unknown) == ({"name": "名称"}, ("设施名称",))
    (doubt,) = found.detected
    assert (doubt.why, doubt.value, doubt.others[0].value) == ("column_rivals", "name", "设施名称")


@pytest.mark.parametrize(
    ("column", "field", "unit", "factor"),
    [
        ("面积(亩)", "area_m2", "亩", 10_000 / 15),
        ("面积（公顷）", "area_m2", "公顷", 1e4),
        ("占地面积_公顷", "area_m2", "公顷", 1e4),
        ("面积（单位：万平方米）", "area_m2", "公顷", 1e4),
        ("area_ha", "area_m2", "公顷", 1e4),
        ("面积(km2)", "area_m2", "km2", 1e6),
        ("面积（km²）", "area_m2", "km2", 1e6),
        ("长度(km)", "length_m", "km", 1e3),
        ("Length [公里]", "length_m", "km", 1e3),
    ],
)
def test_a_unit_in_a_header_is_told_with_its_factor(column, field, unit, factor):
    found = match(PARKS, [column])
    assert found.columns == {field: column}
    assert found.factors == {field: pytest.approx(factor)}
    (told,) = found.detected
    assert (told.subject, told.value, told.why) == ("unit", unit, "unit_in_header")


def test_the_specs_own_unit_needs_no_factor_and_another_kind_of_unit_gets_none():
    assert match(PARKS, ["面积(平方米)", "长度（米）"]).factors == {}
    found = match(PARKS, ["长度(亩)"])
    assert (found.columns, found.factors) == ({"length_m": "长度(亩)"}, {})
    assert [each.why for each in found.detected] == ["unit_unfit"]


def test_numbers_are_scaled_and_what_is_none_stays():
    assert scaled(pd.Series(["1.5", "abc", None]), 10.0).tolist()[:2] == [15.0, "abc"]
    assert scaled(pd.Series([3, 6]), MU_M2).tolist() == [pytest.approx(2000), pytest.approx(4000)]


def test_headers_are_taken_apart():
    assert folded("占地面积 （㎡）") == "占地面积(m2)"
    assert (header("面积（亩）").name, header("面积（亩）").unit) == ("面积", "亩")
    assert header("占地面积(").name == "占地面积"  # cut inside the bracket
    assert header("").whole == ""


def parks(areas):
    """Squares of 100 m, 10,000 m2 each, with areas as given."""
    squares = [box(500_000 + 200 * n, 4_058_000, 500_100 + 200 * n, 4_058_100) for n in range(len(areas))]
    return gpd.GeoDataFrame({"id": range(len(areas)), "area_m2": areas}, geometry=squares, crs=WORKING)


SPEC = LayerSpec("parks", "公园", "Parks", "features", "polygon", "id", PARKS)


@pytest.mark.parametrize(
    ("areas", "unit"), [([15.0] * 4, "亩"), ([1.0, 1.1, 0.9, 1.0], "公顷"), ([0.01] * 3, "km2")]
)
def test_areas_in_another_unit_are_suspected_by_what_is_drawn(areas, unit):
    (told,) = suspected_units(parks(areas), SPEC, WORKING)
    assert (told.subject, told.value, told.why) == ("unit", unit, "unit_suspected")
    assert told.confidence < 0.9
    assert suspected_units(parks(areas), SPEC, WORKING, told=["area_m2"]) == ()


@pytest.mark.parametrize(
    "areas", [[10_000.0] * 4, [9_000.0, 11_000, 10_100], [15.0, 15.0], [np.nan] * 5, [3.0] * 5]
)
def test_areas_in_square_metres_few_of_them_or_of_no_unit_raise_no_suspicion(areas):
    assert suspected_units(parks(areas), SPEC, WORKING) == ()


def test_lengths_in_kilometres_are_suspected():
    lines = [LineString([(500_000, 4_058_000 + n), (502_000, 4_058_000 + n)]) for n in range(3)]
    roads = gpd.GeoDataFrame({"length_m": [2.0, 2.0, 2.1]}, geometry=lines, crs=WORKING)
    (told,) = suspected_units(roads, SPEC, WORKING)
    assert (told.value, told.fields["column"]) == ("km", "length_m")


def test_areas_in_mu_become_square_metres_when_they_are_validated():
    squares = parks([15.0, 30.0]).rename(columns={"area_m2": "面积（亩）"}).drop(columns="id")
    result = prepare(squares, load_specs()["parks"], parse_city(CITY))
    assert result.frame["area_m2"].tolist() == [pytest.approx(10_000), pytest.approx(20_000)]

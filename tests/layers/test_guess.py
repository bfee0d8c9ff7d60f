"""Which layer, whose and by which key: concluded where names, columns and places tell, else left open."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from layers.guess import guess_agency, guess_layer, propose_key
from layers.spec_files import load_specs
from layers.value_likeness import alike, samples

SPECS = load_specs()
FACILITY = ["编号", "名称", "类别", "地址"]


@pytest.mark.parametrize(
    ("name", "columns", "kinds", "layer"),
    [
        ("历下区养老设施2023.shp", FACILITY, ["point"], "care"),
        ("上报.zip/公园绿地.shp", ["编号", "名称", "面积(亩)"], ["polygon"], "parks"),
        ("公园.shp", ["编号", "名称", "面积"], ["polygon"], "parks"),
        ("幼儿园.csv", FACILITY, ["point"], "education"),
        ("jinan_subdistricts.geojson", ["code", "name"], ["polygon"], "subdistricts"),
        ("roads.shp", ["u", "v", "highway"], ["line"], "walk_network"),
        ("roads.shp", ["编号", "路名", "道路等级"], ["line"], "roads"),
        ("历下区停车场.zip", ["编号", "名称", "CWS"], ["point"], "car_parks"),
        ("路灯普查.shp", ["灯杆编号", "所属道路编号", "亮灯状态"], ["point"], "lamps"),
        ("名泉.xlsx", ["泉名", "泉群", "地下水位"], ["point"], "springs"),
        ("违建台账.csv", ["案件编号", "违建类型", "办理状态", "发现日期"], ["point"], "violations"),
        ("居住用地2020.shp", ["dkbh", "用地性质", "面积"], ["polygon"], "residential_land"),
        ("建筑.gdb", ["层数", "建筑面积", "用途"], ["polygon"], "buildings"),
        ("公园出入口.shp", ["编号", "所属公园"], ["point"], "park_entrances"),
    ],
)
def test_a_layer_is_told_by_name_columns_and_geometry(name, columns, kinds, layer):
    found = guess_layer(columns, kinds, name, SPECS)
    assert (found.subject, found.value) == ("layer", layer)
    assert found.confidence >= 0.4
    assert found.value not in [each.value for each in found.others]


def test_columns_that_many_layers_have_leave_it_open():
    found = guess_layer(FACILITY, ["point"], "新建文件.shp", SPECS)
    assert found.confidence <= 0.3
    assert len(found.others) == 5
    assert guess_layer(["foo"], ["point"], "data.shp", SPECS).why == "layer_unknown"
    assert guess_layer([], [], "", SPECS).value == ""
    assert guess_layer(FACILITY, ["point"], "a.shp", {}).value == ""


@pytest.mark.parametrize("name", ["districts", "subdistricts", "communities", "people"])
@pytest.mark.parametrize("size", [64, 10])  # whole names, and as a Shapefile cuts them
def test_an_export_of_a_layer_is_told_by_its_columns_alone(name, size):
    spec = SPECS[name]
    columns = [*dict.fromkeys([*(each.name[:size] for each in spec.fields), "agency"])]
    found = guess_layer(columns, [spec.geometry], "exp.shp", SPECS)
    assert (found.value, found.why) == (name, "layer_by_columns")
    assert found.confidence >= 0.5
    one_more = guess_layer([*columns, "colour"], [spec.geometry], "exp.shp", SPECS)
    assert one_more.confidence < found.confidence - 0.2


def test_a_name_tells_little_where_the_columns_are_another_layers_throughout():
    named = guess_layer(["a", "b"], ["line"], "roads.shp", SPECS)
    assert (named.value, named.confidence) == ("roads", 0.7)  # 0.6 by name, 0.1 more for the whole name
    told = guess_layer(["u", "v", "highway"], ["line"], "roads.shp", SPECS)
    assert told.value == "walk_network"
    assert [each.confidence for each in told.others if each.value == "roads"] == [0.18]  # 0.3 x 0.6


def test_fields_that_every_layer_has_do_not_make_a_file_an_export():
    assert guess_layer(["id", "name", "kind"], ["polygon"], "a.shp", SPECS).confidence < 0.35
    columns = [each.name for each in SPECS["shops"].fields]  # seven layers have the same
    assert guess_layer(columns, ["point"], "a.shp", SPECS).confidence < 0.35


def test_values_tell_what_neither_name_nor_columns_do():
    values = {"类别": ["幼儿园"] * 3 + ["小学"] * 2 + ["初中"], "名称": ["甲", "乙", "丙", "丁", "戊", "己"]}
    found = guess_layer(["名称", "类别"], ["point"], "学校.shp", SPECS, values)
    assert (found.value, found.why) == ("education", "layer_by_values")
    assert (found.fields["column"], found.fields["values_percent"]) == ("类别", 100)
    assert found.confidence > guess_layer(["名称", "类别"], ["point"], "学校.shp", SPECS).confidence + 0.2
    assert guess_layer(["a", "b"], ["point"], "x.csv", SPECS, {"b": ["药店", "门诊部"]}).value == "health"


def test_values_that_several_layers_know_tell_less_and_a_few_tell_nothing():
    shops = SPECS["shops"]
    twins = {"one": replace(shops, name="one"), "two": replace(shops, name="two")}
    both = alike(twins, {"类别": ["商场", "餐馆饭店", "商场", "商场"]})
    assert [(each.share, each.weight) for each in both.values()] == [(0.75, 0.375)] * 2
    assert alike(SPECS, {"备注": ["小学", "甲", "乙"]}) == {}  # a third of them
    assert alike(SPECS, {"备注": []}) == {}


def test_samples_are_texts_of_few_kinds_from_all_of_the_file():
    count = 10_000
    frame = gpd.GeoDataFrame(
        {
            "kind": ["小学"] * (count - 1) + ["幼儿园"],
            "id": [f"s{n}" for n in range(count)],
            "n": range(count),
            "note": [None] * count,
        },
        geometry=[Point(0, 0)] * count,
        crs=4326,
    )
    found = samples(frame)
    assert found.keys() == {"kind"}
    assert len(found["kind"]) == 2_000
    assert set(found["kind"]) == {"小学", "幼儿园"}
    assert samples(frame.iloc[:0]) == {}


def test_another_geometry_weighs_against_a_name():
    good = guess_layer(["编号", "名称"], ["polygon"], "公园绿地.shp", SPECS)
    wrong = guess_layer(["编号", "名称"], ["line"], "公园绿地.shp", SPECS)
    assert good.value == "parks"
    assert wrong.value != "parks" or wrong.confidence < 0.3


ZONES = {"west": box(0, 0, 10, 10), "east": box(10, 0, 20, 10), "park": box(12, 2, 14, 4)}


def test_the_agency_is_where_most_features_lie():
    points = np.array([[1, 1], [2, 2], [3, 3], [4, 4], [15, 5]])  # four of five in the west
    found = guess_agency(points, ZONES)
    assert (found.value, found.why, found.fields["percent"]) == ("west", "agency_by_place", 80)
    assert [(each.value, each.confidence) for each in found.others] == [("east", 0.2)]


def test_a_zone_inside_another_is_the_closer_answer_and_leaves_a_doubt():
    found = guess_agency(np.array([[13.0, 3.0], [12.5, 2.5]]), ZONES)
    assert (found.value, found.others[0].value) == ("park", "east")
    assert found.confidence < 0.9


def test_features_of_the_whole_city_or_of_elsewhere_have_no_agency():
    three = {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1), "c": box(2, 0, 3, 1)}
    spread = np.array([[0.5, 0.5], [1.5, 0.5], [2.5, 0.5]])
    assert guess_agency(spread, three).why == "agency_several"
    assert guess_agency(spread, three).value == ""
    assert len(guess_agency(spread, three).others) == 3
    for none in (np.array([[50.0, 50.0]]), np.empty((0, 2)), np.array([[np.nan, 1.0]])):
        assert guess_agency(none, three).why == "agency_unknown"
    assert guess_agency(spread, {}).value == ""


@given(st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 15)), max_size=40))
def test_the_share_is_that_of_the_points_inside(places):
    points = np.array(places).reshape(-1, 2)
    found = guess_agency(points, ZONES)
    inside = {code: int(sum(zone.contains(Point(*each)) for each in places)) for code, zone in ZONES.items()}
    if found.value:
        assert found.fields["percent"] == 100 * inside[found.value] // len(places)  # never 100 unless all
        assert inside[found.value] >= max(inside.values()) - 0.01 * len(places)


def test_a_key_is_one_column_if_there_is_one():
    frame = pd.DataFrame({"路名": ["a", "a", "b"], "灯杆编号": ["1", "2", "3"], "备注": ["x", "y", "z"]})
    found = propose_key(frame, SPECS["parks"])
    assert (found.value, found.why, found.fields["columns"]) == ("灯杆编号", "key_column", ["灯杆编号"])
    assert [each.value for each in found.others] == ["备注"]


def test_else_it_is_the_fewest_columns_that_are_unique_together():
    frame = pd.DataFrame(
        {
            "街道": ["A", "A", "B", "B", "A", "A", "B", "B"],
            "路": ["x", "x", "x", "x", "y", "y", "y", "y"],
            "门牌": [10, 20, 10, 20, 10, 20, 10, 20],
            "面积": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5],  # measured: different by accident
            "序号": range(1, 9),  # the row's number
        }
    )
    found = propose_key(frame, SPECS["parks"])
    assert (sorted(found.fields["columns"]), found.why) == (["街道", "路", "门牌"], "key_columns")
    assert found.confidence < 0.9


def test_there_is_nothing_to_propose_where_there_is_a_key_or_no_difference():
    assert propose_key(pd.DataFrame({"编号": ["1", "2"]}), SPECS["parks"]) is None
    assert propose_key(pd.DataFrame({"a": ["x", "x"], "b": ["y", "y"]}), SPECS["parks"]) is None
    assert propose_key(pd.DataFrame({"a": ["x", None]}), SPECS["parks"]) is None
    assert propose_key(pd.DataFrame({"a": []}), SPECS["parks"]) is None
    assert propose_key(pd.DataFrame(), SPECS["parks"]) is None


def test_geometry_is_no_part_of_a_key():
    frame = gpd.GeoDataFrame({"a": ["x", "x"]}, geometry=[Point(0, 0), Point(1, 1)], crs=4326)
    assert propose_key(frame, SPECS["parks"]) is None


@pytest.mark.shared
def test_the_districts_of_jinan_are_told(shared):
    folder = shared / "data" / "boundaries"
    frame = gpd.read_file(folder / "jinan_districts_wgs84.geojson")
    columns = [name for name in frame.columns if name != "geometry"]
    found = guess_layer(columns, ["polygon"], "jinan_districts_wgs84.geojson", SPECS)
    assert (found.value, found.why) == ("districts", "layer_by_name")
    zones = dict(zip(frame["adcode"].astype(str), frame.geometry, strict=True))
    found = guess_agency(np.array([[117.0150, 36.6613], [117.02, 36.66]]), zones)
    assert found.value == "370102"  # Baotu Spring lies in 历下区
    old = gpd.read_file(folder / "jinan_districts_pre2019_gcj02_invalid.geojson")  # no codes
    assert propose_key(old, SPECS["districts"]).value == "name"

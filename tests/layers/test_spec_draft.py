"""A draft fits the file it was made of, loads as a spec, and is kept for every process at once."""

import multiprocessing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_worlds import CITY, points
from shapely.geometry import LineString, Point, box

from layers.city import parse_city
from layers.errors import SpecError
from layers.findings import has_errors
from layers.spec_draft import as_toml, draft, raster_draft
from layers.spec_files import keep_spec, parse_spec
from layers.validate import prepare
from layers.workspace import Workspace

CITY_OF_TESTS = parse_city(CITY)
BENCH = draft(points([(117.1, 36.1)]), "benches.csv")


def spec_of(frame, file_name="路灯.shp", taken=()):
    values = draft(frame, file_name, taken)
    spec = parse_spec(as_toml(values), Path(f"{values['name']}.toml"))
    assert spec.name == values["name"]
    return spec


def types(frame):
    return {field.title_zh: field.type for field in spec_of(frame).fields}


def test_types_are_those_all_values_have():
    frame = pd.DataFrame(
        {
            "编号": ["a", "b"],
            "座": ["1", "2"],
            "长": ["1.5", "2"],
            "区号": ["0531", "010"],
            "建成": ["2020-01-01", "2020/2/3"],
            "日期": [20200101, 20201231],
            "数": [20200101, 20201231],
            "开放": ["是", "否"],
            "空": [None, None],
            "混": ["1", "x"],
            "长编号": ["12345678901234567890", "1"],
        }
    )
    assert types(frame) == {
        "编号": "text", "座": "integer", "长": "number", "区号": "text", "建成": "date", "日期": "date",
        "数": "integer", "开放": "boolean", "空": "text", "混": "text", "长编号": "text",
    }  # fmt: skip


def test_names_are_plain_and_titles_keep_the_files_words():
    frame = pd.DataFrame({"Lamp No.": ["a"], "杆型": [3], "fid": [1], "geometry": ["x"]})
    spec = spec_of(frame, "2024 Lamps-济南.csv")
    assert (spec.name, spec.title_zh) == ("lamps", "2024 Lamps-济南")
    assert [field.name for field in spec.fields] == ["lamp_no", "field_2", "fid_2", "geometry_2"]
    assert spec.field("field_2").title_zh == "杆型"
    assert spec_of(frame, "门牌.shp").name == "layer_1"
    assert spec_of(frame, "门牌.shp", taken=("layer_1",)).name == "layer_2"
    assert spec_of(frame, "parks.shp", taken=("parks",)).name == "parks_2"


def test_usual_chinese_headers_and_files_have_english_names():
    columns = ["编号", "停车场名称", "停车位数量", "面积（亩）", "长度(米)", "占地面积", "所属街道", "名称"]
    frame = pd.DataFrame({name: ["a1" if name == "编号" else 3] for name in columns})
    spec = spec_of(frame, "济南停车场.shp")
    assert (spec.name, spec.title_zh, spec.title_en) == ("car_parks", "济南停车场", "Car parks")
    assert [field.name for field in spec.fields] == [
        "id", "name", "spaces", "area_m2", "length_m", "area", "subdistrict", "name_2",
    ]  # fmt: skip
    assert (spec.field("spaces").title_zh, spec.field("spaces").title_en) == ("停车位数量", "Parking spaces")
    assert (spec.field("area_m2").unit, spec.field("area_m2").type) == ("m2", "number")
    assert (spec.field("area").unit, spec.field("length_m").unit) == (None, "m")
    assert spec_of(frame, "公园.shp", taken=("parks",)).name == "parks_2"


def test_a_few_slips_do_not_make_the_rule():
    """Of ten rows one number repeats and one is "about 200": both are found, not taken for what is meant."""
    frame = pd.DataFrame(
        {
            "停车场名称": [f"场{row}" for row in range(10)],
            "编号": ["P1", "P1", *(f"P{row}" for row in range(2, 10))],
            "停车位": ["约200", *map(str, range(9))],
            "混": ["a", "b", *map(str, range(8))],
        }
    )
    spec = spec_of(frame)
    assert (spec.key, spec.field("spaces").type, spec.field("field_4").type) == ("id", "integer", "text")
    found = prepare(frame, spec, CITY_OF_TESTS).findings
    assert [(f.rule, f.feature) for f in found if f.severity == "error"] == [
        ("value_type", 1),
        ("key_repeated", 2),
    ]
    nine = spec_of(frame.iloc[:9])
    assert (nine.key, nine.field("spaces").type) == ("name", "text")  # of nine rows nothing is sure


def test_a_key_is_a_column_that_is_whole_and_unique_one_called_so_first():
    frame = pd.DataFrame({"名称": ["x", "y"], "备注": ["p", None], "编号": [2, 1]})
    spec = spec_of(frame)
    assert spec.field(spec.key).title_zh == "编号"
    assert spec.field(spec.key).required
    made = spec_of(pd.DataFrame({"名称": ["x", "x"]}))
    assert made.key == "id"
    assert [field.name for field in made.fields] == ["id", "name"]


def test_few_values_in_many_rows_are_a_domain():
    frame = pd.DataFrame({"id": range(10), "类型": ["灯"] * 5 + ["箱"] * 5, "名": list("abcdefghij")})
    spec = spec_of(frame)
    assert set(spec.field("kind").domain) == {"灯", "箱"}
    assert spec.field("field_3").domain == ()
    folded = spec_of(frame.assign(类型=["A"] * 5 + ["a"] * 5))
    assert folded.field("kind").domain == ()  # the two would become one


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ([Point(117, 36), Point(117, 36.1)], "point"),
        ([LineString([(117, 36), (117, 37)]), None], "line"),
        ([box(117, 36, 117.1, 36.1)] * 2, "polygon"),
        ([box(117, 36, 117.1, 36.1), Point(117, 36)], "any"),
    ],
)
def test_geometry_is_the_kind_of_all(shapes, kind):
    frame = gpd.GeoDataFrame({"id": [1, 2]}, geometry=shapes, crs=4326)
    assert (spec_of(frame).kind, spec_of(frame).geometry) == ("features", kind)


headers = st.text(st.characters(codec="utf-8"), max_size=8)
cells = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8),
    st.sampled_from(["1", "0", "-7", "2.5", "是", "否", "2020-01-31", "20200131", "0531", "１２"]),
)
numbers = st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(-(2**63), 2**63 - 1))


@st.composite
def frames(draw):
    rows = draw(st.sampled_from([0, 1, 2, 3, 6, 12]))
    columns = draw(st.lists(headers, max_size=4, unique=True))
    table = {}
    for column in columns:
        kind = draw(st.sampled_from([cells, cells, numbers, st.booleans()]))
        table[column] = draw(st.lists(kind, min_size=rows, max_size=rows))
    frame = pd.DataFrame(table, index=range(rows))
    for column in columns:
        if any(isinstance(value, str) for value in table[column]):
            frame[column] = frame[column].astype("str")
    if draw(st.booleans()) and "geometry" not in columns:
        shapes = [Point(117.1 + 0.01 * row, 36.5) for row in range(rows)]
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=4326)
    return frame


@settings(max_examples=40, deadline=None)
@given(frames(), headers)
def test_a_file_fits_its_own_draft(frame, file_name):
    spec = spec_of(frame, file_name)
    findings = prepare(frame, spec, CITY_OF_TESTS).findings
    if len(frame) < 10:
        assert not has_errors(findings), [f for f in findings if f.severity == "error"]
    wrong = [f for f in findings if f.severity == "error"]
    assert {f.rule for f in wrong} <= {"value_type", "key_repeated", "key_missing"}, wrong
    for field in spec.fields:  # a tenth of the rows may be slips
        rows = {f.feature for f in wrong if f.field == field.name and f.rule == "value_type"}
        assert len(rows) <= 0.1 * len(frame), wrong
    assert len({f.feature for f in wrong if f.rule.startswith("key_")}) <= 0.1 * len(frame), wrong


@pytest.fixture
def workspace(tmp_path):
    return Workspace.init(tmp_path / "home", CITY)


def test_a_kept_spec_is_there_for_every_workspace_at_once(workspace):
    other = Workspace.open(workspace.home)
    assert "benches" not in other.specs
    assert keep_spec(workspace, as_toml(BENCH)).name == "benches"
    assert other.spec("benches").title_zh == "benches"
    assert workspace.specs["benches"] == other.specs["benches"]
    assert other.specs is other.specs  # read again only when something changed


def _keep(home, text, results):
    try:
        results.put(keep_spec(Workspace.open(home), text).name)
    except SpecError as error:
        results.put(error.key)


def test_of_two_that_keep_one_name_at_once_one_is_refused(workspace):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    both = [context.Process(target=_keep, args=(workspace.home, as_toml(BENCH), results)) for _ in range(2)]
    for each in both:
        each.start()
    found = sorted(results.get(timeout=60) for _ in both)
    for each in both:
        each.join()
    assert found == ["benches", "name"]
    assert [path.name for path in (workspace.home / "specs").iterdir()] == ["benches.toml"]


@pytest.mark.parametrize("name", ["education", "../evil", "a/b", "", "A", ".hidden", "a" * 65, 7])
def test_names_that_are_taken_or_no_plain_words_are_refused(workspace, name):
    with pytest.raises(SpecError) as caught:
        keep_spec(workspace, as_toml({**BENCH, "name": name}))
    assert caught.value.key == "name"
    assert list((workspace.home / "specs").iterdir()) == []


def test_a_text_that_is_no_spec_is_refused(workspace):
    for text in ("name = ", 'name = "benches"\n', 'x = 1\nname = "benches"'):
        with pytest.raises(SpecError):
            keep_spec(workspace, text)
    assert list((workspace.home / "specs").iterdir()) == []


def test_a_draft_of_a_raster_loads_as_a_spec():
    values = raster_draft("植被 NDVI.tif", 2, taken={"ndvi"})
    spec = parse_spec(as_toml(values), Path("ndvi_2.toml"))
    assert (spec.name, spec.title_zh, spec.kind, spec.raster.bands) == ("ndvi_2", "植被 NDVI", "raster", 2)

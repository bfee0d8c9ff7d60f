"""What is wrong with a frame: every rule, by a frame that breaks it."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from layer_worlds import CITY, rules, schools, square_network
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box

from layers.city import parse_city
from layers.findings import RULES, SEVERITIES, Finding, capped
from layers.keys import made_keys
from layers.networks import prepare_network
from layers.spec import Checks
from layers.spec_files import load_specs
from layers.validate import prepare

CITY_OF_TESTS = parse_city(CITY)
SPECS = load_specs()


def prepared(frame, layer="education", **options):
    result = prepare(frame, SPECS[layer], CITY_OF_TESTS, **options)
    assert {finding.rule for finding in result.findings} <= set(RULES)
    assert {finding.severity for finding in result.findings} <= set(SEVERITIES)
    return result


def errors(frame, layer="education", **options):
    return rules(f for f in prepared(frame, layer, **options).findings if f.severity == "error")


def test_a_good_frame_has_no_findings():
    result = prepared(schools())
    assert result.findings == ()
    assert list(result.frame.columns) == [f.name for f in SPECS["education"].fields] + ["geometry"]


def test_the_callers_frame_is_not_touched():
    frame = schools(id=[" a ", "b", "c"])
    before = frame.copy(deep=True)
    prepared(frame)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"id": ["a", None, "a"]}, [("key_missing", 2), ("key_repeated", 3)]),
        ({"id": ["a", " ", "c"]}, [("key_missing", 2)]),
        ({"category": ["kindergarten", None, "school"]}, [("value_missing", 2), ("value_domain", 3)]),
        ({"completed": ["2020-01-01", "soon", None]}, [("value_type", 2)]),
    ],
)
def test_wrong_values_are_told_by_row(columns, found):
    assert errors(schools(**columns)) == found


def test_a_repeated_key_names_the_first_row():
    finding = next(f for f in prepared(schools(id=["a", "b", "a"])).findings)
    assert (finding.key, finding.fields) == ("a", {"first": 1})


def test_a_finding_carries_the_features_key():
    (finding,) = prepared(schools(category=["kindergarten", "kindergarten", "x"])).findings
    assert (finding.key, finding.field, finding.value) == ("s3", "category", "x")


def test_a_missing_required_column_is_told_with_its_headers():
    frame = schools().drop(columns="category")
    (finding,) = prepared(frame).findings
    assert (finding.rule, finding.feature, finding.field) == ("field_missing", None, "category")
    assert {"category", "类别", "设施类型"} <= set(finding.fields["headers"])


def test_columns_without_a_field_are_left_out_and_told():
    result = prepared(schools(colour=["red"] * 3, lon=[1, 2, 3]))
    (finding,) = result.findings
    assert (finding.rule, finding.fields) == ("columns_left_out", {"columns": ["colour"]})
    assert "colour" not in result.frame


def test_an_exact_header_beats_an_alias():
    frame = schools(类型=["x", "y", "z"])
    result = prepared(frame)
    assert result.frame["category"].tolist() == ["kindergarten", "primary_school", "secondary_school"]
    assert result.findings[0].fields == {"columns": ["类型"]}


def test_keys_are_made_of_content_where_the_file_has_none():
    frame = schools().drop(columns="id")
    first = prepared(frame)
    (note,) = first.findings
    assert (note.rule, note.severity, note.fields) == ("key_made", "note", {"count": 3})
    turned = prepared(frame.iloc[::-1])
    assert turned.frame["id"].tolist() == first.frame["id"].tolist()[::-1]
    twice = prepared(pd.concat([frame, frame], ignore_index=True)).frame["id"]
    assert twice.is_unique
    assert twice[3] == f"{twice[0]}-2"


def test_made_keys_depend_on_every_value_and_not_on_the_order_of_columns():
    frame = pd.DataFrame({"name": ["甲", "甲", None], "note": ["", "乙", "甲"], "rooms": [1.5, 1.5, 2.0]})
    places = np.array([Point(117.1, 36.1), Point(117.1, 36.1), None])
    key = SPECS["education"].field("id")
    first = made_keys(frame, places, key)
    assert first.is_unique
    assert first.str.fullmatch("[0-9a-f]{16}").all()
    assert made_keys(frame[["rooms", "note", "name"]], places, key).equals(first)
    assert made_keys(frame.iloc[[2, 0]].reset_index(drop=True), places[[2, 0]], key).tolist() == [
        first[2],
        first[0],
    ]
    for name, value in (("name", "乙"), ("note", "甲"), ("rooms", -1.5)):
        changed = frame.copy()
        changed.loc[0, name] = value
        again = made_keys(changed, places, key)
        assert again[0] != first[0]
        assert again[1:].equals(first[1:])
    assert not (made_keys(frame, np.array([Point(1, 2)] * 3), key) == first).any()


def test_made_keys_stay_what_they_are():
    """Keys made today are looked up again in years: they follow from SipHash-2-4 and the mixing alone."""
    frame = pd.DataFrame({"name": ["第一幼儿园"], "rooms": [12]})
    key = SPECS["education"].field("id")
    assert made_keys(frame, np.array([Point(117.1, 36.1)]), key).tolist() == ["a1704b7426fef313"]


def test_keys_are_made_of_a_column_of_yes_no_and_unknown():
    """Unknown counts as zero, hence as no; the number behind the hash tells the two rows apart."""
    frame = pd.DataFrame({"open": pd.array([None, False, True], "boolean"), "name": ["甲", "甲", "甲"]})
    key = SPECS["education"].field("id")
    unknown, no, yes = made_keys(frame, None, key)
    assert no == f"{unknown}-2"
    assert not yes.startswith(unknown)


def test_keys_are_made_where_a_column_of_yes_and_no_is_empty():
    """As a file came: its column of yes and no is empty, and another holds one stray text."""
    frame = pd.DataFrame({"name": pd.array([None, None, None], "boolean"), "note": [None, None, "是,"]})
    made = made_keys(frame, None, SPECS["education"].field("id"))
    assert made.is_unique
    assert made[1] == f"{made[0]}-2"


def test_made_integer_keys_are_unique_and_exact_in_a_browser():
    nodes, edges = square_network()
    edges = pd.concat([edges, edges], ignore_index=True).drop(columns="edge_id")
    made = prepare_network(nodes, edges, SPECS["walk_network"], CITY_OF_TESTS).edges.frame["edge_id"]
    assert made.is_unique
    assert made.dtype == "int64"
    assert made.between(0, 2**52 + 8).all()


def with_geometry(geometry, crs=4326):
    return gpd.GeoDataFrame(pd.DataFrame(schools().drop(columns="geometry")), geometry=geometry, crs=crs)


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        (None, "geometry_missing"),
        (Point(), "geometry_empty"),
        (Point(np.inf, 36.5), "geometry_not_finite"),
        (box(117.1, 36.1, 117.2, 36.2), "geometry_kind"),
        (MultiPoint([(117.1, 36.1), (117.2, 36.2)]), "geometry_kind"),
        (Point(1000, 36.5), "coordinates_impossible"),
    ],
)
def test_a_wrong_point_is_told_by_row(shape, rule):
    good = Point(117.1, 36.1)
    assert errors(with_geometry([good, shape, good])) == [(rule, 2)]


def test_rows_the_reader_could_not_place_are_not_merely_missing():
    frame = with_geometry([Point(117.1, 36.1), None, None])
    assert errors(frame, not_finite=(3,)) == [("geometry_not_finite", 3), ("geometry_missing", 2)]


def test_rows_the_reader_could_not_parse_and_rings_it_closed_are_told():
    frame = with_geometry([Point(117.1, 36.1), None, None])
    assert errors(frame, unreadable=(2,)) == [("geometry_unreadable", 2), ("geometry_missing", 3)]
    told = prepared(frame, closed=(1, 2)).findings  # row 2 has nothing that could have been closed
    assert [(f.feature, f.severity) for f in told if f.rule == "geometry_closed"] == [(1, "mended")]


def test_a_multipoint_of_one_is_a_point_and_height_is_dropped():
    frame = with_geometry([MultiPoint([(117.1, 36.1)]), Point(117.2, 36.2, 9.0), Point(117.3, 36.3)])
    result = prepared(frame)
    assert rules(result.findings) == [("height_dropped", None)]
    assert result.frame.geometry.to_wkt().tolist() == [
        "POINT (117.1 36.1)",
        "POINT (117.2 36.2)",
        "POINT (117.3 36.3)",
    ]


def test_a_missing_crs_is_an_error_of_the_file():
    assert errors(with_geometry(list(schools().geometry), crs=None)) == [("crs_missing", None)]


def test_a_frame_without_geometry_is_no_layer_of_features():
    assert errors(pd.DataFrame(schools().drop(columns="geometry"))) == [("geometry_column_missing", None)]


def test_projected_coordinates_become_longitude_and_latitude():
    there = prepared(schools().to_crs(4548)).frame.geometry
    expected = schools().geometry
    assert shapely.get_coordinates(there) == pytest.approx(shapely.get_coordinates(expected), abs=1e-9)


def test_coordinates_are_kept_to_nine_decimals():
    x = prepared(with_geometry([Point(117.1234567894, 36.1)] * 3).assign(id=["a", "b", "c"])).frame.geometry.x
    assert x.tolist() == [117.123456789] * 3


def test_a_point_outside_the_city_is_an_error_unless_the_spec_says_otherwise():
    inside, outside = Point(117.1, 36.1), Point(119.0, 36.1)
    frame = with_geometry([inside, outside, inside])
    result = prepared(frame)
    assert [(f.rule, f.severity, f.feature) for f in result.findings] == [("outside_city", "error", 2)]
    assert result.findings[0].value == "119.000000, 36.100000"
    assert result.findings[0].point == (119.0, 36.1)
    lenient = replace(SPECS["education"], checks=Checks(outside="warning"))
    (finding,) = prepare(frame, lenient, CITY_OF_TESTS).findings
    assert (finding.rule, finding.severity, finding.feature) == ("outside_city", "warning", 2)
    assert errors(with_geometry([outside] * 3)) == [("all_outside_city", None)]


BOW_TIE = Polygon([(117.0, 36.0), (117.2, 36.2), (117.2, 36.0), (117.0, 36.2)])
# A square of 0.1 degrees, whose northern edge has a loop of 0.00002 degrees (two metres) turned over.
SLIP = Polygon(
    [(117, 36), (117.1, 36), (117.1, 36.1), (117.05001, 36.1), (117.05003, 36.10002),
     (117.05003, 36.1), (117.05001, 36.10002), (117, 36.1)]
)  # fmt: skip


def test_a_small_slip_is_mended_and_told_with_both_areas():
    frame = gpd.GeoDataFrame({"code": ["1"], "name": ["甲"]}, geometry=[SLIP], crs=4326)
    result = prepared(frame, "districts")
    (finding, gap) = result.findings
    assert (finding.rule, finding.severity) == ("geometry_mended", "mended")
    # the triangle between the northern edge and the crossing is no district's: 2 degrees/1e5 x 1 / 2
    assert (gap.rule, gap.fields["area_m2"]) == ("zone_gap", pytest.approx(1.8 * 1.1 / 2, rel=0.1))
    assert (finding.feature, finding.key) == (1, "1")
    assert finding.value.startswith("Self-intersection")
    assert result.frame.geometry.is_valid.all()
    before, after = finding.fields["before_m2"], finding.fields["after_m2"]
    # about 9 km by 11 km; two triangles of 2 m by 1 m cannot change it by more than their own 4 m2
    assert before == pytest.approx(9_000 * 11_100, rel=0.01)
    assert abs(after - before) < 4


@pytest.mark.slow
def test_an_outline_too_intricate_to_be_judged_is_told():
    """A comb of 100,000 vertices, valid, that would take GEOS half a minute; a shape is given 5 s."""
    teeth = 25_000
    x = np.arange(teeth) * 1e-6
    sides = [(x, 0 * x), (x, 0 * x + 0.05), (x + 5e-7, 0 * x + 0.05), (x + 5e-7, 0 * x)]
    outline = np.stack([np.column_stack(side) for side in sides], axis=1).reshape(-1, 2)
    outline = np.vstack([outline, [(x[-1], -0.01), (0, -0.01)]]) @ np.array([[1.0, -1.0], [1.0, 1.0]])
    comb = Polygon(outline + np.array([117.0, 36.3]))
    frame = gpd.GeoDataFrame({"code": ["1"], "name": ["甲"]}, geometry=[comb], crs=4326)
    told = [finding for finding in prepared(frame, "districts").findings if finding.severity == "error"]
    assert [(each.rule, each.fields) for each in told] == [("geometry_unjudged", {"count": 4 * teeth + 3})]


def test_what_mending_would_change_is_left_to_its_owner():
    frame = gpd.GeoDataFrame({"code": ["1"], "name": ["甲"]}, geometry=[BOW_TIE], crs=4326)
    result = prepared(frame, "districts")
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("geometry_changed_too_much", "error")
    # as drawn the two triangles turn against each other and cancel out
    assert finding.fields["before_m2"] < 0.001 * finding.fields["after_m2"]
    assert finding.fields["share"] == pytest.approx(1, abs=0.001)
    assert result.frame.geometry.isna().all()


def test_a_line_of_one_place_is_refused_as_a_feature_and_left_out_of_a_network():
    still = LineString([(117.5, 36.5), (117.5, 36.5)])
    railway = gpd.GeoDataFrame({"id": ["r"]}, geometry=[still], crs=4326)
    assert errors(railway, "railways") == [("geometry_invalid", 1)]
    nodes, edges = square_network()
    lines = gpd.GeoDataFrame(edges, geometry=[still, None, None, None], crs=4326)
    result = prepare_network(nodes, lines, SPECS["walk_network"], CITY_OF_TESTS)
    assert [(f.rule, f.severity, f.feature) for f in result.findings] == [("geometry_left_out", "mended", 1)]
    assert result.edges.frame.geometry.isna().all()


def test_removed_before_completed_is_a_warning():
    frame = schools(completed=["2020-01-02"] * 3, removed=["2020-01-01", "2020-01-02", None])
    assert [(f.rule, f.severity, f.feature) for f in prepared(frame).findings] == [
        ("dates_disagree", "warning", 1)
    ]


def test_no_rows_is_a_warning():
    assert [(f.rule, f.severity) for f in prepared(schools().iloc[:0]).findings] == [("no_rows", "warning")]


def test_a_network_without_edges_is_refused():
    nodes, edges = square_network()
    found = prepare_network(nodes, edges.iloc[:0], SPECS["walk_network"], CITY_OF_TESTS).findings
    assert ("network_empty", "error") in [(f.rule, f.severity) for f in found]


def test_findings_of_one_rule_are_capped_and_counted():
    many = [Finding("value_type", "error", "people", feature=n, field="people") for n in range(1, 8)]
    other = Finding("crs_missing", "error", "people")
    kept = capped([*many, other], limit=3)
    assert rules(kept) == [
        ("value_type", 1), ("value_type", 2), ("value_type", 3), ("crs_missing", None), ("value_type", None),
    ]  # fmt: skip
    assert kept[-1].fields == {"more": 4}

"""What features say about one another: overlaps, gaps, duplicates, sizes. Squares of a metric grid, so that
areas are worked out by hand."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_worlds import CITY, points
from shapely.geometry import LineString, Polygon, box

from layers import overlaps as overlaps_module
from layers.city import parse_city
from layers.findings import Found
from layers.overlaps import overlaps
from layers.spec import Checks
from layers.spec_files import load_specs
from layers.validate import prepare
from layers.validity import CHANGED_M2, CHANGED_SHARE, valid

METRIC = (
    4549  # CGCS2000 zone at 120 E: where the middle of this city, 117.5 E, 36.5 N, has its working system
)
CITY_OF_TESTS = parse_city(
    CITY.replace("synthetic = true", f'working_crs = "EPSG:{METRIC}"\nsynthetic = true')
)
SPECS = load_specs()
ZONES, PARKS, SHOPS = SPECS["districts"], SPECS["parks"], SPECS["shops"]
EAST, NORTH = 276_000, 4_042_000  # about 117.5 E, 36.5 N


def at(x, y, width, height):
    """A box of metres from the corner of our world."""
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def zones(*shapes):
    codes = [f"z{number}" for number in range(1, len(shapes) + 1)]
    frame = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=list(shapes), crs=METRIC)
    return [f for f in prepare(frame, ZONES, CITY_OF_TESTS).findings if f.severity != "note"]


def parks(*shapes, checks=None):
    frame = gpd.GeoDataFrame({"id": [f"p{n}" for n in range(len(shapes))]}, geometry=list(shapes), crs=METRIC)
    spec = PARKS if checks is None else replace(PARKS, checks=checks)
    return [f for f in prepare(frame, spec, CITY_OF_TESTS).findings if f.severity != "note"]


def in_metric(point):
    return shapely.get_coordinates(gpd.GeoSeries(gpd.points_from_xy(*zip(point)), crs=4326).to_crs(METRIC))[0]


def test_zones_side_by_side_have_nothing():
    assert zones(at(0, 0, 100, 100), at(100, 0, 100, 100), at(0, 100, 200, 50)) == []


def test_an_overlap_names_the_other_feature_and_the_area():
    (finding,) = zones(at(0, 0, 100, 100), at(90, 0, 100, 100))  # 10 m by 100 m
    assert (finding.rule, finding.severity, finding.key) == ("overlap", "error", "z2")
    assert finding.fields["other"] == 1
    assert finding.fields["other_key"] == "z1"
    assert finding.fields["area_m2"] == pytest.approx(1000, rel=1e-4)
    x, y = in_metric(finding.point)
    assert EAST + 90 < x < EAST + 100
    assert NORTH < y < NORTH + 100


def test_a_sliver_of_an_overlap_is_a_warning_and_less_than_two_centimetres_none():
    (finding,) = zones(at(0, 0, 100, 100), at(99.5, 0, 100, 100))  # half a metre by 100 m
    assert (finding.severity, finding.fields["area_m2"]) == ("warning", pytest.approx(50, rel=1e-3))
    assert zones(at(0, 0, 100, 100), at(99.99, 0, 100, 100)) == []


def test_every_overlapping_pair_is_told():
    found = parks(*[at(10 * n, 0, 100, 100) for n in range(4)])
    pairs = {(f.fields["other_key"], f.key) for f in found if f.rule == "overlap"}
    assert pairs == {(f"p{a}", f"p{b}") for a in range(4) for b in range(a + 1, 4)}
    assert {f.severity for f in found} == {"warning"}


def test_too_many_overlaps_are_cut_short_and_told(monkeypatch):
    monkeypatch.setattr(overlaps_module, "MAX_PAIRS", 10)
    frame = gpd.GeoDataFrame({"id": [f"p{n}" for n in range(9)]}, geometry=[at(0, 0, 50, 50)] * 9, crs=METRIC)
    found = prepare(frame, PARKS, CITY_OF_TESTS).findings
    assert sum(f.rule == "overlap" for f in found) == 10
    # 36 pairs: the first feature has 8, the second 7, of which 2 were looked at; it and the others count
    assert [f.fields for f in found if f.rule == "overlap_unchecked"] == [{"count": 8}]


def test_pairs_for_which_there_is_no_time_are_told(monkeypatch):
    """Four squares on one another, a pair at a time: the pairs of the first come first, the rest is left."""
    monkeypatch.setattr(overlaps_module, "POINTS_AT_ONCE", 1)
    monkeypatch.setattr(overlaps_module, "SECONDS", 0.0)
    squares = gpd.GeoSeries([at(0, 0, 100, 100)] * 4, crs=METRIC).to_crs(4326).to_numpy()
    result = overlaps(squares, CITY_OF_TESTS)
    assert result.pairs.tolist() == [[0, 1]]
    assert result.unchecked == 4
    assert result.area_m2.tolist() == pytest.approx([10_000.0], rel=1e-6)


boxes = st.lists(st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 20)] * 2), max_size=7)


@settings(max_examples=25, deadline=None)
@given(boxes)
def test_overlaps_are_those_of_rectangles(sizes):
    """Areas of rectangles' intersections by arithmetic, in blocks of ten metres."""
    metric = gpd.GeoSeries([at(10 * x, 10 * y, 10 * w, 10 * h) for x, y, w, h in sizes], crs=METRIC)
    result = overlaps(metric.to_crs(4326).to_numpy(), CITY_OF_TESTS)
    expected = {}
    for a, (x, y, w, h) in enumerate(sizes):
        for b, (x2, y2, w2, h2) in enumerate(sizes[a + 1 :], a + 1):
            wide, high = min(x + w, x2 + w2) - max(x, x2), min(y + h, y2 + h2) - max(y, y2)
            if wide > 0 and high > 0:
                expected[a, b] = 100.0 * wide * high
    found = dict(zip(map(tuple, result.pairs.tolist()), result.area_m2.tolist(), strict=True))
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_gap_between_zones_is_told_once_with_its_place_and_area():
    around = [at(0, 0, 300, 100), at(0, 200, 300, 100), at(0, 100, 100, 100), at(200, 100, 100, 100)]
    (finding,) = zones(*around)
    assert (finding.rule, finding.severity, finding.feature) == ("zone_gap", "warning", None)
    assert finding.fields["area_m2"] == pytest.approx(10_000, rel=1e-4)
    assert in_metric(finding.point) == pytest.approx([EAST + 150, NORTH + 150], abs=50)
    # with the last zone away the hole is open to the border: no gap
    assert zones(*around[:-1]) == []


def test_an_island_zone_leaves_the_rest_of_its_hole():
    ring = shapely.difference(at(0, 0, 300, 300), at(100, 100, 100, 100))
    (finding,) = zones(ring, at(110, 110, 50, 50))
    assert finding.fields["area_m2"] == pytest.approx(10_000 - 2_500, rel=1e-3)
    assert zones(ring, at(100, 100, 100, 100)) == []


def shops(places, **columns):
    frame = points(places, **{"category": ["market"] * len(places), **columns})
    return [f for f in prepare(frame, SHOPS, CITY_OF_TESTS).findings if f.severity != "note"]


STEP = 1 / 111_000  # a metre of latitude, about


def test_features_of_one_name_within_metres_are_doubtful():
    near = [(117.5, 36.5), (117.5, 36.5 + 3 * STEP), (117.5, 36.5 + 90 * STEP)]
    (finding,) = shops(near, name=["甲", "甲", "甲"])
    assert (finding.rule, finding.severity, finding.key) == ("near_duplicate", "warning", "p2")
    assert finding.fields["other_key"] == "p1"
    assert finding.fields["apart_m"] == pytest.approx(3, rel=0.01)
    assert shops(near, name=["甲", "乙", "丙"]) == []
    assert shops(near, name=["甲", "甲", "甲"], category=["market", "restaurant", "market"]) == []


def test_features_of_one_kind_at_one_place_are_doubtful_whatever_their_names():
    places = [(117.5, 36.5)] * 3 + [(117.6, 36.5)]
    found = shops(places, name=["甲", "乙", None, "丁"])
    assert [(f.key, f.fields["other_key"]) for f in found] == [("p2", "p1"), ("p3", "p1")]


def test_a_thousand_features_at_one_place_are_told_once_each():
    found = shops([(117.5, 36.5)] * 1000)
    assert len(found) == 999
    assert {f.fields["other"] for f in found} == {1}


def test_rows_equal_in_all_are_told_and_left_out_only_when_asked():
    frame = points([(117.5, 36.5)] * 2 + [(117.6, 36.5)]).drop(columns="id").assign(category="market")
    kept = prepare(frame, SHOPS, CITY_OF_TESTS)
    assert [(f.rule, f.severity, f.feature, f.fields) for f in kept.findings if f.severity != "note"] == [
        ("row_repeated", "warning", 2, {"first": 1})
    ]
    assert len(kept.frame) == 3
    fewer = prepare(frame, SHOPS, CITY_OF_TESTS, drop_duplicates=True)
    assert [(f.rule, f.severity) for f in fewer.findings] == [
        ("row_repeated", "mended"),
        ("key_made", "note"),
    ]
    assert fewer.rows.tolist() == [1, 3]
    assert fewer.frame["id"].is_unique
    assert len(fewer.frame) == 2


def test_a_repeated_row_with_its_key_is_an_error_until_it_is_left_out():
    frame = points([(117.5, 36.5)] * 2, id=["a", "a"], category=["market"] * 2)
    rules = {(f.rule, f.severity) for f in prepare(frame, SHOPS, CITY_OF_TESTS).findings}
    assert rules == {("row_repeated", "warning"), ("key_repeated", "error")}
    fewer = prepare(frame, SHOPS, CITY_OF_TESTS, drop_duplicates=True)
    assert [(f.rule, f.severity) for f in fewer.findings] == [("row_repeated", "mended")]


def test_slivers_and_sizes_against_the_spec_are_warnings():
    checks = Checks(min_area_m2=50.0, max_area_m2=5000.0)
    found = parks(
        at(0, 0, 10, 10), at(0, 50, 5, 5), at(0, 100, 100, 100), at(300, 0, 500, 0.1), checks=checks
    )
    assert [(f.rule, f.severity, f.key, f.value) for f in found] == [
        ("geometry_sliver", "warning", "p3", pytest.approx(50, rel=1e-3)),  # 4 pi 50 / 1000.2^2 = 0.0006
        ("area_range", "warning", "p1", pytest.approx(25, rel=1e-3)),
        ("area_range", "warning", "p2", pytest.approx(10_000, rel=1e-3)),
    ]


def test_a_size_far_from_all_others_is_a_warning():
    squares = [at(20 * n, 0, 10, 10 + 0.01 * n) for n in range(30)]
    assert parks(*squares) == []
    (finding,) = parks(*squares, at(0, 1000, 20_000, 20_000))
    assert (finding.rule, finding.key) == ("area_unusual", "p30")
    lines = [LineString([(EAST, NORTH + n), (EAST + 100 + n, NORTH + n)]) for n in range(30)]
    far = LineString([(EAST, NORTH), (EAST, NORTH + 40_000)])
    frame = gpd.GeoDataFrame({"id": [f"r{n}" for n in range(31)]}, geometry=[*lines, far], crs=METRIC)
    found = prepare(frame, SPECS["railways"], CITY_OF_TESTS).findings
    assert [(f.rule, f.key) for f in found] == [("length_unusual", "r30")]


rings = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=3, max_size=8)


@settings(max_examples=30, deadline=None)
@given(rings)
def test_mending_never_changes_an_area_by_more_than_is_said(corners):
    """Any ring of a grid of ten metres: valid, mended within the limits, or refused."""
    ring = Polygon([(EAST + 10 * x, NORTH + 10 * y) for x, y in corners])
    stored = gpd.GeoSeries([ring], crs=METRIC).to_crs(4326).to_numpy()
    found = Found("parks", np.array([1]))
    (result,) = valid(stored, CITY_OF_TESTS, found, optional=False)
    told = found.all()
    if result is None:
        assert told[0].rule in ("geometry_invalid", "geometry_changed_too_much")
        return
    assert result.is_valid
    after = gpd.GeoSeries([result], crs=4326).to_crs(METRIC).area[0]
    before = gpd.GeoSeries(stored, crs=4326).to_crs(METRIC).area[0]
    assert abs(after - before) <= max(CHANGED_SHARE * before, CHANGED_M2) + 1e-6
    assert [f.rule for f in told] in ([], ["geometry_mended"])


def test_dates_of_no_city_are_warnings():
    import datetime as dt

    frame = points([(117.5, 36.5), (117.6, 36.5), (117.7, 36.5)], category=["market"] * 3)
    frame["completed"] = ["1899-12-30", "2024-02-30", "2080-01-01"]
    found = prepare(frame, SHOPS, CITY_OF_TESTS, today=dt.date(2024, 2, 29)).findings
    assert [(f.rule, f.feature, f.value) for f in found] == [
        ("value_type", 2, "2024-02-30"),
        ("date_far", 1, "1899-12-30"),
        ("date_far", 3, "2080-01-01"),
    ]
    assert found[1].fields == {"earliest": "1901-01-01", "latest": "2054-02-28"}


def test_a_wrong_value_gets_the_nearest_allowed_one():
    frame = points([(117.5, 36.5), (117.6, 36.5)], category=["markets", "飞机场"])
    found = [f for f in prepare(frame, SHOPS, CITY_OF_TESTS).findings if f.rule == "value_domain"]
    assert [f.fields["nearest"] for f in found] == ["market", None]


def test_a_table_without_places_knows_its_repeated_rows():
    spec = replace(SPECS["people"], kind="table", geometry="none")
    frame = pd.DataFrame({"id": ["a", "b", "a"], "people": [1, 1, 1]})
    found = prepare(frame, spec, CITY_OF_TESTS).findings
    assert [(f.rule, f.feature) for f in found] == [("row_repeated", 3), ("key_repeated", 3)]

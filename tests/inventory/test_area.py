"""Drawn areas: what is one, and every way a drawing is none."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.area import CORNERS_MOST, area_of, area_of_geojson
from inventory.errors import AreaInvalid

CITY = (116.0, 36.0, 118.0, 37.0)
SQUARE = [[117.0, 36.5], [117.1, 36.5], [117.1, 36.6], [117.0, 36.6]]
HOLE = [[117.02, 36.52], [117.04, 36.52], [117.04, 36.54]]


def test_a_ring_may_be_open_or_closed_and_is_the_same_area():
    closed = [*SQUARE, SQUARE[0]]
    assert area_of(SQUARE, CITY) == area_of(closed, CITY) == area_of([closed], CITY)
    assert area_of(SQUARE).polygon.area == pytest.approx(0.01)
    assert area_of(SQUARE).values == [closed]


def test_a_hole_is_no_part_of_the_area():
    assert area_of([SQUARE, HOLE]).polygon.area == pytest.approx(0.01 - 0.02 * 0.02 / 2)


def test_corners_are_rounded_so_that_one_drawing_is_one_question():
    moved = [[lon + 1e-9, lat] for lon, lat in SQUARE]
    assert area_of(moved) == area_of(SQUARE)


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}},
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}],
        },
    ],
)
def test_geojson_is_read_in_its_usual_forms(value):
    assert area_of_geojson(value, CITY) == area_of(SQUARE)


def circle(corners):
    angle = [2 * math.pi * k / corners for k in range(corners)]
    return [[117 + 0.1 * math.cos(a), 36.5 + 0.1 * math.sin(a)] for a in angle]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "area_polygon"),
        ("ring", "area_polygon"),
        ([], "area_polygon"),
        ([[]], "area_corners"),
        ([SQUARE, []], "area_corners"),
        ([SQUARE, 5], "area_polygon"),
        ([[1], [2], [3]], "area_degrees"),
        ([["a", "b"], ["c", "d"], ["e", "f"]], "area_degrees"),
        ([[True, 36], [117, 36], [117, 37]], "area_degrees"),
        ([[float("nan"), 36], [117, 36], [117, 37]], "area_degrees"),
        ([[float("inf"), 36], [117, 36], [117, 37]], "area_degrees"),
        ([[4060000, 36], [117, 36], [117, 37]], "area_degrees"),
        ([[10**400, 36], [117, 36], [117, 37]], "area_degrees"),
        (SQUARE[:2], "area_corners"),
        ([SQUARE[0], SQUARE[1], SQUARE[0]], "area_corners"),
        ([[117, 36.5], [117.05, 36.5], [117.1, 36.5]], "area_simple"),
        ([[117, 36.6], [117.01, 36.61], [117.02, 36.62]], "area_simple"),
        ([SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "area_simple"),
        ([SQUARE, SQUARE], "area_simple"),
        (circle(CORNERS_MOST + 1), "area_most"),
        ([circle(300), circle(300)], "area_most"),
        ([[36.5, 117.0], [36.6, 117.0], [36.6, 117.1]], "area_degrees"),
        ([[10, 36.5], [10.1, 36.5], [10.1, 36.6]], "area_near"),
        ([[117, 36.5], [119.1, 36.5], [119.1, 36.6]], "area_near"),
    ],
)
def test_what_is_no_area_is_told_with_what_was_expected(value, expected):
    with pytest.raises(AreaInvalid) as caught:
        area_of(value, CITY)
    assert caught.value.expected == expected
    assert str(caught.value)


def test_as_many_corners_as_may_be_are_read():
    assert len(area_of(circle(CORNERS_MOST), CITY).rings[0]) == CORNERS_MOST + 1


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Point", "coordinates": [117, 36.5]},
        {"type": "FeatureCollection", "features": []},
        {"type": "FeatureCollection", "features": 5},
        {"type": "Feature", "geometry": None},
        {"type": "Polygon"},
        [SQUARE],
    ],
)
def test_other_geojson_is_refused(value):
    with pytest.raises(AreaInvalid, match="one polygon as GeoJSON has it"):
        area_of_geojson(value, CITY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_any_value_is_an_area_or_refused(value):
    try:
        found = area_of(value, CITY)
    except AreaInvalid:
        return
    assert found.polygon.area > 0
    assert area_of(found.values, CITY) == found

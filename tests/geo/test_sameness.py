"""Geometries that are one place, however they are written down, and those that are not."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box

from geo.sameness import METRES_PER_DEGREE, same_place

CENTIMETRE = 0.01 / METRES_PER_DEGREE
OUTER = [(117.0, 36.0), (117.2, 36.0), (117.2, 36.1), (117.1, 36.2), (117.0, 36.1)]
HOLES = [
    [(117.05, 36.05), (117.06, 36.05), (117.06, 36.06)],
    [(117.08, 36.05), (117.09, 36.05), (117.09, 36.06)],
]


def same(a, b, distance_m=0.01):
    return bool(same_place(np.array([a], object), np.array([b], object), distance_m)[0])


def turned(ring, start, backwards):
    ring = ring[start:] + ring[:start]
    return ring[::-1] if backwards else ring


def moved(ring, steps):
    return [(x + steps[n % len(steps)], y) for n, (x, y) in enumerate(ring)]


@given(
    start=st.integers(0, 4),
    backwards=st.booleans(),
    holes_first=st.booleans(),
    hole_start=st.integers(0, 2),
    steps=st.lists(st.floats(-0.5, 0.5).map(lambda s: s * CENTIMETRE), min_size=1, max_size=5),
)
def test_rings_may_begin_anywhere_run_either_way_and_tremble(
    start, backwards, holes_first, hole_start, steps
):
    holes = [turned(hole, hole_start, not backwards) for hole in HOLES]
    other = Polygon(moved(turned(OUTER, start, backwards), steps), holes[::-1] if holes_first else holes)
    assert same(Polygon(OUTER, HOLES), other)
    parts = [box(118, 36, 118.1, 36.1), other]
    assert same(MultiPolygon([Polygon(OUTER, HOLES), box(118, 36, 118.1, 36.1)]), MultiPolygon(parts))


def test_ties_that_confuse_a_normal_form_are_matched():
    """Two vertices share the least x: trembling makes either of them the first of a sorted ring."""
    left, right = (
        box(117.0, 36.0, 117.1, 36.1),
        Polygon([(117.0 + 2e-9, 36.0), (117.0, 36.1), (117.1, 36.1), (117.1, 36.0)]),
    )
    assert same(left, right)


def test_one_part_of_a_multi_is_that_part():
    assert same(MultiPolygon([box(117, 36, 118, 37)]), box(117, 36, 118, 37))
    assert same(MultiPoint([(117, 36)]), Point(117, 36))


def test_distance_is_in_metres_where_the_geometry_is():
    """At 60 degrees north a degree of longitude is half as long as on the equator: 2e-7 degrees are 11 mm."""
    step = 2e-7
    assert METRES_PER_DEGREE * step == pytest.approx(0.0223, abs=1e-4)
    assert not same(Point(10, 0), Point(10 + step, 0), 0.02)
    assert same(Point(10, 60), Point(10 + step, 60), 0.02)
    assert not same(Point(10, 60), Point(10, 60 + step), 0.02)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Polygon(OUTER), Polygon(OUTER, HOLES)),
        (Polygon(OUTER), Polygon([*OUTER[:2], (117.2, 36.05), *OUTER[2:]])),
        (LineString(OUTER), LineString(OUTER[::-1])),
        (LineString(OUTER[:3]), Polygon(OUTER[:3])),
        (Point(117, 36), None),
        (Polygon(OUTER), Polygon([*OUTER[:4], (117.0, 36.1 + 2 * CENTIMETRE)])),
        (
            MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]),
            MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1.1)]),
        ),
    ],
)
def test_these_differ(a, b):
    assert not same(a, b)
    assert not same(b, a)
    assert same(a, a)


def test_two_missing_geometries_are_the_same_and_none_is_fine():
    assert same(None, None)
    assert same_place(np.array([], object), np.array([], object), 0.01).tolist() == []


def test_zero_distance_asks_for_equal_vertices():
    assert same(Polygon(OUTER), Polygon(OUTER[::-1]), 0.0)
    assert not same(Point(117, 36), Point(117 + 1e-9, 36), 0.0)


def test_other_rows_do_not_matter():
    a = np.array([Point(117, 36), Polygon(OUTER), None, Point(1, 1)], object)
    b = np.array([Point(117, 36), Polygon(OUTER[::-1]), Point(0, 0), Point(1, 1.5)], object)
    assert same_place(a, b, 0.01).tolist() == [True, True, False, False]
    assert shapely.is_missing(a).tolist() == [False, False, True, False]

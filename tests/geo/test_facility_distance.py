"""Straight distances to facilities as they are drawn."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon, box

from geo.errors import GeometryNotFinite, WalkArgument
from geo.facility_distance import distance_to

PARK = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))


def test_inside_is_no_distance_and_a_hole_is_outside():
    points = [(1, 1), (10, 5), (5, 5), (13, 14), (-7, 5)]
    assert distance_to(points, [PARK], limit_m=100).tolist() == [0, 0, 1, 5, 7]


def test_points_lines_and_ground_together():
    facilities = [Point(0, 20), LineString([(30, 0), (30, 50)]), PARK, None, Polygon()]
    assert distance_to([(0, 18), (27, 25), (12, 5)], facilities, limit_m=100).tolist() == [2, 3, 2]
    together = GeometryCollection([MultiPoint([(0, 20), (9, 99)]), LineString([(30, 0), (30, 50)])])
    assert distance_to([(0, 18), (27, 25)], [together], limit_m=100).tolist() == [2, 3]


@pytest.mark.parametrize("facility", [Point(0, 0), LineString([(0, -9), (0, 9)]), box(-5, -9, 0, 9)])
def test_the_limit_is_within_reach_and_what_is_beyond_is_not(facility):
    points = np.array([(300.0, 0.0), (300.0001, 0.0)]) + 0.0
    assert distance_to(points, [facility], limit_m=300).tolist() == [300, np.inf]
    far = np.array([512_000.0, 4_060_000.0])
    moved = shapely.transform(facility, lambda xy: xy + far)
    assert distance_to(points + far, [moved], limit_m=300).tolist() == [300, np.inf]


def test_without_facilities_or_points():
    assert distance_to([(0, 0)], [], limit_m=5).tolist() == [np.inf]
    assert distance_to([(0, 0)], [None, Polygon()], limit_m=5).tolist() == [np.inf]
    assert distance_to(np.empty((0, 2)), [PARK], limit_m=5).shape == (0,)


def test_what_lies_nowhere_is_refused():
    with pytest.raises(GeometryNotFinite, match="the points"):
        distance_to([(0, np.nan)], [PARK], limit_m=5)
    with pytest.raises(GeometryNotFinite, match="the facilities"):
        distance_to([(0, 0)], [Point(0, np.inf)], limit_m=5)
    with pytest.raises(WalkArgument, match="limit_m"):
        distance_to([(0, 0)], [PARK], limit_m=0)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 40.0, 1e4]))
@settings(deadline=None, max_examples=40)
def test_distances_are_those_of_every_pair(seed, limit_m):
    random = np.random.default_rng(seed)
    rings = shapely.buffer(
        shapely.points(random.uniform(0, 200, (6, 2))), random.uniform(2, 40, 6), quad_segs=3
    )
    facilities = np.concatenate(
        [
            shapely.points(random.uniform(0, 200, (5, 2))),
            shapely.linestrings(random.uniform(0, 200, (4, 3, 2))),
            shapely.difference(rings[:3], shapely.buffer(rings[:3], -5)),
            rings[3:],
        ]
    )
    points = random.uniform(-50, 250, (60, 2))
    each = shapely.distance(shapely.points(points)[:, None], facilities[None, :]).min(axis=1)
    each[each > limit_m] = np.inf
    assert distance_to(points, facilities, limit_m=limit_m) == pytest.approx(each, rel=1e-10, abs=1e-10)

"""Straight distances to the nearest place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from geo import errors
from geo.nearest import straight_nearest_by_category, straight_nearest_m


def test_the_nearest_of_two_counts():
    points = [(0, 0), (100, 0)]
    sites = [(3, 4), (100, 30)]
    assert straight_nearest_m(points, sites, limit_m=1000.0).tolist() == [5.0, 30.0]


def test_the_limit_is_within_reach_and_what_is_beyond_is_not():
    assert straight_nearest_m([(0, 0), (1, 0)], [(5, 0)], limit_m=4.0).tolist() == [np.inf, 4.0]


def test_points_at_the_end_of_the_world_are_out_of_reach():
    assert straight_nearest_m([(1e300, 0), (0, -1e300)], [(5, 0)], limit_m=4.0).tolist() == [np.inf, np.inf]


def test_without_sites_everything_is_out_of_reach():
    assert straight_nearest_m([(0, 0)], np.empty((0, 2)), limit_m=10.0).tolist() == [np.inf]


def test_without_points_there_is_no_distance():
    assert straight_nearest_m(np.empty((0, 2)), [(0, 0)], limit_m=10.0).shape == (0,)


def test_each_category_has_its_own_column():
    found = straight_nearest_by_category([(0, 0)], [(1, 0), (0, 2), (0, 3)], [2, 0, 0], 3, limit_m=10.0)
    assert found.tolist() == [[2.0, np.inf, 1.0]]


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_the_limit_must_be_a_distance(bad):
    with pytest.raises(errors.WalkArgument, match="limit_m"):
        straight_nearest_m([(0, 0)], [(1, 0)], limit_m=bad)


def test_coordinates_must_be_finite():
    with pytest.raises(errors.GeometryNotFinite, match="the sites"):
        straight_nearest_m([(0, 0)], [(np.nan, 0)], limit_m=1.0)
    with pytest.raises(errors.GeometryNotFinite, match="the points"):
        straight_nearest_m([(0, np.inf)], [(0, 0)], limit_m=1.0)


@given(
    seed=st.integers(0, 2**32 - 1),
    sites=st.integers(1, 200),
    squash=st.sampled_from([1.0, 1e-6, 0.0]),
    limit_m=st.sampled_from([10.0, 300.0, 1e6]),
)
@settings(deadline=None, max_examples=60)
def test_distances_are_those_of_a_tree(seed, sites, squash, limit_m):
    rng = np.random.default_rng(seed)
    places = rng.uniform(0, 1000, (sites, 2)) * (1.0, squash)
    points = rng.uniform(-500, 1500, (100, 2))
    expected = cKDTree(places).query(points)[0]
    expected[expected > limit_m] = np.inf
    assert straight_nearest_m(points, places, limit_m=limit_m) == pytest.approx(expected, rel=1e-12)

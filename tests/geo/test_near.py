"""Looking around a few sites gives the walks of a search of the whole city, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from walk_worlds import at, bent_grid, grid, world

from geo import reach
from geo.effort import effort_of
from geo.near import Walkers, near, nearest_of

SEEDS = st.integers(0, 2**32 - 1)


def attached(net, xy):
    return reach.attach(net, at(*xy), min_component_m=0.0)


def test_the_points_around_a_site_are_found_with_their_walks():
    """A street of 1000 m, a site at 400; points at 100, 500 and 900 walk 300, 100 and 500 m."""
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    walkers = Walkers.on(net, attached(net, [(900, 0), (100, 0), (500, 0)]))
    found = near(walkers, attached(net, [(400, 0)]), limit_m=300.0)
    assert found.row.tolist() == [1, 2]
    assert found.walk_m.tolist() == [300.0, 100.0]


def test_no_site_is_near_nobody():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    walkers = Walkers.on(net, attached(net, [(100, 0)]))
    assert near(walkers, attached(net, []), limit_m=300.0).row.tolist() == []
    assert nearest_of(walkers, [0], attached(net, []), limit_m=5000.0).tolist() == [np.inf]


def test_a_far_site_is_found_by_looking_farther_and_one_beyond_the_limit_is_not():
    """On one street from 0 to a site at 3000: 3000 m; from 2000 to one at 8000: 6000, beyond the limit."""
    net = world([(0, 0), (9000, 0)], [(0, 1)])
    walkers = Walkers.on(net, attached(net, [(0, 0), (2000, 0)]))
    assert nearest_of(walkers, [0, 1], attached(net, [(3000, 0)]), limit_m=5000.0).tolist() == [
        3000.0,
        1000.0,
    ]
    assert nearest_of(walkers, [0, 1], attached(net, [(8000, 0)]), limit_m=5000.0).tolist() == [
        np.inf,
        np.inf,
    ]


def test_a_point_that_is_not_attached_is_near_nothing():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    walkers = Walkers.on(net, attached(net, [(500, 900), (500, 0)]))
    sites = attached(net, [(400, 0)])
    assert near(walkers, sites, limit_m=5000.0).row.tolist() == [1]
    assert nearest_of(walkers, [0, 1], sites, limit_m=5000.0).tolist() == [np.inf, 100.0]


@given(SEEDS, st.sampled_from([150.0, 400.0, 1300.0]))
def test_near_is_what_a_search_of_everything_says(seed, limit):
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 7, 6, 100.0, closed=rng.uniform(0, 0.45)))
    people = attached(net, rng.uniform(-260, 860, (60, 2)))
    sites = attached(net, rng.uniform(-60, 660, (rng.integers(0, 8), 2)))
    whole = reach.nearest_m(net, people, sites, limit_m=limit)
    found = near(Walkers.on(net, people), sites, limit_m=limit)
    assert found.row.tolist() == np.flatnonzero(np.isfinite(whole)).tolist()
    assert found.walk_m.tolist() == whole[found.row].tolist()
    rows = rng.permutation(60)[: rng.integers(0, 60)]
    again = nearest_of(Walkers.on(net, people), rows, sites, limit_m=limit)
    assert again.tolist() == whole[rows].tolist()


@given(SEEDS, st.sampled_from([150.0, 400.0, 1300.0]))
def test_on_hills_near_is_what_a_search_of_everything_says(seed, limit):
    rng = np.random.default_rng(seed)
    xy, ends = bent_grid(rng, 7, 6, 100.0, closed=rng.uniform(0, 0.45))
    net = world(xy, ends)
    factors = rng.uniform(0.2, 2.0, net.shape_row.max() + 1)  # some of a fifth: far sites may be near
    hills = effort_of(net, lambda at: 30.0 * np.sin(at[:, 0] / 150.0) * np.cos(at[:, 1] / 90.0), factors)
    people = attached(net, rng.uniform(-260, 860, (60, 2)))
    sites = attached(net, rng.uniform(-60, 660, (rng.integers(0, 8), 2)))
    whole = reach.nearest_m(net, people, sites, limit_m=limit, effort=hills)
    walkers = Walkers.on(net, people, hills)
    found = near(walkers, sites, limit_m=limit)
    assert found.row.tolist() == np.flatnonzero(np.isfinite(whole)).tolist()
    assert found.walk_m.tolist() == whole[found.row].tolist()
    rows = rng.permutation(60)[: rng.integers(0, 60)]
    assert nearest_of(walkers, rows, sites, limit_m=limit).tolist() == whole[rows].tolist()


@pytest.mark.parametrize("columns", [40])
def test_a_search_that_needs_more_room_takes_it(columns):
    """Every node of a grid is a seed: more labels wait at once than the first room has."""
    xy, ends = grid(columns, columns, 10.0)
    net = world(xy, ends)
    people, sites = attached(net, xy), attached(net, xy)
    found = near(Walkers.on(net, people), sites, limit_m=50.0)
    assert found.walk_m.tolist() == [0.0] * len(xy)

"""What holds for walks in any city. Coordinates of 4,000,000 m leave 1e-9 m to a float: 1e-6 is rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_worlds import at, bent_grid, world

from geo import reach

SEEDS = st.integers(0, 2**32 - 1)
ROUNDING = {"rtol": 0, "atol": 1e-6}
LIMIT = 50_000.0


def a_city(seed):
    """Nodes and edges, and points and sites on and off its streets."""
    rng = np.random.default_rng(seed)
    xy, ends = bent_grid(rng, 7, 6, 100.0, closed=rng.uniform(0, 0.45))
    points, sites = rng.uniform(-60, 660, (40, 2)), rng.uniform(-60, 660, (rng.integers(1, 25), 2))
    if rng.random() < 0.5:  # several on one street, some in the same place
        points = np.vstack([points, points[:5], sites[:5] + np.array([1.0, 0.5])])
    return xy, ends, points, sites


def attached(net, xy):
    return reach.attach(net, at(*xy), min_component_m=0.0)


def walks(net, points, sites):
    """Walk between each point and each site."""
    kinds = np.arange(len(sites))
    return reach.nearest_by_category(
        net, attached(net, points), attached(net, sites), kinds, len(sites), limit_m=LIMIT, threads=1
    )


def law(test):
    return settings(deadline=None, max_examples=30)(given(seed=SEEDS)(test))


@law
def test_no_walk_is_shorter_than_the_straight_line(seed):
    xy, ends, points, sites = a_city(seed)
    straight = np.hypot(*(points[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    assert (walks(world(xy, ends), points, sites) >= straight - 1e-6).all()


@law
def test_the_nearest_is_the_least_of_all_walks(seed):
    xy, ends, points, sites = a_city(seed)
    net = world(xy, ends)
    found = reach.nearest_m(net, attached(net, points), attached(net, sites), limit_m=LIMIT)
    np.testing.assert_allclose(found, walks(net, points, sites).min(axis=1), **ROUNDING)


@law
def test_another_site_never_makes_a_walk_longer(seed):
    xy, ends, points, sites = a_city(seed)
    net = world(xy, ends)
    people = attached(net, points)
    fewer = reach.nearest_m(net, people, attached(net, sites[:-1]), limit_m=LIMIT)
    more = reach.nearest_m(net, people, attached(net, sites), limit_m=LIMIT)
    assert (more <= fewer).all()


@law
def test_the_way_back_is_as_long(seed):
    xy, ends, points, sites = a_city(seed)
    net = world(xy, ends)
    np.testing.assert_allclose(walks(net, points, sites), walks(net, sites, points).T, **ROUNDING)


@law
def test_order_changes_nothing(seed):
    xy, ends, points, sites = a_city(seed)
    rng = np.random.default_rng(seed)
    nodes, of_points, of_sites = (rng.permutation(len(some)) for some in (xy, points, sites))
    place = np.argsort(nodes)
    moved = [xy[i] for i in nodes]
    turned = [(place[b], place[a]) if rng.random() < 0.5 else (place[a], place[b]) for a, b in ends]
    turned = [turned[i] for i in rng.permutation(len(ends))]
    expected = walks(world(xy, ends), points, sites)
    found = walks(world(moved, turned), points[of_points], sites[of_sites])
    np.testing.assert_allclose(found, expected[of_points][:, of_sites], **ROUNDING)


@law
def test_moving_the_whole_city_changes_nothing(seed):
    xy, ends, points, sites = a_city(seed)
    by = np.random.default_rng(seed).uniform(-50_000, 50_000, 2)
    moved = [tuple(point) for point in np.array(xy) + by]
    expected = walks(world(xy, ends), points, sites)
    np.testing.assert_allclose(walks(world(moved, ends), points + by, sites + by), expected, **ROUNDING)


@law
def test_splitting_streets_changes_nothing(seed):
    xy, ends, points, sites = a_city(seed)
    rng = np.random.default_rng(seed)
    expected = walks(world(xy, ends, contract=False), points, sites)
    nodes, split = list(xy), []
    for a, b in ends:
        if rng.random() < 0.5:
            share = rng.uniform(0.1, 0.9)
            nodes.append(tuple((1 - share) * np.array(xy[a]) + share * np.array(xy[b])))
            split += [(a, len(nodes) - 1), (b, len(nodes) - 1)]
        else:
            split.append((a, b))
    for contract in (False, True):
        found = walks(world(nodes, split, contract=contract), points, sites)
        np.testing.assert_allclose(found, expected, **ROUNDING)


@law
def test_contraction_changes_nothing(seed):
    xy, ends, points, sites = a_city(seed)
    expected = walks(world(xy, ends, contract=False), points, sites)
    np.testing.assert_allclose(walks(world(xy, ends), points, sites), expected, **ROUNDING)


@law
def test_a_limit_only_hides_what_is_beyond_it(seed):
    xy, ends, points, sites = a_city(seed)
    net = world(xy, ends, contract=bool(seed % 2))
    people, places = attached(net, points), attached(net, sites)
    whole = reach.nearest_m(net, people, places, limit_m=LIMIT)
    limit = float(np.random.default_rng(seed).uniform(1, 400))
    assert reach.nearest_m(net, people, places, limit_m=limit).tolist() == pytest.approx(
        np.where(whole <= limit, whole, np.inf).tolist(), rel=0, abs=0
    )


@law
def test_the_k_nearest_are_the_first_of_all_walks(seed):
    xy, ends, points, sites = a_city(seed)
    net = world(xy, ends, contract=bool(seed % 2))
    k = seed % 4 + 1
    distance, site = reach.k_nearest(net, attached(net, points), attached(net, sites), k, limit_m=LIMIT)
    every = walks(net, points, sites)
    padded = np.hstack([every, np.full((len(points), k), np.inf)])
    np.testing.assert_allclose(distance, np.sort(padded, axis=1)[:, :k], **ROUNDING)
    there = site >= 0
    assert (there == np.isfinite(distance)).all()
    rows = np.broadcast_to(np.arange(len(points))[:, None], site.shape)
    np.testing.assert_allclose(every[rows[there], site[there]], distance[there], **ROUNDING)
    for row in site:
        assert len(set(row[row >= 0])) == (row >= 0).sum()


@law
def test_counts_are_those_of_all_walks(seed):
    xy, ends, points, sites = a_city(seed)
    rng = np.random.default_rng(seed)
    net = world(xy, ends, contract=bool(seed % 2))
    distance_m, count = float(rng.uniform(10, 600)), rng.integers(0, 9, len(sites))
    within = walks(net, points, sites) <= distance_m
    for people, places, expected in (
        (points, sites, within @ count),
        (points[:3], sites, within[:3] @ count),  # fewer points than sites: searched from the points
    ):
        found = reach.count_within(
            net, attached(net, people), attached(net, places), distance_m=distance_m, count=count
        )
        assert found.tolist() == expected.tolist()


@law
def test_threads_change_no_bit(seed):
    xy, ends, points, sites = a_city(seed)
    net = world(xy, ends)
    people, places, kinds = attached(net, points), attached(net, sites), np.arange(len(sites)) % 3
    one = reach.nearest_by_category(net, people, places, kinds, 3, threads=1)
    assert (one == reach.nearest_by_category(net, people, places, kinds, 3, threads=3)).all()

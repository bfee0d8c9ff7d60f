"""Walks agree with NetworkX on streets cut at each place: on a made city, and on Porto Alegre as it is."""

import numpy as np
import pandas as pd
import pytest
from pyproj import CRS, Transformer
from walk_worlds import all_walks, at, bent_grid, grid, world

from geo import network, reach
from geo.floating import pairs_within

CENTIMETRE = 0.01


def walks(net, points, sites, **attach):
    """Walk between each point and each site, one site at a time."""
    people, places = reach.attach(net, points, **attach), reach.attach(net, sites, **attach)
    assert people.attached.all()
    assert places.attached.all()
    kinds = np.arange(len(sites))
    return reach.nearest_by_category(net, people, places, kinds, len(sites), limit_m=100_000.0)


def made_city(rng):
    """A bent grid of 12 x 12 streets, some closed, and far off a small part of its own."""
    xy, ends = bent_grid(rng, 12, 12, 100.0, closed=0.2)
    far, links = grid(3, 3, 40.0)
    ends += [(a + len(xy), b + len(xy)) for a, b in links]
    return xy + [(x + 3000.0, y + 3000.0) for x, y in far], ends


@pytest.mark.parametrize("contract", [True, False])
def test_walks_agree_with_networkx_on_a_made_city(contract):
    rng = np.random.default_rng(11)
    xy, ends = made_city(rng)
    net = world(xy, ends, contract=contract)
    points, sites = at(*rng.uniform(0, 1100, (80, 2))), at(*rng.uniform(0, 1100, (25, 2)))
    expected = all_walks(at(*xy), np.array(ends), points, sites, 5000.0)
    assert np.isfinite(expected).mean() > 0.9
    np.testing.assert_allclose(walks(net, points, sites), expected, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def porto_alegre(shared):
    """Its network, 100 points and 20 sites near streets, and all walks between them by NetworkX."""
    folder = shared / "data" / "network"
    nodes = pd.read_parquet(folder / "porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "porto_alegre_walk_edges.parquet")
    crs = CRS.from_proj4("+proj=tmerc +lat_0=-30.05 +lon_0=-51.2 +k=1 +datum=WGS84 +units=m +no_defs")
    net = network.build(nodes, edges, crs=crs)
    to_metres = Transformer.from_crs(4326, crs, always_xy=True)
    node_xy = np.column_stack(to_metres.transform(nodes["lon"], nodes["lat"]))  # node_id is the row here
    ends = edges[["u", "v"]].to_numpy()
    rng = np.random.default_rng(2)
    middle = node_xy[ends].mean(axis=1)
    near = middle[rng.choice(len(ends), 150, replace=False)] + rng.normal(0, 25, (150, 2))
    near = near[reach.attach(net, near).attached]
    points, sites = near[:100], near[100:120]
    return net, points, sites, all_walks(node_xy, ends, points, sites, 5000.0)


@pytest.mark.shared
def test_two_thousand_walks_agree_with_networkx_in_porto_alegre(porto_alegre):
    net, points, sites, expected = porto_alegre
    found = walks(net, points, sites)
    assert found.size == 2000
    assert np.isfinite(expected).mean() > 0.9
    assert (np.isfinite(found) == np.isfinite(expected)).all()
    both = np.isfinite(expected)
    np.testing.assert_allclose(found[both], expected[both], rtol=0, atol=CENTIMETRE)


@pytest.mark.shared
@pytest.mark.parametrize(("people", "places"), [(100, 20), (10, 20)])
def test_pairs_and_counts_agree_with_networkx_in_porto_alegre(porto_alegre, people, places):
    """Also where points are fewer than sites, so that searches start from the points."""
    net, points, sites, expected = porto_alegre
    expected = expected[:people, :places]
    distance_m = 4000.0
    assert not ((expected > distance_m - CENTIMETRE) & (expected < distance_m + CENTIMETRE)).any()
    within = expected <= distance_m
    assert within.sum() > 30
    attached = reach.attach(net, points[:people]), reach.attach(net, sites[:places])
    pairs = pairs_within(net, *attached, distance_m)
    assert (np.column_stack([pairs.point, pairs.site]) == np.argwhere(within)).all()
    np.testing.assert_allclose(pairs.metres, expected[within], rtol=0, atol=CENTIMETRE)
    places_at = np.arange(places) + 1
    counted = reach.count_within(net, *attached, distance_m=distance_m, count=places_at)
    assert counted.tolist() == (within @ places_at).tolist()


@pytest.mark.shared
def test_the_nearest_few_agree_with_networkx_in_porto_alegre(porto_alegre):
    net, points, sites, expected = porto_alegre
    metres, _ = reach.k_nearest(
        net, reach.attach(net, points), reach.attach(net, sites), 3, limit_m=100_000.0
    )
    wanted = np.sort(expected, axis=1)[:, :3]
    assert (np.isfinite(metres) == np.isfinite(wanted)).all()
    both = np.isfinite(wanted)
    np.testing.assert_allclose(metres[both], wanted[both], rtol=0, atol=CENTIMETRE)

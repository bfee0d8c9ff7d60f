"""Walks agree with NetworkX on streets cut at each place: on a made city, and on Porto Alegre as it is."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import CRS, Transformer
from scipy.ndimage import map_coordinates
from walk_worlds import all_walks, at, bent_grid, grid, world

from geo import network, reach
from geo.effort import effort_of
from geo.floating import pairs_within
from geo.heights import elevation

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


def uphill(node_xy, ends, heights, step):
    """For each street, offsets of the steps along it and what it costs from its start and back to it."""
    found = []
    for a, b in ends:
        length = np.hypot(*(node_xy[b] - node_xy[a]))
        share = np.linspace(0, 1, max(int(np.ceil(length / step)), 1) + 1)
        height = heights(node_xy[a] + share[:, None] * (node_xy[b] - node_xy[a]))
        piece = np.diff(share) * length
        slope = np.divide(np.diff(height), piece, out=np.zeros(len(piece)), where=piece > 0)
        slope = np.clip(np.nan_to_num(slope), -1, 1)
        pace = [np.exp(-3.5 * 0.05) / np.exp(-3.5 * np.abs(s + 0.05)) for s in (slope, -slope)]
        found.append((share * length, *(np.concatenate([[0], np.cumsum(piece * p)]) for p in pace)))
    return found


def hill_walks(node_xy, ends, costs, points, sites):
    """Walks from points to sites on streets cut at each place, one direction at a time."""
    lines = shapely.linestrings(node_xy[ends])
    places = shapely.points(np.vstack([points, sites]))
    edge = shapely.STRtree(lines).nearest(places)
    offset = shapely.line_locate_point(lines[edge], places)
    access = shapely.distance(lines[edge], places)
    graph = nx.DiGraph()

    def join(a, b, cost):
        if not graph.has_edge(a, b) or graph[a][b]["weight"] > cost:
            graph.add_edge(a, b, weight=cost)

    on = {}
    for place in np.argsort(offset):
        on.setdefault(int(edge[place]), []).append(int(place))
    for e, (a, b) in enumerate(ends):
        at, out, back = costs[e]
        cuts = [(int(a), 0.0)] + [(f"at {p}", offset[p]) for p in on.get(e, [])] + [(int(b), at[-1])]
        for (one, low), (other, high) in pairwise(cuts):
            join(one, other, np.interp(high, at, out) - np.interp(low, at, out))
            join(other, one, np.interp(high, at, back) - np.interp(low, at, back))
    for place, metres in enumerate(access):
        ends_here = (
            (f"at {place}", f"to {place}") if place >= len(points) else (f"from {place}", f"at {place}")
        )
        join(*ends_here, metres)
    result = np.full((len(points), len(sites)), np.inf)
    for s in range(len(sites)):
        walks = nx.single_source_dijkstra_path_length(graph.reverse(copy=False), f"to {len(points) + s}")
        result[:, s] = [walks.get(f"from {p}", np.inf) for p in range(len(points))]
    return result


@pytest.mark.shared
@pytest.mark.slow
def test_walks_over_the_hills_of_porto_alegre_agree_with_networkx(shared):
    """Heights by SciPy from the whole raster, costs and cuts by NumPy, walks by NetworkX."""
    folder = shared / "data" / "network"
    nodes = pd.read_parquet(folder / "porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "porto_alegre_walk_edges.parquet")
    crs = CRS.from_proj4("+proj=tmerc +lat_0=-30.05 +lon_0=-51.2 +k=1 +datum=WGS84 +units=m +no_defs")
    net = network.build(nodes, edges, crs=crs)
    ground = elevation([shared / "data" / "raster" / "porto_alegre_elevation.tif"], crs)
    effort = effort_of(net, ground, step_m=ground.cell_m)
    with rasterio.open(ground.paths[0]) as raster:
        cells, place = raster.read(1).astype(float), raster.transform
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)

    def heights(xy):
        lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
        column, row = (lon - place.c) / place.a - 0.5, (lat - place.f) / place.e - 0.5
        found = map_coordinates(cells, [row, column], order=1, mode="nearest")
        inside = (column >= -0.5) & (row >= -0.5)
        inside &= (column <= cells.shape[1] - 0.5) & (row <= cells.shape[0] - 0.5)
        return np.where(inside, found, np.nan)

    to_metres = Transformer.from_crs(4326, crs, always_xy=True)
    node_xy = np.column_stack(to_metres.transform(nodes["lon"], nodes["lat"]))
    ends = edges[["u", "v"]].to_numpy()
    whole = nx.Graph()
    whole.add_edges_from(ends.tolist())
    main = max(nx.connected_components(whole), key=len)
    ends = ends[[int(a) in main for a, _ in ends]]
    rng = np.random.default_rng(7)
    middle = node_xy[ends].mean(axis=1)
    near = middle[rng.choice(len(ends), 90, replace=False)] + rng.normal(0, 10, (90, 2))
    points, sites = near[:70], near[70:]
    costs = uphill(node_xy, ends, heights, ground.cell_m)
    expected = hill_walks(node_xy, ends, costs, points, sites)
    kinds = np.arange(len(sites))
    longest = float(net.component_length_m.max())
    people, places = (reach.attach(net, xy, min_component_m=longest - 1) for xy in (points, sites))
    found = reach.nearest_by_category(
        net, people, places, kinds, len(sites), limit_m=100_000.0, effort=effort
    )
    flat = reach.nearest_by_category(net, people, places, kinds, len(sites), limit_m=100_000.0)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found, expected, rtol=0, atol=CENTIMETRE)
    assert np.median(found / flat) > 1.02  # there are hills

"""Walks after sites came or went are those of a search of everything, in whole millimetres."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geo import network, reach
from geo.near import Walkers
from geo.nearest import straight_nearest_m
from inventory.figures import millimetres
from inventory.moved_sites import moved_sites
from inventory.rewalks import STRAIGHT_BEYOND_M, restraight, rewalk

SEEDS = st.integers(0, 2**32 - 1)
CRS_M = CRS.from_epsg(4548)
ORIGIN = np.array([500_000.0, 4_000_000.0])


def a_city(rng, *, columns=6, rows=6, step=150.0):
    """A bent grid of streets with some closed, and people on and off them, a few in the same place."""
    count = columns * rows
    xy = np.array([(c * step, r * step) for r in range(rows) for c in range(columns)])
    xy = xy + rng.uniform(-0.3 * step, 0.3 * step, xy.shape) + ORIGIN
    ends = [(i, i + 1) for i in range(count) if (i + 1) % columns] + [
        (i, i + columns) for i in range(count - columns)
    ]
    ends = [pair for pair in ends if rng.random() > 0.2]
    nodes = gpd.GeoDataFrame({"node_id": range(count)}, geometry=gpd.points_from_xy(*xy.T), crs=CRS_M)
    edges = pd.DataFrame(ends, columns=["u", "v"])
    streets = network.build(nodes, edges, crs=CRS_M)
    people = rng.uniform(-150, columns * step, (80, 2)) + ORIGIN
    return streets, np.vstack([people, people[:5]])


def attached(streets, xy):
    return reach.attach(streets, np.asarray(xy).reshape(-1, 2), min_component_m=0.0, limit_m=100.0)


def edited(rng, sites):
    """Some of the sites gone, some moved, some new, some doubled, in another order."""
    kept = sites[rng.random(len(sites)) > rng.choice([0.0, 0.1, 0.6, 1.0])]
    new = rng.uniform(-100, 900, (rng.integers(0, 5), 2)) + ORIGIN
    doubled = kept[: rng.integers(0, 2)]
    return rng.permutation(np.vstack([kept, new, doubled]))


@settings(max_examples=80)
@given(SEEDS, st.sampled_from([200.0, 700.0, 5000.0]))
def test_a_change_gives_the_walks_of_a_search_of_everything(seed, search_m):
    rng = np.random.default_rng(seed)
    streets, people = a_city(rng)
    walkers = Walkers.on(streets, attached(streets, people))
    old = rng.uniform(-100, 900, (rng.integers(0, 12), 2)) + ORIGIN

    def whole(sites):
        walk_m = reach.nearest_m(streets, walkers.points, attached(streets, sites), limit_m=search_m)
        return millimetres(walk_m)

    for _ in range(3):
        new = edited(rng, old)
        moved = moved_sites(shapely.points(old), shapely.points(new))
        before, after = whole(old), whole(new)
        found = rewalk(
            walkers,
            before,
            gone=attached(streets, shapely.get_coordinates(moved.gone)),
            come=attached(streets, shapely.get_coordinates(moved.come)),
            now=attached(streets, new),
            search_m=search_m,
        )
        assert found.walk_mm.tolist() == after.tolist()
        assert found.changed.tolist() == np.flatnonzero(before != after).tolist()
        old = new


@settings(max_examples=80)
@given(SEEDS, st.sampled_from([100.0, 300.0]))
def test_straight_lines_are_those_of_a_search_of_everything(seed, distance_m):
    rng = np.random.default_rng(seed)
    people = rng.uniform(0, 800, (60, 2))
    old = rng.uniform(0, 800, (rng.integers(0, 12), 2))
    new = rng.permutation(
        np.vstack([old[rng.integers(0, 2) :], rng.uniform(0, 800, (rng.integers(0, 3), 2))])
    )

    def whole(sites):
        return millimetres(straight_nearest_m(people, sites, limit_m=distance_m + STRAIGHT_BEYOND_M))

    moved = moved_sites(shapely.points(old), shapely.points(new))
    if moved.some:
        changed = np.concatenate([moved.gone, moved.come])
        found = restraight(people, whole(old), moved=changed, now=new, distance_m=distance_m)
        assert found.walk_mm.tolist() == whole(new).tolist()
        assert found.changed.tolist() == np.flatnonzero(whole(old) != whole(new)).tolist()


@pytest.mark.parametrize(
    ("old", "new", "gone", "come"),
    [
        ([(0, 0), (1, 5)], [(1, 5), (0, 0)], [], []),  # another order
        ([(0, 0)], [(0, 0), (0, 0)], [], []),  # a second one in the same place
        ([(0, 0), (0, 0)], [(0, 0)], [], []),  # one of two in the same place is still one
        ([(0, 0)], [(0, 0.001)], [(0, 0)], [(0, 0.001)]),
        ([(-0.0, 1)], [(0.0, 1)], [], []),
        ([], [(2, 1), (1, 2)], [], [(1, 2), (2, 1)]),
        ([(2, 1)], [], [(2, 1)], []),
    ],
)
def test_places_are_what_is_compared(old, new, gone, come):
    found = moved_sites(*(shapely.points(np.reshape(each, (-1, 2)).astype(float)) for each in (old, new)))
    assert [tuple(row) for row in shapely.get_coordinates(found.gone).tolist()] == gone
    assert [tuple(row) for row in shapely.get_coordinates(found.come).tolist()] == come
    assert found.some == bool(gone or come)


@pytest.mark.shared
def test_in_porto_alegre_edits_of_bus_stops_give_the_walks_of_a_search_of_everything(shared):
    """Real streets and people: stops removed, moved and added, one and a hundred at a time."""
    data = shared / "data"
    nodes = pd.read_parquet(data / "network/porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(data / "network/porto_alegre_walk_edges.parquet")
    metres = CRS.from_epsg(31982)

    def places(table):
        lon_lat = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
        return lon_lat.to_crs(metres).get_coordinates().to_numpy()

    streets = network.build(nodes.rename(columns={"id": "node_id"}), edges, crs=metres)
    people = places(pd.read_csv(data / "raster/porto_alegre_hexgrid.csv"))
    pois = pd.read_csv(data / "poi/porto_alegre_pois.csv")
    stops = places(pois[pois["category"] == "bus_stop"])
    walkers = Walkers.on(streets, reach.attach(streets, people))

    def whole(sites):
        return millimetres(reach.nearest_m(streets, walkers.points, reach.attach(streets, sites)))

    rng = np.random.default_rng(4)
    for count in (1, 1, 1, 100):
        gone = rng.choice(len(stops), count, replace=False)
        moved = stops[gone[::2]] + rng.uniform(-800, 800, (len(gone[::2]), 2))
        new = np.vstack([np.delete(stops, gone, axis=0), moved])
        change = moved_sites(shapely.points(stops), shapely.points(new))
        before, after = whole(stops), whole(new)
        found = rewalk(
            walkers,
            before,
            gone=reach.attach(streets, shapely.get_coordinates(change.gone)),
            come=reach.attach(streets, shapely.get_coordinates(change.come)),
            now=reach.attach(streets, new),
            search_m=5000.0,
        )
        assert found.walk_mm.tolist() == after.tolist()
        assert len(found.changed) > 0
        stops = new

"""The street network: connected, and crossing water, railways and motorways only where it may."""

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from api.demo import streets
from api.demo.city import DemoCity
from api.demo.ground import places

FAST = ("motorway", "trunk")


@pytest.fixture(scope="module")
def frames(city: DemoCity) -> tuple[pd.DataFrame, pd.DataFrame]:
    return streets.frames(city.network)


def lines(city: DemoCity, rows: np.ndarray) -> np.ndarray:
    """Walkable edges as lines in metres."""
    drawn = city.network.streets
    return shapely.linestrings(drawn.xy[drawn.edge[rows]])


def test_edges_join_known_nodes_and_no_edge_is_doubled(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    nodes, edges = frames
    assert nodes["node_id"].is_unique
    assert edges["edge_id"].is_unique
    assert set(edges["u"]) | set(edges["v"]) == set(nodes["node_id"])
    assert (edges["u"] != edges["v"]).all()
    ends = np.sort(edges[["u", "v"]].to_numpy(), axis=1)
    assert len(np.unique(ends, axis=0)) == len(edges)


def test_nearly_all_walkable_nodes_are_in_one_component(city: DemoCity) -> None:
    drawn = city.network.streets
    n = len(drawn.xy)
    graph = coo_array((np.ones(len(drawn.edge)), (drawn.edge[:, 0], drawn.edge[:, 1])), shape=(n, n))
    count, piece = connected_components(graph, directed=False)
    assert np.bincount(piece).max() >= 0.97 * n
    assert count > 1  # a village without a road: such islands are real, and reports must bear them


def test_the_river_is_crossed_by_its_bridges_alone(city: DemoCity) -> None:
    rows = np.arange(len(city.network.streets.edge))
    over = shapely.intersects(lines(city, rows), city.terrain.river_area)
    assert np.flatnonzero(over).tolist() == city.network.bridge.tolist()
    assert len(city.network.bridge) == len(places()["river"]["bridges"])


def test_every_bridge_joins_both_banks(city: DemoCity) -> None:
    drawn = city.network.streets
    sides = city.terrain.river.is_north(drawn.xy[drawn.edge[city.network.bridge]].reshape(-1, 2))
    assert (sides.reshape(-1, 2).sum(axis=1) == 1).all()


def test_no_street_runs_through_a_lake_or_over_a_hill(city: DemoCity) -> None:
    drawn = city.network.streets
    others = np.setdiff1d(np.arange(len(drawn.edge)), city.network.bridge)
    solid = shapely.union_all([*(shape for _, _, shape in city.terrain.lakes), city.terrain.hills])
    approaches = (drawn.group[drawn.edge[others]] == -2).any(axis=1)  # ways up to a bridge may cut a corner
    assert not shapely.intersects(lines(city, others[~approaches]), solid).any()


def test_a_railway_is_crossed_about_once_in_a_kilometre(city: DemoCity) -> None:
    rows = np.arange(len(city.network.streets.edge))
    for railway in city.terrain.railways:
        crossings = shapely.intersects(lines(city, rows), railway.line).sum()
        assert crossings <= railway.line.length / railway.crossing_m + 1 + 2  # 2: ways added to join pieces


def test_motorways_are_in_the_network_but_join_no_street(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    _, edges = frames
    fast = edges["highway"].isin(FAST)
    assert fast.any()
    on_fast = set(edges["u"][fast]) | set(edges["v"][fast])
    assert not on_fast & (set(edges["u"][~fast]) | set(edges["v"][~fast]))


def test_drawing_twice_gives_the_same_streets(city: DemoCity) -> None:
    again = DemoCity(city.recipe)
    for one, other in zip(streets.frames(city.network), streets.frames(again.network), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))

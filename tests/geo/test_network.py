"""Networks from frames: what becomes a street, a junction, a connected part, and what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from walk_worlds import FLAT, at, bent_grid, frames, grid, world

from geo import errors, network


def streets(net):
    """Each edge as (sorted ends relative to ORIGIN, length), for comparing without regard to order."""
    ends = np.round(np.stack([net.xy[net.edge_u], net.xy[net.edge_v]], axis=1) - at((0, 0)), 6)
    return sorted(
        (tuple(sorted(map(tuple, pair.tolist()))), round(length, 6))
        for pair, length in zip(ends, net.edge_length_m, strict=True)
    )


def test_a_chain_becomes_one_street_with_its_bend():
    net = world([(0, 0), (30, 0), (30, 40)], [(0, 1), (2, 1)])
    assert streets(net) == [(((0, 0), (30, 40)), 70.0)]  # 30 + 40
    drawn = {tuple(point) for point in (net.shape_xy - at((0, 0))).tolist()}
    assert drawn == {(0, 0), (30, 0), (30, 40)}


def test_without_contraction_every_edge_stays():
    net = world([(0, 0), (30, 0), (30, 40)], [(0, 1), (2, 1)], contract=False)
    assert streets(net) == [(((0, 0), (30, 0)), 30.0), (((30, 0), (30, 40)), 40.0)]


def test_a_junction_of_three_streets_stays_a_node():
    net = world([(0, 0), (100, 0), (200, 0), (100, 50)], [(0, 1), (1, 2), (1, 3)])
    assert len(net.xy) == 4
    assert sorted(net.edge_length_m) == [50.0, 100.0, 100.0]
    assert np.diff(net.indptr).tolist().count(3) == 1


def test_every_edge_is_an_arc_from_both_ends():
    net = world(*grid(4, 3, 100.0))
    assert len(net.neighbour) == 2 * len(net.edge_u)
    for node in range(len(net.xy)):
        for arc in range(net.indptr[node], net.indptr[node + 1]):
            edge = net.arc_edge[arc]
            assert {node, int(net.neighbour[arc])} == {int(net.edge_u[edge]), int(net.edge_v[edge])}
            assert net.arc_length_m[arc] == net.edge_length_m[edge]


def test_a_ring_without_junction_is_one_loop():
    net = world([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    assert len(net.xy) == 1
    assert net.edge_length_m.tolist() == [400.0]
    assert net.edge_u.tolist() == net.edge_v.tolist() == [0]


def test_two_streets_between_the_same_dead_ends_are_one_loop():
    lines = [[(0, 0), (100, 0)], [(0, 0), (50, 120), (100, 0)]]
    net = world([(0, 0), (100, 0)], [(0, 1), (1, 0)], lines)
    assert net.edge_length_m.tolist() == [360.0]  # 100 + 2 * 130 (5, 12, 13)


def test_a_loop_on_a_stem_keeps_its_junction():
    ends = [(0, 1), (1, 2), (2, 3), (3, 1)]
    net = world([(0, 0), (100, 0), (200, 0), (100, 75)], ends)
    assert streets(net) == [
        (((0, 0), (100, 0)), 100.0),
        (((100, 0), (100, 0)), 300.0),  # 100 + 125 + 75
    ]


def test_a_loop_given_as_one_edge_is_kept():
    lines = [[(0, 0), (30, 0), (30, 40), (0, 0)], [(0, 0), (0, -10)]]
    net = world([(0, 0), (0, -10)], [(0, 0), (0, 1)], lines)
    assert sorted(net.edge_length_m) == [10.0, 120.0]  # 30 + 40 + 50


def test_the_drawn_line_counts_and_not_the_straight_one():
    net = world([(0, 0), (100, 0)], [(0, 1)], [[(0, 0), (50, 120), (100, 0)]])
    assert net.edge_length_m.tolist() == [260.0]


def test_a_line_drawn_backwards_is_turned():
    forward = world([(0, 0), (100, 0)], [(0, 1)], [[(0, 0), (10, 20), (100, 0)]])
    backward = world([(0, 0), (100, 0)], [(0, 1)], [[(100, 0), (10, 20), (0, 0)]])
    assert forward.shape_xy.tolist() == backward.shape_xy.tolist()


def test_a_line_that_ends_short_of_its_node_is_joined_to_it():
    net = world([(0, 0), (100, 0)], [(0, 1)], [[(0, 20), (100, 20)]])
    assert net.edge_length_m.tolist() == [140.0]  # 20 + 100 + 20


def test_edges_without_a_line_among_drawn_ones_are_straight():
    lines = [[(0, 0), (50, 120), (100, 0)], None]
    net = world([(0, 0), (100, 0), (100, 40)], [(0, 1), (1, 2)], lines, contract=False)
    assert sorted(net.edge_length_m) == [40.0, 260.0]


def test_both_directions_of_a_street_are_one_street():
    way = [(0, 0), (0, 40), (30, 80), (100, 80)]
    net = world([(0, 0), (100, 80)], [(0, 1), (1, 0)], [way, way[::-1]], directed=True)
    assert net.edge_length_m.tolist() == [160.0]  # 40 + 50 + 70


def test_different_streets_between_the_same_nodes_stay():
    north, south = [(0, 0), (50, 120), (100, 0)], [(0, 0), (50, -120), (100, 0)]
    lines = [[(0, 0), (100, 0)], [(100, 0), (0, 0)], north, south, north[::-1], south[::-1]]
    ends = [(0, 1), (1, 0), (0, 1), (0, 1), (1, 0), (1, 0)]
    net = world([(0, 0), (100, 0)], ends, lines, directed=True, contract=False)
    assert sorted(net.edge_length_m) == [100.0, 260.0, 260.0]


def test_directions_without_lines_are_one_straight_street():
    net = world([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 0), (1, 2)], directed=True, contract=False)
    assert sorted(net.edge_length_m) == [100.0, 100.0]


def test_a_loop_drawn_both_ways_round_is_one_street():
    way = [(0, 0), (30, 0), (30, 40), (0, 0)]
    net = world([(0, 0)], [(0, 0), (0, 0)], [way, way[::-1]], directed=True)
    assert net.edge_length_m.tolist() == [120.0]


def test_closed_classes_are_left_out():
    nodes, edges = frames([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)])
    edges["highway"] = ["motorway", "residential"]
    net = network.build(nodes, edges, crs=FLAT, not_walkable={"motorway", "trunk"})
    assert streets(net) == [(((100, 0), (200, 0)), 100.0)]
    assert net.node_id.tolist() in ([1, 2], [2, 1])
    renamed = edges.rename(columns={"highway": "kind"})
    same = network.build(nodes, renamed, crs=FLAT, not_walkable=["motorway"], class_column="kind")
    assert streets(same) == streets(net)


def test_connected_parts_carry_the_length_of_their_streets():
    net = world(
        [(0, 0), (100, 0), (0, 30), (9000, 0), (9000, 40)],
        [(0, 1), (0, 2), (3, 4)],
        contract=False,
    )
    assert sorted(net.component_length_m) == [40.0, 130.0]
    lengths = net.component_length_m[net.component]
    far = net.xy[:, 0] > at((5000, 0))[0, 0]
    assert (lengths == np.where(far, 40.0, 130.0)).all()


def test_edge_ids_come_from_the_source_or_are_rows():
    nodes, edges = frames([(0, 0), (100, 0), (100, 50)], [(0, 1), (1, 2)])
    assert sorted(network.build(nodes, edges, crs=FLAT, contract=False).edge_id) == [0, 1]
    edges["edge_id"] = [70, 71]
    assert sorted(network.build(nodes, edges, crs=FLAT, contract=False).edge_id) == [70, 71]
    assert network.build(nodes, edges, crs=FLAT).edge_id[0] in (70, 71)


def test_ids_of_any_size_name_nodes():
    ids = [-5, 9_000_000_000_000, 12]
    nodes, edges = frames([(0, 0), (100, 0), (100, 50)], [(0, 1), (1, 2)], ids=ids)
    net = network.build(nodes, edges, crs=FLAT, contract=False)
    where = dict(zip(net.node_id.tolist(), (net.xy - at((0, 0))).tolist(), strict=True))
    assert where == {-5: [0, 0], 9_000_000_000_000: [100, 0], 12: [100, 50]}


def test_longitude_and_latitude_are_projected():
    nodes = pd.DataFrame({"node_id": [1, 2], "lon": [117.0, 117.0], "lat": [36.0, 36.009]})
    net = network.build(nodes, pd.DataFrame({"u": [1], "v": [2]}), crs=FLAT)
    # On the meridian the projection keeps lengths. A degree of latitude at 36 degrees north is 110,959 m
    # (111,132.95 - 559.85 cos 72 + 1.18 cos 144), so 0.009 degrees are 998.63 m.
    assert net.edge_length_m[0] == pytest.approx(998.63, abs=0.02)


def test_frames_in_another_system_give_the_same_network():
    nodes, edges = frames(
        [(0, 0), (100, 0), (100, 50)], [(0, 1), (1, 2)], lines=[[(0, 0), (50, 9), (100, 0)], None]
    )
    there = network.build(nodes, edges, crs=FLAT)
    back = network.build(nodes.to_crs(4326), edges.to_crs(4326), crs=FLAT)
    assert back.edge_length_m == pytest.approx(there.edge_length_m, abs=1e-6)


@given(seed=st.integers(0, 2**32 - 1), contract=st.booleans())
@settings(deadline=None, max_examples=25)
def test_the_order_of_rows_changes_nothing(seed, contract):
    rng = np.random.default_rng(seed)
    nodes, edges = frames(*bent_grid(rng, 5, 4, 100.0, closed=0.3))
    first = network.build(nodes, edges, crs=FLAT, contract=contract)
    turned = edges.copy()
    turn = rng.random(len(edges)) < 0.5
    turned.loc[turn, ["u", "v"]] = edges.loc[turn, ["v", "u"]].to_numpy()
    shuffled = nodes.sample(frac=1, random_state=seed), turned.sample(frac=1, random_state=seed)
    second = network.build(*shuffled, crs=FLAT, contract=contract)
    for name in ("node_id", "xy", "indptr", "neighbour", "arc_length_m", "edge_u", "edge_v", "shape_xy"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_contraction_keeps_length_parts_and_lines(seed):
    rng = np.random.default_rng(seed)
    xy, ends = bent_grid(rng, 6, 5, 100.0, closed=0.45)
    whole, short = world(xy, ends, contract=False), world(xy, ends)
    assert short.length_m == pytest.approx(whole.length_m, rel=1e-12)
    assert sorted(short.component_length_m) == pytest.approx(sorted(whole.component_length_m), rel=1e-12)
    degree = np.diff(short.indptr)
    loops = short.edge_u == short.edge_v
    assert set(np.flatnonzero(degree == 2)) <= set(short.edge_u[loops])
    drawn = [
        shapely.length(shapely.LineString(short.shape_xy[a:b]))
        for a, b in zip(short.shape_offset[:-1], short.shape_offset[1:], strict=True)
    ]
    assert short.edge_length_m == pytest.approx(drawn, rel=1e-12)
    assert (short.xy[short.edge_u] == short.shape_xy[short.shape_offset[:-1]]).all()
    assert (short.xy[short.edge_v] == short.shape_xy[short.shape_offset[1:] - 1]).all()


def test_a_network_needs_edges():
    nodes, edges = frames([(0, 0), (1, 1)], [])
    with pytest.raises(errors.NetworkEmpty, match="has no edges"):
        network.build(nodes, edges, crs=FLAT)


def test_a_network_of_closed_streets_only_is_empty():
    nodes, edges = frames([(0, 0), (100, 0)], [(0, 1)])
    edges["highway"] = "motorway"
    with pytest.raises(errors.NetworkEmpty, match="all 1 edges"):
        network.build(nodes, edges, crs=FLAT, not_walkable=["motorway"])


@pytest.mark.parametrize("ids", [[0, 1], [0, 10**12]], ids=["dense", "sparse"])
def test_edges_must_name_known_nodes(ids):
    nodes, edges = frames([(0, 0), (100, 0)], [(0, 1), (0, 1)], ids=ids)
    edges.loc[1, "v"] = 77
    with pytest.raises(errors.NodesUnknown, match=r"1 edges .* row 2 \(node 77\)") as caught:
        network.build(nodes, edges, crs=FLAT)
    assert vars(caught.value) == {"count": 1, "first_row": 2, "node": "77"}


@pytest.mark.parametrize("ids", [[7, 7], [7, 7, 10**12]], ids=["dense", "sparse"])
def test_two_nodes_must_not_share_an_id(ids):
    nodes, edges = frames([(x * 50.0, 0) for x in range(len(ids))], [(0, 1)], ids=ids)
    with pytest.raises(errors.NodesRepeated, match="for one 7"):
        network.build(nodes, edges, crs=FLAT)


@pytest.mark.parametrize("bad", [np.nan, np.inf, None])
def test_coordinates_must_be_finite(bad):
    nodes = pd.DataFrame({"node_id": [1, 2], "lon": [117.0, bad], "lat": [36.0, 36.1]})
    with pytest.raises(errors.GeometryNotFinite, match="first 2") as caught:
        network.build(nodes, pd.DataFrame({"u": [1], "v": [2]}), crs=FLAT)
    assert caught.value.rows == (2,)


def test_the_system_must_be_in_metres():
    nodes, edges = frames([(0, 0), (100, 0)], [(0, 1)])
    with pytest.raises(errors.CrsUnfit, match="walking network"):
        network.build(nodes, edges, crs=CRS.from_epsg(4326))


@pytest.mark.parametrize(
    ("table", "column", "frames_of"),
    [
        ("nodes", "node_id", lambda nodes, edges: (nodes.drop(columns="node_id"), edges)),
        ("edges", "v", lambda nodes, edges: (nodes, edges.drop(columns="v"))),
        ("edges", "u", lambda nodes, edges: (nodes, edges.assign(u="a"))),
        ("edges", "u", lambda nodes, edges: (nodes, edges.assign(u=0.5))),
        ("edges", "v", lambda nodes, edges: (nodes, edges.assign(v=pd.array([None], "Int64")))),
        ("edges", "highway", lambda nodes, edges: (nodes, edges)),
        ("nodes", "lon, lat", lambda nodes, edges: (nodes[["node_id"]], edges)),
    ],
)
def test_missing_and_unfit_columns_are_named(table, column, frames_of):
    nodes, edges = frames_of(*frames([(0, 0), (100, 0)], [(0, 1)]))
    closed = ["motorway"] if column == "highway" else []
    with pytest.raises(errors.NetworkColumn) as caught:
        network.build(
            pd.DataFrame(nodes) if column == "lon, lat" else nodes, edges, crs=FLAT, not_walkable=closed
        )
    assert (caught.value.table, caught.value.column) == (table, column)


def test_edges_must_be_drawn_as_one_line():
    nodes, edges = frames([(0, 0), (100, 0)], [(0, 1), (0, 1)], lines=[None, [(0, 0), (100, 0)]])
    edges.loc[1, "geometry"] = shapely.MultiLineString([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    with pytest.raises(errors.EdgesNotLines, match="row 2"):
        network.build(nodes, edges, crs=FLAT)


def test_geometry_must_say_its_system():
    nodes, edges = frames([(0, 0), (100, 0)], [(0, 1)], lines=[[(0, 0), (100, 0)]])
    with pytest.raises(errors.CrsMissing, match="nodes"):
        network.build(gpd.GeoDataFrame(nodes, crs=None).set_crs(None, allow_override=True), edges, crs=FLAT)
    with pytest.raises(errors.CrsMissing, match="edges"):
        network.build(nodes, pd.DataFrame(edges), crs=FLAT)


@pytest.mark.shared
def test_porto_contracts_to_its_junctions(shared):
    folder = shared / "data" / "network"
    nodes = pd.read_parquet(folder / "porto_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "porto_walk_edges.parquet")
    crs = CRS.from_proj4("+proj=tmerc +lat_0=41.19 +lon_0=-8.57 +k=1 +datum=WGS84 +units=m +no_defs")
    net = network.build(nodes, edges, crs=crs)
    # 67,154 nodes are not of degree 2; 2 of them have no street and are left out; 496 rings without a
    # junction keep one node each. Of 951 connected parts two are those nodes without a street.
    assert len(net.xy) == 67_154 - 2 + 496
    assert len(net.component_length_m) == 951 - 2
    assert net.length_m == pytest.approx(9_975_000, rel=0.001)


@pytest.mark.shared
def test_jinan_streets_of_two_directions_are_counted_once(shared):
    folder = shared / "data" / "network"
    nodes = gpd.read_parquet(folder / "jinan_road_nodes.parquet")
    edges = gpd.read_parquet(folder / "jinan_road_edges.parquet")
    net = network.build(nodes, edges, crs=FLAT, directed=True)
    turned = [
        (min(u, v), max(u, v), line.normalize().wkb)
        for u, v, line in zip(edges["u"], edges["v"], edges.geometry, strict=True)
    ]
    once = ~pd.Series(turned).duplicated().to_numpy()
    expected = edges.to_crs(FLAT).geometry[once].length.sum()
    assert net.length_m == pytest.approx(expected, rel=1e-6)
    assert net.length_m < 0.7 * edges["length_m"].sum()

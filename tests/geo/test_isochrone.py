"""Street pieces within walks: worked out by hand, against walks to places on them, and against NetworkX."""

from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from walk_worlds import ORIGIN, at, bent_grid, world

from geo import network, reach, streets
from geo.effort import effort_of
from geo.errors import WalkArgument
from geo.isochrone import isochrone

ROUNDING_M = 1e-6
"""Coordinates of 4,000,000 m leave 1e-9 m to a float."""


def attached(net, *xy):
    return reach.attach(net, at(*xy), min_component_m=0.0)


def pieces(found):
    """Pieces as (edge, from, to, band), to the millimetre, by edge."""
    columns = found.edge, found.from_m, found.to_m, found.band
    rows = zip(*(each.tolist() for each in columns), strict=True)
    return sorted((edge, round(low, 3), round(high, 3), band) for edge, low, high, band in rows)


# A street of 100 m from node 0, then a square's two ways to node 2 by 100 m and by the diagonal.
#
#            2 (200, 100)
#          / |
#   0 --- 1 - 3
STREETS = [(0, 0), (100, 0), (200, 100), (200, 0)], [(0, 1), (1, 3), (3, 2), (1, 2)]


def test_pieces_are_cut_where_each_limit_is_met():
    # From (30, 10): access 10, node 0 at 40, node 1 at 80, node 3 at 180, the far corner at
    # min(80 + 141.42, 180 + 100) = 221.42. Edges: 0 = (0, 1), 1 = (1, 2), 2 = (1, 3), 3 = (2, 3).
    net = world(*STREETS, contract=False)
    found = isochrone(net, attached(net, 30, 10), [50, 120, 180])
    assert [(int(u), int(v)) for u, v in zip(net.edge_u, net.edge_v, strict=True)] == [
        (0, 1),
        (1, 2),
        (1, 3),
        (2, 3),
    ]
    assert pieces(found) == [
        (0, 0.0, 70.0, 0),  # 30 - (50 - 10) is before the street begins; 30 + 40 = 70
        (0, 70.0, 100.0, 1),
        (1, 0.0, 40.0, 1),  # 120 - 80
        (1, 40.0, 100.0, 2),  # 180 - 80
        (2, 0.0, 40.0, 1),
        (2, 40.0, 100.0, 2),  # node 3 at exactly 180: the whole street
    ]
    assert found.reached_m.tolist() == [70.0, 180.0, 300.0]


def test_a_street_reached_from_both_ends_is_whole():
    # A square of 100 m streets, from its corner: the two far streets meet at the corner 200 m away.
    net = world([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)], contract=False)
    found = isochrone(net, attached(net, 0, 0), [200])
    assert found.reached_m.tolist() == [400.0]
    assert len(found.edge) == 4


def test_a_street_reached_from_both_ends_has_a_gap_where_neither_comes_far_enough():
    # A square of 100 m streets, from the middle of one: its ends are at 50 m, the far street's at 150 m.
    net = world([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)], contract=False)
    origin = attached(net, 50, 0)
    assert isochrone(net, origin, [130]).reached_m.tolist() == [100 + 80 + 80]
    found = isochrone(net, origin, [180])  # 180 - 150 = 30 m from each end of the far street
    far = [(low, high) for _, low, high, _ in pieces(found) if high - low == 30.0]
    assert far == [(0.0, 30.0), (70.0, 100.0)]


def test_a_loop_is_walked_from_both_its_ends():
    # A stem of 50 m and a loop of 400 m at its head. From the foot with 150 m: 50 + 2 x 100.
    loop = [(50, 0), (150, 0), (150, 100), (50, 100), (50, 0)]
    net = world([(0, 0), (50, 0)], [(0, 1), (1, 1)], lines=[None, loop])
    found = isochrone(net, attached(net, 0, 0), [150])
    assert found.reached_m == pytest.approx([250.0], abs=ROUNDING_M)
    assert isochrone(net, attached(net, 0, 0), [250]).reached_m == pytest.approx([450.0], abs=ROUNDING_M)


def test_several_places_reach_what_the_nearest_of_them_reaches():
    # One street of 1,000 m; places at 100 (access 20), 150 and 900. Within 100 m: 20..180 of the first,
    # 50..250 of the second, 800..1000 of the third: 20..250 and 800..1000.
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    found = isochrone(net, attached(net, (100, 20), (900, 0), (150, 0)), [100])
    assert pieces(found) == [(0, 20.0, 250.0, 0), (0, 800.0, 1000.0, 0)]


def test_bands_on_the_own_street_lie_around_the_place():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    found = isochrone(net, attached(net, 500, 0), [100, 200])
    assert pieces(found) == [(0, 300.0, 400.0, 1), (0, 400.0, 600.0, 0), (0, 600.0, 700.0, 1)]


def test_a_place_without_a_street_reaches_nothing():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    found = isochrone(net, attached(net, 500, 900), [100, 200])
    assert pieces(found) == []
    assert found.reached_m.tolist() == [0.0, 0.0]
    assert np.isinf(found.walk_at(attached(net, 500, 0))).all()
    assert len(found.lines()) == 0


def test_a_place_whose_access_is_beyond_the_limit_reaches_nothing():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    assert pieces(isochrone(net, attached(net, 500, 60), [50])) == []


@pytest.mark.parametrize("limits", [[], [100, 100], [200, 100], [0.0], [-5.0], [np.nan], [np.inf]])
def test_limits_that_mean_nothing_are_refused(limits):
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    with pytest.raises(WalkArgument) as caught:
        isochrone(net, attached(net, 500, 0), limits)
    assert caught.value.argument == "limits_m"


def test_the_drawn_pieces_follow_the_street():
    # A street of 300 m around two corners, from its middle (150, 50): 60 m each way is a Z.
    net = world([(0, 0), (200, 100)], [(0, 1)], lines=[[(0, 0), (100, 0), (100, 100), (200, 100)]])
    found = isochrone(net, attached(net, 100, 50), [60])
    assert [list(line.coords) for line in found.lines()] == [
        [tuple(p) for p in at((90, 0), (100, 0), (100, 100), (110, 100)).tolist()]
    ]


SEEDS = st.integers(0, 2**32 - 1)


def law(test):
    return settings(deadline=None, max_examples=25)(given(seed=SEEDS)(test))


def a_city(seed):
    """A network, one to three places on it, and three limits."""
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 8, 7, 100.0, closed=rng.uniform(0, 0.4)))
    origin = attached(net, *rng.uniform(-50, 650, (rng.integers(1, 4), 2)))
    return net, origin, np.sort(rng.uniform(20, 900, 3))


@law
def test_every_place_on_the_streets_is_in_a_piece_exactly_if_its_walk_is_within_the_limit(seed):
    net, origin, limits = a_city(seed)
    found = isochrone(net, origin, limits)
    every = streets.sample(net, 10.0, min_component_m=0.0)
    on = reach.on_street(net, every.edge, every.offset_m, every.xy)
    walk = reach.nearest_m(net, on, origin)
    band = np.full(len(walk), 3)
    for e, low, high, k in zip(found.edge, found.from_m, found.to_m, found.band, strict=True):
        band[(every.edge == e) & (every.offset_m >= low) & (every.offset_m <= high)] = k
    expected = np.searchsorted(limits, walk)
    clear = np.abs(walk[:, None] - limits).min(axis=1) > ROUNDING_M
    np.testing.assert_array_equal(band[clear], expected[clear])
    inside = walk <= limits[-1] - ROUNDING_M
    np.testing.assert_allclose(found.walk_at(on)[inside], walk[inside], rtol=0, atol=ROUNDING_M)
    assert np.isinf(found.walk_at(on)[walk > limits[-1] + ROUNDING_M]).all()


@law
def test_bands_in_one_search_are_those_of_a_search_for_each(seed):
    net, origin, limits = a_city(seed)
    alone = [isochrone(net, origin, [limit]).reached_m[0] for limit in limits]
    together = isochrone(net, origin, limits).reached_m
    np.testing.assert_allclose(together, alone, rtol=0, atol=ROUNDING_M)
    assert (np.diff(together) >= 0).all()
    assert together[-1] <= net.length_m + ROUNDING_M


@law
def test_pieces_do_not_overlap_and_are_as_long_as_they_are_drawn(seed):
    net, origin, limits = a_city(seed)
    found = isochrone(net, origin, limits)
    same = found.edge[1:] == found.edge[:-1]
    assert len(np.unique(found.edge)) == len(found.edge) - same.sum()  # those of a street stand together
    assert (found.from_m[1:][same] >= found.to_m[:-1][same]).all()
    assert (found.to_m > found.from_m).all()
    assert (found.to_m <= net.edge_length_m[found.edge]).all()
    drawn = shapely.length(found.lines())
    np.testing.assert_allclose(drawn, found.to_m - found.from_m, rtol=0, atol=ROUNDING_M)


@law
def test_the_length_reached_is_that_of_the_short_pieces_within_the_walk(seed):
    net, origin, limits = a_city(seed)
    found = isochrone(net, origin, limits)
    every = streets.sample(net, 0.5, min_component_m=0.0)
    walk = reach.nearest_m(net, reach.on_street(net, every.edge, every.offset_m, every.xy), origin)
    counted = [every.length_m[walk <= limit].sum() for limit in limits]
    cuts = len(net.edge_u) * 2 + 2 * len(origin)  # each cut is half a piece off at most
    np.testing.assert_allclose(found.reached_m, counted, rtol=0, atol=0.25 * cuts)


def test_uphill_one_comes_less_far_than_downhill():
    # A street of 100 m that rises by 10 m. Up, a metre counts for exp(3.5 (0.10 + 0.05 - 0.05)) = exp(0.35)
    # = 1.4191, down for exp(3.5 (|-0.10 + 0.05| - 0.05)) = 1: 50 m on the flat are 35.23 m up and 50 m down.
    net = world([(0, 0), (100, 0)], [(0, 1)])
    hill = effort_of(net, lambda xy: (xy[:, 0] - ORIGIN[0]) * 0.1)
    foot, top = attached(net, 0, 0), attached(net, 100, 0)
    up, down = 50 / np.exp(0.35), 50.0
    assert isochrone(net, foot, [50], hill).reached_m == pytest.approx([up])
    assert isochrone(net, top, [50], hill).reached_m == pytest.approx([down])
    assert isochrone(net, foot, [50], hill, inward=True).reached_m == pytest.approx([down])
    assert isochrone(net, top, [50], hill, inward=True).reached_m == pytest.approx([up])
    both = isochrone(net, attached(net, 50, 0), [20], hill)  # 20 m down, 20 / 1.4191 m up
    assert both.reached_m == pytest.approx([20 + 20 / np.exp(0.35)])


def test_a_street_that_counts_double_is_reached_half_as_far():
    net = world([(0, 0), (400, 0)], [(0, 1)])
    steps = effort_of(net, factors=[2.0])
    assert isochrone(net, attached(net, 0, 0), [200, 300], steps).reached_m.tolist() == [100.0, 150.0]


@pytest.mark.parametrize("inward", [False, True])
@law
def test_on_hills_a_place_is_in_a_piece_exactly_if_its_walk_is_within_the_limit(inward, seed):
    net, origin, limits = a_city(seed)
    rng = np.random.default_rng(seed)
    wave, far = rng.uniform(100, 400, 2), rng.uniform(5, 40)
    hills = effort_of(
        net,
        lambda xy: far * np.sin(xy[:, 0] / wave[0]) * np.cos(xy[:, 1] / wave[1]),
        rng.uniform(0.5, 2.5, net.shape_row.max() + 1),
    )
    found = isochrone(net, origin, limits, hills, inward=inward)
    every = streets.sample(net, 10.0, min_component_m=0.0)
    on = reach.on_street(net, every.edge, every.offset_m, every.xy)
    walk = reach.nearest_m(net, on, origin, effort=hills if inward else hills.turned)
    band = np.full(len(walk), 3)
    for e, low, high, k in zip(found.edge, found.from_m, found.to_m, found.band, strict=True):
        band[(every.edge == e) & (every.offset_m >= low) & (every.offset_m <= high)] = k
    clear = np.abs(walk[:, None] - limits).min(axis=1) > 1e-4
    np.testing.assert_array_equal(band[clear], np.searchsorted(limits, walk)[clear])
    inside = walk <= limits[-1] - ROUNDING_M
    np.testing.assert_allclose(found.walk_at(on)[inside], walk[inside], rtol=0, atol=ROUNDING_M)


def test_effort_of_another_network_is_refused():
    net, other = world(*STREETS), world([(0, 0), (100, 0)], [(0, 1)])
    with pytest.raises(WalkArgument):
        isochrone(net, attached(net, 0, 0), [50], effort_of(other))


def test_a_search_leaves_nothing_behind_for_the_next():
    rng = np.random.default_rng(4)
    net = world(*bent_grid(rng, 12, 12, 100.0, closed=0.2))
    origins = [attached(net, *xy) for xy in rng.uniform(0, 1100, (12, 2))]
    fresh = [pieces(isochrone(world_like(net), each, [150, 700])) for each in origins]
    again = [pieces(isochrone(net, each, [150, 700])) for each in origins for _ in range(2)]
    assert again == [each for each in fresh for _ in range(2)]
    assert pieces(isochrone(net, origins[0], [90])) == pieces(isochrone(world_like(net), origins[0], [90]))


def world_like(net):
    """The same network as another value, which no search has worked on."""
    return network.Network(**{name: getattr(net, name) for name in net.__dataclass_fields__})


def test_threads_that_ask_at_once_do_not_disturb_one_another():
    rng = np.random.default_rng(5)
    net = world(*bent_grid(rng, 30, 30, 100.0, closed=0.2))
    origins = [attached(net, *xy) for xy in rng.uniform(0, 2900, (40, 2))]
    alone = [pieces(isochrone(net, each, [300, 1500])) for each in origins]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda each: pieces(isochrone(net, each, [300, 1500])), origins)) == alone


@pytest.mark.shared
def test_street_lengths_within_a_walk_agree_with_networkx_in_porto_alegre(shared):
    folder = shared / "data" / "network"
    nodes = pd.read_parquet(folder / "porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "porto_alegre_walk_edges.parquet")
    crs = CRS.from_proj4("+proj=tmerc +lat_0=-30.05 +lon_0=-51.2 +k=1 +datum=WGS84 +units=m +no_defs")
    net = network.build(nodes, edges, crs=crs)
    graph = nx.MultiGraph()
    for u, v, m in zip(net.edge_u.tolist(), net.edge_v.tolist(), net.edge_length_m.tolist(), strict=True):
        graph.add_edge(u, v, weight=m)
    rng = np.random.default_rng(8)
    large = np.flatnonzero(net.component_length_m[net.component] > 100_000)
    for start in rng.choice(large, 12, replace=False):
        e = net.arc_edge[net.indptr[start]]
        offset = 0.0 if net.edge_u[e] == start else net.edge_length_m[e]
        found = isochrone(net, reach.on_street(net, [e], [offset], net.xy[[start]]), [400, 1000])
        walk = nx.single_source_dijkstra_path_length(graph, int(start), cutoff=1000, weight="weight")
        for limit, reached in zip(found.limits_m, found.reached_m, strict=True):
            # each street from each end as far as is left, but never more than all of it
            expected = sum(
                min(m, max(0.0, limit - walk.get(u, np.inf)) + max(0.0, limit - walk.get(v, np.inf)))
                for u, v, m in graph.edges(data="weight")
            )
            assert reached == pytest.approx(expected, abs=1e-6)

"""What streets cost: hills, stairs, closed ways, worked out by hand; and against NetworkX on cut streets."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_worlds import FLAT, ORIGIN, at, bent_grid, frames, grid, world

from geo import errors, network, reach
from geo.effort import class_factors, effort_of, tobler
from geo.floating import pairs_within

SEEDS = st.integers(0, 2**32 - 1)
ROUNDING = {"rtol": 0, "atol": 1e-6}
STREET = ([(0, 0), (1000, 0)], [(0, 1)])


def on(net, *xy):
    return reach.attach(net, at(*xy), min_component_m=0.0)


def rising_east(slope):
    """Heights of a plain that rises to the east."""
    return lambda xy: (xy[:, 0] - ORIGIN[0]) * slope


def law(test):
    return settings(deadline=None, max_examples=25)(given(seed=SEEDS)(test))


def test_tobler_is_one_on_the_flat_and_least_on_a_gentle_way_down():
    # 6 exp(-3.5 |s + 0.05|) km/h: 6 exp(-0.175) on the flat, 6 at -0.05, 6 exp(-0.525) at +0.1.
    slope = np.array([0.0, -0.05, 0.1, -0.15, -0.1])
    speed = 6 * np.exp(-3.5 * np.array([0.05, 0.0, 0.15, 0.10, 0.05]))
    assert tobler(slope) == pytest.approx(6 * np.exp(-0.175) / speed)
    assert tobler(slope)[0] == 1.0
    assert tobler(np.array([50.0])) == tobler(np.array([1.0]))


def test_uphill_is_slower_than_downhill():
    net = world(*STREET)
    effort = effort_of(net, rising_east(0.1))
    house, shop = on(net, (200, 10)), on(net, (700, 20))
    up = reach.nearest_m(net, house, shop, effort=effort)
    down = reach.nearest_m(net, shop, house, effort=effort)
    # 500 m at +0.1 count exp(3.5 * (0.15 - 0.05)), at -0.1 exp(3.5 * (0.05 - 0.05)) = 1; doors as they are.
    assert up == pytest.approx([30 + 500 * np.exp(0.35)])
    assert down == pytest.approx([530.0])
    assert reach.nearest_m(net, house, shop, effort=effort.turned) == pytest.approx([530.0])


def test_a_straight_street_over_a_hill_is_not_flat():
    # Both ends at 0 m; a roof of slope 0.1 between, its top at 500 m: one half up, one half down.
    net = world(*STREET)
    roof = lambda xy: 50.0 - 0.1 * np.abs(xy[:, 0] - ORIGIN[0] - 500.0)  # noqa: E731
    effort = effort_of(net, roof, step_m=100.0)
    assert effort.edge_out_m == pytest.approx([500 * np.exp(0.35) + 500])
    assert effort.out_at([0, 0], [250.0, 750.0]) == pytest.approx(
        [250 * np.exp(0.35), 500 * np.exp(0.35) + 250]
    )
    assert effort_of(net, roof, step_m=2000.0).edge_out_m == pytest.approx([1000.0])


def test_where_a_height_is_not_known_the_way_is_flat():
    net = world(*STREET)
    half = lambda xy: np.where(xy[:, 0] - ORIGIN[0] > 450, np.nan, 0.1 * (xy[:, 0] - ORIGIN[0]))  # noqa: E731
    effort = effort_of(net, half, step_m=100.0)
    assert effort.edge_out_m == pytest.approx([400 * np.exp(0.35) + 600])


def test_stairs_within_a_street_count_by_their_class():
    # One chain: 100 m of street, 30 m of steps at 2, 70 m of street.
    nodes, edges = frames([(0, 0), (100, 0), (130, 0), (200, 0)], [(0, 1), (2, 1), (2, 3)])
    edges["highway"] = ["footway", "steps", None]
    net = network.build(nodes, edges, crs=FLAT)
    assert len(net.edge_length_m) == 1
    effort = effort_of(net, factors=class_factors(edges, {"steps": 2.0}))
    walk = reach.nearest_m(net, on(net, (90, 0), (110, 0), (199, 0)), on(net, (120, 0)), effort=effort)
    assert walk == pytest.approx([50.0, 20.0, 89.0])  # 10 + 20 * 2; 10 * 2; 69 + 10 * 2


def test_costs_at_a_place_and_the_place_of_a_cost():
    net = world(*STREET)
    effort = effort_of(net, rising_east(0.1))
    eastward = net.xy[net.edge_u[0], 0] < net.xy[net.edge_v[0], 0]
    up, down = np.exp(0.35), 1.0
    out, back = (up, down) if eastward else (down, up)
    costs = np.concatenate(effort.cost_at([0], [300.0]))
    assert costs == pytest.approx([300 * out, 300 * back, 700 * back, 700 * out])
    assert effort.offset_out([0, 0], [300 * out, 1e9]) == pytest.approx([300.0, 1000.0])
    assert effort.offset_back([0, 0], [300 * back, -1.0]) == pytest.approx([300.0, 0.0])


def test_arcs_cost_what_leaving_and_coming_back_cost():
    net = world([(0, 0), (100, 0), (200, 0), (100, 50)], [(0, 1), (1, 2), (1, 3)])
    effort = effort_of(net, rising_east(0.1))
    for node in range(len(net.xy)):
        for arc in range(net.indptr[node], net.indptr[node + 1]):
            run = net.xy[net.neighbour[arc], 0] - net.xy[node, 0]
            slope = 0.1 * run / net.arc_length_m[arc]
            assert effort.arc_cost_m[arc] == pytest.approx(net.arc_length_m[arc] * tobler(slope))
            assert effort.arc_cost_back_m[arc] == pytest.approx(net.arc_length_m[arc] * tobler(-slope))


def test_a_closed_street_is_not_entered():
    nodes, edges = frames([(0, 0), (100, 0), (0, 300), (100, 300)], [(0, 1), (0, 2), (2, 3), (3, 1)])
    edges["access"] = ["private", None, "yes", None]
    house, shop = (0, 0), (100, 0)
    for closed, expected in (
        ({}, 100.0),
        ({"access": ["no", "private"]}, 700.0),
        ({"gate": ["locked"]}, 100.0),
    ):
        net = network.build(nodes, edges, crs=FLAT, closed=closed)
        assert reach.nearest_m(net, on(net, house), on(net, shop)).tolist() == [expected]


@pytest.mark.parametrize("contract", [True, False])
def test_a_closed_gate_is_not_passed_but_reached_from_both_sides(contract):
    # A gate in the middle of the short way; round about it is 300 + 100 + 300.
    nodes, edges = frames(
        [(0, 0), (50, 0), (100, 0), (0, 300), (100, 300)], [(0, 1), (1, 2), (0, 3), (3, 4), (4, 2)]
    )
    nodes["gate"] = [None, "locked", None, None, None]
    open_net = network.build(nodes, edges, crs=FLAT, contract=contract)
    net = network.build(nodes, edges, crs=FLAT, closed={"gate": ["locked"]}, contract=contract)
    assert reach.nearest_m(open_net, on(open_net, (10, 0)), on(open_net, (90, 0))).tolist() == [80.0]
    assert reach.nearest_m(net, on(net, (10, 0)), on(net, (90, 0))).tolist() == [720.0]
    assert reach.nearest_m(net, on(net, (49, 0), (51, 0)), on(net, (40, 0), (60, 0))).tolist() == [9.0, 9.0]
    assert sorted(net.node_id).count(1) == 2
    assert net.length_m == 800.0


def test_a_closed_gate_in_a_directed_source_is_one_street_on_each_side():
    nodes, edges = frames([(0, 0), (50, 0), (100, 0)], [(0, 1), (1, 0), (1, 2), (2, 1)])
    nodes["gate"] = [None, "locked", None]
    net = network.build(nodes, edges, crs=FLAT, directed=True, closed={"gate": ["locked"]})
    assert sorted(net.edge_length_m) == [50.0, 50.0]
    assert len(net.xy) == 4


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"factors": [0.0]}, "factors"),
        ({"factors": [np.nan]}, "factors"),
        ({"factors": []}, "factors"),
        ({"step_m": 0.0}, "step_m"),
    ],
)
def test_what_makes_no_sense_is_refused(options, argument):
    with pytest.raises(errors.WalkArgument) as raised:
        effort_of(world(*STREET), **options)
    assert raised.value.argument == argument


def test_factors_need_a_class_and_an_effort_its_own_network():
    with pytest.raises(errors.NetworkColumn):
        class_factors(pd.DataFrame({"u": [0]}), {"steps": 2.0})
    with pytest.raises(errors.WalkArgument):
        class_factors(pd.DataFrame({"highway": ["steps"]}), {"steps": 0.0})
    net, other = world(*STREET), world(*grid(2, 2, 100.0), contract=False)
    with pytest.raises(errors.WalkArgument):
        reach.nearest_m(net, on(net, (0, 0)), on(net, (1, 0)), effort=effort_of(other))


def a_city(seed):
    rng = np.random.default_rng(seed)
    xy, ends = bent_grid(rng, 7, 6, 100.0, closed=rng.uniform(0, 0.45))
    points, sites = rng.uniform(-60, 660, (30, 2)), rng.uniform(-60, 660, (rng.integers(1, 20), 2))
    if rng.random() < 0.5:  # several on one street, some in the same place
        points = np.vstack([points, points[:5], sites[:5] + np.array([1.0, 0.5])])
    return rng, xy, ends, points, sites


def hills(rng):
    """Heights of bumps of some 30 m, without a kink."""
    waves = rng.uniform(-1, 1, (4, 2)) / 60.0
    phase = rng.uniform(0, 6, 4)
    return lambda xy: 8.0 * np.sin((xy - ORIGIN) @ waves.T + phase).sum(axis=1)


@law
def test_a_factor_of_one_and_no_slope_change_nothing(seed):
    _, xy, ends, points, sites = a_city(seed)
    net = world(xy, ends)
    people, places = on(net, *points), on(net, *sites)
    plain = effort_of(net)
    assert np.array_equal(plain.arc_cost_m, net.arc_length_m)
    level = effort_of(net, lambda xy: np.full(len(xy), 40.0), np.ones(len(ends)), step_m=30.0)
    for effort in (plain, level):
        for ask in (
            lambda **o: reach.nearest_m(net, people, places, **o),
            lambda **o: reach.k_nearest(net, people, places, 3, **o)[0],
            lambda **o: reach.count_within(net, people, places, distance_m=401.0, **o),
            lambda **o: reach.count_within(net, places, people, distance_m=401.0, **o),
        ):
            np.testing.assert_allclose(ask(effort=effort), ask(), rtol=0, atol=1e-9)


@law
def test_costs_along_a_street_add_up(seed):
    rng, xy, ends, *_ = a_city(seed)
    net = world(xy, ends)
    effort = effort_of(net, hills(rng), rng.uniform(0.5, 3, len(ends)), step_m=20.0)
    edge = rng.integers(0, len(net.edge_length_m), 50)
    offset = rng.uniform(0, net.edge_length_m[edge])
    from_u, to_u, from_v, to_v = effort.cost_at(edge, offset)
    np.testing.assert_allclose(from_u + to_v, effort.edge_out_m[edge], rtol=1e-12)
    np.testing.assert_allclose(from_v + to_u, effort.edge_back_m[edge], rtol=1e-12)
    np.testing.assert_allclose(effort.offset_out(edge, from_u), offset, rtol=0, atol=1e-9)
    np.testing.assert_allclose(effort.offset_back(edge, to_u), offset, rtol=0, atol=1e-9)


@law
def test_splitting_streets_on_an_even_slope_changes_no_cost(seed):
    rng, xy, ends, points, sites = a_city(seed)
    plain = lambda xy: (xy - ORIGIN) @ np.array([0.08, -0.05])  # noqa: E731
    factor = rng.uniform(0.5, 3, len(ends))
    middles = [tuple(np.mean([xy[a], xy[b]], axis=0)) for a, b in ends]
    halves = [(a, len(xy) + i) for i, (a, _) in enumerate(ends)]
    halves += [(len(xy) + i, b) for i, (_, b) in enumerate(ends)]
    whole, split = world(xy, ends), world(xy + middles, halves, contract=False)
    found = [
        reach.nearest_m(
            net, on(net, *points), on(net, *sites), limit_m=50_000.0, effort=effort_of(net, plain, each)
        )
        for net, each in ((whole, factor), (split, np.tile(factor, 2)))
    ]
    np.testing.assert_allclose(found[0], found[1], **ROUNDING)


def walks_by_networkx(net, effort, people, sites):
    """Walk from each of the people to each site, by Dijkstra's algorithm on streets cut at every place.

    Costs of the pieces are differences of what `effort` says of the cuts; the graph, the search and the
    directions are NetworkX's.
    """
    graph = nx.DiGraph()

    def join(a, b, cost):
        if not graph.has_edge(a, b) or graph[a][b]["weight"] > cost:
            graph.add_edge(a, b, weight=cost)

    edge = np.concatenate([people.edge, sites.edge])
    offset = np.concatenate([people.offset_m, sites.offset_m])
    on_edge = {}
    for place in np.argsort(offset, kind="stable"):
        on_edge.setdefault(int(edge[place]), []).append(int(place))
    out, back = effort.out_at(edge, offset), effort.back_at(edge, offset)
    for e in range(len(net.edge_length_m)):
        cuts = [(int(net.edge_u[e]), 0.0, 0.0)]
        cuts += [(f"at {place}", out[place], back[place]) for place in on_edge.get(e, [])]
        cuts += [(int(net.edge_v[e]), effort.edge_out_m[e], effort.edge_back_m[e])]
        for (a, a_out, a_back), (b, b_out, b_back) in pairwise(cuts):
            join(a, b, b_out - a_out)
            join(b, a, b_back - a_back)
    for place, access in enumerate(people.access_m):
        join(f"from {place}", f"at {place}", access)
    for number, access in enumerate(sites.access_m):
        join(f"at {len(people) + number}", f"to {number}", access)
    result = np.full((len(people), len(sites)), np.inf)
    for place in range(len(people)):
        walks = nx.single_source_dijkstra_path_length(graph, f"from {place}")
        result[place] = [walks.get(f"to {number}", np.inf) for number in range(len(sites))]
    return result


def assert_walks_are(net, effort, people, sites, expected, atol):
    kinds = np.arange(len(sites))
    found = reach.nearest_by_category(
        net, people, sites, kinds, len(sites), limit_m=1e5, effort=effort, threads=1
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
    few, _ = reach.k_nearest(net, people, sites, min(3, len(sites)), limit_m=1e5, effort=effort)
    np.testing.assert_allclose(few, np.sort(expected, axis=1)[:, : few.shape[1]], rtol=0, atol=atol)
    limit = float(np.median(expected[np.isfinite(expected)])) + 1e-3 if np.isfinite(expected).any() else 9.0
    sure = np.abs(expected - limit).min(axis=1) > 10 * atol
    counted = reach.count_within(net, people, sites, distance_m=limit, effort=effort)
    assert np.array_equal(counted[sure], (expected <= limit).sum(axis=1)[sure])
    pairs = pairs_within(net, people, sites, limit, effort=effort, threads=1)
    np.testing.assert_allclose(pairs.metres, expected[pairs.point, pairs.site], rtol=0, atol=atol)
    assert np.array_equal(np.bincount(pairs.point, minlength=len(people)), counted)


@law
def test_searching_from_sites_finds_the_walks_towards_them(seed):
    rng, xy, ends, points, sites = a_city(seed)
    net = world(xy, ends)
    effort = effort_of(net, hills(rng), rng.uniform(0.5, 3, len(ends)), step_m=20.0)
    people, places = on(net, *points), on(net, *sites)
    expected = walks_by_networkx(net, effort, people, places)
    assert_walks_are(net, effort, people, places, expected, 1e-6)
    few = people.take(np.arange(2))  # fewer people than sites: counts are searched from the people
    assert_walks_are(net, effort, few, places, expected[:2], 1e-6)

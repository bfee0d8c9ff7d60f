"""Supply against demand: a street worked out by hand, laws for any city, and `access` beside it."""

import numpy as np
import pandas as pd
import pytest
from access import Access
from access import weights as access_weights
from hypothesis import given, settings
from hypothesis import strategies as st
from test_walk_laws import a_city, attached, law, walks
from walk_worlds import at, world

from geo import network, reach
from geo.crs import STORED, transform_xy, working_crs
from geo.errors import WalkArgument
from geo.floating import Pairs, gaussian, pairs_within, step, two_step


def hand_pairs():
    """A street of 1,000 m: people at 0, 400 and 1,000 m, schools at 300 and 700 m, a walk of 500 m.

    Walks: 300 and 700; 100 and 300; 700 and 300. Within 500 m: 0-300, 400-300, 400-700, 1000-700.
    """
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    people, schools = at((0, 0), (400, 0), (1000, 0)), at((300, 0), (700, 0))
    return pairs_within(
        net,
        reach.attach(net, people, min_component_m=0),
        reach.attach(net, schools, min_component_m=0),
        500.0,
    )


DEMAND, CAPACITY = [100.0, 300.0, 50.0], [80.0, 70.0]


def test_pairs_of_a_street_are_known():
    pairs = hand_pairs()
    assert pairs.point.tolist() == [0, 1, 1, 2]
    assert pairs.site.tolist() == [0, 0, 1, 1]
    assert pairs.metres.tolist() == pytest.approx([300, 100, 300, 300], abs=1e-6)


def test_two_steps_of_a_street_are_known():
    found = two_step(DEMAND, CAPACITY, hand_pairs())
    # 80 places for 100 + 300 people, 70 places for 300 + 50
    assert found.ratio.tolist() == [0.2, 0.2]
    assert found.accessibility.tolist() == [0.2, 0.4, 0.2]
    # 0.2 x 100 + 0.4 x 300 + 0.2 x 50 = 20 + 120 + 10 = 150 = 80 + 70
    assert found.accessibility @ DEMAND == pytest.approx(150.0, rel=1e-15)


def test_two_steps_with_bands_are_known():
    pairs = hand_pairs()
    found = two_step(DEMAND, CAPACITY, pairs, step(pairs.metres, [(200.0, 1.0), (500.0, 0.5)]))
    # demand in reach: 0.5 x 100 + 1 x 300 = 350 and 0.5 x 300 + 0.5 x 50 = 175
    first, second = 80 / 350, 70 / 175
    assert found.ratio.tolist() == pytest.approx([first, second], rel=1e-15)
    assert found.accessibility.tolist() == pytest.approx(
        [0.5 * first, first + 0.5 * second, 0.5 * second], rel=1e-15
    )


def test_a_band_holds_its_end():
    bands = [(500.0, 1.0), (1000.0, 0.5)]
    assert step(np.array([0.0, 500.0, 500.1, 1000.0, 1000.1]), bands).tolist() == [1, 1, 0.5, 0.5, 0]


def test_the_bell_is_one_at_the_place_and_nothing_at_the_limit():
    weight = gaussian(np.array([0.0, 300.0, 600.0, 900.0]), 600.0)
    # t = 1/2: (exp(-1/8) - exp(-1/2)) / (1 - exp(-1/2)) = (0.882497 - 0.606531) / 0.393469
    assert weight[1] == pytest.approx(0.701366, abs=1e-6)
    assert weight[[0, 2, 3]].tolist() == [1, 0, 0]


def test_a_site_that_nobody_reaches_has_no_ratio_and_gives_nothing():
    pairs = Pairs(np.array([0, 1], np.int32), np.array([0, 1], np.int32), np.array([10.0, 10.0]))
    found = two_step([0.0, 5.0, 7.0], [40.0, 10.0, 30.0], pairs)  # site 2 is in no pair, site 0 by nobody
    assert np.isnan(found.ratio).tolist() == [True, False, True]
    assert found.accessibility.tolist() == [0.0, 2.0, 0.0]


def test_nobody_and_nothing_are_no_pairs():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    nothing = reach.attach(net, np.empty((0, 2)), min_component_m=0)
    somebody = reach.attach(net, at((5, 0)), min_component_m=0)
    for points, sites in ((nothing, somebody), (somebody, nothing), (nothing, nothing)):
        pairs = pairs_within(net, points, sites, 500.0)
        assert len(pairs.point) == len(pairs.site) == len(pairs.metres) == 0
        found = two_step(np.ones(len(points)), np.ones(len(sites)), pairs)
        assert found.accessibility.tolist() == [0.0] * len(points)


def test_who_is_on_no_street_is_in_no_pair():
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    people = reach.attach(net, at((100, 0), (100, 900)), min_component_m=0)
    pairs = pairs_within(net, people, reach.attach(net, at((0, 0)), min_component_m=0), 5000.0)
    assert pairs.point.tolist() == [0]


@pytest.mark.parametrize(
    ("argument", "ask"),
    [
        ("distance_m", lambda pairs: pairs_within(None, None, None, 0.0)),
        ("threads", lambda pairs: pairs_within(None, None, None, 10.0, threads=0)),
        ("demand", lambda pairs: two_step([-1.0, 0, 0], CAPACITY, pairs)),
        ("capacity", lambda pairs: two_step(DEMAND, [np.nan, 1.0], pairs)),
        ("weights", lambda pairs: two_step(DEMAND, CAPACITY, pairs, [1.0])),
        ("bands", lambda pairs: step(pairs.metres, [(500.0, 1.0), (400.0, 0.5)])),
        ("bands", lambda pairs: step(pairs.metres, [(500.0, 0.5), (600.0, 1.0)])),
        ("bands", lambda pairs: step(pairs.metres, [])),
        ("distance_m", lambda pairs: gaussian(pairs.metres, -1.0)),
    ],
)
def test_what_means_nothing_is_refused(argument, ask):
    with pytest.raises(WalkArgument) as refused:
        ask(hand_pairs())
    assert refused.value.argument == argument


@law
def test_pairs_are_all_walks_within_the_distance(seed):
    xy, ends, points, sites = a_city(seed)
    rng = np.random.default_rng(seed)
    net = world(xy, ends, contract=bool(seed % 2))
    distance_m = float(rng.uniform(10, 600))
    for people in (points, points[:3]):  # three points are fewer than most sites: searched from the points
        every = walks(net, people, sites)
        point, site = np.nonzero(every <= distance_m)
        for threads in (1, 3):
            pairs = pairs_within(
                net, attached(net, people), attached(net, sites), distance_m, threads=threads
            )
            assert (pairs.point == point).all()
            assert (pairs.site == site).all()
            np.testing.assert_allclose(pairs.metres, every[point, site], rtol=0, atol=1e-6)


@st.composite
def a_market(draw):
    """Demand, capacity, pairs without repetition, and weights of any size."""
    n, s = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    point, site = np.nonzero(rng.random((n, s)) < draw(st.floats(0, 1)))
    demand = rng.integers(0, 50, n) * 10.0 ** rng.integers(-3, 4, n)
    capacity = rng.integers(0, 50, s) * rng.random(s)
    pairs = Pairs(point.astype(np.int32), site.astype(np.int32), rng.uniform(0, 1000, len(point)))
    return demand, capacity, pairs, draw(st.sampled_from(["binary", "step", "gaussian"])), rng


def weigh(kind, metres):
    if kind == "binary":
        return np.ones(len(metres))
    return gaussian(metres, 1000.0) if kind == "gaussian" else step(metres, [(400.0, 1.0), (900.0, 0.3)])


@settings(deadline=None)
@given(a_market())
def test_what_people_have_is_what_places_give(market):
    demand, capacity, pairs, kind, _ = market
    found = two_step(demand, capacity, pairs, weigh(kind, pairs.metres))
    given_out = capacity[~np.isnan(found.ratio)].sum()
    assert found.accessibility @ demand == pytest.approx(given_out, rel=1e-12)


@settings(deadline=None)
@given(a_market())
def test_more_capacity_lowers_nobody(market):
    demand, capacity, pairs, kind, rng = market
    weight = weigh(kind, pairs.metres)
    fewer = two_step(demand, capacity, pairs, weight).accessibility
    capacity[rng.integers(len(capacity))] += rng.uniform(0, 100)
    more = two_step(demand, capacity, pairs, weight).accessibility
    assert (more >= fewer * (1 - 1e-14)).all()  # a sum in another order may lose a last digit


@settings(deadline=None)
@given(a_market())
def test_no_order_of_rows_changes_a_bit(market):
    demand, capacity, pairs, kind, rng = market
    expected = two_step(demand, capacity, pairs, weigh(kind, pairs.metres))
    points, sites, rows = (rng.permutation(len(some)) for some in (demand, capacity, pairs.metres))
    moved = Pairs(
        np.argsort(points).astype(np.int32)[pairs.point[rows]],
        np.argsort(sites).astype(np.int32)[pairs.site[rows]],
        pairs.metres[rows],
    )
    found = two_step(demand[points], capacity[sites], moved, weigh(kind, moved.metres))
    assert found.accessibility.tobytes() == expected.accessibility[points].tobytes()
    assert found.ratio.tobytes() == expected.ratio[sites].tobytes()


old_pandas = pytest.mark.filterwarnings("ignore::DeprecationWarning:access")
"""`access` is written for an older pandas, which says so."""


def by_access(demand, capacity, pairs, weight_fn=None):
    """What the package `access` says of the same cost table; 0 for those it leaves out."""
    city = Access(
        demand_df=pd.DataFrame({"geoid": np.arange(len(demand)), "people": demand}),
        demand_index="geoid",
        demand_value="people",
        supply_df=pd.DataFrame({"geoid": np.arange(len(capacity)), "places": capacity}),
        supply_index="geoid",
        supply_value="places",
        cost_df=pd.DataFrame({"origin": pairs.point, "dest": pairs.site, "cost": pairs.metres}),
        cost_origin="origin",
        cost_dest="dest",
        cost_name="cost",
    )
    if weight_fn is None:
        found = city.two_stage_fca(name="found")
    else:
        found = city.enhanced_two_stage_fca(name="found", weight_fn=weight_fn)
    return found["found_places"].reindex(np.arange(len(demand))).fillna(0.0).to_numpy()


BANDS = {200.0: 1.0, 500.0: 0.68, 1000.0: 0.22}


def each_form(distance_m):
    """Our weights of walks, and the function of one walk for `access`."""
    return [
        (lambda metres: None, None),
        (lambda metres: step(metres, list(BANDS.items())), access_weights.step_fn(BANDS)),
        (
            lambda metres: np.exp(-0.5 * (metres / 400.0) ** 2),
            access_weights.gaussian(400.0),
        ),
        (
            lambda metres: gaussian(metres, distance_m),
            lambda m: float(gaussian(np.array([m]), distance_m)[0]),
        ),
    ]


@old_pandas
def test_it_agrees_with_access_on_the_street():
    pairs = hand_pairs()
    for ours, theirs in each_form(500.0):
        found = two_step(DEMAND, CAPACITY, pairs, ours(pairs.metres)).accessibility
        np.testing.assert_allclose(found, by_access(DEMAND, CAPACITY, pairs, theirs), rtol=1e-12)


@old_pandas
@pytest.mark.shared
def test_it_agrees_with_access_in_porto_alegre(shared):
    """Schools of a census grid as capacity, its people as demand, walks of up to 1,000 m."""
    folder = shared / "data"
    nodes = pd.read_parquet(folder / "network" / "porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "network" / "porto_alegre_walk_edges.parquet")
    crs = working_crs(nodes["lon"].mean(), nodes["lat"].mean())
    net = network.build(nodes, edges, crs=crs)
    cells = pd.read_csv(folder / "raster" / "porto_alegre_hexgrid.csv")
    xy = transform_xy(cells[["lon", "lat"]].to_numpy(), STORED, crs)
    lived, taught = (cells["population"] > 0).to_numpy(), (cells["schools"] > 0).to_numpy()
    demand, capacity = cells["population"].to_numpy(float)[lived], cells["schools"].to_numpy(float)[taught]
    pairs = pairs_within(net, reach.attach(net, xy[lived]), reach.attach(net, xy[taught]), 1000.0)
    assert len(pairs.metres) > 1000
    for ours, theirs in each_form(1000.0):
        found = two_step(demand, capacity, pairs, ours(pairs.metres)).accessibility
        expected = by_access(demand, capacity, pairs, theirs)
        assert (expected > 0).sum() > 500
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=0)

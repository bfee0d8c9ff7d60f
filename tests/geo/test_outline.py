"""Outlines of isochrones: areas by hand, what lies across water, and the same walks as the figures."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_worlds import ORIGIN, at, bent_grid, world

from geo import outline, reach
from geo.isochrone import isochrone
from geo.outline import outlines


def attached(net, *xy):
    return reach.attach(net, at(*xy), min_component_m=0.0)


def outlined(net, origin, limits, barriers=(), **options):
    return outlines(isochrone(net, origin, limits), barriers=barriers, min_component_m=0.0, **options)


def box(west, south, east, north):
    return shapely.box(*at((west, south), (east, north)).ravel())


def test_the_outline_along_one_street_is_a_cut_diamond():
    # From the middle of a street along y = 0: |x - 500| + |y| <= 200 and |y| <= 60, so the width at y is
    # 2 (200 - |y|) and the area 2 x (2 x 200 x 60 - 60^2) = 40,800.
    net = world([(0, 0), (1000, 0)], [(0, 1)])
    (area,) = outlined(net, attached(net, 500, 0), [200], cell_m=10.0)
    assert area.area == pytest.approx(40_800, rel=0.01)
    west, south, east, north = area.bounds
    assert (np.array([west, south, east, north]) - np.tile(ORIGIN, 2)) == pytest.approx(
        [300, -60, 700, 60], abs=5
    )


def test_a_back_street_that_is_reached_late_is_no_part_of_an_early_band():
    # A hairpin: 500 m out along y = 0 and back along y = 100. From (0, 0), (0, 100) is 1,100 m away.
    net = world([(0, 0), (500, 0), (500, 100), (0, 100)], [(0, 1), (1, 2), (2, 3)])
    (area,) = outlined(net, attached(net, 0, 0), [300])
    assert area.contains(shapely.Point(at(100, 40)[0]))
    assert not area.contains(shapely.Point(at(100, 60)[0]))  # 40 m from the street that is 1,000 m away
    assert area.bounds[3] < ORIGIN[1] + 61  # half way to the back street, and a cell's rounding


# Two streets along a river of 50 m, 15 m from its banks, and a bridge at x = 0; 1,000 m to both sides.
RIVER = box(-2000, 0, 2000, 50)
BANKS = [(-1000, -15), (0, -15), (1000, -15), (-1000, 65), (0, 65), (1000, 65)]
STREETS = [(0, 1), (1, 2), (3, 4), (4, 5)]


def on_two_banks(bridge):
    return world(BANKS, [*STREETS, (1, 4)] if bridge else STREETS, contract=False)


def test_a_river_is_crossed_at_its_bridge_alone():
    net = on_two_banks(bridge=True)
    (area,) = outlined(net, attached(net, -100, -15), [400], [RIVER])
    assert len(area.geoms) == 1
    lobes = [part for part in area.difference(RIVER.buffer(0.01)).geoms if part.area > 100]
    assert len(lobes) == 2
    wet = area.intersection(RIVER.buffer(-0.01))
    bridge = shapely.LineString(at((0, -15), (0, 65)))
    assert bridge.buffer(outline.BRIDGE_M + 0.01).covers(wet)
    assert wet.area == pytest.approx(2 * outline.BRIDGE_M * 50, rel=0.01)
    # 100 m to the bridge and 80 m over it leave 220 m along the far bank.
    far = max(lobes, key=lambda part: part.bounds[3])
    assert far.bounds[0] - ORIGIN[0] == pytest.approx(-220, abs=20)
    assert far.bounds[2] - ORIGIN[0] == pytest.approx(220, abs=20)


def test_without_a_bridge_the_other_bank_stays_out():
    net = on_two_banks(bridge=False)
    (area,) = outlined(net, attached(net, -100, -15), [400], [RIVER])
    assert area.bounds[3] <= ORIGIN[1] + 1e-6


def test_a_stream_narrower_than_a_cell_is_not_stepped_over():
    net = world([(-500, -8), (500, -8)], [(0, 1)])
    stream = box(-2000, 0, 2000, 3)
    (area,) = outlined(net, attached(net, 0, -8), [300], [stream])
    assert area.bounds[3] <= ORIGIN[1] + 1e-6
    assert outlined(net, attached(net, 0, -8), [300])[0].bounds[3] > ORIGIN[1] + 40  # as it is without


def test_a_railway_is_crossed_where_a_street_does():
    net = world(BANKS, [*STREETS, (1, 4)], contract=False)
    railway = shapely.LineString(at((-2000, 25), (2000, 25)))
    (area,) = outlined(net, attached(net, -100, -15), [400], [railway])
    assert len(area.geoms) == 1
    cut = area.intersection(railway)
    assert cut.length == pytest.approx(2 * outline.BRIDGE_M, rel=0.01)


def test_a_barrier_far_away_changes_nothing():
    net = on_two_banks(bridge=True)
    origin = attached(net, -100, -15)
    assert outlined(net, origin, [200], [box(5000, 0, 6000, 50)]) == outlined(net, origin, [200])


def test_nothing_reached_has_an_empty_outline():
    net = on_two_banks(bridge=True)
    found = outlined(net, attached(net, 0, 5000), [200, 400], [RIVER])
    assert [each.is_empty for each in found] == [True, True]


def test_a_wide_reach_has_larger_cells():
    net = world([(0, 0), (9000, 0), (9000, 9000)], [(0, 1), (1, 2)])
    (area,) = outlined(net, attached(net, 9000, 0), [9000])
    assert area.area == pytest.approx(18_000 * 120, rel=0.05)


SEEDS = st.integers(0, 2**32 - 1)


def law(test):
    return settings(deadline=None, max_examples=20)(given(seed=SEEDS)(test))


def a_city(seed):
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 8, 7, 150.0, closed=rng.uniform(0, 0.4)))
    origin = attached(net, *rng.uniform(-50, 950, (rng.integers(1, 3), 2)))
    return net, origin, np.sort(rng.uniform(50, 900, 3))


@law
def test_a_cell_is_inside_exactly_if_its_walk_and_its_access_are(seed):
    net, origin, limits = a_city(seed)
    areas = outlined(net, origin, limits)
    cell = outline.CELL_M
    low, high = net.xy.min(axis=0) - 100, net.xy.max(axis=0) + 100
    x, y = (np.arange(np.floor(low[i] / cell) * cell, high[i], cell) for i in (0, 1))
    centres = np.column_stack([axis.ravel() for axis in np.meshgrid(x, y)])
    places = reach.attach(net, centres, min_component_m=0.0)
    walk = reach.nearest_m(net, places, origin)
    for limit, area in zip(limits, areas, strict=True):
        clear = (np.abs(walk - limit) > 0.01) & (np.abs(places.access_m - 60) > 0.01)
        expected = (walk <= limit) & (places.access_m <= 60)
        inside = shapely.contains_xy(area, *centres.T)
        np.testing.assert_array_equal(inside[clear], expected[clear])


@law
def test_outlines_are_valid_and_each_lies_in_the_next(seed):
    net, origin, limits = a_city(seed)
    rng = np.random.default_rng(seed)
    river = shapely.LineString(
        at(*np.column_stack([np.linspace(-200, 1200, 6), rng.uniform(200, 700, 6)]))
    ).buffer(12)
    for barriers in ((), (river,)):
        areas = outlined(net, origin, limits, barriers)
        assert all(shapely.is_valid(area) for area in areas)
        for inner, outer in pairwise(areas):
            assert inner.difference(outer).area < 1e-3

"""Walks worked out by hand."""

import numpy as np
import pytest
from walk_worlds import at, grid, world

from geo import errors, reach

STREET = ([(0, 0), (1000, 0)], [(0, 1)])


def on(net, *xy):
    """Points attached without regard to the size of parts."""
    return reach.attach(net, at(*xy), min_component_m=0.0)


def test_a_walk_is_both_access_legs_and_the_way_between():
    net = world(*STREET)
    walk = reach.nearest_m(net, on(net, (200, 10)), on(net, (700, 20)))
    assert walk.tolist() == [530.0]  # 10 + 500 + 20


def test_a_walk_goes_round_by_the_crossing():
    # Two streets 50 m apart that meet only at x = 0: 300 back, 50 across, 300 out again, 1 m at each door.
    net = world([(0, 0), (1000, 0), (0, 50), (1000, 50)], [(0, 1), (2, 3), (0, 2)])
    walk = reach.nearest_m(net, on(net, (300, -1)), on(net, (300, 51)))
    assert walk.tolist() == [652.0]


def test_two_places_on_one_edge_are_joined_by_the_shorter_way():
    # The edge is drawn as a detour of 260 m between nodes 100 m apart, which a straight street joins too.
    lines = [[(0, 0), (50, 120), (100, 0)], [(0, 0), (100, 0)]]
    net = world(
        [(0, 0), (100, 0), (-10, 0), (110, 0)], [(0, 1), (0, 1), (0, 2), (1, 3)], [*lines, None, None]
    )
    near_u, near_v, top = (5, 12), (95, 12), (50, 120)  # 13 m from each end along the detour, and its middle
    walk = reach.nearest_m(net, on(net, near_u, top), on(net, near_v))
    assert walk == pytest.approx([126.0, 117.0])  # 13 + 100 + 13, not 260 - 26; 130 - 13


def test_the_nearest_site_on_the_edge_may_be_the_one_with_the_shorter_door_path():
    net = world(*STREET)
    sites = on(net, (400, 150), (300, 10), (900, 0))
    walk = reach.nearest_m(net, on(net, (410, 0), (100, 0), (899, 0)), sites)
    assert walk.tolist() == [120.0, 210.0, 1.0]  # 110 + 10 beats 10 + 150; 200 + 10; 1


def test_round_a_ring_the_shorter_way_is_taken():
    net = world([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    points = on(net, (50, 0), (0, 50), (100, 90))
    walk = reach.nearest_m(net, points, on(net, (100, 10)))
    assert walk.tolist() == [60.0, 160.0, 80.0]  # 50 + 10; 50 + 100 + 10; 90 - 10


def test_a_loop_on_a_stem_is_left_by_its_junction():
    net = world([(0, 0), (100, 0), (200, 0), (100, 75)], [(0, 1), (1, 2), (2, 3), (3, 1)])
    walk = reach.nearest_m(net, on(net, (180, 0), (100, 60)), on(net, (40, 0)))
    assert walk.tolist() == [140.0, 120.0]  # 80 + 60; 60 + 60


def test_a_place_at_a_node_belongs_to_all_its_streets():
    net = world([(0, 0), (100, 0), (-100, 0), (0, 100)], [(0, 1), (0, 2), (0, 3)])
    walk = reach.nearest_m(net, on(net, (0, 0), (100, 0), (-100, 0), (0, 100)), on(net, (0, 0)))
    assert walk.tolist() == [0.0, 100.0, 100.0, 100.0]


def test_the_limit_is_within_reach_and_what_is_beyond_is_not():
    net = world([(0, 0), (600, 0), (600, 10), (1000, 0)], [(0, 1), (1, 2), (1, 3)])
    points, site = on(net, (200, 10)), on(net, (700, 20))
    assert reach.nearest_m(net, points, site, limit_m=530.0).tolist() == [530.0]
    assert reach.nearest_m(net, points, site, limit_m=529.999).tolist() == [np.inf]


def test_walks_between_parts_do_not_exist():
    net = world([(0, 0), (100, 0), (0, 50), (100, 50)], [(0, 1), (2, 3)])
    assert reach.nearest_m(net, on(net, (50, 0)), on(net, (50, 50))).tolist() == [np.inf]


def test_what_is_not_attached_neither_walks_nor_is_reached():
    net = world(*STREET)
    points, sites = on(net, (200, 0), (0, 5000)), on(net, (700, 0), (200, 9000))
    assert reach.nearest_m(net, points, sites).tolist() == [500.0, np.inf]
    assert reach.count_within(net, points, sites, distance_m=800.0).tolist() == [1.0, 0.0]
    distance, site = reach.k_nearest(net, points, sites, 2)
    assert distance.tolist() == [[500.0, np.inf], [np.inf, np.inf]]
    assert site.tolist() == [[0, -1], [-1, -1]]


@pytest.mark.parametrize("threads", [1, 3])
def test_each_category_has_its_own_column_and_an_empty_one_is_out_of_reach(threads):
    net = world(*STREET)
    sites = on(net, (100, 0), (900, 0), (300, 0))
    points = on(net, (200, 0), (600, 0))
    found = reach.nearest_by_category(net, points, sites, [2, 2, 0], 3, threads=threads)
    assert found.tolist() == [[100.0, np.inf, 100.0], [300.0, np.inf, 300.0]]


def test_without_sites_or_points_nothing_is_reached():
    net = world(*STREET)
    some, none = on(net, (200, 0)), reach.attach(net, np.empty((0, 2)))
    assert reach.nearest_m(net, some, none).tolist() == [np.inf]
    assert reach.nearest_m(net, none, some).shape == (0,)
    assert reach.nearest_by_category(net, some, none, np.empty(0, np.int32), 0).shape == (1, 0)
    assert reach.count_within(net, some, none, distance_m=100.0).tolist() == [0.0]
    assert reach.k_nearest(net, some, none, 1)[1].tolist() == [[-1]]


def test_the_k_nearest_are_distinct_sites_in_order():
    net = world([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)], contract=False)
    points = on(net, (50, 0))
    sites = on(net, (0, 50), (100, 90), (60, 0), (50, 100))
    distance, site = reach.k_nearest(net, points, sites, 3)
    assert site.tolist() == [[2, 0, 1]]  # each once, though two ways lead to each
    assert distance.tolist() == [[10.0, 100.0, 140.0]]  # 10; 50 + 50; 50 + 90
    distance, site = reach.k_nearest(net, points, sites, 6, limit_m=150.0)
    assert site.tolist() == [[2, 0, 1, -1, -1, -1]]
    assert distance.tolist() == [[10.0, 100.0, 140.0, np.inf, np.inf, np.inf]]


def test_equally_near_sites_come_in_their_own_order():
    net = world(*STREET)
    _, site = reach.k_nearest(net, on(net, (500, 0)), on(net, (600, 0), (400, 0), (600, 0)), 3)
    assert site.tolist() == [[0, 1, 2]]


def test_sites_within_a_walk_are_counted_and_summed():
    net = world(*grid(3, 3, 100.0))
    points = on(net, (0, 0), (100, 100))
    sites = on(
        net, (100, 0), (200, 0), (200, 200)
    )  # from (0, 0): 100, 200, 400; from the middle: 100, 200, 200
    assert reach.count_within(net, points, sites, distance_m=200.0).tolist() == [2.0, 3.0]
    assert reach.count_within(net, points, sites, distance_m=199.0).tolist() == [1.0, 1.0]
    counted = reach.count_within(net, points, sites, distance_m=200.0, count=[2, 3, 5.5])
    assert counted.tolist() == [5.0, 10.5]
    assert reach.count_within(net, sites, points, distance_m=200.0).tolist() == [2.0, 2.0, 1.0]


def test_places_on_a_long_edge_are_counted_though_its_ends_are_out_of_reach():
    net = world(*STREET)
    sites = on(net, (480, 0), (530, 0), (590, 0))
    assert reach.count_within(net, on(net, (500, 0)), sites, distance_m=50.0).tolist() == [2.0]


@pytest.mark.parametrize(
    ("ask", "argument"),
    [
        (lambda net, at: reach.nearest_m(net, at, at, limit_m=np.nan), "limit_m"),
        (lambda net, at: reach.nearest_m(net, at, at, limit_m=0.0), "limit_m"),
        (lambda net, at: reach.count_within(net, at, at, distance_m=np.inf), "distance_m"),
        (lambda net, at: reach.count_within(net, at, at, distance_m=1.0, count=[np.nan, 1]), "count"),
        (lambda net, at: reach.count_within(net, at, at, distance_m=1.0, count=[1]), "count"),
        (lambda net, at: reach.k_nearest(net, at, at, 0), "k"),
        (lambda net, at: reach.nearest_by_category(net, at, at, [0, 2], 2), "category"),
        (lambda net, at: reach.nearest_by_category(net, at, at, [0, -1], 2), "category"),
        (lambda net, at: reach.nearest_by_category(net, at, at, [0.5, 1.0], 2), "category"),
        (lambda net, at: reach.nearest_by_category(net, at, at, [0], 2), "category"),
        (lambda net, at: reach.nearest_by_category(net, at, at, [0, 0], -1), "categories"),
        (lambda net, at: reach.nearest_by_category(net, at, at, [0, 0], 1, threads=0), "threads"),
    ],
)
def test_questions_without_meaning_are_refused_by_name(ask, argument):
    net = world(*STREET)
    with pytest.raises(errors.WalkArgument) as caught:
        ask(net, on(net, (1, 0), (2, 0)))
    assert caught.value.argument == argument
    assert caught.value.code == "walk_argument"

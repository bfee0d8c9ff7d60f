"""Ways to the street that no water or railway crosses: by hand, and against shapely on made barriers."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_worlds import at, bent_grid, world

from geo import errors, reach
from geo.barriers import Barriers

# A street 20 m north of a house, beyond a river; another 50 m south of it. They meet far to the east.
RIVER_TOWN = ([(0, 20), (1000, 20), (0, -50), (1000, -50)], [(0, 1), (2, 3), (1, 3)])
RIVER = shapely.box(*at((-200, 5))[0], *at((900, 15))[0])
HOUSE = at((100, 0))


def attach(net, xy, barriers, **options):
    return reach.attach(net, xy, min_component_m=0.0, barriers=Barriers.over(barriers), **options)


def test_a_house_by_the_river_goes_to_the_street_on_its_own_bank():
    net = world(*RIVER_TOWN)
    assert reach.attach(net, HOUSE, min_component_m=0.0).access_m.tolist() == [20.0]
    found = attach(net, HOUSE, [RIVER])
    assert found.access_m.tolist() == [50.0]
    assert (found.xy - at((100, -50))).tolist() == [[0.0, 0.0]]
    assert found.reason.tolist() == [reach.ATTACHED]


def test_a_house_with_streets_only_across_the_river_is_attached_nowhere_and_says_why():
    found = attach(world(*RIVER_TOWN), HOUSE, [RIVER], limit_m=40.0)
    assert found.edge.tolist() == [-1]
    assert found.reason.tolist() == [reach.BEHIND_BARRIER]
    assert np.isnan(found.offset_m).all()
    assert np.isinf(found.access_m).all()
    assert attach(world(*RIVER_TOWN), HOUSE, [RIVER], limit_m=10.0).reason.tolist() == [reach.NO_STREET]


def test_a_leg_past_the_end_of_a_wall_is_the_shortest_there_is():
    # A wall halfway to the street: the leg passes its end 20 m aside, so it meets the street 40 m aside.
    net = world([(-500, 20), (500, 20)], [(0, 1)])
    wall = shapely.LineString(at((-30, 10), (20, 10)))
    found = attach(net, at((0, 0)), [wall])
    assert found.xy[0] - at((0, 0))[0] == pytest.approx([40.0, 20.0], abs=1e-5)
    assert found.access_m == pytest.approx([np.hypot(40, 20)], abs=1e-5)
    assert not Barriers.over([wall]).stop(at((0, 0)), found.xy).any()


def test_a_bridge_is_reached_from_its_bank():
    # The bridge runs from west to east over a river of 10 < x < 60; 15 m of its west end are on the bank.
    net = world([(-5, 0), (100, 0)], [(0, 1)])
    river = shapely.MultiPolygon(
        [
            shapely.box(*at((10, -400))[0], *at((60, 50))[0]),
            shapely.box(*at((0, 50))[0], *at((60, 90))[0]),  # farther up it is wider
        ]
    )
    found = attach(net, at((5, 30), (20, -30), (5, 49), (-8, 60)), [river])
    # Straight down to the bridge; from a boat as well, for only the border stops; straight down; and from
    # beside the wide part to the bridge's end, 3 m aside and 60 m down.
    assert found.access_m == pytest.approx([30.0, 30.0, 49.0, np.hypot(3, 60)])


def test_a_point_over_the_water_beside_a_bridge_goes_to_the_bank_before_it():
    # A bank that slants: straight across lies water, but the bridge's foot is on this side.
    net = world([(0, 0), (0, 100)], [(0, 1)])
    bank = shapely.LineString(at((-100, -10), (100, 50)))  # y = 20 + 0.3 x
    found = attach(net, at((40, 25)), [bank])  # 7 m below the bank, but level with what lies 5 m above it
    assert found.xy[0] - at((0, 0))[0] == pytest.approx([0.0, 20.0], abs=2e-3)


def test_a_street_on_the_border_of_the_water_is_only_touched():
    net = world([(0, 0), (100, 0)], [(0, 1)])
    pond = shapely.box(*at((-50, -30))[0], *at((200, 0))[0])
    assert attach(net, at((50, 8)), [pond]).access_m.tolist() == [8.0]


def test_islands_and_parts_count_and_what_has_no_line_does_not():
    net = world([(0, 20), (100, 20)], [(0, 1)])
    around = shapely.box(*at((-500, -500))[0], *at((500, 10))[0])
    hole = shapely.Polygon(
        around.exterior.coords, [shapely.box(*at((40, -5))[0], *at((60, 5))[0]).exterior.coords]
    )
    nested = shapely.GeometryCollection([shapely.Point(0, 0), shapely.MultiPolygon([hole])])
    assert attach(net, at((50, 0)), [nested]).reason.tolist() == [reach.BEHIND_BARRIER]
    assert Barriers.over([]) is None
    assert Barriers.over([None, shapely.Point(1, 1), shapely.Polygon(), shapely.LineString()]) is None


def test_a_barrier_that_is_nowhere_is_refused():
    with pytest.raises(errors.GeometryNotFinite) as raised:
        Barriers.over([RIVER, shapely.LineString([(0, 0), (np.inf, 1)])])
    assert raised.value.rows == (2,)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_leg_crosses_and_none_that_is_shorter_is_open(seed):
    """Against shapely: the legs cross nothing; places every 2 m along streets that are nearer are hidden."""
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 4, 4, 120.0, closed=0.2), contract=bool(rng.random() < 0.5))
    points = at(*rng.uniform(-40, 400, (20, 2)))
    starts = rng.uniform(-40, 400, (12, 2))
    walls = [
        shapely.LineString(at(*np.cumsum([start, *rng.normal(0, 50, (2, 2))], axis=0))) for start in starts
    ]
    found = attach(net, points, walls)
    union = shapely.union_all(walls)
    legs = shapely.linestrings(np.stack([points, found.xy], axis=1)[found.attached])
    short = shapely.line_interpolate_point(legs, np.maximum(shapely.length(legs) - 0.002, 0.0))
    inner = shapely.linestrings(np.stack([points[found.attached], shapely.get_coordinates(short)], axis=1))
    assert not shapely.intersects(inner, union).any()
    lines = [
        shapely.LineString(net.shape_xy[a:b])
        for a, b in zip(net.shape_offset[:-1], net.shape_offset[1:], strict=True)
    ]
    places = np.concatenate(
        [shapely.get_coordinates(shapely.line_interpolate_point(x, np.arange(0, x.length, 2))) for x in lines]
    )
    for i, point in enumerate(points):
        metres = np.hypot(*(places - point).T)
        nearer = metres < min(found.access_m[i], 200.0) - 1e-6
        ways = shapely.linestrings(np.stack([np.broadcast_to(point, places.shape), places], axis=1)[nearer])
        assert shapely.intersects(ways, union).all()

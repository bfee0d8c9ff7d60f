"""Where parks are entered, by hand and against shapely."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_worlds import at, bent_grid, grid, world

from geo import errors, reach
from geo.barriers import Barriers
from geo.entrances import MEET_M, entrances

STREET = ([(0, 0), (1000, 0)], [(0, 1)])


def box(west, south, east, north):
    return shapely.box(*at((west, south))[0], *at((east, north))[0])


def enter(net, *areas, **options):
    return entrances(net, list(areas), min_component_m=0.0, **options)


def where(found):
    """Area and place of each entrance, metres from the small world's zero."""
    place = np.round(found.places.xy - at((0, 0)), 6).tolist()
    return [(row, *xy) for row, xy in zip(found.row.tolist(), place, strict=True)]


def test_a_park_across_a_street_is_entered_where_its_border_meets_it():
    net = world(*STREET)
    found = enter(net, box(300, -50, 400, 50), box(900, -10, 1100, 10))
    assert sorted(where(found)) == [(0, 300, 0), (0, 400, 0), (1, 900, 0), (1, 1000, 0)]
    assert found.places.access_m.tolist() == [0.0] * 4
    house = reach.attach(net, at((200, 5)), min_component_m=0.0)
    assert reach.nearest_m(net, house, found.places).tolist() == [105.0]  # 5 to the street, 100 along it


def test_junctions_within_a_park_are_in_it():
    net = world(*grid(3, 3, 100.0))
    found = enter(net, box(50, 50, 150, 150))
    assert sorted(where(found)) == [(0, 50, 100), (0, 100, 50), (0, 100, 100), (0, 100, 150), (0, 150, 100)]


def test_a_hole_has_a_border_and_each_part_its_own():
    pond = shapely.Polygon(box(100, -100, 400, 100).exterior.coords, [box(200, -50, 300, 50).exterior.coords])
    parts = shapely.MultiPolygon([pond, box(600, -10, 700, 10)])
    found = enter(world(*STREET), parts)
    assert [x for _, x, _ in sorted(where(found))] == [100, 200, 300, 400, 600, 700]


def test_a_street_that_ends_at_the_border_leads_in():
    net = world([(0, 0), (100, 0)], [(0, 1)])
    assert where(enter(net, box(100, -50, 200, 50))) == [(0, 100, 0)]
    nearly = enter(net, box(100.005, -50, 200, 50))
    assert where(nearly) == [(0, 100, 0)]
    assert nearly.places.access_m == pytest.approx([0.005], abs=1e-9)


def test_a_border_along_a_street_is_entered_at_both_ends_of_it():
    found = enter(world(*STREET), box(300, 0, 400, 50))
    assert sorted(where(found)) == [(0, 300, 0), (0, 400, 0)]


def test_a_park_beside_the_street_is_entered_all_along_its_border():
    net = world(*STREET)
    found = enter(net, box(300, 20, 400, 50), box(0, 500, 10, 510), limit_m=100.0)
    assert found.places.access_m[found.row == 0].min() == 20.0
    assert found.places.reason[found.row == 1].tolist() == [reach.NO_STREET]
    houses = reach.attach(net, at((200, 0), (450, 0), (350, -10)), min_component_m=0.0)
    assert reach.nearest_m(net, houses, found.places) == pytest.approx([120.0, 70.0, 30.0])


def test_only_large_parts_count():
    net = world([(0, 0), (1000, 0), (0, 100), (50, 100)], [(0, 1), (2, 3)])
    park = box(20, 50, 30, 150)
    found = entrances(net, [park, box(20, 120, 30, 130)], limit_m=60.0, min_component_m=500.0)
    assert found.places.access_m[found.row == 0].min() == 50.0
    assert found.places.reason[found.row == 1].tolist() == [reach.SMALL_COMPONENT]


def test_points_missing_and_empty_areas_are_areas_too():
    found = enter(world(*STREET), shapely.Point(at((500, 30))[0]), None, shapely.Polygon())
    assert np.unique(found.row).tolist() == [0, 1, 2]
    assert np.unique(found.places.access_m).tolist() == [30.0, np.inf]
    assert len(enter(world(*STREET)).row) == 0


def test_a_park_behind_a_wall_is_entered_past_its_end():
    net = world(*STREET)
    wall = Barriers.over([shapely.LineString(at((350, 10), (900, 10)))])
    found = enter(net, box(300, 20, 400, 50), limit_m=100.0, barriers=wall)
    west = found.places.xy[found.places.access_m < 20.001, 0] - at((0, 0))[0, 0]
    assert len(west)
    assert (west <= 350).all()
    closed = Barriers.over([shapely.LineString(at((-500, 10), (1500, 10)))])
    found = enter(net, box(300, 20, 400, 50), limit_m=100.0, barriers=closed)
    assert found.places.reason.tolist() == [reach.BEHIND_BARRIER]
    # Where a street leads in, no barrier matters.
    assert len(enter(net, box(300, -20, 400, 50), barriers=closed).row) == 2


def test_what_makes_no_sense_is_refused():
    with pytest.raises(errors.WalkArgument):
        enter(world(*STREET), box(0, 0, 1, 1), limit_m=-1.0)
    with pytest.raises(errors.GeometryNotFinite):
        enter(world(*STREET), shapely.LineString([(0, 0), (np.inf, 1)]))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_entrances_are_where_shapely_says(seed):
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 5, 5, 100.0, closed=0.2))
    middles = rng.uniform(0, 400, (6, 2))
    parks = np.array([shapely.Point(at(m)[0]).buffer(rng.uniform(5, 90), 3) for m in middles])
    found = enter(net, *parks)
    lines = [
        shapely.LineString(net.shape_xy[a:b])
        for a, b in zip(net.shape_offset[:-1], net.shape_offset[1:], strict=True)
    ]
    for row, park in enumerate(parks):
        mine = found.places.take(found.row == row)
        expected = shapely.union_all(
            [line.intersection(park.exterior) for line in lines]
            + [p for p in shapely.points(net.xy) if park.intersects(p)]
        )
        if expected.is_empty:
            nearest = min(line.distance(park) for line in lines)
            assert mine.access_m.min() == pytest.approx(
                nearest if nearest <= 200 else np.inf, abs=1e-6 if nearest > MEET_M else MEET_M
            )
        else:
            assert mine.access_m == pytest.approx(park.distance(shapely.points(mine.xy)), abs=1e-6)
            met = mine.take(mine.access_m < 1e-6)  # the others pass within MEET_M of a border
            assert (mine.access_m <= 1.5 * MEET_M).all()
            assert shapely.hausdorff_distance(shapely.MultiPoint(met.xy), expected) < 1.5 * MEET_M
        on = [lines[e].interpolate(o) for e, o in zip(mine.edge, mine.offset_m, strict=True) if e >= 0]
        assert shapely.distance(on, shapely.points(mine.xy[mine.attached])).max(initial=0) < 1e-6

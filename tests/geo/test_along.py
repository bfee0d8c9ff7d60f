"""Lamps along roads: intervals worked out by hand, and what holds for any roads and lamps."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box
from walk_worlds import FLAT

from geo.along import NONE, lit_intervals
from geo.errors import CrsError, GeometryError, GeometryNotFinite, WalkArgument
from geo.parts import drawn, parts_of, split, whole
from geo.zone_lines import cut_by_zone


def roads(*lines):
    return gpd.GeoSeries(list(lines), crs=FLAT)


def found(lines, lamps, aside_m=30.0, reach_m=25.0, **options):
    """Intervals as (part, start, end)."""
    lit = lit_intervals(lines, lamps, aside_m=aside_m, reach_m=reach_m, **options)
    return [tuple(row) for row in zip(*(column.tolist() for column in lit.intervals), strict=True)]


STREET = LineString([(0, 0), (200, 0)])


def test_a_lamp_lights_its_reach_to_both_sides_of_its_foot():
    assert found(roads(STREET), [(100, 10)]) == [(0, 75, 125)]


def test_reaches_that_meet_are_one_interval():
    # feet at 50, 100 and 160: 25-75 and 75-125 touch, 135-185 stands alone
    assert found(roads(STREET), [(160, 0), (50, 5), (100, -5)]) == [(0, 25, 125), (0, 135, 185)]


def test_a_reach_ends_with_the_road():
    assert found(roads(STREET), [(10, 0), (190, 0)]) == [(0, 0, 35), (0, 165, 200)]


def test_a_reach_follows_the_bend_of_the_road():
    # 100 m east, then north: the foot is at 90, so the reach goes to 115, which is 15 m up the second leg
    lit = lit_intervals(roads(LineString([(0, 0), (100, 0), (100, 100)])), [(90, 3)], aside_m=30, reach_m=25)
    assert drawn(lit.parts, lit.intervals)[0].wkt == "LINESTRING (65 0, 100 0, 100 15)"


def test_a_lamp_at_just_the_limit_aside_still_lights():
    assert found(roads(STREET), [(100, 30)]) == [(0, 75, 125)]
    assert found(roads(STREET), [(100, 30.001)]) == []


def test_a_lamp_near_two_roads_lights_the_nearest():
    two = roads(STREET, LineString([(0, 20), (200, 20)]))
    lit = lit_intervals(two, [(100, 8), (100, 12), (100, 10), (100, 90)], aside_m=30, reach_m=25)
    assert lit.line.tolist() == [0, 1, 0, NONE]  # of equally near ones the first


def test_a_lamp_lights_the_road_it_names_and_no_nearer_one():
    two = roads(STREET, LineString([(0, 20), (200, 20)]))
    lit = lit_intervals(two, [(100, 1), (50, 1), (100, -15)], aside_m=30, reach_m=25, line_of=[1, NONE, 1])
    assert lit.line.tolist() == [1, 0, NONE]  # the last names a road that is 35 m away
    assert [interval.tolist() for interval in lit.intervals] == [[0, 1], [25, 75], [75, 125]]


def test_a_reach_goes_on_past_the_start_of_a_ring():
    ring = roads(LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]))
    assert found(ring, [(10, 0)]) == [(0, 0, 35), (0, 385, 400)]
    assert found(ring, [(10, 0), (0, 10)]) == [(0, 0, 35), (0, 365, 400)]
    assert found(ring, [(10, 0)], reach_m=200) == [(0, 0, 400)]


def test_a_reach_does_not_jump_to_another_part_of_the_road():
    parted = roads(MultiLineString([[(0, 0), (50, 0)], [(60, 0), (200, 0)]]))
    assert found(parted, [(45, 0)]) == [(0, 20, 50)]
    assert found(parted, [(70, 0)], line_of=[0]) == [(1, 0, 35)]


def test_roads_without_a_shape_or_length_are_lit_nowhere():
    lines = roads(None, LineString(), LineString([(5, 5), (5, 5)]), STREET)
    assert found(lines, [(5, 5)], aside_m=1) == []
    assert found(lines, [(5, 5)], line_of=[0]) == []
    assert found(lines, [(5, 5)], line_of=[3]) == [(1, 0, 30)]
    assert found(roads(), [(5, 5)]) == found(roads(STREET), np.empty((0, 2))) == []


def test_pieces_are_lit_or_dark():
    # 0-60 and 60-200, lit 50-90 and 190-200
    street = parts_of(roads(STREET))
    lit = whole(street)._replace(
        part=np.array([0, 0], np.int32), start_m=np.array([50.0, 190]), end_m=np.array([90.0, 200])
    )
    pieces = lit._replace(start_m=np.array([0.0, 60]), end_m=np.array([60.0, 200]))
    parts, row, is_lit = split(pieces, lit)
    columns = (parts.start_m.tolist(), parts.end_m.tolist(), row.tolist(), is_lit.tolist())
    assert list(zip(*columns, strict=True)) == [
        (0, 50, 0, False), (50, 60, 0, True), (60, 90, 1, True), (90, 190, 1, False), (190, 200, 1, True),
    ]  # fmt: skip


def zones(**shapes):
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=FLAT)


def by_zone(lines, where):
    cut = cut_by_zone(parts_of(lines), where, key="code")
    names = [*where["code"], "outside"]
    rows = zip(*(column.tolist() for column in cut.pieces), cut.zone.tolist(), strict=True)
    return [(part, start, end, names[zone]) for part, start, end, zone in rows]


def test_a_road_is_cut_where_it_crosses_a_border():
    where = zones(b=box(50, -10, 120, 10), a=box(120, -10, 150, 10))
    assert by_zone(roads(STREET), where) == [
        (0, 0, 50, "outside"), (0, 50, 120, "b"), (0, 120, 150, "a"), (0, 150, 200, "outside"),
    ]  # fmt: skip


def test_a_road_along_a_border_belongs_to_the_zone_that_sorts_first():
    where = zones(b=box(0, -10, 300, 0), a=box(0, 0, 100, 10))
    assert by_zone(roads(STREET), where) == [(0, 0, 100, "a"), (0, 100, 200, "b")]


def test_a_slanting_border_that_the_road_follows_is_one_piece():
    road = LineString([(0, 0), (70, 30), (130, 91), (211, 97)])
    above, below = [(211, 300), (0, 300)], [(211, -300), (0, -300)]
    where = zones(b=Polygon([*road.coords, *above]), a=Polygon([*road.coords, *below]))
    [(part, start, end, name)] = by_zone(roads(road), where)
    assert (part, start, name) == (0, 0, "a")
    assert end == pytest.approx(road.length, rel=1e-15)


def test_without_zones_all_is_outside():
    assert by_zone(roads(STREET), zones().set_crs(FLAT)) == [(0, 0, 200, "outside")]


@st.composite
def a_town(draw):
    """Roads, lamps, and what the lamps name."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    lines = []
    for _ in range(draw(st.integers(0, 6))):
        kind = rng.integers(5)
        bends = rng.uniform(0, 400, (rng.integers(3 if kind == 0 else 2, 6), 2))
        if kind == 0:
            bends = np.vstack([bends, bends[:1]])
        lines.append(MultiLineString([bends, bends + 30.5]) if kind == 1 else LineString(bends))
    lamps = rng.uniform(-20, 420, (draw(st.integers(0, 25)), 2))
    named = rng.integers(-1, len(lines), len(lamps)) if draw(st.booleans()) and lines else None
    return roads(*lines), lamps, rng.uniform(1, 60), rng.uniform(1, 150), named


@settings(deadline=None, max_examples=60)
@given(a_town())
def test_a_place_is_lit_if_a_lamp_is_near_enough_along_the_road(town):
    lines, lamps, aside_m, reach_m, named = town
    lit = lit_intervals(lines, lamps, aside_m=aside_m, reach_m=reach_m, line_of=named)
    every = shapely.get_parts(lines.to_numpy())
    pieces, _, inside = split(whole(lit.parts), lit.intervals)
    middle = (pieces.start_m + pieces.end_m) / 2
    for part, at, is_lit in zip(pieces.part.tolist(), middle.tolist(), inside.tolist(), strict=True):
        feet = []
        for row, lamp in enumerate(lamps):
            mine = [
                i
                for i in range(len(every))
                if named is None or named[row] < 0 or lit.parts.line[i] == named[row]
            ]
            away = [every[i].distance(Point(lamp)) for i in mine]
            if mine[int(np.argmin(away))] == part and min(away) <= aside_m:
                feet.append(every[part].project(Point(lamp)))
        ways = [abs(foot - at) for foot in feet]
        if every[part].is_closed:
            ways = [min(way, every[part].length - way) for way in ways]
        assert is_lit == any(way <= reach_m + 1e-9 for way in ways)


@settings(deadline=None, max_examples=60)
@given(a_town())
def test_lit_and_dark_add_up_in_zones_and_in_all(town):
    lines, lamps, aside_m, reach_m, named = town
    lit = lit_intervals(lines, lamps, aside_m=aside_m, reach_m=reach_m, line_of=named)
    where = zones(c=box(0, 0, 200, 200), b=box(200, 0, 400, 230), a=box(150, 150, 260, 390))
    cut = cut_by_zone(lit.parts, where, key="code")
    pieces, row, inside = split(cut.pieces, lit.intervals)
    length, shapes = pieces.length_m, drawn(lit.parts, pieces)
    assert length.sum() == pytest.approx(lines.length.sum(), rel=1e-12, abs=1e-9)
    assert length[inside].sum() == pytest.approx(lit.intervals.length_m.sum(), rel=1e-12, abs=1e-9)
    np.testing.assert_allclose(shapely.length(shapes), length, rtol=0, atol=1e-9)
    ground, left = {}, shapely.union_all(where.geometry.to_numpy())
    taken = Polygon()
    for zone in np.argsort(where["code"]):
        ground[zone] = shapely.difference(where.geometry.iloc[zone], taken)
        taken = shapely.union(taken, where.geometry.iloc[zone])
    for zone in (0, 1, 2, -1):
        drawn_here = shapely.length(
            shapely.difference(lines.to_numpy(), left)
            if zone < 0
            else shapely.intersection(lines.to_numpy(), ground[zone])
        ).sum()
        assert length[cut.zone[row] == zone].sum() == pytest.approx(drawn_here, abs=0.005)


@settings(deadline=None, max_examples=60)
@given(a_town())
def test_another_lamp_darkens_nothing(town):
    lines, lamps, aside_m, reach_m, named = town
    fewer = lit_intervals(
        lines, lamps[1:], aside_m=aside_m, reach_m=reach_m, line_of=None if named is None else named[1:]
    )
    more = lit_intervals(lines, lamps, aside_m=aside_m, reach_m=reach_m, line_of=named)
    inside = split(fewer.intervals, more.intervals)[2]
    assert inside.all()


@pytest.mark.parametrize(
    ("error", "ask"),
    [
        (WalkArgument, lambda: found(roads(STREET), [(0, 0)], aside_m=0)),
        (WalkArgument, lambda: found(roads(STREET), [(0, 0)], reach_m=np.inf)),
        (WalkArgument, lambda: found(roads(STREET), [(0, 0)], line_of=[1])),
        (WalkArgument, lambda: found(roads(STREET), [(0, 0)], line_of=[0, 0])),
        (CrsError, lambda: found(roads(STREET).set_crs(4326, allow_override=True), [(0, 0)])),
        (GeometryError, lambda: found(roads(STREET, Point(0, 0)), [(0, 0)])),
        (GeometryNotFinite, lambda: found(roads(LineString([(0, 0), (np.inf, 0)])), [(0, 0)])),
        (GeometryNotFinite, lambda: found(roads(STREET), [(np.nan, 0)])),
        (GeometryError, lambda: by_zone(roads(STREET), zones(a=box(0, 0, 1, 1)).assign(code=None))),
    ],
)
def test_what_cannot_be_measured_is_refused(error, ask):
    with pytest.raises(error):
        ask()

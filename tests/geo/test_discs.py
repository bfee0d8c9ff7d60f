"""Exact areas and lengths in unions of discs: answers by hand, ties, and laws."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from geo.discs import disc_areas, disc_lengths
from geo.errors import CrsUnfit, GeometryError, GeometryNotFinite

WORLD = box(-100, -100, 100, 100)


def area(centres, radii, ground=WORLD):
    return float(disc_areas(centres, radii, [ground])[0])


def lens(r, s, d):
    """Area shared by two discs at distance d: two circular segments, each a sector less its triangle."""
    a = (d * d + r * r - s * s) / (2 * d)
    b = d - a
    return (
        r * r * math.acos(a / r)
        - a * math.sqrt(r * r - a * a)
        + (s * s * math.acos(b / s) - b * math.sqrt(s * s - b * b))
    )


def segment(r, d):
    """Area of a disc beyond a line at distance d from its centre."""
    return r * r * math.acos(d / r) - d * math.sqrt(r * r - d * d)


# By hand


def test_one_disc_is_pi_r_squared():
    assert area([(0, 0)], 10) == pytest.approx(100 * math.pi, rel=1e-14)


def test_two_overlapping_discs_share_a_lens():
    assert area([(0, 0), (5, 0)], [5, 4]) == pytest.approx(41 * math.pi - lens(5, 4, 5), rel=1e-14)


def test_three_discs_by_inclusion_and_exclusion():
    # unit circles around the corners of an equilateral triangle of side 1 share a Reuleaux triangle
    corners = [(0, 0), (1, 0), (0.5, math.sqrt(3) / 2)]
    reuleaux = (math.pi - math.sqrt(3)) / 2
    assert area(corners, 1) == pytest.approx(3 * math.pi - 3 * lens(1, 1, 1) + reuleaux, rel=1e-14)


def test_a_border_cuts_a_segment_off():
    assert area([(0, 0)], 5, box(3, -50, 50, 50)) == pytest.approx(segment(5, 3), rel=1e-14)
    assert area([(0, 0)], 5, box(-50, -50, 3, 50)) == pytest.approx(25 * math.pi - segment(5, 3), rel=1e-14)


def test_a_corner_at_the_centre_holds_a_quarter():
    assert area([(0, 0)], 5, box(0, 0, 50, 50)) == pytest.approx(25 * math.pi / 4, rel=1e-14)


def test_a_hole_is_not_ground():
    ring = box(-10, -10, 10, 10).difference(box(-1, -1, 1, 1))
    assert area([(0, 0)], 5, ring) == pytest.approx(25 * math.pi - 4, rel=1e-14)
    # the disc lies in the hole, and the hole in the disc
    assert area([(0, 0)], 1, ring) == 0
    assert area([(0, 0)], 50, ring) == pytest.approx(400 - 4, rel=1e-14)


def test_several_parts_are_one_polygon():
    halves = MultiPolygon([box(-50, -50, -3, 50), box(3, -50, 50, 50)])
    assert area([(0, 0)], 5, halves) == pytest.approx(2 * segment(5, 3), rel=1e-14)


def test_a_polygon_within_one_disc_is_covered_whole():
    assert disc_areas([(0, 0), (90, 0)], [50, 3], [box(-1, -1, 1, 1), box(80, 80, 90, 90)]).tolist() == [4, 0]


def test_a_hole_between_discs_is_not_covered():
    # four discs around a square meet pairwise, and leave its middle open
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    assert area(corners, 1) == pytest.approx(4 * math.pi, rel=1e-14)
    assert area(corners, 1, box(-1, -1, 1, 1)) == pytest.approx(math.pi, rel=1e-14)


# A disc whose circle lies in others, while its middle does not


def test_a_disc_with_a_covered_rim_still_covers_its_middle():
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = np.column_stack([np.cos(angles), np.sin(angles)]) * 10
    with_middle = area([*rim, (0, 0)], [*[2.0] * 24, 10.0])
    outer = area(rim, 2.0) - area(rim, 2.0, Point(0, 0).buffer(10, quad_segs=4096))
    assert with_middle == pytest.approx(100 * math.pi + outer, rel=1e-6)
    assert area([*rim, (0, 0)], [*[2.0] * 24, 10.0], box(-1, -1, 1, 1)) == 4


# Ties


@pytest.mark.parametrize("times", [2, 300])
def test_discs_in_one_place_count_once(times):
    assert area([(1, 2)] * times, 10) == pytest.approx(100 * math.pi, rel=1e-14)
    assert area([(1, 2)] * times, np.linspace(10, 3, times)) == pytest.approx(100 * math.pi, rel=1e-14)


@pytest.mark.parametrize("nudge", [0.0, 1e-13, -1e-13, 1e-9, -1e-9])
def test_touching_discs_are_no_trouble(nudge):
    outside = area([(0, 0), (3 + nudge, 0)], [2, 1])
    within = area([(0, 0), (1 + nudge, 0)], [2, 1])
    assert outside == pytest.approx(5 * math.pi, rel=1e-9)
    assert within == pytest.approx(4 * math.pi, rel=1e-9)


@pytest.mark.parametrize("nudge", [0.0, 1e-13, -1e-13, 1e-9, -1e-9])
def test_an_inscribed_circle_touches_all_four_sides(nudge):
    assert area([(0, 0)], 1 + nudge, box(-1, -1, 1, 1)) == pytest.approx(math.pi, rel=1e-8)
    assert area([(0, 0)], 1 + nudge, box(-3, -3, 3, -1)) == pytest.approx(0, abs=1e-12)


def test_a_circle_through_all_corners_and_many_of_them():
    for n in (4, 5, 64, 1000):
        angles = np.linspace(0, 2 * np.pi, n, endpoint=False) + 0.1
        inscribed = Polygon(np.column_stack([np.cos(angles), np.sin(angles)]) * 500)
        assert area([(0, 0)], 500, inscribed) == pytest.approx(inscribed.area, rel=1e-12)


def test_corners_on_a_straight_side_change_nothing():
    straight = box(-50, -50, 50, 3)
    dotted = Polygon([*[(x, 3) for x in range(50, -51, -1)], (-50, -50), (50, -50)])
    for r in (3, 5, math.sqrt(13)):
        assert area([(0, 0)], r, dotted) == pytest.approx(area([(0, 0)], r, straight), rel=1e-13)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=150)
def test_a_nudge_never_moves_an_area_by_more_than_itself(seed):
    # whole numbers make circles touch, meet in threes and pass through corners
    random = np.random.default_rng(seed)
    n = random.integers(1, 9)
    centres, radii = random.integers(0, 9, (n, 2)).astype(float), random.integers(1, 6, n).astype(float)
    corners, sides = random.integers(0, 9, (6, 2)), random.integers(1, 9, (6, 2))
    ground = shapely.box(*corners.T, *(corners + sides).T)
    found = disc_areas(centres, radii, ground)
    nudged = disc_areas(centres + random.uniform(-1e-11, 1e-11, (n, 2)), radii, ground)
    border = 2 * math.pi * radii.sum() + shapely.length(ground)
    assert (np.abs(found - nudged) <= 2e-11 * border).all()


# Laws


def city(seed, discs=40, side=100.0):
    """Discs of several sizes and a tessellation with a hole in one polygon."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0, side, (discs, 2))
    radii = random.choice([3.0, 5.0, 11.0, 30.0], discs)
    cells = shapely.voronoi_polygons(shapely.multipoints(random.uniform(0, side, (9, 2))))
    zones = shapely.intersection(shapely.get_parts(cells), box(0, 0, side, side))
    zones = np.append(zones, box(10, 10, 60, 60).difference(box(20, 20, 25, 50)))
    return centres, radii, zones, random


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=40)
def test_laws_of_covered_ground(seed):
    centres, radii, zones, random = city(seed)
    found = disc_areas(centres, radii, zones)
    whole = shapely.area(zones)
    assert ((found >= 0) & (found <= whole)).all()

    fewer = disc_areas(centres[:-1], radii[:-1], zones)
    assert (fewer <= found + 1e-9).all()

    order = random.permutation(len(radii))
    assert disc_areas(centres[order], radii[order], zones) == pytest.approx(found, rel=1e-10, abs=1e-8)

    move = np.array([512_000.0, 4_060_000.0])  # where Gauss-Kruger puts Jinan: nine digits before the point
    moved = disc_areas(centres + move, radii, shapely.transform(zones, lambda xy: xy + move))
    assert moved == pytest.approx(found, rel=1e-9, abs=1e-6)

    turned = disc_areas(centres[:, ::-1], radii, shapely.transform(zones, lambda xy: xy[:, ::-1]))
    assert turned == pytest.approx(found, rel=1e-10, abs=1e-8)

    # the tessellation sums to its square; halves of the ground sum to the ground
    square = disc_areas(centres, radii, [box(0, 0, 100, 100)])[0]
    assert found[:-1].sum() == pytest.approx(square, rel=1e-10)
    halves = [shapely.intersection(zones, half) for half in (box(0, 0, 47, 100), box(47, 0, 100, 100))]
    assert sum(disc_areas(centres, radii, half) for half in halves) == pytest.approx(
        found, rel=1e-9, abs=1e-8
    )


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=15)
def test_polygons_of_more_and_more_corners_come_closer(seed):
    centres, radii, zones, _ = city(seed)
    exact = disc_areas(centres, radii, zones)
    off = []
    for quarter in (16, 64, 256):
        union = shapely.union_all(shapely.buffer(shapely.points(centres), radii, quad_segs=quarter))
        off.append(exact.sum() - shapely.area(shapely.intersection(zones, union)).sum())
    # a polygon inscribed in a circle misses an area that falls with the square of the number of its sides
    assert off[0] > off[1] > off[2] > 0
    assert off[2] == pytest.approx(off[1] / 16, rel=0.05)


def test_sizes_far_apart_find_each_other():
    random = np.random.default_rng(4)
    centres = np.vstack([random.uniform(-900, 900, (500, 2)), [(0, 0)]])
    radii = np.append(random.uniform(0.01, 2.0, 500), 1000.0)
    assert area(centres, radii, box(-2000, -2000, 2000, 2000)) == pytest.approx(1e6 * math.pi, rel=1e-3)
    assert area([(0, 0), (1e6, 1e6)], [1.0, 1.0], box(-5, -5, 2e6, 2e6)) == pytest.approx(2 * math.pi)


# Nothing, and what is refused


def test_no_discs_no_ground_and_nothing_of_either():
    ground = np.array([WORLD, None, Polygon()], dtype=object)
    none = disc_areas(np.empty((0, 2)), 5, ground)
    assert none[[0, 2]].tolist() == [0, 0]
    assert np.isnan(none[1])
    some = disc_areas([(0, 0), (3, 3)], [2, 0], ground)
    assert some[0] == pytest.approx(4 * math.pi)
    assert some[2] == 0
    assert np.isnan(some[1])
    assert disc_areas([(0, 0)], 5, []).shape == (0,)


def test_rows_that_cannot_be_measured_are_named():
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    with pytest.raises(GeometryNotFinite) as caught:
        disc_areas([(0, 0), (np.nan, 1)], 5, [WORLD])
    assert caught.value.rows == (2,)
    with pytest.raises(GeometryNotFinite, match="the ground"):
        disc_areas([(0, 0)], 5, [Polygon([(0, 0), (np.inf, 0), (1, 1)])])
    with pytest.raises(GeometryError, match="not valid, first 2"):
        disc_areas([(0, 0)], 5, [WORLD, bow])
    with pytest.raises(GeometryError, match="radii"):
        disc_areas([(0, 0), (1, 1)], [5, -1], [WORLD])
    with pytest.raises(CrsUnfit):
        disc_areas([(0, 0)], 5, gpd.GeoSeries([WORLD], crs=4326))


# Lengths


def test_a_line_through_discs_by_hand():
    # through a disc of 5 at distance 3 the chord is 8; two chords that overlap count once
    line = LineString([(-50, 3), (50, 3)])
    assert disc_lengths([(0, 0)], 5, [line]).tolist() == pytest.approx([8])
    assert disc_lengths([(0, 0), (4, 0)], 5, [line]).tolist() == pytest.approx([12])
    assert disc_lengths([(0, 0)], 3, [line]).tolist() == [0]  # it touches


def test_lines_of_parts_within_and_without():
    lines = [MultiLineString([[(0, 0), (1, 0)], [(4, 0), (7, 0)]]), LineString(), None]
    found = disc_lengths([(0, 0)], 5, lines)
    assert found[:2].tolist() == pytest.approx([2, 0])
    assert np.isnan(found[2])
    with pytest.raises(GeometryError, match="not lines"):
        disc_lengths([(0, 0)], 5, [WORLD])


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_lengths_are_those_of_lines_cut_by_fine_polygons(seed):
    centres, radii, _, random = city(seed)
    lines = shapely.linestrings(random.uniform(0, 100, (20, 5, 2)))
    union = shapely.union_all(shapely.buffer(shapely.points(centres), radii, quad_segs=512))
    expected = shapely.length(shapely.intersection(lines, union))
    assert disc_lengths(centres, radii, lines) == pytest.approx(expected, rel=1e-4, abs=0.05)

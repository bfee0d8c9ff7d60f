"""Polygon catchments on ground: areas as union and intersection give them, ties and laws."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from geo.catchments import buffers, covered, covered_area, covered_length
from geo.errors import CrsUnfit, GeometryError, GeometryNotFinite

METRES = CRS.from_epsg(4548)


def by_union(catchments, ground):
    return shapely.area(shapely.intersection(ground, shapely.union_all(catchments)))


def test_overlapping_squares_count_their_overlap_once():
    squares = [box(0, 0, 10, 10), box(5, 5, 15, 15)]
    ground = [box(-1, -1, 20, 20), box(0, 0, 10, 10), box(12, 12, 30, 30), box(50, 50, 60, 60)]
    assert covered_area(squares, ground) == pytest.approx([175, 100, 9, 0], rel=1e-13)


def test_holes_and_parts_on_both_sides():
    ring = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    parts = MultiPolygon([box(0, 0, 5, 5), box(5.5, 5.5, 10, 10)])
    # the first holds 25 of the square less 1 of the hole; the second 4.5 x 4.5 less 0.5 x 0.5
    assert covered_area([ring], [parts]) == pytest.approx([24 + 20], rel=1e-13)
    assert covered_area([parts], [ring]) == pytest.approx([44], rel=1e-13)


def test_catchments_that_are_the_ground_cover_all_of_it():
    squares = shapely.box(
        *(np.indices((9, 9)).reshape(2, -1) * 7.0), *(np.indices((9, 9)).reshape(2, -1) * 7.0 + 7)
    )
    assert covered_area(squares, squares) == pytest.approx(np.full(81, 49.0), rel=1e-13)
    assert covered_area(squares[::2], squares)[1::2] == pytest.approx(np.zeros(40), abs=1e-9)


def test_a_sliver_between_catchments_stays_open():
    gap = [box(0, 0, 5, 10), box(5 + 1e-6, 0, 10, 10)]
    assert covered_area(gap, [box(0, 0, 10, 10)])[0] == pytest.approx(100 - 1e-5, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["whole numbers", "anywhere"]))
@settings(deadline=None, max_examples=80)
def test_areas_are_those_of_union_and_intersection(seed, where):
    # whole numbers give shared borders, corners on borders and equal polygons
    random = np.random.default_rng(seed)

    def polygons(count):
        if where == "whole numbers":
            corner, side = random.integers(0, 20, (count, 2)), random.integers(1, 9, (count, 2))
            boxes = shapely.box(*corner.T, *(corner + side).T)
            hulls = shapely.convex_hull(
                shapely.multipoints(random.integers(0, 20, (count, 5, 2)).astype(float))
            )
            return np.concatenate([boxes, hulls[shapely.get_dimensions(hulls) == 2]])
        round_ = shapely.buffer(
            shapely.points(random.uniform(0, 20, (count, 2))), random.uniform(0.1, 6, count)
        )
        return np.append(round_, shapely.difference(box(2, 2, 15, 15), round_[0]))

    catchments, ground = polygons(random.integers(1, 12)), polygons(8)
    found = covered_area(catchments, ground)
    assert found == pytest.approx(by_union(catchments, ground), rel=1e-9, abs=1e-9)
    assert ((found >= 0) & (found <= shapely.area(ground))).all()

    assert (covered_area(catchments[1:], ground) <= found + 1e-9).all()
    order = random.permutation(len(catchments))
    assert covered_area(catchments[order], ground) == pytest.approx(found, rel=1e-10, abs=1e-9)
    halves = [shapely.intersection(ground, half) for half in (box(-9, -9, 7, 40), box(7, -9, 40, 40))]
    halves = [np.where(shapely.get_dimensions(half) == 2, half, Polygon()) for half in halves]
    halves = [np.array([each.buffer(0) for each in half], dtype=object) for half in halves]
    assert sum(covered_area(catchments, half) for half in halves) == pytest.approx(found, rel=1e-9, abs=1e-9)
    move = np.array([512_000.0, 4_060_000.0])
    moved = [shapely.transform(each, lambda xy: xy + move) for each in (catchments, ground)]
    assert covered_area(*moved) == pytest.approx(
        found, rel=1e-7, abs=1e-7
    )  # 1e-9 m of 20 m are lost by moving


def test_a_city_of_buffers_and_winding_zones():
    random = np.random.default_rng(5)
    catchments = shapely.buffer(shapely.points(random.uniform(0, 20_000, (800, 2))), 500, quad_segs=16)
    cells = shapely.voronoi_polygons(shapely.multipoints(random.uniform(0, 20_000, (20, 2))))
    zones = shapely.intersection(shapely.get_parts(cells), box(1000, 1000, 19_000, 19_000))
    zones = np.append(shapely.segmentize(zones, 300), shapely.buffer(shapely.points(9000, 9000), 4000))
    assert covered_area(catchments, zones) == pytest.approx(by_union(catchments, zones), rel=1e-9)


def test_nothing_on_either_side():
    assert covered_area([], [box(0, 0, 1, 1)]).tolist() == [0]
    assert covered_area([box(0, 0, 1, 1)], []).shape == (0,)
    found = covered_area([None, Polygon(), box(0, 0, 1, 1)], [None, Polygon(), box(0, 0, 2, 2)])
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([0, 1])


def test_rows_that_cannot_be_measured_are_named():
    good, bow = box(0, 0, 1, 1), Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    for bad, error in (
        (Polygon([(0, 0), (np.inf, 0), (1, 1)]), GeometryNotFinite),
        (bow, GeometryError),
        (LineString([(0, 0), (1, 1)]), GeometryError),
    ):
        with pytest.raises(error, match="the catchments") as caught:
            covered_area([good, None, bad], [good])
        assert caught.value.rows == (3,)
        with pytest.raises(error, match="the ground"):
            covered_area([good], [good, bad])


def test_systems_are_declared_and_not_mixed():
    square = gpd.GeoSeries([box(0, 0, 1, 1)], crs=METRES)
    assert covered_area(square, square.to_frame("geometry")).tolist() == pytest.approx([1])
    with pytest.raises(CrsUnfit):
        covered_area(square, square.set_crs(4527, allow_override=True))
    with pytest.raises(CrsUnfit):
        covered_area(square.set_crs(4326, allow_override=True), square)


# Made from facilities


def test_a_park_is_surrounded_from_its_border():
    # a square of 10 with 5 around it: itself, four sides of 10 x 5, four quarters of a circle of 5
    park = buffers([box(0, 0, 10, 10)], 5)[0]
    assert park.area == pytest.approx(100 + 4 * 50 + 25 * math.pi, rel=1e-4)
    assert park.area < 100 + 4 * 50 + 25 * math.pi


def test_each_facility_may_have_its_own_distance():
    ground = buffers([Point(0, 0), Point(100, 0), None, Point()], [5, 10, 1, 1], segments=256)
    assert shapely.area(ground[:2]) == pytest.approx([25 * math.pi, 100 * math.pi], rel=1e-5)
    assert ground[2] is None
    assert ground[3].is_empty
    assert buffers([], 5).shape == (0,)


@pytest.mark.parametrize("bad", [0, -1, np.nan, np.inf])
def test_distances_that_reach_nowhere_are_refused(bad):
    with pytest.raises(GeometryError, match="first 2"):
        buffers([Point(0, 0), Point(1, 1)], [5, bad])
    with pytest.raises(GeometryNotFinite, match="the facilities"):
        buffers([Point(0, np.nan)], 5)


# Lengths


def test_lengths_by_hand():
    squares = [box(0, 0, 10, 10), box(5, 0, 15, 10), box(0, 0, 10, 10)]
    lines = [
        LineString([(-5, 5), (20, 5)]),
        LineString([(0, 10), (40, 10)]),  # along the border is within
        MultiLineString([[(1, 1), (2, 1)], [(14, 2), (14, 20)]]),
        LineString([(50, 50), (60, 60)]),
        LineString(),
        None,
    ]
    found = covered_length(squares, lines)
    assert found[:5].tolist() == pytest.approx([15, 15, 1 + 8, 0, 0])
    assert np.isnan(found[5])
    with pytest.raises(GeometryError, match="not lines"):
        covered_length(squares, squares)


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_lengths_are_those_of_lines_cut_by_the_union(seed):
    random = np.random.default_rng(seed)
    catchments = shapely.buffer(shapely.points(random.uniform(0, 100, (12, 2))), random.uniform(3, 30, 12))
    lines = shapely.linestrings(random.uniform(0, 100, (15, 4, 2)))
    expected = shapely.length(shapely.intersection(lines, shapely.union_all(catchments)))
    assert covered_length(catchments, lines) == pytest.approx(expected, rel=1e-9, abs=1e-9)


# For drawing


def test_drawn_ground_has_the_area_that_was_measured():
    random = np.random.default_rng(8)
    places = shapely.points(random.uniform(0, 20_000, (300, 2)))
    catchments = gpd.GeoSeries(buffers(places, 600), crs=METRES)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(random.uniform(0, 20_000, (12, 2))))
    )
    zones = gpd.GeoSeries([*shapely.intersection(cells, box(0, 0, 20_000, 20_000)), None], crs=METRES)
    drawn = covered(catchments, zones)
    exact = covered_area(catchments, zones)
    assert drawn.crs == METRES
    assert drawn.area[:-1].to_numpy() == pytest.approx(exact[:-1], rel=1e-9)
    assert (drawn.area + drawn["uncovered"].area)[:-1].to_numpy() == pytest.approx(zones.area[:-1], rel=1e-9)
    assert drawn["covered"].iloc[-1] is None

    lean = covered(catchments, zones, simplify_m=10)
    assert (
        shapely.get_num_coordinates(lean["covered"]).sum()
        < shapely.get_num_coordinates(drawn["covered"]).sum() / 5
    )
    assert (np.abs(lean.area - drawn.area) <= 10 * drawn.length)[:-1].all()
    assert lean.is_valid[:-1].all()
    assert (lean.area + lean["uncovered"].area)[:-1].to_numpy() == pytest.approx(zones.area[:-1], rel=1e-9)


def test_drawing_nothing():
    drawn = covered([], [box(0, 0, 1, 1)])
    assert drawn["covered"].iloc[0].is_empty
    assert drawn["uncovered"].iloc[0].area == 1
    assert len(covered([box(0, 0, 1, 1)], [])) == 0

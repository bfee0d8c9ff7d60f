"""Shares of cells: by hand, against GEOS, and laws for any polygons."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from geo.cell_fractions import ground_m2, runs_in
from geo.grid_edges import Window, edges_of

PLAIN = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""A grid in its own coordinates: x is the column, y the row."""


def shares(polygons, window, transform=PLAIN):
    """Dense shares, shape (polygons, rows, columns)."""
    runs = runs_in(edges_of(np.array(polygons, dtype=object), transform), window)
    found = np.zeros((len(polygons), window.bottom - window.top, window.right - window.left))
    for at, row, start, end, share in zip(
        runs.polygon, runs.row, runs.start, runs.end, runs.share, strict=True
    ):
        found[at, row - window.top, start - window.left : end - window.left] += share
    return found


def by_geos(polygon, window, transform=PLAIN):
    """The same by intersecting every cell."""
    a, b, c, d, e, f = transform
    column, row = np.meshgrid(
        np.arange(window.left, window.right, dtype=float), np.arange(window.top, window.bottom, dtype=float)
    )
    corners = np.stack([np.stack([column + i, row + j], -1) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))], -2)
    x, y = corners[..., 0], corners[..., 1]
    cells = shapely.polygons(np.stack([a * x + b * y + c, d * x + e * y + f], -1))
    return shapely.area(shapely.intersection(polygon, cells)) / shapely.area(cells)


def test_a_square_over_four_cells_has_a_quarter_of_each():
    # From (0.5, 0.5) to (1.5, 1.5): half of each cell's width times half of its height.
    assert shares([box(0.5, 0.5, 1.5, 1.5)], Window(0, 2, 0, 2)).tolist() == [[[0.25, 0.25], [0.25, 0.25]]]


def test_a_triangle_takes_halves_of_the_cells_on_its_long_side():
    # Below the diagonal of a square of 2 x 2: half of both diagonal cells, all of one, none of the other.
    triangle = Polygon([(0, 0), (0, 2), (2, 2)])
    assert shares([triangle], Window(0, 2, 0, 2)).tolist() == [[[0.5, 0.0], [1.0, 0.5]]]


def test_a_hole_is_left_out():
    # A cell of 1 with a hole of 0.5 x 0.5 keeps 0.75.
    ring = box(0, 0, 1, 1).difference(box(0.25, 0.25, 0.75, 0.75))
    assert shares([ring], Window(0, 1, 0, 1)).tolist() == [[[0.75]]]


def test_two_parts_in_one_cell_add_up():
    # A quarter of the cell's width twice, at full height.
    parts = MultiPolygon([box(0, 0, 0.25, 1), box(0.5, 0, 0.75, 1)])
    assert shares([parts], Window(0, 1, 0, 1)).tolist() == [[[0.5]]]


def test_the_direction_of_rings_does_not_matter():
    ring = [(0.5, 0.5), (2.5, 0.5), (2.5, 1.5), (0.5, 1.5)]
    one, other = shares([Polygon(ring), Polygon(ring[::-1])], Window(0, 2, 0, 3))
    assert one.tolist() == other.tolist()


def test_missing_and_empty_polygons_cover_nothing():
    found = shares([None, Polygon(), box(0, 0, 1, 1)], Window(0, 1, 0, 1))
    assert found.tolist() == [[[0.0]], [[0.0]], [[1.0]]]


def test_a_polygon_along_the_lines_of_the_grid_takes_nothing_of_its_neighbours():
    # 0.1 has no exact binary form: columns 3 to 7 of cells of 0.1 would else have slivers on both sides.
    transform = (0.1, 0.0, 117.3, 0.0, -0.1, 36.9)
    zone = box(117.3 + 0.1 * 3, 36.9 - 0.1 * 4, 117.3 + 0.1 * 7, 36.9 - 0.1 * 2)
    runs = runs_in(edges_of(np.array([zone], dtype=object), transform), Window(0, 8, 0, 10))
    assert [runs.row.tolist(), runs.start.tolist(), runs.end.tolist()] == [[2, 3], [3, 3], [7, 7]]
    assert runs.share.tolist() == [1.0, 1.0]


def test_whole_cells_of_a_row_are_one_run():
    runs = runs_in(edges_of(np.array([box(0.5, 0, 90.5, 1)], dtype=object), PLAIN), Window(0, 1, 0, 100))
    assert list(zip(runs.start, runs.end, runs.share, strict=True)) == [
        (0, 1, 0.5),
        (1, 90, 1.0),
        (90, 91, 0.5),
    ]


def test_ground_is_measured_beyond_the_grid():
    # Rows of 1, 2 and 3 m2 a cell: half a row above the grid, then two whole ones; 4 columns.
    edges = edges_of(np.array([box(-1, -0.5, 3, 2)], dtype=object), PLAIN)
    assert ground_m2(edges, np.array([1.0, 2.0, 3.0]), -1).tolist() == [4 * (0.5 * 1 + 2 + 3)]


@st.composite
def stars(draw):
    """A simple polygon around a place, of any number of corners; sometimes with a hole."""
    corners = draw(st.integers(3, 12))
    x, y = draw(st.floats(-2, 12)), draw(st.floats(-2, 10))
    radius = draw(st.lists(st.floats(0.05, 8.0), min_size=corners, max_size=corners))
    turn = 2 * np.pi * np.arange(corners) / corners + draw(st.floats(0, 1))
    ring = np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)])
    if draw(st.booleans()):
        ring = np.round(ring * 2) / 2  # corners on lines of the grid, edges along them
    polygon = Polygon(ring)
    if draw(st.booleans()):
        polygon = polygon.difference(shapely.affinity.scale(polygon, 0.5, 0.5, origin=(x, y)))
    return (
        polygon
        if polygon.is_valid and polygon.geom_type in ("Polygon", "MultiPolygon")
        else box(x, y, x + 1, y + 1)
    )


WINDOW = Window(0, 8, 0, 10)


@given(stars(), st.sampled_from([PLAIN, (0.5, 0.1, -3.0, 0.05, -0.7, 6.0)]))
@settings(max_examples=150, deadline=None)
def test_shares_are_those_of_cutting_every_cell(polygon, transform):
    # 1e-9 of a cell: vertices may be put on a line of the grid from so near.
    assert shares([polygon], WINDOW, transform)[0] == pytest.approx(
        by_geos(polygon, WINDOW, transform), abs=1e-9
    )


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 800)), min_size=3, max_size=15, unique=True))
@settings(max_examples=60, deadline=None)
def test_shares_of_a_partition_add_up_to_every_cell(places):
    ground = box(0, 0, 10, 8)
    around = shapely.MultiPoint(np.array(places) / 100)
    cells = shapely.get_parts(shapely.voronoi_polygons(around, extend_to=ground))
    parts = shapely.intersection(cells, ground)
    parts = parts[shapely.is_valid(parts) & (shapely.get_dimensions(parts) == 2)]
    if abs(shapely.area(parts).sum() - 80) < 1e-9:  # places in one line make no partition
        assert shares(parts, WINDOW).sum(axis=0) == pytest.approx(np.ones((8, 10)), abs=1e-9)


@given(stars(), st.integers(0, 7), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_cutting_a_grid_into_windows_changes_nothing(polygon, row, column):
    whole = shares([polygon], WINDOW)[0]
    corners = [(0, row, 0, column), (0, row, column, 10), (row, 8, 0, column), (row, 8, column, 10)]
    for top, bottom, left, right in corners:
        if top < bottom and left < right:
            part = shares([polygon], Window(top, bottom, left, right))[0]
            assert part == pytest.approx(whole[top:bottom, left:right], abs=1e-12)

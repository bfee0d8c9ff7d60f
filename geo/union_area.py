"""Area of the union of many polygons on ground, by cells of a grid and without making the union.

Cells that lie wholly in one polygon are covered; in the others the few polygons whose borders pass are
integrated exactly (`geo.cell_slabs`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cell_rows, cell_slabs
from geo.crs import check_finite
from geo.jit import Bools, Floats, Ints
from geo.polygons import check_kind, check_valid

_CELLS_ACROSS = 6.0
_EDGES_ACROSS = 20.0
_FINEST = 64.0
_MOST_CELLS, _MOST_COLUMNS = 4_000_000, 30_000
_LOOKED_AT = 100_000
"""Corners that tell how long edges are."""
_AT_ONCE = 4096
"""Cells a thread takes at a time."""


class _Shapes(NamedTuple):
    """Polygons as arrays: corners, first corner of each ring, first ring of each polygon, whose they are."""

    xy: Floats
    ring: Ints
    part: Ints
    owner: NDArray[np.intp]


class _Rows(NamedTuple):
    """The edges of each polygon by rows of the grid, see `geo.cell_rows`."""

    low: Ints
    high: Ints
    base: Ints
    row_start: Ints
    row_edge: Ints


class _Touched(NamedTuple):
    """Cells that borders of polygons touch, and runs of cells that lie wholly in one."""

    cell: Ints
    part: Ints
    run_first: Ints
    run_last: Ints
    run_part: Ints


def union_areas(cover: NDArray[np.object_], ground: NDArray[np.object_]) -> Floats:
    """Area of each ground polygon in the union of `cover`, see `geo.catchments.covered_area`."""
    area = shapely.area(ground)
    places, service = _shapes(ground, "the ground"), _shapes(cover, "the catchments")
    if not len(places.owner) or not len(service.owner):
        return np.where(np.isnan(area), np.nan, 0.0)
    origin = (places.xy.min(axis=0) + places.xy.max(axis=0)) / 2
    for shapes in (places, service):
        shapes.xy[:] -= origin  # products of small coordinates keep their digits
    grid = _grid_over(places, service)

    cover_rows, ground_rows = _rows(service, grid), _rows(places, grid)
    touched, borders = _scan(service, cover_rows, grid), _scan(places, ground_rows, grid)
    cells = int(grid[3] * grid[4])
    full = _in_runs(touched, cells)
    open_pair = ~full[touched.cell]
    order = np.argsort(touched.cell[open_pair], kind="stable")
    cell_part = touched.part[open_pair][order]
    cell_start = _starts(touched.cell[open_pair], cells)
    some = full | (np.diff(cell_start) > 0)
    inner = np.flatnonzero(_in_runs(borders, cells) & some).astype(np.int32)

    cell = np.concatenate([inner, borders.cell])
    on = np.concatenate([np.full(len(inner), -1, np.int32), borders.part])
    of_cover = service.xy, grid, cover_rows.low, cover_rows.base, cover_rows.row_start, cover_rows.row_edge
    of_ground = places.xy, ground_rows.low, ground_rows.base, ground_rows.row_start, ground_rows.row_edge
    found = np.zeros(len(cell))

    def measure(first: int) -> None:
        last = min(first + _AT_ONCE, len(cell))
        cell_slabs.union_in_cells(
            *of_cover, cell_start, cell_part, full, *of_ground, cell, on, first, last, found
        )

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(measure, range(0, len(cell), _AT_ONCE)))  # each writes to places of its own
    covered = np.bincount(places.owner[borders.part], found[len(inner) :], len(ground))
    if len(borders.run_first):
        by_cell = np.zeros(cells + 1)
        by_cell[inner] = found[: len(inner)]
        ends = np.column_stack([borders.run_first, borders.run_last + 1]).ravel()
        runs = np.add.reduceat(by_cell, ends)[::2]
        covered = covered + np.bincount(places.owner[borders.run_part], runs, len(ground))
    return np.where(np.isnan(area), np.nan, np.clip(covered, 0.0, area))


def _shapes(polygons: NDArray[np.object_], subject: str) -> _Shapes:
    """Checked polygons as arrays; coordinates are looked at while they are at hand."""
    check_kind(polygons, subject)
    parts, owner = polygons, np.arange(len(polygons))
    if (shapely.get_type_id(polygons) == shapely.GeometryType.MULTIPOLYGON).any():
        parts, owner = shapely.get_parts(polygons, return_index=True)
    solid = ~(shapely.is_missing(parts) | shapely.is_empty(parts))
    if not solid.all():
        parts, owner = parts[solid], owner[solid]
    xy, ring, part = _corners(parts)
    if not np.isfinite(xy).all():
        check_finite(xy, np.repeat(owner, np.diff(ring[part])), subject)
    convex = np.zeros(len(parts), bool)
    cell_rows.orient(xy, ring, part, convex)
    doubtful = np.full(len(polygons), None, dtype=object)
    doubtful[owner[~convex]] = polygons[owner[~convex]]
    check_valid(doubtful, subject)
    return _Shapes(xy, ring, part, owner)


def _corners(parts: NDArray[np.object_]) -> tuple[Floats, Ints, Ints]:
    """Corners of polygons, first corner of each ring, first ring of each polygon."""
    rings, owner = (parts, np.arange(len(parts)))
    if shapely.get_num_interior_rings(parts).any():
        rings, owner = shapely.get_rings(parts, return_index=True)
    ring = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))])
    part = np.searchsorted(owner, np.arange(len(parts) + 1))
    return shapely.get_coordinates(rings), ring.astype(np.int32), part.astype(np.int32)


def _grid_over(ground: _Shapes, cover: _Shapes) -> Floats:
    """A grid over the ground: catchments some cells wide, and not too many edges in a cell."""
    low, high = ground.xy.min(axis=0), ground.xy.max(axis=0)
    width, height = high - low
    first = cover.ring[cover.part[:-1]]
    span = np.maximum.reduceat(cover.xy, first) - np.minimum.reduceat(cover.xy, first)
    across = float(np.median(np.sqrt(span[:, 0] * span[:, 1])))
    edge = float(np.median(np.hypot(*np.diff(cover.xy[:_LOOKED_AT], axis=0).T)))
    cell = max(
        min(across / _CELLS_ACROSS, max(_EDGES_ACROSS * edge, across / _FINEST)),
        np.sqrt(width * height / _MOST_CELLS),
        max(width, height) / _MOST_COLUMNS,
    )
    # the corner lies off the ground by an odd share of a cell, so that borders seldom run along cells
    x0, y0 = low - cell * np.array([0.381966, 0.236068])
    columns, rows = int((high[0] - x0) / cell) + 1, int((high[1] - y0) / cell) + 1
    return np.array([x0, y0, cell, columns, rows], dtype=np.float64)


def _rows(shapes: _Shapes, grid: Floats) -> _Rows:
    parts = len(shapes.owner)
    low, high = np.empty(parts, np.int32), np.empty(parts, np.int32)
    cell_rows.row_ranges(shapes.xy, shapes.ring, shapes.part, grid, low, high)
    span = np.maximum(high - low + 1, 0)
    base = (np.cumsum(span) - span).astype(np.int32)
    size = np.zeros(int(span.sum()), np.int32)
    cell_rows.count_rows(shapes.xy, shapes.ring, shapes.part, grid, low, base, size)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
    edge = np.empty(int(start[-1]), np.int32)
    cell_rows.fill_rows(shapes.xy, shapes.ring, shapes.part, grid, low, base, start[:-1].copy(), edge)
    return _Rows(low, high, base, start, edge)


def _scan(shapes: _Shapes, rows: _Rows, grid: Floats) -> _Touched:
    touched, runs = 4 * len(rows.row_start) + 64, 2 * len(rows.row_start) + 64
    while True:
        found = _Touched(*(np.empty(n, np.int32) for n in (touched, touched, runs, runs, runs)))
        more, more_runs = cell_rows.scan(shapes.xy, grid, *rows, *found)
        if more <= touched and more_runs <= runs:
            cuts = more, more, more_runs, more_runs, more_runs
            return _Touched(*(values[:n] for values, n in zip(found, cuts, strict=True)))
        touched, runs = more, more_runs


def _in_runs(touched: _Touched, cells: int) -> Bools:
    """Which cells lie wholly in some polygon."""
    change = np.bincount(touched.run_first, minlength=cells + 1) - np.bincount(
        touched.run_last + 1, minlength=cells + 1
    )
    return np.cumsum(change)[:cells] > 0


def _starts(place: Ints, cells: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(place, minlength=cells))]).astype(np.int32)

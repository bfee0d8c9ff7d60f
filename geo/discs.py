"""How much ground lies within a radius of places: exact areas and lengths in unions of discs.

The area of ground in a union of discs is Green's integral along its border: the arcs of each circle that lie
in no other disc, where they run over the ground, and the pieces of the ground's border that lie in some disc.
Both are found by sorting intervals on circles and edges; discs find their neighbours in uniform grids. An arc
is integrated as it is: no circle becomes a polygon, and nothing depends on a number of segments.
"""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import borders, disc_ground, disc_rims
from geo.borders import Edges
from geo.crs import check_finite, require_metres
from geo.errors import GeometryError
from geo.jit import Bools, Floats, Ints
from geo.polygons import Geometries, check_lines, check_polygons, geometries, rows_from_one

_PER_CELL = 2.0
_MOST_PIECES = 200_000
"""Long edges are cut to the size of a disc, so that each meets few discs, but not into many more pieces."""


class _Grid(NamedTuple):
    order: NDArray[np.intp]
    row: Floats
    """x0, y0, cell, columns, rows, first cell in `start`, what the caller adds."""
    start: Ints


class _Discs(NamedTuple):
    """Discs sorted by size class and cell, and the grids they lie in."""

    x: Floats
    y: Floats
    r: Floats
    grid: Floats
    start: Ints


def disc_areas(centres: ArrayLike, radii: ArrayLike, ground: Geometries) -> Floats:
    """Area of each ground polygon that lies within the union of discs.

    Parameters
    ----------
    centres
        Shape (n, 2), in the ground's system, in metres.
    radii
        One for all, or shape (n,): metres, 0 or more. A disc of radius 0 covers nothing.
    ground
        Valid polygons, holes and several parts allowed. They may overlap: each is answered on its own. A
        frame or series must be in a projected system in metres; an array is taken to be.

    Returns
    -------
    Square metres, shape (m,), from 0 to the polygon's area; 0.0 for an empty polygon, NaN for a missing one.

    Notes
    -----
    Rounding moves the result by about 1e-12 of the area, also where circles touch borders or each other.
    """
    polygons = _ground(ground)
    check_polygons(polygons, "the ground")
    xy, r = _discs_asked(centres, radii)
    area = shapely.area(polygons)
    if not len(xy) or not np.nansum(area):
        return np.where(np.isnan(area), np.nan, 0.0)
    middle = xy.mean(axis=0)
    edges = borders.of_polygons(polygons, middle)
    discs = _sorted_discs(xy - middle, r)
    edges = _cut(edges, r)
    corners = shapely.bounds(polygons) - np.tile(middle, 2)
    origin = np.nan_to_num((corners[:, :2] + corners[:, 2:]) / 2)

    arcs, hidden = _exposed(discs)
    share = _shares(edges, discs, hidden)
    ax, ay = edges.ax - origin[edges.owner, 0], edges.ay - origin[edges.owner, 1]
    bx, by = edges.bx - origin[edges.owner, 0], edges.by - origin[edges.owner, 1]
    along_border = share * (ax * by - bx * ay) / 2
    covered = np.bincount(edges.owner, along_border, len(polygons)) + _along_arcs(
        discs, arcs, edges, corners, origin
    )
    return np.where(np.isnan(area), np.nan, np.clip(covered, 0.0, area))


def disc_lengths(centres: ArrayLike, radii: ArrayLike, lines: Geometries) -> Floats:
    """Length of each line that lies within the union of discs, metres, shape (m,).

    Centres and radii as in `disc_areas`. Lines may have several parts; an empty one has 0.0, a missing one
    NaN.
    """
    shapes = _ground(lines)
    check_lines(shapes, "the lines")
    xy, r = _discs_asked(centres, radii)
    length = shapely.length(shapes)
    if not len(xy):
        return np.where(np.isnan(length), np.nan, 0.0)
    middle = xy.mean(axis=0)
    edges = _cut(borders.of_lines(shapes, middle), r)
    share = _shares(edges, _sorted_discs(xy - middle, r), np.zeros(len(xy), bool))
    inside = np.bincount(edges.owner, share * edges.length(), len(shapes))
    return np.where(np.isnan(length), np.nan, np.clip(inside, 0.0, length))


def _ground(data: Geometries) -> NDArray[np.object_]:
    if isinstance(data, gpd.GeoDataFrame | gpd.GeoSeries):
        require_metres(data.crs, "covering ground by distance")
    return geometries(data)


def _discs_asked(centres: ArrayLike, radii: ArrayLike) -> tuple[Floats, Floats]:
    """Centres and radii of the discs that cover something."""
    xy = np.asarray(centres, dtype=np.float64).reshape(-1, 2)
    check_finite(xy, np.arange(len(xy)), "the centres")
    r = np.broadcast_to(np.asarray(radii, dtype=np.float64), len(xy))
    bad = ~(np.isfinite(r) & (r >= 0))
    if bad.any():
        raise GeometryError("the radii", "are not distances of 0 or more", rows_from_one(bad))
    return xy[r > 0], np.ascontiguousarray(r[r > 0])


def _cut(edges: Edges, r: Floats) -> Edges:
    longest = max(2 * float(np.median(r)), float(edges.length().sum()) / _MOST_PIECES)
    return borders.split(edges, longest)


def _grid(x: Floats, y: Floats, least: float, more: float) -> _Grid:
    """Points by cells of a uniform grid of about as many cells as points, none smaller than `least`."""
    x0, y0 = float(x.min()), float(y.min())
    width, height = float(x.max()) - x0, float(y.max()) - y0
    cell = max(
        least, np.sqrt(width * height * _PER_CELL / len(x)), max(width, height) * _PER_CELL / len(x), 1e-9
    )
    columns, rows = int(width / cell) + 1, int(height / cell) + 1
    place = ((y - y0) / cell).astype(np.int64) * columns + ((x - x0) / cell).astype(np.int64)
    order = np.argsort(place, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=columns * rows))])
    return _Grid(order, np.array([x0, y0, cell, columns, rows, 0, more]), start.astype(np.int32))


def _sorted_discs(xy: Floats, r: Floats) -> _Discs:
    """One grid for each power of two of the radius: small discs need not look as far as large ones."""
    size = np.frexp(r)[1]
    order, row, start = [], [], []
    cells = discs = 0
    for each in np.unique(size)[::-1]:
        some = np.flatnonzero(size == each)
        reach = float(r[some].max())
        found = _grid(xy[some, 0], xy[some, 1], reach / 2, reach)
        found.row[5] = cells
        order.append(some[found.order])
        row.append(found.row)
        start.append(found.start + discs)
        cells += len(found.start)
        discs += len(some)
    by_cell = np.concatenate(order)
    x, y = np.ascontiguousarray(xy[by_cell, 0]), np.ascontiguousarray(xy[by_cell, 1])
    return _Discs(x, y, r[by_cell], np.array(row), np.concatenate(start).astype(np.int32))


class _Arcs(NamedTuple):
    """Exposed arcs, sorted by disc."""

    disc: Ints
    low: Floats
    high: Floats


def _exposed(discs: _Discs) -> tuple[_Arcs, Bools]:
    n = len(discs.x)
    hidden = np.zeros(n, bool)
    room = 2 * n + 64
    while True:
        arcs = _Arcs(np.empty(room, np.int32), np.empty(room), np.empty(room))
        count = disc_rims.exposed(*discs, 0, n, *arcs, hidden)
        if count <= room:
            return _Arcs(arcs.disc[:count], arcs.low[:count], arcs.high[:count]), hidden
        room = count


def _shares(edges: Edges, discs: _Discs, hidden: Bools) -> Floats:
    share = np.zeros(len(edges.ax))
    x, y, r, grid, start = discs
    ends = edges.ax, edges.ay, edges.bx, edges.by
    disc_ground.shares_inside(*ends, x, y, r, hidden, grid, start, 0, len(share), share)
    return share


def _along_arcs(discs: _Discs, arcs: _Arcs, edges: Edges, corners: Floats, origin: Floats) -> Floats:
    """Green's integral over the exposed arcs on each polygon."""
    x, y, r = discs.x, discs.y, discs.r
    open_disc = np.unique(arcs.disc)
    around = shapely.box(*(place[open_disc] + sign * r[open_disc] for sign in (-1, 1) for place in (x, y)))
    polygon_boxes = np.full(len(corners), None, dtype=object)
    there = ~np.isnan(corners[:, 0])
    polygon_boxes[there] = shapely.box(*corners[there].T)
    disc, ground = shapely.STRtree(polygon_boxes).query(around)
    pairs = np.lexsort([ground, disc])
    pair_disc, pair_ground = open_disc[disc[pairs]].astype(np.int32), ground[pairs].astype(np.int32)

    longest = float(edges.length().max())
    by_cell = _grid((edges.ax + edges.bx) / 2, (edges.ay + edges.by) / 2, longest / 2, longest / 2)
    sorted_edges = Edges._make(np.ascontiguousarray(values[by_cell.order]) for values in edges)
    result = np.zeros(len(pairs))
    disc_ground.arcs_inside(
        x,
        y,
        r,
        np.searchsorted(arcs.disc, np.arange(len(x) + 1)).astype(np.int32),
        arcs.low,
        arcs.high,
        pair_disc,
        pair_ground,
        origin,
        *sorted_edges,
        by_cell.row,
        by_cell.start,
        *_bands(sorted_edges, corners),
        0,
        len(pairs),
        result,
    )
    return np.bincount(pair_ground, result, len(corners)).astype(np.float64)


def _bands(edges: Edges, corners: Floats) -> tuple[Floats, Ints, Ints]:
    """Edges of each polygon by horizontal bands: a place is tested against the edges of its band only."""
    count = np.maximum(np.bincount(edges.owner, minlength=len(corners)) // 2, 1)
    first = np.cumsum(count) - count
    height = np.where(corners[:, 3] > corners[:, 1], (corners[:, 3] - corners[:, 1]) / count, 1.0)
    bands = np.column_stack([np.nan_to_num(corners[:, 1]), height, count, first]).astype(np.float64)
    size = np.zeros(int(count.sum()), np.int32)
    disc_ground.band_sizes(edges.ay, edges.by, edges.owner, bands, size)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
    band_edge = np.empty(int(start[-1]), np.int32)
    disc_ground.fill_bands(edges.ay, edges.by, edges.owner, bands, start[:-1].copy(), band_edge)
    return bands, start, band_edge

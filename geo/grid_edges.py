"""Borders of polygons, moved into the cells of a grid: what exact shares of cells are computed from.

Coordinates are cells: x is the column, y the row, both from the first cell's outer corner.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.jit import Floats

Longs = NDArray[np.int64]
Transform = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x = a * column + b * row + c, y = d * column + e * row + f."""

_CARRIED = 16 * np.finfo(np.float64).eps
"""What rounding leaves of a coordinate after it was moved into cells, as a share of the largest."""


@dataclass(frozen=True)
class Window:
    """Part of a grid: rows from `top` and columns from `left`, neither of the ends included."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def cells(self) -> int:
        return max(self.bottom - self.top, 0) * max(self.right - self.left, 0)

    def meet(self, other: "Window") -> "Window":
        """What both have; of no cells where they do not meet."""
        return Window(
            max(self.top, other.top),
            min(self.bottom, other.bottom),
            max(self.left, other.left),
            min(self.right, other.right),
        )


@dataclass(frozen=True)
class Edges:
    """Edges of polygons in cells, each from a lesser to a greater row.

    x0, y0, x1, y1: ends with y0 < y1, shape (m,); edges along a row cut nothing off and are left out.
    sign: 1 where the inside lies at greater columns, else -1, shape (m,). first: the edges of polygon i are
    first[i] to first[i + 1], ordered by y0. box: least column, least row, greatest column, greatest row,
    shape (polygons, 4); NaN for a polygon that covers nothing.
    """

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    sign: Floats
    first: Longs
    box: Floats

    def extent(self) -> Window:
        """The smallest window with all of them, which may reach beyond the grid; of no cells without any."""
        return self.extent_of(np.arange(len(self.box)))

    def extent_of(self, polygons: Longs) -> Window:
        """The smallest window with these polygons."""
        box = self.box[polygons]
        box = box[np.isfinite(box[:, 0])]
        if not len(box):
            return Window(0, 0, 0, 0)
        left, top = np.floor(box[:, :2].min(axis=0))
        right, bottom = np.ceil(box[:, 2:].max(axis=0))
        return Window(int(top), int(bottom), int(left), int(right))

    def near(self, window: Window) -> Longs:
        """The polygons whose box meets the window."""
        left, top, right, bottom = self.box.T
        meets = (left < window.right) & (right > window.left) & (top < window.bottom) & (bottom > window.top)
        return np.flatnonzero(meets)


def edges_of(polygons: NDArray[np.object_], transform: Transform) -> Edges:
    """The borders of polygons in a grid's cells.

    Parameters
    ----------
    polygons
        Valid polygons and multipolygons in the grid's system. Missing and empty ones cover nothing.
    transform
        The grid's. A vertex that lies as near to a line of the grid as its coordinates can say is put on it,
        so that zones drawn along cells take nothing of the neighbours.
    """
    parts, polygon = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    column, row = _in_cells(xy, transform)
    box = _boxes(column, row, polygon[part[ring]], len(polygons))
    start = np.flatnonzero(ring[1:] == ring[:-1])
    ring, x0, y0, x1, y1 = ring[start], column[start], row[start], column[start + 1], row[start + 1]
    hole = np.zeros(len(rings), dtype=np.bool_)
    hole[1:] = part[1:] == part[:-1]  # of a polygon's rings the first is its border
    # A ring of positive area has its inside on the left: at lesser columns where it runs to greater rows.
    inward = np.where(_is_positive(ring, x0, y0, x1, y1, len(rings)) == hole, 1.0, -1.0)
    falls = y1 < y0
    sign = inward[ring] * np.where(falls, -1.0, 1.0)
    x0, y0, x1, y1 = (np.where(falls, *ends) for ends in ((x1, x0), (y1, y0), (x0, x1), (y0, y1)))
    owner = polygon[part[ring]]
    kept = np.flatnonzero(y0 != y1)
    kept = kept[np.lexsort((y0[kept], owner[kept]))]
    first = np.searchsorted(owner[kept], np.arange(len(polygons) + 1)).astype(np.int64)
    return Edges(x0[kept], y0[kept], x1[kept], y1[kept], sign[kept], first, box)


def _is_positive(
    ring: Longs, x0: Floats, y0: Floats, x1: Floats, y1: Floats, rings: int
) -> NDArray[np.bool_]:
    """Whether each ring's signed area is; about its own first place, so that no digits are lost."""
    begin = np.searchsorted(ring, np.arange(rings))[ring]
    cross = (x0 - x0[begin]) * (y1 - y0[begin]) - (x1 - x0[begin]) * (y0 - y0[begin])
    return np.bincount(ring, cross, minlength=rings) > 0


def _boxes(column: Floats, row: Floats, owner: Longs, polygons: int) -> Floats:
    box = np.full((polygons, 4), np.nan)
    if len(owner):
        begins = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
        for at, values in enumerate((column, row)):
            box[owner[begins], at] = np.minimum.reduceat(values, begins)
            box[owner[begins], at + 2] = np.maximum.reduceat(values, begins)
    return box


def _in_cells(xy: Floats, transform: Transform) -> tuple[Floats, Floats]:
    a, b, c, d, e, f = transform
    determinant = a * e - b * d
    x, y = xy[:, 0] - c, xy[:, 1] - f
    column, row = (e * x - b * y) / determinant, (a * y - d * x) / determinant
    if not len(xy):
        return column, row
    near = min(_CARRIED * (np.abs(xy).max() + abs(c) + abs(f)) / np.sqrt(abs(determinant)), 1e-6)
    return _on_line(column, near), _on_line(row, near)


def _on_line(values: Floats, near: float) -> Floats:
    whole = np.round(values)
    return np.where(np.abs(values - whole) <= near, whole, values)

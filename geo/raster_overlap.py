"""Rasters that lie over one another: the first with a value counts, so that nothing is counted twice.

A cell of a later raster whose middle lies in a cell with a value of an earlier one has no value. On one grid
that is cell by cell; on different grids the seam is right to half a cell of the later raster.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from geo import raster_windows
from geo.grid_edges import Window
from geo.jit import Floats
from geo.raster_windows import OpenRaster


def without_earlier(
    values: Floats, window: Window, raster: OpenRaster, earlier: Sequence[OpenRaster]
) -> Floats:
    """The values of a window without those where an earlier raster has one; the array itself is changed."""
    for other in earlier:
        for part in _parts(window, raster, other):
            rows = slice(part.top - window.top, part.bottom - window.top)
            columns = slice(part.left - window.left, part.right - window.left)
            values[rows, columns][_has_value(part, raster, other)] = np.nan
    return values


def _parts(window: Window, raster: OpenRaster, other: OpenRaster) -> Iterator[Window]:
    """Parts of the window that lie in few enough cells of the other raster; none where it does not reach."""
    reach = _window_of(_places(window, raster, other, corners=True), other)
    if not reach.cells:
        return
    if reach.cells <= raster_windows.CELLS_AT_ONCE or window.cells == 1:
        yield window
        return
    for half in _halves(window):
        yield from _parts(half, raster, other)


def _halves(window: Window) -> tuple[Window, Window]:
    top, bottom, left, right = window.top, window.bottom, window.left, window.right
    if bottom - top >= right - left:
        middle = (top + bottom) // 2
        return Window(top, middle, left, right), Window(middle, bottom, left, right)
    middle = (left + right) // 2
    return Window(top, bottom, left, middle), Window(top, bottom, middle, right)


def _has_value(window: Window, raster: OpenRaster, other: OpenRaster) -> NDArray[np.bool_]:
    """Whether the middle of each cell of the window lies in a cell with a value of the other raster."""
    places = _places(window, raster, other, corners=False)
    found = np.zeros(len(places), dtype=np.bool_)
    cell = np.floor(np.where(np.isfinite(places), places, -1.0)).astype(np.int64)
    inside = (cell >= 0).all(axis=1) & (cell < (other.width, other.height)).all(axis=1)
    cell = cell[inside]
    if len(cell):
        (left, top), (right, bottom) = cell.min(axis=0), cell.max(axis=0) + 1
        known = ~np.isnan(other.values(Window(int(top), int(bottom), int(left), int(right))))
        found[inside] = known[cell[:, 1] - top, cell[:, 0] - left]
    return found.reshape(window.bottom - window.top, window.right - window.left)


def _window_of(places: Floats, other: OpenRaster) -> Window:
    """Cells of the other raster around these places, one more on each side, as far as it reaches."""
    places = places[np.isfinite(places).all(axis=1)]
    if not len(places):
        return Window(0, 0, 0, 0)
    left, top = np.floor(places.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(places.max(axis=0)).astype(int) + 1
    return Window(int(top), int(bottom), int(left), int(right)).meet(other.whole)


def _places(window: Window, raster: OpenRaster, other: OpenRaster, *, corners: bool) -> Floats:
    """Columns and rows in the other raster: of the window's outline, or of the middles of its cells."""
    if corners:
        column, row = _outline(window)
    else:
        column, row = np.meshgrid(
            np.arange(window.left, window.right) + 0.5, np.arange(window.top, window.bottom) + 0.5
        )
    return other.cells_at(raster.places(column.ravel(), row.ravel(), raster.crs), raster.crs)


def _outline(window: Window) -> tuple[Floats, Floats]:
    """Places along the four sides."""
    along = np.linspace(0.0, 1.0, 21)
    zero, one = np.zeros(21), np.ones(21)
    across = np.concatenate([along, one, along, zero]) * (window.right - window.left)
    down = np.concatenate([zero, along, one, along]) * (window.bottom - window.top)
    return across + window.left, down + window.top

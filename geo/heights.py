"""Heights of places from elevation rasters, read in blocks, so that no raster is too large."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pyproj import CRS

from geo import crs as systems
from geo.grid_edges import Window
from geo.jit import Floats
from geo.raster_place import cell_size_m
from geo.raster_windows import OpenRaster, opened

BLOCK = 1024
"""Cells along the side of the squares that are read at once: 8 MB of heights."""


@dataclass(frozen=True)
class Elevation:
    """Elevation rasters, asked at places in `crs`; `geo.effort.effort_of` takes them for its heights."""

    paths: tuple[Path, ...]
    crs: CRS
    band: int = 1

    def __call__(self, xy: Floats) -> Floats:
        """Height of each place, shape (n, 2), in units of the rasters: the first one that knows it counts.

        Between the middles of cells heights are bilinear; in the outer half of an outermost cell they are
        that cell's. NaN outside the rasters, and where a cell that counts has no value. Raises RasterError.
        """
        places = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
        found = np.full(len(places), np.nan)
        for path in self.paths:
            unknown = np.flatnonzero(np.isnan(found))
            if len(unknown):
                with opened(path, self.band) as raster:
                    found[unknown] = _heights(raster, places[unknown], self.crs)
        return found

    @cached_property
    def cell_m(self) -> float:
        """The shortest side of a cell in metres, in the middle of each raster."""
        return min(self._cell_m(path) for path in self.paths)

    def _cell_m(self, path: Path) -> float:
        with opened(path, self.band) as raster:
            return min(cell_size_m(raster, raster.crs))


def elevation(paths: Sequence[Path | str], crs: CRS) -> Elevation | None:
    """The first bands of some rasters; None without a raster."""
    return Elevation(tuple(Path(path) for path in paths), crs) if len(paths) else None


def _heights(raster: OpenRaster, xy: Floats, crs: CRS) -> Floats:
    found = np.full(len(xy), np.nan)
    column, row = _in_cells(raster, xy, crs)
    inside = (column >= 0) & (row >= 0) & (column <= raster.width) & (row <= raster.height)
    within = np.flatnonzero(inside)
    column = np.clip(column[within] - 0.5, 0, raster.width - 1)  # from the middle of the first cell
    row = np.clip(row[within] - 0.5, 0, raster.height - 1)
    block = (row // BLOCK).astype(np.int64) * (raster.width // BLOCK + 1) + (column // BLOCK).astype(np.int64)
    order = np.argsort(block, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        if len(some):
            found[within[some]] = _read(raster, column[some], row[some])
    return found


def _in_cells(raster: OpenRaster, xy: Floats, crs: CRS) -> tuple[Floats, Floats]:
    """Columns and rows of places, in cells from the raster's first corner."""
    own = systems.transform_xy(xy, crs, raster.crs)
    a, b, c, d, e, f = raster.transform
    x, y = own[:, 0] - c, own[:, 1] - f
    whole = a * e - b * d
    return (e * x - b * y) / whole, (a * y - d * x) / whole


def _read(raster: OpenRaster, column: Floats, row: Floats) -> Floats:
    """Heights of places in one block, in cells from the middle of the raster's first cell."""
    left, top = int(column.min()), int(row.min())
    window = Window(top, int(row.max()) + 2, left, int(column.max()) + 2).meet(raster.whole)
    return _bilinear(raster.values(window).astype(np.float64), column - left, row - top)


def _bilinear(cells: Floats, column: Floats, row: Floats) -> Floats:
    """Between the middles of cells, which have whole columns and rows; cells of no weight do not count."""
    left, top = column.astype(np.int64), row.astype(np.int64)
    right, below = np.minimum(left + 1, cells.shape[1] - 1), np.minimum(top + 1, cells.shape[0] - 1)
    x, y = column - left, row - top
    found = np.zeros(len(column))
    for r, c, weight in (
        (top, left, (1 - x) * (1 - y)),
        (top, right, x * (1 - y)),
        (below, left, (1 - x) * y),
        (below, right, x * y),
    ):
        found += np.where(weight > 0, cells[r, c] * weight, 0.0)
    return found

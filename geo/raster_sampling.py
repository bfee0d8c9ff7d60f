"""What rasters hold at points: the cell in which a feature stands (heights between cells: `geo.heights`)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from geo.grid_edges import Window
from geo.jit import Bools, Floats
from geo.raster_windows import Ndvi, OpenRaster, Paths, all_opened


def values_at(
    paths: Paths,
    xy: Floats,
    crs: CRS,
    *,
    band: int | Ndvi = 1,
    names: Sequence[str] | None = None,
) -> Floats:
    """The value of the cell at each point, shape (n,); NaN beyond the rasters and where there is none.

    `xy` are places in `crs`, shape (n, 2). Of several rasters the first with a value at the point counts.
    Raises what `geo.raster_windows.opened` raises.
    """
    found = np.full(len(xy), np.nan)
    with all_opened(paths, band, names=names) as rasters:
        for raster in rasters:
            left = np.flatnonzero(np.isnan(found))
            found[left] = _at(raster, raster.cells_at(np.asarray(xy, np.float64)[left], crs))
    return found


@dataclass(frozen=True)
class Held:
    """Of the cell at each point, shape (n,): whether it has a value, and whether that is what is asked."""

    known: Bools
    met: Bools


def held_at(
    paths: Paths,
    xy: Floats,
    crs: CRS,
    *,
    at_least: float | None = None,
    below: float | None = None,
    band: int | Ndvi = 1,
    names: Sequence[str] | None = None,
) -> Held:
    """Whether the cell at each point holds `at_least` (included) and less than `below`; see `values_at`."""
    known, met = np.zeros(len(xy), np.bool_), np.zeros(len(xy), np.bool_)
    with all_opened(paths, band, names=names) as rasters:
        for raster in rasters:
            left = np.flatnonzero(~known)
            value = _at(raster, raster.cells_at(np.asarray(xy, np.float64)[left], crs))
            least, most = raster.bounds(at_least, below)
            known[left] = ~np.isnan(value)
            met[left] = (value >= least) & (value < most)
    return Held(known, met)


def _at(raster: OpenRaster, cells: Floats) -> Floats:
    """Values at columns and rows; each window with points is read once. The last borders belong to cells."""
    found = np.full(len(cells), np.nan)
    column, row = cells.T
    inside = (column >= 0) & (column <= raster.width) & (row >= 0) & (row <= raster.height)  # NaN is not
    at = np.flatnonzero(inside)
    column = np.minimum(np.floor(column[at]), raster.width - 1).astype(np.int64)
    row = np.minimum(np.floor(row[at]), raster.height - 1).astype(np.int64)
    if not len(at):
        return found
    reach = Window(int(row.min()), int(row.max()) + 1, int(column.min()), int(column.max()) + 1)
    for window in raster.windows(reach):
        here = (row >= window.top) & (row < window.bottom)
        here &= (column >= window.left) & (column < window.right)
        if here.any():
            found[at[here]] = raster.values(window)[row[here] - window.top, column[here] - window.left]
    return found

"""What rasters hold at points: heights along streets, the cell in which a feature stands."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.grid_edges import Window
from geo.jit import Floats
from geo.raster_windows import Ndvi, OpenRaster, Paths, all_opened


def values_at(
    paths: Paths,
    xy: Floats,
    crs: CRS,
    *,
    band: int | Ndvi = 1,
    between_cells: bool = False,
    names: Sequence[str] | None = None,
) -> Floats:
    """The value at each point, shape (n,); NaN beyond the rasters and where there is none.

    Parameters
    ----------
    paths
        Of several rasters the first with a value at the point counts.
    xy
        Shape (n, 2), in `crs`.
    between_cells
        Mix the four cells around the point by their distance (bilinear), for surfaces such as heights; where
        one of them has no value, the cell itself counts. Otherwise that is always so.
    """
    found = np.full(len(xy), np.nan)
    with all_opened(paths, band, names=names) as rasters:
        for raster in rasters:
            left = np.flatnonzero(np.isnan(found))
            cells = raster.cells_at(np.asarray(xy, np.float64)[left], crs)
            found[left] = _at(raster, cells, between_cells)
    return found


def _at(raster: OpenRaster, cells: Floats, between: bool) -> Floats:
    """Values at columns and rows; each window with points is read once, with a cell more on each side."""
    found = np.full(len(cells), np.nan)
    column, row = cells.T
    inside = (column >= 0) & (column <= raster.width) & (row >= 0) & (row <= raster.height)  # NaN is not
    if not inside.any():
        return found
    low, high = np.floor(cells[inside].min(axis=0)), np.floor(cells[inside].max(axis=0)) + 1
    reach = Window(int(low[1]), int(high[1]), int(low[0]), int(high[0]))
    column = np.minimum(np.floor(np.where(inside, column, -1)), raster.width - 1).astype(np.int64)
    row = np.minimum(np.floor(np.where(inside, row, -1)), raster.height - 1).astype(np.int64)
    for window in raster.windows(reach.meet(raster.whole)):
        here = inside & (row >= window.top) & (row < window.bottom)
        here &= (column >= window.left) & (column < window.right)
        at = np.flatnonzero(here)
        if len(at):
            wider = Window(window.top - 1, window.bottom + 1, window.left - 1, window.right + 1)
            wider = wider.meet(raster.whole)
            values = raster.values(wider)
            found[at] = values[row[at] - wider.top, column[at] - wider.left]
            if between:
                mixed = _mixed(values, cells[at] - (wider.left, wider.top))
                found[at] = np.where(np.isnan(mixed), found[at], mixed)
    return found


def _mixed(values: Floats, cells: Floats) -> Floats:
    """Bilinear between the middles of cells; beyond the outermost middles as at them."""
    rows, columns = values.shape
    x = np.clip(cells[:, 0] - 0.5, 0, columns - 1)
    y = np.clip(cells[:, 1] - 0.5, 0, rows - 1)
    left: NDArray[np.int64] = np.minimum(np.floor(x), max(columns - 2, 0)).astype(np.int64)
    top: NDArray[np.int64] = np.minimum(np.floor(y), max(rows - 2, 0)).astype(np.int64)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    across, down = x - left, y - top
    over = values[top, left] * (1 - across) + values[top, right] * across
    under = values[bottom, left] * (1 - across) + values[bottom, right] * across
    return np.asarray(over * (1 - down) + under * down, dtype=np.float64)

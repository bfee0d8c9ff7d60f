"""A coarse view of a raster for drawing: from its overviews, with at most so many cells. Not for figures."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyproj import CRS

from geo.grid_edges import Transform
from geo.jit import Floats
from geo.raster_errors import RasterArgument
from geo.raster_windows import Ndvi, opened

AT_MOST = 1 << 18
"""Cells of a picture 512 wide and high."""


@dataclass(frozen=True)
class Drawing:
    """Values on a coarser grid of the raster's system, NaN where there is none, shape (rows, columns)."""

    values: Floats
    transform: Transform
    crs: CRS


def drawn(
    path: Path | str, *, at_most_cells: int = AT_MOST, band: int | Ndvi = 1, name: str | None = None
) -> Drawing:
    """The whole raster in at most so many cells; the file is read through the overview that is fine enough.

    Without overviews single cells stand for their neighbours. Raises as `geo.raster_windows.opened`.
    """
    if at_most_cells < 1:
        raise RasterArgument("at_most_cells", at_most_cells, "at least 1")
    with opened(path, band, name=name) as raster:
        shrink = max(1.0, np.sqrt(raster.width * raster.height / at_most_cells))
        columns, rows = (max(1, int(side / shrink)) for side in (raster.width, raster.height))
        columns, rows = min(columns, at_most_cells), min(rows, max(1, at_most_cells // columns))
        values = raster.values(raster.whole, (rows, columns))
        a, b, c, d, e, f = raster.transform
        wide, high = raster.width / columns, raster.height / rows
        return Drawing(values, (a * wide, b * high, c, d * wide, e * high, f), raster.crs)

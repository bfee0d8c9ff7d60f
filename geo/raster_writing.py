"""Writing a raster that was computed here, as a plain GeoTIFF; publishing makes it Cloud Optimized."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import require_metres


@dataclass(frozen=True)
class Grid:
    """Square cells with their rows from north to south: the upper left corner in metres, and the numbers."""

    west: float
    north: float
    cell_m: float
    rows: int
    columns: int

    @property
    def x(self) -> NDArray[np.float64]:
        """Middles of the columns."""
        return np.asarray(self.west + (np.arange(self.columns) + 0.5) * self.cell_m)

    @property
    def y(self) -> NDArray[np.float64]:
        """Middles of the rows."""
        return np.asarray(self.north - (np.arange(self.rows) + 0.5) * self.cell_m)


def grid_over(bounds: tuple[float, float, float, float], cell_m: float) -> Grid:
    """The grid that covers west, south, east, north, its lines at whole multiples of the cell."""
    west, south = (np.floor(each / cell_m) * cell_m for each in bounds[:2])
    east, north = (np.ceil(each / cell_m) * cell_m for each in bounds[2:])
    return Grid(
        float(west), float(north), cell_m, round((north - south) / cell_m), round((east - west) / cell_m)
    )


def write_raster(
    path: Path, bands: NDArray[Any], grid: Grid, crs: CRS, *, nodata: float | None = None
) -> None:
    """Write bands (n, rows, columns) as a GeoTIFF; `crs` must be projected in metres, as the grid is."""
    import rasterio
    from rasterio import Affine

    require_metres(crs, "writing a raster")
    if bands.shape[1:] != (grid.rows, grid.columns):
        raise ValueError(
            f"bands of {grid.rows} rows and {grid.columns} columns are wanted, got {bands.shape}"
        )
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=len(bands),
        height=grid.rows,
        width=grid.columns,
        dtype=bands.dtype,
        crs=crs.to_wkt(),
        transform=Affine(grid.cell_m, 0.0, grid.west, 0.0, -grid.cell_m, grid.north),
        nodata=nodata,
        compress="deflate",
    ) as raster:
        raster.write(bands)

"""How green a raster is, as a raster of its own: the index of its red and near infrared bands."""

import os
from pathlib import Path
from secrets import token_hex

import numpy as np

from geo.cog import TILE, cloud_optimized
from geo.raster_errors import RasterUnreadable
from geo.raster_windows import Ndvi, opened


def write_ndvi(path: Path | str, ndvi: Ndvi, into: Path, *, name: str | None = None) -> Path:
    """Write the index of a raster's bands as a raster of its own, window by window.

    One band of float32 from -1 to 1, NaN being no value, on the grid and in the system of the file. `into`
    must not exist yet; it is there whole or not at all.

    Raises
    ------
    FileExistsError, and what `geo.raster_windows.opened` raises; `name` is what its errors call the raster.
    """
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import Window as Cut

    if into.exists():
        raise FileExistsError(f"{into} exists: a raster is written to a new file")
    tiles, packed = (
        into.with_name(f".{into.name}.{token_hex(4)}.{part}.tif") for part in ("tiles", "packed")
    )
    try:
        with opened(path, ndvi, name=name) as raster:
            profile = {
                "driver": "GTiff",
                "width": raster.width,
                "height": raster.height,
                "count": 1,
                "dtype": "float32",
                "nodata": np.nan,
                "crs": raster.dataset.crs,
                "transform": raster.dataset.transform,
                "tiled": True,
                "blockxsize": TILE,
                "blockysize": TILE,
                "BIGTIFF": "IF_SAFER",
            }
            with rasterio.open(tiles, "w", **profile) as file:
                for window in raster.windows(raster.whole):
                    wide, high = window.right - window.left, window.bottom - window.top
                    cut = Cut(window.left, window.top, wide, high)
                    file.write(raster.values(window).astype(np.float32), 1, window=cut)
                file.set_band_description(1, "NDVI")
            try:
                cloud_optimized(str(tiles), str(packed), means=True)
            except RasterioError as error:
                raise RasterUnreadable(raster.name, str(error)[:300]) from error
        os.link(packed, into)  # unlike a rename it never replaces a file
    finally:
        tiles.unlink(missing_ok=True)
        packed.unlink(missing_ok=True)
    return into

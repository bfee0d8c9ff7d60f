"""GeoTIFFs written by tests, small enough to count by hand."""

import numpy as np
import rasterio
from rasterio import Affine

WEST, NORTH = 117.2, 36.8  # inside the tiny city's square degree
HERE = Affine(0.001, 0, WEST, 0, -0.001, NORTH)


def heights(rows=20, columns=30, *, first=10.0):
    """Cells that count up from `first`, row by row."""
    return (first + np.arange(rows * columns, dtype=np.float32)).reshape(1, rows, columns)


def write(path, values=None, *, crs="EPSG:4326", transform=HERE, **options):
    """A GeoTIFF of those bands; without `crs` it says none, without `transform` it has no place."""
    values = heights() if values is None else values
    count, height, width = values.shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": values.dtype}
    place = {name: each for name, each in {"crs": crs, "transform": transform}.items() if each is not None}
    with rasterio.open(path, "w", **profile, **place, **options) as raster:
        raster.write(values)
    return path

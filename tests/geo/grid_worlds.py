"""Small rasters and polygons that tests count by hand."""

import geopandas as gpd
import numpy as np
import rasterio
from rasterio import Affine

METRES = "EPSG:4548"
EAST, NORTH = 500_000.0, 4_060_000.0
TEN_M = Affine(10, 0, EAST, 0, -10, NORTH)
"""Cells of 10 m by 10 m, the first cell's outer corner at EAST, NORTH."""


def write(path, values, *, crs=METRES, transform=TEN_M, nodata=None, bands=None, **options):
    """A GeoTIFF of one band (rows, columns), or of several."""
    values = np.asarray(values)
    values = values if values.ndim == 3 else values[None]
    count, height, width = values.shape
    place = {"crs": crs} if crs else {}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype=values.dtype,
        transform=transform,
        nodata=nodata,
        **place,
        **options,
    ) as raster:
        raster.write(values)
    return path


def zones(*polygons, crs=METRES):
    """A frame of polygons, indexed from 10 on, so that an index lost is noticed."""
    return gpd.GeoDataFrame({"code": range(len(polygons))}, geometry=list(polygons), crs=crs).set_index(
        np.arange(10, 10 + len(polygons))
    )


def cells_box(left, top, right, bottom):
    """A rectangle given in columns and rows of the ten-metre raster."""
    from shapely.geometry import box

    return box(EAST + 10 * left, NORTH - 10 * bottom, EAST + 10 * right, NORTH - 10 * top)

"""Lengths and areas in a projected system in metres.

The projection's own distortion is not taken out. In the zone of `crs.working_crs` it stays under 0.1 % of the
geodesic value for a city: lengths in a Gauss-Kruger zone are too long by (distance from meridian / earth's
radius)^2 / 2, areas by twice that.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import check_finite, require_metres


def length_m(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Planar length of each line; a polygon's is that of its border.

    Returns
    -------
    Metres, indexed like `frame`: 0.0 for points and empty geometry, NaN for a missing one.
    """
    geometry = _measurable(frame, "a length")
    return pd.Series(shapely.length(geometry.to_numpy()), index=geometry.index, name="length_m")


def area_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Planar area of each polygon, holes left out.

    Returns
    -------
    Square metres, indexed like `frame`: 0.0 for points, lines and empty geometry, NaN for a missing one.
    """
    geometry = _measurable(frame, "an area")
    return pd.Series(shapely.area(geometry.to_numpy()), index=geometry.index, name="area_m2")


def _measurable(frame: gpd.GeoDataFrame | gpd.GeoSeries, task: str) -> gpd.GeoSeries:
    require_metres(frame.crs, task)
    xy, row = shapely.get_coordinates(frame.geometry.array, return_index=True)
    check_finite(np.asarray(xy), row, task)
    return frame.geometry

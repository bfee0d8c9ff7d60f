"""Catchments as polygons: made from facilities, measured on ground, and as geometry for drawing."""

import geopandas as gpd

from geo.crs import require_metres
from geo.errors import CrsUnfit
from geo.jit import Floats
from geo.polygons import Geometries, geometries
from geo.union_area import union_areas


def covered_area(catchments: Geometries, ground: Geometries) -> Floats:
    """Area of each ground polygon that lies within the union of catchments.

    Parameters
    ----------
    catchments, ground
        Valid polygons in one projected system in metres, holes and several parts allowed; arrays are taken to
        be. Missing and empty catchments cover nothing. Ground polygons may overlap: each is answered on its
        own.

    Returns
    -------
    Square metres, shape (m,), from 0 to the polygon's area; 0.0 for an empty polygon, NaN for a missing one.
    Equal to the area of union and intersection within 1e-9 of it.
    """
    _one_system(catchments, ground)
    return union_areas(geometries(catchments), geometries(ground))


def _one_system(*data: Geometries) -> None:
    frames = [each for each in data if isinstance(each, gpd.GeoDataFrame | gpd.GeoSeries)]
    systems = [require_metres(each.crs, "covering ground by catchments") for each in frames]
    if any(crs != systems[0] for crs in systems):
        raise CrsUnfit("covering ground by catchments", " and ".join(crs.name for crs in systems))

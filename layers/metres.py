"""Shapes of stored coordinates in metres, in the city's working system: for areas, lengths and distances."""

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import STORED, parse, require_metres, transform_xy, working_crs
from layers.city import City


def city_crs(city: City) -> CRS:
    """The system the city is measured in; the zone or projection around its middle for "auto"."""
    if city.working_crs == "auto":
        return working_crs(*city.centre)
    return require_metres(parse(city.working_crs), f"measuring {city.id}")


def in_metres(geometry: NDArray[np.object_], city: City) -> NDArray[np.object_]:
    """Geometry of stored coordinates, shape (n,), moved to the working system; None stays None.

    All must lie where that system has a place for them: ask for features in or near the city only.
    """
    xy = transform_xy(shapely.get_coordinates(geometry), STORED, city_crs(city))
    return shapely.set_coordinates(geometry.copy(), xy)


def measurable(geometry: NDArray[np.object_], city: City) -> NDArray[np.bool_]:
    """Which geometries are there and reach into the city's box: what lies elsewhere has no working system."""
    bounds = shapely.bounds(geometry)
    west, south, east, north = city.bbox
    width, height = east - west, north - south
    with np.errstate(invalid="ignore"):
        near = (
            (bounds[:, 0] >= west - width)
            & (bounds[:, 1] >= south - height)
            & (bounds[:, 2] <= east + width)
            & (bounds[:, 3] <= north + height)
        )
    return near & ~shapely.is_missing(geometry)

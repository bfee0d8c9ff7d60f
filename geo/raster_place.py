"""Where a raster lies: outline and middle in its own system, box in longitude and latitude, size of cells."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod

from geo.crs import STORED, is_metres, transform_xy

Points = NDArray[np.float64]
EDGE_POINTS = 21
"""Points on each side of the outline: curved sides of a box moved to another system are followed."""

_GEOD = Geod(ellps="WGS84")


class Placed(Protocol):
    """What has a place: so many cells, and where they lie (see RasterReading.transform)."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def transform(self) -> tuple[float, ...]: ...


def outline(raster: Placed) -> Points:
    """Points along the four sides, corners among them, shape (n, 2), in the raster's own system."""
    along = np.linspace(0.0, 1.0, EDGE_POINTS)
    zero, one = np.zeros(EDGE_POINTS), np.ones(EDGE_POINTS)
    sides = [(along, zero), (one, along), (1 - along, one), (zero, 1 - along)]
    return _at(raster, np.vstack([np.column_stack(side) for side in sides]))


def own_bounds(raster: Placed) -> tuple[float, float, float, float]:
    """West, south, east, north in the raster's own system, also of one that is turned or upside down."""
    corners = corners_and_middle(raster)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def corners_and_middle(raster: Placed) -> Points:
    """Shape (5, 2), the middle last, in the raster's own system."""
    return _at(raster, np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)], dtype=np.float64))


def lonlat_bounds(raster: Placed, crs: CRS) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees, to nine decimals; CoordinatesOutside where it has none."""
    found = transform_xy(outline(raster), crs, STORED)
    low, high = np.round(found.min(axis=0), 9), np.round(found.max(axis=0), 9)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def cell_size_m(raster: Placed, crs: CRS) -> tuple[float, float]:
    """Width and height of a cell in metres: the map's in a system in metres, else on the ground amidst it."""
    a, b, _, d, e, _ = raster.transform
    if is_metres(crs):
        return float(np.hypot(a, d)), float(np.hypot(b, e))
    steps = np.array([(0.0, 0.0), (a, d), (b, e)])
    here, right, below = transform_xy(corners_and_middle(raster)[-1] + steps, crs, STORED)
    return _apart_m(here, right), _apart_m(here, below)


def _at(raster: Placed, shares: Points) -> Points:
    """Places at these shares of the width and height, counted from the first cell's corner."""
    a, b, c, d, e, f = raster.transform
    column, row = shares[:, 0] * raster.width, shares[:, 1] * raster.height
    return np.column_stack([a * column + b * row + c, d * column + e * row + f])


def _apart_m(one: Points, other: Points) -> float:
    return round(float(_GEOD.inv(one[0], one[1], other[0], other[1])[2]), 3)

"""Coordinate systems a city's data may be in, and where each of them puts a file's coordinates.

Two orders of axes and four units are part of a candidate. The city's box is carried into every system once,
so that trying one costs a comparison of numbers.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from geo import crs_families as families
from geo.crs import CHINA, STORED
from geo.crs_families import CGCS2000, DEGREES, MERIDIAN_3, ZONE_3, ZONE_6

MARGIN_DEGREES = 0.05
"""How far outside the city's box its data may lie, about five kilometres."""
UNITS = {"m": 1.0, "km": 1000.0, "mm": 0.001, "ft": 0.3048}
"""Metres in a unit in which a file may hold its coordinates."""

_FAR_DEGREES = 6.5  # data of a city are sometimes kept in a neighbour's zone
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Area:
    """Where the data are expected: west, south, east, north in degrees, and the city's outline if known."""

    bbox: tuple[float, float, float, float]
    polygon: shapely.Geometry | None = None


@dataclass(frozen=True)
class System:
    """One system to try, and the axis order and unit in which it is tried."""

    crs: CRS
    kind: str = ""
    meridian: int = 0
    swapped: bool = False
    unit: str = "m"

    def read(self, xy: Points) -> Points:
        """The file's coordinates, x east and y north, in the unit of the system."""
        return (xy[:, ::-1] if self.swapped else xy) * UNITS[self.unit]


def systems_around(label: CRS | None, area: Area, swapped: bool | None) -> list[System]:
    """Systems in the order of preference; the label as it stands comes first."""
    orders = (False, True) if swapped is None else (swapped,)
    plain = ([] if label is None else [_of_label(label)]) + _systems_of(area, label)
    return [
        System(system.crs, system.kind, system.meridian, order, unit)
        for unit in UNITS
        for order in orders
        for system in plain
        if unit == "m" or system.crs.is_projected
    ]


def _of_label(label: CRS) -> System:
    return System(label, DEGREES if label.is_geographic else "")


def _systems_of(area: Area, label: CRS | None) -> list[System]:
    """The systems in use around a place, in the datum of the label if that is one of China's."""
    west, south, east, north = area.bbox
    lead = (None if label is None else families.family_of(label)) or CGCS2000
    chinese_place = in_china(np.array([[(west + east) / 2, (south + north) / 2]]))
    chinese = [
        System(CRS.from_epsg(lead.code(kind, meridian)), kind, meridian)
        for kind in (ZONE_3, MERIDIAN_3, ZONE_6)
        for meridian in families.meridians(kind)
        if west - _FAR_DEGREES <= meridian <= east + _FAR_DEGREES
    ]
    degrees = lead.degrees if chinese_place and (label is None or families.family_of(label)) else 4326
    first, last = int((west + 180) // 6), int((east + 180) // 6)
    hemisphere = 32700 if north < 0 else 32600
    zones = [System(CRS.from_epsg(hemisphere + zone % 60 + 1)) for zone in range(first - 1, last + 2)]
    return [
        System(CRS.from_epsg(degrees), DEGREES),
        *(chinese if chinese_place else []),
        System(CRS.from_epsg(3857)),
        *zones,
    ]


def in_china(places: Points) -> bool:
    """Whether the middle of some places lies where CGCS2000 is in use."""
    west, south, east, north = CHINA
    x, y = np.median(places, axis=0)
    return bool(west <= x <= east and south <= y <= north)


def share_inside(points: Points, system: System, area: Area) -> float:
    """The share of points that a system puts into the area."""
    west, south, east, north = _box(system.crs, area.bbox)
    x, y = system.read(points).T
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if not inside.any() or area.polygon is None:
        return float(inside.mean())
    near = _near(area.polygon)
    places = lonlat(points[inside], system)
    return float(shapely.contains_xy(near, places[:, 0], places[:, 1]).sum() / len(points))


@lru_cache(maxsize=512)
def _box(crs: CRS, bbox: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The area's box in a system; nothing lies in it where the system has no place for the area."""
    west, south, east, north = bbox
    wide = (
        west - MARGIN_DEGREES,
        max(south - MARGIN_DEGREES, -90.0),
        east + MARGIN_DEGREES,
        min(north + MARGIN_DEGREES, 90.0),
    )
    try:
        found = Transformer.from_crs(_ground(crs), crs, always_xy=True).transform_bounds(
            *wide, densify_pts=21
        )
    except (ProjError, CRSError):
        found = (np.nan,) * 4
    if not np.isfinite(found).all():
        return np.inf, np.inf, -np.inf, -np.inf
    return found


def _ground(crs: CRS) -> CRS:
    """Longitudes and latitudes on a system's own datum, where those are degrees from Greenwich.

    Between two datums PROJ looks for the best of many operations, for a tenth of a second; datums differ by
    hundreds of metres at most, the margin around the area is of kilometres.
    """
    own = crs.geodetic_crs
    if own is None or own.prime_meridian is None or own.prime_meridian.longitude != 0.0:
        return STORED
    return own if all(axis.unit_name == "degree" for axis in own.axis_info[:2]) else STORED


@lru_cache(maxsize=8)
def _near(polygon: shapely.Geometry) -> shapely.Geometry:
    near = shapely.buffer(polygon, MARGIN_DEGREES, quad_segs=2)
    shapely.prepare(near)
    return near


def lonlat(points: Points, system: System) -> Points:
    """Longitude and latitude; infinite where a system has no place for a point."""
    xy = system.read(points)
    if system.crs.is_geographic and (np.abs(xy) > [180.0, 90.0]).any():
        return np.full_like(xy, np.inf)
    return np.column_stack(_to_stored(system.crs).transform(xy[:, 0], xy[:, 1]))


@lru_cache(maxsize=64)
def _to_stored(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, STORED, always_xy=True)

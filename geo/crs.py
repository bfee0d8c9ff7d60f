"""Coordinate systems: named by their owner, never guessed; x is east and y is north everywhere.

Stored coordinates are longitude and latitude in WGS 84. CGCS2000 is taken as equal to it: the two differ by
well under a metre, less than any map drawn from them.
"""

from functools import lru_cache

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.network import set_network_enabled

from geo import crs_text
from geo.errors import CoordinatesOutside, CrsMissing, CrsUnfit, CrsUnknown, GeometryNotFinite

set_network_enabled(False)  # grids are never fetched, whatever PROJ_NETWORK says

STORED = CRS.from_epsg(4326)

CHINA = (73.4, 17.0, 135.1, 53.6)
"""West, south, east, north in degrees: where CGCS2000 zones are used as working systems."""

_FIRST_ZONE, _LAST_ZONE = 4534, 4554  # EPSG: CGCS2000 3-degree Gauss-Kruger, 75 E to 135 E, no zone prefix
_FIRST_MERIDIAN = 75


def parse(text: str | int | CRS) -> CRS:
    """The coordinate system a text names: an EPSG code (with or without "EPSG:"), WKT or PROJ text.

    The text may be anybody's: one that would make PROJ open a file is CrsUnknown, see `geo.crs_text`.
    """
    if isinstance(text, CRS):
        return text
    words = str(text).strip()
    if not words:
        raise CrsUnknown(words, "the text is empty")
    why = crs_text.refusal(words)
    if why is not None:
        raise CrsUnknown(_short(words), why)
    try:
        crs = CRS.from_epsg(int(words)) if words.isdecimal() else CRS.from_user_input(words)
    except (CRSError, OverflowError) as error:
        raise CrsUnknown(_short(words)) from error
    if not (crs.is_geographic or crs.is_projected):
        raise CrsUnknown(_short(words), "it is neither geographic nor projected")
    return crs


def name(crs: CRS) -> str:
    """A short name for a message: the EPSG code where there is one, else the title."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else (crs.name if crs.name != "unknown" else _short(crs.to_string()))


def is_metres(crs: CRS) -> bool:
    """Whether planar distances in this system are metres."""
    return bool(crs.is_projected) and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])


def require_metres(crs: CRS | None, task: str) -> CRS:
    """The system itself if it is projected in metres; else an error that names the task."""
    if crs is None:
        raise CrsMissing(task)
    if not is_metres(crs):
        raise CrsUnfit(task, name(crs))
    return crs


def require(frame: gpd.GeoDataFrame | gpd.GeoSeries, subject: str = "the data") -> CRS:
    """The declared coordinate system of a frame; an error where none is declared."""
    if frame.crs is None:
        raise CrsMissing(subject)
    return frame.crs


def to_stored(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The frame in longitude and latitude of WGS 84."""
    return to_crs(frame, STORED)


def to_crs(frame: gpd.GeoDataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """A new frame in another system, x east and y north.

    Missing and empty geometries stay as they are. NaN or infinite input raises GeometryNotFinite;
    coordinates that the source has no place for, or the target cannot hold, raise CoordinatesOutside.
    Rows count from 1.
    """
    source = require(frame)
    xy, row = shapely.get_coordinates(frame.geometry.array, return_index=True)
    check_finite(xy, row, "the data")
    _check_range(xy, row, source)
    result = frame.to_crs(crs)
    moved = shapely.get_coordinates(result.geometry.array)
    _refuse(~np.isfinite(moved).all(axis=1), xy, row, source)
    return result


def transform_xy(xy: NDArray[np.float64], source: CRS, target: CRS) -> NDArray[np.float64]:
    """Coordinates, shape (n, 2), x east and y north, moved from one system to another.

    Raises as `to_crs` does; rows count from 1.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    row = np.arange(len(points))
    check_finite(points, row, "the points")
    _check_range(points, row, source)
    if source == target or not len(points):
        return points.copy()
    x, y = _transformer(source, target).transform(points[:, 0], points[:, 1])
    moved = np.column_stack([x, y])
    _refuse(~np.isfinite(moved).all(axis=1), points, row, source)
    return moved


def working_crs(lon: float, lat: float) -> CRS:
    """The system in which a city around this place is measured, in metres.

    In China the CGCS2000 3-degree Gauss-Kruger zone without zone prefix (EPSG:4534 at 75 E to EPSG:4554 at
    135 E), elsewhere a transverse Mercator centred on the place with scale 1. Within 1.5 degrees of the
    meridian lengths are right to 0.04 % and areas to 0.07 %.
    """
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise CoordinatesOutside(1, 1, f"{lon}, {lat}", name(STORED))
    west, south, east, north = CHINA
    if west <= lon <= east and south <= lat <= north:
        zone = _FIRST_ZONE + int(np.floor((lon - _FIRST_MERIDIAN) / 3 + 0.5))
        return CRS.from_epsg(min(max(zone, _FIRST_ZONE), _LAST_ZONE))
    return CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat:.6f} +lon_0={lon:.6f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )


def check_finite(xy: NDArray[np.float64], row: NDArray[np.intp], subject: str) -> None:
    """Refuse NaN and infinite coordinates; `row` (from 0) says which row each pair belongs to."""
    bad = ~np.isfinite(xy).all(axis=1)
    if bad.any():
        raise GeometryNotFinite(subject, tuple((np.unique(row[bad]) + 1).tolist()))


def _check_range(xy: NDArray[np.float64], row: NDArray[np.intp], crs: CRS) -> None:
    if not crs.is_geographic:
        return
    degree = np.degrees(crs.axis_info[0].unit_conversion_factor)  # axis units of some old systems are grads
    limit = np.array([180.0, 90.0]) / degree
    _refuse((np.abs(xy) > limit + 1e-9).any(axis=1), xy, row, crs)


def _refuse(bad: NDArray[np.bool_], xy: NDArray[np.float64], row: NDArray[np.intp], crs: CRS) -> None:
    if bad.any():
        first = int(np.argmax(bad))
        example = f"{xy[first, 0]:.9g}, {xy[first, 1]:.9g}"
        raise CoordinatesOutside(int(bad.sum()), int(row[first]) + 1, example, name(crs))


@lru_cache(maxsize=64)
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."

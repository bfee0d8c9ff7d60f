"""Polygons fit to be measured and overlaid: finite, of area, valid; who breaks that is named by row."""

from collections.abc import Iterable
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import check_finite
from geo.errors import GeometryError

Geometries: TypeAlias = (
    gpd.GeoDataFrame | gpd.GeoSeries | NDArray[np.object_] | Iterable[shapely.Geometry | None]
)


def geometries(data: Geometries) -> NDArray[np.object_]:
    """The geometries of a frame, series, array or list, shape (n,); missing ones are None."""
    if isinstance(data, gpd.GeoDataFrame | gpd.GeoSeries):
        return data.geometry.to_numpy()
    listed = data if isinstance(data, np.ndarray) else list(data)
    result = np.empty(len(listed), dtype=object)
    result[:] = listed
    return result


def check_coordinates(geometry: NDArray[np.object_], subject: str) -> None:
    """Refuse NaN and infinite coordinates with GeometryNotFinite: one makes a union silently wrong."""
    xy, row = shapely.get_coordinates(geometry, return_index=True)
    check_finite(xy, row, subject)


def check_lines(geometry: NDArray[np.object_], subject: str) -> None:
    """Refuse what is not finite or is no line; missing and empty geometry passes."""
    check_coordinates(geometry, subject)
    bad = _present(geometry) & (shapely.get_dimensions(geometry) != 1)
    if bad.any():
        raise GeometryError(subject, "are not lines", rows_from_one(bad))


def check_kind(geometry: NDArray[np.object_], subject: str) -> None:
    """Refuse lines and points; missing and empty geometry passes."""
    bad = _present(geometry) & (shapely.get_dimensions(geometry) != 2)
    if bad.any():
        raise GeometryError(subject, "are not polygons", rows_from_one(bad))


def check_valid(geometry: NDArray[np.object_], subject: str) -> None:
    """Refuse borders that cross themselves; missing and empty geometry passes."""
    bad = _present(geometry) & ~shapely.is_valid(geometry)
    if bad.any():
        raise GeometryError(subject, "are not valid", rows_from_one(bad))


def check_polygons(geometry: NDArray[np.object_], subject: str) -> None:
    """Refuse what is not finite, has no area, or is not valid."""
    check_coordinates(geometry, subject)
    check_kind(geometry, subject)
    check_valid(geometry, subject)


def polygons_only(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """What an overlay gave, without the lines and points where borders merely touch."""
    result = geometry.copy()
    for i in np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(geometry[i])
        result[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return result


def rows_from_one(bad: NDArray[np.bool_]) -> tuple[int, ...]:
    """Where a flag is set, counted from 1 as people count rows."""
    return tuple((np.flatnonzero(bad) + 1).tolist())


def _present(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    return ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))

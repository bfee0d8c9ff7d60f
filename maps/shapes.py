"""Geometry made light enough to travel: generalised without tearing shared borders, written as GeoJSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.crs import to_crs, to_stored
from maps.errors import ShapeError

DECIMALS = 5  # of a degree: about a metre, below a pixel at every zoom the page offers


def generalise(frame: gpd.GeoDataFrame, *, tolerance_m: float, crs: CRS, layer: str = "") -> gpd.GeoDataFrame:
    """Simplify a tessellation, keeping every shared border shared.

    Parameters
    ----------
    frame
        Polygons in the stored CRS; the borders two of them share stay shared.
    tolerance_m
        Visvalingam-Whyatt tolerance: the square root of the area that may go, in metres.
    crs
        The working CRS (projected, metres) the tolerance is measured in.

    Returns
    -------
    A new frame in the stored CRS, same rows and index. A missing geometry is a `ShapeError`.
    """
    if frame.empty:
        return frame.copy()
    if frame.geometry.isna().any():
        raise ShapeError(layer, f"{int(frame.geometry.isna().sum())} of {len(frame)} zones have no geometry")
    flat = to_crs(frame, crs)
    simple = shapely.coverage_simplify(flat.geometry.to_numpy(), tolerance_m)
    return to_stored(flat.set_geometry(gpd.GeoSeries(simple, index=flat.index, crs=flat.crs)))


def simplify_each(frame: gpd.GeoDataFrame, *, tolerance_m: float, crs: CRS) -> gpd.GeoDataFrame:
    """Simplify features that share no borders (rivers, railways), each by itself; empty ones are dropped."""
    if frame.empty:
        return frame.copy()
    flat = to_crs(frame, crs)
    simple = shapely.simplify(flat.geometry.to_numpy(), tolerance_m)
    flat = flat.set_geometry(gpd.GeoSeries(simple, index=flat.index, crs=flat.crs))
    return to_stored(flat[~(flat.geometry.is_empty | flat.geometry.isna())])


def feature_collection(
    geometry: Sequence[Any] | np.ndarray | gpd.GeoSeries,
    properties: Iterable[Mapping[str, Any]],
    *,
    decimals: int = DECIMALS,
) -> dict[str, Any]:
    """GeoJSON of geometries in longitude, latitude and their properties, coordinates rounded."""
    rounded = shapely.transform(np.asarray(geometry, dtype=object), lambda xy: np.round(xy, decimals))
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": dict(each), "geometry": _mapping(shape)}
            for shape, each in zip(rounded, properties, strict=True)
        ],
    }


def dumps(value: Any) -> str:
    """Compact JSON; NaN is refused, since no browser reads it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def inert(value: Any) -> str:
    """JSON that may stand inside a script element: no `<`, `>`, `&` or line separator survives as itself."""
    text = dumps(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _mapping(shape: Any) -> dict[str, Any] | None:
    return None if shape is None or shape.is_empty else shapely.geometry.mapping(shape)


def label_points(shapes: np.ndarray) -> np.ndarray:
    """Where a label stands in each polygon: the middle of the largest circle inside it, as (n, 2)."""
    widths = shapely.bounds(shapes)
    tolerance = np.maximum(widths[:, 2] - widths[:, 0], 1e-6) / 50.0
    lines = [
        shapely.maximum_inscribed_circle(shape, tolerance=size)
        for shape, size in zip(shapes, tolerance, strict=True)
    ]
    return np.array([line.coords[0] for line in lines], dtype=np.float64).reshape(-1, 2)

"""Polygons that lie on one another where a layer's may not. Pairs are found in a tree, and their number, and
the points of their outlines, are bounded: what was left unchecked is told.
"""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.city import City
from layers.findings import Found
from layers.metres import in_metres, measurable
from layers.spec import LayerSpec

MAX_PAIRS = 200_000
MAX_POINTS = 20_000_000
"""Points of the outlines of all pairs: GEOS takes some seconds for each ten million."""
PAIRS_AT_ONCE = 4_000_000
POINTS_AT_ONCE = 100_000
SECONDS = 60.0
"""Outlines made to cross each other ten thousandfold take seconds a pair: then the rest is left and told."""
LEAST_WIDTH_M = 0.02
"""Narrower on average, a strip is no overlap and no gap: a straight border of a kilometre bends by that much
when it is projected, and borders of neighbours meet in different vertices."""

Geometries = NDArray[np.object_]
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Overlaps:
    """Pairs of positions (first < second), the area they share in m2 and a place in it (lon, lat).

    `unchecked` counts features whose neighbours were not all looked at, because there were too many pairs.
    """

    pairs: Positions
    area_m2: NDArray[np.float64]
    points: NDArray[np.float64]
    unchecked: int


def overlaps(geometry: Geometries, city: City) -> Overlaps:
    """All overlaps of polygons in stored coordinates; what is missing, no polygon or far away overlaps none.

    Areas are planar in the city's working system.
    """
    asked = np.flatnonzero(measurable(geometry, city) & (shapely.get_dimensions(geometry) == 2))
    polygons = geometry[asked]
    pairs, unchecked = _neighbours(polygons)
    common = _common(polygons, pairs)
    if len(common) < len(pairs):
        unchecked = len(polygons) - int(pairs[len(common), 0])
        pairs = pairs[: len(common)]
    common = _areal(common)
    kept = ~shapely.is_empty(common)
    pairs, common = pairs[kept], common[kept]
    metric = in_metres(common, city)
    area, length = shapely.area(metric), shapely.length(metric)
    kept = is_wide(area, length)
    inside = shapely.point_on_surface(common[kept])
    return Overlaps(
        asked[pairs[kept]],
        area[kept],
        np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]).round(9),
        unchecked,
    )


def _common(polygons: Geometries, pairs: Positions) -> Geometries:
    """What the polygons of each pair share, of as many pairs as there is time for."""
    if not len(pairs):
        return np.empty(0, dtype=object)
    points = shapely.get_num_coordinates(polygons)
    block = np.cumsum(points[pairs[:, 0]] + points[pairs[:, 1]]) // POINTS_AT_ONCE
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    until = time.monotonic() + SECONDS
    found: list[Geometries] = []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(pairs)], strict=True):
        found.append(shapely.intersection(polygons[pairs[start:end, 0]], polygons[pairs[start:end, 1]]))
        if time.monotonic() > until:
            break
    return np.concatenate(found)


def is_wide(area: NDArray[np.float64], outline: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether shapes of these areas and outlines (m2, m) are wider on average than drawing noise."""
    return (area > 0) & (2 * area > LEAST_WIDTH_M * outline)


def _areal(geometry: Geometries) -> Geometries:
    """The polygons of what two polygons share, without the lines and points where they only touch."""
    mixed = np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION)
    result = geometry.copy()
    for position in mixed.tolist():
        parts = shapely.get_parts(geometry[position])
        result[position] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    result[shapely.get_dimensions(result) != 2] = shapely.Polygon()
    return result


def _neighbours(polygons: Geometries) -> tuple[Positions, int]:
    """Pairs whose boxes meet, as many as may be looked at, and the number of features cut short."""
    count = len(polygons)
    tree = shapely.STRtree(polygons)
    points = shapely.get_num_coordinates(polygons)
    step = max(16, PAIRS_AT_ONCE // max(count, 1))
    found: list[Positions] = []
    pairs_left, points_left = MAX_PAIRS, MAX_POINTS
    for start in range(0, count, step):
        here, there = tree.query(polygons[start : start + step])
        here = here + start
        ahead = here < there
        pairs = np.column_stack([here[ahead], there[ahead]])
        pairs = pairs[np.lexsort([pairs[:, 1], pairs[:, 0]])]
        cost = np.cumsum(points[pairs[:, 0]] + points[pairs[:, 1]])
        taken = min(int(np.searchsorted(cost, points_left, side="right")), pairs_left)
        found.append(pairs[:taken])
        if taken < len(pairs):
            return np.concatenate(found), count - int(pairs[taken, 0])
        pairs_left -= taken
        points_left -= int(cost[-1]) if len(cost) else 0
    return (np.concatenate(found) if found else np.empty((0, 2), dtype=np.intp)), 0


def check_overlaps(geometry: Geometries, keys: pd.Series, spec: LayerSpec, city: City, found: Found) -> None:
    """A finding for each pair that overlaps, on the later feature, naming the earlier one."""
    severity = spec.checks.overlap
    if severity == "allowed":
        return
    result = overlaps(geometry, city)
    sliver = result.area_m2 < spec.checks.sliver_m2
    for level, where in ((severity, ~sliver), ("warning", sliver)):
        _tell(level, result.pairs[where], result.area_m2[where], result.points[where], keys, found)
    if result.unchecked:
        found.file("overlap_unchecked", "note", count=result.unchecked)


def _tell(
    severity: str,
    pairs: Positions,
    area_m2: NDArray[np.float64],
    points: NDArray[np.float64],
    keys: pd.Series,
    found: Found,
) -> None:
    area = area_m2.round(2)

    def each(asked: Positions) -> list[dict[str, object]]:
        rows, names = found.rows[pairs[asked, 0]].tolist(), keys.iloc[pairs[asked, 0]].tolist()
        return [
            {"other": row, "other_key": None if pd.isna(name) else str(name), "area_m2": m2}
            for row, name, m2 in zip(rows, names, area[asked].tolist(), strict=True)
        ]

    found.features(
        "overlap",
        severity,
        pairs[:, 1],
        field="geometry",
        value=lambda asked: area[asked].tolist(),
        each=each,
        points=lambda asked: points[asked],
    )

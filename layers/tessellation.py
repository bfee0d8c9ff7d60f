"""Gaps between zones that should leave none: holes of what all zones cover together."""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.city import City
from layers.findings import Finding, Found
from layers.metres import in_metres, measurable
from layers.overlaps import is_wide

MAX_POINTS = 3_000_000
"""Points of all outlines: uniting more takes GEOS minutes."""


def zone_gaps(geometry: NDArray[np.object_], city: City) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """The gaps enclosed by polygons in stored coordinates, largest first, and their areas in m2.

    What reaches the outer border is no gap; strips narrower than drawing noise are none either.
    """
    zones = geometry[measurable(geometry, city) & (shapely.get_dimensions(geometry) == 2)]
    parts = shapely.get_parts(shapely.union_all(zones))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = [ring for part in parts for ring in shapely.get_rings(part)[1:]]
    gaps = _outside(shapely.polygons(rings) if rings else np.empty(0, dtype=object), zones)
    metric = in_metres(gaps, city)
    area = shapely.area(metric)
    kept = is_wide(area, shapely.length(metric))
    gaps, area = gaps[kept], area[kept]
    order = np.argsort(-area, kind="stable")
    return gaps[order], area[order]


def _outside(holes: NDArray[np.object_], zones: NDArray[np.object_]) -> NDArray[np.object_]:
    """Holes without the zones that lie in them like islands."""
    if not len(holes):
        return holes
    tree = shapely.STRtree(zones)
    hole, zone = tree.query(holes, predicate="contains")
    result = holes.copy()
    for position in np.unique(hole).tolist():
        result[position] = shapely.difference(
            holes[position], shapely.union_all(zones[zone[hole == position]])
        )
    return result


def check_gaps(geometry: NDArray[np.object_], city: City, found: Found) -> None:
    """One warning for each gap, with its area and a place in it."""
    points = int(shapely.get_num_coordinates(geometry).sum())
    if points > MAX_POINTS:
        found.file("zone_gap_unchecked", "note", count=points)
        return
    found.add(_findings(*zone_gaps(geometry, city), found.layer))


def _findings(gaps: NDArray[np.object_], area_m2: NDArray[np.float64], layer: str) -> Iterator[Finding]:
    for gap, area in zip(gaps, area_m2.round(2).tolist(), strict=True):
        inside = shapely.point_on_surface(gap)
        place = (round(float(inside.x), 9), round(float(inside.y), 9))
        fields = {"area_m2": area}
        yield Finding("zone_gap", "warning", layer, field="geometry", value=area, fields=fields, point=place)

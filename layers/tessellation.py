"""Gaps between zones that should leave none: holes of what all zones cover together."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.crs import STORED, transform_xy
from layers.city import City
from layers.findings import Finding, Found
from layers.metres import city_crs, in_metres, measurable
from layers.overlaps import LEAST_WIDTH_M, is_wide

MAX_POINTS = 1_000_000
"""Points of all outlines: uniting more takes GEOS minutes."""


def zone_gaps(geometry: NDArray[np.object_], city: City) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """The gaps enclosed by polygons of stored coordinates, in metres of the working system, largest first,
    and their areas in m2.

    What reaches the outer border is no gap; strips narrower than drawing noise are none either.
    """
    zones = geometry[measurable(geometry, city) & (shapely.get_dimensions(geometry) == 2)]
    zones = in_metres(zones, city)
    parts = shapely.get_parts(shapely.union_all(_grown(zones)))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = [ring for part in parts for ring in shapely.get_rings(part)[1:]]
    holes = _grown(shapely.polygons(rings)) if rings else np.empty(0, dtype=object)
    gaps = _outside(holes, zones)
    area = shapely.area(gaps)
    kept = is_wide(area, shapely.length(gaps))
    gaps, area = gaps[kept], area[kept]
    order = np.argsort(-area, kind="stable")
    return gaps[order], area[order]


def _grown(geometry: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes a drawing error wider: neighbours then meet, and holes of those get back what they lost."""
    return np.asarray(shapely.buffer(geometry, LEAST_WIDTH_M, join_style="mitre", quad_segs=1), dtype=object)


def _outside(holes: NDArray[np.object_], zones: NDArray[np.object_]) -> NDArray[np.object_]:
    """Holes without the zones that lie in them like islands."""
    if not len(holes):
        return holes
    tree = shapely.STRtree(zones)
    hole, zone = tree.query(holes, predicate="intersects")
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
    gaps, area_m2 = zone_gaps(geometry, city)
    inside = shapely.get_coordinates(shapely.point_on_surface(gaps))
    places = transform_xy(inside, city_crs(city), STORED).round(9).tolist()
    found.add(
        Finding(
            "zone_gap",
            "warning",
            found.layer,
            field="geometry",
            value=area,
            fields={"area_m2": area},
            point=(lon, lat),
        )
        for (lon, lat), area in zip(places, area_m2.round(2).tolist(), strict=True)
    )

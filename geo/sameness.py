"""Whether two geometries are one place: the same vertices within a distance, however they were written down.

Formats turn rings around, begin them elsewhere, order holes and parts anew, and make one part of many a part
of one. None of that is a difference here. The direction of a line is one.
"""

from collections.abc import Callable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

METRES_PER_DEGREE = 111_319.490793
"""Of longitude on the equator of WGS 84; of latitude it is within 0.7 % of this everywhere."""

_POINT, _POLYGON, _MULTIPOINT, _MULTIPOLYGON = 0, 3, 4, 6
_REORDERED = (_POLYGON, _MULTIPOINT, 5, _MULTIPOLYGON)
Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]
Coordinates = NDArray[np.float64]


def same_place(a: Geometries, b: Geometries, distance_m: float) -> Mask:
    """Pair by pair, whether every vertex of one lies within `distance_m` of its counterpart in the other.

    Longitude and latitude, shape (n,) each. Two missing geometries are the same, one is not. Vertices must be
    equally many: a vertex more on a straight edge is a difference.
    """
    missing = shapely.is_missing(a), shapely.is_missing(b)
    same = shapely.equals_identical(a, b) | (missing[0] & missing[1])
    open_ = np.flatnonzero(~same & ~missing[0] & ~missing[1])
    if not len(open_):
        return same
    one, other = single(a[open_]), single(b[open_])
    kinds = shapely.get_type_id(one)
    alike = kinds == shapely.get_type_id(other)
    alike &= shapely.get_num_coordinates(one) == shapely.get_num_coordinates(other)
    open_, one, other, kinds = open_[alike], one[alike], other[alike], kinds[alike]
    latitude = shapely.bounds(one)[:, 1]
    one, other = in_metres(one, latitude), in_metres(other, latitude)
    near = (np.abs(shapely.bounds(one) - shapely.bounds(other)) <= distance_m).all(axis=1)
    near |= shapely.is_empty(one) & shapely.is_empty(other)
    open_, one, other, kinds = open_[near], one[near], other[near], kinds[near]

    found = shapely.equals_exact(one, other, distance_m)
    for form in (_oriented, shapely.normalize):
        left = np.flatnonzero(~found & np.isin(kinds, _REORDERED))
        if len(left):
            found[left] = shapely.equals_exact(form(one[left]), form(other[left]), distance_m)
    for position in np.flatnonzero(~found & np.isin(kinds, _REORDERED)):
        found[position] = _same_closely(one[position], other[position], distance_m)
    same[open_] = found
    return same


def single(geometry: Geometries) -> Geometries:
    """Multi-geometries of one part as that part."""
    one = np.isin(shapely.get_type_id(geometry), (4, 5, 6)) & (shapely.get_num_geometries(geometry) == 1)
    if not one.any():
        return geometry
    result = geometry.copy()
    result[one] = shapely.get_geometry(geometry[one], 0)
    return result


def in_metres(geometry: Geometries, latitude: NDArray[np.float64]) -> Geometries:
    """Longitude and latitude as metres good for short distances, each geometry scaled at its own latitude."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    scaled = xy * METRES_PER_DEGREE
    scaled[:, 0] *= np.cos(np.radians(latitude))[owner]
    return shapely.set_coordinates(shapely.force_2d(geometry), scaled)


def _oriented(geometry: Geometries) -> Geometries:
    return shapely.orient_polygons(geometry)


def _same_closely(a: shapely.Geometry, b: shapely.Geometry, distance: float) -> bool:
    """Parts, rings and their first vertices matched one by one."""
    if shapely.get_type_id(a) == _POLYGON:
        return _same_polygon(a, b, distance)
    matches = _same_polygon if shapely.get_type_id(a) == _MULTIPOLYGON else _same_vertices
    return _pair_off(list(shapely.get_parts(a)), list(shapely.get_parts(b)), matches, distance)


def _pair_off(
    ones: Sequence[shapely.Geometry],
    others: list[shapely.Geometry],
    matches: Callable[[shapely.Geometry, shapely.Geometry, float], bool],
    distance: float,
) -> bool:
    if len(ones) != len(others):
        return False
    for one in ones:
        place = next((n for n, other in enumerate(others) if matches(one, other, distance)), None)
        if place is None:
            return False
        others.pop(place)
    return True


def _same_vertices(a: shapely.Geometry, b: shapely.Geometry, distance: float) -> bool:
    return bool(shapely.equals_exact(a, b, distance))


def _same_polygon(a: shapely.Geometry, b: shapely.Geometry, distance: float) -> bool:
    if not _same_ring(shapely.get_exterior_ring(a), shapely.get_exterior_ring(b), distance):
        return False
    holes = [
        [shapely.get_interior_ring(polygon, n) for n in range(shapely.get_num_interior_rings(polygon))]
        for polygon in (a, b)
    ]
    return _pair_off(holes[0], holes[1], _same_ring, distance)


def _same_ring(a: shapely.Geometry, b: shapely.Geometry, distance: float) -> bool:
    """Whether one ring is the other begun elsewhere or run the other way."""
    one, other = shapely.get_coordinates(a)[:-1], shapely.get_coordinates(b)[:-1]
    if len(one) != len(other):
        return False
    if not len(one):
        return True
    starts = np.flatnonzero(np.hypot(*(other - one[0]).T) <= distance)
    return any(
        _close(one, np.roll(other, -start, axis=0), distance)
        or _close(one, np.roll(other[::-1], start + 1, axis=0), distance)
        for start in starts
    )


def _close(one: Coordinates, other: Coordinates, distance: float) -> bool:
    return bool((np.hypot(*(one - other).T) <= distance).all())

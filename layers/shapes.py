"""Brings geometry into the stored form and finds what is wrong with it: longitude and latitude, two
dimensions, nine decimals, valid polygons, inside the city. Nothing is repaired silently.
"""

from collections.abc import Collection

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from geo.crs import STORED, transform_xy
from geo.errors import CoordinatesOutside
from layers.city import City
from layers.findings import Found
from layers.places import AreaOf, BBox, apart, check_places
from layers.spec import LayerSpec
from layers.validity import tell_repeated_points, valid

DECIMALS = 9
"""Degrees are kept to 1e-9, a tenth of a millimetre: two reads of one file then compare equal."""

_NAMES = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
          "GeometryCollection")  # fmt: skip
_KINDS = {
    "point": ("Point",),
    "line": ("LineString", "MultiLineString"),
    "polygon": ("Polygon", "MultiPolygon"),
    "any": ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
}
Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]


def normalise(
    geometry: Geometries,
    crs: CRS | None,
    spec: LayerSpec,
    city: City,
    found: Found,
    *,
    optional: bool = False,
    not_finite: Collection[int] = (),
    unreadable: Collection[int] = (),
    closed: Collection[int] = (),
    area: AreaOf | None = None,
) -> Geometries:
    """Geometry of shape (n,) in stored form; what is wrong with it goes to `found`.

    A feature whose geometry cannot be used has none in the result; one in a wrong place keeps it. Missing
    geometry is an error unless `optional`. Rows in `not_finite` and `unreadable` came without because
    theirs was not finite, or no geometry at all; those in `closed` have rings that the reader closed. Places
    outside the city are judged as the spec says; a network may run out of its city.
    """
    geometry = np.array(geometry, dtype=object)
    absent = shapely.is_missing(geometry)
    left_out = absent & _among(found.rows, not_finite)
    broken = absent & _among(found.rows, unreadable)
    found.features("geometry_not_finite", "error", left_out, field="geometry")
    found.features("geometry_unreadable", "error", broken, field="geometry")
    found.features("geometry_closed", "mended", ~absent & _among(found.rows, closed), field="geometry")
    if not optional:
        found.features("geometry_missing", "error", absent & ~left_out & ~broken, field="geometry")
    if crs is None and not absent.all():
        found.file("crs_missing", "error")
    if crs is None:
        return np.full(len(geometry), None, dtype=object)
    geometry = _without_empty(geometry, found)
    geometry = _of_kind(geometry, spec.geometry, found)
    geometry = _flat(geometry, found)
    geometry = _stored(geometry, crs, city.bbox, found)
    tell_repeated_points(geometry, found)
    geometry = valid(geometry, city, found, optional=optional)
    outside = "warning" if spec.kind == "network" else spec.checks.outside
    check_places(geometry, city.bbox, found, outside=outside, is_degrees=crs.is_geographic, area=area)
    return geometry


def _among(rows: NDArray[np.int64], listed: Collection[int]) -> Mask:
    return np.asarray(np.isin(rows, np.fromiter(listed, dtype=np.int64)))


def _without(geometry: Geometries, where: Mask) -> Geometries:
    result = geometry.copy()
    result[where] = None
    return result


def _without_empty(geometry: Geometries, found: Found) -> Geometries:
    empty = shapely.is_empty(geometry)
    found.features("geometry_empty", "error", empty, field="geometry")
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    not_finite = _owners(~np.isfinite(xy).all(axis=1), owner, len(geometry))
    found.features("geometry_not_finite", "error", not_finite, field="geometry")
    return _without(geometry, empty | not_finite)


def _owners(bad: Mask, owner: NDArray[np.intp], count: int) -> Mask:
    mask = np.zeros(count, bool)
    mask[owner[bad]] = True
    return mask


def _of_kind(geometry: Geometries, kind: str, found: Found) -> Geometries:
    """A multipoint of one point counts as a point; whatever is of another kind is told by its name."""
    if kind == "point":
        single = (shapely.get_type_id(geometry) == 4) & (shapely.get_num_geometries(geometry) == 1)
        geometry = geometry.copy()
        geometry[single] = shapely.get_geometry(geometry[single], 0)
    types = shapely.get_type_id(geometry)
    fits = np.isin(types, [_NAMES.index(name) for name in _KINDS[kind]])
    wrong = (types >= 0) & ~fits
    found.features(
        "geometry_kind",
        "error",
        wrong,
        field="geometry",
        value=lambda asked: [_NAMES[kind] for kind in types[asked]],
    )
    return _without(geometry, wrong)


def _flat(geometry: Geometries, found: Found) -> Geometries:
    high = shapely.has_z(geometry)
    if not high.any():
        return geometry
    found.file("height_dropped", "note", count=int(high.sum()))
    return shapely.force_2d(geometry)


def _stored(geometry: Geometries, crs: CRS, bbox: BBox, found: Found) -> Geometries:
    """Longitude and latitude, rounded; features whose coordinates their system cannot hold are refused.

    A pair of degrees that is impossible as it stands, but lies in the city when exchanged, is told as such.
    """
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    moved, bad = _transform(xy, crs)
    impossible = _owners(bad, owner, len(geometry))
    swapped = np.zeros(len(geometry), bool)
    if impossible.any() and crs == STORED:
        turned = shapely.bounds(geometry)[:, [1, 0, 3, 2]]
        swapped = impossible & ~apart(turned, bbox)

    def first(asked: NDArray[np.intp]) -> NDArray[np.float64]:
        return np.asarray(xy[np.searchsorted(owner, asked)])  # where the coordinates of each begin

    found.features(
        "coordinates_swapped",
        "error",
        swapped,
        field="geometry",
        value=lambda asked: [f"{x:.6f}, {y:.6f}" for x, y in first(asked).tolist()],
        each=lambda asked: [{"exchanged": pair} for pair in first(asked)[:, ::-1].tolist()],
        points=lambda asked: first(asked)[:, ::-1],
    )
    found.features(
        "coordinates_impossible",
        "error",
        impossible & ~swapped,
        field="geometry",
        value=lambda asked: [f"{x:.9g}, {y:.9g}" for x, y in first(asked).tolist()],
    )
    rounded = np.round(moved, DECIMALS) + 0.0  # no negative zero
    return _without(_at(geometry, rounded), impossible)


def _at(geometry: Geometries, xy: NDArray[np.float64]) -> Geometries:
    """The geometries with other coordinates; points alone are made anew, which is several times faster."""
    if len(xy) == len(geometry) and (shapely.get_type_id(geometry) == shapely.GeometryType.POINT).all():
        return np.asarray(shapely.points(xy), dtype=object)
    return np.asarray(shapely.set_coordinates(geometry.copy(), xy), dtype=object)


def _transform(xy: NDArray[np.float64], crs: CRS) -> tuple[NDArray[np.float64], Mask]:
    """Coordinates in the stored system and which of them could not be converted (those become 0, 0)."""
    try:
        return transform_xy(xy, crs, STORED), np.zeros(len(xy), bool)
    except CoordinatesOutside:
        pass  # some are: find out which
    limit = np.array([180.0, 90.0]) + 1e-9
    bad = np.zeros(len(xy), bool)
    if crs.is_geographic:
        bad = (np.abs(xy) * np.degrees(crs.axis_info[0].unit_conversion_factor) > limit).any(axis=1)
    x, y = Transformer.from_crs(crs, STORED, always_xy=True).transform(*np.where(bad[:, None], 0.0, xy).T)
    moved = np.column_stack([x, y])
    bad |= ~(np.abs(moved) <= limit).all(axis=1)
    return np.where(bad[:, None], 0.0, moved), bad

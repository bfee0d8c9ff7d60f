"""Brings geometry into the stored form and finds what is wrong with it: longitude and latitude, two
dimensions, nine decimals, valid polygons, inside the city. Nothing is repaired silently.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from geo.crs import STORED, transform_xy
from geo.errors import CoordinatesOutside
from layers.findings import Finding
from layers.mend import mend
from layers.spec import LayerSpec

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


@dataclass
class _Report:
    """Collects findings about features by position."""

    layer: str
    rows: NDArray[np.int64]
    found: list[Finding] = field(default_factory=list)

    def features(self, rule: str, severity: str, where: Mask, values: list[Any] | None = None) -> None:
        """One finding for each marked feature; `values` are those of the marked ones, in order."""
        for count, position in enumerate(np.flatnonzero(where)):
            value = None if values is None else values[count]
            self.found.append(
                Finding(
                    rule,
                    severity,
                    self.layer,
                    feature=int(self.rows[position]),
                    field="geometry",
                    value=value,
                )
            )

    def file(self, rule: str, severity: str, **fields: Any) -> None:
        self.found.append(Finding(rule, severity, self.layer, fields=fields))


def normalise(
    geometry: Geometries,
    crs: CRS | None,
    spec: LayerSpec,
    bbox: tuple[float, float, float, float],
    rows: NDArray[np.int64],
    *,
    optional: bool = False,
    not_finite: Collection[int] = (),
) -> tuple[Geometries, list[Finding]]:
    """Geometry of shape (n,) in stored form, and what was found; `rows` are row numbers for findings.

    A feature with an error has no geometry in the result. Missing geometry is an error unless `optional`.
    Rows in `not_finite` came without geometry because theirs was not finite.
    Lying outside `bbox` (longitude, latitude) is a warning for each feature, an error when all of them do.
    """
    report = _Report(spec.name, rows)
    geometry = np.array(geometry, dtype=object)
    absent = shapely.is_missing(geometry)
    left_out = absent & np.isin(rows, np.fromiter(not_finite, dtype=np.int64))
    report.features("geometry_not_finite", "error", left_out)
    if not optional:
        report.features("geometry_missing", "error", absent & ~left_out)
    if crs is None and not absent.all():
        report.file("crs_missing", "error")
    if crs is None:
        return np.full(len(geometry), None, dtype=object), report.found
    geometry = _without_empty(geometry, report)
    geometry = _of_kind(geometry, spec.geometry, report)
    geometry = _flat(geometry, report)
    geometry = _stored(geometry, crs, report)
    geometry = _valid(geometry, report, optional)
    _check_place(geometry, bbox, report)
    return geometry, report.found


def _without(geometry: Geometries, where: Mask) -> Geometries:
    result = geometry.copy()
    result[where] = None
    return result


def _without_empty(geometry: Geometries, report: _Report) -> Geometries:
    empty = shapely.is_empty(geometry)
    report.features("geometry_empty", "error", empty)
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    not_finite = _owners(~np.isfinite(xy).all(axis=1), owner, len(geometry))
    report.features("geometry_not_finite", "error", not_finite)
    return _without(geometry, empty | not_finite)


def _owners(bad: Mask, owner: NDArray[np.intp], count: int) -> Mask:
    mask = np.zeros(count, bool)
    mask[owner[bad]] = True
    return mask


def _of_kind(geometry: Geometries, kind: str, report: _Report) -> Geometries:
    """A multipoint of one point counts as a point; whatever is of another kind is told by its name."""
    if kind == "point":
        single = (shapely.get_type_id(geometry) == 4) & (shapely.get_num_geometries(geometry) == 1)
        geometry = geometry.copy()
        geometry[single] = shapely.get_geometry(geometry[single], 0)
    types = shapely.get_type_id(geometry)
    fits = np.isin(types, [_NAMES.index(name) for name in _KINDS[kind]])
    wrong = (types >= 0) & ~fits
    report.features("geometry_kind", "error", wrong, [_NAMES[t] for t in types[wrong]])
    return _without(geometry, wrong)


def _flat(geometry: Geometries, report: _Report) -> Geometries:
    high = shapely.has_z(geometry)
    if not high.any():
        return geometry
    report.file("height_dropped", "note", count=int(high.sum()))
    return shapely.force_2d(geometry)


def _stored(geometry: Geometries, crs: CRS, report: _Report) -> Geometries:
    """Longitude and latitude, rounded; features whose coordinates their system cannot hold are refused."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    moved, bad = _transform(xy, crs)
    impossible = _owners(bad, owner, len(geometry))
    examples = [f"{x:.9g}, {y:.9g}" for x, y in xy[_first_of(owner, impossible)]]
    report.features("coordinates_impossible", "error", impossible, examples)
    rounded = np.round(moved, DECIMALS) + 0.0  # no negative zero
    result = shapely.set_coordinates(geometry.copy(), rounded)
    return _without(result, impossible)


def _first_of(owner: NDArray[np.intp], marked: Mask) -> NDArray[np.intp]:
    """Where each marked feature's coordinates begin."""
    return np.searchsorted(owner, np.flatnonzero(marked))


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


def _valid(geometry: Geometries, report: _Report, optional: bool) -> Geometries:
    """Polygons that cross themselves are mended, told with GEOS's own reason.

    What cannot be mended (a line of one place) is refused, or left out where geometry is optional.
    """
    invalid = ~shapely.is_valid(geometry) & ~shapely.is_missing(geometry)
    if not invalid.any():
        return geometry
    reasons = np.full(len(geometry), None, dtype=object)
    reasons[invalid] = shapely.is_valid_reason(geometry[invalid])
    result = geometry.copy()
    result[invalid] = mend(geometry[invalid])
    hopeless = invalid & shapely.is_missing(result)
    report.features("geometry_mended", "mended", invalid & ~hopeless, list(reasons[invalid & ~hopeless]))
    rule, severity = ("geometry_left_out", "mended") if optional else ("geometry_invalid", "error")
    report.features(rule, severity, hopeless, list(reasons[hopeless]))
    return result


def _check_place(geometry: Geometries, bbox: tuple[float, float, float, float], report: _Report) -> None:
    present = ~shapely.is_missing(geometry)
    if not present.any():
        return
    bounds = shapely.bounds(geometry[present])
    west, south, east, north = bbox
    apart = (bounds[:, 0] > east) | (bounds[:, 2] < west) | (bounds[:, 1] > north) | (bounds[:, 3] < south)
    outside = np.zeros(len(geometry), bool)
    outside[np.flatnonzero(present)[apart]] = True
    if apart.all():
        found = [float(v) for v in (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))]
        report.file("all_outside_city", "error", count=int(apart.sum()), found=found, city=list(bbox))
    else:
        places = [f"{x:.6f}, {y:.6f}" for x, y in bounds[apart][:, :2]]
        report.features("outside_city", "warning", outside, places)

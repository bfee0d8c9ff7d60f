"""From a frame as someone made it to a frame as a spec wants it, with everything found on the way.

The result has exactly the spec's columns, in its order and in normal dtypes, and geometry in stored form.
It is only fit to publish when no finding is an error.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.crs import STORED
from layers import shapes
from layers.cell_units import take_units
from layers.city import City
from layers.columns import match, match_findings
from layers.duplicates import near_duplicates, repeated_rows
from layers.fields import cast, missing
from layers.findings import Finding, Found, located
from layers.keys import check_keys, made_keys
from layers.overlaps import check_overlaps
from layers.places import AreaOf
from layers.sizes import check_sizes
from layers.spec import Checks, FieldSpec, LayerSpec
from layers.tessellation import check_gaps
from layers.units import scaled
from layers.values import date_findings, unit_findings, value_findings

Geometries = NDArray[np.object_]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """A frame in the form of its spec; `rows` are the source's row numbers, from 1."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    rows: NDArray[np.int64]


def prepare(
    frame: pd.DataFrame,
    spec: LayerSpec,
    city: City,
    *,
    rows: Rows | None = None,
    not_finite: Collection[int] = (),
    unreadable: Collection[int] = (),
    closed: Collection[int] = (),
    drop_duplicates: bool = False,
    area: AreaOf | None = None,
    today: dt.date | None = None,
) -> Prepared:
    """Match columns, cast fields, normalise geometry, check keys. The caller's frame is not touched.

    Parameters
    ----------
    rows
        The rows' numbers in the source, from 1 without it.
    not_finite
        Numbers of rows whose coordinates the reader could not take and left out.
    unreadable, closed
        Numbers of rows whose geometry the reader could not parse, or whose rings it closed.
    drop_duplicates
        Whether rows equal to an earlier one in all are left out, which is told as mended.
    area
        Whose ground the features should lie on; beyond it is a warning.
    today
        The day dates are judged on; the clock's without it.
    """
    if rows is None:
        rows = np.arange(1, len(frame) + 1)
    shaped = frame if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None else None
    attributes = pd.DataFrame(frame if shaped is None else shaped.drop(columns=shaped.geometry.name))
    found = Found(spec.name, rows)
    columns = _columns(attributes, spec, found)

    geometry: Geometries | None = None
    if spec.geometry != "none" and shaped is not None:
        geometry = shapes.normalise(
            shaped.geometry.to_numpy(),
            shaped.crs,
            spec,
            city,
            found,
            optional=spec.kind == "network",
            not_finite=not_finite,
            unreadable=unreadable,
            closed=closed,
            area=area,
        )
    elif spec.geometry != "none" and spec.kind != "network":
        found.file("geometry_column_missing", "error")

    again = _repeated(columns, geometry, spec, drop_duplicates, found)
    _keys(columns, geometry, spec, again if drop_duplicates else np.zeros(len(rows), bool), found)
    result = pd.DataFrame(
        {
            field.name: columns[field.name] if field.name in columns else missing(len(frame), field)
            for field in spec.fields
        },
        index=pd.RangeIndex(len(frame)),
    )
    date_findings(result, spec, today or dt.date.today(), found)
    if geometry is not None and spec.kind == "features":
        _shapes_together(result, geometry, spec, city, again, found)
    if not len(frame):
        found.file("no_rows", "warning")
    findings = tuple(located(found.all(), rows, result[spec.key], geometry))
    if geometry is not None:
        result = gpd.GeoDataFrame(result, geometry=geometry, crs=STORED)
    if drop_duplicates and again.any():
        result, rows = result.loc[~again].reset_index(drop=True), rows[~again]
    return Prepared(result, findings, rows)


def _repeated(
    columns: dict[str, pd.Series], geometry: Geometries | None, spec: LayerSpec, drop: bool, found: Found
) -> NDArray[np.bool_]:
    """Which rows are equal to an earlier one; streets between two nodes may well be."""
    again = np.zeros(len(found.rows), bool)
    if spec.kind == "network":
        return again
    first = repeated_rows(columns, geometry, len(again))
    again[first.index] = True
    found.features(
        "row_repeated",
        "mended" if drop else "warning",
        again,
        each=lambda asked: [{"first": row} for row in found.rows[first[asked]].tolist()],
    )
    return again


def _shapes_together(
    frame: pd.DataFrame,
    geometry: Geometries,
    spec: LayerSpec,
    city: City,
    again: NDArray[np.bool_],
    found: Found,
) -> None:
    """What features say about one another: sizes, duplicates, overlaps, gaps."""
    check_sizes(geometry, spec, city, found)
    near_duplicates(frame, geometry, spec, city, again, found)
    once = geometry.copy()
    once[again] = None
    check_overlaps(once, frame[spec.key], spec, city, found)
    if spec.checks.tessellation:
        check_gaps(once, city, found)


def prepare_nodes(frame: pd.DataFrame, spec: LayerSpec, city: City) -> Prepared:
    """A network's nodes: the spec's node fields and points, from geometry or from `lon` and `lat`."""
    folded = {str(column).casefold(): column for column in frame.columns}
    has_geometry = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    if not has_geometry and {"lon", "lat"} <= set(folded):
        lon, lat = (pd.to_numeric(frame[folded[name]], errors="coerce") for name in ("lon", "lat"))
        points = gpd.points_from_xy(lon, lat)
        rest = frame.drop(columns=[folded["lon"], folded["lat"]])
        frame = gpd.GeoDataFrame(rest, geometry=points, crs=STORED)
    nodes = replace(
        spec,
        kind="features",
        geometry="point",
        key="node_id",
        fields=spec.nodes,
        nodes=(),
        checks=Checks(near_m=0.0, outside="warning"),
    )
    return prepare(frame, nodes, city)


def _columns(frame: pd.DataFrame, spec: LayerSpec, found: Found) -> dict[str, pd.Series]:
    """The columns that the frame has, cast, by field name; the key's absence is `_keys`' matter."""
    matched = match(spec.fields, [str(column) for column in frame.columns])
    found.add(match_findings(spec.name, spec.fields, matched))
    columns: dict[str, pd.Series] = {}
    for field in spec.fields:
        if field.name in matched.columns:
            source = scaled(frame[matched.columns[field.name]], matched.factors.get(field.name, 1.0))
            result, written = take_units(source, cast(source, field), field)
            columns[field.name] = result.values
            unit_findings(source, result, written, field, found)
            value_findings(source, result, field, field.name == spec.key, found)
        elif field.required and field.name != spec.key:
            found.add([_field_missing(field, spec)])
    return columns


def _field_missing(field: FieldSpec, spec: LayerSpec) -> Finding:
    headers = {"headers": list(field.headers())}
    return Finding("field_missing", "error", spec.name, field=field.name, fields=headers)


def _keys(
    columns: dict[str, pd.Series],
    geometry: Geometries | None,
    spec: LayerSpec,
    left_out: NDArray[np.bool_],
    found: Found,
) -> None:
    """Check the keys of rows that stay, or add made ones to `columns` where the file has none."""
    key = spec.field(spec.key)
    if spec.key in columns:
        check_keys(columns[spec.key][~left_out], key, found)
        return
    columns[spec.key] = made_keys(pd.DataFrame(columns, index=pd.RangeIndex(len(found.rows))), geometry, key)
    found.file("key_made", "note", field=spec.key, count=int((~left_out).sum()))

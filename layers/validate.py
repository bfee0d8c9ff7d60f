"""From a frame as someone made it to a frame as a spec wants it, with everything found on the way.

The result has exactly the spec's columns, in its order and in normal dtypes, and geometry in stored form.
It is only fit to publish when no finding is an error.
"""

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.crs import STORED
from layers import shapes
from layers.city import City
from layers.columns import match, match_findings
from layers.fields import cast, missing
from layers.findings import Finding, capped
from layers.keys import key_findings, made_keys
from layers.spec import FieldSpec, LayerSpec


@dataclass(frozen=True)
class Prepared:
    """A frame in the form of its spec; `rows` are the source's row numbers, from 1."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    rows: NDArray[np.int64]


def prepare(
    frame: pd.DataFrame, spec: LayerSpec, city: City, *, rows: NDArray[np.int64] | None = None
) -> Prepared:
    """Match columns, cast fields, normalise geometry, check keys. The caller's frame is not touched."""
    if rows is None:
        rows = np.arange(1, len(frame) + 1)
    findings: list[Finding] = []
    has_geometry = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name) if has_geometry else frame)
    columns, found = _columns(attributes, spec.fields, spec, rows)
    findings += found

    geometry: NDArray[np.object_] | None = None
    if spec.geometry != "none":
        given = frame.geometry.to_numpy() if has_geometry else np.full(len(frame), None, dtype=object)
        if not has_geometry and spec.kind == "features" and len(frame):
            findings.append(Finding("geometry_column_missing", "error", spec.name))
        else:
            crs = frame.crs if has_geometry else STORED
            geometry, found = shapes.normalise(
                given, crs, spec, city.bbox, rows, optional=spec.kind == "network"
            )
            findings += found
        if geometry is None:
            geometry = given

    key = spec.field(spec.key)
    if spec.key not in columns and key.type == "text":
        columns[spec.key] = made_keys(pd.DataFrame(columns, index=pd.RangeIndex(len(frame))), geometry)
        findings.append(Finding("key_made", "note", spec.name, field=spec.key, fields={"count": len(frame)}))
    elif spec.key not in columns:
        findings.append(Finding("field_missing", "error", spec.name, field=spec.key, fields=_headers(key)))
    result = pd.DataFrame(
        {field.name: columns.get(field.name, missing(len(frame), field)) for field in spec.fields},
        index=pd.RangeIndex(len(frame)),
    )
    if spec.key in columns:
        findings += key_findings(result[spec.key], key, spec.name, rows)
    findings += _dates_disagree(result, spec, rows)
    if geometry is not None and (spec.kind != "network" or has_geometry):
        result = gpd.GeoDataFrame(result, geometry=geometry, crs=STORED)
    return Prepared(result, tuple(capped(_with_keys(findings, result, spec, rows))), rows)


def prepare_nodes(frame: pd.DataFrame, spec: LayerSpec, city: City) -> Prepared:
    """A network's nodes: the spec's node fields and points, from geometry or from `lon` and `lat`."""
    folded = {str(column).casefold(): column for column in frame.columns}
    has_geometry = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    if not has_geometry and {"lon", "lat"} <= set(folded):
        lon, lat = (pd.to_numeric(frame[folded[name]], errors="coerce") for name in ("lon", "lat"))
        points = gpd.points_from_xy(lon, lat)
        rest = frame.drop(columns=[folded["lon"], folded["lat"]])
        frame = gpd.GeoDataFrame(rest, geometry=points, crs=STORED)
    nodes = replace(spec, kind="features", geometry="point", key="node_id", fields=spec.nodes, nodes=())
    return prepare(frame, nodes, city)


def _columns(
    frame: pd.DataFrame, fields: tuple[FieldSpec, ...], spec: LayerSpec, rows: NDArray[np.int64]
) -> tuple[dict[str, pd.Series], list[Finding]]:
    found = match(fields, [str(column) for column in frame.columns])
    findings = match_findings(spec.name, fields, found)
    columns: dict[str, pd.Series] = {}
    for field in fields:
        if field.name not in found.columns:
            if field.required and field.name != spec.key:
                findings.append(
                    Finding("field_missing", "error", spec.name, field=field.name, fields=_headers(field))
                )
            continue
        source = frame[found.columns[field.name]]
        result = cast(source, field)
        columns[field.name] = result.values
        findings += _value_findings(source, result.values, result.unfit, field, spec, rows)
    return columns, findings


def _headers(field: FieldSpec) -> dict[str, Any]:
    return {"headers": list(field.headers())}


def _value_findings(
    source: pd.Series,
    values: pd.Series,
    unfit: NDArray[np.bool_],
    field: FieldSpec,
    spec: LayerSpec,
    rows: NDArray[np.int64],
) -> list[Finding]:
    found: list[Finding] = []

    def tell(rule: str, where: NDArray[np.bool_], **fields: Any) -> None:
        for position in np.flatnonzero(where):
            shown = source.iloc[position]
            found.append(
                Finding(
                    rule,
                    "error",
                    spec.name,
                    feature=int(rows[position]),
                    field=field.name,
                    value=None if pd.isna(shown) else str(shown)[:200],
                    fields=dict(fields),
                )  # fmt: skip
            )

    tell("value_type", unfit, type=field.type)
    absent = values.isna().to_numpy()
    if field.required and field.name != spec.key:
        tell("value_missing", absent & ~unfit)
    if field.domain:
        tell("value_domain", ~absent & ~values.isin(field.domain).to_numpy(), domain=list(field.domain))
    if field.minimum is not None:
        tell("value_range", (values < field.minimum).to_numpy(dtype=bool, na_value=False), **_range(field))
    if field.maximum is not None:
        tell("value_range", (values > field.maximum).to_numpy(dtype=bool, na_value=False), **_range(field))
    return found


def _range(field: FieldSpec) -> dict[str, Any]:
    return {"minimum": field.minimum, "maximum": field.maximum}


def _dates_disagree(frame: pd.DataFrame, spec: LayerSpec, rows: NDArray[np.int64]) -> list[Finding]:
    """A feature removed before it was completed exists on no day; its dates are worth a look."""
    completed, removed = spec.dates.completed, spec.dates.removed
    if not completed or not removed:
        return []
    wrong = (frame[removed] < frame[completed]).to_numpy()
    return [
        Finding(
            "dates_disagree",
            "warning",
            spec.name,
            feature=int(rows[position]),
            field=removed,
            value=str(frame[removed].iloc[position].date()),
            fields={"completed": str(frame[completed].iloc[position].date())},
        )  # fmt: skip
        for position in np.flatnonzero(wrong)
    ]


def _with_keys(
    findings: list[Finding], frame: pd.DataFrame, spec: LayerSpec, rows: NDArray[np.int64]
) -> list[Finding]:
    """Each finding about a feature with the feature's own key, so that its owner can find it."""
    if not any(f.feature is not None and f.key is None for f in findings):
        return findings
    keys = frame[spec.key]
    key_of = {int(row): key for row, key in zip(rows, keys, strict=True) if not pd.isna(key)}
    return [
        replace(f, key=str(key_of[f.feature])) if f.key is None and f.feature in key_of else f
        for f in findings
    ]

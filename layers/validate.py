"""From a frame as someone made it to a frame as a spec wants it, with everything found on the way.

The result has exactly the spec's columns, in its order and in normal dtypes, and geometry in stored form.
It is only fit to publish when no finding is an error.
"""

from collections.abc import Collection
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
from layers.fields import Cast, cast, missing
from layers.findings import Finding, capped
from layers.keys import key_findings, made_keys
from layers.spec import FieldSpec, LayerSpec
from layers.units import scaled


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
    rows: NDArray[np.int64] | None = None,
    not_finite: Collection[int] = (),
) -> Prepared:
    """Match columns, cast fields, normalise geometry, check keys. The caller's frame is not touched.

    `rows` are the rows' numbers in the source, from 1 without it; `not_finite` those whose coordinates the
    reader could not take and left out.
    """
    if rows is None:
        rows = np.arange(1, len(frame) + 1)
    shaped = frame if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None else None
    attributes = pd.DataFrame(frame if shaped is None else shaped.drop(columns=shaped.geometry.name))
    columns, findings = _columns(attributes, spec, rows)

    geometry = None
    if spec.geometry != "none" and shaped is not None:
        geometry, found = shapes.normalise(
            shaped.geometry.to_numpy(),
            shaped.crs,
            spec,
            city.bbox,
            rows,
            optional=spec.kind == "network",
            not_finite=not_finite,
        )
        findings += found
    elif spec.geometry != "none" and spec.kind != "network":
        findings.append(Finding("geometry_column_missing", "error", spec.name))

    findings += _keys(columns, geometry, spec, rows)
    result = pd.DataFrame(
        {field.name: columns.get(field.name, missing(len(frame), field)) for field in spec.fields},
        index=pd.RangeIndex(len(frame)),
    )
    findings += _dates_disagree(result, spec, rows)
    if not len(frame):
        findings.append(Finding("no_rows", "warning", spec.name))
    findings = capped(_with_keys(findings, result[spec.key], rows))
    if geometry is not None:
        result = gpd.GeoDataFrame(result, geometry=geometry, crs=STORED)
    return Prepared(result, tuple(findings), rows)


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
    frame: pd.DataFrame, spec: LayerSpec, rows: NDArray[np.int64]
) -> tuple[dict[str, pd.Series], list[Finding]]:
    """The columns that the frame has, cast, by field name; the key's absence is `_keys`' matter."""
    found = match(spec.fields, [str(column) for column in frame.columns])
    findings = match_findings(spec.name, spec.fields, found)
    columns: dict[str, pd.Series] = {}
    for field in spec.fields:
        if field.name in found.columns:
            source = scaled(frame[found.columns[field.name]], found.factors.get(field.name, 1.0))
            result = cast(source, field)
            columns[field.name] = result.values
            findings += _value_findings(source, result, field, spec, rows)
        elif field.required and field.name != spec.key:
            findings.append(_field_missing(field, spec))
    return columns, findings


def _field_missing(field: FieldSpec, spec: LayerSpec) -> Finding:
    headers = {"headers": list(field.headers())}
    return Finding("field_missing", "error", spec.name, field=field.name, fields=headers)


def _keys(
    columns: dict[str, pd.Series],
    geometry: NDArray[np.object_] | None,
    spec: LayerSpec,
    rows: NDArray[np.int64],
) -> list[Finding]:
    """Check the keys, or add made ones to `columns` where the file has none."""
    key = spec.field(spec.key)
    if spec.key in columns:
        return key_findings(columns[spec.key], key, spec.name, rows)
    columns[spec.key] = made_keys(pd.DataFrame(columns, index=pd.RangeIndex(len(rows))), geometry, key)
    return [Finding("key_made", "note", spec.name, field=spec.key, fields={"count": len(rows)})]


def _value_findings(
    source: pd.Series, result: Cast, field: FieldSpec, spec: LayerSpec, rows: NDArray[np.int64]
) -> list[Finding]:
    found: list[Finding] = []
    values = result.values

    def tell(rule: str, where: NDArray[np.bool_], **fields: Any) -> None:
        for position in np.flatnonzero(where):
            shown = source.iloc[position]
            found.append(
                Finding(
                    rule=rule,
                    severity="error",
                    layer=spec.name,
                    feature=int(rows[position]),
                    field=field.name,
                    value=None if pd.isna(shown) else str(shown)[:200],
                    fields=dict(fields),
                )
            )

    def marked(mask: pd.Series) -> NDArray[np.bool_]:
        return mask.to_numpy(dtype=bool, na_value=False)

    tell("value_type", result.unfit, type=field.type)
    absent = values.isna().to_numpy()
    if field.required and field.name != spec.key:
        tell("value_missing", absent & ~result.unfit)
    if field.domain:
        tell("value_domain", ~absent & ~values.isin(field.domain).to_numpy(), domain=list(field.domain))
    if field.minimum is not None:
        tell("value_range", marked(values < field.minimum), **_range(field))
    if field.maximum is not None:
        tell("value_range", marked(values > field.maximum), **_range(field))
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
        )
        for position in np.flatnonzero(wrong)
    ]


def _with_keys(findings: list[Finding], keys: pd.Series, rows: NDArray[np.int64]) -> list[Finding]:
    """Each finding about a feature with the feature's own key, so that its owner can find it."""
    wanted = {f.feature for f in findings if f.feature is not None and f.key is None}
    if not wanted:
        return findings
    known = np.isin(rows, np.fromiter(wanted, dtype=np.int64)) & keys.notna().to_numpy()
    key_of = dict(zip(rows[known].tolist(), keys[known].tolist(), strict=True))
    return [
        replace(f, key=str(key_of[f.feature])) if f.key is None and f.feature in key_of else f
        for f in findings
    ]

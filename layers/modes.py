"""What an agency's state would be after a file: the file alone, its rows over the old ones, or beside them.

Preview and publish look at the same new state. A file without keys of its own takes over those of the
features it repeats.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.crs import STORED
from layers.errors import ModeNotSupported, SourceUnusable
from layers.fields import normal
from layers.findings import Finding, capped
from layers.keys import composite_keys, key_findings, matched_by_place
from layers.said import MODES
from layers.spec import LayerSpec
from layers.validate import Prepared

GEOMETRY = "geometry"
Mask = NDArray[np.bool_]
_OF_COLUMNS = ("field_missing", "geometry_column_missing")


@dataclass(frozen=True)
class Combined:
    """The new state, keys present and unique, rows in no order that counts, and all findings.

    `findings` are those of `prepare`, less what the old state answers, and those found here. Rows whose key
    is missing, repeated or (in an append) taken are errors and left out, so that the rest can be previewed.
    `prepared` is the file's own rows with the keys they have in the state.
    """

    state: pd.DataFrame
    findings: tuple[Finding, ...]
    prepared: Prepared


def combine(
    head: pd.DataFrame | None,
    prepared: Prepared,
    spec: LayerSpec,
    mode: str,
    present: Collection[str],
    *,
    key_columns: Sequence[str] = (),
) -> Combined:
    """The state after the file, in the spec's normal form.

    Parameters
    ----------
    head
        The agency's state of today under the same spec (`layers.migrate.under`), None if it has none.
    mode
        `replace`: the file is all there is. `upsert`: rows with a known key change the columns the file has,
        empty cells included, new keys are added, nothing is deleted. `append`: known keys are errors.
    present
        The fields the file had columns for. Geometry counts as present where `prepared` has any.
    key_columns
        Fields that together make a key, for a file without one.
    """
    if mode not in MODES:
        raise ModeNotSupported(mode, MODES)
    findings = list(prepared.findings)
    if spec.key not in present:
        prepared, found = _with_keys(head, prepared, spec, key_columns)
        findings = [f for f in findings if f.rule != "key_made"] + found
    usable = _usable(prepared.frame[spec.key])
    if mode == "replace" or head is None:
        return Combined(_rows(prepared.frame, usable), tuple(findings), prepared)
    place = _places(head[spec.key], prepared.frame[spec.key])
    if mode == "append":
        findings += _existing(prepared, spec, usable & (place >= 0))
        state = _under(head, _rows(prepared.frame, usable & (place < 0)), spec)
        return Combined(state, tuple(findings), prepared)
    findings = _of_upsert(findings, prepared, spec, usable & (place < 0), present)
    updated = _over(head, prepared.frame, place, usable & (place >= 0), spec, present)
    state = _under(updated, _rows(prepared.frame, usable & (place < 0)), spec)
    return Combined(state, tuple(findings), prepared)


def _with_keys(
    head: pd.DataFrame | None, prepared: Prepared, spec: LayerSpec, key_columns: Sequence[str]
) -> tuple[Prepared, list[Finding]]:
    """Keys from the features at the same places, else from the columns named, else those made of content."""
    unknown = [name for name in key_columns if name not in spec.by_name or name == spec.key]
    if unknown:
        raise SourceUnusable("upload", f"has no field {unknown[0]!r} of layer {spec.name!r} to make a key of")
    field = spec.field(spec.key)
    frame = prepared.frame
    made = frame[spec.key]
    composed = composite_keys(frame, key_columns, field) if key_columns else None
    own = made if composed is None else composed
    keys = own.copy()
    matched = np.zeros(len(frame), bool)
    if head is not None and len(head):
        same = matched_by_place(head, frame.assign(**{spec.key: own}), spec)
        matched = same >= 0
        keys = keys.where(~matched, head[spec.key].iloc[np.where(matched, same, 0)].set_axis(keys.index))
    keys = normal(keys, field)
    frame = frame.assign(**{spec.key: keys})
    found = key_findings(keys, field, spec.name, prepared.rows) if matched.any() or key_columns else []
    taken = matched if composed is None else matched & (keys != own).to_numpy(dtype=bool, na_value=False)
    if taken.any():
        fields = {"count": int(taken.sum())}
        found.append(Finding("key_matched", "note", spec.name, field=spec.key, fields=fields))
    if composed is None and not matched.all():
        fields = {"count": int((~matched).sum())}
        found.append(Finding("key_made", "note", spec.name, field=spec.key, fields=fields))
    return replace(prepared, frame=frame), found


def _usable(keys: pd.Series) -> Mask:
    """Rows with a key, the first of those that share one."""
    return (keys.notna() & ~keys.duplicated()).to_numpy()


def _rows(frame: pd.DataFrame, mask: Mask) -> pd.DataFrame:
    return frame if mask.all() else frame.loc[mask].reset_index(drop=True)


def _places(keys: pd.Series, wanted: pd.Series) -> NDArray[np.int64]:
    """The row of each wanted key, -1 where there is none."""
    found = pc.index_in(_arrow(wanted), value_set=_arrow(keys), skip_nulls=True)
    return found.fill_null(-1).to_numpy().astype(np.int64)


def _arrow(column: pd.Series) -> pa.Array:
    values = pa.array(column, from_pandas=True)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _existing(prepared: Prepared, spec: LayerSpec, taken: Mask) -> list[Finding]:
    keys = prepared.frame[spec.key]
    return capped(
        [
            Finding(
                rule="key_exists",
                severity="error",
                layer=spec.name,
                feature=int(prepared.rows[position]),
                key=str(keys.iloc[position]),
                field=spec.key,
                value=str(keys.iloc[position]),
            )
            for position in np.flatnonzero(taken)
        ]
    )


def _of_upsert(
    findings: list[Finding], prepared: Prepared, spec: LayerSpec, new: Mask, present: Collection[str]
) -> list[Finding]:
    """Columns the file lacks are no error where the old state has them: new features alone miss values."""
    kept = [f for f in findings if f.rule not in _OF_COLUMNS]
    absent = [f for f in spec.fields if f.required and f.name not in present and f.name != spec.key]
    lacking = [("value_missing", field.name) for field in absent]
    if spec.geometry != "none" and spec.kind == "features" and GEOMETRY not in prepared.frame:
        lacking.append(("geometry_missing", GEOMETRY))
    keys = prepared.frame[spec.key]
    for rule, name in lacking:
        kept += capped(
            [
                Finding(
                    rule=rule,
                    severity="error",
                    layer=spec.name,
                    feature=int(prepared.rows[position]),
                    key=str(keys.iloc[position]),
                    field=name,
                )
                for position in np.flatnonzero(new)
            ]
        )
    return kept


def _over(
    head: pd.DataFrame,
    frame: pd.DataFrame,
    place: NDArray[np.int64],
    known: Mask,
    spec: LayerSpec,
    present: Collection[str],
) -> pd.DataFrame:
    """The head with the file's columns written over the rows it names."""
    names = [field.name for field in spec.fields if field.name in present and field.name != spec.key]
    if GEOMETRY in frame and GEOMETRY in head:
        names.append(GEOMETRY)
    rows = np.flatnonzero(known)
    order = np.arange(len(head))
    columns = {}
    for name in names:
        # the rows of head and file under one another, and for each row of the head which of them counts
        both = pd.concat([pd.Series(head[name]), pd.Series(frame[name].iloc[rows])], ignore_index=True)
        source = order.copy()
        source[place[rows]] = len(head) + np.arange(len(rows))
        column = both.iloc[source].reset_index(drop=True)
        columns[name] = column if name == GEOMETRY else normal(column, spec.field(name))
    return head.reset_index(drop=True).assign(**columns)


def _under(head: pd.DataFrame, added: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """The head with new rows below it."""
    if not len(added):
        return head.reset_index(drop=True)
    spatial = isinstance(head, gpd.GeoDataFrame) or isinstance(added, gpd.GeoDataFrame)
    names = [field.name for field in spec.fields] + ([GEOMETRY] if spatial else [])
    frames = [_full(pd.DataFrame(frame), names) for frame in (head, added)]
    joined = pd.concat(frames, ignore_index=True) if len(head) else frames[1].reset_index(drop=True)
    for field in spec.fields:
        joined[field.name] = normal(joined[field.name], field)
    return gpd.GeoDataFrame(joined, geometry=GEOMETRY, crs=STORED) if spatial else joined


def _full(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    absent = {name: None for name in names if name not in frame}
    return frame.assign(**absent)[list(names)] if absent else frame[list(names)]

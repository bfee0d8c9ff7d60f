"""The difference between two states of a layer: a value that can be shown, kept, applied and turned around.

Two cells are equal when the layer cannot tell them apart: geometry within its `precision_m`, and, with
`carrier`, whatever the format a state came in cannot carry. A cell that is equal keeps its old value, so a
delta says only what it means and small errors never add up.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.crs import STORED
from geo.sameness import same_place
from geo.writers import read_sidecar, write_sidecar
from layers.carriers import unlike
from layers.errors import DeltaUnfit
from layers.fields import DATE
from layers.spec import LayerSpec

GEOMETRY = "geometry"
_FRAMES = ("added", "removed", "before", "after", "changes")
Frame = pd.DataFrame
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Delta:
    """What to add, remove and change, in the normal form of the layer's spec, each frame in key order.

    Row i of `before` and of `after` are one feature; row i of `changes` says which of its columns differ
    (booleans, one column for each of `after`'s). Cells that do not differ are equal to the last bit.
    `unchanged` counts the features in neither.
    """

    layer: str
    key: str
    added: Frame
    removed: Frame
    before: Frame
    after: Frame
    changes: Frame
    unchanged: int

    @property
    def is_empty(self) -> bool:
        return not (len(self.added) or len(self.removed) or len(self.after))


def diff(old: Frame | None, new: Frame, spec: LayerSpec, *, carrier: str | None = None) -> Delta:
    """What turns `old` into `new`; both in the spec's normal form, keys present and unique.

    None for `old` is no state at all: everything is added. `carrier` is the driver of the file `new` came
    in ("ESRI Shapefile", "CSV", ...). The order of rows does not matter. DeltaUnfit names a key that is
    missing or repeated.
    """
    if old is None:
        old = new.iloc[:0]
    if (GEOMETRY in old) != (GEOMETRY in new):
        old, new = _with_geometry(old), _with_geometry(new)
    keys_old, keys_new = _keys(old, spec), _keys(new, spec)
    place = pc.index_in(keys_new, value_set=keys_old)
    known = place.is_valid().to_numpy(zero_copy_only=False)
    at_old = place.drop_null().to_numpy().astype(np.int64)
    gone = np.ones(len(old), bool)
    gone[at_old] = False
    at_new = np.flatnonzero(known)
    changed = _changed(old, new, at_old, at_new, spec, carrier)
    rows = np.flatnonzero(np.logical_or.reduce(list(changed.values()))) if len(at_new) else at_new
    rows = rows[_key_order(keys_new.take(pa.array(at_new[rows])))]
    changes = pd.DataFrame({name: marks[rows] for name, marks in changed.items()})
    before = _taken(old, at_old[rows])
    after = _taken(new, at_new[rows])
    return Delta(
        layer=spec.name,
        key=spec.key,
        added=_taken(new, _in_key_order(np.flatnonzero(~known), keys_new)),
        removed=_taken(old, _in_key_order(np.flatnonzero(gone), keys_old)),
        before=before,
        after=_kept(before, after, changes),
        changes=changes,
        unchanged=len(at_new) - len(rows),
    )


def apply(frame: Frame, delta: Delta) -> Frame:
    """The frame with the delta done to it: rows stay where they are, added ones come last.

    Only cells that the delta changes are written. DeltaUnfit if the frame lacks a feature that is changed or
    removed, or has one that is added.
    """
    if GEOMETRY in delta.after and GEOMETRY not in frame:
        frame = _with_geometry(frame)
    keys = _arrow(frame[delta.key])
    gone = _places(keys, delta.removed, delta)
    at = _places(keys, delta.after, delta)
    there = pc.is_in(_arrow(delta.added[delta.key]), value_set=keys).to_numpy(zero_copy_only=False)
    if there.any():
        raise DeltaUnfit(
            delta.layer, str(delta.added[delta.key].iloc[int(there.argmax())]), "is there already"
        )
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if name in delta.changes and (marks := delta.changes[name].to_numpy(dtype=bool)).any():
            column = column.copy()
            column.iloc[at[marks]] = delta.after[name].array[marks]
        columns[name] = column
    result = pd.DataFrame(columns, index=frame.index, copy=False)
    if len(gone):
        keep = np.ones(len(frame), bool)
        keep[gone] = False
        result = result.loc[keep]
    if len(delta.added):
        added = pd.DataFrame(delta.added)[list(frame.columns)]
        result = pd.concat([result, added]) if len(result) else added
    result = result.reset_index(drop=True)
    return _spatial(result) if isinstance(frame, gpd.GeoDataFrame) else result


def invert(delta: Delta) -> Delta:
    """The delta that undoes this one."""
    return Delta(
        layer=delta.layer,
        key=delta.key,
        added=delta.removed,
        removed=delta.added,
        before=delta.after,
        after=delta.before,
        changes=delta.changes,
        unchanged=delta.unchanged,
    )


def touched(delta: Delta) -> pd.Series:
    """The keys of all features added, removed or changed."""
    frames = (delta.added, delta.removed, delta.after)
    return pd.concat([frame[delta.key] for frame in frames], ignore_index=True)


def counts(delta: Delta) -> dict[str, Any]:
    """How many features were added, removed, changed and not, and in how many each field changed."""
    fields = {str(name): int(delta.changes[name].sum()) for name in delta.changes}
    return {
        "added": len(delta.added),
        "removed": len(delta.removed),
        "changed": len(delta.after),
        "unchanged": delta.unchanged,
        "fields": {name: count for name, count in fields.items() if count},
    }


def to_folder(delta: Delta, folder: Path, name: str = "delta") -> None:
    """Keep it as `<name>-added.parquet` and so on, with `<name>.json` for the rest."""
    for each in _FRAMES:
        write_sidecar(folder / f"{name}-{each}.parquet", getattr(delta, each))
    rest = {"layer": delta.layer, "key": delta.key, "unchanged": delta.unchanged}
    (folder / f"{name}.json").write_text(json.dumps(rest, ensure_ascii=False), encoding="utf-8")


def from_folder(folder: Path, name: str = "delta") -> Delta:
    """What `to_folder` kept."""
    rest = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    added, removed, before, after, changes = (
        _dated(read_sidecar(folder / f"{name}-{each}.parquet")) for each in _FRAMES
    )
    return Delta(
        layer=rest["layer"],
        key=rest["key"],
        added=added,
        removed=removed,
        before=before,
        after=after,
        changes=changes,
        unchanged=rest["unchanged"],
    )


def _changed(
    old: Frame, new: Frame, at_old: Rows, at_new: Rows, spec: LayerSpec, carrier: str | None
) -> dict[str, NDArray[np.bool_]]:
    """For each column of `new` whether the features that both have differ in it."""
    straight = len(at_old) == len(old) == len(new) and bool((at_old == np.arange(len(at_old))).all())
    pick = _picker(at_old, straight)
    pick_new = _picker(at_new, len(at_new) == len(new))
    result = {}
    for name in new.columns:
        if name == GEOMETRY:
            one, other = (f[GEOMETRY].to_numpy()[at] for f, at in ((old, at_old), (new, at_new)))
            result[name] = ~same_place(one, other, spec.precision_m)
        elif name in old.columns:
            result[name] = unlike(pick(old[name]), pick_new(new[name]), spec.by_name.get(name), carrier)
        else:
            result[name] = pick_new(new[name]).is_valid().to_numpy(zero_copy_only=False).copy()
    return result


def _picker(at: Rows, whole: bool) -> Callable[[pd.Series], pa.Array]:
    """How to take those rows of a column as Arrow; all of them cost nothing."""
    if whole:
        return _arrow
    rows = pa.array(at)
    return lambda column: _arrow(column).take(rows)


def _keys(frame: Frame, spec: LayerSpec) -> pa.Array:
    keys = _arrow(frame[spec.key])
    if keys.null_count:
        raise DeltaUnfit(spec.name, None, "is missing")
    if pc.count_distinct(keys).as_py() != len(keys):
        repeated = frame[spec.key][frame[spec.key].duplicated()].iloc[0]
        raise DeltaUnfit(spec.name, str(repeated), "is repeated")
    return keys


def _arrow(column: pd.Series) -> pa.Array:
    values = pa.array(column, from_pandas=True)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _in_key_order(rows: Rows, keys: pa.Array) -> Rows:
    return rows[_key_order(keys.take(pa.array(rows)))] if len(rows) else rows


def _key_order(keys: pa.Array) -> Rows:
    return np.asarray(pc.sort_indices(keys).to_numpy(), dtype=np.int64)


def _taken(frame: Frame, rows: Rows) -> Frame:
    return frame.iloc[rows].reset_index(drop=True)


def _kept(before: Frame, after: Frame, changes: Frame) -> Frame:
    """`after` with the old value of every cell that counts as unchanged."""
    columns: Mapping[str, pd.Series] = {
        name: after[name].where(changes[name].to_numpy(), before[name])
        for name in after.columns
        if name in before.columns and not changes[name].all()
    }
    return after.assign(**columns) if columns else after


def _places(keys: pa.Array, frame: Frame, delta: Delta) -> Rows:
    found = pc.index_in(_arrow(frame[delta.key]), value_set=keys)
    if found.null_count:
        absent = found.is_null().to_numpy(zero_copy_only=False)
        raise DeltaUnfit(delta.layer, str(frame[delta.key].iloc[int(absent.argmax())]), "is not there")
    return found.to_numpy().astype(np.int64)


def _with_geometry(frame: Frame) -> Frame:
    """A network's edges have lines in one state and none in another."""
    return frame if GEOMETRY in frame else _spatial(frame.assign(**{GEOMETRY: None}))


def _spatial(frame: Frame) -> Frame:
    return gpd.GeoDataFrame(frame, geometry=GEOMETRY, crs=STORED)


def _dated(frame: Frame) -> Frame:
    """Parquet keeps milliseconds; the normal form has days in seconds."""
    days = [name for name in frame.columns if frame[name].dtype.kind == "M"]
    return frame.assign(**{name: frame[name].astype(DATE) for name in days}) if days else frame

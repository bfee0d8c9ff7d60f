"""Examining a data set of features or of a table: from what was read to what would change.

place -> guess layer and agency -> arrange -> prepare -> combine -> diff
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.detected import Candidate, Detected, percent
from geo.readers import Reading, read
from layers.arranging import Arranged, Owner, arrange
from layers.catalog import Store
from layers.diff import Delta, diff
from layers.examination import Examined, Progress
from layers.findings import Finding
from layers.guess import guess_layer, propose_key
from layers.known import Known
from layers.ledger import Version
from layers.metres import city_crs
from layers.migrate import under
from layers.modes import combine
from layers.opening import Choice, Heap
from layers.owning import agency_of_features
from layers.placing import Placed, place
from layers.publish import may_publish, table_keys
from layers.reading import read_part
from layers.said import Said
from layers.spec import LayerSpec
from layers.spec_draft import draft
from layers.units import suspected_units
from layers.validate import Prepared, prepare
from layers.value_likeness import samples

_MANY, _LARGE_SHARE = 10, 0.2  # features gone, and their share of the head, that are asked about
_TRUST_LAYER = 0.35  # below it a file is taken for one of a layer nobody has described yet


def examine_features(
    store: Store, heap: Heap, choice: Choice, said: Said, spec: LayerSpec | None, progress: Progress
) -> Examined:
    """Look at the chosen data set; without a spec its layer is found out, or a draft of one is made."""
    progress("read")
    reading = _read(choice, said)
    known = Known(store)
    progress("detect")
    placed = place(reading, known.area, said)
    detected = [*choice.detected, *reading.detected, *placed.detected]
    kinds = _kinds(placed.frame)
    found = Examined(
        said,
        heap=heap,
        dataset=choice.source.name,
        source_layer=choice.layer,
        geometry=kinds[0] if len(kinds) == 1 else ("any" if kinds else "none"),
        read_rows=reading.rows,
        notes=reading.notes,
        carrier=reading.driver,
    )
    if spec is None:
        guess = guess_layer(
            [str(column) for column in reading.frame.columns],
            kinds,
            choice.dataset.called,
            store.workspace.specs,
            samples(reading.frame),
        )
        if guess.confidence < _TRUST_LAYER:
            unlike = replace(guess, value="", confidence=0.0, why="layer_unknown")
            plain = draft(placed.frame, choice.source.name, store.workspace.specs)
            return replace(found, detected=(*detected, unlike), draft=plain, bounds=_bounds(placed.frame))
        detected.append(guess)
        spec = store.spec(guess.value)
    agency, concluded = agency_of_features(store, known, placed.frame, said, spec)
    detected += concluded
    if agency is not None:
        may_publish(store, spec, agency, said.mode)
    progress("validate")
    codes = frozenset(entry.code for entry in store.workspace.city.agencies)
    owner = None if agency is None else Owner(agency, codes)
    arranged = arrange(placed.frame, choice.source.name, spec, said, owner)
    prepared = prepare(
        arranged.frame,
        spec,
        store.workspace.city,
        rows=arranged.rows,
        not_finite=set(reading.nonfinite) - arranged.moved,
        unreadable=set(reading.unreadable) - arranged.moved,
        closed=set(reading.closed) - arranged.moved,
        area=None if agency is None else known.ground_of(agency),
        drop_duplicates=said.drop_duplicates,
    )
    detected += arranged.detected
    detected += _suspected(known, placed, arranged, prepared, spec, said)
    prepared = replace(prepared, findings=(*placed.findings, *arranged.findings, *prepared.findings))
    found = replace(
        found,
        layer=spec.name,
        agency=agency,
        detected=tuple(detected),
        columns=arranged.columns,
        taken_rows=len(prepared.frame),
        bounds=_bounds(prepared.frame),
        findings=prepared.findings,
    )
    if agency is None:
        return replace(found, rows=_rows_found(prepared))
    progress("compare")
    return _compared(store, found, prepared, arranged, spec, agency)


def _suspected(
    known: Known, placed: Placed, arranged: Arranged, prepared: Prepared, spec: LayerSpec, said: Said
) -> list[Detected]:
    """What only the values show: a shifted datum, another unit, columns that would make a key."""
    metres = city_crs(known.store.workspace.city)
    found = list(suspected_units(prepared.frame, spec, metres, told=arranged.factors))
    shift = known.suspect(prepared.frame, spec) if placed.shifted is None else None
    if shift is not None:
        found.append(shift)
    if not said.key_columns:
        key = propose_key(arranged.frame, spec)
        if key is not None:
            found.append(key)
    return found


def _compared(
    store: Store, found: Examined, prepared: Prepared, arranged: Arranged, spec: LayerSpec, agency: str
) -> Examined:
    """With the state that would be, and what would change against the agency's head."""
    heads = store.heads(spec.name)
    base = heads.get(agency)
    head = None
    if base is not None:
        head = under(read_part(store.workspace, base, store.spec_of(base), "features"), spec)
    said = found.said
    combined = combine(
        head, prepared, spec, said.mode, arranged.present, key_columns=_fields_of(said.key_columns, arranged)
    )
    others = {code: version for code, version in heads.items() if code != agency}
    foreign = table_keys(store, spec, combined.prepared, others) if others else []
    delta = diff(head, combined.state, spec, carrier=found.carrier)
    lost = _removal(delta, base, said)
    absent = _absent(delta, spec, arranged.present)
    return replace(
        found,
        findings=(*absent, *combined.findings, *foreign),
        detected=(*found.detected, *lost),
        base=base,
        delta=delta,
        state={"features": combined.state},
        rows=_rows_found(replace(combined.prepared, findings=(*combined.findings, *foreign))),
    )


def _removal(delta: Delta, base: Version | None, said: Said) -> tuple[Detected, ...]:
    """That a file would take most of what is published away: it may be a part, or of another layer."""
    gone = len(delta.removed)
    if base is None or said.mode != "replace" or gone < _MANY or gone < _LARGE_SHARE * base.rows:
        return ()
    fields = {"removed": gone, "rows": base.rows, "percent": percent(gone / base.rows)}
    others = (Candidate("upsert", 0.5),)
    return (Detected("removal", str(gone), 0.5, "removal_large", fields, others),)


def _absent(delta: Delta, spec: LayerSpec, present: Collection[str]) -> list[Finding]:
    """Fields the file has no column for, whose published values would be lost."""
    lost = {
        name: int(delta.before.loc[delta.changes[name].to_numpy(), name].notna().sum())
        for name in spec.by_name
        if name not in present and name != spec.key and name in delta.changes.columns
    }
    return [
        Finding("column_absent", "warning", spec.name, field=name, fields={"count": count})
        for name, count in lost.items()
        if count
    ]


def _fields_of(columns: Sequence[str], arranged: Arranged) -> tuple[str, ...]:
    """Columns the uploader names, as the fields they serve."""
    serves = {column.column: column.field for column in arranged.columns if column.field}
    return tuple(serves.get(name, name) for name in columns)


def _read(choice: Choice, said: Said) -> Reading:
    return read(
        choice.source,
        layer=choice.layer,
        encoding=said.encoding,
        x_column=_named(said, "lon", "x", "wkt"),
        y_column=_named(said, "lat", "y"),
    )


def _named(said: Said, *places: str) -> str | None:
    """The column the uploader renames to a coordinate: which of several pairs a table's points are."""
    return next((column for column, name in said.rename.items() if name in places), None)


def _kinds(frame: pd.DataFrame) -> list[str]:
    """The kinds of geometry a spec knows, those present."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return []
    names = {str(name).removeprefix("Multi") for name in frame.geometry.geom_type.dropna().unique()}
    known = {"Point": "point", "LineString": "line", "LinearRing": "line", "Polygon": "polygon"}
    return sorted({known.get(name, "any") for name in names})


def _bounds(frame: pd.DataFrame) -> tuple[float, float, float, float] | None:
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        return None
    box = frame.total_bounds
    return tuple(float(v) for v in box) if np.isfinite(box).all() else None  # type: ignore[return-value]


def _rows_found(prepared: Prepared) -> pd.DataFrame:
    """The rows that findings are about, with their number in the file."""
    wanted = {each.feature for each in prepared.findings if each.feature is not None}
    at = np.flatnonzero(np.isin(prepared.rows, np.fromiter(wanted, dtype=np.int64, count=len(wanted))))
    return prepared.frame.iloc[at].reset_index(drop=True).assign(row=prepared.rows[at])

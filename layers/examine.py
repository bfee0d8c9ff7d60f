"""Examining an upload: everything that can be known of it before anything changes.

    take apart -> choose -> read -> guess -> place -> arrange -> prepare -> combine -> diff

Each step takes a finished value; this module only joins them. The result is one `Examined`, which is shown
(`report`), kept (`layers.examined`), and published (`layers.publishing`). Nothing is written to the store.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.detected import Candidate, Detected, percent
from geo.errors import FileMissing, ReadError
from geo.formats import NamedFile
from geo.readers import Reading, read
from geo.signatures import GEOTIFF, OSM
from layers import findings as facts_found
from layers.arranging import Arranged, Column, Owner, arrange
from layers.catalog import Store
from layers.columns import match
from layers.diff import Delta, counts, diff
from layers.errors import AgencyRequired, LayerRequired
from layers.examine_network import network_parts
from layers.examine_raster import examine_raster, unfit
from layers.fields import cast
from layers.findings import Finding, has_errors
from layers.guess import guess_agency, guess_layer, guess_owner, guess_raster_layer, propose_key
from layers.known import Known
from layers.ledger import Version
from layers.metres import city_crs
from layers.migrate import under
from layers.modes import combine
from layers.network_diff import NetworkDelta, counts_network
from layers.opening import Choice, Heap, choose, only_rasters, take_apart
from layers.placing import Placed, place
from layers.publish import may_publish, table_keys
from layers.publishing import Ready
from layers.rasters import Raster
from layers.reading import read_part
from layers.said import Said
from layers.spec import LayerSpec
from layers.spec_draft import draft, raster_draft
from layers.units import suspected_units
from layers.validate import Prepared, prepare
from layers.value_likeness import samples

_MANY, _LARGE_SHARE = 10, 0.2  # features gone, and their share of the head, that are asked about
_TRUST_LAYER = 0.35  # below it a file is taken for one of a layer nobody has described yet
_TRUST_MIDDLE = 0.6  # a raster is cut along sheets, not along borders
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Examined:
    """What one look at an upload found. `state` holds the tables the agency would have; empty without any.

    `nodes` is what would change among the nodes of a network, whose edges are in `delta`.
    """

    said: Said
    kind: str = "features"
    heap: Heap | None = None
    dataset: str | None = None
    source_layer: str | None = None
    layer: str | None = None
    agency: str | None = None
    geometry: str | None = None
    read_rows: int = 0
    taken_rows: int = 0
    bounds: tuple[float, float, float, float] | None = None
    detected: tuple[Detected, ...] = ()
    notes: tuple[Any, ...] = ()
    columns: tuple[Column, ...] = ()
    findings: tuple[Finding, ...] = ()
    base: Version | None = None
    delta: Delta | None = None
    nodes: Delta | None = None
    state: dict[str, pd.DataFrame] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    rows: pd.DataFrame | None = None
    draft: dict[str, Any] | None = None
    carrier: str | None = None
    failure: ReadError | None = None
    raster: Raster | None = None

    @property
    def publishable(self) -> bool:
        """Whether it can be published once what is uncertain is confirmed."""
        there = bool(self.state) or (self.raster is not None and self.layer is not None and bool(self.agency))
        return there and not has_errors(self.findings)

    def ready(self) -> Ready:
        """What would be published. Only with a layer and an agency."""
        if self.layer is None:
            raise LayerRequired()
        if self.agency is None:
            raise AgencyRequired([])
        return Ready(
            self.layer,
            self.agency,
            self.kind,
            self.base.id if self.base else None,
            self.detected,
            self.findings,
            self.delta,
            self.state.__getitem__,
            self.facts,
            None if self.raster is None else self.raster.path,
        )

    def _counted(self) -> dict[str, Any] | None:
        if self.delta is None:
            return None
        if self.nodes is None:
            return counts(self.delta)
        return counts_network(NetworkDelta(self.nodes, self.delta))

    def report(self, upload: str = "", examination: int = 0) -> dict[str, Any]:
        """Plain values, as docs/uploads.md describes report.json."""
        return {
            "upload": upload,
            "examination": examination,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "said": self.said.as_values(),
            "datasets": [] if self.heap is None else self.heap.as_values(),
            "unfit": [] if self.heap is None else [_told(each.error) for each in self.heap.unfit],
            "dataset": self.dataset,
            "source_layer": self.source_layer,
            "layer": self.layer,
            "agency": self.agency,
            "mode": self.said.mode,
            "kind": self.kind,
            "geometry": self.geometry,
            "rows": self.read_rows,
            "bounds": self.bounds,
            "detected": [_conclusion(each) for each in self.detected],
            "notes": [{"code": each.code, "fields": each.fields} for each in self.notes],
            "columns": [vars(each) for each in self.columns],
            "counts": _counts(self.findings),
            "rules": [
                {"rule": rule, "severity": severity, "field": name, "count": count}
                for (rule, severity, name), count in facts_found.tally(self.findings).items()
            ],
            "base": self.base.id if self.base else None,
            "base_rows": self.base.rows if self.base else 0,
            "delta": self._counted(),
            "publishable": self.publishable,
            "draft": self.draft,
            "facts": self.facts,
            "carrier": self.carrier,
            "failure": None if self.failure is None else _told(self.failure),
        }


def examine(
    store: Store,
    files: Sequence[NamedFile],
    said: Said,
    *,
    folder: Path,
    progress: Progress = lambda _step: None,
) -> Examined:
    """Look at an upload.

    Parameters
    ----------
    files
        As received, with their owner's names.
    said
        The uploader's words. Without a layer or an agency they are found out.
    folder
        An empty folder for members of archives; the caller removes it.
    progress
        Told the name of each step as it begins.

    What is wrong with the files comes back inside `Examined`. Errors of the call are raised: an unknown layer
    or agency, a mode nobody has, a column or data set the files lack.
    """
    if said.layer is not None:
        spec = store.spec(said.layer)
        if said.agency is not None:
            may_publish(store, spec, said.agency, said.mode)
    heap: Heap | None = None
    try:
        progress("take_apart")
        heap = take_apart(files, folder)
        found = _of_heap(store, heap, said, folder, progress)
        return replace(found, findings=_worst_first(found.findings))
    except FileMissing:
        raise
    except ReadError as error:
        finding = Finding(error.code, "error", said.layer or "", fields=dict(vars(error)))
        return Examined(
            said, heap=heap, layer=said.layer, agency=said.agency, findings=(finding,), failure=error
        )


def _worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What must be mended before what is only worth a look; otherwise in the order of finding."""
    return tuple(sorted(findings, key=lambda each: facts_found.SEVERITIES.index(each.severity)))


def _of_heap(store: Store, heap: Heap, said: Said, folder: Path, progress: Progress) -> Examined:
    spec = store.spec(said.layer) if said.layer is not None else None
    if spec is None and any(each.source.driver == OSM for each in heap.datasets):
        spec = store.spec(store.workspace.city.network)
    if spec is not None and spec.kind == "network":
        return _network(store, heap, said, spec, progress)
    is_raster = spec is not None and spec.kind == "raster"
    choice = choose(only_rasters(heap, said) if is_raster else heap, said)
    progress("read")
    if is_raster or (spec is None and choice.source.driver == GEOTIFF):
        return _raster(store, heap, choice, said, spec, folder, progress)
    reading = _read(choice, said)
    known = Known(store)
    progress("detect")
    return _features(store, heap, choice, reading, known, said, spec, progress)


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


def _features(
    store: Store,
    heap: Heap,
    choice: Choice,
    reading: Reading,
    known: Known,
    said: Said,
    spec: LayerSpec | None,
    progress: Progress,
) -> Examined:
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
    agency, concluded = _agency(store, known, placed.frame, said, spec)
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


def _network(store: Store, heap: Heap, said: Said, spec: LayerSpec, progress: Progress) -> Examined:
    agency = said.agency or _only_agency(store)
    if agency is None:
        raise AgencyRequired([entry.code for entry in store.workspace.city.agencies])
    may_publish(store, spec, agency, said.mode)
    progress("read")
    parts = network_parts(store, heap, spec, said)
    heads = store.heads(spec.name)
    base = heads.get(agency)
    delta = parts.delta(base)
    foreign = parts.foreign({code: head for code, head in heads.items() if code != agency})
    return Examined(
        said,
        kind="network",
        heap=heap,
        dataset=", ".join(parts.names) or None,
        layer=spec.name,
        agency=agency,
        geometry="line",
        read_rows=parts.read_rows,
        taken_rows=parts.read_rows,
        bounds=parts.bounds,
        detected=parts.detected,
        findings=(*parts.findings, *foreign),
        base=base,
        delta=None if delta is None else delta.edges,
        nodes=None if delta is None else delta.nodes,
        state=parts.state,
        facts=parts.facts,
    )


def _raster(
    store: Store,
    heap: Heap,
    choice: Choice,
    said: Said,
    spec: LayerSpec | None,
    folder: Path,
    progress: Progress,
) -> Examined:
    known = Known(store)
    seen = examine_raster(choice, known, said, folder)
    progress("detect")
    detected = (*choice.detected, *seen.detected)
    facts = {} if seen.raster is None else seen.raster.facts
    found = Examined(
        said,
        kind="raster",
        heap=heap,
        dataset=choice.source.name,
        source_layer=choice.layer,
        read_rows=1,
        taken_rows=1,
        bounds=tuple(facts["bbox"]) if facts else None,
        findings=seen.findings,
        facts=facts,
        carrier=choice.source.driver,
        raster=seen.raster,
    )
    if spec is None:
        guess = guess_raster_layer(choice.dataset.called, store.workspace.specs)
        detected = (*detected, guess)
        if not guess.value:
            plain = raster_draft(choice.source.name, len(seen.reading.bands), store.workspace.specs)
            return replace(found, detected=detected, draft=plain)
        spec = store.spec(guess.value)
    agency, concluded = _agency_of_raster(store, known, seen.middle, said, spec)
    if agency is not None:
        may_publish(store, spec, agency, said.mode)
    progress("validate")
    findings = tuple(replace(each, layer=spec.name) for each in seen.findings)
    return replace(
        found,
        layer=spec.name,
        agency=agency,
        detected=(*detected, *concluded),
        findings=(*findings, *unfit(seen, spec, known)),
        base=store.heads(spec.name).get(agency or ""),
    )


def _agency_of_raster(
    store: Store, known: Known, middle: gpd.GeoDataFrame | None, said: Said, spec: LayerSpec
) -> tuple[str | None, tuple[Detected, ...]]:
    """As said, else the only one that may be, else on whose ground the middle lies, which is a weak sign."""
    agency = said.agency or _only_agency(store, spec)
    if agency is not None or middle is None or not known.grounds:
        return agency, ()
    guess = guess_agency(known.places(middle), known.grounds)
    if guess.value:
        guess = replace(guess, why="agency_by_middle", confidence=min(guess.confidence, _TRUST_MIDDLE))
    return guess.value or None, (guess,)


def _agency(
    store: Store, known: Known, frame: pd.DataFrame, said: Said, spec: LayerSpec
) -> tuple[str | None, tuple[Detected, ...]]:
    """Whose data they are: as said, else the only one that may be, else the one whose features they repeat,
    else by where most features lie."""
    if said.agency is not None:
        return said.agency, ()
    only = _only_agency(store, spec)
    if only is not None:
        return only, ()
    owner = _owner(store, frame, spec)
    if owner is not None:
        return owner.value, (owner,)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or not known.grounds:
        return None, ()
    guess = guess_agency(known.places(frame), known.grounds)
    return guess.value or None, (guess,)


def _owner(store: Store, frame: pd.DataFrame, spec: LayerSpec) -> Detected | None:
    """The agency whose head has the keys of the file, where a column holds them."""
    field = spec.field(spec.key)
    column = match((field,), [str(column) for column in frame.columns]).columns.get(spec.key)
    heads = store.heads(spec.name)
    if column is None or not heads:
        return None
    owned = {
        code: read_part(store.workspace, head, store.spec_of(head), "features", columns=[spec.key])[spec.key]
        for code, head in heads.items()
        if spec.key in store.spec_of(head).by_name
    }
    return guess_owner(cast(frame[column], field).values, owned)


def _only_agency(store: Store, spec: LayerSpec | None = None) -> str | None:
    entries = store.workspace.city.agencies
    if spec is not None and spec.publishers:
        entries = tuple(each for each in entries if {each.code, each.kind} & set(spec.publishers))
    return entries[0].code if len(entries) == 1 else None


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


def _counts(found: Sequence[Finding]) -> dict[str, int]:
    totals = dict.fromkeys(facts_found.SEVERITIES, 0)
    for (_, severity, _), count in facts_found.tally(found).items():
        totals[severity] += count
    return totals


def _conclusion(each: Detected) -> dict[str, Any]:
    others = [vars(other) for other in each.others]
    return {
        "subject": each.subject,
        "value": each.value,
        "confidence": each.confidence,
        "why": each.why,
        "fields": each.fields,
        "others": others,
    }


def _told(error: ReadError) -> dict[str, Any]:
    return {"code": error.code, "fields": dict(vars(error))}

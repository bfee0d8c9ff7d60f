"""Taking files in: read, arrange, validate, publish. Bad data come back as findings, all of them.

Files of others are opened by `geo.readers` in a process of its own. What cannot be read is a finding too,
with the reader's own code; a path without a file, an unknown layer or agency is an error of the call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geo.crs import name as crs_name
from geo.crs import parse
from geo.errors import FileMissing, ReadError
from geo.readers import Reading, read
from layers.catalog import Store
from layers.columns import arranged, match
from layers.errors import AgencyRequired, LayerKindError, Rejected, SourceUnusable
from layers.findings import Finding, has_errors
from layers.ledger import Version
from layers.network_files import DIRECTED_FROM, network_tables, reverse_share
from layers.networks import network_keys, prepare_network, publish_prepared_network
from layers.originals import COMPANIONS
from layers.publish import UNSET, Published, Unset, may_publish, publish_prepared, table_keys
from layers.spec import LayerSpec
from layers.validate import prepare


@dataclass(frozen=True)
class Outcome:
    """What became of an upload: the head it made or confirmed, or None when errors or a dry run kept it out.

    `rows` is the number of rows taken; `changed` tells a new head from the one that held the same already.
    """

    version: Version | None
    findings: tuple[Finding, ...]
    rows: int
    changed: bool = False


def ingest(
    store: Store,
    paths: Path | str | Sequence[Path | str],
    *,
    layer: str,
    agency: str | None = None,
    source_layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    mode: str = "replace",
    dry_run: bool = False,
    author: str,
    note: str = "",
    constants: Mapping[str, Any] | None = None,
    where: Mapping[str, Any] | None = None,
    rename: Mapping[str, str] | None = None,
    directed: bool | None = None,
    expected: str | Unset | None = UNSET,
) -> Outcome:
    """Read files and publish them as the agency's state of a layer, or say what is wrong with them.

    Parameters
    ----------
    paths
        One file; for a network a nodes and an edges file, one file with both, or an OpenStreetMap extract.
        A shapefile's companions may be named or left out.
    agency
        May be left out where the city has only one.
    crs, encoding
        The uploader's word, which goes before what the file declares.
    constants, where, rename
        Fields given one value, rows taken by the value of a column, and columns that serve a field; of a
        network these are about its edges.
    directed
        Whether a network's file has an edge for each direction; None looks at it, and says so in a note.
    """
    spec = store.spec(layer)
    if spec.kind == "raster":
        raise LayerKindError(layer, spec.kind, "features, table or network")
    publisher = agency or _only_agency(store)
    may_publish(store, spec, publisher, mode)
    said = Said(source_layer, crs, encoding, where or {}, rename or {}, constants or {})
    files = _files(paths)
    try:
        ready = (
            _network(store, spec, files, said, directed)
            if spec.kind == "network"
            else _features(store, spec, files, said)
        )
    except FileMissing:
        raise
    except ReadError as error:
        return Outcome(None, (Finding(error.code, "error", layer, fields=dict(vars(error))),), 0)
    if dry_run or (has_errors(ready.findings) and mode != "upsert"):
        others = {code: head for code, head in store.heads(layer).items() if code != publisher}
        foreign = () if has_errors(ready.findings) else ready.foreign(others)
        return Outcome(None, (*ready.findings, *foreign), ready.rows)
    try:
        published = ready.publish(
            agency=publisher, author=author, note=note, mode=mode, source=files, expected=expected
        )
    except Rejected as error:
        return Outcome(None, error.findings, ready.rows)
    findings = published.findings
    if not published.changed:
        findings = (*findings, Finding("unchanged", "note", layer, fields={"version": published.version.id}))
    return Outcome(published.version, findings, ready.rows, published.changed)


@dataclass(frozen=True)
class Said:
    """What the uploader says about the files."""

    source_layer: str | None
    crs: str | None
    encoding: str | None
    where: Mapping[str, Any]
    rename: Mapping[str, str]
    constants: Mapping[str, Any]


@dataclass(frozen=True)
class _Ready:
    """Validated content, and how to publish it or ask other agencies' heads about it."""

    findings: tuple[Finding, ...]
    rows: int
    foreign: Callable[[dict[str, Version]], Sequence[Finding]]
    publish: Callable[..., Published]


def _features(store: Store, spec: LayerSpec, files: list[Path], said: Said) -> _Ready:
    if len(files) != 1:
        names = ", ".join(path.name for path in files)
        raise SourceUnusable(names, f"layer {spec.name!r} takes one file at a time")
    reading = read(
        files[0],
        layer=said.source_layer,
        crs=said.crs,
        encoding=said.encoding,
        x_column=_named(said.rename, "lon", "x", "wkt"),
        y_column=_named(said.rename, "lat", "y"),
    )
    frame, rows = arranged(
        reading.frame, files[0].name, where=said.where, rename=said.rename, constants=said.constants
    )
    prepared = prepare(frame, spec, store.workspace.city, rows=rows, not_finite=reading.nonfinite)
    prepared = replace(prepared, findings=(*_taken(reading, said, spec.name), *prepared.findings))

    present = match(spec.fields, [str(column) for column in frame.columns]).columns.keys()

    def publish(*, agency: str, **options: Any) -> Published:
        return publish_prepared(
            store, spec, agency, prepared, present=present, carrier=reading.driver, **options
        )

    return _Ready(
        prepared.findings, len(frame), lambda heads: table_keys(store, spec, prepared, heads), publish
    )


def _network(store: Store, spec: LayerSpec, files: list[Path], said: Said, directed: bool | None) -> _Ready:
    tables = network_tables(files, spec, said.source_layer, said.crs, said.encoding)
    if tables.findings:
        return _Ready(tables.findings, 0, lambda _heads: (), publish_prepared)
    name = ", ".join(path.name for path in files)
    edges, rows = arranged(tables.edges, name, where=said.where, rename=said.rename, constants=said.constants)
    prepared = prepare_network(tables.nodes, edges, spec, store.workspace.city, rows=rows)
    if directed is None and not has_errors(prepared.findings):
        share = reverse_share(prepared.edges.frame)
        directed = share > DIRECTED_FROM
        taken = Finding("direction_taken", "note", spec.name, fields={"directed": directed, "share": share})
        prepared = replace(prepared, findings=(taken, *prepared.findings))

    def publish(*, agency: str, **options: Any) -> Published:
        return publish_prepared_network(store, spec, agency, prepared, directed=bool(directed), **options)

    return _Ready(
        prepared.findings, len(edges), lambda heads: network_keys(store, spec, prepared, heads), publish
    )


def _named(rename: Mapping[str, str], *places: str) -> str | None:
    """The column the uploader renames to a coordinate: which of several pairs a table's points are."""
    return next((column for column, field in rename.items() if field in places), None)


def _taken(reading: Reading, said: Said, layer: str) -> tuple[Finding, ...]:
    """What was decided while reading that the uploader should know."""
    found = []
    if said.crs is not None and reading.crs_declared is not None and reading.crs_declared != parse(said.crs):
        fields = {"declared": crs_name(reading.crs_declared), "used": crs_name(parse(said.crs))}
        found.append(Finding("crs_overruled", "note", layer, fields=fields))
    if said.encoding is None and reading.encoding.lower() not in ("", "utf-8", "utf8", "ascii", "us-ascii"):
        found.append(Finding("encoding_taken", "note", layer, fields={"encoding": reading.encoding}))
    return tuple(found)


def _files(paths: Path | str | Sequence[Path | str]) -> list[Path]:
    """The files to read; companions of a shapefile that is named too are read with it."""
    files = [Path(path) for path in ([paths] if isinstance(paths, Path | str) else paths)]
    if not files:
        raise SourceUnusable("upload", "names no file")
    shapes = {path.with_suffix("") for path in files if path.suffix.lower() == ".shp"}
    return [
        path for path in files if not (path.suffix.lower() in COMPANIONS and path.with_suffix("") in shapes)
    ]


def _only_agency(store: Store) -> str:
    codes = [entry.code for entry in store.workspace.city.agencies]
    if len(codes) != 1:
        raise AgencyRequired(codes)
    return codes[0]

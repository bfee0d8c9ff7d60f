"""Publishing: a frame becomes a sealed part, a version and the head of its agency, or nothing changes.

The order is what a kill cannot break: stage, write, check, sync, hash; then, alone, claim, rename to the
hash, sync the folder; then one transaction for part, version, head and audit. Publishing what the head
already holds, under the same spec, makes no new version.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pandas as pd

from layers import audit, ledger
from layers.catalog import Store
from layers.errors import (
    AgencyMayNotPublish,
    AgencyNotFound,
    HeadMoved,
    LayerKindError,
    ModeNotSupported,
    Rejected,
)
from layers.failpoint import failpoint
from layers.findings import Finding, has_errors
from layers.keys import foreign_keys
from layers.ledger import Part, Version
from layers.originals import Original, keep, originals_of
from layers.reading import keep_sidecar, read_part, with_places
from layers.recovery import claimed
from layers.sealed import Sealed, in_stored_order, seal
from layers.spec import LayerSpec
from layers.staging import exclusive, fsync_folder, staged
from layers.validate import Prepared, prepare

SUPPORTED = ("replace",)


class Unset(Enum):
    """The default of `expected`, which None cannot be: None means "there is no head yet"."""

    UNSET = "unset"


UNSET = Unset.UNSET
Sources = Path | Sequence[Path] | None


@dataclass(frozen=True)
class Published:
    """The head after publishing; `changed` is False if it held the same content already."""

    version: Version
    changed: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Content:
    """What is to be sealed: tables in stored order, how many features that is, and facts of the kind."""

    tables: dict[str, pd.DataFrame]
    rows: int
    facts: dict[str, Any]


def publish_frame(
    store: Store,
    layer: str,
    agency: str,
    frame: pd.DataFrame,
    *,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | Unset | None = UNSET,
) -> Version:
    """Make the frame this agency's state of a features or table layer, and return the head.

    The frame is validated as an upload is; Rejected carries the findings when one is an error. `source` names
    the files it came from, which are kept. `expected` is the version the caller takes for the head (None: no
    head); by default the one found when the call begins. HeadMoved is raised if it is not the head when the
    work is done.
    """
    spec = store.spec(layer)
    if spec.kind not in ("features", "table"):
        raise LayerKindError(layer, spec.kind, "features or table")
    return publish_prepared(
        store,
        spec,
        agency,
        prepare(frame, spec, store.workspace.city),
        author=author,
        note=note,
        mode=mode,
        source=source,
        expected=expected,
    ).version


def publish_prepared(
    store: Store,
    spec: LayerSpec,
    agency: str,
    prepared: Prepared,
    *,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | Unset | None = UNSET,
) -> Published:
    """Publish what `prepare` made of a frame."""

    def content() -> Content:
        frame = in_stored_order(prepared.frame, spec.key)
        return Content({"features": frame}, len(frame), {})

    return publish_content(
        store,
        spec,
        agency,
        content,
        prepared.findings,
        lambda heads: table_keys(store, spec, prepared, heads),
        author=author,
        note=note,
        mode=mode,
        source=source,
        expected=expected,
    )


def publish_content(
    store: Store,
    spec: LayerSpec,
    agency: str,
    content: Callable[[], Content],
    findings: tuple[Finding, ...],
    foreign: Callable[[dict[str, Version]], list[Finding]],
    *,
    author: str,
    note: str,
    mode: str,
    source: Sources,
    expected: str | Unset | None,
) -> Published:
    """The protocol itself, for any kind of layer.

    `content` is called once nothing stands against it; `foreign` finds what other agencies' heads hold
    against it, and is asked again if one of them moved meanwhile.
    """
    may_publish(store, spec, agency, mode)
    heads = store.heads(spec.name)
    head = heads.get(agency)
    if expected is not UNSET and expected != (head.id if head else None):
        raise HeadMoved(spec.name, agency, expected, head.id if head else None)
    if has_errors(findings):
        raise Rejected(spec.name, findings)
    _refuse_foreign(spec, findings, foreign, _others(heads, agency))
    with staged(store.workspace.staging, "publish") as stage:
        made = content()
        sealed = seal(stage, made.tables)
        if head and head.logical_hash == sealed.logical_hash and head.spec_hash == spec.spec_hash:
            return Published(head, False, findings)
        original = originals_of(source, stage)
        version = _version(spec, agency, head, sealed, original, made, author, note)
        with exclusive(store.workspace.commit_lock):
            now = store.heads(spec.name)
            _refuse_moved(spec, agency, head, now.get(agency))
            if _others(now, agency) != _others(heads, agency):
                _refuse_foreign(spec, findings, foreign, _others(now, agency))
            if original is not None:
                keep(original, store.workspace)
                failpoint("original_kept")
            version = _commit(store, spec, version, sealed)
        for table, frame in made.tables.items():
            twin = with_places(frame) if table == "nodes" else frame
            keep_sidecar(store.workspace, version.part_hash, table, twin)
    return Published(version, True, findings)


def may_publish(store: Store, spec: LayerSpec, agency: str, mode: str = "replace") -> None:
    """Refuse an agency the city does not have, or the spec does not let publish, and unknown modes."""
    city = store.workspace.city
    entry = city.agency(agency)
    if entry is None:
        raise AgencyNotFound(agency, [known.code for known in city.agencies])
    if spec.publishers and not {entry.code, entry.kind} & set(spec.publishers):
        raise AgencyMayNotPublish(agency, spec.name, spec.publishers)
    if mode not in SUPPORTED:
        raise ModeNotSupported(mode, SUPPORTED)


def table_keys(store: Store, spec: LayerSpec, prepared: Prepared, heads: dict[str, Version]) -> list[Finding]:
    """Keys of the main table that are another agency's at those heads."""
    owned = {}
    for other, version in heads.items():
        theirs = store.spec_of(version)
        table = "edges" if theirs.kind == "network" else "features"
        owned[other] = read_part(store.workspace, version, theirs, table, columns=[theirs.key])[theirs.key]
    return foreign_keys(prepared.frame[spec.key], owned, spec.key, spec.name, prepared.rows)


def _others(heads: dict[str, Version], agency: str) -> dict[str, Version]:
    return {code: version for code, version in heads.items() if code != agency}


def _refuse_foreign(
    spec: LayerSpec,
    findings: tuple[Finding, ...],
    foreign: Callable[[dict[str, Version]], list[Finding]],
    others: dict[str, Version],
) -> None:
    found = foreign(others) if others else []
    if has_errors(found):
        raise Rejected(spec.name, (*findings, *found))


def _refuse_moved(spec: LayerSpec, agency: str, expected: Version | None, found: Version | None) -> None:
    if expected != found:
        raise HeadMoved(spec.name, agency, expected.id if expected else None, found.id if found else None)


def _version(
    spec: LayerSpec,
    agency: str,
    head: Version | None,
    sealed: Sealed,
    original: Original | None,
    made: Content,
    author: str,
    note: str,
) -> Version:
    parent = head.id if head else None
    source_hash = original.hash if original else None
    return Version(
        id=ledger.version_id(spec.name, agency, parent, sealed.logical_hash, spec.spec_hash, source_hash),
        layer=spec.name,
        agency=agency,
        kind=spec.kind,
        part_hash=sealed.hash,
        logical_hash=sealed.logical_hash,
        spec_hash=spec.spec_hash,
        source_hash=source_hash,
        parent=parent,
        rows=made.rows,
        bbox=sealed.bbox,
        facts=made.facts,
        author=author,
        note=note,
        created_at=datetime.now(UTC),
    )


def _commit(store: Store, spec: LayerSpec, made: Version, sealed: Sealed) -> Version:
    """Rename the part into place and tell the catalog; the commit lock is held.

    The same content upon the same parent may have been published before and reverted: then that version
    becomes the head again, with its own part.
    """
    workspace, database = store.workspace, store.database
    with claimed(workspace, database, sealed.hash):
        sealed.path.rename(workspace.part(sealed.hash))
        failpoint("part_renamed")
        fsync_folder(workspace.parts)
        with database.write() as connection:
            found = ledger.heads_at(connection, spec.name, ledger.current_sequence(connection))
            current = found.get((spec.name, made.agency))
            if (current.id if current else None) != made.parent:
                raise HeadMoved(spec.name, made.agency, made.parent, current.id if current else None)
            known = ledger.find_version(connection, made.id)
            if known is None:
                ledger.insert_spec(connection, spec, made.created_at)
                part = Part(sealed.hash, sealed.logical_hash, sealed.bytes, sealed.tables)
                ledger.insert_part(connection, part, made.created_at)
                ledger.insert_version(connection, made)
            failpoint("version_inserted")
            version = known or made
            entry = ledger.move_head(
                connection, version, made.parent, action="publish", author=made.author, note=made.note
            )
            audit.record(connection, entry.moved_at, made.author, "publish", ledger.told(entry))
            failpoint("before_commit")
        failpoint("after_commit")
    return version

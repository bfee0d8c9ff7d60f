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
from layers.reading import keep_sidecar, with_places
from layers.recovery import claimed
from layers.sealed import Sealed, in_stored_order, seal
from layers.spec import LayerSpec
from layers.staging import exclusive, fsync_folder, staged
from layers.validate import Prepared, prepare

MODES = ("replace",)


class _Unset(Enum):
    UNSET = "unset"


UNSET = _Unset.UNSET
Sources = Path | Sequence[Path] | None


@dataclass(frozen=True)
class Published:
    """The head after publishing; `changed` is False if it held the same content already."""

    version: Version
    changed: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Content:
    """What is to be sealed: tables in stored order, and the keys that must not be another agency's."""

    tables: dict[str, pd.DataFrame]
    prepared: Prepared
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
    expected: str | None | _Unset = UNSET,
) -> Version:
    """Make the frame this agency's state of a features or table layer, and return the head.

    The frame is validated as an upload is; Rejected carries the findings when one is an error. `expected` is
    the version the caller takes for the head (None: no head); by default the one found when the call begins.
    HeadMoved is raised if it is not the head when the work is done.
    """
    spec = store.spec(layer)
    if spec.kind not in ("features", "table"):
        raise LayerKindError(layer, spec.kind, "features or table")
    return publish_prepared(
        store, layer, agency, prepare(frame, spec, store.workspace.city),
        author=author, note=note, mode=mode, source=source, expected=expected,
    ).version  # fmt: skip


def publish_prepared(
    store: Store,
    layer: str,
    agency: str,
    prepared: Prepared,
    *,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | None | _Unset = UNSET,
) -> Published:
    """Publish what `prepare` made of a frame."""
    spec = store.spec(layer)

    def content() -> Content:
        frame = in_stored_order(prepared.frame, spec.key)
        return Content({"features": frame}, prepared, {})

    return publish_content(
        store, spec, agency, content, prepared, rows=len(prepared.frame),
        author=author, note=note, mode=mode, source=source, expected=expected,
    )  # fmt: skip


def publish_content(
    store: Store,
    spec: LayerSpec,
    agency: str,
    content: Callable[[], Content],
    prepared: Prepared,
    *,
    rows: int,
    author: str,
    note: str,
    mode: str,
    source: Sources,
    expected: str | None | _Unset,
) -> Published:
    """The protocol itself, for any kind of layer."""
    may_publish(store, spec, agency, mode)
    heads = store.heads(spec.name)
    head = heads.get(agency)
    if expected is not UNSET and expected != (head.id if head else None):
        raise HeadMoved(spec.name, agency, expected, head.id if head else None)
    findings = (*prepared.findings, *_foreign(store, spec, agency, prepared, heads))
    if has_errors(findings):
        raise Rejected(spec.name, findings)
    with staged(store.workspace.staging, "publish") as stage:
        made = content()
        sealed = seal(stage, made.tables)
        if head and head.logical_hash == sealed.logical_hash and head.spec_hash == spec.spec_hash:
            return Published(head, False, findings)
        original = originals_of(source, stage)
        version = _version(spec, agency, head, sealed, original, rows, made.facts, author, note)
        with exclusive(store.workspace.commit_lock):
            now = store.heads(spec.name)
            if now.get(agency) != head:
                found = now.get(agency)
                raise HeadMoved(spec.name, agency, head.id if head else None, found.id if found else None)
            if now != heads:
                findings = (*prepared.findings, *_foreign(store, spec, agency, prepared, now))
                if has_errors(findings):
                    raise Rejected(spec.name, findings)
            if original is not None:
                keep(original, store.workspace)
                failpoint("original_kept")
            version = _commit(store, spec, version, head, sealed)
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
    if mode not in MODES:
        raise ModeNotSupported(mode, MODES)


def _foreign(
    store: Store, spec: LayerSpec, agency: str, prepared: Prepared, heads: dict[str, Version]
) -> list[Finding]:
    """Keys that are another agency's at those heads."""
    owned = {
        other: keys
        for other, version in heads.items()
        if other != agency and (keys := _keys(store, version)) is not None
    }
    if not owned:
        return []
    return foreign_keys(prepared.frame[spec.key], owned, spec.key, spec.name, prepared.rows)


def _keys(store: Store, version: Version) -> pd.Series | None:
    from layers.reading import read_part

    spec = store.spec_of(version)
    table = "edges" if spec.kind == "network" else "features"
    return read_part(store.workspace, version, spec, table, columns=[spec.key])[spec.key]


def _version(
    spec: LayerSpec,
    agency: str,
    head: Version | None,
    sealed: Sealed,
    original: Original | None,
    rows: int,
    facts: dict[str, Any],
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
        rows=rows,
        bbox=sealed.bbox,
        facts=facts,
        author=author,
        note=note,
        created_at=datetime.now(UTC),
    )


def _commit(store: Store, spec: LayerSpec, made: Version, head: Version | None, sealed: Sealed) -> Version:
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
            version = known or made
            failpoint("version_inserted")
            entry = ledger.move_head(
                connection, version, made.parent, action="publish", author=made.author, note=made.note
            )
            audit.record(connection, entry.moved_at, made.author, "publish", _told(entry))
            failpoint("before_commit")
        failpoint("after_commit")
    return version


def _told(entry: ledger.HistoryEntry) -> dict[str, Any]:
    return {
        "layer": entry.layer,
        "agency": entry.agency,
        "version": entry.version,
        "previous": entry.previous,
        "sequence": entry.sequence,
    }

"""From content to a version and its agency's head, or nothing: what a kill cannot break.

Stage, write, check, sync, hash; then, alone, claim, rename to the hash, sync the folder; then one transaction
for part, version, head and audit. What fails after that transaction does not make the publish fail.
`layers.publish` decides what the content is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pandas as pd

from layers import audit, ledger
from layers.catalog import Store
from layers.disk import disk_told
from layers.errors import (
    AgencyMayNotPublish,
    AgencyNotFound,
    HeadMoved,
    ModeNotSupported,
    Rejected,
    VersionWithdrawn,
)
from layers.failpoint import failpoint
from layers.findings import Finding, has_errors
from layers.ledger import Part, Version
from layers.originals import Original, Sources, keep, originals_of
from layers.reading import keep_sidecar, with_places
from layers.recovery import claimed
from layers.said import MODES
from layers.sealed import Sealed, seal
from layers.spec import LayerSpec
from layers.staging import exclusive, fsync_folder, staged


class Unset(Enum):
    """The default of `expected`, which None cannot be: None means "there is no head yet"."""

    UNSET = "unset"


UNSET = Unset.UNSET


@dataclass(frozen=True)
class Published:
    """The head after publishing; `changed` is False if it held the same content already.

    `rebased` tells that the head had moved meanwhile, and that the changes were done to the new one.
    """

    version: Version
    changed: bool
    findings: tuple[Finding, ...]
    rebased: bool = False


@dataclass(frozen=True)
class Content:
    """What is to be sealed: tables in stored order, how many features that is, and facts of the kind.

    Of a raster, which has no tables, `sealing` makes the part in the staging folder.
    """

    tables: dict[str, pd.DataFrame]
    rows: int
    facts: dict[str, Any]
    sealing: Callable[[Path], Sealed] | None = None


@disk_told()
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
    source: Sources,
    expected: str | Unset | None,
    action: str = "publish",
) -> Published:
    """The protocol itself, for any kind of layer.

    `content` is called once nothing stands against it; `foreign` finds what other agencies' heads hold
    against it, and is asked again if one of them moved meanwhile.
    """
    heads = store.heads(spec.name)
    head = heads.get(agency)
    if expected is not UNSET and expected != (head.id if head else None):
        raise HeadMoved(spec.name, agency, expected, head.id if head else None)
    if has_errors(findings):
        raise Rejected(spec.name, findings)
    _refuse_foreign(spec, findings, foreign, _others(heads, agency))
    with staged(store.workspace.staging, "publish") as stage:
        made = content()
        sealed = seal(stage, made.tables) if made.sealing is None else made.sealing(stage)
        if head and head.logical_hash == sealed.logical_hash and head.spec_hash == spec.spec_hash:
            return Published(head, False, findings)
        original = originals_of(source, stage)
        version = _version(spec, agency, head, sealed, original, made, author, note)
        _refuse_withdrawn(store, version)
        with exclusive(store.workspace.commit_lock):
            now = store.heads(spec.name)
            _refuse_moved(spec, agency, head, now.get(agency))
            if _others(now, agency) != _others(heads, agency):
                _refuse_foreign(spec, findings, foreign, _others(now, agency))
            version = _commit(store, spec, version, sealed, original, action)
        for table, frame in made.tables.items():
            twin = with_places(frame) if table == "nodes" else frame
            keep_sidecar(store.workspace, version.part_hash, table, twin)
    return Published(version, True, findings)


def may_publish(store: Store, spec: LayerSpec, agency: str, mode: str = "replace") -> None:
    """Refuse an agency the city does not have, or the spec does not let publish, and modes the kind lacks."""
    city = store.workspace.city
    entry = city.agency(agency)
    if entry is None:
        raise AgencyNotFound(agency, [known.code for known in city.agencies])
    if spec.publishers and not {entry.code, entry.kind} & set(spec.publishers):
        raise AgencyMayNotPublish(agency, spec.name, spec.publishers)
    modes = MODES if spec.kind in ("features", "table") else ("replace",)
    if mode not in modes:
        raise ModeNotSupported(mode, modes)


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


def _refuse_withdrawn(store: Store, version: Version) -> None:
    """The same content upon the same parent is the same version, and stays withdrawn."""
    with store.database.read() as connection:
        found = ledger.withdrawals(connection).get(version.id)
    if found is not None:
        raise VersionWithdrawn(version.id, version.layer, found.why)


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
        facts={**made.facts, **_named(original)},
        author=author,
        note=note,
        created_at=datetime.now(UTC),
    )


def _commit(
    store: Store, spec: LayerSpec, made: Version, sealed: Sealed, original: Original | None, action: str
) -> Version:
    """Rename originals and part into place and tell the catalog; the commit lock is held.

    The same content upon the same parent may have been published before and reverted: then that version
    becomes the head again, with its own part.
    """
    workspace, database = store.workspace, store.database
    with claimed(workspace, database, sealed.hash, original.files if original else ()):
        if original is not None:
            keep(original, workspace)
            failpoint("original_kept")
        sealed.path.rename(workspace.parts / f"{sealed.hash}{sealed.path.suffix}")
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
                connection, version, made.parent, action=action, author=made.author, note=made.note
            )
            audit.record(connection, entry.moved_at, made.author, action, ledger.told(entry))
            store.moved(connection, entry)
            failpoint("before_commit")
        failpoint("after_commit")
    return version


def _named(original: Original | None) -> dict[str, Any]:
    """A single file's name; several are named by their manifest."""
    return {"file": original.name} if original is not None and original.name is not None else {}

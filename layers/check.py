"""Verifies the store by reading all of it: every part hashed and decoded, every catalog row followed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from geo.errors import GeoError
from layers import audit, ledger
from layers.catalog import Store
from layers.database import Database
from layers.errors import StoreDamaged
from layers.forgeries import forgeries
from layers.ledger import Part, Version
from layers.originals import hashes_of
from layers.problems import CODES, Problem
from layers.rasters import facts_again, raster_hash
from layers.reading import decode, kept_twin, with_places
from layers.sealed import damage, file_hash, logical_hash
from layers.staging import exclusive, leftovers
from layers.workspace import Workspace

__all__ = ["CODES", "Problem", "check"]


def check(store: Store) -> list[Problem]:
    """All problems, none for a whole store. Reads every byte: seconds for each gigabyte."""
    workspace, database = store.workspace, store.database
    problems = list(_catalog(database))
    with exclusive(workspace.commit_lock):  # so that no part is being put in place while its row is not there
        with database.read() as connection:
            parts = ledger.parts(connection)
            versions = ledger.versions(connection)
            hidden = ledger.withdrawals(connection)
        present = sorted(path.name for path in workspace.parts.iterdir())
        problems += [Problem("staging_leftover", {"name": name}) for name in leftovers(workspace.staging)]
    known = {workspace.part(digest).name for digest in parts}
    problems += [Problem("part_orphan", {"part": name}) for name in present if name not in known]
    purged = {each.version for each in hidden.values() if each.purged_at is not None}
    erased = _erased(versions, set(hidden), purged)
    version_of = {version.part_hash: version for version in versions}
    for part in parts.values():
        if part.hash in erased:
            if workspace.part(part.hash).exists():
                problems.append(Problem("purged_present", {"part": part.hash}))
        else:
            problems += _part(store, part, version_of.get(part.hash))
    problems += _originals(workspace, [version for version in versions if version.id not in purged])
    return problems


def _erased(versions: list[Version], hidden: set[str], purged: set[str]) -> set[str]:
    """The parts whose bytes were to be erased: a version of them was, and none of them is shown."""
    shown = {version.part_hash for version in versions if version.id not in hidden}
    return {version.part_hash for version in versions if version.id in purged} - shown


def _catalog(database: Database) -> Iterator[Problem]:
    if database.is_sqlite and database.url.database:
        problem = _sqlite_problem(Path(database.url.database))
        if problem:
            yield Problem("catalog_damaged", {"problem": problem})
            return
    with database.read() as connection:
        sequence = audit.broken(connection)
        if sequence is not None:
            yield Problem("audit_broken", {"sequence": sequence})
        yield from _moves(connection)
        yield from forgeries(connection)


def _sqlite_problem(path: Path) -> str | None:
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return str(error)
    if answer != "ok":
        return str(answer)
    return None if broken is None else f"a row of {broken[0]} names a row of {broken[2]} that is not there"


def _moves(connection: sa.Connection) -> Iterator[Problem]:
    """Moves are numbered without gaps, each from the head the last one left, to a version of its agency."""
    heads: dict[tuple[str, str], str] = {}
    owner = {version.id: (version.layer, version.agency) for version in ledger.versions(connection)}
    for expected, move in enumerate(reversed(ledger.moves(connection)), start=1):
        place = (move.layer, move.agency)
        follows = move.sequence == expected and move.previous == heads.get(place)
        if not follows or owner.get(move.version) != place:
            yield Problem("moves_broken", {"sequence": expected})
            return
        if move.leaves_none:
            heads.pop(place, None)
        else:
            heads[place] = move.version


def _part(store: Store, part: Part, version: Version | None) -> Iterator[Problem]:
    path = store.workspace.part(part.hash)
    if not path.is_file():
        yield Problem("part_missing", {"part": part.hash})
        return
    status = path.stat()
    if status.st_mode & 0o222:
        yield Problem("part_writable", {"part": part.hash})
    if status.st_size != part.bytes:
        yield Problem("part_size", {"part": part.hash, "expected": part.bytes, "found": status.st_size})
    found = file_hash(path)
    if found != part.hash:
        yield Problem("part_hash", {"part": part.hash, "found": found})
    if path.suffix == ".tif":
        yield from _raster(store, part, version, path)
        return
    problem = damage(path)
    if problem:
        yield Problem("part_damaged", {"part": part.hash, "problem": problem})
        return
    if version is not None:
        yield from _content(store, part, version)


def _raster(store: Store, part: Part, version: Version | None, path: Path) -> Iterator[Problem]:
    """Read every cell again, in a process of its own, and compare with the logical hash and what is told."""
    try:
        facts = facts_again(path, store.workspace.staging)
    except GeoError as error:
        yield Problem("part_damaged", {"part": part.hash, "problem": str(error)})
        return
    told = [part.logical_hash] if version is None else [part.logical_hash, raster_hash(version.facts)]
    found = raster_hash(facts) if facts else ""
    if {found} != set(told):
        yield Problem("part_content", {"part": part.hash, "found": found})


def _content(store: Store, part: Part, version: Version) -> Iterator[Problem]:
    """Decode every table and compare what it holds with the logical hash."""
    spec = store.spec_of(version)
    frames = {}
    for table, rows in part.tables.items():
        fields = {f.name: f for f in (spec.nodes if table == "nodes" else spec.fields)}
        try:
            frame = decode(store.workspace, part.hash, table, fields)
        except StoreDamaged as error:
            yield Problem("part_damaged", {"part": part.hash, "problem": error.problem})
            return
        if len(frame) != rows:
            fields_of = {"part": part.hash, "table": table, "expected": rows, "found": len(frame)}
            yield Problem("part_rows", fields_of)
        frames[table] = frame
    found = logical_hash(frames)
    if not found == part.logical_hash == version.logical_hash:
        yield Problem("part_content", {"part": part.hash, "found": found})
        return
    for table, frame in frames.items():
        fields = {f.name: f for f in (spec.nodes if table == "nodes" else spec.fields)}
        twin = kept_twin(store.workspace, part.hash, table, fields)
        own = with_places(frame) if table == "nodes" else frame
        if twin is not None and logical_hash({table: twin}) != logical_hash({table: own}):
            yield Problem("twin_content", {"part": part.hash, "table": table})


def _originals(workspace: Workspace, versions: list[Version]) -> Iterator[Problem]:
    seen: set[str] = set()
    for version in versions:
        if version.source_hash is None:
            continue
        for digest in hashes_of(version.source_hash, workspace):
            if digest in seen:
                continue
            seen.add(digest)
            path = workspace.originals / digest
            if not path.is_file():
                yield Problem("original_missing", {"original": digest, "version": version.id})
            elif (found := file_hash(path)) != digest:
                yield Problem("original_hash", {"original": digest, "found": found})

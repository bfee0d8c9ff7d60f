"""Rows that somebody made up: the catalog's own rules are triggers and constraints, which whoever
has the file can drop. What cannot be made up is a hash.
"""

import hashlib
import json
from collections.abc import Iterator

import sqlalchemy as sa

from layers import ledger
from layers.ledger import HistoryEntry, Part, Version
from layers.problems import Problem
from layers.tables import audit, spec


def forgeries(connection: sa.Connection) -> Iterator[Problem]:
    """Versions whose id does not follow from what they say or whose part is another's, specs that do not give
    their hash, moves without their audit."""
    parts = ledger.parts(connection)
    for version in ledger.versions(connection):
        expected = ledger.version_id(
            version.layer,
            version.agency,
            version.parent,
            version.logical_hash,
            version.spec_hash,
            version.source_hash,
        )
        part = parts.get(version.part_hash)
        if version.id != expected or part is None or not _fits(version, part):
            yield Problem("version_forged", {"version": version.id})
    for row in connection.execute(sa.select(spec.c.hash, spec.c.body).order_by(spec.c.hash)):
        if hashlib.sha256(row.body.encode()).hexdigest() != row.hash:
            yield Problem("spec_forged", {"spec": row.hash})
    yield from _unaudited(connection)


def _fits(version: Version, part: Part) -> bool:
    main = {"network": "edges", "raster": "raster"}.get(version.kind, "features")
    return part.logical_hash == version.logical_hash and part.tables.get(main) == version.rows


def _unaudited(connection: sa.Connection) -> Iterator[Problem]:
    """Moves that the audit, whose chain is checked by itself, does not tell word for word."""
    told = {}
    for row in connection.execute(sa.select(audit).order_by(audit.c.sequence)):
        fields = json.loads(row.fields)
        if "sequence" in fields:
            told[fields["sequence"]] = (row.action, row.actor, row.at, fields)
    for move in reversed(ledger.moves(connection)):
        if not _tells(told.get(move.sequence), move):
            yield Problem("move_unaudited", {"sequence": move.sequence})


def _tells(row: tuple[str, str, object, dict[str, object]] | None, move: HistoryEntry) -> bool:
    if row is None:
        return False
    action, actor, at, fields = row
    same = all(fields.get(name) == value for name, value in ledger.told(move).items())
    return same and (action, actor, at) == (move.action, move.author, move.moved_at)

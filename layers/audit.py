"""The audit: what was done, by whom, when, each row chained to the one before it by a hash.

Changing, dropping or reordering a row breaks the chain from there on; `broken` says where.
"""

import hashlib
import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from layers.tables import audit

START = "0" * 64


def record(connection: Connection, at: datetime, actor: str, action: str, fields: dict[str, Any]) -> None:
    """Add a row inside the caller's write transaction."""
    last = connection.execute(
        sa.select(audit.c.sequence, audit.c.hash).order_by(audit.c.sequence.desc()).limit(1)
    ).first()
    sequence, previous = (last.sequence + 1, last.hash) if last else (1, START)
    body = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    connection.execute(
        audit.insert().values(
            sequence=sequence,
            at=at,
            actor=actor,
            action=action,
            fields=body,
            previous_hash=previous,
            hash=_hash(sequence, at, actor, action, body, previous),
        )
    )


def broken(connection: Connection) -> int | None:
    """The sequence number of the first row that does not follow from the one before it; None if all do."""
    previous, expected = START, 1
    for row in connection.execute(sa.select(audit).order_by(audit.c.sequence)):
        if row.sequence != expected or row.previous_hash != previous or row.hash != _of(row):
            return expected
        previous, expected = row.hash, expected + 1
    return None


def _of(row: Row[Any]) -> str:
    return _hash(row.sequence, row.at, row.actor, row.action, row.fields, row.previous_hash)


def _hash(sequence: int, at: datetime, actor: str, action: str, fields: str, previous: str) -> str:
    text = json.dumps([sequence, at.isoformat(), actor, action, fields, previous], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

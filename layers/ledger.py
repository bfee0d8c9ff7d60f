"""The catalog's statements: versions, heads at a sequence number, moves. Each takes a connection."""

import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from layers.errors import TimeNotKnown
from layers.spec import LayerSpec
from layers.tables import head_move, layer, part, setting, spec, version, withdrawal

ID_DIGITS = 16
_LEAVES_NONE = sa.and_(
    head_move.c.action == "withdraw", head_move.c.version == sa.func.coalesce(head_move.c.previous, "")
)


@dataclass(frozen=True)
class Version:
    """An immutable state of one layer of one agency. `facts` holds what only some kinds have (`directed`).

    The id is a hash of layer, agency, parent, content, spec and source: publishing the same content upon the
    same parent is the same version, wherever and whenever it is done.
    """

    id: str
    layer: str
    agency: str
    kind: str
    part_hash: str
    logical_hash: str
    spec_hash: str
    source_hash: str | None
    parent: str | None
    rows: int
    bbox: tuple[float, float, float, float] | None
    facts: dict[str, Any]
    author: str
    note: str
    created_at: datetime


@dataclass(frozen=True)
class Part:
    """What the catalog knows of a part: its hashes, size and the rows of each table."""

    hash: str
    logical_hash: str
    bytes: int
    tables: dict[str, int]


@dataclass(frozen=True)
class HistoryEntry:
    """One move of a head. `previous` is the version it moved away from.

    A withdrawal that leaves the agency no head names the withdrawn version as both. `withdrawn` says whether
    `version` is withdrawn today.
    """

    sequence: int
    moved_at: datetime
    layer: str
    agency: str
    action: str
    version: str
    previous: str | None
    author: str
    note: str
    withdrawn: bool = False

    @property
    def leaves_none(self) -> bool:
        """Whether the agency has no head after this move."""
        return self.action == "withdraw" and self.version == self.previous

    @property
    def is_public(self) -> bool:
        """Whether everyone may see this move: it leads to nothing withdrawn, or is a withdrawal itself."""
        return not self.withdrawn or self.action == "withdraw"

    def without_why(self) -> "HistoryEntry":
        """The move as everyone may see it: why a version was withdrawn may tell what was in it."""
        return replace(self, note="") if self.action == "withdraw" else self


@dataclass(frozen=True)
class Withdrawal:
    """Why, by whom and when a version was hidden, and when its bytes were erased, if they were."""

    version: str
    why: str
    actor: str
    at: datetime
    purged_at: datetime | None


def version_id(
    layer: str, agency: str, parent: str | None, logical_hash: str, spec_hash: str, source_hash: str | None
) -> str:
    """The id that this content has upon this parent."""
    text = json.dumps([layer, agency, parent, logical_hash, spec_hash, source_hash])
    return hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]


def current_sequence(connection: Connection) -> int:
    """The number of the last move, 0 before the first."""
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(head_move.c.sequence), 0))) or 0)


def sequence_at(connection: Connection, as_of: int | datetime | None) -> int:
    """The sequence number that `as_of` means.

    A number or time that lies ahead is refused rather than answered: the answer would change later.
    """
    current = current_sequence(connection)
    if as_of is None:
        return current
    if isinstance(as_of, datetime):
        if as_of.tzinfo is None:
            raise TimeNotKnown(as_of, current, "the time names no zone; write one, such as +08:00 or Z")
        if as_of > datetime.now(UTC):
            raise TimeNotKnown(as_of, current, "the time lies in the future")
        query = sa.select(sa.func.max(head_move.c.sequence)).where(head_move.c.moved_at <= as_of)
        return int(connection.scalar(query) or 0)
    if not 0 <= as_of <= current:
        raise TimeNotKnown(as_of, current, "no such sequence number has been reached")
    return as_of


def heads_at(connection: Connection, name: str | None, sequence: int) -> dict[tuple[str, str], Version]:
    """The heads of a layer, or of all with None, after that many moves, by layer and agency."""
    moves = sa.select(
        head_move.c.layer, head_move.c.agency, sa.func.max(head_move.c.sequence).label("sequence")
    ).where(head_move.c.sequence <= sequence)
    if name is not None:
        moves = moves.where(head_move.c.layer == name)
    last = moves.group_by(head_move.c.layer, head_move.c.agency).subquery()
    query = (
        sa.select(version)
        .select_from(last)
        .join(head_move, head_move.c.sequence == last.c.sequence)
        .join(version, version.c.id == head_move.c.version)
        .where(sa.not_(_LEAVES_NONE))
        .order_by(version.c.layer, version.c.agency)
    )
    return {(row.layer, row.agency): _version(row) for row in connection.execute(query)}


def find_version(connection: Connection, identity: str) -> Version | None:
    """The version of that id, None if there is none."""
    row = connection.execute(sa.select(version).where(version.c.id == identity)).first()
    return None if row is None else _version(row)


def versions(connection: Connection) -> list[Version]:
    """Every version there is."""
    return [_version(row) for row in connection.execute(sa.select(version).order_by(version.c.id))]


def parts(connection: Connection) -> dict[str, Part]:
    """Every part the catalog knows, by hash."""
    rows = connection.execute(sa.select(part).order_by(part.c.hash))
    return {row.hash: Part(row.hash, row.logical_hash, row.bytes, json.loads(row.tables)) for row in rows}


def knows_part(connection: Connection, digest: str) -> bool:
    """Whether a version may have this part."""
    return connection.scalar(sa.select(part.c.hash).where(part.c.hash == digest)) is not None


def leave_mark(connection: Connection) -> None:
    """Change something that nobody reads, so that this transaction has a commit of its own in the log."""
    value = secrets.token_hex(8)
    chosen = setting.update().where(setting.c.name == "mark").values(value=value)
    if connection.execute(chosen).rowcount == 0:
        connection.execute(setting.insert().values(name="mark", value=value))


def spec_body(connection: Connection, digest: str) -> str | None:
    """The canonical JSON of a spec as it was when something was published under it."""
    return connection.scalar(sa.select(spec.c.body).where(spec.c.hash == digest))


def last_spec_bodies(connection: Connection) -> dict[str, str]:
    """The spec of the newest head move of each layer, by layer name."""
    last = sa.select(head_move.c.layer, sa.func.max(head_move.c.sequence).label("sequence")).group_by(
        head_move.c.layer
    )
    moves = last.subquery()
    query = (
        sa.select(spec.c.layer, spec.c.body)
        .select_from(moves)
        .join(head_move, head_move.c.sequence == moves.c.sequence)
        .join(version, version.c.id == head_move.c.version)
        .join(spec, spec.c.hash == version.c.spec_hash)
    )
    return {row.layer: row.body for row in connection.execute(query)}


def moves(connection: Connection, name: str | None = None, agency: str | None = None) -> list[HistoryEntry]:
    """Head moves, newest first."""
    query = (
        sa.select(head_move, withdrawal.c.version.label("withdrawn"))
        .outerjoin(withdrawal, withdrawal.c.version == head_move.c.version)
        .order_by(head_move.c.sequence.desc())
    )
    if name is not None:
        query = query.where(head_move.c.layer == name)
    if agency is not None:
        query = query.where(head_move.c.agency == agency)
    return [
        HistoryEntry(
            sequence=row.sequence,
            moved_at=row.moved_at,
            layer=row.layer,
            agency=row.agency,
            action=row.action,
            version=row.version,
            previous=row.previous,
            author=row.author,
            note=row.note,
            withdrawn=row.withdrawn is not None,
        )
        for row in connection.execute(query)
    ]


def sequence_of(connection: Connection, identity: str) -> int | None:
    """The number of the move that first made a version the head, None if none did."""
    query = sa.select(sa.func.min(head_move.c.sequence)).where(
        head_move.c.version == identity, head_move.c.action != "withdraw"
    )
    return connection.scalar(query)


def arrivals(connection: Connection, versions: Collection[str], sequence: int) -> dict[str, int]:
    """The number of the move, up to `sequence`, by which each of these versions last became the head."""
    query = (
        sa.select(head_move.c.version, sa.func.max(head_move.c.sequence).label("sequence"))
        .where(head_move.c.version.in_(versions), head_move.c.sequence <= sequence)
        .group_by(head_move.c.version)
    )
    return {row.version: row.sequence for row in connection.execute(query)}


def withdrawals(connection: Connection) -> dict[str, Withdrawal]:
    """Every withdrawal, by version; there are few."""
    rows = connection.execute(sa.select(withdrawal).order_by(withdrawal.c.version))
    return {row.version: Withdrawal(**row._mapping) for row in rows}


def shared(connection: Connection, *, part_hash: str | None = None, source_hash: str | None = None) -> bool:
    """Whether a version that is not withdrawn has this part or original."""
    query = (
        sa.select(version.c.id)
        .outerjoin(withdrawal, withdrawal.c.version == version.c.id)
        .where(withdrawal.c.version.is_(None))
    )
    if part_hash is not None:
        query = query.where(version.c.part_hash == part_hash)
    if source_hash is not None:
        query = query.where(version.c.source_hash == source_hash)
    return connection.scalar(query.limit(1)) is not None


def last_moves(connection: Connection, sequence: int) -> dict[str, tuple[int, datetime]]:
    """For each layer the number and time of its last move up to `sequence`."""
    query = (
        sa.select(
            head_move.c.layer,
            sa.func.max(head_move.c.sequence).label("sequence"),
            sa.func.max(head_move.c.moved_at).label("moved_at"),
        )
        .where(head_move.c.sequence <= sequence)
        .group_by(head_move.c.layer)
    )
    return {row.layer: (row.sequence, row.moved_at) for row in connection.execute(query)}


def insert_part(connection: Connection, made: Part, at: datetime) -> None:
    """Tell the catalog of a part it may know already."""
    if not knows_part(connection, made.hash):
        connection.execute(
            part.insert().values(
                hash=made.hash,
                logical_hash=made.logical_hash,
                bytes=made.bytes,
                tables=json.dumps(made.tables, sort_keys=True),
                created_at=at,
            )
        )


def insert_spec(connection: Connection, used: LayerSpec, at: datetime) -> None:
    """Keep the layer's name and the spec as it is now, if they are not kept yet."""
    if connection.scalar(sa.select(layer.c.name).where(layer.c.name == used.name)) is None:
        connection.execute(layer.insert().values(name=used.name, kind=used.kind, created_at=at))
    if spec_body(connection, used.spec_hash) is None:
        connection.execute(spec.insert().values(hash=used.spec_hash, layer=used.name, body=used.body))


def insert_version(connection: Connection, made: Version) -> None:
    """Add a version; its layer, spec and part are there already."""
    values = {**vars(made), "facts": json.dumps(made.facts, sort_keys=True)}
    values["bbox"] = None if made.bbox is None else json.dumps(made.bbox)
    connection.execute(version.insert().values(**values))


def move_head(
    connection: Connection,
    to: Version,
    previous: str | None,
    *,
    action: str,
    author: str,
    note: str,
) -> HistoryEntry:
    """Add the move that makes `to` the head; the caller has compared the head within this transaction.

    Times never run backwards along the sequence, whatever the clock does.
    """
    last = connection.execute(
        sa.select(head_move.c.sequence, head_move.c.moved_at).order_by(head_move.c.sequence.desc()).limit(1)
    ).first()
    now = datetime.now(UTC)
    entry = HistoryEntry(
        sequence=last.sequence + 1 if last else 1,
        moved_at=max(now, last.moved_at) if last else now,
        layer=to.layer,
        agency=to.agency,
        action=action,
        version=to.id,
        previous=previous,
        author=author,
        note=note,
    )
    row = {name: value for name, value in vars(entry).items() if name != "withdrawn"}
    connection.execute(head_move.insert().values(**row))
    return entry


def told(entry: HistoryEntry) -> dict[str, Any]:
    """What the audit says of a move."""
    return {name: getattr(entry, name) for name in ("layer", "agency", "version", "previous", "sequence")}


def _version(row: Row[Any]) -> Version:
    values = dict(row._mapping)
    values["facts"] = json.loads(values["facts"])
    values["bbox"] = None if values["bbox"] is None else tuple(json.loads(values["bbox"]))
    return Version(**values)

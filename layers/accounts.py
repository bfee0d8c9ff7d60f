"""Who may sign in and who is signed in. Today one account: the administrator of this installation.

Secrets are 256 random bits and only their SHA-256 is kept: the administrator's token in a file of the home,
readable by its owner alone, sessions in the catalog. A session ends half an hour after it was last used, and
twelve hours after it began.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from layers import audit
from layers.catalog import Store
from layers.staging import exclusive, write_durably
from layers.tables import session
from layers.workspace import Workspace

ADMINISTRATOR = "administrator"
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)  # more exactly than this nobody needs to know when a session was used
_HASH_FILE = "administrator.sha256"


@dataclass(frozen=True)
class Session:
    """A session in use; `hash` is that of its secret."""

    hash: str
    actor: str
    created_at: datetime
    last_seen: datetime
    expires_at: datetime


def first_token(workspace: Workspace) -> str | None:
    """The administrator's token, made now; None if there is one, which nobody can tell again."""
    with exclusive(workspace.commit_lock):
        return None if _token_file(workspace).exists() else _make_token(workspace)


def new_token(store: Store) -> str:
    """Another token for the administrator; the old one and all sessions end."""
    with exclusive(store.workspace.commit_lock):
        token = _make_token(store.workspace)
    with store.database.write() as connection:
        connection.execute(session.delete().where(session.c.actor == ADMINISTRATOR))
        audit.record(connection, datetime.now(UTC), ADMINISTRATOR, "token", {})
    return token


def is_token(workspace: Workspace, token: str) -> bool:
    """Whether that is the administrator's token, in a time that does not tell how much of it is right."""
    try:
        kept = _token_file(workspace).read_text("ascii").strip()
    except FileNotFoundError:
        return False
    return hmac.compare_digest(kept, _hash(token))


def sign_in(store: Store, actor: str, *, now: datetime | None = None) -> str:
    """Begin a session; its secret, which the actor's browser keeps."""
    moment = now or datetime.now(UTC)
    secret = secrets.token_urlsafe(32)
    with store.database.write() as connection:
        connection.execute(
            session.insert().values(
                hash=_hash(secret),
                actor=actor,
                created_at=moment,
                last_seen=moment,
                expires_at=moment + LONGEST,
            )
        )
        audit.record(connection, moment, actor, "sign_in", {})
    return secret


def session_of(store: Store, secret: str, *, now: datetime | None = None) -> Session | None:
    """The session with that secret, now used; None when it never was or is over."""
    moment = now or datetime.now(UTC)
    with store.database.read() as connection:
        row = connection.execute(sa.select(session).where(session.c.hash == _hash(secret))).first()
    if row is None:
        return None
    found = Session(**row._mapping)
    if not (moment < found.expires_at and moment - found.last_seen < IDLE):
        sign_out(store, secret)
        return None
    if abs(moment - found.last_seen) >= SEEN_EVERY:
        with store.database.write() as connection:
            connection.execute(session.update().where(session.c.hash == found.hash).values(last_seen=moment))
    return found


def sign_out(store: Store, secret: str) -> None:
    """End the session with that secret."""
    with store.database.write() as connection:
        connection.execute(session.delete().where(session.c.hash == _hash(secret)))


def form_token(secret: str) -> str:
    """What a form of this session carries to show that a page of the session sent it."""
    return hmac.digest(secret.encode(), b"form", "sha256").hex()


def _make_token(workspace: Workspace) -> str:
    token = secrets.token_urlsafe(32)
    write_durably(_token_file(workspace), f"{_hash(token)}\n".encode(), mode=0o600)
    return token


def _token_file(workspace: Workspace) -> Path:
    return workspace.home / _HASH_FILE


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

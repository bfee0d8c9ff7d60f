"""The administrator's token and sessions: only hashes are kept, and everything ends."""

import stat
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from layers import accounts
from layers.tables import audit, session

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_token_is_told_once_and_kept_as_a_hash(sqlite_store):
    workspace = sqlite_store.workspace
    assert not accounts.is_token(workspace, "")
    token = accounts.first_token(workspace)
    assert len(token) == 43  # 256 bits, six to a letter
    assert accounts.first_token(workspace) is None
    assert accounts.is_token(workspace, token)
    assert not accounts.is_token(workspace, token[:-1])
    assert not accounts.is_token(workspace, "\ud800")
    kept = workspace.home / "administrator.sha256"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert token not in kept.read_text()


def test_a_new_token_ends_the_old_one_and_every_session(store):
    old = accounts.first_token(store.workspace)
    secret = accounts.sign_in(store, accounts.ADMINISTRATOR)
    assert accounts.session_of(store, secret).actor == accounts.ADMINISTRATOR
    new = accounts.new_token(store)
    assert [accounts.is_token(store.workspace, each) for each in (old, new)] == [False, True]
    assert accounts.session_of(store, secret) is None


def test_a_session_ends_when_it_is_not_used(store):
    secret = accounts.sign_in(store, "li", now=NOON)
    assert accounts.session_of(store, secret, now=NOON + timedelta(minutes=29))
    assert accounts.session_of(store, secret, now=NOON + timedelta(minutes=58))
    assert accounts.session_of(store, secret, now=NOON + timedelta(minutes=88)) is None
    assert accounts.session_of(store, secret, now=NOON + timedelta(minutes=59)) is None


def test_a_session_in_use_ends_after_twelve_hours(store):
    secret = accounts.sign_in(store, "li", now=NOON)
    used = [
        accounts.session_of(store, secret, now=NOON + timedelta(minutes=minutes)) is not None
        for minutes in range(0, 740, 20)
    ]
    assert used == [True] * 36 + [False]  # 0, 20, ..., 700 minutes; the next is at 720


def test_signing_out_ends_one_session(store):
    mine, other = accounts.sign_in(store, "li"), accounts.sign_in(store, "li")
    accounts.sign_out(store, mine)
    assert accounts.session_of(store, mine) is None
    assert accounts.session_of(store, other)


def test_the_catalog_holds_no_secret(store):
    secret = accounts.sign_in(store, "li")
    with store.database.read() as connection:
        (row,) = connection.execute(sa.select(session)).all()
    assert secret not in map(str, row)
    assert accounts.form_token(secret) not in map(str, row)


def test_signing_in_and_new_tokens_are_audited(store):
    accounts.sign_in(store, "li")
    accounts.new_token(store)
    with store.database.read() as connection:
        rows = connection.execute(sa.select(audit.c.actor, audit.c.action).order_by(audit.c.sequence)).all()
    assert [tuple(row) for row in rows] == [("li", "sign_in"), ("administrator", "token")]
    assert store.check() == []

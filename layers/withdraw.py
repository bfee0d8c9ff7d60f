"""Taking a version back: hidden from all but auditors, and, if that is asked for, its bytes erased.

Withdrawing is one transaction: the tombstone, the head's move to the newest earlier version that is not
withdrawn, the audit row. Erasing first writes down that it happens and then deletes; what a kill leaves to
be deleted goes at the next opening. The catalog's rows stay for ever.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from layers import audit, ledger
from layers.catalog import Store
from layers.disk import disk_told
from layers.errors import VersionNotFound, VersionNotWithdrawn, VersionWithdrawn
from layers.failpoint import failpoint
from layers.ledger import HistoryEntry, Version
from layers.purge import erase
from layers.staging import exclusive
from layers.tables import withdrawal

Listener = Callable[[Version], None]


@disk_told()
def withdraw(
    store: Store, version_id: str, *, why: str, actor: str, listeners: Sequence[Listener] = ()
) -> Version | None:
    """Hide a version; the agency's head afterwards, None if it has none left.

    `listeners` are told once it is done, to drop tiles and results made of it. VersionWithdrawn if it is
    withdrawn already.
    """
    with exclusive(store.workspace.commit_lock), store.database.write() as connection:
        version = ledger.find_version(connection, version_id)
        if version is None:
            raise VersionNotFound(version_id)
        hidden = ledger.withdrawals(connection)
        if version_id in hidden:
            raise VersionWithdrawn(version_id, version.layer, hidden[version_id].why)
        now = datetime.now(UTC)
        connection.execute(
            withdrawal.insert().values(version=version_id, why=why, actor=actor, at=now, purged_at=None)
        )
        failpoint("withdrawal_inserted")
        heads = ledger.heads_at(connection, version.layer, ledger.current_sequence(connection))
        head = heads.get((version.layer, version.agency))
        told: dict[str, Any] = {"layer": version.layer, "agency": version.agency}
        if head is not None and head.id == version_id:
            head, entry = _step_back(connection, version, {*hidden, version_id}, why, actor)
            now, told = entry.moved_at, ledger.told(entry)
            store.moved(connection, entry)
        told |= {"withdrawn": version_id, "why": why}
        audit.record(connection, now, actor, "withdraw", told)
        failpoint("before_withdraw_commit")
    failpoint("after_withdraw_commit")
    for listener in listeners:
        listener(version)
    return head


@disk_told()
def purge(store: Store, version_id: str, *, actor: str, listeners: Sequence[Listener] = ()) -> None:
    """Erase a withdrawn version's part, twins and original, except what a version still shown shares.

    The tombstone says when; the audit says by whom. Done again, it finishes what a kill left.
    """
    with exclusive(store.workspace.commit_lock):
        with store.database.write() as connection:
            version = ledger.find_version(connection, version_id)
            if version is None:
                raise VersionNotFound(version_id)
            found = ledger.withdrawals(connection).get(version_id)
            if found is None:
                raise VersionNotWithdrawn(version_id, version.layer)
            if found.purged_at is None:
                now = datetime.now(UTC)
                connection.execute(
                    withdrawal.update().where(withdrawal.c.version == version_id).values(purged_at=now)
                )
                told = {"layer": version.layer, "agency": version.agency, "version": version_id}
                audit.record(connection, now, actor, "purge", told)
            failpoint("before_purge_commit")
        failpoint("after_purge_commit")
        erase(store.workspace, store.database, version)
    for listener in listeners:
        listener(version)


def before(connection: sa.Connection, version: Version, hidden: set[str]) -> Version | None:
    """The nearest version that this one was made upon, and so on, that is not among the hidden ones."""
    identity = version.parent
    while identity is not None:
        found = ledger.find_version(connection, identity)
        if found is None or identity not in hidden:
            return found
        identity = found.parent
    return None


def _step_back(
    connection: sa.Connection, version: Version, hidden: set[str], why: str, actor: str
) -> tuple[Version | None, HistoryEntry]:
    """Move the head to the version this one was made upon, or the nearest before it that is not withdrawn.

    Not to the newest: what was published since and reverted was reverted for a reason.
    """
    target = before(connection, version, hidden)
    entry = ledger.move_head(
        connection, target or version, version.id, action="withdraw", author=actor, note=why
    )
    return target, entry

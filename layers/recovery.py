"""Putting things away after a kill: claims of parts the catalog never heard of, and abandoned staging.

Before a part is renamed into place, a claim with its hash, and the hashes of the originals, is left in
staging; it goes once the catalog has answered. So only what a dead publish put there is ever deleted, never a
part that is merely unknown, as after a catalog was restored from an older backup: those `check` reports.
"""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from sqlalchemy import Connection

from layers import ledger
from layers.database import Database
from layers.errors import LayerError
from layers.failpoint import failpoint
from layers.staging import abandoned, fsync_folder, write_durably
from layers.workspace import Workspace

_CLAIM = ".claim"


def sweep(workspace: Workspace, database: Database) -> None:
    """Remove what dead processes left. The caller holds the commit lock, so no claim is anyone's now."""
    for claim in sorted(workspace.staging.glob(f"*{_CLAIM}")):
        with contextlib.suppress(LayerError, OSError):  # it stays; reading goes on while the disk is full
            settle(workspace, database, claim.stem)
    for _ in abandoned(workspace.staging):
        pass
    for half in workspace.staging.glob(".*"):
        half.unlink()  # a claim that was being written
    with database.read() as connection:
        purged = any(each.purged_at is not None for each in ledger.withdrawals(connection).values())
    if purged:
        from layers.purge import finish  # imports geometry, which most openings do without

        finish(workspace, database)


def settle(workspace: Workspace, database: Database, digest: str) -> None:
    """Delete the claimed part and originals unless the catalog knows them, then the claim.

    The catalog is asked in a write transaction of its own, for two reasons. PostgreSQL may still be at work
    on a commit whose client has died: the write lock waits for it. And a commit that failed at its sync lies
    whole in SQLite's log, where a recovery after a crash would take it for done: what is written here takes
    its place, before its part is deleted.
    """
    claim = workspace.staging / f"{digest}{_CLAIM}"
    with database.write() as connection:
        known = ledger.knows_part(connection, digest)
        wanted = _wanted_originals(workspace, connection)
        ledger.leave_mark(connection)
    if not known:
        workspace.part(digest).unlink(missing_ok=True)
        fsync_folder(workspace.parts)
        failpoint("sweep_part_erased")
    unwanted = [each for each in claim.read_text("ascii").split() if each not in wanted]
    for original in unwanted:
        (workspace.originals / original).unlink(missing_ok=True)
    if unwanted:
        fsync_folder(workspace.originals)
    claim.unlink(missing_ok=True)


def _wanted_originals(workspace: Workspace, connection: Connection) -> set[str]:
    """The originals of all versions."""
    from layers.originals import hashes_of  # imports geometry, which most openings do without

    sources = {version.source_hash for version in ledger.versions(connection)}
    return {digest for source in sources if source for digest in hashes_of(source, workspace)}


@contextlib.contextmanager
def claimed(
    workspace: Workspace, database: Database, digest: str, originals: Collection[str] = ()
) -> Iterator[None]:
    """Put a part and originals in place inside this block and tell the catalog; the commit lock is held.

    If that fails the claim is settled by what the catalog says; if it cannot say, the claim stays for the
    next sweep. Once it is done nothing that happens to the claim makes it undone.
    """
    claim = workspace.staging / f"{digest}{_CLAIM}"
    write_durably(claim, "\n".join(originals).encode())
    failpoint("part_claimed")
    try:
        yield
    except BaseException:
        with contextlib.suppress(LayerError, OSError):
            settle(workspace, database, digest)
        raise
    with contextlib.suppress(OSError):
        claim.unlink(missing_ok=True)


def claims(staging: Path) -> list[str]:
    """Names of claims left in staging."""
    return sorted(path.name for path in staging.glob(f"*{_CLAIM}"))

"""Putting things away after a kill: claims of parts the catalog never heard of, and abandoned staging.

Before a part is renamed into place, a claim with its hash is left in staging; it goes once the catalog has
answered. So only parts that a dead publish put there are ever deleted, never one that is merely unknown, as
after a catalog was restored from an older backup: those `check` reports.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from layers import ledger
from layers.database import Database
from layers.failpoint import failpoint
from layers.staging import abandoned, fsync_folder, write_durably
from layers.workspace import Workspace

_CLAIM = ".claim"


def sweep(workspace: Workspace, database: Database) -> None:
    """Remove what dead processes left. The caller holds the commit lock, so no claim is anyone's now."""
    for claim in sorted(workspace.staging.glob(f"*{_CLAIM}")):
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
    """Delete the claimed part unless the catalog knows it, then the claim."""
    with database.read() as connection:
        known = ledger.knows_part(connection, digest)
    if not known:
        workspace.part(digest).unlink(missing_ok=True)
        fsync_folder(workspace.parts)
    (workspace.staging / f"{digest}{_CLAIM}").unlink(missing_ok=True)


@contextlib.contextmanager
def claimed(workspace: Workspace, database: Database, digest: str) -> Iterator[None]:
    """Put a part in place inside this block and tell the catalog; held together by the commit lock.

    On the way out the claim is settled by what the catalog says. If it cannot say, the claim stays for the
    next sweep.
    """
    write_durably(workspace.staging / f"{digest}{_CLAIM}", b"")
    failpoint("part_claimed")
    try:
        yield
    finally:
        settle(workspace, database, digest)


def claims(staging: Path) -> list[str]:
    """Names of claims left in staging."""
    return sorted(path.name for path in staging.glob(f"*{_CLAIM}"))

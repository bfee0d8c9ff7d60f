"""Erasing the bytes of versions whose withdrawal says so, as often as it takes."""

import sqlalchemy as sa

from layers import ledger
from layers.database import Database
from layers.failpoint import failpoint
from layers.ledger import Version
from layers.originals import hashes_of
from layers.staging import fsync_folder
from layers.workspace import Workspace


def erase(workspace: Workspace, database: Database, version: Version) -> None:
    """Delete the part, its twins and its original, unless a version that is not withdrawn has the same.

    The caller holds the commit lock. The original goes last to first: its manifest names the rest.
    """
    with database.read() as connection:
        part_stays = ledger.shared(connection, part_hash=version.part_hash)
        kept = originals_shown(workspace, connection)
    if not part_stays:
        workspace.part(version.part_hash).unlink(missing_ok=True)
        fsync_folder(workspace.parts)
        failpoint("purge_part_erased")
        for twin in workspace.cache.glob(f"{version.part_hash}.*"):
            twin.unlink()
    if version.source_hash is not None:
        manifest, *files = hashes_of(version.source_hash, workspace)
        for erased in (files, [manifest]):
            for digest in erased:
                if digest not in kept:
                    (workspace.originals / digest).unlink(missing_ok=True)
                    failpoint("purge_original_erased")
            fsync_folder(workspace.originals)  # of a power cut, too, the manifest must not be the only victim


def originals_shown(workspace: Workspace, connection: sa.Connection) -> set[str]:
    """The hashes of every original file of a version that is not withdrawn."""
    hidden = ledger.withdrawals(connection)
    shown = {version.source_hash for version in ledger.versions(connection) if version.id not in hidden} - {
        None
    }
    return {digest for each in shown if each for digest in hashes_of(each, workspace)}


def finish(workspace: Workspace, database: Database) -> None:
    """Erase what a killed purge left; the caller holds the commit lock."""
    with database.read() as connection:
        purged = [each for each in ledger.withdrawals(connection).values() if each.purged_at is not None]
        versions = [ledger.find_version(connection, each.version) for each in purged]
    for version in versions:
        if version is not None:
            erase(workspace, database, version)

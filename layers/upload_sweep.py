"""Putting away uploads: those nobody touches any more, and what those that are over left on disk.

Workers sweep when they start and now and then. Nothing here needs to run for the store to be whole.
"""

import shutil
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from layers import uploads
from layers.catalog import Store
from layers.tables import session, upload
from layers.upload_errors import UploadStateUnfit

SWEEPER = "sweep"  # who drops what nobody goes on with, in the audit
JUST_MADE = timedelta(hours=1)


def sweep(store: Store, *, idle: timedelta, now: datetime | None = None) -> list[str]:
    """Drop uploads idle for that long and remove folders that nothing needs; the ids of both.

    Uploads being published are left alone, and a folder without an upload in the catalog is left for an hour:
    it may be one that is just being made.
    """
    moment = datetime.now(UTC) if now is None else now
    settle(store)
    swept = []
    with store.database.read() as connection:
        left = connection.scalars(
            sa.select(upload.c.id).where(
                upload.c.state.not_in((*uploads.OVER, "publishing")), upload.c.changed_at < moment - idle
            )
        ).all()
    for upload_id in left:
        try:
            uploads.drop(store, upload_id, SWEEPER)
        except UploadStateUnfit:
            continue  # somebody went on with it meanwhile
        swept.append(upload_id)
    with store.database.read() as connection:
        at_work = set(connection.scalars(sa.select(upload.c.id).where(upload.c.state.not_in(uploads.OVER))))
        known = set(connection.scalars(sa.select(upload.c.id)))
    for folder in sorted(store.workspace.uploads.iterdir()):
        made = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        if folder.name in at_work or (folder.name not in known and made > moment - JUST_MADE):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        swept.append(folder.name)
    with store.database.write() as connection:
        connection.execute(session.delete().where(session.c.expires_at < moment))
    return swept


def settle(store: Store) -> None:
    """Bring every upload whose job has failed to where its owner can go on from."""
    with store.database.read() as connection:
        waiting = connection.scalars(
            sa.select(upload.c.id).where(upload.c.state.in_(("waiting", "publishing")))
        ).all()
    if waiting:
        with store.database.write() as connection:
            for upload_id in waiting:
                uploads.settle_in(connection, upload_id)

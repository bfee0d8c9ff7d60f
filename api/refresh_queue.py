"""Whoever moves a head has coverage made anew by a job, so that the next reader does not wait for it."""

from sqlalchemy import Connection

from layers import jobs
from layers.catalog import Store
from layers.ledger import HistoryEntry

REFRESH = "refresh"
SUBJECT = "coverage"


def refreshing(store: Store) -> Store:
    """The same store; moves of heads made through it queue a job."""
    store.on_move.append(queue)
    return store


def queue(connection: Connection, entry: HistoryEntry) -> None:
    """Queue one job, unless one waits already: it will find this move too."""
    newest = jobs.latest_in(connection, REFRESH, SUBJECT)
    if newest is None or newest.state != "queued":
        jobs.enqueue_in(connection, REFRESH, SUBJECT, {"sequence": entry.sequence}, entry.author)

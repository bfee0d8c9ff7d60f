"""The queue of work that no request waits for: who does which job, and what came of it.

A worker holds a job by a lease that it renews while it works. When it dies the lease runs out and another
takes the job up again, three times at most. Each step is one write transaction and holds only for the worker,
and the attempt, that has the job: one whose lease was given away can record nothing.

Leases are compared by the clock of the machine, which may step. Forward, a lease can run out early: the job
is done twice, the first of it discarded. Backward, a lease would seem to last for hours: one that ends
further ahead than any lease can is cut to a whole lease from now.
"""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from layers.database import Database
from layers.tables import job
from layers.upload_errors import JobLost, JobNotFound

LEASE_S = 30.0
ATTEMPTS = 3


@dataclass(frozen=True)
class Failure:
    """Why a job failed: a code and its fields, worded where it is shown."""

    code: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """One piece of work. `subject` is what it is about (an upload's id), `number` its place in the queue.

    `progress` and `outcome` are plain values of the job's kind; `attempts` counts how often it was begun.
    """

    id: str
    number: int
    kind: str
    subject: str
    payload: Mapping[str, Any]
    actor: str
    state: str
    attempts: int
    worker: str | None
    lease_until: datetime | None
    progress: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    outcome: Mapping[str, Any] | None
    error: Failure | None

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


def enqueue(database: Database, kind: str, subject: str, payload: Mapping[str, Any], actor: str) -> Job:
    """Add a job to the end of the queue."""
    with database.write() as connection:
        return enqueue_in(connection, kind, subject, payload, actor)


def enqueue_in(
    connection: Connection, kind: str, subject: str, payload: Mapping[str, Any], actor: str
) -> Job:
    """The same inside the caller's write transaction, together with what makes the job needed."""
    last = connection.scalar(sa.select(sa.func.max(job.c.number))) or 0
    job_id = secrets.token_hex(16)
    connection.execute(
        job.insert().values(
            id=job_id,
            number=last + 1,
            kind=kind,
            subject=subject,
            payload=_text(payload),
            actor=actor,
            state="queued",
            attempts=0,
            created_at=_now(None),
        )
    )
    return _get(connection, job_id)


def claim(
    database: Database,
    worker: str,
    kinds: Collection[str],
    *,
    lease_s: float = LEASE_S,
    now: datetime | None = None,
) -> Job | None:
    """The oldest job of these kinds that nobody has, now this worker's; None when there is none.

    A job that was begun `ATTEMPTS` times and never ended fails with `job_abandoned`.
    """
    moment = _now(now)
    with database.read() as connection:  # an idle worker disturbs no writer
        if not _unowned(connection, kinds, moment) and not _leases_too_long(
            connection, kinds, moment, lease_s
        ):
            return None
    with database.write() as connection:
        for each in _leases_too_long(connection, kinds, moment, lease_s):
            whole = moment + timedelta(seconds=max(lease_s, LEASE_S))
            connection.execute(job.update().where(job.c.id == each).values(lease_until=whole))
        for each in _unowned(connection, kinds, moment):
            found = _get(connection, each)
            if found.attempts >= ATTEMPTS:
                _end(connection, each, "failed", error=Failure("job_abandoned", {"attempts": found.attempts}))
                continue
            connection.execute(
                job.update()
                .where(job.c.id == each)
                .values(
                    state="running",
                    worker=worker,
                    attempts=found.attempts + 1,
                    lease_until=moment + timedelta(seconds=lease_s),
                    started_at=moment,
                    progress=None,
                )
            )
            return _get(connection, each)
    return None


def heartbeat(
    database: Database, held: Job, *, lease_s: float = LEASE_S, now: datetime | None = None
) -> bool:
    """Renew the lease. False: the job is no longer this worker's, so it must stop."""
    return _change(database, held, lease_until=_now(now) + timedelta(seconds=lease_s))


def progress(database: Database, held: Job, values: Mapping[str, Any]) -> bool:
    """Tell how far the job is. False: the job is no longer this worker's, so it must stop."""
    return _change(database, held, progress=_text(values))


def holds(database: Database, held: Job) -> bool:
    """Whether the job is still this worker's; a read, so it may be asked often."""
    with database.read() as connection:
        return _count(connection, held) == 1


def finish(database: Database, held: Job, outcome: Mapping[str, Any]) -> None:
    """The job is done. JobLost when it is no longer this worker's."""
    with database.write() as connection:
        finish_in(connection, held, outcome)


def finish_in(connection: Connection, held: Job, outcome: Mapping[str, Any]) -> None:
    """The same inside the caller's write transaction, together with what the job changes."""
    _require(connection, held)
    _end(connection, held.id, "done", outcome=outcome)


def fail(database: Database, held: Job, code: str, fields: Mapping[str, Any]) -> None:
    """The job cannot be done. JobLost when it is no longer this worker's."""
    with database.write() as connection:
        _require(connection, held)
        _end(connection, held.id, "failed", error=Failure(code, fields))


def release(database: Database, held: Job) -> None:
    """Give the job back untouched, as a worker that is told to leave does; the attempt does not count."""
    _change(
        database,
        held,
        state="queued",
        worker=None,
        lease_until=None,
        attempts=held.attempts - 1,
        progress=None,
    )


def cancel(database: Database, job_id: str) -> bool:
    """End a job that is not over, whoever has it; its worker notices and stops. False: it was over."""
    with database.write() as connection:
        return cancel_in(connection, job_id)


def cancel_in(connection: Connection, job_id: str) -> bool:
    """The same inside the caller's write transaction."""
    if _get(connection, job_id).is_over:
        return False
    _end(connection, job_id, "failed", error=Failure("job_cancelled", {}))
    return True


def cancel_all_in(connection: Connection, subject: str) -> None:
    """End every job about that subject that is not over, inside the caller's write transaction."""
    chosen = sa.select(job.c.id).where(job.c.subject == subject, job.c.state.in_(("queued", "running")))
    for job_id in connection.scalars(chosen).all():
        cancel_in(connection, job_id)


def find(database: Database, job_id: str) -> Job:
    """The job of that id; JobNotFound."""
    with database.read() as connection:
        return _get(connection, job_id)


def latest(database: Database, kind: str | Collection[str], subject: str) -> Job | None:
    """The newest job about that subject, of that kind or one of those."""
    with database.read() as connection:
        return latest_in(connection, kind, subject)


def latest_in(connection: Connection, kind: str | Collection[str], subject: str) -> Job | None:
    """The same inside the caller's transaction."""
    kinds = (kind,) if isinstance(kind, str) else tuple(kind)
    chosen = sa.select(job).where(job.c.subject == subject, job.c.kind.in_(kinds))
    row = connection.execute(chosen.order_by(job.c.number.desc()).limit(1)).first()
    return None if row is None else _job(row)


def _unowned(connection: Connection, kinds: Collection[str], moment: datetime) -> list[str]:
    """Ids of jobs waiting, or running under a lease that has run out, oldest first."""
    left = (job.c.state == "running") & (job.c.lease_until < moment)
    chosen = sa.select(job.c.id).where(job.c.kind.in_(kinds)).where((job.c.state == "queued") | left)
    return list(connection.scalars(chosen.order_by(job.c.number)))


def _leases_too_long(
    connection: Connection, kinds: Collection[str], moment: datetime, lease_s: float
) -> list[str]:
    """Ids of jobs whose lease was given before the clock stepped back."""
    longest = moment + timedelta(seconds=2 * max(lease_s, LEASE_S))
    chosen = sa.select(job.c.id).where(job.c.kind.in_(kinds))
    return list(connection.scalars(chosen.where(job.c.state == "running", job.c.lease_until > longest)))


def _change(database: Database, held: Job, **values: Any) -> bool:
    with database.write() as connection:
        return connection.execute(job.update().where(_is_held(held)).values(**values)).rowcount == 1


def _require(connection: Connection, held: Job) -> None:
    if _count(connection, held) != 1:
        raise JobLost(held.id, held.worker)


def _count(connection: Connection, held: Job) -> int | None:
    return connection.scalar(sa.select(sa.func.count()).select_from(job).where(_is_held(held)))


def _is_held(held: Job) -> sa.ColumnElement[bool]:
    """The attempt is part of it: a worker that took its own lost job up again is somebody else."""
    return sa.and_(
        job.c.id == held.id,
        job.c.state == "running",
        job.c.worker == held.worker,
        job.c.attempts == held.attempts,
    )


def _end(
    connection: Connection,
    job_id: str,
    state: str,
    *,
    outcome: Mapping[str, Any] | None = None,
    error: Failure | None = None,
) -> None:
    connection.execute(
        job.update()
        .where(job.c.id == job_id)
        .values(
            state=state,
            lease_until=None,
            finished_at=_now(None),
            outcome=None if outcome is None else _text(outcome),
            error=None if error is None else _text({"code": error.code, "fields": error.fields}),
        )
    )


def _get(connection: Connection, job_id: str) -> Job:
    row = connection.execute(sa.select(job).where(job.c.id == job_id)).first()
    if row is None:
        raise JobNotFound(job_id)
    return _job(row)


def _job(row: Row[Any]) -> Job:
    values = dict(row._mapping)
    for name in ("payload", "progress", "outcome", "error"):
        values[name] = None if values[name] is None else json.loads(values[name])
    if values["error"] is not None:
        values["error"] = Failure(**values["error"])
    return Job(**values)


def _text(values: Mapping[str, Any]) -> str:
    """JSON in ASCII, which carries any text, also halves of surrogate pairs from badly coded names."""
    return json.dumps(dict(values), default=dict)


def _now(now: datetime | None) -> datetime:
    return datetime.now(UTC) if now is None else now

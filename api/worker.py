"""The worker: takes jobs from the queue, one at a time, and has each done by a process of its own.

It imports what handlers need once, keeps to one thread and forks for each job, so that a job starts within
milliseconds and may crash, hang or eat memory without harm. No database connection is open while it forks:
SQLite's must not cross into another process.
"""

import contextlib
import logging
import os
import secrets
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from api import job_process
from api.settings import Settings
from api.worker_registry import Handler, load, prepared
from geo.sandbox import require_confinement
from layers import jobs, upload_sweep
from layers.catalog import Store
from layers.errors import LayerError, WorkspaceMissing
from layers.jobs import LEASE_S, Job
from layers.upload_errors import JobLost
from layers.wakeup import Bell
from layers.workspace import Workspace

log = logging.getLogger("quantu.worker")
LOOK_S = 1.0  # between looks into the queue when no bell rings, and at a job that may have been cancelled
TROUBLE_S = 5.0  # until the next try when the catalog does not answer
SWEEP_S = 3600.0


def run(
    settings: Settings,
    handlers: Mapping[str, Handler] | None = None,
    *,
    lifeline: int | None = None,
    lease_s: float = LEASE_S,
) -> None:
    """Work until SIGTERM or SIGINT, or until `lifeline`, a descriptor, is at its end.

    With a lifeline the workspace may come later than the worker, as it may with the server that holds it.
    """
    if settings.production:
        require_confinement()
    with Leaving(lifeline) as leaving:
        workspace = _opened(settings, leaving)
        if workspace is not None:
            known = load() if handlers is None else handlers
            Worker(settings, workspace, known, leaving, lease_s).work()


def _opened(settings: Settings, leaving: "Leaving") -> Workspace | None:
    while not leaving.asked():
        try:
            return Workspace.open(settings.home)
        except WorkspaceMissing:
            if leaving.lifeline is None:
                raise
        leaving.wait(LOOK_S)
    return None


class Leaving:
    """Whether the worker was told to go; its descriptors can be waited for."""

    def __init__(self, lifeline: int | None) -> None:
        self.lifeline = lifeline
        self._told = False

    def __enter__(self) -> "Leaving":
        self._signals, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._woken = woken
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.set_wakeup_fd(-1)
        os.close(self._signals)
        os.close(self._woken)

    def _tell(self, *_signal: object) -> None:
        self._told = True

    @property
    def descriptors(self) -> list[int]:
        return [self._signals, *([] if self.lifeline is None else [self.lifeline])]

    def asked(self) -> bool:
        """Whether to go now."""
        if self.lifeline is not None and not self._told and _readable(self.lifeline, 0.0):
            self._told = True  # nothing is ever written to it: it can be read when the other end is closed
        return self._told

    def wait(self, timeout_s: float) -> None:
        """That long, or until told to go."""
        _readable(self.descriptors, timeout_s)


def _readable(descriptors: int | list[int], timeout_s: float) -> bool:
    watched = [descriptors] if isinstance(descriptors, int) else descriptors
    return bool(select.select(watched, [], [], timeout_s)[0])


@dataclass(frozen=True)
class Ended:
    """How a job's process came to its end: `why` is None when it ended by itself."""

    status: int
    why: str | None


class Worker:
    """One worker of one workspace."""

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        handlers: Mapping[str, Handler],
        leaving: Leaving,
        lease_s: float,
    ) -> None:
        self.settings = settings
        self.handlers = handlers
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._leaving = leaving
        self._lease_s = lease_s
        self._store = Store.open(workspace, settings.catalog_url())
        self._bell = Bell(workspace)
        self._swept = -SWEEP_S

    def work(self) -> None:
        """Take jobs until told to go."""
        try:
            while not self._leaving.asked():
                try:
                    self._sweep_now_and_then()
                    job = jobs.claim(
                        self._store.database, self.name, tuple(self.handlers), lease_s=self._lease_s
                    )
                except LayerError as error:
                    log.warning("no job could be taken: %s", error)
                    self._leaving.wait(TROUBLE_S)
                    continue
                if job is None:
                    self._bell.wait(LOOK_S, self._leaving.descriptors)
                else:
                    self._do(job)
        finally:
            self._bell.close()
            self._store.close()

    def _sweep_now_and_then(self) -> None:
        if time.monotonic() - self._swept >= SWEEP_S:
            upload_sweep.sweep(self._store, idle=timedelta(days=self.settings.upload_idle_days))
            self._swept = time.monotonic()

    def _do(self, job: Job) -> None:
        limit_s = self.settings.job_seconds_of.get(job.kind, self.settings.job_seconds)
        log.info("job %s: %s of %s, attempt %d", job.id, job.kind, job.subject, job.attempts)
        pid = self._fork(job)
        try:
            ended = self._watch(pid, job, limit_s)
        except BaseException:
            _end(pid)
            os.waitpid(pid, 0)
            raise
        try:
            if ended.why == "leaving":
                jobs.release(self._store.database, job)
            elif ended.why == "time":
                jobs.fail(self._store.database, job, "job_too_slow", {"limit_s": limit_s})
            elif ended.why is None and ended.status != 0:
                jobs.fail(self._store.database, job, "job_crashed", {"signal": _said(ended.status)})
            upload_sweep.settle(self._store)
        except JobLost:
            log.warning("job %s ended after another worker had taken it", job.id)
        except LayerError as error:
            log.warning("job %s: its end could not be recorded: %s", job.id, error)  # its lease runs out

    def _fork(self, job: Job) -> int:
        prepared(job.kind)
        self._store.close()
        sys.stdout.flush()
        sys.stderr.flush()
        worker_pid = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            self._bell.close()
            job_process.run(self.settings, self.handlers[job.kind], job, worker_pid)
            code = 0
        except BaseException:
            log.exception("job %s: its process failed", job.id)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _watch(self, pid: int, job: Job, limit_s: float) -> Ended:
        """Until the job's process ends: by itself, or because its time, its lease or ours is over."""
        began = renewed = time.monotonic()
        process = os.pidfd_open(pid)
        why: str | None = None
        try:
            while not _readable([process, *self._leaving.descriptors], LOOK_S):
                now = time.monotonic()
                if now - began > limit_s:
                    why = "time"
                elif now - renewed > self._lease_s or not self._keeps(job):
                    why = "lost"
                elif now - renewed > self._lease_s / 3 and self._renews(job):
                    renewed = now
                if why is not None:
                    break
            if why is None and not _readable(process, 0.0):
                why = "leaving"
        finally:
            os.close(process)
        _end(pid)  # its whole group: also what a job that ended by itself left running
        _, status = os.waitpid(pid, 0)
        return Ended(status, why)

    def _keeps(self, job: Job) -> bool:
        return self._asked(job, jobs.holds, otherwise=True)

    def _renews(self, job: Job) -> bool:
        return self._asked(job, partial(jobs.heartbeat, lease_s=self._lease_s), otherwise=False)

    def _asked(self, job: Job, ask: Any, *, otherwise: bool) -> bool:
        try:
            return bool(ask(self._store.database, job))
        except LayerError as error:
            log.warning("job %s: %s", job.id, error)
            return otherwise


def _end(pid: int) -> None:
    """Kill a child that was not waited for yet, and its group if it leads one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _said(status: int) -> str:
    """How a process ended, in a word."""
    if os.WIFSIGNALED(status):
        with contextlib.suppress(ValueError):
            return signal.Signals(os.WTERMSIG(status)).name
        return f"signal {os.WTERMSIG(status)}"
    return f"exit {os.WEXITSTATUS(status)}"

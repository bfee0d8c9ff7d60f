"""Which function does which kind of job, and what it is given.

A handler runs in a process of its own that may be killed at any moment, and may be begun again: what it does
must be safe to do twice. It returns the job's outcome, plain values; an error of ours it raises becomes the
job's failure with the same code and fields.
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from geo import read_client
from geo.read_client import ServerLost
from layers import jobs
from layers.catalog import Store
from layers.jobs import Job
from layers.upload_errors import JobLost

HANDLING = ("api.upload_work", "api.effect_work", "api.refresh_work")
"""Modules that put their handlers below when they are imported."""


@dataclass(frozen=True)
class Context:
    """What a handler works with: its own open store, and its job."""

    store: Store
    job: Job

    def progress(self, **values: Any) -> None:
        """Tell how far the work is; JobLost when the job is no longer this worker's."""
        if not jobs.progress(self.store.database, self.job, values):
            raise JobLost(self.job.id, self.job.worker)


Handler = Callable[[Context], Mapping[str, Any]]
HANDLERS: dict[str, Handler] = {}
PREPARING: dict[str, Callable[[], None]] = {}


def handles(kind: str, *, prepare: Callable[[], None] | None = None) -> Callable[[Handler], Handler]:
    """Register the function below for jobs of that kind.

    `prepare` is called in the worker itself before it forks for such a job: it loads what every one of their
    processes would have to load again. It opens no connection, starts no thread that stays, and is quick
    when called again.
    """

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        if prepare is not None:
            PREPARING[kind] = prepare
        return handler

    return register


def prepared(kind: str) -> None:
    """Do what jobs of that kind want done before the worker forks; what fails is left to the job."""
    with contextlib.suppress(Exception):
        PREPARING.get(kind, _nothing)()


def _nothing() -> None:
    pass


def load() -> Mapping[str, Handler]:
    """All handlers; imports what they need and starts what opens files, which takes seconds."""
    with contextlib.suppress(ServerLost):  # a job that opens a file tries again, and says what is wrong
        read_client.start()
    for name in HANDLING:
        if find_spec(name) is not None:
            import_module(name)
    return HANDLERS

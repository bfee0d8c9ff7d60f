"""The process that does one job: forked from a worker that has everything imported, limited, and then gone.

It opens a store of its own and records the outcome itself. What it cannot record, because it was killed or
crashed, its worker does.
"""

import ctypes
import logging
import os
import resource
import signal
from pathlib import Path
from typing import Any

from api.errors import PLACE_NAMES
from api.plain_text import plain
from api.refresh_queue import refreshing
from api.settings import Settings
from api.worker_registry import Context, Handler
from geo.errors import GeoError
from inventory.errors import InventoryError
from layers import jobs
from layers.catalog import Store
from layers.disk import disk_told
from layers.errors import LayerError
from layers.jobs import Job
from layers.upload_errors import JobLost
from layers.workspace import Workspace

log = logging.getLogger("quantu.worker")
MIB = 1024**2
_PR_SET_PDEATHSIG = 1


def run(settings: Settings, handler: Handler, job: Job, worker_pid: int) -> None:
    """Do the job and record what came of it, unless it is no longer ours."""
    _belong_to(worker_pid)
    _limit(settings.job_memory_mib)
    with refreshing(Store.open(Workspace.open(settings.home), settings.catalog_url())) as store:
        try:
            _record(settings, handler, Context(store, job))
        except JobLost:
            log.warning("job %s was given to another worker or cancelled", job.id)


def _record(settings: Settings, handler: Handler, context: Context) -> None:
    database, job = context.store.database, context.job
    try:
        with disk_told():
            outcome = handler(context)
        jobs.finish(database, job, outcome)
        return
    except JobLost:
        raise
    except (GeoError, LayerError, InventoryError) as error:
        code, fields = error.code, plain_fields(error)
    except MemoryError:
        code, fields = "job_memory", {"limit_mib": settings.job_memory_mib}
    except Exception as error:
        if "bad_alloc" in str(error):  # of a C++ library
            code, fields = "job_memory", {"limit_mib": settings.job_memory_mib}
        else:
            log.exception("job %s (%s of %s) failed", job.id, job.kind, job.subject)
            code, fields = "internal", {}
    jobs.fail(database, job, code, fields)


def plain_fields(error: Exception) -> dict[str, Any]:
    """An error's fields as plain values, without places of this machine."""
    return {name: plain(value) for name, value in vars(error).items() if name not in PLACE_NAMES}


def _belong_to(worker_pid: int) -> None:
    """Lead a group, so that what the job starts ends with it, and die when the worker dies."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker_pid:
        os._exit(1)


def _limit(memory_mib: int) -> None:
    """So much memory on top of what the worker had; only the soft limit, since readers set their own."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    size = pages * resource.getpagesize() + memory_mib * MIB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

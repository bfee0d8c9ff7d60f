"""Handlers that misbehave, and a worker process that has them."""

import contextlib
import ctypes
import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.settings import Settings
from api.worker_registry import Context
from geo.errors import CrsUnknown

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["job_handlers", "api.worker"])


def echo(context: Context) -> dict:
    context.progress(step="echo")
    versions = len(context.store.layers())
    return {"payload": dict(context.job.payload), "pid": os.getpid(), "layers": versions}


def crash(context: Context) -> dict:
    ctypes.string_at(0)
    return {}


def quit_silently(context: Context) -> dict:
    os._exit(7)


def eat(context: Context) -> dict:
    return {"length": len(bytearray(2 << 30))}


def wait(context: Context) -> dict:
    """Wait for ever, with a process of its own beside, after telling both ids."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    context.progress(pid=os.getpid(), child=child.pid)
    time.sleep(600)
    return {}


def wait_once(context: Context) -> dict:
    return wait(context) if context.job.attempts == 1 else {"attempts": context.job.attempts}


def object_to_crs(context: Context) -> dict:
    raise CrsUnknown("EPSG:0")


def fail_oddly(context: Context) -> dict:
    raise RuntimeError("a secret of the inside")


def fill_the_disk(context: Context) -> dict:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


HANDLERS = {
    each.__name__: each
    for each in (echo, crash, quit_silently, eat, wait, wait_once, object_to_crs, fail_oddly, fill_the_disk)
}


def work(home: str, settings: dict, log: str, lease_s: float) -> None:
    """Run a worker in this process; what it logs goes to a file."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 2)
    import logging

    logging.basicConfig(level="INFO", force=True)
    from api import worker

    worker.run(Settings(home=Path(home), **settings), HANDLERS, lease_s=lease_s)


@contextmanager
def working(
    home: Path, *, lease_s: float = 30.0, **settings: object
) -> Iterator[multiprocessing.process.BaseProcess]:
    """A worker of that workspace while the block runs."""
    process = FORKS.Process(target=work, args=(str(home), settings, str(home.parent / "worker.log"), lease_s))
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(30)
        if process.exitcode is None:
            process.kill()


def is_gone(pid: int) -> bool:
    """Whether that process ended; one that nobody waited for yet counts as ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)

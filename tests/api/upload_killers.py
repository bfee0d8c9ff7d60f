"""A worker with the real handlers, forked from a process that has imported them, to be killed at work."""

import multiprocessing
from pathlib import Path

from api.settings import Settings

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["upload_killers", "api.worker", "api.upload_work", "api.effect_work"])


def start_worker(home):
    """A worker of that home in a process of its own."""
    process = FORKS.Process(target=work, args=(str(home), str(home.parent / "worker.log")))
    process.start()
    return process


def work(home, log):
    """Work for ever; what is logged goes to a file."""
    import os

    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 2)
    from api import worker

    worker.run(Settings(home=Path(home)))

"""What other processes do in the tests of the job queue."""

import multiprocessing
import os
import signal
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["job_workers", "layer_worlds", "layers.jobs"])


def start(work, *arguments):
    """Run a function of this module in a process of its own."""
    process = FORKS.Process(target=work, args=arguments)
    process.start()
    return process


def claim_all(home, database_url, name, barrier, answers):
    """Claim and finish until nothing is left; answer with the numbers that were had."""
    from layer_worlds import open_store

    from layers import jobs

    had = []
    with open_store(Path(home), database_url) as store:
        barrier.wait(60)
        while (job := jobs.claim(store.database, name, ("count",))) is not None:
            had.append(job.number)
            jobs.finish(store.database, job, {})
    answers.put(had)


def claim_and_die(home, database_url, lease_s):
    """Claim a job and be killed with it."""
    from layer_worlds import open_store

    from layers import jobs

    with open_store(Path(home), database_url) as store:
        assert jobs.claim(store.database, "mortal", ("count",), lease_s=lease_s) is not None
        os.kill(os.getpid(), signal.SIGKILL)

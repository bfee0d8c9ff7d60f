"""Cities that take seconds to build are built once in a run, by whichever test process asks first."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], object]) -> Path:
    """The folder of that name, which all test processes of this run share: to be copied, never opened.

    The others wait for the process that builds. A build that failed is not taken for one that is whole.
    """
    own = factory.getbasetemp()
    shared = own.parent if own.name.startswith("popen-") else own  # xdist gives each of its processes one
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made, whole = shared / f"{name}-built", shared / f"{name}-whole"
        if not whole.exists():
            build(made)
            whole.touch()
    return made

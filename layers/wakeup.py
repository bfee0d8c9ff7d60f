"""A bell between processes of one machine: whoever queues a job rings, and an idle worker wakes at once.

A named pipe in the home. Ringing never waits and never fails: a worker that hears nothing (none runs, or it
is on another machine) finds the job when it looks by itself.
"""

import contextlib
import os
import select
import stat
from collections.abc import Sequence
from pathlib import Path

from layers.workspace import Workspace

_PIPE = "worker.bell"
_READ_AT_ONCE = 4096


def ring(workspace: Workspace) -> None:
    """Wake one idle worker of this workspace, if there is one."""
    with contextlib.suppress(OSError):  # no pipe, no reader, or a pipe full of rings
        pipe = os.open(workspace.home / _PIPE, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(pipe, b"!")
        finally:
            os.close(pipe)


class Bell:
    """A worker's end. It keeps the pipe open, so that rings wait for it while it works."""

    def __init__(self, workspace: Workspace) -> None:
        self._pipe = os.open(_made(workspace.home / _PIPE), os.O_RDWR | os.O_NONBLOCK)

    def wait(self, timeout_s: float, others: Sequence[int] = ()) -> None:
        """Until it rings, that time has passed, or one of the other descriptors can be read."""
        ready, _, _ = select.select([self._pipe, *others], [], [], timeout_s)
        if self._pipe in ready:
            with contextlib.suppress(BlockingIOError):  # another worker was faster
                os.read(self._pipe, _READ_AT_ONCE)

    def close(self) -> None:
        os.close(self._pipe)


def _made(path: Path) -> Path:
    with contextlib.suppress(FileExistsError):
        os.mkfifo(path, 0o600)
    if not stat.S_ISFIFO(path.stat().st_mode):
        path.unlink()
        os.mkfifo(path, 0o600)
    return path

"""A worker beside the web server: started with it, started again when it dies, gone when the server is.

The server holds the other end of the worker's standard input and writes nothing to it. However the server
ends, the kernel closes that end, and the worker leaves.
"""

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

from api.settings import Settings

log = logging.getLogger("quantu.worker")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
LEAVE_S = 15.0


@contextlib.contextmanager
def beside(settings: Settings) -> Iterator["Supervisor"]:
    """Keep a worker running while the block does."""
    supervisor = Supervisor(settings)
    thread = threading.Thread(target=supervisor.keep, name="worker supervisor", daemon=True)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join(LEAVE_S * 2)


class Supervisor:
    """Starts the worker, again and again, with longer pauses while it keeps dying."""

    def __init__(self, settings: Settings) -> None:
        self._command = [sys.executable, "-m", "api.cli", "worker", "--with-server"]
        self._environment = {**os.environ, "QUANTU_HOME": str(settings.home.resolve())}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The worker's process, if one runs now."""
        worker = self._worker
        return None if worker is None else worker.pid

    def keep(self) -> None:
        """Until `stop`: start a worker, wait for its end, start another."""
        pause = FIRST_PAUSE_S
        while (worker := self._start()) is not None:
            status = worker.wait()
            self._worker = None
            if self._stopping.is_set():
                return
            log.warning("the worker ended with status %s; another is started", status)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _start(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._stopping.is_set():
                return None
            self._worker = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                self._command, env=self._environment, stdin=subprocess.PIPE, start_new_session=True
            )
            return self._worker

    def stop(self) -> None:
        """Let the worker leave, and end it when it does not."""
        with self._lock:
            self._stopping.set()
            worker = self._worker
        if worker is None:
            return
        if worker.stdin is not None:
            worker.stdin.close()
        try:
            worker.wait(LEAVE_S)
        except subprocess.TimeoutExpired:
            worker.kill()

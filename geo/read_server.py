"""A process that has imported what reading takes, and forks a confined child for each file.

Importing takes most of the time a small file takes. So one process imports once, has a single thread,
touches no file itself, and speaks with its owner over a socket: a message names a task folder and carries one
end each of two channels. On one the open input files go to the child; the answer on the other is how the
child ended. Whoever closes that one early gets the child killed; when the owner is gone, so are the server
and its children.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import stat
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo import reader_child
from geo.sandbox import Protections, Room, die_with_parent

LONGEST_MESSAGE = 65536
BATCH = 200
"""So many open files travel in one message; the kernel takes 253."""


@dataclass(frozen=True)
class _Job:
    """A child at work: how it is watched, who waits for it, and until when."""

    pid: int
    watch: int
    channel: socket.socket
    until: float


def main() -> None:
    """Serve the owner whose socket is standard input."""
    reader_child.prepare()
    control = socket.socket(fileno=os.dup(0))
    control.send(b"ready")
    _Server(control).run()


class _Server:
    """The children at work, and the loop that starts, watches and ends them."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.held = _held_by_libraries()
        self.jobs: dict[int, _Job] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Work until the owner is gone."""
        while True:
            soonest = min((job.until for job in self.jobs.values()), default=None)
            wait = None if soonest is None else max(soonest - time.monotonic(), 0)
            for key, _ in self.selector.select(wait):
                if key.data is None:
                    if not self._receive():
                        return self._end()
                elif key.data in self.jobs:
                    job = self.jobs[key.data]
                    self._finish(job, late=key.fd != job.watch)  # a channel speaks when nobody waits any more
            for job in [job for job in self.jobs.values() if job.until <= time.monotonic()]:
                self._finish(job, late=True)

    def _receive(self) -> bool:
        try:
            message, descriptors, _, _ = socket.recv_fds(self.control, LONGEST_MESSAGE, 2)
        except ConnectionResetError:
            return False
        if message:
            self._start(json.loads(message), descriptors)
        return bool(message)

    def _start(self, message: dict[str, Any], descriptors: list[int]) -> None:
        channel, inputs = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            _answer(channel, {"refused": error.strerror or str(error)})
            channel.close()
            inputs.close()
            return
        if pid == 0:
            _work(message, inputs, self.held, server)
        inputs.close()
        job = _Job(pid, os.pidfd_open(pid), channel, time.monotonic() + message["wall_s"])
        self.jobs[pid] = job
        self.selector.register(job.watch, selectors.EVENT_READ, pid)
        self.selector.register(channel, selectors.EVENT_READ, pid)

    def _finish(self, job: _Job, *, late: bool) -> None:
        if late:
            os.kill(job.pid, signal.SIGKILL)
        _, status = os.waitpid(job.pid, 0)
        self.selector.unregister(job.watch)
        self.selector.unregister(job.channel)
        os.close(job.watch)
        del self.jobs[job.pid]
        code = None if late else os.waitstatus_to_exitcode(status)
        _answer(job.channel, {"code": code})
        job.channel.close()

    def _end(self) -> None:
        for job in list(self.jobs.values()):
            self._finish(job, late=True)


def _answer(channel: socket.socket, answer: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        channel.send(json.dumps(answer).encode())


def _work(message: dict[str, Any], inputs: socket.socket, held: frozenset[int], server: int) -> None:
    """What the forked child does; it never returns to the server's loop."""
    folder, offered, code = Path(message["folder"]), Protections(**message["offered"]), 1
    try:
        die_with_parent(server)
        received = _receive_all(inputs)
        _only({*received, *held}, folder / "work" / "stderr")
        os.chdir(folder / "work")
        reader_child.do(Room(folder / "work", received, folder / "outside"), offered)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _receive_all(inputs: socket.socket) -> tuple[int, ...]:
    """The open files that come before the other side closes."""
    received: list[int] = []
    while True:
        message, descriptors, _, _ = socket.recv_fds(inputs, LONGEST_MESSAGE, BATCH)
        if not message:
            return tuple(received)
        received += descriptors


def _only(kept: set[int], words: Path) -> None:
    """Keep no other open file, nothing to read from, and a file for last words."""
    nothing = os.open(os.devnull, os.O_RDWR)
    told = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number, descriptor in enumerate((nothing, nothing, told)):
        os.dup2(descriptor, number)
    for descriptor in _open_files() - kept:
        with contextlib.suppress(OSError):  # the one the list itself was read by
            os.close(descriptor)


def _open_files() -> set[int]:
    return {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2}


def _held_by_libraries() -> frozenset[int]:
    """Plain files that imports left open (PROJ its database): they must not be closed under them."""
    return frozenset(each for each in _open_files() if _is_plain(each))


def _is_plain(descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    return False

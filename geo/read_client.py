"""The owner's end of `geo.read_server`: started when first needed, started again if it died, one a process.

Requests are single messages that carry their own channel, so threads and forked children of the owner may
share one server without hearing each other's answers.
"""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geo.read_server import BATCH
from geo.reader_environment import START, environment
from geo.sandbox import Protections

START_S = 60.0
END_S = 2.0
GRACE_S = 10.0
"""How much longer than the server this side waits, for a server that hangs."""


class ServerLost(RuntimeError):
    """The server ended, or would not start a child."""


@dataclass
class _Server:
    """A running server: its process and this end of its socket."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def close(self) -> None:
        """Let go of it: it ends when nobody holds its socket, and a forked child of this process may."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=END_S)

    def end(self) -> None:
        """End one that does not answer any more."""
        if self.process.returncode is None:
            self.process.kill()
        self.close()


_lock = threading.Lock()
_server: _Server | None = None


def ask(folder: Path, inputs: Sequence[int], wall_s: float, offered: Protections) -> int | None:
    """Have the task in the folder done; the exit code of the child, None if its time ran out.

    A server that is gone is started again once; ServerLost if that does not help.
    """
    message = {"folder": str(folder), "wall_s": wall_s, "offered": asdict(offered)}
    request, server = json.dumps(message).encode(), _running()
    try:
        return _ask(server, request, inputs, wall_s)
    except ServerLost:
        return _ask(_running(instead_of=server), request, inputs, wall_s)


def _ask(server: _Server, request: bytes, inputs: Sequence[int], wall_s: float) -> int | None:
    ours, theirs = _pair()
    files, for_child = _pair()
    with ours:
        with theirs, files, for_child:
            try:
                socket.send_fds(server.control, [request], [theirs.fileno(), for_child.fileno()])
                for start in range(0, len(inputs), BATCH):
                    socket.send_fds(files, [b"files"], inputs[start : start + BATCH])
            except OSError as error:
                raise ServerLost(str(error)) from error
        ours.settimeout(wall_s + GRACE_S)
        try:
            answer = ours.recv(4096)
        except TimeoutError:
            return None
        except ConnectionResetError:
            answer = b""
    if not answer:
        raise ServerLost("it ended while it was asked")
    told: dict[str, Any] = json.loads(answer)
    if "refused" in told:
        raise ServerLost(str(told["refused"]))
    return told["code"]


def _running(instead_of: _Server | None = None) -> _Server:
    global _server
    with _lock:
        if _server is None or _server is instead_of:
            if _server is not None:
                _server.end()
            _server = _start()
        return _server


def _start() -> _Server:
    ours, theirs = _pair()
    with theirs, tempfile.TemporaryFile() as words:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code, no text of the user
            [sys.executable, "-I", "-c", START.format(module="read_server")],
            cwd="/",
            env=environment(),
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=words,
            start_new_session=True,  # an interrupt at the terminal is for the owner
        )
        theirs.close()
        ours.settimeout(START_S)
        try:
            ready = ours.recv(16) == b"ready"
        except OSError:
            ready = False
        if not ready:
            process.kill()
            process.wait()
            ours.close()
            words.seek(0)
            raise ServerLost(words.read()[-300:].decode("utf-8", errors="replace").strip())
    ours.settimeout(None)
    return _Server(process, ours)


def running_pid() -> int | None:
    """The process of the server, if one was started."""
    return None if _server is None else _server.process.pid


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def close() -> None:
    """Let the server of this process end; the next file starts another."""
    global _server
    with _lock:
        if _server is not None:
            _server.close()
            _server = None


def _in_forked_child() -> None:
    """The server is the parent's, whose socket serves here too; only it waits for the process."""
    global _lock
    _lock = threading.Lock()
    if _server is not None:
        _server.process.returncode = 0


os.register_at_fork(after_in_child=_in_forked_child)
atexit.register(close)


def start() -> None:
    """Start the server now, rather than with the first file: children forked afterwards share it."""
    _running()

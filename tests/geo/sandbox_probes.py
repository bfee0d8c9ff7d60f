"""Hostile code inside the reading process: a server with the real sandbox, and actions that try to get out.

`Task.file` says what to try it on. An action returns what it got, or the name of the error it met.
"""

import ctypes
import os
import signal
import socket
import sqlite3
import time
from pathlib import Path

from geo import read_server, reader_child


def tried(attempt):
    def action(task):
        try:
            return {"got": attempt(task.file)}
        except OSError as error:
            return {"refused": type(error).__name__}

    return action


def connect(kind, family=socket.AF_INET):
    def attempt(where):
        with socket.socket(family, kind) as probe:
            probe.settimeout(2)
            probe.connect(("127.0.0.1", int(where)) if family == socket.AF_INET else where)
            return probe.send(b"canary")

    return attempt


def read_through_a_link(path):
    Path("link").symlink_to(path)
    return Path("link").read_text()


def run_a_program(path):
    return os.posix_spawn(path, [path], {})


def start_a_process(_):
    pid = os.fork()
    if pid == 0:
        signal.pause()
    return pid


def overwrite(path):
    return Path(path).write_text("overwritten")


def remove(path):
    return Path(path).unlink()


def eat_memory(_):
    return len([bytes(64 * 1024**2) for _ in range(1000)])


def loop_for_ever(_):
    with sqlite3.connect(":memory:") as database:
        database.execute(
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT max(i) FROM c"
        )


def sleep_for_ever(_):
    while True:
        time.sleep(3600)


def garbage(task):
    """What was asked for as an encoding is the answer, or the table."""
    content = task.encoding.encode("latin-1")
    if task.layer in ("table", "shapes"):
        Path("out.arrow").write_bytes(content)
        return ANSWER | {"has_geometry": task.layer == "shapes"}
    Path("outcome.json").write_bytes(content)
    os._exit(0)


ANSWER = {
    "crs": None, "rows": 3, "has_geometry": False, "layer": "x", "encoding": "",
    "nonfinite": [], "unreadable": [], "closed": [], "notes": [], "detected": [],
}  # fmt: skip
PROBES = {
    "open": lambda path: Path(path).read_text(),
    "list": os.listdir,
    "read_through_a_link": read_through_a_link,
    "overwrite": overwrite,
    "remove": remove,
    "tcp": connect(socket.SOCK_STREAM),
    "udp": connect(socket.SOCK_DGRAM),
    "unix": connect(socket.SOCK_STREAM, socket.AF_UNIX),
    "run": run_a_program,
    "fork": start_a_process,
    "signal": lambda pid: os.kill(int(pid), signal.SIGUSR1),
    "environment": lambda _: dict(os.environ),
    "open_files": lambda _: [os.readlink(f"/proc/self/fd/{n}") for n in range(1024) if is_open(n)],
    "segfault": lambda _: ctypes.string_at(0),
    "memory": eat_memory,
    "loop": loop_for_ever,
    "sleep": sleep_for_ever,
}


def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def main():
    reader_child.ACTIONS.update({name: tried(attempt) for name, attempt in PROBES.items()})
    reader_child.ACTIONS["read"] = garbage
    read_server.main()

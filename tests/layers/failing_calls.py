"""Lets one system call of another process fail, by `strace`, and tells which one it was."""

import contextlib
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "openat", "unlink", "ftruncate")
_LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>[a-z0-9_]+)\((?P<rest>.*)$")


@dataclass(frozen=True)
class Call:
    """One system call that was traced: its name, its number among those of that name, and its line."""

    name: str
    n: int
    line: str
    failed: bool


def program() -> str:
    """Where strace is; its tests fail without it, since what it would show is then not known."""
    found = shutil.which("strace")
    if found is None:
        pytest.fail("strace is missing: `make test-slow` says how to install it")
    return found


@contextlib.contextmanager
def traced(pid: int, record: Path, inject: str | None = None):
    """Trace a process inside this block; with `inject`, such as `fsync:error=EIO:when=2`, let calls fail."""
    chosen = ["-e", f"inject={inject}"] if inject else []
    command = [program(), "-f", "-y", "-s", "0", "-e", f"trace={','.join(CALLS)}", *chosen]
    process = subprocess.Popen(
        [*command, "-o", str(record), "-p", str(pid)], stderr=subprocess.PIPE, text=True
    )
    try:
        for line in process.stderr:
            if "attached" in line:
                break
        else:
            pytest.fail("strace did not attach")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        process.stderr.close()
        process.wait(30)


def calls(record: Path, pid: int, home: Path) -> list[Call]:
    """The calls of the process's first thread on files of the home, and any that was made to fail."""
    counts: dict[str, int] = {}
    found = []
    for line in record.read_text("utf-8", "replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, failed = match["call"], line.endswith("(INJECTED)")
        own = int(match["pid"]) == pid
        counts[name] = counts.get(name, 0) + own
        if failed or (own and str(home) in line):
            found.append(Call(name, counts[name], line, failed))
    return found

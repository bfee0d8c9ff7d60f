"""A disk of 64 MiB of the test's own, filled to a level and emptied again."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

SIZE = 64 << 20


@contextlib.contextmanager
def small_disk(folder: Path):
    """Mount a tmpfs there inside this block. Only root may: the tests of others fail, and say so."""
    if os.geteuid() != 0:
        pytest.fail("a disk of the test's own needs root: run `make test-slow` as root, as in its container")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "quantu-test", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free(folder: Path) -> int:
    """Bytes that can still be written there."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


@contextlib.contextmanager
def filled(folder: Path, left: int):
    """Leave so many bytes free inside this block."""
    ballast = folder / "ballast"
    with ballast.open("wb") as handle:
        os.posix_fallocate(handle.fileno(), 0, free(folder) - left)
    try:
        yield
    finally:
        ballast.unlink()

"""Staging folders that tell whether their owner still lives, so that only what a kill left is swept.

Beside each folder `x` lies `x.lock`, held with `flock` as long as the owner lives; the kernel lets go of it
however the process ends. A sweeper takes the lock first, so it never touches a folder in use.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def fsync_folder(folder: Path) -> None:
    """Make the folder's own entries (renames, new names) last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make the file's bytes last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a small file through a neighbour and a rename: a kill leaves the old bytes or the new ones."""
    neighbour = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        neighbour.touch(mode)
        neighbour.write_bytes(data)
        fsync_file(neighbour)
        neighbour.rename(path)
    except BaseException:
        with contextlib.suppress(OSError):
            neighbour.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


@contextlib.contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold the lock file alone, waiting for whoever has it. Not reentrant."""
    with lock.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def staged(parent: Path, label: str) -> Iterator[Path]:
    """A fresh folder inside `parent`, removed on the way out whatever happened.

    What cannot be removed stays with its lock, for the next sweep: it is no reason to call done work failed.
    """
    name = f"{label}-{secrets.token_hex(6)}"
    lock = parent / f"{name}.lock"
    handle = _hold(lock)
    folder = parent / name
    try:
        folder.mkdir()
        yield folder
    finally:
        with contextlib.suppress(OSError):
            _remove(folder)
            lock.unlink(missing_ok=True)
        handle.close()


def _hold(lock: Path) -> BinaryIO:
    while True:
        handle = lock.open("ab")
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _is_at(handle, lock):
            return handle
        handle.close()  # a sweeper took the name away between opening and locking


def _is_at(handle: BinaryIO, path: Path) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(handle.fileno()).st_ino
    except FileNotFoundError:
        return False


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def abandoned(parent: Path) -> Iterator[Path]:
    """Each staging folder whose owner is dead; it is removed once the caller is done with it."""
    for lock in sorted(parent.glob("*.lock")):
        try:
            handle = lock.open("r+b")
        except FileNotFoundError:
            continue
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if not _is_at(handle, lock):
                continue
            folder = lock.with_suffix("")
            yield folder
            _remove(folder)
            lock.unlink(missing_ok=True)
    for folder in sorted(path for path in parent.iterdir() if path.is_dir()):
        # A lock is made before its folder and goes after it; only a power cut can lose it alone.
        if not folder.with_name(f"{folder.name}.lock").exists():
            yield folder
            shutil.rmtree(folder, ignore_errors=True)


def leftovers(parent: Path) -> list[str]:
    """Names in the staging folder that no living process owns."""
    owned: set[str] = set()
    for lock in parent.glob("*.lock"):
        with contextlib.suppress(FileNotFoundError), lock.open("r+b") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owned |= {lock.name, lock.stem}
    return sorted(path.name for path in parent.iterdir() if path.name not in owned)

"""Folders for one reading task each, which a later process finds and removes if their owner was killed.

quantu-read-XXXX/owner      held with `flock` as long as the owner lives
quantu-read-XXXX/outside    what the reading process must not be able to open
quantu-read-XXXX/work/      the only place the reading process may write to
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "quantu-read-"
_OLD_S = 3600.0
_swept: set[tuple[int, Path]] = set()


@contextlib.contextmanager
def task_folder(parent: Path | None = None) -> Iterator[Path]:
    """A fresh folder with `work` in it, removed on the way out; in the system's place for such, or `parent`.

    What was left in the same place by owners that were killed goes first, once a process.
    """
    place = Path(tempfile.gettempdir()) if parent is None else parent
    if (os.getpid(), place) not in _swept:
        _swept.add((os.getpid(), place))
        sweep(place)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as name, _held(Path(name) / "owner"):
        folder = Path(name)
        (folder / "outside").write_bytes(b"not to be read")
        (folder / "work").mkdir()
        yield folder


def sweep(place: Path) -> None:
    """Remove the task folders whose owner is gone; those in use and those of other accounts stay."""
    for folder in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and _is_left(folder):
                shutil.rmtree(folder)


def _is_left(folder: Path) -> bool:
    owner = folder / "owner"
    if not owner.exists():  # being made at this moment, or left by a kill in that moment
        return time.time() - folder.stat().st_mtime > _OLD_S
    with owner.open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextlib.contextmanager
def _held(owner: Path) -> Iterator[None]:
    with owner.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

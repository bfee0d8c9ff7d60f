"""What the disk refuses, in one sentence of ours: no room, a fault of the device, too many open files."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from layers.errors import StoreNoRoom, StoreWriteFailed

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED = _NO_ROOM | {errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE}
_SQLITE_FULL = "database or disk is full"
_HARDLY_ANY = 1 << 20


@contextlib.contextmanager
def disk_told() -> Iterator[None]:
    """Raise StoreNoRoom or StoreWriteFailed for what the disk refuses inside the block, or function.

    Other OSErrors pass: a file of the caller's that is not there is no fault of the store's disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        problem = os.strerror(error.errno or 0)
        raise (StoreNoRoom if error.errno in _NO_ROOM else StoreWriteFailed)(problem) from error


def unwritten(problem: str, folder: Path) -> StoreWriteFailed:
    """The error for a database file that could not be written in that folder, from SQLite's own words.

    They seldom say that the disk is full, so the disk is asked.
    """
    no_room = is_full(problem) or shutil.disk_usage(folder).free < _HARDLY_ANY
    return (StoreNoRoom if no_room else StoreWriteFailed)(problem)


def is_full(problem: str) -> bool:
    """Whether SQLite's words mean that there was no room."""
    return _SQLITE_FULL in problem

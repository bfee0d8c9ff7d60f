"""Landlock by ctypes: a process gives up every file, and every connection, that it does not name beforehand.

The kernel's own words: linux/landlock.h. Nothing here needs root. What a kernel cannot restrict yet is left
out, so the caller looks at `abi()`: files from 1, TCP from 4, signals and abstract sockets from 6.
"""

import ctypes
import errno
import os
from collections.abc import Iterable
from functools import lru_cache

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every processor
_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG, TRUNCATE = 1 << 7, 1 << 8, 1 << 14

READ_ONLY = READ_FILE | READ_DIR
READ_WRITE = READ_ONLY | WRITE_FILE | REMOVE_FILE | REMOVE_DIR | MAKE_DIR | MAKE_REG | TRUNCATE
_FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""From which version on so many rights of files exist: refer came with 2, truncate with 3, ioctl with 5."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def abi() -> int | None:
    """The version of Landlock that this kernel offers; None where it offers none."""
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM):
            return None
        raise


def restrict(allowed: Iterable[tuple[int, int]], version: int) -> None:
    """Give up, for good, every file but those beneath the open files `(descriptor, rights)`, and all TCP.

    Holds for this thread and what it starts later. Rights the kernel does not know are left out, and so are
    rights of folders for a file.
    """
    known = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= version)) - 1
    rules = _Ruleset(known, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for descriptor, rights in allowed:
            rule = _PathBeneath(rights & known, descriptor)
            _call(
                _ADD,
                ctypes.c_int(ruleset),
                ctypes.c_int(_PATH_BENEATH),
                ctypes.byref(rule),
                ctypes.c_uint32(0),
            )
        _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def file_rights(rights: int) -> int:
    """Those of the rights that make sense for a file that is no folder."""
    return rights & _FOR_FILES

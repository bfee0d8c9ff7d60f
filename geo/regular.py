"""Plain files: what an uploader sends may be a link to another file, or a pipe on which a reader waits."""

import errno
import os
import stat
from pathlib import Path

from geo.errors import ReadError
from geo.read_problems import problem


def open_regular(path: Path) -> int:
    """An open descriptor to read a plain file by; a link is none."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise _refusal(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise problem("not_regular", path.name)
    return descriptor


def check_regular(path: Path) -> None:
    """Refuse a link, a pipe, a folder or a device, without opening it for long."""
    os.close(open_regular(path))


def _refusal(path: Path, error: OSError) -> ReadError:
    if error.errno == errno.ELOOP:  # a link: what the name has become meanwhile says nothing
        return problem("not_regular", path.name)
    return problem("not_opened", path.name, reason=error.strerror or str(error))

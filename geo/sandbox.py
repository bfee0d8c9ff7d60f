"""What holds a process that opens a file of somebody else's, and what of it this machine offers.

The process gives up, for good: memory, processor time and output beyond its limits; every file but the
libraries, its input and its own folder; the network; other programs and processes; privileges. It looks
afterwards whether that holds, and does not work if it does not.
"""

import contextlib
import ctypes
import errno
import os
import resource
import shutil
import signal
import site
import socket
import struct
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from geo import landlock, seccomp
from geo.errors import ConfinementMissing

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_PARENT_DEATH, _DUMPABLE = 1, 4
_OVERRIDE_FILE_RIGHTS = 1 << 1  # CAP_DAC_OVERRIDE: root reads files of others by it
_CAPABILITY_VERSION = 0x20080522
_TRY_NAMESPACE = (
    "import ctypes,sys; c = ctypes.CDLL(None); sys.exit(min(c.unshare({net}) and c.unshare({both}), 1) % 2)"
)
SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/dev/urandom",
)

OPEN_FILES = 1024


class NotConfined(RuntimeError):
    """The process could still reach what it was to give up."""


@dataclass(frozen=True)
class Protections:
    """What this machine offers to hold a reading process; plain values."""

    limits: bool
    landlock: int | None
    seccomp: bool
    network_namespace: bool
    bubblewrap: str | None

    @property
    def way(self) -> str:
        """How files are opened here: under `landlock`, under `bubblewrap`, or under `limits` alone."""
        if self.landlock is not None and (self.landlock >= 4 or self.network_namespace or self.seccomp):
            return "landlock"
        return "limits" if self.bubblewrap is None else "bubblewrap"

    @property
    def confined(self) -> bool:
        """Whether a hostile file reaches neither other files nor the network."""
        return self.way != "limits"


@dataclass(frozen=True)
class Room:
    """Where a confined process may work.

    Attributes
    ----------
    folder
        The only place it may write to.
    inputs
        Open files it may read again by their path.
    outside
        A file it can read before, and must not be able to read afterwards.
    """

    folder: Path
    inputs: tuple[int, ...]
    outside: Path


@lru_cache(maxsize=1)
def protections() -> Protections:
    """What this machine offers; looked up once a process."""
    return Protections(
        limits=True,
        landlock=landlock.abi(),
        seccomp=seccomp.is_offered(),
        network_namespace=_offers_namespace(),
        bubblewrap=_bubblewrap(),
    )


def require_confinement() -> None:
    """ConfinementMissing where hostile files could reach other files or the network."""
    if not protections().confined:
        raise ConfinementMissing


def _offers_namespace() -> bool:
    code = _TRY_NAMESPACE.format(net=_NEW_NET, both=_NEW_USER | _NEW_NET)
    tried = subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False, capture_output=True)  # noqa: S603 - our own code
    return tried.returncode == 0


def _bubblewrap() -> str | None:
    program = shutil.which("bwrap")
    if program is None:
        return None
    tried = [
        program,
        "--unshare-all",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        program,
        "--version",
    ]
    answer = subprocess.run(tried, check=False, capture_output=True, text=True)  # noqa: S603 - no text of the user
    return answer.stdout.split()[-1] if answer.returncode == 0 and answer.stdout else None


def libraries() -> list[Path]:
    """What a reading process needs of this machine: Python, its packages, this package, the C library."""
    found = [Path(__file__).resolve().parent, *map(Path, SYSTEM)]
    found += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    found += map(Path, site.getsitepackages())
    resolved = {path.resolve() for path in found if path.exists()}
    return sorted(path for path in resolved if not any(other in resolved for other in path.parents))


def limit(memory_bytes: int, cpu_s: int, output_bytes: int) -> None:
    """Hold this process to so much; the rest of what it needs is little."""
    for name, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_FSIZE, output_bytes, output_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, most = resource.getrlimit(name)  # what it was started with may be less already
        soft, hard = (each if most == resource.RLIM_INFINITY else min(each, most) for each in (soft, hard))
        resource.setrlimit(name, (soft, hard))


def die_with_parent(parent: int) -> None:
    """Be killed when the process that started this one ends."""
    _libc().prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def confine(room: Room | None, offered: Protections) -> None:
    """Give up everything but the room, as far as this machine offers; raises NotConfined if that failed.

    Without a room no file but the libraries can be opened any more. Only a process with a single thread can
    do this.
    """
    if room is not None and offered.way == "landlock":
        room.outside.read_bytes()  # else the look afterwards would prove nothing
    if offered.network_namespace:
        _leave_network()
    if offered.landlock is not None:
        _leave_files(room, offered.landlock)
    _drop_capabilities()
    _libc().prctl(_DUMPABLE, 0, 0, 0, 0)
    if offered.seccomp:
        seccomp.deny()
    if offered.confined:
        _look_for_files(room)
    if offered.way == "landlock":
        _look_for_network()
    for descriptor in room.inputs if room else ():
        os.close(descriptor)


def _leave_network() -> None:
    """Root needs no namespace of users, and would lose its right to files of others in one."""
    if _libc().unshare(_NEW_NET) != 0 and _libc().unshare(_NEW_USER | _NEW_NET) != 0:
        raise NotConfined("the network namespace was refused")


def _leave_files(room: Room | None, version: int) -> None:
    with contextlib.ExitStack() as opened:
        allowed = [(each, landlock.READ_FILE) for each in (room.inputs if room else ())]
        wanted: Iterable[tuple[Path, int]] = [(path, landlock.READ_ONLY) for path in libraries()]
        if room is not None:
            wanted = [*wanted, (room.folder, landlock.READ_WRITE)]
        for path, rights in wanted:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            opened.callback(os.close, descriptor)
            allowed.append((descriptor, rights if path.is_dir() else landlock.file_rights(rights)))
        landlock.restrict(allowed, version)


def _drop_capabilities() -> None:
    """Keep none, but root its right to read files of others (that are its input)."""
    head = struct.pack("<Ii", _CAPABILITY_VERSION, 0)
    held = ctypes.create_string_buffer(24)
    _libc().capget(head, held)
    kept = struct.unpack("<6I", held.raw)[0] & _OVERRIDE_FILE_RIGHTS
    if _libc().capset(head, struct.pack("<6I", kept, kept, 0, 0, 0, 0)) != 0:
        raise NotConfined("privileges could not be given up")


def _look_for_files(room: Room | None) -> None:
    outside = room.outside if room is not None else Path("/proc/self/status")
    with contextlib.suppress(PermissionError, FileNotFoundError):
        outside.read_bytes()
        raise NotConfined(f"{outside.name} can still be read")


def _look_for_network() -> None:
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.settimeout(0.1)
        reached = probe.connect_ex(("127.0.0.1", 9))  # nothing listens there, and "refused" is an answer
        if reached in (0, errno.ECONNREFUSED):
            raise NotConfined("the network can still be reached")


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)

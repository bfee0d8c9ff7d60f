"""A process for one file under bubblewrap: where the kernel has no Landlock but the program is installed.

It sees the libraries, its input and its own folder, each at its own path, and no network. It is started anew
for each file, since what confines it is how it is started; a small file takes about a second.
"""

import contextlib
import json
import os
import site
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from geo.reader_environment import environment
from geo.sandbox import SYSTEM, Protections, libraries

_ALONE = (
    "--unshare-all",
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--proc",
    "/proc",
    "--dev",
    "/dev",
)
_START = "import sys; sys.path[:0] = {places!r}; from geo.reader_child import main; main()"


def ask(folder: Path, inputs: Sequence[Path], wall_s: float, offered: Protections) -> int | None:
    """Have the task in the folder done; the exit code of the child, None if its time ran out."""
    held_by_it = replace(offered, landlock=None, network_namespace=False)
    places = [str(Path(__file__).resolve().parents[1]), *map(os.path.realpath, site.getsitepackages())]
    command = [
        "bwrap",
        *_ALONE,
        *_seen(folder, inputs),
        *(word for name, value in environment().items() for word in ("--setenv", name, value)),
        "--chdir",
        str(folder),
        os.path.realpath(sys.executable),
        *("-I", "-c", _START.format(places=places), json.dumps(asdict(held_by_it))),
    ]
    with (folder / "work" / "stderr").open("wb") as words:
        child = subprocess.Popen(  # noqa: S603 - our own code; paths are made by us or were opened before
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=words
        )
        with contextlib.ExitStack() as ending:
            ending.callback(child.wait)
            ending.callback(child.kill)
            try:
                code = child.wait(wall_s)
            except subprocess.TimeoutExpired:
                return None
    return 128 - code if code > 128 else code  # how it says that the child was ended by a signal


def _seen(folder: Path, inputs: Sequence[Path]) -> list[str]:
    """The paths that exist in there."""
    interpreter = Path(os.path.realpath(sys.executable))
    system = [Path(path) for path in SYSTEM if Path(path).exists()]
    read = [
        *system,
        Path(sys.base_prefix) / "lib",
        interpreter,
        *libraries(),
        *(each.resolve() for each in inputs),
    ]
    work = folder / "work"
    return [
        *(word for path in read for word in ("--ro-bind", str(path), str(path))),
        "--bind",
        str(work),
        str(work),
    ]

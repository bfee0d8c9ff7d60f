"""Having a task done by a reading process, and taking over what that leaves: as if an enemy had written it.

The process may have been taken over by the file it read. So nothing of its folder is followed to elsewhere,
its answer has the members and types that the task asks for, and its tables are bounded and fully checked.
"""

import json
import os
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa

from geo import bubblewrap, read_client, wkb
from geo.detected import detected_from
from geo.errors import ReadError
from geo.formats import Source
from geo.read_client import ServerLost
from geo.read_problems import problem
from geo.reader_result import GEOMETRY
from geo.reader_task import Task
from geo.regular import open_regular
from geo.sandbox import protections

_NAMES = {"pbf": "in.osm.pbf", "dbf": "table.dbf"}  # GDAL is not to see the table, which we read
_LONGEST_OUTCOME = 256 * 1024**2
_NO_MEMORY = ("memory allocation of", "bad_alloc")  # what Rust and C++ say
_LONGEST_WORDS = 32768

_OF_RASTER: dict[str, tuple[type, ...]] = {
    "crs": (str, type(None)),
    "width": (int,),
    "height": (int,),
    "transform": (float,),
    "bounds": (float,),
    "bands": (dict,),
    "notes": (list,),
}
_MEMBERS: dict[str, dict[str, tuple[type, ...]]] = {
    "layers": {"layers": (str,)},
    "unpack": {"members": (str,)},
    "network": {"rows": (int,), "edges": (int,)},
    "raster": _OF_RASTER,
    "look": _OF_RASTER,
    "read": {
        "rows": (int,),
        "has_geometry": (bool,),
        "crs": (str, type(None)),
        "nonfinite": (int,),
        "unreadable": (int,),
        "closed": (int,),
        "notes": (list,),
        "detected": (dict,),
        "layer": (str,),
        "encoding": (str,),
    },
}
_LISTS = frozenset(
    {"bands", "bounds", "transform", "layers", "members", "notes", "detected"}
    | {"nonfinite", "unreadable", "closed"}
)


def run(source: Source, task: Task, folder: Path) -> dict[str, Any]:
    """Have the task done in its folder by a process of its own, and return what that process says."""
    work = folder / "work"
    with ExitStack() as opened:
        inputs = []
        for role, path in source.parts.items():
            inputs.append(open_regular(path))
            opened.callback(os.close, inputs[-1])
            place = work / _NAMES.get(role, f"in.{role}")  # "gdb/<name>" in a geodatabase
            place.parent.mkdir(exist_ok=True)
            place.symlink_to(path.absolute())  # as opened above: nothing is followed, whatever it becomes
        (work / "task.json").write_text(task.to_json(), encoding="utf-8")
        try:
            code = _ended(folder, source, inputs, task)
        except ServerLost as error:
            raise _crash(task, str(error)[-300:]) from error
    if code is None:
        raise problem("too_slow", task.file, limit=task.limits.wall_s)
    return _outcome(task, code, work)


def _ended(folder: Path, source: Source, inputs: list[int], task: Task) -> int | None:
    offered, wall_s = protections(), task.limits.wall_s
    if offered.way == "bubblewrap":
        return bubblewrap.ask(folder, list(source.parts.values()), wall_s, offered)
    return read_client.ask(folder, inputs, wall_s, offered)


def _outcome(task: Task, code: int, work: Path) -> dict[str, Any]:
    if code == -signal.SIGXCPU:
        raise problem("too_much_work", task.file, limit=task.limits.cpu_s)
    if code == -signal.SIGABRT and any(sign in _words(work) for sign in _NO_MEMORY):
        raise problem("memory", task.file)
    if code < 0:
        raise _crash(task, signal.Signals(-code).name)
    if code > 0:
        raise _crash(task, _last_words(work))
    answer = content(work / "outcome.json", task, _LONGEST_OUTCOME)
    try:
        outcome = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise _crash(task, "no readable answer") from error
    if isinstance(outcome, dict) and "error" in outcome:
        raise _error(task, outcome["error"])
    if not _fits(outcome, _MEMBERS.get(task.action, {})):
        raise _crash(task, "not the answer to what was asked")
    return outcome


def _crash(task: Task, reason: str) -> ReadError:
    return problem("crash", task.file, reason=reason)


def _error(task: Task, fields: object) -> ReadError:
    if not isinstance(fields, dict):
        return _crash(task, "no readable answer")
    try:
        return problem(**{**fields, "file": task.file if "file" not in fields else str(fields["file"])})
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return _crash(task, "no readable answer")


def _fits(outcome: object, members: dict[str, tuple[type, ...]]) -> bool:
    if not isinstance(outcome, dict):
        return False
    for name, kinds in members.items():
        if name not in outcome:
            return False
        values = outcome[name] if name in _LISTS else [outcome[name]]
        if not isinstance(values, list) or not all(type(value) in kinds for value in values):
            return False
    return _are_notes(outcome.get("notes", ())) and _are_conclusions(outcome.get("detected", ()))


def _are_notes(values: Sequence[Any]) -> bool:
    return all([type(part) for part in value] == [str, dict] for value in values)


def _are_conclusions(values: Sequence[Any]) -> bool:
    try:
        return all(isinstance(detected_from(value).subject, str) for value in values)
    except (TypeError, AttributeError):
        return False


def content(path: Path, task: Task, most: int) -> bytes:
    """A file of the process, if it is a plain one of no more than so many bytes."""
    try:
        descriptor = open_regular(path)
    except ReadError as error:
        raise _crash(task, _last_words(path.parent)) from error
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(descriptor).st_size > most:
            raise problem("output", task.file)
        return file.read()


def _last_words(work: Path) -> str:
    words = _words(work)
    return words.splitlines()[-1][:300] if words else "without a word"


def _words(work: Path) -> str:
    """The end of what the process said, long enough for a trace of its calls."""
    try:
        descriptor = open_regular(work / "stderr")
    except ReadError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - _LONGEST_WORDS))
        return file.read(_LONGEST_WORDS).decode("utf-8", errors="replace").strip()


def table(folder: Path, name: str, task: Task, rows: int, *, shapes: bool = False) -> pa.Table:
    """An Arrow file the process left, fully validated, as long as it said, and with shapes if it said so.

    It is mapped, not copied: its pages stay on disk until they are used, and it may be removed meanwhile.
    """
    path = folder / "work" / name
    try:
        descriptor = open_regular(path)
    except ReadError as error:
        raise _crash(task, "no readable table") from error
    try:
        if os.fstat(descriptor).st_size > task.limits.output_bytes:
            raise problem("output", task.file)
        with pa.memory_map(f"/proc/self/fd/{descriptor}") as source:
            content = pa.ipc.open_file(source).read_all()
        content.validate(full=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise _crash(task, f"no readable table: {str(error)[:200]}") from error
    finally:
        os.close(descriptor)
    if content.num_rows != rows:
        raise _crash(task, f"{content.num_rows} rows of {rows}")
    if shapes and not _has_shapes(content, task):
        raise _crash(task, "shapes that cannot be parsed")
    return content


def _has_shapes(content: pa.Table, task: Task) -> bool:
    """Whether there is WKB that GEOS can be given."""
    if content.column_names.count(GEOMETRY) != 1 or content.schema.field(GEOMETRY).type != pa.large_binary():
        return False
    most = wkb.WkbLimits(task.limits.depth + 1, task.limits.vertices, task.limits.vertices)
    return wkb.excess(content[GEOMETRY], most) is None

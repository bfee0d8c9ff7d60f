"""Judging polygons and making invalid ones valid, in a process that can be ended: GEOS cannot be interrupted.

A ring of a few hundred vertices made to cross itself keeps GEOS busy for minutes while it is repaired, and a
comb of a million vertices for an hour while it is only looked at; a file may hold thousands of smaller ones.
So nothing is repaired, and nothing large judged, in the caller's process. A confined child of the reading
server works through the shapes; it ends itself over one that takes too long, and another goes on behind that.
"""

import signal
import struct
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo import reader_run, wkb
from geo.errors import ReadError
from geo.formats import Source
from geo.reader_task import ReadLimits, Task
from geo.task_folders import task_folder

VALID = "Valid Geometry"
SHAPES, MENDED = "shapes.arrow", "mended"
_LENGTH = struct.Struct("<Q")
_MOST = wkb.WkbLimits(depth=8, parts=10_000_000, vertices=50_000_000)


@dataclass(frozen=True)
class RepairLimits:
    """How long one shape may take (processor seconds), and all shapes of a file together (of the clock)."""

    feature_s: float = 5.0
    file_s: float = 120.0
    memory_bytes: int = 4 << 30


@dataclass(frozen=True)
class Repaired:
    """Geometry of shape (n,): valid, of the same kind on the same ground; None where there is none in time.

    `reasons` is what GEOS says of each as it came: `VALID`, where it is the geometry itself, or what is wrong
    with it; None where even that took too long, and for a missing one.
    """

    geometry: NDArray[np.object_]
    reasons: NDArray[np.object_]


def repair(
    geometry: NDArray[np.object_],
    limits: RepairLimits = RepairLimits(),
    work_in: Path | None = None,
) -> Repaired:
    """Each geometry judged, and repaired where it is invalid, within the limits."""
    mended = np.full(len(geometry), None, dtype=object)
    reasons = np.full(len(geometry), None, dtype=object)
    began, done = time.monotonic(), 0
    while done < len(geometry) and (left := limits.file_s - (time.monotonic() - began)) > 0:
        told, shapes = _round(geometry[done:], limits, left, work_in)
        reasons[done : done + len(told)] = told
        mended[done : done + len(shapes)] = shapes
        done += len(shapes) + 1  # the one after the last shape is what the child ended over
    same = reasons == VALID
    mended[same] = geometry[same]
    return Repaired(mended, reasons)


def _round(
    geometry: NDArray[np.object_], limits: RepairLimits, seconds: float, work_in: Path | None
) -> tuple[list[str | None], NDArray[np.object_]]:
    """Reasons and shapes in order, as many as came before one, or all of them, took too long."""
    held = ReadLimits(wall_s=seconds, cpu_s=int(seconds) + 1, memory_bytes=limits.memory_bytes)
    task = Task("repair", "shapes", "", limits=replace(held, feature_s=limits.feature_s))
    with task_folder(work_in) as folder:
        shapes = pa.table({"geometry": pa.array(shapely.to_wkb(geometry), pa.large_binary())})
        with (
            pa.OSFile(str(folder / "work" / SHAPES), "wb") as sink,
            pa.ipc.new_file(sink, shapes.schema) as out,
        ):
            out.write_table(shapes)
        mended = folder / "work" / MENDED
        try:
            reader_run.run(Source(Path(), "", {}, "shapes"), task, folder)
        except ReadError as error:
            if not _was_over_a_shape(error):
                raise
            mended.touch()  # what it had done by then counts
        content = reader_run.content(mended, task, task.limits.output_bytes)
    answers = _answers(content)[: 2 * len(geometry)]
    reasons = [None if each is None else each.decode("utf-8", errors="replace") for each in answers[::2]]
    return reasons, _parsed(answers[1::2])


def _was_over_a_shape(error: ReadError) -> bool:
    """Whether the child ran out of time or memory, or was ended by a signal."""
    return error.cause != "crash" or str(vars(error)["reason"]).startswith("SIG")


def _answers(content: bytes) -> list[bytes | None]:
    """Each after its length, which is 0 for none; a last one may be cut off."""
    answers: list[bytes | None] = []
    at = 0
    while at + _LENGTH.size <= len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        at += _LENGTH.size
        if at + length > len(content):
            break
        answers.append(content[at : at + length] or None)
        at += length
    return answers


def _parsed(answers: list[bytes | None]) -> NDArray[np.object_]:
    """Geometries of the answers, taken as untrusted: what could end GEOS here counts as no repair."""
    for found in wkb.excesses(pa.chunked_array([pa.array(answers, pa.large_binary())]), _MOST):
        answers[found.row - 1] = None
    return shapely.from_wkb(np.array(answers, dtype=object), on_invalid="ignore")


def serve(task: Task) -> dict[str, object]:
    """What the child does: an alarm that nobody hears ends it over a shape that takes too long."""
    with pa.memory_map(SHAPES) as source:
        shapes = pa.ipc.open_file(source).read_all()["geometry"]
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with Path(MENDED).open("wb", buffering=0) as out:
        for shape in shapes:
            signal.setitimer(signal.ITIMER_PROF, task.limits.feature_s)
            drawn = shapely.from_wkb(shape.as_py())
            reason = shapely.is_valid_reason(drawn) or ""
            _answer(out, reason.encode())
            mended = None if reason in ("", VALID) else _mend_one(drawn)
            _answer(out, b"" if mended is None else shapely.to_wkb(mended))
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {}


def _answer(out: BinaryIO, content: bytes) -> None:
    out.write(_LENGTH.pack(len(content)) + content)


def _mend_one(geometry: shapely.Geometry) -> shapely.Geometry | None:
    mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if mended is None or mended.is_empty or not mended.is_valid:
        return None
    areal = geometry.geom_type in ("Polygon", "MultiPolygon")
    if areal and mended.geom_type not in ("Polygon", "MultiPolygon"):
        return None
    return mended

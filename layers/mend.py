"""Makes invalid polygons valid, in a process that can be ended: GEOS cannot be interrupted, and a ring of a
few hundred vertices made to cross itself keeps it busy for minutes.

The process reads WKB geometries from standard input, each after its length, and answers each in the same
way, length 0 for one it cannot mend. It is isolated (`-I`): a `shapely.py` in the folder where somebody
works, say an unpacked upload, is not imported.
"""

import contextlib
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Timer
from typing import IO

import numpy as np
import shapely
from numpy.typing import NDArray

SECONDS_A_FEATURE = 5.0
SECONDS_A_FILE = 120.0
START_S = 60.0
MEMORY_BYTES = 4 << 30
EASY_VERTICES = 60
"""Up to so many vertices any ring is mended here in milliseconds, without a process."""

_LENGTH = struct.Struct("<Q")
_ROOT = str(Path(__file__).resolve().parents[1])
_START = f"import sys; sys.path.insert(0, {_ROOT!r}); from layers.mend import serve; serve()"


def mend(
    geometry: NDArray[np.object_],
    *,
    seconds_a_feature: float = SECONDS_A_FEATURE,
    seconds_a_file: float = SECONDS_A_FILE,
) -> NDArray[np.object_]:
    """Valid geometry of the same kind on the same ground, None where there is none in reasonable time."""
    result = np.full(len(geometry), None, dtype=object)
    easy = shapely.get_num_coordinates(geometry) <= EASY_VERTICES
    for position in np.flatnonzero(easy).tolist():
        result[position] = _mend_one(geometry[position])
    hard = np.flatnonzero(~easy).tolist()
    budget = seconds_a_file
    while hard and budget > 0:
        answers, spent = _ask(geometry[hard], seconds_a_feature, budget)
        for position, answer in zip(hard, answers, strict=False):
            result[position] = answer
        hard = hard[len(answers) + 1 :]  # the one after the last answer is what the child was ended over
        budget -= spent
    return result


def _mend_one(geometry: shapely.Geometry) -> shapely.Geometry | None:
    mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if mended is None or mended.is_empty or not mended.is_valid:
        return None
    areal = geometry.geom_type in ("Polygon", "MultiPolygon")
    if areal and mended.geom_type not in ("Polygon", "MultiPolygon"):
        return None
    return mended


def _ask(
    geometry: NDArray[np.object_], feature_s: float, budget_s: float
) -> tuple[list[shapely.Geometry | None], float]:
    """Answers in order, as many as came before a feature, or all of them, took too long; and seconds."""
    started = time.monotonic()
    answers: list[shapely.Geometry | None] = []
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and code, no text of the user
        [sys.executable, "-I", "-c", _START], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stdin, stdout = child.stdin, child.stdout
    assert stdin is not None and stdout is not None  # noqa: S101, PT018 - both were asked for
    try:
        _within(START_S, child, partial(_receive, stdout))
        for wkb in shapely.to_wkb(geometry):
            left = min(feature_s, budget_s - (time.monotonic() - started))
            answer = _within(left, child, partial(_exchange, child, wkb))
            answers.append(shapely.from_wkb(answer) if answer else None)
    except (BrokenPipeError, EOFError):
        pass  # it was ended, over the feature after the last answer
    finally:
        child.kill()
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        stdout.close()
        child.wait()
    return answers, time.monotonic() - started


def _within(seconds: float, child: subprocess.Popen[bytes], talk: Callable[[], bytes]) -> bytes:
    """What the talk with the child gives; the child is ended if it takes longer."""
    timer = Timer(max(seconds, 0.0), child.kill)
    timer.start()
    try:
        return talk()
    finally:
        timer.cancel()


def _exchange(child: subprocess.Popen[bytes], wkb: bytes) -> bytes:
    assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both were asked for
    _send(child.stdin, wkb)
    return _receive(child.stdout)


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    header = stream.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


def serve() -> None:
    """What the process does: mend what comes in until nothing more comes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    _send(sys.stdout.buffer, b"")  # ready: importing is not charged to the first feature
    while True:
        try:
            wkb = _receive(sys.stdin.buffer)
        except EOFError:
            return
        mended = _mend_one(shapely.from_wkb(wkb))
        _send(sys.stdout.buffer, b"" if mended is None else shapely.to_wkb(mended))

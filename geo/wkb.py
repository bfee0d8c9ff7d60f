"""WKB looked at before GEOS parses it: GEOS calls itself for each collection in another, until it crashes.

Points, lines and polygons cannot hold others, so a glance at their type, for all rows at once, is enough;
only rows of multi-part types, or of a length that could hold too many vertices, are walked part by part.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_HEAD = 5
_PLAIN = (1, 2, 3)
_LINES = (2, 8)
_POLYGONS = (3, 17)
_HOLDERS = (4, 5, 6, 7, 9, 10, 11, 12, 15, 16)
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000


@dataclass(frozen=True)
class WkbLimits:
    """How much one geometry may have; `depth` counts collections in collections, 0 for a plain geometry."""

    depth: int
    parts: int
    vertices: int


@dataclass(frozen=True)
class Excess:
    """The first geometry that has too much, or is no WKB: `what` is a field of the limits, or "broken"."""

    what: str
    row: int
    count: int


def excess(column: pa.ChunkedArray, limits: WkbLimits) -> Excess | None:
    """The first row of a column of WKB that `excesses` tells."""
    return next(excesses(column, limits), None)


def excesses(column: pa.ChunkedArray, limits: WkbLimits) -> Iterator[Excess]:
    """Every row that goes beyond the limits or is no WKB, in order. Rows count from 1."""
    start = 0
    for chunk in column.chunks:
        for found in _of_chunk(chunk.cast(pa.large_binary()), limits):
            yield Excess(found.what, found.row + start, found.count)
        start += len(chunk)


def _of_chunk(chunk: pa.Array, limits: WkbLimits) -> Iterator[Excess]:
    _, offsets_buffer, data_buffer = chunk.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    if data_buffer is None or not len(chunk):
        return
    data = np.frombuffer(data_buffer, dtype=np.uint8)
    content = memoryview(data_buffer)
    for row in np.flatnonzero(_suspicious(data, offsets, limits)).tolist():
        found = _walk(content[offsets[row] : offsets[row + 1]], limits)
        if found is not None:
            yield Excess(found[0], row + 1, found[1])


def _suspicious(data: NDArray[np.uint8], offsets: NDArray[np.int64], limits: WkbLimits) -> NDArray[np.bool_]:
    """Rows that have to be walked; rows of no bytes are missing, or empty for others to judge."""
    starts, lengths = offsets[:-1], np.diff(offsets)
    rows = np.flatnonzero(lengths >= _HEAD)
    marked = (lengths > 0) & (lengths < _HEAD)
    little = data[starts[rows]] == 1
    kind = _kind(data, starts[rows], little)
    plain = np.isin(kind, _PLAIN) & (lengths[rows] // 16 <= limits.vertices)
    single = np.zeros(len(rows), dtype=bool)
    multi = np.flatnonzero(
        np.isin(kind, (4, 5, 6)) & (lengths[rows] >= 2 * _HEAD + 4) & (lengths[rows] // 16 <= limits.vertices)
    )
    at = starts[rows[multi]]
    first = _kind(data, at + _HEAD + 4, data[at + _HEAD + 4] == 1)
    single[multi] = (_number(data, at + _HEAD, little[multi]) == 1) & np.isin(first, _PLAIN)
    marked[rows] = ~(plain | single)
    return marked


def _kind(data: NDArray[np.uint8], starts: NDArray[np.int64], little: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The type of a geometry without its dimensions; -1 where it has an SRID, which moves what follows."""
    code = _number(data, starts + 1, little)
    return np.where(code & _EWKB_SRID, -1, (code & 0x0FFFFFFF) % 1000)


def _number(data: NDArray[np.uint8], at: NDArray[np.int64], little: NDArray[np.bool_]) -> NDArray[np.int64]:
    four = data[at[:, None] + np.arange(4)].astype(np.int64)
    order = np.where(little[:, None], [0, 8, 16, 24], [24, 16, 8, 0])
    return (four << order).sum(axis=1)


def _walk(blob: memoryview, limits: WkbLimits) -> tuple[str, int] | None:
    """Go through one geometry part by part, without calling oneself."""
    at, parts, vertices = 0, 0, 0
    waiting = [1]  # how many geometries are still to come at each depth
    try:
        while waiting:
            if waiting[-1] == 0:
                waiting.pop()
                continue
            waiting[-1] -= 1
            parts += len(waiting) > 1
            order = "<" if blob[at] == 1 else ">"
            (code,) = struct.unpack_from(order + "I", blob, at + 1)
            at += _HEAD + (4 if code & _EWKB_SRID else 0)
            kind, size = (code & 0x0FFFFFFF) % 1000, 8 * _dimensions(code)
            if kind == 1:
                at, vertices = at + size, vertices + 1
            elif kind in _LINES:
                at, count = _points(blob, at, order, size)
                vertices += count
            elif kind in _POLYGONS:
                (rings,) = struct.unpack_from(order + "I", blob, at)
                at += 4
                for _ in range(rings):
                    at, count = _points(blob, at, order, size)
                    vertices += count
            elif kind in _HOLDERS:
                (count,) = struct.unpack_from(order + "I", blob, at)
                at += 4
                waiting.append(count)
            else:
                return "broken", kind
            if len(waiting) - 1 > limits.depth:
                return "depth", len(waiting) - 1
            if parts > limits.parts:
                return "parts", parts
            if vertices > limits.vertices:
                return "vertices", vertices
    except (struct.error, IndexError):
        return "broken", 0
    return None


def _points(blob: memoryview, at: int, order: str, size: int) -> tuple[int, int]:
    (count,) = struct.unpack_from(order + "I", blob, at)
    end = at + 4 + count * size
    if end > len(blob):
        raise IndexError
    return end, count


def _dimensions(code: int) -> int:
    thousands = (code & 0x0FFFFFFF) // 1000
    has_z = bool(code & _EWKB_Z) or thousands in (1, 3)
    has_m = bool(code & _EWKB_M) or thousands in (2, 3)
    return 2 + has_z + has_m

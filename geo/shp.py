"""The .shp of a Shapefile by its published layout: where its records lie, and points read as whole arrays.

Lines and areas are left to GDAL. Runs in the reading process; nothing a header says is used before it was
held against the size of the file.
"""

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.read_problems import problem

_HEADER = 100
_NULL, _POINT, _POINT_Z, _POINT_M = 0, 1, 11, 21
_WKB = {_POINT: 1, _POINT_M: 2001, _POINT_Z: 1001}
_NUMBERS = {_POINT: 2, _POINT_M: 3, _POINT_Z: 3}
_NO_MEASURE = -1e38


def write_index(shp: Path, shx: Path, file: str) -> int:
    """Make the missing .shx from the heads of the records; how many there are."""
    content = np.memmap(shp, dtype=np.uint8, mode="r")
    read_head = struct.Struct(">ii").unpack_from
    entries, at, size = bytearray(), _HEADER, len(content)
    view = memoryview(content)  # type: ignore[arg-type] # an array is a buffer; numpy says so from 3.12 on
    while at + 8 <= size:
        _, words = read_head(view, at)
        if words < 2 or at + 8 + 2 * words > size:
            raise problem("too_short", file)
        entries += struct.pack(">ii", at // 2, words)
        at += 8 + 2 * words
    head = bytearray(content[:_HEADER].tobytes())
    head[24:28] = struct.pack(">i", (_HEADER + len(entries)) // 2)
    shx.write_bytes(bytes(head + entries))
    return len(entries) // 8


def records(shp: Path, shx: Path, file: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the content of each record begins and how long it is, in bytes, by the index."""
    size = shp.stat().st_size
    index = np.fromfile(shx, dtype=np.uint8)[_HEADER:]
    if len(index) % 8:
        raise problem("too_short", str(Path(file).with_suffix(".shx")))
    entries = index.view(">i4").reshape(-1, 2).astype(np.int64) * 2
    start, length = entries[:, 0] + 8, entries[:, 1]
    if len(entries) and (start.min() < _HEADER + 8 or length.min() < 4 or (start + length).max() > size):
        raise problem("too_short", file)
    return start, length


def points(shp: Path, start: NDArray[np.int64], length: NDArray[np.int64]) -> pa.Array | None:
    """The points of a file as WKB, null where a record has no shape; None if it holds anything else.

    Measures that say "no data" are left out; points with both height and a measure are left to GDAL.
    """
    content = np.memmap(shp, dtype=np.uint8, mode="r")
    kinds = _gather(content, start, 4).view("<i4")[:, 0]
    present = kinds != _NULL
    kind = int(kinds[present][0]) if present.any() else _POINT
    if kind not in _WKB or not (kinds[present] == kind).all():
        return None
    width = 8 * _NUMBERS[kind]
    if (length[present] < 4 + width).any():
        return None
    if kind == _POINT_Z and _is_measured(content, start[present], length[present]):
        return None
    wkb = np.zeros((int(present.sum()), 5 + width), dtype=np.uint8)
    wkb[:, 0] = 1
    wkb[:, 1:5] = np.frombuffer(struct.pack("<I", _WKB[kind]), dtype=np.uint8)
    wkb[:, 5:] = _gather(content, start[present] + 4, width)
    offsets = np.concatenate([[0], np.cumsum(np.where(present, 5 + width, 0))]).astype(np.int64)
    mask = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(kinds), [mask, pa.py_buffer(offsets), pa.py_buffer(wkb)]
    )


def _is_measured(content: NDArray[np.uint8], start: NDArray[np.int64], length: NDArray[np.int64]) -> bool:
    long = length >= 36
    return bool((_gather(content, start[long] + 28, 8).view("<f8") > _NO_MEASURE).any())


def _gather(content: NDArray[np.uint8], start: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """So many bytes from each place, shape (places, width)."""
    if len(start) == 0:
        return np.empty((0, width), dtype=np.uint8)
    step = int(start[1] - start[0]) if len(start) > 1 else width
    if step >= width and (np.diff(start) == step).all():
        # records of one size: a view with strides, no index per byte
        view = np.lib.stride_tricks.as_strided(
            content[start[0] :], shape=(len(start), width), strides=(step, 1), writeable=False
        )
        return np.ascontiguousarray(view)
    return content[start[:, None] + np.arange(width)]

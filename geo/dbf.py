"""The .dbf table of a Shapefile, read as whole columns: a matrix of bytes becomes Arrow arrays.

Field for field it gives what GDAL gives, several times faster for Chinese texts: blanks around a text are
trimmed, an empty text is missing, rows marked as deleted are left out. Where GDAL makes 0 of a number that
is none, it is missing here and said. Runs in the reading process.
"""

import codecs
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from geo.notes import Note
from geo.read_problems import problem

_ROWS = 8192
"""Rows taken at a time, so that a block of a column stays in the processor's cache."""

_END_OF_FIELDS = 0x0D
_DELETED = ord("*")
_LONGEST_INT32, _LONGEST_INT64 = 10, 19
_UNREAD = "MGPBTYW0V"
_JULIAN_EPOCH = 2440588  # the Julian day of 1970-01-01
_DAY_MS = 86_400_000
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True)
class Field:
    """One column: its letter for the type, where it lies in a row, and how many decimals it has."""

    name: str
    kind: str
    start: int
    width: int
    decimals: int


@dataclass(frozen=True)
class _Block:
    """Some rows of a column; texts beyond ASCII are still to be decoded."""

    values: pa.Array
    is_foreign: bool = False


@dataclass(frozen=True)
class Dbf:
    """The rows that are not deleted, which of the file's rows those are, and what was decided."""

    table: pa.Table
    kept: NDArray[np.bool_]
    notes: tuple[Note, ...]


def check(path: Path, file: str) -> None:
    """Refuse a file shorter than its head says."""
    with path.open("rb") as opened:
        size = os.fstat(opened.fileno()).st_size  # of the file that is read, whatever has the name by now
        head = opened.read(32)
    if len(head) < 32:
        raise problem("too_short", file)
    records, header, record = struct.unpack("<IHH", head[4:12])
    if header < 33 or record < 1 or header + records * record > size:
        raise problem("too_short", file)


def fields(content: NDArray[np.uint8], file: str, encoding: str) -> list[Field]:
    """The columns by the file's head; they fill a row exactly or the file is damaged."""
    _, header, record = struct.unpack("<IHH", content[4:12].tobytes())
    found, start = [], 1
    for at in range(32, header - 31, 32):
        if content[at] == _END_OF_FIELDS:
            break
        raw = content[at : at + 11].tobytes().split(b"\x00", 1)[0]
        name = codecs.getincrementaldecoder(encoding)("replace").decode(raw, final=False).strip()
        kind, width, decimals = chr(content[at + 11]), int(content[at + 16]), int(content[at + 17])
        if kind == "C":
            width, decimals = width + 256 * decimals, 0
        if kind == "C" and start + width > record:
            width %= 256  # some writers leave rubbish where long texts have their high byte
        found.append(Field(name, kind, start, width, decimals))
        start += width
    if start > record:
        raise problem("description_dbf", file)
    return found


class Columns:
    """The columns of a checked file (`check`), texts not decoded yet; decodes once for each encoding."""

    def __init__(self, path: Path, file: str) -> None:
        self.file = file
        self._content = np.memmap(path, dtype=np.uint8, mode="r")
        records, header, record = struct.unpack("<IHH", self._content[4:12].tobytes())
        body = self._content[header : header + records * record].reshape(records, record)
        columns = fields(self._content, file, "latin-1")
        self.kept: NDArray[np.bool_] = np.ascontiguousarray(body[:, 0]) != _DELETED
        self._blocks: list[list[_Block]] = [[] for _ in columns]
        self._decoded: dict[str, list[pa.ChunkedArray]] = {}
        for first in range(0, records, _ROWS):
            rows = body[first : first + _ROWS]
            if not self.kept[first : first + _ROWS].all():
                rows = rows[self.kept[first : first + _ROWS]]
            for field, into in zip(columns, self._blocks, strict=True):
                block = np.ascontiguousarray(rows[:, field.start : field.start + field.width])
                into.append(_block(field, block))

    def fits(self, encoding: str) -> bool:
        """Whether all texts decode; a character that the width of its field cuts in two is dropped."""
        try:
            self._texts(encoding)
        except UnicodeDecodeError:
            return False
        return True

    def read(self, encoding: str) -> Dbf:
        """The table, in an encoding that fits; EncodingUnfit otherwise."""
        try:
            texts = self._texts(encoding)
        except UnicodeDecodeError as error:
            raise problem("texts_unfit", self.file, encoding=encoding) from error
        columns = fields(self._content, self.file, encoding)
        arrays, bad = [], {}
        for field, each in zip(columns, texts, strict=True):
            column, count = _finished(field, each)
            arrays.append(column)
            if count:
                bad[field.name] = count
        notes = _notes(columns, int((~self.kept).sum()), bad)
        return Dbf(pa.table(arrays, names=[field.name for field in columns]), self.kept, notes)

    def _texts(self, encoding: str) -> list[pa.ChunkedArray]:
        if encoding not in self._decoded:
            kinds = [_type(field) for field in fields(self._content, self.file, encoding)]
            self._decoded[encoding] = [
                pa.chunked_array(
                    [
                        _decoded(block.values, encoding) if block.is_foreign else block.values
                        for block in each
                    ],
                    type=None if each else kind,
                )
                for each, kind in zip(self._blocks, kinds, strict=True)
            ]
        return self._decoded[encoding]


def _notes(columns: list[Field], deleted: int, bad: dict[str, int]) -> tuple[Note, ...]:
    unread = [field.name for field in columns if field.kind in _UNREAD]
    notes = []
    if deleted:
        notes.append(Note("rows_deleted", {"count": deleted}))
    if unread:
        notes.append(Note("columns_unread", {"columns": ", ".join(unread)}))
    notes.extend(Note("numbers_unread", {"column": name, "count": count}) for name, count in bad.items())
    return tuple(notes)


def _type(field: Field) -> pa.DataType:
    """What a column becomes."""
    if field.kind in "NF":
        if field.decimals or field.width >= _LONGEST_INT64:
            return pa.float64()
        return pa.int32() if field.width < _LONGEST_INT32 else pa.int64()
    if field.kind == "I":
        return pa.int32()
    if field.kind == "O":
        return pa.float64()
    if field.kind == "D":
        return pa.date32()
    if field.kind == "L":
        return pa.bool_()
    return pa.timestamp("ms") if field.kind == "@" else pa.string()


def _block(field: Field, block: NDArray[np.uint8]) -> _Block:
    """A block of rows of one column; numbers and dates are still texts."""
    if field.kind in _UNREAD:
        return _Block(pa.nulls(len(block), pa.string()))
    if field.kind in "IO@":
        return _Block(_binary(field, block))
    if field.kind == "L":
        letters = block[:, 0] if field.width else np.zeros(len(block), np.uint8)
        true = np.isin(letters, np.frombuffer(b"TtYy", np.uint8))
        known = true | np.isin(letters, np.frombuffer(b"FfNn", np.uint8))
        return _Block(pa.array(true, mask=~known))
    foreign = block.size > 0 and bool(block.max() >= 0x80)
    if foreign and field.kind in "NFD":  # no number and no date: Arrow is not to take it for a text
        return _Block(_trimmed(np.where(block >= 0x80, np.uint8(ord("?")), block)))
    return _Block(_trimmed(block), foreign)


def _binary(field: Field, block: NDArray[np.uint8]) -> pa.Array:
    if field.kind == "I" and field.width == 4:
        return pa.array(block.view("<i4")[:, 0])
    if field.kind == "O" and field.width == 8:
        return pa.array(block.view("<f8")[:, 0])
    if field.kind == "@" and field.width == 8:
        pair = block.view("<i4").astype(np.int64)
        moment = (pair[:, 0] - _JULIAN_EPOCH) * _DAY_MS + pair[:, 1]
        return pa.array(moment, pa.timestamp("ms"), mask=pair[:, 0] == 0)
    return pa.nulls(len(block), _type(field))


def _trimmed(block: NDArray[np.uint8]) -> pa.Array:
    """Texts up to the first NUL without blanks around them, still in the encoding of the file."""
    rows, width = block.shape
    if width == 0:
        return pa.nulls(rows, pa.string())
    if (block == 0).any():
        block = np.where(np.logical_or.accumulate(block == 0, axis=1), np.uint8(ord(" ")), block)
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int32)
    raw = pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(block))
    texts = pc.ascii_trim(raw, " ")
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def _decoded(texts: pa.Array, encoding: str) -> pa.Array:
    """The texts as UTF-8: decoded in one piece, with a NUL, which none of them holds, behind each."""
    ends = pc.binary_join_element_wise(texts, "", "\0", null_handling="replace", null_replacement="")
    data = ends.buffers()[2].to_pybytes()[: _length(ends)]
    try:
        whole = data.decode(encoding)
    except UnicodeDecodeError:
        return _decoded_one_by_one(texts, encoding)
    joined = np.frombuffer(whole.encode(), dtype=np.uint8)
    marks = np.flatnonzero(joined == 0)
    if len(marks) != len(texts):
        return _decoded_one_by_one(texts, encoding)
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    offsets[1:] = marks - np.arange(len(marks))
    result = pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(joined[joined != 0]))
    return pc.if_else(texts.is_null(), pa.scalar(None, pa.string()), result)


def _length(texts: pa.Array) -> int:
    return int(np.frombuffer(texts.buffers()[1], dtype=np.int32)[len(texts)])


def _decoded_one_by_one(texts: pa.Array, encoding: str) -> pa.Array:
    """Slow but sure: a character that the width of its field cut in two is dropped."""
    decoder = codecs.getincrementaldecoder(encoding)
    raws = texts.view(pa.binary()).to_pylist()
    return pa.array(
        [None if raw is None else decoder().decode(raw, final=False) for raw in raws], pa.string()
    )


def _finished(field: Field, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """A whole column in its type, and how many of its values were none of that type."""
    if field.kind in "NF":
        return _numbers(column, _type(field))
    if field.kind == "D":
        return _dates(column)
    return column, 0


def _numbers(column: pa.ChunkedArray, kind: pa.DataType) -> tuple[pa.ChunkedArray, int]:
    if not len(column):
        return column.cast(kind), 0
    starred = pc.fill_null(pc.starts_with(column, "*"), False)  # a number too long for its field
    column = pc.if_else(starred, pa.scalar(None, pa.string()), column)
    try:
        return column.cast(kind), 0
    except pa.ArrowInvalid:
        pass
    fits = pc.fill_null(pc.match_substring_regex(column, _NUMBER), False)
    bad = len(column) - column.null_count - int(pc.sum(fits).as_py() or 0)
    clean = pc.if_else(fits, pc.utf8_ltrim(column, "+"), pa.scalar(None, pa.string()))
    try:
        return clean.cast(kind), bad
    except pa.ArrowInvalid:
        return clean.cast(pa.float64()), bad  # whole numbers were announced, decimals came


def _dates(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    none = pc.fill_null(pc.match_substring_regex(column, "^0+$"), False)
    column = pc.if_else(none, pa.scalar(None, pa.string()), column)
    fits = pc.fill_null(pc.match_substring_regex(column, "^[0-9]{8}$"), False)
    shape = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(column, 0, 4),
        pc.utf8_slice_codeunits(column, 4, 6),
        pc.utf8_slice_codeunits(column, 6, 8),
        "-",
    )
    texts = pc.if_else(fits, shape, pa.scalar(None, pa.string()))
    try:
        dates = texts.cast(pa.date32())
    except pa.ArrowInvalid:
        known = {text: _date(text) for text in pc.unique(texts).to_pylist()}
        dates = pa.chunked_array([pa.array([known[text] for text in texts.to_pylist()], pa.date32())])
    return dates, dates.null_count - column.null_count


def _date(text: str | None) -> object:
    import datetime

    try:
        return None if text is None else datetime.date.fromisoformat(text)
    except ValueError:
        return None

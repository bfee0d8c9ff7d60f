"""Which encoding a text is in: the declared one, checked, or else UTF-8 or GB18030 if the bytes fit.

GB18030 holds all of GBK and GB2312, so one name serves the three.
"""

import codecs
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo.read_problems import problem

UTF8 = "UTF-8"
CHINESE = "GB18030"

_END_OF_FIELDS = 0x0D

_LEADS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(file: str, content: bytes, declared: str | None) -> tuple[str, str]:
    """The text of a whole file, and the encoding it was in."""
    led = next((name for mark, name in _LEADS if content.startswith(mark)), None)
    if led:
        return content.decode(led), UTF8 if led == "utf-8-sig" else "UTF-16"
    for name in (_known(file, declared),) if declared else (UTF8, CHINESE):
        try:
            return content.decode(name), name
        except UnicodeDecodeError as error:
            where = error.start
    raise problem("bytes_unfit", file, byte=where + 1, encoding=declared or "UTF-8 or GB18030")


def of_dbf(path: Path, file: str, declared: str | None, stated: str | None) -> str:
    """The encoding of the texts in a .dbf: the caller's, else that of the .cpg, else the one that fits.

    A declared or stated encoding that the bytes contradict is an error, since its text would be nonsense.
    """
    columns = _texts(path)
    name = declared or stated
    if name:
        known = _known(file, name)
        if not all(_fits(column, known) for column in columns):
            raise problem("texts_unfit" if declared else "cpg_unfit", file, encoding=name)
        return known
    for known in (UTF8, CHINESE):
        if all(_fits(column, known) for column in columns):
            return known
    raise problem("texts_unknown", file)


def of_cpg(path: Path) -> str | None:
    """What a .cpg file states, in Python's words; None without one."""
    if not path.exists():
        return None
    words = path.read_bytes()[:64].decode("ascii", errors="replace").strip()
    words = words.removeprefix("OEM ").removeprefix("ANSI ")
    return f"cp{words}" if words.isdecimal() else words or None


def _known(file: str, name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except LookupError as error:
        raise problem("no_encoding", file, encoding=name) from error
    return CHINESE if codec in ("gbk", "gb2312", "gb18030") else UTF8 if codec == "utf-8" else name


def _texts(path: Path) -> list[NDArray[np.uint8]]:
    """The text columns of a .dbf as bytes, shape (records, width), and the field names as one more."""
    content = np.fromfile(path, dtype=np.uint8)
    records, header, width = struct.unpack("<IHH", content[4:12].tobytes())
    body = content[header : header + records * width].reshape(records, width)
    names, columns, start = [], [], 1
    for at in range(32, header - 1, 32):
        if content[at] == _END_OF_FIELDS:
            break
        kind, length = content[at + 11], int(content[at + 16])
        name = content[at : at + 11]
        names.append(np.where(np.cumsum(name == 0) == 0, name, ord(" ")))  # what follows the NUL is leftover
        if kind == ord("C"):
            columns.append(body[:, start : start + length])
        start += length
    return [np.array(names, dtype=np.uint8).reshape(len(names), 11), *columns]


def _fits(column: NDArray[np.uint8], name: str) -> bool:
    """Whether all texts decode; a character cut by the width of its field does not count against it."""
    if column.size == 0 or column.max() < 0x80:
        return True
    lines = np.full((len(column), column.shape[1] + 1), ord("\n"), dtype=np.uint8)
    lines[:, :-1] = column
    try:
        lines.tobytes().decode(name)
    except UnicodeDecodeError:
        return _fits_one_by_one(column, name)
    return True


def _fits_one_by_one(column: NDArray[np.uint8], name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)
    for row in column:
        try:
            decoder().decode(row.tobytes().rstrip(b" \x00"), final=False)
        except UnicodeDecodeError:
            return False
    return True

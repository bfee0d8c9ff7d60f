"""The texts of a .dbf as they lie in it, before anybody knows their encoding.

Looks at 500 MB in a second or two: blocks of rows as matrices of bytes, of which only the texts with a byte
beyond ASCII are taken out.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_END_OF_FIELDS = 0x0D
_ROWS = 16384
"""Rows looked at together."""


@dataclass(frozen=True)
class DbfTexts:
    """`language` is the byte in its head that may name a code page; `names` are those of its fields."""

    body: NDArray[np.uint8]
    columns: tuple[tuple[int, int], ...]
    names: tuple[bytes, ...]
    language: int

    @property
    def blocks(self) -> int:
        """How many blocks of rows there are."""
        return -(-len(self.body) // _ROWS)

    def high(self, every: int = 1) -> Iterator[NDArray[np.uint8]]:
        """Rows of a text column that have a byte beyond ASCII, shape (n, width), of every n-th block."""
        for first in range(0, len(self.body), every * _ROWS):
            for start, stop in self.columns:
                block = self.body[first : first + _ROWS, start:stop]
                rows = (block & 0x80).any(axis=1)
                if rows.any():
                    yield block[rows]

    @property
    def high_names(self) -> list[bytes]:
        """The names of fields that have such a byte."""
        return [name for name in self.names if not name.isascii()]


def row_texts(block: NDArray[np.uint8]) -> list[bytes]:
    """Rows as texts: what comes before a NUL, without the blanks behind it."""
    return [row.tobytes().split(b"\x00", 1)[0].rstrip(b" ") for row in block]


def dbf_texts(path: Path) -> DbfTexts:
    """The text columns of a .dbf whose length was checked; a column that does not fit its row is left out."""
    content = np.memmap(path, dtype=np.uint8, mode="r")
    records, header, width = struct.unpack("<IHH", content[4:12].tobytes())
    body = content[header : header + records * width].reshape(records, width)
    names, columns, start = [], [], 1
    for at in range(32, header - 31, 32):
        if content[at] == _END_OF_FIELDS:
            break
        names.append(
            content[at : at + 11].tobytes().split(b"\x00", 1)[0].rstrip()
        )  # leftovers follow the NUL
        length = int(content[at + 16])
        if content[at + 11] == ord("C"):
            length += 256 * int(content[at + 17])  # long texts have their high byte where decimals would be
            if start + length > width:
                length %= 256
            if start + length <= width:
                columns.append((start, start + length))
        start += length
    return DbfTexts(body, tuple(columns), tuple(names), int(content[29]))

"""Where the names of columns are in a table somebody made for people: below titles, sometimes in two rows.

Found by which cells are filled. A title fills one cell of many; the header is the first row of texts that
fills half of the columns in use. It has a second row where that fills the gaps of the first.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from geo.notes import Note

LOOKED_AT = 30
"""Rows from the top in which the header must be."""

Cell = object
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*%?\s*")


@dataclass(frozen=True)
class Header:
    """Names by column ("" where there is none), and its first and last row, from 0."""

    names: tuple[str, ...]
    first: int
    last: int

    def notes(self, titles: int) -> tuple[Note, ...]:
        """What to say of it, `titles` rows with something in them being above."""
        found = []
        if titles:
            found.append(Note("title_rows", {"row": self.first + 1, "count": titles}))
        if self.last > self.first:
            found.append(Note("two_row_header", {"first": self.first + 1, "last": self.last + 1}))
        return tuple(found)


def find(
    rows: Sequence[Sequence[Cell]],
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] | None = None,
    *,
    two_rows: bool = True,
) -> Header | None:
    """The header among the first rows; None if no row looks like one.

    `merged` are ranges of joined cells, as ((row, column), (row, column)) of their corners, where known.
    """
    top = rows[:LOOKED_AT]
    used = set().union(*(_filled(row) for row in top)) if top else set()
    for at, row in enumerate(top):
        if _is_header(row, len(used)):
            second = two_rows and at + 1 < len(top) and _is_second(top, at, used, merged)
            below = top[at + 1] if second else ()
            return Header(_names(row, below, merged, at), at, at + 1 if second else at)
        if 2 * len(_filled(row)) > len(used) > 1:
            return None  # rows of values before any names: no title is as full
    return None


def is_filled(cell: Cell) -> bool:
    """Whether a cell holds anything but blanks."""
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _filled(row: Sequence[Cell]) -> set[int]:
    return {column for column, cell in enumerate(row) if is_filled(cell)}


def _is_text(cell: Cell) -> bool:
    return isinstance(cell, str) and not _NUMBER.fullmatch(cell)


def _is_header(row: Sequence[Cell], used: int) -> bool:
    """Half of the columns are named, most by texts (a year may be a name), none by a date or a yes."""
    filled = [cell for cell in row if is_filled(cell)]
    if not filled or 2 * len(filled) < used or (used > 1 and len(filled) < 2):
        return False
    if any(isinstance(cell, bool | datetime.date | datetime.time | datetime.timedelta) for cell in filled):
        return False
    return 2 * sum(map(_is_text, filled)) > len(filled)


def _is_second(
    rows: Sequence[Sequence[Cell]],
    at: int,
    used: set[int],
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] | None,
) -> bool:
    first, second = _filled(rows[at]), _filled(rows[at + 1])
    gaps = second - first
    if not gaps or min(gaps) < min(first) or not all(_is_text(rows[at + 1][column]) for column in second):
        return False
    if merged is not None:
        return any(r0 == at and (c1 > c0 or r1 == at + 1) for (r0, c0), (r1, c1) in merged)
    if used - first - second:
        return False
    below = rows[at + 2] if at + 2 < len(rows) else ()
    numbers_come = any(
        column < len(below) and is_filled(below[column]) and not _is_text(below[column]) for column in gaps
    )
    return bool(first - second) or numbers_come


def _names(
    row: Sequence[Cell],
    below: Sequence[Cell],
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] | None,
    at: int,
) -> tuple[str, ...]:
    """One name a column; under a joined cell the upper name goes before the lower, with `_` between."""
    names, group = [], ""
    for column in range(max(len(row), len(below))):
        upper = _name(row[column]) if column < len(row) else ""
        lower = _name(below[column]) if column < len(below) else ""
        group = upper or (group if _goes_on(column, merged, at) else "")
        names.append("_".join(part for part in (group if lower else upper, lower) if part))
    return tuple(names)


def _goes_on(column: int, merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] | None, at: int) -> bool:
    return merged is None or any(r0 <= at <= r1 and c0 < column <= c1 for (r0, c0), (r1, c1) in merged)


def _name(cell: Cell) -> str:
    """A name in one line; a number for a name (a year) without its decimals."""
    if not is_filled(cell):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return re.sub(r"\s*[\r\n]+\s*", "", str(cell)).strip()

"""Lines measured from their start: their drawn parts, places along them and intervals of them.

A road may be drawn in several parts. Each part is measured from its own start, and an interval never passes
from one part to another, as no road lies between them.
"""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs as systems
from geo.errors import GeometryError
from geo.jit import Bools, Floats, Ints, jit


class Parts(NamedTuple):
    """The drawn parts of lines, p of them; a line without geometry has none."""

    line: Ints
    """Shape (p,): the row of the line each is a part of, in order."""
    offset: Ints
    """Shape (p + 1,): part i is vertices offset[i] to offset[i + 1], at least two."""
    xy: Floats
    """Shape (k, 2), metres."""
    along_m: Floats
    """Shape (k,): the way from the part's start to each vertex."""

    @property
    def length_m(self) -> Floats:
        """Shape (p,)."""
        return self.along_m[self.offset[1:] - 1]


class Intervals(NamedTuple):
    """Intervals of parts, k of them, ordered by part and start; none is empty."""

    part: Ints
    start_m: Floats
    end_m: Floats

    @property
    def length_m(self) -> Floats:
        """Shape (k,)."""
        return self.end_m - self.start_m

    def take(self, some: NDArray[np.integer] | Bools) -> Intervals:
        """Some of them, by rows in order or by a mask."""
        return Intervals(self.part[some], self.start_m[some], self.end_m[some])


def parts_of(lines: gpd.GeoSeries, subject: str = "the lines") -> Parts:
    """The parts of lines, in a CRS in metres; missing and empty ones have none.

    `subject` names the lines in errors.
    """
    systems.require_metres(lines.crs, f"measuring along {subject}")
    geometry = shapely.force_2d(lines.to_numpy())
    xy, row = shapely.get_coordinates(geometry, return_index=True)
    systems.check_finite(xy, row, subject)
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    wrong = there & (shapely.get_dimensions(geometry) != 1)
    if wrong.any():
        raise GeometryError(subject, "are not lines", tuple((np.flatnonzero(wrong) + 1).tolist()))
    drawn, line = shapely.get_parts(geometry, return_index=True)
    drawn, line = drawn[~shapely.is_empty(drawn)], line[~shapely.is_empty(drawn)]
    xy = shapely.get_coordinates(drawn)
    offset = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(drawn))]).astype(np.int32)
    return Parts(line.astype(np.int32), offset, xy, _along(offset, xy))


def whole(parts: Parts) -> Intervals:
    """Each part from start to end, those without length left out."""
    length = parts.length_m
    some = np.flatnonzero(length > 0).astype(np.int32)
    return Intervals(some, np.zeros(len(some)), length[some])


def split(pieces: Intervals, lit: Intervals) -> tuple[Intervals, NDArray[np.int64], Bools]:
    """Pieces cut at the ends of lit intervals: smaller ones, the piece each is of, and whether it is lit.

    Neither pieces nor lit intervals may overlap among themselves. The parts of a piece add up to it.
    """
    part, start, end, row, inside = _split(*pieces, *lit)
    return Intervals(part, start, end), row, inside


def drawn(parts: Parts, intervals: Intervals) -> NDArray[np.object_]:
    """Each interval as a line."""
    xy, row = _cut(parts.offset, parts.xy, parts.along_m, *intervals)
    return shapely.linestrings(xy, indices=row) if len(row) else np.empty(0, object)


def places(parts: Parts, part: Ints, along_m: Floats) -> Floats:
    """Where a place along a part lies, shape (k, 2)."""
    return _places(parts.offset, parts.xy, parts.along_m, part, along_m)


@jit
def _along(offset: Ints, xy: Floats) -> Floats:
    along = np.zeros(len(xy))
    for part in range(len(offset) - 1):
        for k in range(offset[part] + 1, offset[part + 1]):
            along[k] = along[k - 1] + np.hypot(xy[k, 0] - xy[k - 1, 0], xy[k, 1] - xy[k - 1, 1])
    return along


@jit
def _split(
    part: Ints, start: Floats, end: Floats, lit_part: Ints, lit_start: Floats, lit_end: Floats
) -> tuple[Ints, Floats, Floats, NDArray[np.int64], Bools]:
    room = 2 * len(part) + 2 * len(lit_part) + 1
    of, low, high = np.empty(room, np.int32), np.empty(room), np.empty(room)
    row, inside = np.empty(room, np.int64), np.empty(room, np.bool_)
    top = 0
    j = 0
    for i in range(len(part)):
        at = start[i]
        while j < len(lit_part) and (
            lit_part[j] < part[i] or (lit_part[j] == part[i] and lit_end[j] <= start[i])
        ):
            j += 1
        k = j
        while at < end[i]:
            ahead = k < len(lit_part) and lit_part[k] == part[i] and lit_start[k] < end[i]
            lit = ahead and lit_start[k] <= at
            to = min(lit_end[k], end[i]) if lit else (lit_start[k] if ahead else end[i])
            of[top], low[top], high[top], row[top], inside[top] = part[i], at, to, i, lit
            top += 1
            at = to
            if lit:
                k += 1
    return of[:top].copy(), low[:top].copy(), high[:top].copy(), row[:top].copy(), inside[:top].copy()


@jit
def _places(offset: Ints, xy: Floats, along: Floats, part: Ints, at: Floats) -> Floats:
    found = np.empty((len(part), 2))
    for i in range(len(part)):
        first, last = offset[part[i]], offset[part[i] + 1] - 1
        k = first + np.searchsorted(along[first : last + 1], at[i], side="right") - 1
        k = min(max(k, first), last - 1)
        step = along[k + 1] - along[k]
        t = min(max((at[i] - along[k]) / step, 0.0), 1.0) if step > 0 else 0.0
        found[i, 0] = xy[k, 0] + t * (xy[k + 1, 0] - xy[k, 0])
        found[i, 1] = xy[k, 1] + t * (xy[k + 1, 1] - xy[k, 1])
    return found


@jit
def _cut(
    offset: Ints, xy: Floats, along: Floats, part: Ints, start: Floats, end: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Vertices of each interval and the interval each is of."""
    ends = np.empty((2 * len(part), 2))
    for turn in range(2):
        ends[turn::2] = _places(offset, xy, along, part, start if turn == 0 else end)
    inner = np.empty((len(part), 2), np.int64)
    total = 0
    for i in range(len(part)):
        first, last = offset[part[i]], offset[part[i] + 1]
        own = along[first:last]
        inner[i, 0] = first + np.searchsorted(own, start[i], side="right")
        inner[i, 1] = first + np.searchsorted(own, end[i], side="left")
        total += 2 + max(inner[i, 1] - inner[i, 0], 0)
    found, row = np.empty((total, 2)), np.empty(total, np.int64)
    top = 0
    for i in range(len(part)):
        before = top
        found[top] = ends[2 * i]
        top += 1
        for k in range(inner[i, 0], inner[i, 1]):
            found[top] = xy[k]
            top += 1
        found[top] = ends[2 * i + 1]
        top += 1
        row[before:top] = i
    return found, row

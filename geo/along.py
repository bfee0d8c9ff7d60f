"""Which metres of a road its lamps light, and which stay dark."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike

from geo import crs as systems
from geo.arguments import positive
from geo.errors import WalkArgument
from geo.jit import Floats, Ints, jit
from geo.parts import Intervals, Parts, parts_of
from geo.segment_grid import SegmentGrid

NONE = -1
"""A point that lies beside no line."""


class Lit(NamedTuple):
    """What lamps light."""

    parts: Parts
    intervals: Intervals
    """Lit, merged: those of one part neither touch nor overlap."""
    line: Ints
    """Shape (n,): the row of the line that each point lights; NONE where it lights none."""


def lit_intervals(
    lines: gpd.GeoSeries,
    points: ArrayLike,
    *,
    aside_m: float,
    reach_m: float,
    line_of: ArrayLike | None = None,
) -> Lit:
    """The intervals of lines that lamps light.

    Parameters
    ----------
    lines
        Roads, in a CRS in metres.
    points
        Lamps, shape (n, 2), in the same CRS, finite.
    aside_m
        A lamp farther than this from its road lights nothing of it.
    reach_m
        A lamp lights its road to so many metres on both sides of its foot, the point of the road nearest to
        it, along the road. The reach ends where the drawn part ends; on a ring it goes on past the start.
    line_of
        Shape (n,): the row of the road that a lamp stands at, or NONE. Then the lamp lights that road only;
        one that names none lights the nearest (of equally near ones the first). No lamp lights two.
    """
    aside, reach = positive("aside_m", aside_m), positive("reach_m", reach_m)
    xy = np.ascontiguousarray(np.asarray(points, dtype=np.float64).reshape(-1, 2))
    systems.check_finite(xy, np.arange(len(xy)), "the points")
    parts = parts_of(lines)
    named = _named(line_of, len(xy), len(lines))
    part, foot = _feet(parts, xy, named, len(lines), aside)
    lit = part >= 0
    order = np.lexsort((foot[lit], part[lit]))
    intervals = Intervals(
        *_merged(parts.offset, parts.xy, parts.length_m, part[lit][order], foot[lit][order], reach)
    )
    line = np.full(len(xy), NONE, np.int32)
    line[lit] = parts.line[part[lit]]
    return Lit(parts, intervals, line)


def _named(line_of: ArrayLike | None, points: int, lines: int) -> Ints:
    if line_of is None:
        return np.full(points, NONE, np.int32)
    named = np.asarray(line_of)
    if named.shape != (points,):
        raise WalkArgument("line_of", f"of shape {named.shape}", f"one row for each of {points} points")
    if points and (named.min() < NONE or named.max() >= lines):
        raise WalkArgument("line_of", f"{named.min()} to {named.max()}", f"{NONE} to {lines - 1}")
    return named.astype(np.int32)


def _feet(parts: Parts, xy: Floats, named: Ints, lines: int, aside: float) -> tuple[Ints, Floats]:
    """The part that each point lights, -1 for none, and the place of its foot along it."""
    part, foot = np.full(len(xy), -1, np.int32), np.full(len(xy), np.nan)
    if not len(parts.line):
        return part, foot
    free = named == NONE
    if free.any():
        grid = SegmentGrid.over(parts.offset, parts.xy)
        part[free], foot[free] = grid.nearest(xy[free], np.ones(len(parts.line), np.bool_), aside)[:2]
    if not free.all():
        start = np.searchsorted(parts.line, np.arange(lines + 1)).astype(np.int32)
        part[~free], foot[~free] = _feet_on(
            xy[~free], named[~free], start, parts.offset, parts.xy, parts.along_m, aside
        )
    return part, foot


@jit
def _feet_on(
    points: Floats, named: Ints, start: Ints, offset: Ints, xy: Floats, along: Floats, aside: float
) -> tuple[Ints, Floats]:
    """The foot of each point on the line it names, whose parts are start[line] to start[line + 1]."""
    part = np.full(len(points), -1, np.int32)
    foot = np.full(len(points), np.nan)
    for i in range(len(points)):
        best = aside * aside
        for p in range(start[named[i]], start[named[i] + 1]):
            for k in range(offset[p], offset[p + 1] - 1):
                bx, by = xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1]
                px, py = points[i, 0] - xy[k, 0], points[i, 1] - xy[k, 1]
                square = bx * bx + by * by
                t = min(max((px * bx + py * by) / square, 0.0), 1.0) if square > 0 else 0.0
                d = (px - t * bx) ** 2 + (py - t * by) ** 2
                if d < best or (d == best and part[i] < 0):
                    best = d
                    part[i] = p
                    foot[i] = along[k] + t * (along[k + 1] - along[k])
    return part, foot


@jit
def _merged(
    offset: Ints, xy: Floats, length: Floats, part: Ints, foot: Floats, reach: float
) -> tuple[Ints, Floats, Floats]:
    """Merged intervals around feet, which are sorted by part and place."""
    room = 2 * len(part) + 1  # on a ring the last may come in two
    of, start, end = np.empty(room, np.int32), np.empty(room), np.empty(room)
    top = 0
    low = 0
    while low < len(part):
        p = part[low]
        high = low
        while high < len(part) and part[high] == p:
            high += 1
        first, last = offset[p], offset[p + 1] - 1
        ring = last > first and xy[first, 0] == xy[last, 0] and xy[first, 1] == xy[last, 1]
        before = top
        for turn in range(-1 if ring else 0, 2 if ring else 1):
            for i in range(low, high):
                middle = foot[i] + turn * length[p]
                a, b = max(middle - reach, 0.0), min(middle + reach, length[p])
                if b <= a:
                    continue
                if top > before and a <= end[top - 1]:
                    end[top - 1] = max(end[top - 1], b)
                    continue
                of[top], start[top], end[top] = p, a, b
                top += 1
        low = high
    return of[:top].copy(), start[:top].copy(), end[:top].copy()

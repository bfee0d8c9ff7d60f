"""What nobody walks across on the way to a street: water, railways, walls.

Barriers stop only the straight way from a point to its street (an access leg). Streets cross them as drawn: a
bridge is a street. A leg is stopped where it meets a barrier between its ends; one whose end lies on a
barrier, as where a quay is the border of the water, only touches it. Of an area its border is the barrier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike

from geo import crs as systems
from geo.jit import Bools, Floats, Ints, jit
from geo.segment_grid import CELL_M, SLACK_M2, SegmentGrid

TOUCH_M = 0.001
"""A leg may come this near to a barrier with either of its ends; that is nothing on a map, and well above
rounding."""

FIRST_LOOK_M = 50.0
"""How far a street is first looked for; then twice as far, and so on."""

PASS_M = 1e-6
"""How far beside the end of a barrier a leg passes it."""


@dataclass(frozen=True, eq=False)
class Barriers:
    """Lines in a grid."""

    grid: SegmentGrid

    @classmethod
    def over(cls, geometries: ArrayLike) -> Barriers | None:
        """Barriers of lines and of the borders of polygons, in metres; None where there is neither.

        Points, missing and empty geometries stop nobody. Raises GeometryNotFinite.
        """
        shapes = np.asarray(geometries, dtype=object).ravel()
        parts, row = shapely.get_parts(shapes, return_index=True)
        while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():  # collections may nest
            parts, inner = shapely.get_parts(parts, return_index=True)
            row = row[inner]
        areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        rings, of = shapely.get_rings(parts[areas], return_index=True)
        kind = shapely.get_type_id(parts)
        lines = (kind == shapely.GeometryType.LINESTRING) | (kind == shapely.GeometryType.LINEARRING)
        drawn = np.concatenate([parts[lines], rings])
        row = np.concatenate([row[lines], row[areas][of]])
        xy, line = shapely.get_coordinates(drawn, return_index=True)
        if not len(xy):
            return None
        systems.check_finite(xy, row[line], "the barriers")
        offset = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(drawn)))])
        offset = np.unique(offset)  # an empty line has no vertices
        return cls(SegmentGrid.over(offset.astype(np.int32), xy, CELL_M))

    def stop(self, start: Floats, end: Floats) -> Bools:
        """Whether each way from a start to an end, both shape (n, 2), meets a barrier between the two."""
        found: Bools = _stopped(start, end, _flat(self.grid))
        return found

    def nearest(
        self, streets: SegmentGrid, points: Floats, allowed: Bools, limit_m: float
    ) -> tuple[Ints, Floats, Floats, Floats]:
        """The nearest point on an allowed street that no barrier hides, for each point, within limit_m.

        The street (-1: none), the place along it, the distance and the coordinates, as of
        `SegmentGrid.nearest`. Looks at every street around, so it is for the few points whose nearest street
        is hidden.
        """
        result: tuple[Ints, Floats, Floats, Floats] = _nearest_seen(
            points, allowed, limit_m, _flat(streets), streets.line, streets.along_m, _flat(self.grid)
        )
        return result


class _Grid(NamedTuple):
    """A grid of segments as kernels take it; see `SegmentGrid`."""

    vertex: Ints
    xy: Floats
    x0: float
    y0: float
    cell_m: float
    columns: int
    rows: int
    start: Ints
    segment: Ints


def _flat(grid: SegmentGrid) -> _Grid:
    return _Grid(
        grid.vertex,
        grid.xy,
        grid.x0,
        grid.y0,
        grid.cell_m,
        grid.columns,
        grid.rows,
        grid.cell_start,
        grid.cell_segment,
    )


@jit
def _window(grid: _Grid, west: float, south: float, east: float, north: float) -> tuple[int, int, int, int]:
    """Columns and rows of the cells that meet a box, from and to (not included); rounding loses none."""
    slack = 1e-6
    return (
        max(int(np.floor((west - slack - grid.x0) / grid.cell_m)), 0),
        min(int(np.floor((east + slack - grid.x0) / grid.cell_m)) + 1, grid.columns),
        max(int(np.floor((south - slack - grid.y0) / grid.cell_m)), 0),
        min(int(np.floor((north + slack - grid.y0) / grid.cell_m)) + 1, grid.rows),
    )


@jit
def _meets(dx: float, dy: float, touch: float, cx: float, cy: float, ex: float, ey: float) -> bool:
    """Whether the way (dx, dy) meets the wall from c to e, as seen from its start; not within `touch` of its
    ends, a share of it."""
    left, right = dx * cy - dy * cx, dx * ey - dy * ex
    if (left > 0 and right > 0) or (left < 0 and right < 0) or left == right:
        return False  # the wall is on one side of it, or along it
    w = left / (left - right)
    along = ((cx + w * (ex - cx)) * dx + (cy + w * (ey - cy)) * dy) / (dx * dx + dy * dy)
    return touch < along < 1.0 - touch


@jit
def _stopped(start: Floats, end: Floats, walls: _Grid) -> Bools:
    """Whether each way meets a wall farther than TOUCH_M from both its ends."""
    result = np.zeros(len(start), np.bool_)
    for i in range(len(start)):
        px, py, qx, qy = start[i, 0], start[i, 1], end[i, 0], end[i, 1]
        dx, dy = qx - px, qy - py
        length = np.hypot(dx, dy)
        if length <= 2 * TOUCH_M:
            continue
        window = _window(walls, min(px, qx), min(py, qy), max(px, qx), max(py, qy))
        for r in range(window[2], window[3]):
            for c in range(window[0], window[1]):
                cell = r * walls.columns + c
                for j in range(walls.start[cell], walls.start[cell + 1]):
                    k = walls.vertex[walls.segment[j]]
                    cx, cy = walls.xy[k, 0] - px, walls.xy[k, 1] - py
                    ex, ey = walls.xy[k + 1, 0] - px, walls.xy[k + 1, 1] - py
                    if _meets(dx, dy, TOUCH_M / length, cx, cy, ex, ey):
                        result[i] = True
                        break
                if result[i]:
                    break
            if result[i]:
                break
    return result


@jit
def _around(px: float, py: float, radius: float, walls: _Grid, mark: Ints, number: int) -> Floats:
    """The walls in the box of a radius around p, both ends as seen from p, shape (w, 4); `mark` is a note."""
    window = _window(walls, px - radius, py - radius, px + radius, py + radius)
    found = np.empty((16, 4))
    top = 0
    for r in range(window[2], window[3]):
        for c in range(window[0], window[1]):
            cell = r * walls.columns + c
            for j in range(walls.start[cell], walls.start[cell + 1]):
                s = walls.segment[j]
                if mark[s] == number:
                    continue
                mark[s] = number
                k = walls.vertex[s]
                cx, cy = walls.xy[k, 0] - px, walls.xy[k, 1] - py
                ex, ey = walls.xy[k + 1, 0] - px, walls.xy[k + 1, 1] - py
                if min(cx, ex) > radius or max(cx, ex) < -radius:
                    continue
                if min(cy, ey) > radius or max(cy, ey) < -radius:
                    continue
                if top == len(found):
                    more = np.empty((2 * top, 4))
                    more[:top] = found
                    found = more
                found[top, 0], found[top, 1], found[top, 2], found[top, 3] = cx, cy, ex, ey
                top += 1
    return found[:top]


@jit
def _nearest_seen(
    points: Floats, allowed: Bools, limit: float, streets: _Grid, line: Ints, along: Floats, walls: _Grid
) -> tuple[Ints, Floats, Floats, Floats]:
    n = len(points)
    found = np.full(n, -1, np.int32)
    offset = np.full(n, np.nan)
    distance = np.full(n, np.inf)
    on = np.full((n, 2), np.nan)
    mark = np.full(len(walls.vertex), -1, np.int32)
    look = 0
    for i in range(n):
        px, py = points[i, 0], points[i, 1]
        radius = min(FIRST_LOOK_M, limit)
        while True:
            near = _around(px, py, radius, walls, mark, look)
            look += 1
            best, best_s, best_t = _look(px, py, radius, allowed, streets, line, near)
            if best_s < len(streets.vertex) or radius >= limit:
                break
            radius = min(2.0 * radius, limit)
        if best_s < len(streets.vertex):
            k = streets.vertex[best_s]
            bx, by = streets.xy[k + 1, 0] - streets.xy[k, 0], streets.xy[k + 1, 1] - streets.xy[k, 1]
            found[i] = line[best_s]
            offset[i] = along[best_s] + best_t * np.hypot(bx, by)
            distance[i] = np.sqrt(best)
            on[i, 0] = streets.xy[k, 0] + best_t * bx
            on[i, 1] = streets.xy[k, 1] + best_t * by
    return found, offset, distance, on


@jit
def _look(
    px: float, py: float, radius: float, allowed: Bools, streets: _Grid, line: Ints, near: Floats
) -> tuple[float, int, float]:
    """The nearest place on a street within the radius that none of the walls near p hides.

    Its squared distance, its segment (their number if there is none) and where on that, 0 to 1.
    """
    best = radius * radius
    best_s = len(streets.vertex)
    best_t = 0.0
    low, high = np.empty(len(near)), np.empty(len(near))
    window = _window(streets, px - radius, py - radius, px + radius, py + radius)
    for r in range(window[2], window[3]):
        for c in range(window[0], window[1]):
            cell = r * streets.columns + c
            west, south = streets.x0 + c * streets.cell_m, streets.y0 + r * streets.cell_m
            ex = max(west - px, px - west - streets.cell_m, 0.0)
            ey = max(south - py, py - south - streets.cell_m, 0.0)
            if ex * ex + ey * ey > best + SLACK_M2:
                continue
            for j in range(streets.start[cell], streets.start[cell + 1]):
                s = streets.segment[j]
                if s == best_s or not allowed[line[s]]:
                    continue
                k = streets.vertex[s]
                ax, ay = streets.xy[k, 0] - px, streets.xy[k, 1] - py
                bx, by = streets.xy[k + 1, 0] - px - ax, streets.xy[k + 1, 1] - py - ay
                square = bx * bx + by * by
                t = -(ax * bx + ay * by) / square if square > 0 else 0.0
                t = min(max(t, 0.0), 1.0)
                d = (ax + t * bx) ** 2 + (ay + t * by) ** 2
                if d > best or (d == best and s > best_s):
                    continue
                if _is_hidden(ax + t * bx, ay + t * by, near):
                    t = _seen(ax, ay, bx, by, best, near, low, high)
                    d = (ax + t * bx) ** 2 + (ay + t * by) ** 2
                    if t < 0 or d > best or (d == best and s > best_s):
                        continue
                best, best_s, best_t = d, s, t
    return best, best_s, best_t


@jit
def _is_hidden(dx: float, dy: float, near: Floats) -> bool:
    length = np.hypot(dx, dy)
    if length <= 2 * TOUCH_M:
        return False
    touch = TOUCH_M / length
    for i in range(len(near)):
        if _meets(dx, dy, touch, near[i, 0], near[i, 1], near[i, 2], near[i, 3]):
            return True
    return False


@jit
def _seen(
    ax: float, ay: float, bx: float, by: float, best: float, near: Floats, low: Floats, high: Floats
) -> float:
    """The place (0 to 1) on the street from a to a + b that is nearest to p and hidden by no wall, else -1.

    All as seen from p; only places nearer than the root of `best` count. A wall hides an interval of the
    street, its shadow: between the places on which its two ends fall, of that part of the wall which lies
    between p and the street. `low` and `high` (w,) are working space.
    """
    square = bx * bx + by * by
    height = by * ax - bx * ay  # the distance of the street's line, times its length
    rest = best - height * height / square if square > 0 else -1.0
    if rest < 0 or abs(height) <= TOUCH_M * np.sqrt(square):
        return -1.0
    foot = -(ax * bx + ay * by) / square
    first = max(foot - np.sqrt(rest / square), 0.0)
    last = min(foot + np.sqrt(rest / square), 1.0)
    touch = TOUCH_M / np.sqrt(best)
    beside = PASS_M / np.sqrt(square)
    shadows = 0
    for i in range(len(near)):
        cx, cy = near[i, 0], near[i, 1]
        dx, dy = near[i, 2] - cx, near[i, 3] - cy
        share = (by * cx - bx * cy) / height  # of the way to the street's line: 0 at p, 1 on it
        rise = (by * dx - bx * dy) / height
        start, stop = 0.0, 1.0
        if rise != 0:
            one, other = (touch - share) / rise, (1.0 - touch - share) / rise
            start, stop = max(min(one, other), 0.0), min(max(one, other), 1.0)
        elif not touch < share < 1.0 - touch:
            continue
        if start >= stop:
            continue
        of = share + start * rise
        one = (((cx + start * dx) / of - ax) * bx + ((cy + start * dy) / of - ay) * by) / square
        of = share + stop * rise
        other = (((cx + stop * dx) / of - ax) * bx + ((cy + stop * dy) / of - ay) * by) / square
        if max(one, other) + beside >= first and min(one, other) - beside <= last:
            low[shadows], high[shadows] = min(one, other) - beside, max(one, other) + beside
            shadows += 1
    up = down = min(max(foot, first), last)
    moved = True
    while moved:
        moved = False
        for i in range(shadows):
            if low[i] < up < high[i]:
                up, moved = high[i], True
            if low[i] < down < high[i]:
                down, moved = low[i], True
    if up > last:
        return down if down >= first else -1.0
    if down < first or up - foot < foot - down:
        return up
    return down

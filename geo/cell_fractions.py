"""How much of each cell of a grid lies inside each polygon: exactly, from the areas that edges cut off.

Row by row, every edge adds the area to its right, with its sign, to the cells it crosses; the running sum
along the row is the share of each cell inside (the accumulation of signed areas by which outlines of letters
are filled: Levien, font-rs, 2016). Only cells near edges are written; the cells between them are one run. So
the work is that of the borders and not of the areas, and what comes out does not depend on how a grid is cut
into windows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.grid_edges import Edges, Longs, Window
from geo.jit import Bools, Floats, jit

NOTHING = 1e-12
"""A share of a cell that is nearer than this to 0 or 1 is 0 or 1: the rest is rounding."""

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Runs:
    """Cells of a window that lie in polygons, as runs along rows.

    polygon: which one. row, start, end: cells of the whole grid, `end` not included. share: how much of each
    cell of the run lies in the polygon, above 0 and at most 1. All of shape (n,), ordered by polygon, row,
    start.
    """

    polygon: Ints
    row: Ints
    start: Ints
    end: Ints
    share: Floats

    def __len__(self) -> int:
        return len(self.share)


def runs_in(edges: Edges, window: Window) -> Runs:
    """The cells of a window in each polygon, with exact shares (1e-9 and better)."""
    place, share = _runs(
        edges.x0,
        edges.y0,
        edges.x1,
        edges.y1,
        edges.sign,
        edges.first,
        edges.box,
        edges.near(window),
        window.top,
        window.bottom,
        window.left,
        window.right,
    )
    return Runs(place[0], place[1], place[2], place[3], share)


def ground_m2(edges: Edges, area_m2: Floats, top: int) -> Floats:
    """The area of each polygon measured by its rows of cells: exactly what its shares of all cells add up to.

    `area_m2` are of a cell of each row from `top` on, and must reach over all rows of the polygons, beyond
    the grid too.
    """
    return _ground(edges.x0, edges.y0, edges.x1, edges.y1, edges.sign, edges.first, edges.box, area_m2, top)


@jit
def _ground(
    x0: Floats,
    y0: Floats,
    x1: Floats,
    y1: Floats,
    sign: Floats,
    first: Longs,
    box: Floats,
    area_m2: Floats,
    top: int,
) -> Any:
    ground = np.zeros(len(box))
    for polygon in range(len(box)):
        right = box[polygon, 2]
        for edge in range(first[polygon], first[polygon + 1]):
            slope = (x1[edge] - x0[edge]) / (y1[edge] - y0[edge])
            for row in range(int(np.floor(y0[edge])), int(np.ceil(y1[edge]))):
                low, high = max(y0[edge], row), min(y1[edge], row + 1)
                middle = x0[edge] + (0.5 * (low + high) - y0[edge]) * slope
                ground[polygon] += sign[edge] * (high - low) * (right - middle) * area_m2[row - top]
    return ground


@jit
def _add(column: int, amount: float, step: Floats, marked: Bools, touched: Longs, count: int) -> int:
    if not marked[column]:
        marked[column] = True
        touched[count] = column
        count += 1
    step[column] += amount
    return count


@jit
def _cut(
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    sign: float,
    width: int,
    step: Floats,
    marked: Bools,
    touched: Longs,
    count: int,
) -> int:
    """Add the area to the right of the piece of an edge that lies in the row from 0 to 1.

    Left of the window a piece counts in full for the first column, right of it for none.
    """
    slope = (x1 - x0) / (y1 - y0)
    low, high = max(y0, 0.0), min(y1, 1.0)
    begin = x0 if y0 >= 0.0 else x0 - y0 * slope
    end = x1 if y1 <= 1.0 else x0 + (1.0 - y0) * slope
    least, most = min(begin, end), max(begin, end)
    height = sign * (high - low)
    if most <= 0.0:
        return _add(0, height, step, marked, touched, count)
    if least >= width:
        return count
    column = int(np.floor(least))
    if most <= column + 1 and column >= 0:
        inside = height * (column + 1 - 0.5 * (least + most))
        count = _add(column, inside, step, marked, touched, count)
        return _add(column + 1, height - inside, step, marked, touched, count)
    each = height / (most - least)
    at = least
    if at < 0.0:
        count = _add(0, -at * each, step, marked, touched, count)
        at = 0.0
        column = 0
    while column < width and at < most:
        to = min(column + 1.0, most)
        piece = (to - at) * each
        inside = piece * (column + 1 - 0.5 * (at + to))
        count = _add(column, inside, step, marked, touched, count)
        count = _add(column + 1, piece - inside, step, marked, touched, count)
        at = to
        column += 1
    return count


@jit
def _sort(columns: Longs, count: int) -> None:
    """Sort the first so many in place: mostly two or three, which are moved faster than sorted."""
    if count > 16:
        columns[:count].sort()
        return
    for k in range(1, count):
        column, at = columns[k], k
        while at > 0 and columns[at - 1] > column:
            columns[at] = columns[at - 1]
            at -= 1
        columns[at] = column


@jit
def _sweep(
    polygon: int,
    row: int,
    left: int,
    width: int,
    step: Floats,
    marked: Bools,
    touched: Longs,
    count: int,
    place: NDArray[np.int32],
    share: Floats,
    found: int,
) -> int:
    """Turn the changes of one row into runs, and clear them; whole cells side by side are one run."""
    _sort(touched, count)
    begun = found
    sum_ = 0.0
    for k in range(count):
        column = touched[k]
        sum_ += step[column]
        step[column] = 0.0
        marked[column] = False
        if column >= width:
            continue
        until = min(touched[k + 1], width) if k + 1 < count else width
        whole = np.round(sum_)
        if abs(sum_ - whole) < NOTHING:
            sum_ = whole
        if sum_ <= 0.0:
            continue
        last = found - 1
        if sum_ >= 1.0 and last >= begun and share[last] == 1.0 and place[3, last] == left + column:
            place[3, last] = left + until
            continue
        place[0, found], place[1, found] = polygon, row
        place[2, found], place[3, found] = left + column, left + until
        share[found] = min(sum_, 1.0)
        found += 1
    return found


@jit
def _runs(
    x0: Floats,
    y0: Floats,
    x1: Floats,
    y1: Floats,
    sign: Floats,
    first: Longs,
    box: Floats,
    polygons: Longs,
    top: int,
    bottom: int,
    left: int,
    right: int,
) -> Any:
    """Places, shape (4, n): polygon, row, start, end; and shares, shape (n,)."""
    width = right - left
    room = 1024
    place, share = np.empty((4, room), np.int32), np.empty(room)
    found = 0
    step = np.zeros(width + 2)  # what the running sum changes by at each column
    marked = np.zeros(width + 2, np.bool_)
    touched = np.empty(width + 2, np.int64)
    for polygon in polygons:
        waiting, end = first[polygon], first[polygon + 1]
        active = np.empty(end - waiting, np.int64)
        actives = 0
        low = max(top, int(np.floor(box[polygon, 1])))
        high = min(bottom, int(np.ceil(box[polygon, 3])))
        for row in range(low, high):
            while waiting < end and y0[waiting] < row + 1:
                if y1[waiting] > row:
                    active[actives] = waiting
                    actives += 1
                waiting += 1
            kept = 0
            count = 0
            for k in range(actives):
                edge = active[k]
                if y1[edge] <= row:
                    continue
                active[kept] = edge
                kept += 1
                count = _cut(
                    x0[edge] - left,
                    y0[edge] - row,
                    x1[edge] - left,
                    y1[edge] - row,
                    sign[edge],
                    width,
                    step,
                    marked,
                    touched,
                    count,
                )
            actives = kept
            if found + 2 * count + 1 > room:
                room = 2 * (found + 2 * count + 1)
                wider, longer = np.empty((4, room), np.int32), np.empty(room)
                wider[:, :found], longer[:found] = place[:, :found], share[:found]
                place, share = wider, longer
            found = _sweep(polygon, row, left, width, step, marked, touched, count, place, share, found)
    return place[:, :found].copy(), share[:found].copy()

"""Which cells of a grid the borders of polygons touch, and which lie wholly inside: hot loops.

Polygons come as `xy` (v, 2), `ring` (first corner of each ring) and `part` (first ring of each polygon). The
grid is x0, y0, cell, columns, rows; cells are numbered row by row. The edges of a polygon that reach a row of
the grid are listed in `row_edge` by their first corner: those of row q of polygon p begin at
`row_start[base[p] + q - low[p]]`.
"""

import numpy as np

from geo.jit import Bools, Floats, Ints, jit

_SAFE = 1e-9  # of a cell: an edge this near to it counts as touching


@jit
def orient(xy: Floats, ring: Ints, part: Ints, convex: Bools) -> None:
    """Turn outer rings against the clock and holes with it, in place; tell which polygons are plainly convex.

    A single ring that turns left at every corner and goes up and down only once does not cross itself.
    """
    for p in range(len(part) - 1):
        for k in range(part[p], part[p + 1]):
            first, last = ring[k], ring[k + 1] - 1  # the last corner repeats the first
            x0, y0 = xy[first, 0], xy[first, 1]
            double_area = 0.0
            for v in range(first, last):
                double_area += (xy[v, 0] - x0) * (xy[v + 1, 1] - y0) - (xy[v + 1, 0] - x0) * (xy[v, 1] - y0)
            if (double_area < 0) == (k == part[p]):
                for i in range((last - first + 1) // 2):
                    a, b = first + i, last - i
                    xy[a, 0], xy[b, 0] = xy[b, 0], xy[a, 0]
                    xy[a, 1], xy[b, 1] = xy[b, 1], xy[a, 1]
        first, last = ring[part[p]], ring[part[p] + 1] - 1
        convex[p] = part[p + 1] - part[p] == 1
        turns = 0
        upward = xy[last, 1] > xy[last - 1, 1]
        dx, dy = xy[last, 0] - xy[last - 1, 0], xy[last, 1] - xy[last - 1, 1]
        for v in range(first, last):
            ex, ey = xy[v + 1, 0] - xy[v, 0], xy[v + 1, 1] - xy[v, 1]
            if dx * ey - dy * ex <= 0:
                convex[p] = False
                break
            if (ey > 0) != upward:
                turns += 1
                upward = ey > 0
            dx, dy = ex, ey
        convex[p] = convex[p] and turns <= 2


@jit
def row_ranges(xy: Floats, ring: Ints, part: Ints, grid: Floats, low: Ints, high: Ints) -> None:
    """The first and last row of the grid each polygon reaches; the last is before the first if none."""
    for p in range(len(part) - 1):
        bottom, top = np.inf, -np.inf
        for v in range(ring[part[p]], ring[part[p + 1]]):
            bottom, top = min(bottom, xy[v, 1]), max(top, xy[v, 1])
        low[p], high[p] = _rows(bottom, top, grid)


@jit
def count_rows(xy: Floats, ring: Ints, part: Ints, grid: Floats, low: Ints, base: Ints, size: Ints) -> None:
    """How many edges reach each row of each polygon."""
    for p in range(len(part) - 1):
        for k in range(part[p], part[p + 1]):
            for v in range(ring[k], ring[k + 1] - 1):
                a, b = xy[v, 1], xy[v + 1, 1]
                first, last = _rows(min(a, b), max(a, b), grid)
                for q in range(first, last + 1):
                    size[base[p] + q - low[p]] += 1


@jit
def fill_rows(
    xy: Floats, ring: Ints, part: Ints, grid: Floats, low: Ints, base: Ints, top: Ints, row_edge: Ints
) -> None:
    """The edges that reach each row of each polygon; `top` is where the next goes."""
    for p in range(len(part) - 1):
        for k in range(part[p], part[p + 1]):
            for v in range(ring[k], ring[k + 1] - 1):
                a, b = xy[v, 1], xy[v + 1, 1]
                first, last = _rows(min(a, b), max(a, b), grid)
                for q in range(first, last + 1):
                    at = base[p] + q - low[p]
                    row_edge[top[at]] = v
                    top[at] += 1


@jit
def scan(
    xy: Floats,
    grid: Floats,
    low: Ints,
    high: Ints,
    base: Ints,
    row_start: Ints,
    row_edge: Ints,
    touched_cell: Ints,
    touched_part: Ints,
    run_first: Ints,
    run_last: Ints,
    run_part: Ints,
) -> tuple[int, int]:
    """Which cells the border of each polygon touches, and which runs of cells lie wholly in it.

    Cells are counted row by row. Writes as many as fit and returns how many of both there are.
    """
    x0, cell, columns = grid[0], grid[2], int(grid[3])
    seen = np.full(columns + 1, -1, np.int64)
    odd = np.zeros(columns + 1, np.bool_)
    touched, runs, stamp = 0, 0, -1
    for p in range(len(low)):
        for q in range(low[p], high[p] + 1):
            stamp += 1
            y0 = grid[1] + q * cell
            middle = y0 + cell / 2
            least, most = columns, -1
            at = base[p] + q - low[p]
            for k in range(row_start[at], row_start[at + 1]):
                v = row_edge[k]
                xa, xb = _span(xy[v, 0], xy[v, 1], xy[v + 1, 0], xy[v + 1, 1], y0, y0 + cell)
                c0 = max(_column(xa - _SAFE * cell, x0, cell, columns), 0)
                c1 = min(_column(xb + _SAFE * cell, x0, cell, columns), columns - 1)
                for c in range(c0, c1 + 1):
                    seen[c] = stamp
                if c1 >= c0:
                    least, most = min(least, c0), max(most, c1)
                if (xy[v, 1] > middle) != (xy[v + 1, 1] > middle):
                    share = (middle - xy[v, 1]) / (xy[v + 1, 1] - xy[v, 1])
                    x = xy[v, 0] + share * (xy[v + 1, 0] - xy[v, 0])
                    c = _column(x, x0, cell, columns) + 1  # it is inside from the next cell on, or no longer
                    odd[c] = not odd[c]
                    least, most = min(least, c), max(most, c)
            inside = False
            run = -1
            for c in range(least, columns + 1):
                if c > most and not inside:
                    break
                if odd[c]:
                    inside = not inside
                    odd[c] = False
                here = c < columns and inside and seen[c] != stamp
                if here and run < 0:
                    run = c
                if run >= 0 and not here:
                    if runs < len(run_first):
                        run_first[runs], run_last[runs] = q * columns + run, q * columns + c - 1
                        run_part[runs] = p
                    runs += 1
                    run = -1
                if c < columns and seen[c] == stamp:
                    if touched < len(touched_cell):
                        touched_cell[touched], touched_part[touched] = q * columns + c, p
                    touched += 1
            odd[columns] = False
    return touched, runs


@jit
def _span(px: float, py: float, qx: float, qy: float, bottom: float, top: float) -> tuple[float, float]:
    """From where to where an edge runs from west to east between two heights."""
    xa, xb = px, qx
    if py != qy:
        slope = (qx - px) / (qy - py)
        xa = px + (min(max(py, bottom), top) - py) * slope
        xb = px + (min(max(qy, bottom), top) - py) * slope
    return min(xa, xb), max(xa, xb)


@jit
def _rows(bottom: float, top: float, grid: Floats) -> tuple[int, int]:
    """The rows of the grid that two heights span, one more at either side where rounding might hide it."""
    first = max(np.floor((bottom - grid[1]) / grid[2] - _SAFE), 0.0)
    last = min(np.floor((top - grid[1]) / grid[2] + _SAFE), grid[4] - 1)
    if last < first:
        return 0, -1
    return int(first), int(last)


@jit
def _column(x: float, x0: float, cell: float, columns: int) -> int:
    """The column of a place, -1 left of the grid and `columns` right of it."""
    return int(min(max(np.floor((x - x0) / cell), -1.0), float(columns)))

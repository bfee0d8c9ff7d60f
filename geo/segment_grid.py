"""A uniform grid over the segments of lines, searched ring by ring for the nearest one."""

from dataclasses import dataclass

import numpy as np

from geo.jit import Bools, Floats, Ints, jit

CELL_M = 60.0
"""Side of a cell. Between 40 and 120 m the search over city streets takes about the same time."""

_CELLS_FOR_SEGMENT = 8
"""Cells are made larger until there are at most this many for each segment (and a thousand more)."""

SLACK_M2 = 1e-6
"""Cells are passed over only when farther than this beyond the best so far: rounding loses nothing."""


@dataclass(frozen=True, eq=False)
class SegmentGrid:
    """s segments in a grid of columns x rows cells."""

    x0: float
    y0: float
    cell_m: float
    columns: int
    rows: int
    vertex: Ints
    """Shape (s,): a segment runs from this vertex to the next."""
    line: Ints
    """Shape (s,): the line it is of."""
    along_m: Floats
    """Shape (s,): where on the line it starts."""
    cell_start: Ints
    """Shape (columns * rows + 1,): the segments in a cell are entries cell_start[i] to cell_start[i + 1]."""
    cell_segment: Ints
    xy: Floats
    """Shape (k, 2): the vertices."""

    @classmethod
    def over(cls, offset: Ints, xy: Floats, cell_m: float = CELL_M) -> "SegmentGrid":
        """The grid over lines: line i is vertices offset[i] to offset[i + 1], at least two and all finite."""
        x0, y0 = xy.min(axis=0)
        width, height = xy.max(axis=0) - (x0, y0)
        segments = len(xy) - (len(offset) - 1)
        most = _CELLS_FOR_SEGMENT * segments + 1000
        while (width // cell_m + 1) * (height // cell_m + 1) > most:
            cell_m *= 1.5
        columns, rows = int(width // cell_m) + 1, int(height // cell_m) + 1
        vertex, line, along = _segments(offset, xy, segments)
        start, segment = _fill(vertex, xy, x0, y0, cell_m, columns, rows)
        return cls(
            float(x0), float(y0), float(cell_m), columns, rows, vertex, line, along, start, segment, xy
        )

    def nearest(
        self, points: Floats, allowed: Bools, limit_m: float
    ) -> tuple[Ints, Floats, Floats, Floats, Bools]:
        """The nearest point on an allowed line for each point, shape (n, 2), within limit_m.

        Returns the line (-1: none), the place along it, the distance, the coordinates, and whether a line
        that is not allowed is within the limit. Of equally near segments the first counts.
        """
        column = np.floor((points[:, 0] - self.x0) / self.cell_m)
        row = np.floor((points[:, 1] - self.y0) / self.cell_m)
        order = np.argsort(row * self.columns + column).astype(np.int32)
        result: tuple[Ints, Floats, Floats, Floats, Bools] = _nearest(
            points,
            order,
            self.x0,
            self.y0,
            self.cell_m,
            self.columns,
            self.rows,
            self.vertex,
            self.line,
            self.along_m,
            self.cell_start,
            self.cell_segment,
            self.xy,
            allowed,
            limit_m,
        )
        return result


@jit
def _segments(offset: Ints, xy: Floats, segments: int) -> tuple[Ints, Ints, Floats]:
    vertex = np.empty(segments, np.int32)
    line = np.empty(segments, np.int32)
    along = np.empty(segments)
    top = 0
    for i in range(len(offset) - 1):
        place = 0.0
        for k in range(offset[i], offset[i + 1] - 1):
            vertex[top] = k
            line[top] = i
            along[top] = place
            place += np.hypot(xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1])
            top += 1
    return vertex, line, along


@jit
def _fill(
    vertex: Ints, xy: Floats, x0: float, y0: float, cell: float, columns: int, rows: int
) -> tuple[Ints, Ints]:
    """Each segment into the cells it meets: row by row of cells, the columns between its ends in that row."""
    start = np.zeros(columns * rows + 1, np.int32)
    item = np.empty(0, np.int32)
    for fill in range(2):  # first count, then put in
        if fill == 1:
            total = 0
            for i in range(columns * rows):
                count = start[i]
                start[i] = total
                total += count
            item = np.empty(total, np.int32)
        for s in range(len(vertex)):
            k = vertex[s]
            ax, ay = (xy[k, 0] - x0) / cell, (xy[k, 1] - y0) / cell
            bx, by = (xy[k + 1, 0] - x0) / cell, (xy[k + 1, 1] - y0) / cell
            if ay > by:
                ax, ay, bx, by = bx, by, ax, ay
            low, high = int(ay), min(int(by), rows - 1)
            for r in range(low, high + 1):
                left, right = ax, bx
                if high > low:
                    slope = (bx - ax) / (by - ay)
                    left = ax + slope * (max(ay, float(r)) - ay)
                    right = ax + slope * (min(by, float(r + 1)) - ay)
                if left > right:
                    left, right = right, left
                first = max(int(left - 1e-9), 0)  # rounding must not lose the cell at the border
                last = min(int(right + 1e-9), columns - 1)
                for c in range(first, last + 1):
                    i = r * columns + c
                    if fill == 1:
                        item[start[i]] = s
                    start[i] += 1
    for i in range(columns * rows, 0, -1):
        start[i] = start[i - 1]
    start[0] = 0
    return start, item


@jit
def _nearest(
    points: Floats,
    order: Ints,
    x0: float,
    y0: float,
    cell: float,
    columns: int,
    rows: int,
    vertex: Ints,
    line: Ints,
    along: Floats,
    cell_start: Ints,
    cell_segment: Ints,
    xy: Floats,
    allowed: Bools,
    limit: float,
) -> tuple[Ints, Floats, Floats, Floats, Bools]:
    n = len(points)
    found = np.full(n, -1, np.int32)
    offset = np.full(n, np.nan)
    distance = np.full(n, np.inf)
    on = np.full((n, 2), np.nan)
    x1, y1 = x0 + columns * cell, y0 + rows * cell
    refused = np.zeros(n, np.bool_)
    for i in order:
        px, py = points[i, 0], points[i, 1]
        if max(x0 - px, px - x1, y0 - py, py - y1) > limit:
            continue
        cx, cy = int(np.floor((px - x0) / cell)), int(np.floor((py - y0) / cell))
        best = limit * limit
        best_s = len(vertex)
        best_t = 0.0
        first = max(0, -cx, -cy, cx - columns + 1, cy - rows + 1)
        last = max(cx, cy, columns - 1 - cx, rows - 1 - cy)
        for ring in range(first, last + 1):
            near = min(
                px - (x0 + (cx - ring + 1) * cell),
                x0 + (cx + ring) * cell - px,
                py - (y0 + (cy - ring + 1) * cell),
                y0 + (cy + ring) * cell - py,
            )  # to the border of the square of cells already seen
            if ring > 0 and near > 0 and near * near > best + SLACK_M2:
                break
            for r in range(max(cy - ring, 0), min(cy + ring, rows - 1) + 1):
                step = 1 if abs(r - cy) == ring else max(2 * ring, 1)
                for c in range(cx - ring, cx + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    dx = max(x0 + c * cell - px, px - (x0 + (c + 1) * cell), 0.0)
                    dy = max(y0 + r * cell - py, py - (y0 + (r + 1) * cell), 0.0)
                    if dx * dx + dy * dy > best + SLACK_M2:
                        continue
                    for j in range(cell_start[r * columns + c], cell_start[r * columns + c + 1]):
                        s = cell_segment[j]
                        k = vertex[s]
                        ax, ay = xy[k, 0], xy[k, 1]
                        bx, by = xy[k + 1, 0] - ax, xy[k + 1, 1] - ay
                        square = bx * bx + by * by
                        t = ((px - ax) * bx + (py - ay) * by) / square if square > 0 else 0.0
                        t = min(max(t, 0.0), 1.0)
                        ex, ey = ax + t * bx - px, ay + t * by - py
                        d = ex * ex + ey * ey
                        if d < best or (d == best and s < best_s):
                            if allowed[line[s]]:
                                best, best_s, best_t = d, s, t
                            else:
                                refused[i] = True
        if best_s < len(vertex):
            k = vertex[best_s]
            bx, by = xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1]
            found[i] = line[best_s]
            offset[i] = along[best_s] + best_t * np.hypot(bx, by)
            distance[i] = np.sqrt(best)
            on[i, 0] = xy[k, 0] + best_t * bx
            on[i, 1] = xy[k, 1] + best_t * by
    return found, offset, distance, on, refused

"""Area of a union of polygons by cells of a grid: the hot loops behind `geo.union_area`.

A cell that lies wholly in one polygon is covered; in the others the union is integrated by slabs. Between the
heights of all corners and crossings every border in the cell is straight and none meets another. The length
of a horizontal line in the union then changes linearly, and its value halfway, times the height, is the area
of a slab exactly. Nothing is decided by the sign of a rounding error: borders that coincide, or nearly,
change lengths by as little as they are apart.

Polygons, grid and edges by rows come as in `geo.cell_rows`.
"""

import numpy as np

from geo.jit import Bools, Floats, Ints, jit

_FEW = 128  # up to so many are sorted by insertion, as they come nearly in order


@jit
def union_in_cells(
    xy: Floats,
    grid: Floats,
    low: Ints,
    base: Ints,
    row_start: Ints,
    row_edge: Ints,
    cell_start: Ints,
    cell_part: Ints,
    full: Bools,
    ground_xy: Floats,
    ground_low: Ints,
    ground_base: Ints,
    ground_row_start: Ints,
    ground_row_edge: Ints,
    cell: Ints,
    ground: Ints,
    first: int,
    last: int,
    area: Floats,
) -> None:
    """Area of the union in cells[first:last], on a ground polygon whose border passes or on all of it (-1).

    The polygons of the union whose borders touch cell c are cell_part[cell_start[c]:cell_start[c + 1]].
    """
    room = _room(64)
    for t in range(first, last):
        place = cell[t]
        bounded = ground[t] >= 0
        if full[place] and not bounded:
            area[t] = grid[2] * grid[2]
            continue
        a, b = cell_start[place], cell_start[place + 1]
        if a == b and not full[place]:
            continue
        if bounded and full[place]:
            area[t] = _alone(
                ground_xy, grid, place, ground_low, ground_base, ground_row_start, ground_row_edge, ground[t]
            )
            continue
        if b - a == 1 and not bounded:
            area[t] = _alone(xy, grid, place, low, base, row_start, row_edge, cell_part[a])
            continue
        n = 0
        if bounded:
            room, n = _gather(
                room,
                n,
                ground_xy,
                grid,
                place,
                ground_low,
                ground_base,
                ground_row_start,
                ground_row_edge,
                ground,
                t,
                t + 1,
                0,
            )
        room, n = _gather(room, n, xy, grid, place, low, base, row_start, row_edge, cell_part, a, b, 1)
        area[t] = _integrate(room, n, grid, place, bounded)


@jit
def _alone(
    xy: Floats, grid: Floats, place: int, low: Ints, base: Ints, row_start: Ints, row_edge: Ints, p: int
) -> float:
    """Area of one polygon in a cell: what lies right of each edge, less where the edge goes down."""
    columns = int(grid[3])
    q, c = place // columns, place % columns
    left, right = grid[0] + c * grid[2], grid[0] + (c + 1) * grid[2]
    bottom, top = grid[1] + q * grid[2], grid[1] + (q + 1) * grid[2]
    at = base[p] + q - low[p]
    total = 0.0
    for k in range(row_start[at], row_start[at + 1]):
        v = row_edge[k]
        a, b, x, z = _clip(xy[v, 0], xy[v, 1], xy[v + 1, 0], xy[v + 1, 1], bottom, top)
        if b <= a:
            continue
        x, z = min(x, z), max(x, z)
        if x >= right:
            continue
        if z <= left:
            mean = left
        else:  # in parts: clamped to the left side, within, clamped to the right side
            mean = (x + z) / 2
            if x < left or z > right:
                low_x, high_x = max(x, left), min(z, right)
                within = (high_x - low_x) * (high_x + low_x) / 2
                mean = ((low_x - x) * left + within + (z - high_x) * right) / (z - x)
        down = xy[v + 1, 1] < xy[v, 1]
        total += (b - a) * ((right - mean) if down else (mean - right))
    return total


@jit
def _room(n: int) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    """Room for n segments of a cell: lower and upper end, x there, whose."""
    return np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.int32)


@jit
def _gather(
    room: tuple[Floats, Floats, Floats, Floats, Ints],
    n: int,
    xy: Floats,
    grid: Floats,
    place: int,
    low: Ints,
    base: Ints,
    row_start: Ints,
    row_edge: Ints,
    part: Ints,
    first: int,
    last: int,
    owner: int,
) -> tuple[tuple[Floats, Floats, Floats, Floats, Ints], int]:
    """Add the borders of polygons part[first:last] in the cell's row, left of its right side, to the room.

    What lies left of the cell says where the polygon is at the cell's left side; its pieces are joined.
    """
    ya, yb, xa, xb, whose = room
    columns = int(grid[3])
    q, c = place // columns, place % columns
    left, right = grid[0] + c * grid[2], grid[0] + (c + 1) * grid[2]
    bottom, top = grid[1] + q * grid[2], grid[1] + (q + 1) * grid[2]
    for t in range(first, last):
        p = part[t]
        at = base[p] + q - low[p]
        for k in range(row_start[at], row_start[at + 1]):
            v = row_edge[k]
            a, b, x, z = _clip(xy[v, 0], xy[v, 1], xy[v + 1, 0], xy[v + 1, 1], bottom, top)
            if b <= a or min(x, z) >= right:
                continue
            if max(x, z) <= left:
                x = z = left
                if n and whose[n - 1] == owner and xa[n - 1] == left and xb[n - 1] == left:
                    if yb[n - 1] == a:
                        yb[n - 1] = b
                        continue
                    if ya[n - 1] == b:
                        ya[n - 1] = a
                        continue
            if n == len(ya):
                ya, yb = np.append(ya, np.empty(n)), np.append(yb, np.empty(n))
                xa, xb = np.append(xa, np.empty(n)), np.append(xb, np.empty(n))
                whose = np.append(whose, np.empty(n, np.int32))
            ya[n], yb[n], xa[n], xb[n], whose[n] = a, b, x, z, owner
            n += 1
        owner += 1
    return (ya, yb, xa, xb, whose), n


@jit
def _integrate(
    room: tuple[Floats, Floats, Floats, Floats, Ints],
    n: int,
    grid: Floats,
    place: int,
    on_ground: bool,
) -> float:
    """Area of the union of owners from 1 on, on owner 0 if `on_ground`."""
    ya, yb, xa, xb, whose = room
    columns = int(grid[3])
    c = place % columns
    left, right = grid[0] + c * grid[2], grid[0] + (c + 1) * grid[2]
    level = _levels(ya, yb, xa, xb, whose, n, left, right)
    order = _order(ya, n)
    owners = 1
    for i in range(n):
        owners = max(owners, whose[i] + 1)
    inside = np.zeros(owners, np.bool_)
    active = np.empty(n, np.int32)
    x = np.empty(n)
    total = 0.0
    count, following = 0, 0
    for s in range(len(level) - 1):
        height = level[s + 1] - level[s]
        if height <= 0:
            continue
        middle = level[s] + height / 2
        while following < n and ya[order[following]] < middle:
            active[count] = order[following]
            count += 1
            following += 1
        kept = 0
        for k in range(count):
            i = active[k]
            if yb[i] <= middle:
                continue
            at = xa[i] + (middle - ya[i]) / (yb[i] - ya[i]) * (xb[i] - xa[i])
            at = min(max(at, left), right)
            j = kept
            while j > 0 and x[j - 1] > at:  # nearly in order from the slab before
                x[j], active[j] = x[j - 1], active[j - 1]
                j -= 1
            x[j], active[j] = at, i
            kept += 1
        count = kept
        inside[:] = False
        covering = 0
        length, since = 0.0, left
        for k in range(count + 1):
            here = x[k] if k < count else right
            if covering > 0 and (inside[0] or not on_ground):
                length += here - since
            since = here
            if k < count:
                o = whose[active[k]]
                inside[o] = not inside[o]
                if o > 0:
                    covering += 1 if inside[o] else -1
        total += length * height
    return total


@jit
def _levels(
    ya: Floats, yb: Floats, xa: Floats, xb: Floats, whose: Ints, n: int, left: float, right: float
) -> Floats:
    """Heights of all ends and crossings, sorted: between two of them nothing bends."""
    level = np.empty(4 * n + 16)
    m = 0
    for i in range(n):
        level[m], level[m + 1] = ya[i], yb[i]
        m += 2
        for side in (left, right):
            if (xa[i] - side) * (xb[i] - side) < 0:
                level[m] = ya[i] + (side - xa[i]) / (xb[i] - xa[i]) * (yb[i] - ya[i])
                m += 1
    for i in range(n):
        if xa[i] == left and xb[i] == left:
            continue
        for j in range(i):
            if whose[i] == whose[j]:  # so are all that follow: borders of one polygon never cross
                break
            low, high = max(ya[i], ya[j]), min(yb[i], yb[j])
            if low >= high or max(xa[i], xb[i]) < min(xa[j], xb[j]) or min(xa[i], xb[i]) > max(xa[j], xb[j]):
                continue
            slope_i, slope_j = (xb[i] - xa[i]) / (yb[i] - ya[i]), (xb[j] - xa[j]) / (yb[j] - ya[j])
            below = xa[i] + (low - ya[i]) * slope_i - (xa[j] + (low - ya[j]) * slope_j)
            above = xa[i] + (high - ya[i]) * slope_i - (xa[j] + (high - ya[j]) * slope_j)
            if below * above < 0:
                if m == len(level):
                    level = np.append(level, np.empty(m))
                level[m] = low + below / (below - above) * (high - low)
                m += 1
    level = level[:m]
    if m > _FEW:
        level.sort()
        return level
    for i in range(1, m):
        value, j = level[i], i
        while j > 0 and level[j - 1] > value:
            level[j] = level[j - 1]
            j -= 1
        level[j] = value
    return level


@jit
def _order(ya: Floats, n: int) -> Ints:
    """The segments from the lowest start to the highest."""
    if n > _FEW:
        return np.argsort(ya[:n]).astype(np.int32)
    order = np.empty(n, np.int32)
    for i in range(n):
        j = i
        while j > 0 and ya[order[j - 1]] > ya[i]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i
    return order


@jit
def _clip(
    px: float, py: float, qx: float, qy: float, bottom: float, top: float
) -> tuple[float, float, float, float]:
    """The part of an edge between two heights: lower and upper end, x at both."""
    if py > qy:
        px, py, qx, qy = qx, qy, px, py
    ya, yb = max(py, bottom), min(qy, top)
    if ya >= yb:
        return ya, yb, min(px, qx), max(px, qx)
    slope = (qx - px) / (qy - py)
    return ya, yb, px + (ya - py) * slope if ya > py else px, qx - (qy - yb) * slope if yb < qy else qx

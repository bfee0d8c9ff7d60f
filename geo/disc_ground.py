"""How much of edges lies in discs, and how much of circles lies in polygons: hot loops behind `geo.discs`.

Where a circle meets an edge is computed once, by one expression, for both of them: where they nearly touch,
rounding moves the end of one piece and the start of the next together, and the area hardly changes. Nothing
is decided by testing the middle of a short piece.

Discs and their grids come as in `geo.disc_rims`.
"""

import numpy as np

from geo.jit import Bools, Floats, Ints, jit

_TRIES = 16
_CLEAR = 1e-3  # of the radius: a place this far from a border is surely on one side of it


@jit
def shares_inside(
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    x: Floats,
    y: Floats,
    r: Floats,
    hidden: Bools,
    grid: Floats,
    start: Ints,
    first: int,
    last: int,
    share: Floats,
) -> None:
    """How much of edges first to last - 1 lies in some disc, from 0 to 1."""
    lo = np.empty(64)
    hi = np.empty(64)
    for e in range(first, last):
        n = 0
        whole = False
        mx, my = (ax[e] + bx[e]) / 2, (ay[e] + by[e]) / 2
        half = np.sqrt((bx[e] - ax[e]) ** 2 + (by[e] - ay[e]) ** 2) / 2
        for g in range(len(grid)):
            x0, y0, cell = grid[g, 0], grid[g, 1], grid[g, 2]
            columns, rows, base = int(grid[g, 3]), int(grid[g, 4]), int(grid[g, 5])
            window = (half + grid[g, 6]) * (1 + 1e-12)
            cx, cy = int(np.floor((mx - x0) / cell)), int(np.floor((my - y0) / cell))
            near = max(0, -cx, -cy, cx - columns + 1, cy - rows + 1)
            far = min(int(window / cell) + 1, max(cx, cy, columns - 1 - cx, rows - 1 - cy))
            for ring in range(near, far + 1):
                for row in range(max(cy - ring, 0), min(cy + ring, rows - 1) + 1):
                    step = 1 if abs(row - cy) == ring else max(2 * ring, 1)
                    for column in range(cx - ring, cx + ring + 1, step):
                        if column < 0 or column >= columns:
                            continue
                        c = base + row * columns + column
                        for j in range(start[c], start[c + 1]):
                            if hidden[j]:
                                continue
                            kind, t1, t2 = _crossing(
                                ax[e] - x[j], ay[e] - y[j], bx[e] - x[j], by[e] - y[j], r[j]
                            )
                            if kind == 0:
                                continue
                            if t1 <= 0 and t2 >= 1:
                                whole = True
                                break
                            if n == len(lo):
                                lo = np.append(lo, np.empty(n))
                                hi = np.append(hi, np.empty(n))
                            lo[n], hi[n] = t1, t2
                            n += 1
                        if whole:
                            break
                    if whole:
                        break
                if whole:
                    break
            if whole:
                break
        if whole:
            share[e] = 1.0
            continue
        inside = 0.0
        at = 0.0
        for k in np.argsort(lo[:n]):
            if hi[k] > at:
                inside += hi[k] - max(lo[k], at)
                at = hi[k]
        share[e] = inside


@jit
def arcs_inside(
    x: Floats,
    y: Floats,
    r: Floats,
    arc_start: Ints,
    low: Floats,
    high: Floats,
    pair_disc: Ints,
    pair_ground: Ints,
    origin: Floats,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    owner: Ints,
    edge_grid: Floats,
    edge_start: Ints,
    bands: Floats,
    band_start: Ints,
    band_edge: Ints,
    first: int,
    last: int,
    result: Floats,
) -> None:
    """Green's integral over the exposed arcs of a disc inside a polygon, for pairs first to last - 1.

    Pairs are sorted by disc; `origin` (m, 2) is taken off the coordinates of each polygon. Edges are sorted
    by cell of `edge_grid` (x0, y0, cell, columns, rows, -, longest half). Along a circle "inside" changes at
    each crossing with the border, and one place, far from the border, says how it starts.
    """
    near = np.empty(64, np.int32)
    turns = np.empty(64)
    mine = np.empty(64, np.int32)
    near_count = 0
    current = -1
    for p in range(first, last):
        i, k = pair_disc[p], pair_ground[p]
        if i != current:
            current = i
            near_count = 0
            x0, y0, cell = edge_grid[0], edge_grid[1], edge_grid[2]
            columns, rows = int(edge_grid[3]), int(edge_grid[4])
            window = r[i] * (1 + 2 * _CLEAR) + edge_grid[6]
            c0 = max(int(np.floor((x[i] - window - x0) / cell)), 0)
            c1 = min(int(np.floor((x[i] + window - x0) / cell)), columns - 1)
            r0 = max(int(np.floor((y[i] - window - y0) / cell)), 0)
            r1 = min(int(np.floor((y[i] + window - y0) / cell)), rows - 1)
            for row in range(r0, r1 + 1):
                for e in range(edge_start[row * columns + c0], edge_start[row * columns + c1 + 1]):
                    reach = r[i] * (1 + 2 * _CLEAR)
                    if (
                        max(ax[e], bx[e]) < x[i] - reach
                        or min(ax[e], bx[e]) > x[i] + reach
                        or max(ay[e], by[e]) < y[i] - reach
                        or min(ay[e], by[e]) > y[i] + reach
                    ):
                        continue
                    if near_count == len(near):
                        near = np.append(near, np.empty(near_count, np.int32))
                        mine = np.empty(len(near), np.int32)
                        turns = np.empty(2 * len(near))
                    near[near_count] = e
                    near_count += 1
        if len(turns) < 2 * near_count:
            turns = np.empty(2 * len(near))
        n = 0
        m = 0
        for q in range(near_count):
            e = near[q]
            if owner[e] != k:
                continue
            mine[m] = e
            m += 1
            px, py, qx, qy = ax[e] - x[i], ay[e] - y[i], bx[e] - x[i], by[e] - y[i]
            kind, t1, t2 = _crossing(px, py, qx, qy, r[i])
            if kind & 1:
                turns[n] = np.arctan2(py + t1 * (qy - py), px + t1 * (qx - px))
                n += 1
            if kind & 2:
                turns[n] = np.arctan2(py + t2 * (qy - py), px + t2 * (qx - px))
                n += 1
        turns[:n].sort()
        widest, gap_from, piece = 2 * np.pi, -np.pi, -1
        if n:
            widest, gap_from, piece = turns[0] + 2 * np.pi - turns[n - 1], turns[n - 1], n - 1
            for q in range(n - 1):
                if turns[q + 1] - turns[q] > widest:
                    widest, gap_from, piece = turns[q + 1] - turns[q], turns[q], q
        best = -1.0
        inside = False
        for attempt in range(_TRIES):
            angle = gap_from + widest * (0.1 + 0.8 * ((0.5 + 0.6180339887498949 * attempt) % 1.0))
            ux, uy = r[i] * np.cos(angle), r[i] * np.sin(angle)
            clear = np.inf
            for q in range(m):
                e = mine[q]
                clear = min(clear, _far2(ax[e] - x[i], ay[e] - y[i], bx[e] - x[i], by[e] - y[i], ux, uy))
            if clear > best:
                best = clear
                inside = _inside(x[i] + ux, y[i] + uy, ax, ay, bx, by, bands[k], band_start, band_edge)
            if best > (_CLEAR * r[i]) ** 2:
                break
        cx, cy = x[i] - origin[k, 0], y[i] - origin[k, 1]
        total = 0.0
        for a in range(arc_start[i], arc_start[i + 1]):
            for q in range(-1, n):
                # piece q runs from turn q to turn q + 1; the last one goes on as piece -1 from -pi
                state = inside if ((q if q >= 0 else n - 1) - piece) % 2 == 0 else not inside
                if not state:
                    continue
                lo = max(low[a], turns[q] if q >= 0 else -np.pi)
                hi = min(high[a], turns[q + 1] if q + 1 < n else np.pi)
                if hi > lo:
                    total += _green(cx, cy, r[i], lo, hi)
        result[p] = total


@jit
def band_sizes(ay: Floats, by: Floats, owner: Ints, bands: Floats, size: Ints) -> None:
    """How many edges meet each horizontal band of each polygon.

    A polygon's row in `bands` is y0, height of a band, how many it has, place of the first among all.
    """
    for e in range(len(ay)):
        b0, b1 = _bands_of(ay[e], by[e], bands[owner[e]])
        for b in range(b0, b1 + 1):
            size[b] += 1


@jit
def fill_bands(ay: Floats, by: Floats, owner: Ints, bands: Floats, top: Ints, band_edge: Ints) -> None:
    """The edges of each band; `top` is where the next of a band goes."""
    for e in range(len(ay)):
        b0, b1 = _bands_of(ay[e], by[e], bands[owner[e]])
        for b in range(b0, b1 + 1):
            band_edge[top[b]] = e
            top[b] += 1


@jit
def _bands_of(y1: float, y2: float, band: Floats) -> tuple[int, int]:
    lower, upper = _band(min(y1, y2), band), _band(max(y1, y2), band)
    return lower, upper


@jit
def _band(y: float, band: Floats) -> int:
    return int(band[3]) + min(max(int(np.floor((y - band[0]) / band[1])), 0), int(band[2]) - 1)


@jit
def _inside(
    px: float,
    py: float,
    ax: Floats,
    ay: Floats,
    bx: Floats,
    by: Floats,
    band: Floats,
    band_start: Ints,
    band_edge: Ints,
) -> bool:
    """Whether an odd number of border edges lies to the right; the place is not on a border."""
    b = _band(py, band)
    odd = False
    for q in range(band_start[b], band_start[b + 1]):
        e = band_edge[q]
        if (ay[e] > py) != (by[e] > py):
            odd ^= ax[e] + (py - ay[e]) / (by[e] - ay[e]) * (bx[e] - ax[e]) > px
    return odd


@jit
def _crossing(px: float, py: float, qx: float, qy: float, r: float) -> tuple[int, float, float]:
    """Where the piece from p to q enters (bit 1) and leaves (bit 2) the disc of radius r around 0.

    Returns the bits (4: wholly inside, 0: wholly outside), and the share of the way to both places. The ends
    are inside or not by themselves, so that a ring of edges always enters as often as it leaves.
    """
    p_in, q_in = px * px + py * py < r * r, qx * qx + qy * qy < r * r
    if p_in and q_in:
        return 4, 0.0, 1.0
    dx, dy = qx - px, qy - py
    length2 = dx * dx + dy * dy
    cross = px * dy - py * dx
    rest = r * r * length2 - cross * cross
    if length2 == 0 or (rest <= 0 and not (p_in or q_in)):
        return 0, 0.0, 0.0
    foot, half = -(px * dx + py * dy) / length2, np.sqrt(max(rest, 0.0)) / length2
    t1, t2 = min(max(foot - half, 0.0), 1.0), min(max(foot + half, 0.0), 1.0)
    if p_in:
        return 2, 0.0, t2
    if q_in:
        return 1, t1, 1.0
    return (3, t1, t2) if 0 < foot < 1 else (0, 0.0, 0.0)


@jit
def _far2(px: float, py: float, qx: float, qy: float, ux: float, uy: float) -> float:
    """Squared distance of u from the piece from p to q."""
    dx, dy = qx - px, qy - py
    length2 = dx * dx + dy * dy
    t = 0.0
    if length2 > 0:
        t = min(max(((ux - px) * dx + (uy - py) * dy) / length2, 0.0), 1.0)
    return (px + t * dx - ux) ** 2 + (py + t * dy - uy) ** 2


@jit
def _green(cx: float, cy: float, r: float, lo: float, hi: float) -> float:
    """Half the integral of x dy - y dx along an arc against the clock."""
    return r * (r * (hi - lo) + cx * (np.sin(hi) - np.sin(lo)) - cy * (np.cos(hi) - np.cos(lo))) / 2

"""Which arcs of many circles lie in no other disc: the hot loop behind `geo.discs`.

Where two circles meet is computed once, by one expression that is the same from both sides: where they nearly
touch, rounding moves the end of one arc and the start of the next together, and the area hardly changes.

Discs come as `x`, `y`, `r`, sorted by grid and cell. There is one grid for each power of two of the radius,
the largest first; its row in `grid` is x0, y0, cell, columns, rows, first cell in `start`, largest radius.
"""

import numpy as np

from geo.jit import Bools, Floats, Ints, jit

_SECTORS = 64
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@jit
def exposed(
    x: Floats,
    y: Floats,
    r: Floats,
    grid: Floats,
    start: Ints,
    first: int,
    last: int,
    disc: Ints,
    low: Floats,
    high: Floats,
    hidden: Bools,
) -> int:
    """Arcs of circles first to last - 1 that lie in no other disc, as angles from -pi to pi.

    Writes as many as fit and returns how many there are; `hidden` marks discs that lie in another one whole
    (of equal discs all but the first).
    """
    count = 0
    n_lo = np.empty(64)
    n_hi = np.empty(64)
    for i in range(first, last):
        n = 0
        mask = np.uint64(0)
        done = False
        for g in range(len(grid)):
            x0, y0, cell = grid[g, 0], grid[g, 1], grid[g, 2]
            columns, rows, base = int(grid[g, 3]), int(grid[g, 4]), int(grid[g, 5])
            window = (r[i] + grid[g, 6]) * (1 + 1e-12)
            cx, cy = int(np.floor((x[i] - x0) / cell)), int(np.floor((y[i] - y0) / cell))
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
                            if j == i:
                                continue
                            dx, dy = x[j] - x[i], y[j] - y[i]
                            d = np.sqrt(dx * dx + dy * dy)
                            apart = r[i] + r[j] - d
                            if apart <= 0:
                                continue
                            over_i, over_j = d - (r[i] - r[j]), d - (r[j] - r[i])
                            if over_j <= 0:  # i lies in j
                                if over_i > 0 or j < i:
                                    hidden[i] = True
                                    done = True
                                    break
                                continue
                            if over_i <= 0:  # j lies in i
                                continue
                            height = np.sqrt((r[i] + r[j] + d) * apart * over_i * over_j) / (2 * d)
                            along = (d + (r[i] - r[j]) * (r[i] + r[j]) / d) / 2
                            middle, half = np.arctan2(dy, dx), np.arctan2(height, along)
                            if n + 2 > len(n_lo):
                                n_lo = np.append(n_lo, np.empty(len(n_lo)))
                                n_hi = np.append(n_hi, np.empty(len(n_hi)))
                            a, b = middle - half, middle + half
                            if a < -np.pi:
                                n_lo[n], n_hi[n] = a + 2 * np.pi, np.pi
                                n += 1
                                a = -np.pi
                                mask |= _sectors(n_lo[n - 1], np.pi)
                            elif b > np.pi:
                                n_lo[n], n_hi[n] = -np.pi, b - 2 * np.pi
                                n += 1
                                b = np.pi
                                mask |= _sectors(-np.pi, n_hi[n - 1])
                            n_lo[n], n_hi[n] = a, b
                            n += 1
                            mask |= _sectors(a, b)
                            if mask == _ALL:
                                done = True
                                break
                        if done:
                            break
                    if done:
                        break
                if done:
                    break
            if done:
                break
        if done:
            continue
        _sort(n_lo, n_hi, n)
        at = -np.pi
        for k in range(n + 1):
            until = n_lo[k] if k < n else np.pi
            if until > at:
                if count < len(disc):
                    disc[count], low[count], high[count] = i, at, until
                count += 1
            if k < n:
                at = max(at, n_hi[k])
    return count


@jit
def _sectors(lo: float, hi: float) -> np.uint64:
    """One bit for each of 64 equal sectors that lies wholly between two angles."""
    width = 2 * np.pi / _SECTORS
    a = max(int(np.ceil((lo + np.pi) / width)), 0)
    b = min(int(np.floor((hi + np.pi) / width)), _SECTORS)
    if b <= a:
        return np.uint64(0)
    if b - a == _SECTORS:
        return _ALL
    return ((np.uint64(1) << np.uint64(b - a)) - np.uint64(1)) << np.uint64(a)


@jit
def _sort(lo: Floats, hi: Floats, n: int) -> None:
    """Sort the first n pairs by their lower end."""
    if n > 48:
        order = np.argsort(lo[:n])
        lo[:n], hi[:n] = lo[:n][order], hi[:n][order]
        return
    for i in range(1, n):
        a, b = lo[i], hi[i]
        j = i
        while j > 0 and lo[j - 1] > a:
            lo[j], hi[j] = lo[j - 1], hi[j - 1]
            j -= 1
        lo[j], hi[j] = a, b

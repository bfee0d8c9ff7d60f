"""How evenly walks are shared: weighted mean, 90th percentile and Gini, of all zones and the city."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.jit import jit
from inventory.figures import BEYOND

DIGIT = 12  # bits a pass of the radix sort: 4,096 counters stay in the first cache


@dataclass(frozen=True)
class WalkStatistics:
    """One value per row (zones in their order, outside, city).

    reached: demand that found a site, thousandths. total_mm: sum of reached amount times walk.
    p90_mm: the smallest walk within which at least 90 % of *all* demand of the row finds a site, -1 if even
    the longest walk found leaves more than 10 % without. gini: over those reached, 0 where nobody is.
    """

    reached: NDArray[np.int64]
    total_mm: NDArray[np.int64]
    p90_mm: NDArray[np.int64]
    gini: NDArray[np.float64]

    @property
    def mean_mm(self) -> NDArray[np.float64]:
        return self.total_mm / np.maximum(self.reached, 1)


def walk_statistics(
    walk_mm: NDArray[np.int32], row: NDArray[np.int32], amount: NDArray[np.int64], demand: NDArray[np.int64]
) -> WalkStatistics:
    """Statistics of one category.

    Parameters
    ----------
    walk_mm
        Walk of each demand point, shape (n,), `BEYOND` where none was found.
    row
        Zone row of each point, shape (n,); the last row of `demand` is the city and is filled from all.
    amount
        Thousandths, shape (n,).
    demand
        All demand of each row, shape (rows,), thousandths.

    The Gini coefficient is half the mean absolute difference of all pairs over the mean (Gini 1912; the
    weighted form as in Lerman and Yitzhaki, Economics Letters 15, 1984): with walks in rising order, equal
    walks taken together, w their amount, C the amount up to and B before them, W the whole amount and
    S the sum of w x,  G = sum(w x (B + C)) / (W S) - 1.  Equal walks enter as one term in rising order,
    so the order of the input cannot change a bit of it.
    """
    order = _rising(walk_mm)
    reached, total, p90, paired = _scan(order, walk_mm, row, amount, demand)
    scale = reached.astype(np.float64) * total.astype(np.float64)
    gini = np.divide(paired, scale, out=np.ones(len(demand)), where=scale > 0) - 1.0
    return WalkStatistics(reached, total, p90, np.maximum(gini, 0.0))


@jit
def _rising(walk_mm: NDArray[np.int32]) -> NDArray[np.int32]:
    """Indices of the points with a walk, shortest first (least significant digit radix sort)."""
    here = np.empty(len(walk_mm), np.int32)
    n = 0
    longest = 0
    for i in range(len(walk_mm)):
        if walk_mm[i] != BEYOND:
            here[n] = i
            n += 1
            longest = max(longest, walk_mm[i])
    here = here[:n]
    there = np.empty(n, np.int32)
    count = np.empty((1 << DIGIT) + 1, np.int64)
    mask = (1 << DIGIT) - 1
    shift = 0
    while longest >> shift > 0:
        count[:] = 0
        for k in range(n):
            count[((walk_mm[here[k]] >> shift) & mask) + 1] += 1
        for digit in range(1 << DIGIT):
            count[digit + 1] += count[digit]
        for k in range(n):
            digit = (walk_mm[here[k]] >> shift) & mask
            there[count[digit]] = here[k]
            count[digit] += 1
        here, there = there, here
        shift += DIGIT
    return here


@jit
def _scan(order, walk_mm, row, amount, demand):  # type: ignore[no-untyped-def]
    rows = len(demand)
    city = rows - 1
    reached = np.zeros(rows, np.int64)
    before = np.zeros(rows, np.int64)
    walk = np.zeros(rows, np.int64)
    total = np.zeros(rows, np.int64)
    p90 = np.full(rows, -1, np.int64)
    paired = np.zeros(rows, np.float64)
    for i in order:
        metre, weight = np.int64(walk_mm[i]), amount[i]
        for r in (np.int64(row[i]), city):
            if metre != walk[r]:
                paired[r] += float(walk[r]) * float(reached[r] - before[r]) * float(reached[r] + before[r])
                before[r] = reached[r]
                walk[r] = metre
            reached[r] += weight
            total[r] += weight * metre
            if p90[r] < 0 and weight > 0 and 10 * reached[r] >= 9 * demand[r]:
                p90[r] = metre
    for r in range(rows):
        paired[r] += float(walk[r]) * float(reached[r] - before[r]) * float(reached[r] + before[r])
    return reached, total, p90, paired

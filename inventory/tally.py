"""From walks of every demand point to sums of every zone: pure arrays, exact integers."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.jit import jit
from inventory.inequality import WalkStatistics, walk_statistics

Amounts = NDArray[np.int64]  # thousandths


@dataclass(frozen=True)
class List:
    """A list to be met: rows are (column of the walks, distance in millimetres)."""

    rows: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Tally:
    """Sums by row: zones in their order, then outside, then city. Amounts are thousandths, shape (rows,);
    those of categories have shape (categories, rows), those of lists (lists, rows).

    missing: how many categories each demand point lacks, shape (n,). one_missing: demand that lacks exactly
    this category.
    """

    demand: Amounts
    unattached: Amounts
    unattached_points: NDArray[np.int64]
    met: Amounts
    met_straight: Amounts
    walks: tuple[WalkStatistics, ...]
    own: Amounts
    complete: Amounts
    complete_straight: Amounts
    one_missing: Amounts
    missing: NDArray[np.uint16]


def tally(
    walk_mm: NDArray[np.int32],
    straight_mm: NDArray[np.int32],
    amount: Amounts,
    zone: NDArray[np.int32],
    zones: int,
    attached: NDArray[np.bool_],
    limits_mm: Sequence[int],
    own: Sequence[List],
    complete: Sequence[List],
    *,
    statistics_of: Collection[int] | None = None,
    threads: int | None = None,
) -> Tally:
    """Count who is served.

    Parameters
    ----------
    walk_mm, straight_mm
        Shape (categories, n), `figures.BEYOND` where nothing was found.
    amount, zone, attached
        Shape (n,); zone is -1 outside all zones.
    limits_mm
        The distance of each category; a point is served at exactly that distance too.
    own, complete
        The lists of each tier, alone and with those of the lower tiers. An empty list is met by nobody:
        where nothing was measured, nobody is known to be served.
    statistics_of
        The categories whose `walks` are wanted, by default all; those of the others mean nothing.
    """
    row = np.where(zone < 0, zones, zone).astype(np.int32)
    rows = zones + 2
    limit = np.asarray(limits_mm, dtype=np.int32)[:, None]
    within, within_straight = walk_mm <= limit, straight_mm <= limit
    everything = np.ones((1, len(amount)), dtype=np.bool_)
    demand = _sums(everything, row, amount, rows)[0]
    missing = (~within).sum(axis=0, dtype=np.uint16)
    return Tally(
        demand=demand,
        unattached=_sums(~attached[None, :], row, amount, rows)[0],
        unattached_points=_sums(~attached[None, :], row, np.ones_like(amount), rows)[0],
        met=_sums(within, row, amount, rows),
        met_straight=_sums(within_straight, row, amount, rows),
        walks=_walks(walk_mm, row, amount, demand, statistics_of, threads),
        own=_sums(_served(walk_mm, own), row, amount, rows),
        complete=_sums(_served(walk_mm, complete), row, amount, rows),
        complete_straight=_sums(_served(straight_mm, complete), row, amount, rows),
        one_missing=_sums(~within & (missing == 1), row, amount, rows),
        missing=missing,
    )


def _served(distance_mm: NDArray[np.int32], lists: Sequence[List]) -> NDArray[np.bool_]:
    """Who meets all rows of each list, shape (lists, n)."""
    served = np.zeros((len(lists), distance_mm.shape[1]), dtype=np.bool_)
    for number, needed in enumerate(lists):
        if needed.rows:
            served[number] = True
            for column, limit_mm in needed.rows:
                served[number] &= distance_mm[column] <= limit_mm
    return served


def _walks(
    walk_mm: NDArray[np.int32],
    row: NDArray[np.int32],
    amount: Amounts,
    demand: Amounts,
    wanted: Collection[int] | None,
    threads: int | None,
) -> tuple[WalkStatistics, ...]:
    def statistics(number: int) -> WalkStatistics:
        if wanted is not None and number not in wanted:
            return _nothing(len(demand))
        return walk_statistics(walk_mm[number], row, amount, demand)

    with ThreadPoolExecutor(threads) as pool:  # the kernels release the interpreter lock
        return tuple(pool.map(statistics, range(len(walk_mm))))


def _nothing(rows: int) -> WalkStatistics:
    none = np.zeros(rows, np.int64)
    return WalkStatistics(none, none, none, np.zeros(rows))


@jit
def _sums(chosen: NDArray[np.bool_], row: NDArray[np.int32], amount: Amounts, rows: int) -> Amounts:
    """Amount of the chosen points by row, shape (choices, rows); the last row is the sum of all."""
    total = np.zeros((chosen.shape[0], rows), np.int64)
    for choice in range(chosen.shape[0]):
        for i in range(chosen.shape[1]):
            if chosen[choice, i]:
                total[choice, row[i]] += amount[i]
                total[choice, rows - 1] += amount[i]
    return total

"""From pieces of demand to sums of every zone: pure arrays, exact integers."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inventory.portions import Amounts, Flags, Portions


@dataclass(frozen=True)
class Sums:
    """Shape (rows,) each: zones in their order, then outside, then city. Thousandths.

    demand: of pieces whose state is known. met, met_straight: None where the measure does not say. value: of
    a supply, the mean of places for one unit, weighted by demand; NaN where there is none.
    """

    demand: Amounts
    met: Amounts | None
    met_straight: Amounts | None
    value: NDArray[np.float64] | None


@dataclass(frozen=True)
class CoverageTally:
    """All sums of one demand. unattached: None where nobody walks; unattached_points counts pieces.

    unknown: demand whose state is not known, which is in no other sum. groups: the same by group.
    """

    all: Sums
    unattached: Amounts | None
    unattached_points: NDArray[np.int64] | None
    unknown: Amounts
    groups: dict[str, Sums]


def tally(portions: Portions, zones: int) -> CoverageTally:
    """Count what is met, by zone; -1 is the row outside, the last row is the sum of all."""
    row = np.where(portions.zone < 0, zones, portions.zone)
    known = np.ones(len(portions), np.bool_) if portions.known is None else portions.known
    apart = None if portions.attached is None else known & ~portions.attached
    group = portions.group
    return CoverageTally(
        all=_sums(portions, row, known, zones),
        unattached=None if apart is None else _by_row(portions.amount, row, apart, zones),
        unattached_points=None if apart is None else _by_row(np.ones_like(row), row, apart, zones),
        unknown=_by_row(portions.amount, row, ~known, zones),
        groups={}
        if group is None
        else {
            name: _sums(portions, row, known & (group == number), zones)
            for number, name in enumerate(portions.groups)
        },
    )


def _sums(portions: Portions, row: NDArray[np.int32], chosen: Flags, zones: int) -> Sums:
    met, straight = portions.met, portions.met_straight
    return Sums(
        demand=_by_row(portions.amount, row, chosen, zones),
        met=None if met is None else _by_row(met, row, chosen, zones),
        met_straight=None if straight is None else _by_row(straight, row, chosen, zones),
        value=None if portions.ratio is None else _means(portions, row, chosen, zones),
    )


def _by_row(
    amount: NDArray[np.integer], row: NDArray[np.int32], chosen: Flags, zones: int
) -> NDArray[np.int64]:
    """Whole numbers by row, added as whole numbers."""
    total = np.zeros(zones + 2, np.int64)
    np.add.at(total, row[chosen], amount[chosen])
    total[-1] = total[:-1].sum()
    return total


def _means(portions: Portions, row: NDArray[np.int32], chosen: Flags, zones: int) -> NDArray[np.float64]:
    """The mean ratio of each row, weighted by amount.

    `math.fsum` rounds a sum once, at its end, so the order of pieces changes nothing.
    """
    assert portions.ratio is not None  # noqa: S101 - only a supply comes here
    mean = np.full(zones + 2, np.nan)
    weighed = portions.ratio * portions.amount
    for number in range(zones + 2):
        here = chosen if number == zones + 1 else chosen & (row == number)
        weight = int(portions.amount[here].sum())
        if weight:
            mean[number] = math.fsum(weighed[here]) / weight
    return mean

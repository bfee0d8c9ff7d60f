"""Where the unserved live together: groups of neighbouring cells, ranked by how many they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Group:
    """Neighbours who lack something, before they are told by zone. member: their rows among all demand;
    weight: their amounts; for the rest see `Gap`."""

    member: NDArray[np.intp]
    weight: NDArray[np.int64]
    xy: tuple[float, float]
    cells: int
    lacking: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """One group. xy: its centre of gravity; amount: thousandths; lacking: amount that lacks each category."""

    xy: tuple[float, float]
    amount: int
    points: int
    cells: int
    zone: int
    lacking: tuple[int, ...]


def gaps(groups: Sequence[Group], zone: NDArray[np.int32]) -> list[Gap]:
    """The groups told by zone, in their order; `zone` is the row of all demand's zones (-1 outside)."""
    return [_gap(group, zone[group.member]) for group in groups]


def unserved_groups(
    xy: NDArray[np.float64],
    amount: NDArray[np.int64],
    lacks: NDArray[np.bool_],
    *,
    cell_m: float,
    spread_m: float,
    top: int,
) -> list[Group]:
    """The largest groups of unserved demand.

    Parameters
    ----------
    xy, amount
        All demand: metres, thousandths, shape (n,).
    lacks
        Which categories each point lacks, shape (categories, n). A point that lacks any is unserved.
    cell_m
        Demand is collected in square cells of this size. A cell belongs to a gap when more than half of its
        demand is unserved. Cells that touch by a side or a corner belong together. A gap counts the unserved
        demand of its cells; its zone is where most of it lies.
    spread_m
        Where the unserved fill whole quarters, they are parted around their centres: a cell follows the
        touching cell that has more unserved demand within this distance of it (a square), up to a peak.
        Otherwise a city with a poor share would be one gap from end to end.

    Ties are broken by place, so the order of the input changes nothing.
    """
    unserved = lacks.any(axis=0)
    if not unserved.any():
        return []
    origin = np.floor(xy.min(axis=0) / cell_m)
    column, line = (np.floor(xy / cell_m) - origin).astype(np.int64).T
    reach = max(round(spread_m / cell_m), 1)
    width = int(column.max()) + 2 * reach + 1  # so many free columns that no neighbour wraps around
    key, cell = np.unique(line * width + column, return_inverse=True)
    lost = _sums(cell, np.where(unserved, amount, 0), len(key))
    chosen = 2 * lost > _sums(cell, amount, len(key))
    if not chosen.any():
        return []
    group_of_cell = np.full(len(key), -1)
    count, group_of_cell[chosen] = _groups(key[chosen], width, lost[chosen], reach)
    group = np.where(unserved, group_of_cell[cell], -1)
    total = _sums(group + 1, np.where(unserved, amount, 0), count + 1)[1:]
    ranked = np.lexsort((np.arange(count), -total))[:top]  # groups are numbered by place
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], np.arange(count + 1))
    members = (order[first[g] : first[g + 1]] for g in ranked)
    return [_group(member, xy, amount, lacks, cell, origin * cell_m) for member in members]


def _groups(
    key: NDArray[np.int64], width: int, lost: NDArray[np.int64], reach: int
) -> tuple[int, NDArray[np.intp]]:
    """The group of each cell, numbered by the place of its peak; `key` is sorted.

    Each cell leads to the touching cell around which most is lost, ties to the earlier one, up to a peak.
    """
    before = np.concatenate([[0], np.cumsum(lost)])
    around = np.zeros(len(key), dtype=np.int64)
    for step in (np.arange(-reach, reach + 1) * width).tolist():  # each row of the square is a run of keys
        first = np.searchsorted(key, key + (step - reach))
        last = np.searchsorted(key, key + (step + reach), side="right")
        around += before[last] - before[first]
    best = np.arange(len(key))
    for step in (-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1):
        here, there = _neighbours(key, step)
        more = (around[there] > around[best[here]]) | (
            (around[there] == around[best[here]]) & (there < best[here])
        )
        best[here[more]] = there[more]
    while not np.array_equal(best, best[best]):
        best = best[best]
    peaks, group = np.unique(best, return_inverse=True)
    return len(peaks), group


def _neighbours(key: NDArray[np.int64], step: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Cells that have a cell at that step, and that cell."""
    there = np.searchsorted(key, key + step)
    here = np.flatnonzero(key[np.minimum(there, len(key) - 1)] == key + step)
    return here, there[here]


def _group(
    member: NDArray[np.intp],
    xy: NDArray[np.float64],
    amount: NDArray[np.int64],
    lacks: NDArray[np.bool_],
    cell: NDArray[np.intp],
    corner: NDArray[np.float64],
) -> Group:
    weight = amount[member]
    decimetre = np.rint((xy[member] - corner) * 10).astype(np.int64)
    place = (decimetre * weight[:, None]).sum(axis=0) / weight.sum() / 10 + corner
    return Group(
        member=member,
        weight=weight,
        xy=(float(place[0]), float(place[1])),
        cells=len(np.unique(cell[member])),
        lacking=tuple(int(weight[row[member]].sum()) for row in lacks),
    )


def _gap(group: Group, zone: NDArray[np.int32]) -> Gap:
    in_zone = _sums(zone + 1, group.weight, int(zone.max()) + 2)
    return Gap(
        xy=group.xy,
        amount=int(group.weight.sum()),
        points=len(group.member),
        cells=group.cells,
        zone=int(np.argmax(in_zone)) - 1,
        lacking=group.lacking,
    )


def _sums(group: NDArray[np.integer], amount: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Amount by group. Below 2**53 thousandths the floats that bincount sums are exact integers."""
    return np.bincount(group, weights=amount, minlength=groups).astype(np.int64)

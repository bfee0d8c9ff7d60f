"""Where the unserved live together: groups of neighbouring cells, ranked by how many they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Gap:
    """One group. xy: its centre of gravity; amount: thousandths; lacking: amount that lacks each category."""

    xy: tuple[float, float]
    amount: int
    points: int
    cells: int
    zone: int
    lacking: tuple[int, ...]


def gaps(
    xy: NDArray[np.float64],
    amount: NDArray[np.int64],
    zone: NDArray[np.int32],
    lacks: NDArray[np.bool_],
    *,
    cell_m: float,
    top: int,
) -> list[Gap]:
    """The largest groups of unserved demand.

    Parameters
    ----------
    xy, amount, zone
        All demand: metres, thousandths, zone row (-1 outside), shape (n,).
    lacks
        Which categories each point lacks, shape (categories, n). A point that lacks any is unserved.
    cell_m
        Demand is collected in square cells of this size. A cell belongs to a gap when more than half of its
        demand is unserved; cells that touch by a side or a corner are one group. A gap counts the unserved
        demand of its cells; its zone is where most of it lies.

    Ties are broken by place, so the order of the input changes nothing.
    """
    unserved = lacks.any(axis=0)
    if not unserved.any():
        return []
    origin = np.floor(xy.min(axis=0) / cell_m)
    column, line = (np.floor(xy / cell_m) - origin).astype(np.int64).T
    width = int(column.max()) + 3  # a free column on each side, so that neighbours never wrap around
    key, cell = np.unique((line + 1) * width + column + 1, return_inverse=True)
    lost = _sums(cell, np.where(unserved, amount, 0), len(key))
    chosen = 2 * lost > _sums(cell, amount, len(key))
    if not chosen.any():
        return []
    group_of_cell = np.full(len(key), -1)
    count, group_of_cell[chosen] = _groups(key[chosen], width)
    group = np.where(unserved, group_of_cell[cell], -1)
    inside = group >= 0
    group, xy, amount, zone, lacks = group[inside], xy[inside], amount[inside], zone[inside], lacks[:, inside]
    total = _sums(group, amount, count)
    ranked = np.lexsort((np.arange(count), -total))[:top]  # groups are numbered by place
    return [_gap(group == g, xy, amount, zone, lacks, cell=(cell[inside], origin * cell_m)) for g in ranked]


def _groups(key: NDArray[np.int64], width: int) -> tuple[int, NDArray[np.intp]]:
    """Groups of touching cells, numbered by the place of their first cell; `key` is sorted."""
    pairs = []
    for step in (1, width - 1, width, width + 1):
        there = np.searchsorted(key, key + step)
        touching = (there < len(key)) & (key[np.minimum(there, len(key) - 1)] == key + step)
        pairs.append(np.column_stack([np.flatnonzero(touching), there[touching]]))
    edge = np.concatenate(pairs)
    graph = coo_array(
        (np.ones(len(edge), dtype=np.int8), (edge[:, 0], edge[:, 1])), shape=(len(key), len(key))
    )
    count, label = connected_components(graph, directed=False)
    first = np.full(count, len(key))
    np.minimum.at(first, label, np.arange(len(key)))
    number = np.empty(count, dtype=np.intp)
    number[np.argsort(first)] = np.arange(count)
    return count, number[label]


def _gap(
    member: NDArray[np.bool_],
    xy: NDArray[np.float64],
    amount: NDArray[np.int64],
    zone: NDArray[np.int32],
    lacks: NDArray[np.bool_],
    *,
    cell: tuple[NDArray[np.intp], NDArray[np.float64]],
) -> Gap:
    cells, corner = cell
    weight = amount[member]
    decimetre = np.rint((xy[member] - corner) * 10).astype(np.int64)
    place = (decimetre * weight[:, None]).sum(axis=0) / weight.sum() / 10 + corner
    where = zone[member]
    in_zone = _sums(where + 1, weight, int(where.max()) + 2)
    return Gap(
        xy=(float(place[0]), float(place[1])),
        amount=int(weight.sum()),
        points=int(member.sum()),
        cells=len(np.unique(cells[member])),
        zone=int(np.argmax(in_zone)) - 1,
        lacking=tuple((lacks[:, member] * weight).sum(axis=1).tolist()),
    )


def _sums(group: NDArray[np.integer], amount: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Amount by group. Below 2**53 thousandths the floats that bincount sums are exact integers."""
    return np.bincount(group, weights=amount, minlength=groups).astype(np.int64)

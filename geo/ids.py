"""From the ids by which edges name their nodes to positions in arrays."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.errors import NetworkColumn, NodesRepeated, NodesUnknown
from geo.jit import Ints

_SPARE = 4
"""A table over the whole range of ids is used while it has at most this many places for each node."""


def positions(
    node_id: pd.Series, u: pd.Series, v: pd.Series, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Ints, Ints]:
    """The rows of the nodes in use, by id, and the ends of the edges in `rows` as places among those."""
    ids = _whole(node_id, "nodes", "node_id")
    ends = np.concatenate([_whole(u, "edges", "u")[rows], _whole(v, "edges", "v")[rows]])
    row = _lookup(ids, ends)
    missing = row < 0
    if missing.any():
        count = len(rows)
        first = int(np.flatnonzero(missing[:count] | missing[count:])[0])
        node = ends[first] if missing[first] else ends[first + count]
        bad = int((missing[:count] | missing[count:]).sum())
        raise NodesUnknown(bad, int(rows[first]) + 1, str(node))
    mark = np.zeros(len(ids), np.bool_)
    mark[row] = True
    used = np.flatnonzero(mark)
    if (np.diff(ids) <= 0).any():
        used = used[np.argsort(ids[used], kind="stable")]
    place = np.empty(len(ids), np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    end = place[row]
    return used, end[: len(rows)], end[len(rows) :]


def _whole(column: pd.Series, table: str, name: str) -> NDArray[np.int64]:
    if column.isna().any() or not pd.api.types.is_numeric_dtype(column.dtype):
        raise NetworkColumn(table, name, "whole numbers")
    values = column.to_numpy()
    whole = values.astype(np.int64)
    if values.dtype.kind == "f" and (whole != values).any():
        raise NetworkColumn(table, name, "whole numbers")
    return whole


def _lookup(ids: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of each wanted id, -1 where there is none."""
    if not len(ids):
        return np.full(len(wanted), -1)
    low, high = int(ids.min()), int(ids.max())
    if high - low < _SPARE * len(ids) + 1024:
        table = np.full(high - low + 1, -1)
        table[ids - low] = np.arange(len(ids))
        _refuse_repeated(ids, int((table >= 0).sum()))
        inside = (wanted >= low) & (wanted <= high)
        return np.where(inside, table[np.where(inside, wanted - low, 0)], -1)
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    _refuse_repeated(ids, 1 + int((np.diff(ordered) != 0).sum()))
    place = np.minimum(np.searchsorted(ordered, wanted), len(ids) - 1)
    return np.where(ordered[place] == wanted, order[place], -1)


def _refuse_repeated(ids: NDArray[np.int64], distinct: int) -> None:
    if distinct < len(ids):
        unique, count = np.unique(ids, return_counts=True)
        raise NodesRepeated(len(ids) - distinct, int(unique[np.argmax(count)]))

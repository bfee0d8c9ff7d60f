"""What streets cost to walk, in both directions, in metres on the flat: slope, stairs, surfaces.

A metre counts for as many metres as one would walk on a flat street in the same time. So limits stay in
metres, minutes are still metres over a speed, and a street without slope or factor costs its length. Uphill
and downhill differ, so every cost has a direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from geo.errors import NetworkColumn, WalkArgument
from geo.jit import Floats, Ints, jit
from geo.network import Network

Heights = Callable[[Floats], Floats]
"""Metres above any level for places, shape (n, 2), in the network's CRS; NaN where it is not known."""

STEP_M = 30.0
"""How finely heights are looked up along streets, where no other step is given: a second of arc."""

STEEPEST = 1.0
"""Rise over run beyond which nothing gets slower: 45 degrees on a street is a fault of the heights."""


@dataclass(frozen=True, eq=False)
class Effort:
    """Costs of the streets of one network, exact at every place of every street.

    Each street has breaks, its first at u and its last at v; between two breaks a cost is even. All costs are
    metres on the flat. e streets, m arcs, b breaks in all.
    """

    break_offset: Ints
    """Shape (e + 1,): the breaks of edge i are entries break_offset[i] to break_offset[i + 1]."""
    break_m: Floats
    """Shape (b,): metres along the street from its u."""
    out_m: Floats
    """Shape (b,): cost of walking from u to the break."""
    back_m: Floats
    """Shape (b,): cost of walking from the break to u."""
    arc_cost_m: Floats
    """Shape (m,): cost of each arc of the network, leaving its node."""
    arc_cost_back_m: Floats
    """Shape (m,): cost of walking each arc the other way, towards its node."""
    least: float = 1.0
    """The least a metre counts for, at most 1: no walk costs less than this times the straight line."""

    @cached_property
    def edge_out_m(self) -> Floats:
        """Shape (e,): cost of each street from u to v."""
        return self.out_m[self.break_offset[1:] - 1]

    @cached_property
    def edge_back_m(self) -> Floats:
        """Shape (e,): cost of each street from v to u."""
        return self.back_m[self.break_offset[1:] - 1]

    @cached_property
    def turned(self) -> Effort:
        """The effort of walking everything the other way: of leaving sites instead of reaching them."""
        return Effort(
            self.break_offset,
            self.break_m,
            self.back_m,
            self.out_m,
            self.arc_cost_back_m,
            self.arc_cost_m,
            self.least,
        )

    def out_at(self, edge: ArrayLike, offset_m: ArrayLike) -> Floats:
        """Cost from u to places on streets, which are metres along them from u."""
        return self._between(self.break_m, self.out_m, edge, offset_m)

    def back_at(self, edge: ArrayLike, offset_m: ArrayLike) -> Floats:
        """Cost from places on streets back to u."""
        return self._between(self.break_m, self.back_m, edge, offset_m)

    def cost_at(self, edge: ArrayLike, offset_m: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
        """Costs between places on streets and the ends: from u, to u, from v, to v."""
        out, back = self.out_at(edge, offset_m), self.back_at(edge, offset_m)
        row = np.asarray(edge)
        return out, back, self.edge_back_m[row] - back, self.edge_out_m[row] - out

    def offset_out(self, edge: ArrayLike, cost_m: ArrayLike) -> Floats:
        """How far along a street one is that far out of u: the place whose `out_at` is the cost.

        A cost beyond the street's gives its end. Who walks from v with a cost left is where `back_at` is what
        the whole way back costs less that: `offset_back(edge, effort.edge_back_m[edge] - left)`.
        """
        return self._between(self.out_m, self.break_m, edge, cost_m)

    def offset_back(self, edge: ArrayLike, cost_m: ArrayLike) -> Floats:
        """How far along a street one gets back to u at this cost: the place whose `back_at` it is."""
        return self._between(self.back_m, self.break_m, edge, cost_m)

    def _between(self, given: Floats, wanted: Floats, edge: ArrayLike, value: ArrayLike) -> Floats:
        edges, values = np.broadcast_arrays(
            np.asarray(edge, dtype=np.int32), np.asarray(value, dtype=np.float64)
        )
        found: Floats = _interpolated(
            self.break_offset, given, wanted, np.ascontiguousarray(edges), np.ascontiguousarray(values)
        )
        return found


def tobler(slope: Floats) -> Floats:
    """How many metres on the flat one metre counts for on a slope (rise over run, above 0 uphill).

    Tobler's hiking function gives a speed of 6 exp(-3.5 |slope + 0.05|) km/h (W. Tobler, Three presentations
    on geographical analysis and modeling, NCGIA technical report 93-1, 1993); this is its speed on the flat
    over that on the slope. Below 1 on gentle ways down: 0.84 at -0.05. Slopes count up to STEEPEST.
    """
    return np.exp(3.5 * (np.abs(np.clip(slope, -STEEPEST, STEEPEST) + 0.05) - 0.05))


def class_factors(
    edges: pd.DataFrame, factors: Mapping[str, float], class_column: str = "highway"
) -> Floats | None:
    """For each row of a network's edges how many metres one metre counts for, by class; None without factors.

    Classes that are not named count for 1.
    """
    for name, factor in factors.items():
        if not (np.isfinite(factor) and factor > 0):
            raise WalkArgument(f"the factor of {name}", factor, "a finite number above 0")
    if not factors:
        return None
    if class_column not in edges.columns:
        raise NetworkColumn("edges", class_column, "the class of each street")
    return np.asarray(edges[class_column].map(dict(factors)).fillna(1.0), dtype=np.float64)


def effort_of(
    network: Network,
    heights: Heights | None = None,
    factors: ArrayLike | None = None,
    *,
    step_m: float = STEP_M,
) -> Effort:
    """What the streets of a network cost.

    Parameters
    ----------
    heights
        Looked up at each vertex of each street, and between vertices at steps of at most `step_m`, so that a
        straight street over a hill is not flat. The slope between two such places is even, and counts by
        `tobler`; where either height is not known, the way between is flat. Lengths are those of the map.
    factors
        Shape (rows of the source's edges,): how many metres one metre of each counts for; `class_factors`
        gives them by class.
    step_m
        The side of a cell of the heights, or less.

    Without heights and factors every cost is a length.
    """
    if not (np.isfinite(step_m) and step_m > 0):
        raise WalkArgument("step_m", step_m, "a finite distance above 0")
    offset, break_m, length, row, xy = _breaks(
        network.shape_offset, network.shape_xy, network.shape_row, step_m if heights is not None else np.inf
    )
    factor = np.ones(1) if factors is None else _checked(factors, network.shape_row)[row]
    some = length > 0
    length = length * factor
    pace, pace_back = np.ones(1), np.ones(1)
    if heights is not None:
        slope = _slopes(np.asarray(heights(xy), dtype=np.float64), break_m)
        pace, pace_back = tobler(slope), tobler(-slope)
    out = _summed(offset, length * pace)
    back = _summed(offset, length * pace_back)
    last = offset[1:] - 1
    arc_cost, arc_back = _arcs(network.indptr, network.arc_edge, network.edge_u, out[last], back[last])
    counts = np.broadcast_to(factor * np.minimum(pace, pace_back), length.shape)
    least = float(counts.min(initial=1.0, where=some))
    return Effort(offset, break_m, out, back, arc_cost, arc_back, least)


def _checked(factors: ArrayLike, shape_row: Ints) -> Floats:
    values = np.asarray(factors, dtype=np.float64)
    if values.ndim != 1 or len(values) <= shape_row.max(initial=0):
        raise WalkArgument("factors", f"of shape {values.shape}", "one number for each edge of the source")
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise WalkArgument("factors", float(values[wrong][0]), "finite numbers above 0")
    return values


def _slopes(height: Floats, break_m: Floats) -> Floats:
    """Slope from each break to the next, 0 where a height is not known; what follows a last break is void."""
    slope = np.zeros(len(height))
    run = np.diff(break_m)
    rise = np.diff(height)
    known = np.isfinite(rise) & (run > 0)
    np.divide(rise, run, out=slope[:-1], where=known)
    return slope


@jit
def _breaks(
    shape_offset: Ints, shape: Floats, shape_row: Ints, step: float
) -> tuple[Ints, Floats, Floats, Ints, Floats]:
    """Vertices and the steps between: offsets by edge, and of each the metres along it, the length and source
    row of what follows, and the place. What follows the last break of an edge has length 0 and row 0.
    """
    edges = len(shape_offset) - 1
    offset = np.zeros(edges + 1, np.int32)
    for e in range(edges):
        count = 1
        for k in range(shape_offset[e], shape_offset[e + 1] - 1):
            length = np.hypot(shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1])
            count += max(int(np.ceil(length / step)), 1)
        offset[e + 1] = offset[e] + count
    total = offset[edges]
    at = np.empty(total)
    piece = np.zeros(total)
    row = np.zeros(total, np.int32)
    xy = np.empty((total, 2))
    for e in range(edges):
        i = offset[e]
        along = 0.0
        for k in range(shape_offset[e], shape_offset[e + 1] - 1):
            dx, dy = shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1]
            length = np.hypot(dx, dy)
            pieces = max(int(np.ceil(length / step)), 1)
            for j in range(pieces):
                at[i] = along + length * (j / pieces)
                piece[i] = length / pieces
                row[i] = shape_row[k]
                xy[i, 0] = shape[k, 0] + dx * (j / pieces)
                xy[i, 1] = shape[k, 1] + dy * (j / pieces)
                i += 1
            along += length
        at[i] = along
        xy[i] = shape[shape_offset[e + 1] - 1]
    return offset, at, piece, row, xy


@jit
def _summed(offset: Ints, piece: Floats) -> Floats:
    """From the start of each edge to each of its breaks, the sum of the pieces before."""
    result = np.empty(len(piece))
    for e in range(len(offset) - 1):
        total = 0.0
        for i in range(offset[e], offset[e + 1]):
            result[i] = total
            total += piece[i]
    return result


@jit
def _arcs(indptr: Ints, arc_edge: Ints, edge_u: Ints, out: Floats, back: Floats) -> tuple[Floats, Floats]:
    """Cost of each arc leaving its node and towards it; of a loop's two arcs the first leads out of u."""
    cost = np.empty(len(arc_edge))
    towards = np.empty(len(arc_edge))
    for node in range(len(indptr) - 1):
        for arc in range(indptr[node], indptr[node + 1]):
            e = arc_edge[arc]
            again = arc > indptr[node] and arc_edge[arc - 1] == e
            if edge_u[e] == node and not again:
                cost[arc], towards[arc] = out[e], back[e]
            else:
                cost[arc], towards[arc] = back[e], out[e]
    return cost, towards


@jit
def _interpolated(offset: Ints, given: Floats, wanted: Floats, edge: Ints, value: Floats) -> Floats:
    """`wanted` where `given` has the value, even between breaks; beyond an edge's ends, that of the end."""
    result = np.empty(len(edge))
    for i in range(len(edge)):
        low, high = offset[edge[i]], offset[edge[i] + 1] - 1
        x = value[i]
        if x >= given[high]:
            result[i] = wanted[high]
            continue
        if x <= given[low]:
            result[i] = wanted[low]
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if given[middle] <= x:
                low = middle
            else:
                high = middle
        share = (x - given[low]) / (given[high] - given[low])
        result[i] = wanted[low] + share * (wanted[high] - wanted[low])
    return result

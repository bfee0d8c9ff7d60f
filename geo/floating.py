"""Supply against demand: who can walk to which place, and what of its capacity falls to each of them.

The two-step floating catchment area (Luo and Wang, Environment and Planning B 30, 2003, 865-884). First each
place shares its capacity among all who can reach it; then everybody adds up the shares within reach. With
weights that fall with distance it is the enhanced form (Luo and Qi, Health & Place 15, 2009, 1100-1107).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import kernel, legs
from geo.arguments import positive
from geo.effort import Effort
from geo.errors import WalkArgument
from geo.jit import Floats, Ints, Rows, jit, unsigned
from geo.network import Network
from geo.reach import FIRST_ROOM, Attachment
from geo.threads import processors, run

_CHUNKS_A_THREAD = 8
"""Searches are handed out in this many chunks a thread: few cost nothing, and enough end together."""


class Pairs(NamedTuple):
    """Points and sites within a walk of each other, by point, then site; arrays of shape (k,)."""

    point: Ints
    site: Ints
    metres: Floats


class Shares(NamedTuple):
    """What `two_step` finds."""

    ratio: Floats
    """Shape (s,): capacity per unit of demand in reach; NaN where no demand is in reach."""
    accessibility: Floats
    """Shape (n,): capacity that falls to a unit of demand at the point; 0 where nothing is in reach."""


def pairs_within(
    network: Network,
    points: Attachment,
    sites: Attachment,
    distance_m: float,
    *,
    threads: int | None = None,
    effort: Effort | None = None,
) -> Pairs:
    """Every point and site that are at most a walk of `distance_m` apart, with that walk in metres.

    One bounded search starts from each place of the smaller side. With an `effort` walks are from the points
    to the sites, in metres on the flat. What is not attached is in no pair. The result depends neither on
    `threads` (all processors if not given) nor, but for the numbers of rows, on the order of points and
    sites.
    """
    limit = positive("distance_m", distance_m)
    if threads is not None and threads < 1:
        raise WalkArgument("threads", threads, "1 or more")
    people, facilities = legs.ends(network, points, sites, effort)
    inward = len(people.row) < len(facilities.row)
    origins, targets = (people, facilities) if inward else (facilities.turned, people.turned)
    arcs = legs.graph(network, effort, leaving=inward)
    near, far, metres = _search(network, arcs, origins, targets, limit, threads or processors())
    point, site = (near, far) if inward else (far, near)
    point, site = people.row.view(np.int32)[point], facilities.row.view(np.int32)[site]
    order = _order(site, len(sites))
    order = order[_order(point[order], len(points))]
    return Pairs(point[order], site[order], metres[order])


def two_step(
    demand: ArrayLike, capacity: ArrayLike, pairs: Pairs, weights: ArrayLike | None = None
) -> Shares:
    """Capacity of sites, shared among those in reach.

    Parameters
    ----------
    demand, capacity
        Of each point, shape (n,), and each site, shape (s,): finite, none below 0.
    weights
        Of each pair, shape (k,), none below 0, such as `step` and `gaussian` give: it weighs the demand in
        the first step and the ratio in the second. 1 if not given.

    Returns
    -------
    A site with no demand in reach has no ratio (NaN), whatever its capacity, and gives nothing to anybody:
    all who reach it have a demand of 0. A point without a pair, such as one on no street, has 0.
    Therefore the sum of accessibility x demand is the sum of capacity over the sites with a ratio.

    The terms of each sum are added in the order of their size, so that no order of rows changes a bit.
    """
    wanted, offered = _amounts("demand", demand), _amounts("capacity", capacity)
    weight = np.ones(len(pairs.metres)) if weights is None else _amounts("weights", weights)
    if len(weight) != len(pairs.metres):
        raise WalkArgument(
            "weights", f"of shape {weight.shape}", f"one for each of {len(pairs.metres)} pairs"
        )
    in_reach = _sums(pairs.site, wanted[pairs.point] * weight, len(offered))
    has_demand = in_reach > 0
    ratio = np.divide(offered, in_reach, out=np.full(len(offered), np.nan), where=has_demand)
    share = np.where(has_demand, ratio, 0.0)
    return Shares(ratio, _sums(pairs.point, share[pairs.site] * weight, len(wanted)))


def step(metres: Floats, bands: Sequence[tuple[float, float]]) -> Floats:
    """The weight of the first band that a walk is in: bands are (up to metres, weight), the end included.

    Bands must grow in metres and not in weight; beyond the last the weight is 0.
    """
    if not len(bands):
        raise WalkArgument("bands", bands, "at least one (metres, weight)")
    ends, weight = (np.array(column, dtype=np.float64) for column in zip(*bands, strict=True))
    if not (np.isfinite(ends).all() and ends[0] > 0 and (np.diff(ends) > 0).all()):
        raise WalkArgument("bands", bands, "ends in metres above 0, each beyond the one before")
    if not (np.isfinite(weight).all() and weight[-1] >= 0 and (np.diff(weight) <= 0).all()):
        raise WalkArgument("bands", bands, "weights from 0, none above the one before")
    return np.append(weight, 0.0)[np.searchsorted(ends, metres, side="left")]


def gaussian(metres: Floats, distance_m: float) -> Floats:
    """A bell that is 1 at the place itself and 0 from `distance_m` on.

    With t = metres / distance_m it is (exp(-t^2 / 2) - exp(-1 / 2)) / (1 - exp(-1 / 2)) (Dai, Health & Place
    16, 2010, 1038-1052): nobody falls off a step at the limit of the catchment.
    """
    t = np.minimum(np.asarray(metres, dtype=np.float64) / positive("distance_m", distance_m), 1.0)
    edge = np.exp(-0.5)
    weight: Floats = (np.exp(-0.5 * t * t) - edge) / (1.0 - edge)
    return weight


def _search(
    network: Network,
    arcs: tuple[Rows, Rows, Floats],
    origins: legs.Places,
    targets: legs.Places,
    limit: float,
    threads: int,
) -> tuple[Ints, Ints, Floats]:
    """Positions among origins and targets, and metres, of all within the limit."""
    start = legs.starts(network, targets)
    far = float(np.nextafter(limit, np.inf))
    bounds = np.linspace(0, len(origins.row), threads * _CHUNKS_A_THREAD + 1).astype(np.int64)
    chunks = [(a, b) for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True) if b > a]
    found: dict[int, tuple[Ints, Ints, Floats]] = {}
    todo = iter(chunks)

    def work() -> None:
        distance = np.full(len(network.xy), far)
        touched = np.empty(len(network.xy), np.uint32)
        seen = np.full(len(network.edge_length_m), -1, np.int32)
        for first, last in todo:
            found[first] = kernel.pairs_near(
                *arcs,
                unsigned(network.arc_edge),
                *origins[1:],
                start,
                *targets[2:],
                limit,
                far,
                first,
                last,
                FIRST_ROOM,
                distance,
                touched,
                seen,
            )

    run(work, min(threads, max(len(chunks), 1)))
    parts = [found[first] for first, _ in chunks]
    count, target, metres = (
        np.concatenate([part[column] for part in parts]) if parts else np.empty(0, kind)
        for column, kind in enumerate((np.int32, np.int32, np.float64))
    )
    return np.repeat(np.arange(len(count), dtype=np.int32), count), target, metres


def _amounts(name: str, values: ArrayLike) -> Floats:
    amounts = np.ascontiguousarray(values, dtype=np.float64)
    if amounts.ndim != 1:
        raise WalkArgument(name, f"of shape {amounts.shape}", "one number for each")
    bad = ~(np.isfinite(amounts) & (amounts >= 0))
    if bad.any():
        raise WalkArgument(name, float(amounts[bad][0]), "finite and not below 0")
    return amounts


def _sums(group: Ints, term: Floats, groups: int) -> Floats:
    """The sum of the terms of each group, shape (groups,)."""
    start = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=groups))])
    total: Floats = _sorted_sums(start, term[_order(group, groups)])
    return total


@jit
def _order(group: Ints, groups: int) -> NDArray[np.int64]:
    """Rows by group, in the order they had within each."""
    start = np.zeros(groups + 1, np.int64)
    for g in group:
        start[g + 1] += 1
    for g in range(groups):
        start[g + 1] += start[g]
    order = np.empty(len(group), np.int64)
    for row in range(len(group)):
        order[start[group[row]]] = row
        start[group[row]] += 1
    return order


@jit
def _sorted_sums(start: NDArray[np.int64], term: Floats) -> Floats:
    total = np.zeros(len(start) - 1)
    for g in range(len(start) - 1):
        for value in np.sort(term[start[g] : start[g + 1]]):
            total[g] += value
    return total

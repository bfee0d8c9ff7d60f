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
    count, target, metres = _search(network, arcs, origins, targets, limit, threads or processors())
    near, far = origins.row.view(np.int32), targets.row.view(np.int32)
    sizes = (len(points), len(sites))[:: -1 if inward else 1]
    pairs = _by_target(np.argsort(near), count, near, far[target], metres, sizes[0])
    if not inward:
        return Pairs(*pairs)
    site, point, metres = pairs
    each = np.ones(len(site), np.int32)
    return Pairs(*_by_target(np.arange(len(site)), each, site, point, metres, sizes[1]))


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

    Sums are exact but for one rounding, so that no order of rows changes a bit.
    """
    wanted, offered = _amounts("demand", demand), _amounts("capacity", capacity)
    weight = np.ones(len(pairs.metres)) if weights is None else _amounts("weights", weights)
    if len(weight) != len(pairs.metres):
        raise WalkArgument(
            "weights", f"of shape {weight.shape}", f"one for each of {len(pairs.metres)} pairs"
        )
    in_reach = _sums(pairs.site, pairs.point, wanted, weight, len(offered))
    has_demand = in_reach > 0
    ratio = np.divide(offered, in_reach, out=np.full(len(offered), np.nan), where=has_demand)
    share = np.where(has_demand, ratio, 0.0)
    return Shares(ratio, _sums(pairs.point, pairs.site, share, weight, len(wanted)))


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
    """How many targets each origin reaches, which (by position), and their metres."""
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
    return count, target, metres


def _amounts(name: str, values: ArrayLike) -> Floats:
    amounts = np.ascontiguousarray(values, dtype=np.float64)
    if amounts.ndim != 1:
        raise WalkArgument(name, f"of shape {amounts.shape}", "one number for each")
    bad = ~(np.isfinite(amounts) & (amounts >= 0))
    if bad.any():
        raise WalkArgument(name, float(amounts[bad][0]), "finite and not below 0")
    return amounts


@jit
def _by_target(
    order: NDArray[np.int64], count: Ints, origin: Ints, target: Ints, metres: Floats, targets: int
) -> tuple[Ints, Ints, Floats]:
    """Pairs by target, then in the given order of origins, each of which has the next `count` of them."""
    start = np.zeros(targets + 1, np.int64)
    for t in target:
        start[t + 1] += 1
    for t in range(targets):
        start[t + 1] += start[t]
    first = np.zeros(len(count) + 1, np.int64)
    first[1:] = np.cumsum(count)
    by_target, of, way = (
        np.empty(len(target), np.int32),
        np.empty(len(target), np.int32),
        np.empty(len(target)),
    )
    for i in order:
        for k in range(first[i], first[i + 1]):
            to = start[target[k]]
            start[target[k]] += 1
            by_target[to], of[to], way[to] = target[k], origin[i], metres[k]
    return by_target, of, way


@jit
def _sums(group: Ints, of: Ints, value: Floats, weight: Floats, groups: int) -> Floats:
    """For each group the sum of value[of] x weight over its pairs, the same for every order of pairs.

    Each term is split in two on grids of powers of two, so coarse that all terms of the group add up on them
    without rounding (Demmel and Nguyen, Fast reproducible floating-point summation, ARITH 21, 2013). Of a
    thousand terms, what is lost lies beyond the eightieth bit of the largest.
    """
    largest, count = np.zeros(groups), np.zeros(groups)
    for k in range(len(group)):
        largest[group[k]] = max(largest[group[k]], value[of[k]] * weight[k])
        count[group[k]] += 1.0
    coarse, fine = np.zeros(groups), np.zeros(groups)
    for g in range(groups):
        if largest[g] > 0.0:
            coarse[g] = 2.0 ** np.ceil(np.log2(count[g] * largest[g]) + 2.0)
            fine[g] = 2.0 ** np.ceil(np.log2(count[g] * coarse[g]) - 50.0)
    high, low = np.zeros(groups), np.zeros(groups)
    for k in range(len(group)):
        g = group[k]
        term = value[of[k]] * weight[k]
        part = (term + coarse[g]) - coarse[g]
        high[g] += part
        low[g] += (term - part + fine[g]) - fine[g]
    return high + low

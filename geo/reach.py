"""Walks between people and places: the nearest, the nearest of each kind, the k nearest, how many within.

A walk is the straight access to the street at both ends and the way along streets between, so it is never
shorter than the straight line. Everything is exact: parts of edges count as parts, a point and a site on one
edge are joined along it, and nothing is moved to a node. Distances are symmetric, so searches start from the
sites (see docs/reach.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from geo import kernel, legs, nearest_few
from geo.arguments import categories_of, positive, weights_of
from geo.attach import ATTACHED, NO_STREET, SMALL_COMPONENT, Attachment, attach, on_street
from geo.errors import WalkArgument
from geo.jit import Floats, Ints
from geo.network import Network

__all__ = [
    "ATTACHED",
    "NO_STREET",
    "SMALL_COMPONENT",
    "Attachment",
    "attach",
    "count_within",
    "k_nearest",
    "nearest_by_category",
    "nearest_m",
    "on_street",
]


def nearest_m(network: Network, points: Attachment, sites: Attachment, *, limit_m: float = 5000.0) -> Floats:
    """Walk in metres from each point to the nearest site, shape (n,).

    Infinite where a point is not attached or no site is within `limit_m`.
    """
    category = np.zeros(len(sites), np.int32)
    return nearest_by_category(network, points, sites, category, 1, limit_m=limit_m, threads=1)[:, 0]


def nearest_by_category(
    network: Network,
    points: Attachment,
    sites: Attachment,
    category: ArrayLike,
    categories: int,
    *,
    limit_m: float = 5000.0,
    threads: int | None = None,
) -> Floats:
    """Walk in metres from each point to the nearest site of each category, shape (n, categories).

    Parameters
    ----------
    category
        Shape (s,): from 0 to categories - 1, for each site.
    threads
        How many categories are searched at once; all processors this process may use if not given. The
        result does not depend on it.

    Returns
    -------
    Infinite where a point is not attached or no site of the category is within `limit_m`; each column is
    contiguous in memory.
    """
    limit = positive("limit_m", limit_m)
    if threads is not None and threads < 1:
        raise WalkArgument("threads", threads, "1 or more")
    kinds = categories_of(category, len(sites), categories)
    result = np.full((categories, len(points)), np.inf).T
    people = legs.places(network, points)
    facilities = legs.places(network, sites)
    kind = kinds[facilities.row]
    by_kind = np.argsort(kind, kind="stable")
    bounds = np.searchsorted(kind[by_kind], np.arange(categories + 1))
    todo = iter([c for c in range(categories) if bounds[c + 1] > bounds[c]])

    def work() -> None:
        space = _Space(network, limit)
        for c in todo:
            chosen = facilities.take(by_kind[bounds[c] : bounds[c + 1]])
            space.nearest(network, people, chosen, result[:, c])

    _run(work, min(threads or _processors(), categories))
    return result


def k_nearest(
    network: Network, points: Attachment, sites: Attachment, k: int, *, limit_m: float = 5000.0
) -> tuple[Floats, Ints]:
    """The k nearest sites of each point: walks in metres, shape (n, k), nearest first, and rows of sites.

    Each site counts once; of equally near ones the earlier row comes first. Where fewer than k are within
    `limit_m`, infinite and -1.
    """
    limit = positive("limit_m", limit_m)
    if k < 1:
        raise WalkArgument("k", k, "1 or more")
    people, facilities = legs.places(network, points), legs.places(network, sites)
    best_m = np.full((len(points), k), np.inf)
    best_site = np.full((len(points), k), -1, np.int32)
    label_m, label_site = nearest_few.labels(
        network.indptr,
        network.neighbour,
        network.arc_length_m,
        np.concatenate([facilities.u, facilities.v]),
        np.concatenate([facilities.to_u_m, facilities.to_v_m]),
        np.concatenate([facilities.row, facilities.row]),
        k,
        limit,
    )
    nearest_few.arrive(
        *people,
        label_m,
        label_site,
        facilities.row,
        legs.starts(network, facilities),
        facilities.offset_m,
        facilities.access_m,
        limit,
        best_m,
        best_site,
    )
    return best_m, best_site


def count_within(
    network: Network,
    points: Attachment,
    sites: Attachment,
    *,
    distance_m: float,
    count: ArrayLike | None = None,
) -> Floats:
    """How many sites are within a walk of `distance_m` of each point, shape (n,).

    With `count`, shape (s,), the sum of what the sites stand for. 0 where a point is not attached. Searches
    start from whichever side is fewer.
    """
    limit = positive("distance_m", distance_m)
    weights = weights_of(count, len(sites))
    people, facilities = legs.places(network, points), legs.places(network, sites)
    inward = len(people.row) < len(facilities.row)
    origins, targets = (people, facilities) if inward else (facilities, people)
    gathered = np.zeros(len(people.row))
    kernel.count_near(
        network.indptr,
        network.neighbour,
        network.arc_length_m,
        network.arc_edge,
        *origins[1:],
        legs.starts(network, targets),
        *targets[2:],
        limit,
        float(np.nextafter(limit, np.inf)),
        weights[facilities.row],
        inward,
        gathered,
    )
    result = np.zeros(len(points))
    result[people.row] = gathered
    return result


class _Space:
    """What one thread works in: labels of all nodes and the queue, used again for each search."""

    def __init__(self, network: Network, limit: float) -> None:
        nodes = len(network.xy)
        self.limit = limit
        self.far = float(np.nextafter(limit, np.inf))
        self.distance = np.full(nodes, self.far)
        self.touched = np.empty(nodes, np.int32)
        self.head = np.empty(int(limit / kernel.BUCKET_M) + 2, np.int32)
        self.pool_node = np.empty(nodes + 64, np.int32)
        self.pool_next = np.empty(nodes + 64, np.int32)

    def nearest(self, network: Network, people: legs.Places, sites: legs.Places, result: Floats) -> None:
        """Write the walk from each of the people to the nearest of the sites."""
        kernel.spread(
            network.indptr,
            network.neighbour,
            network.arc_length_m,
            np.concatenate([sites.u, sites.v]),
            np.concatenate([sites.to_u_m, sites.to_v_m]),
            self.limit,
            self.far,
            self.distance,
            self.touched,
            self.head,
            self.pool_node,
            self.pool_next,
        )
        legs.arrive(
            people.row, people.u, people.v, people.to_u_m, people.to_v_m, self.distance, self.limit, result
        )
        legs.join(
            people.row,
            people.edge,
            people.offset_m,
            people.access_m,
            sites.edge,
            sites.offset_m,
            sites.access_m,
            self.limit,
            result,
        )
        self.distance.fill(self.far)


def _run(work: Callable[[], None], threads: int) -> None:
    if threads <= 1:
        work()
        return
    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work) for _ in range(threads)]:
            future.result()


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""Walks between people and places: the nearest, the nearest of each kind, the k nearest, how many within.

A walk is the straight access to the street at both ends and the way along streets between, so it is never
shorter than the straight line. Everything is exact: parts of edges count as parts, a point and a site on one
edge are joined along it, and nothing is moved to a node. Searches start from the sites (see docs/reach.md).

All take an `effort`, without which a metre is a metre. With one, walks and limits are metres on the flat (see
`geo.effort`), access legs count as flat, and a walk leads from the point to the site: for the other direction
pass `effort.turned`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geo import kernel, legs, nearest_few
from geo.arguments import categories_of, positive, weights_of
from geo.attach import (
    ATTACHED,
    BEHIND_BARRIER,
    NO_STREET,
    SMALL_COMPONENT,
    Attachment,
    attach,
    on_street,
)
from geo.effort import Effort
from geo.errors import WalkArgument
from geo.jit import Floats, Ints, Rows, unsigned
from geo.network import Network
from geo.threads import processors, run

__all__ = [
    "ATTACHED",
    "BEHIND_BARRIER",
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

FIRST_ROOM = 1024
"""Labels that may wait at once in a search from one place; the queue grows where that is too few."""


def nearest_m(
    network: Network,
    points: Attachment,
    sites: Attachment,
    *,
    limit_m: float = 5000.0,
    effort: Effort | None = None,
) -> Floats:
    """Walk in metres from each point to the nearest site, shape (n,).

    Infinite where a point is not attached or no site is within `limit_m`.
    """
    category = np.zeros(len(sites), np.int32)
    found = nearest_by_category(
        network, points, sites, category, 1, limit_m=limit_m, threads=1, effort=effort
    )
    return found[:, 0]


def nearest_by_category(
    network: Network,
    points: Attachment,
    sites: Attachment,
    category: ArrayLike,
    categories: int,
    *,
    limit_m: float = 5000.0,
    threads: int | None = None,
    effort: Effort | None = None,
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
    people, facilities = legs.ends(network, points, sites, effort)
    start = legs.starts(network, people)
    kind = kinds[facilities.row]
    by_kind = np.argsort(kind, kind="stable")
    bounds = np.searchsorted(kind[by_kind], np.arange(categories + 1))
    todo = iter([c for c in range(categories) if bounds[c + 1] > bounds[c]])

    def work() -> None:
        space = _Space(network, limit, len(facilities.row), effort)
        for c in todo:
            chosen = facilities.take(by_kind[bounds[c] : bounds[c + 1]])
            space.nearest(people, start, chosen, result[:, c])

    run(work, min(threads or processors(), categories))
    return result


def k_nearest(
    network: Network,
    points: Attachment,
    sites: Attachment,
    k: int,
    *,
    limit_m: float = 5000.0,
    effort: Effort | None = None,
) -> tuple[Floats, Ints]:
    """The k nearest sites of each point: walks in metres, shape (n, k), nearest first, and rows of sites.

    Each site counts once; of equally near ones the earlier row comes first. Where fewer than k are within
    `limit_m`, infinite and -1.
    """
    limit = positive("limit_m", limit_m)
    if k < 1:
        raise WalkArgument("k", k, "1 or more")
    people, facilities = legs.ends(network, points, sites, effort)
    best_m = np.full((len(points), k), np.inf)
    best_site = np.full((len(points), k), -1, np.int32)
    label_m, label_site = nearest_few.labels(
        *legs.graph(network, effort),
        np.concatenate([facilities.u, facilities.v]),
        np.concatenate([facilities.to_u_m, facilities.to_v_m]),
        np.tile(facilities.row.astype(np.int32), 2),
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
        facilities.out_m,
        facilities.back_m,
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
    effort: Effort | None = None,
) -> Floats:
    """How many sites are within a walk of `distance_m` of each point, shape (n,).

    With `count`, shape (s,), the sum of what the sites stand for. 0 where a point is not attached. Searches
    start from whichever side is fewer.
    """
    limit = positive("distance_m", distance_m)
    weights = weights_of(count, len(sites))
    people, facilities = legs.ends(network, points, sites, effort)
    inward = len(people.row) < len(facilities.row)
    origins, targets = (people, facilities) if inward else (facilities.turned, people.turned)
    gathered = np.zeros(len(people.row))
    kernel.count_near(
        *legs.graph(network, effort, leaving=inward),
        unsigned(network.arc_edge),
        *origins[1:],
        legs.starts(network, targets),
        *targets[2:],
        limit,
        float(np.nextafter(limit, np.inf)),
        weights[facilities.row],
        inward,
        FIRST_ROOM,
        gathered,
    )
    result = np.zeros(len(points))
    result[people.row] = gathered
    return result


class _Space:
    """What one thread works in: labels of all nodes and the queue, used again for each search."""

    def __init__(self, network: Network, limit: float, sites: int, effort: Effort | None = None) -> None:
        self.arcs = legs.graph(network, effort)
        self.limit = limit
        self.far = float(np.nextafter(limit, np.inf))
        nodes = len(network.xy)
        self.distance = np.empty(nodes)
        self.head = np.empty(int(limit / kernel.BUCKET_M) + 2, np.uint32)
        self.grow(nodes // 4 + 2 * sites + FIRST_ROOM)

    def grow(self, entries: int) -> None:
        """Room for so many labels that wait at once."""
        self.pool_node, self.pool_next = np.empty(entries, np.uint32), np.empty(entries, np.uint32)

    def search(self, sites: legs.Places) -> None:
        """Label every node with the walk to it from the nearest site."""
        seed_node = np.concatenate([sites.u, sites.v])
        seed_m = np.concatenate([sites.to_u_m, sites.to_v_m])
        while True:
            self.distance.fill(self.far)
            reached = kernel.spread(
                *self.arcs,
                seed_node,
                seed_m,
                self.limit,
                self.far,
                self.distance,
                _NO_NOTES,
                self.head,
                self.pool_node,
                self.pool_next,
            )
            if reached >= 0:
                return
            self.grow(2 * len(self.pool_node))

    def nearest(self, people: legs.Places, start: Rows, sites: legs.Places, result: Floats) -> None:
        """Write the walk from each of the people (those of edge i from start[i]) to the nearest site."""
        self.search(sites)
        legs.arrive(
            people.row, people.u, people.v, people.to_u_m, people.to_v_m, self.distance, self.limit, result
        )
        legs.join(start, people, sites, self.limit, result)


_NO_NOTES = np.empty(0, np.uint32)

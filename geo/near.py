"""The points near a few sites, and only those: what a site that comes or goes can change.

`geo.reach` answers for every point of a city. Here an answer costs what lies around the sites that are asked
about: the search notes the nodes it labels, and only people on streets at such nodes are looked at. Walks are
those of `geo.reach`, to the last bit: each is the least, over sites and ways, of the same sums of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import kernel, legs
from geo.arguments import positive
from geo.attach import Attachment
from geo.effort import Effort
from geo.jit import Bools, Floats, Ints, Rows, jit, unsigned
from geo.network import Network

FIRST_LOOK_M = 500.0
"""How far the first look around a point goes; each further one goes `FARTHER` times as far."""
FARTHER = 3.0
SLACK_M = 1.0
"""A straight line between places on streets may exceed the walk between them by rounding, never by this."""


@dataclass(frozen=True, eq=False)
class Walkers:
    """Points on a network, sorted by street once, so that those of a street are found at once.

    effort: what streets cost them, None where a metre is a metre.
    """

    network: Network
    points: Attachment
    places: legs.Places
    starts: Rows
    effort: Effort | None = None

    @classmethod
    def on(cls, network: Network, points: Attachment, effort: Effort | None = None) -> Walkers:
        places = legs.places(network, points, effort)
        return cls(network, points, places, legs.starts(network, places), effort)


@dataclass(frozen=True, eq=False)
class Near:
    """Some of the points, in rising order, each with its walk to the nearest of the sites asked about."""

    row: NDArray[np.int64]
    walk_m: Floats


def near(walkers: Walkers, sites: Attachment, *, limit_m: float) -> Near:
    """The points within a walk of `limit_m` of any of the sites."""
    limit = positive("limit_m", limit_m)
    network, people = walkers.network, walkers.places
    facilities = legs.places(network, sites, walkers.effort, arriving=True)
    if not len(facilities.row):
        return Near(np.empty(0, np.int64), np.empty(0))
    distance, reached = _labels(network, facilities, limit, walkers.effort)
    seen = np.zeros(len(network.edge_length_m), np.bool_)
    some = _beside(
        unsigned(network.indptr), unsigned(network.arc_edge), reached, facilities.edge, walkers.starts, seen
    )
    walk = np.minimum(
        distance[people.u[some]] + people.to_u_m[some], distance[people.v[some]] + people.to_v_m[some]
    )
    row = people.row[some]
    result = np.full(len(walkers.points), np.inf)
    result[row] = np.where(walk <= limit, walk, np.inf)
    legs.join(walkers.starts, people, facilities, limit, result)
    found = np.sort(row[np.isfinite(result[row])].astype(np.int64))
    return Near(found, result[found])


def nearest_of(walkers: Walkers, rows: ArrayLike, sites: Attachment, *, limit_m: float) -> Floats:
    """Walk in metres from some of the points to the nearest site, shape (rows,); infinite beyond the limit.

    Looks farther step by step, each time only at sites that can lie within the look: where sites are near,
    nothing far away is touched.
    """
    limit = positive("limit_m", limit_m)
    chosen = np.asarray(rows, dtype=np.int64)
    result = np.full(len(chosen), np.inf)
    waiting = np.flatnonzero(walkers.points.attached[chosen])
    look = min(FIRST_LOOK_M, limit)
    least = 1.0 if walkers.effort is None else walkers.effort.least
    while len(waiting):
        around = _around(sites.xy, walkers.points.xy[chosen[waiting]], look / least + SLACK_M)
        found = near(walkers, sites.take(around), limit_m=look)
        there = np.isin(chosen[waiting], found.row)
        done = waiting[there]
        result[done] = found.walk_m[np.searchsorted(found.row, chosen[done])]
        waiting = waiting[~there]
        if look == limit:
            break
        look = min(look * FARTHER, limit)
    return result


def _around(xy: Floats, centre: Floats, margin_m: float) -> Bools:
    """Which places lie in the box around others; none that is nowhere (NaN) does."""
    low, high = centre.min(axis=0) - margin_m, centre.max(axis=0) + margin_m
    return ((xy >= low) & (xy <= high)).all(axis=1)


def _labels(network: Network, sites: legs.Places, limit: float, effort: Effort | None) -> tuple[Floats, Rows]:
    """The walk to each node from the nearest site, more than the limit where there is none; nodes reached."""
    nodes = len(network.xy)
    far = float(np.nextafter(limit, np.inf))
    seed_node = np.concatenate([sites.u, sites.v])
    seed_m = np.concatenate([sites.to_u_m, sites.to_v_m])
    head = np.empty(int(limit / kernel.BUCKET_M) + 2, np.uint32)
    touched = np.empty(nodes, np.uint32)
    room = nodes // 16 + 2 * len(seed_node) + 1024
    while True:
        distance = np.full(nodes, far)
        reached = kernel.spread(
            *legs.graph(network, effort),
            seed_node,
            seed_m,
            limit,
            far,
            distance,
            touched,
            head,
            np.empty(room, np.uint32),
            np.empty(room, np.uint32),
        )
        if reached >= 0:
            return distance, touched[:reached]
        room *= 2


@jit
def _beside(indptr: Rows, arc_edge: Rows, nodes: Rows, edges: Rows, start: Rows, seen: Bools) -> Ints:
    """Which of the sorted places lie on those edges or on an edge at one of the nodes, each once.

    `seen` (e,) is false everywhere; `start` (e + 1,) says which places lie on each edge.
    """
    count = 0
    for edge in edges:
        if not seen[edge]:
            seen[edge] = True
            count += start[edge + 1] - start[edge]
    for node in nodes:
        for arc in range(indptr[node], indptr[node + 1]):
            edge = arc_edge[arc]
            if not seen[edge]:
                seen[edge] = True
                count += start[edge + 1] - start[edge]
    result = np.empty(count, np.int32)
    top = 0
    for edge in edges:
        if seen[edge]:
            seen[edge] = False
            for place in range(start[edge], start[edge + 1]):
                result[top] = place
                top += 1
    for node in nodes:
        for arc in range(indptr[node], indptr[node + 1]):
            edge = arc_edge[arc]
            if seen[edge]:
                seen[edge] = False
                for place in range(start[edge], start[edge + 1]):
                    result[top] = place
                    top += 1
    return result

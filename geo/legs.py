"""The first and the last leg of a walk: from a place on a street to the ends of the street, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.errors import WalkArgument
from geo.jit import Floats, Ints, Rows, jit, unsigned

if TYPE_CHECKING:
    from geo.attach import Attachment
    from geo.effort import Effort
    from geo.network import Network


class Places(NamedTuple):
    """The attached ones of some points, sorted by edge and by place on the edge."""

    row: Rows
    """The row each has among all points."""
    edge: Rows
    offset_m: Floats
    access_m: Floats
    out_m: Floats
    """Cost of the edge from its u to the place; the offset itself where a metre is a metre."""
    back_m: Floats
    """Cost of the edge from the place to its u; likewise."""
    u: Rows
    v: Rows
    to_u_m: Floats
    """Access and the way along the edge between the place and its u, in the direction of the walk."""
    to_v_m: Floats

    @property
    def turned(self) -> Places:
        """The same for a search from where walks end: what lies ahead of it is the way back."""
        return self._replace(out_m=self.back_m, back_m=self.out_m)

    def take(self, some: NDArray[np.integer] | slice) -> Places:
        """Some of them, still in order."""
        return Places._make(values[some] for values in self)


def places(
    network: Network, attachment: Attachment, effort: Effort | None = None, *, arriving: bool = False
) -> Places:
    """The attached ones, sorted. `arriving`: their walks end there, instead of starting there."""
    by_offset = np.argsort(attachment.offset_m).astype(np.int32)
    row = _by_edge(attachment.edge, by_offset, len(network.edge_length_m))
    edge, offset, access = attachment.edge[row], attachment.offset_m[row], attachment.access_m[row]
    if effort is None:
        out = back = offset
        to_u, to_v = offset, network.edge_length_m[edge] - offset
    else:
        out, back, from_v, to_v = effort.cost_at(edge, offset)
        to_u, to_v = (out, from_v) if arriving else (back, to_v)
    u, v = network.edge_u[edge], network.edge_v[edge]
    return Places(
        row=unsigned(row),
        edge=unsigned(edge),
        offset_m=offset,
        access_m=access,
        out_m=out,
        back_m=back,
        u=unsigned(u),
        v=unsigned(v),
        to_u_m=access + to_u,
        to_v_m=access + to_v,
    )


def ends(
    network: Network, points: Attachment, sites: Attachment, effort: Effort | None
) -> tuple[Places, Places]:
    """Where walks start and where they end."""
    if effort is not None and len(effort.arc_cost_m) != len(network.neighbour):
        raise WalkArgument("effort", f"of {len(effort.arc_cost_m)} arcs", "of the network that is walked on")
    return places(network, points, effort), places(network, sites, effort, arriving=True)


def graph(network: Network, effort: Effort | None, *, leaving: bool = False) -> tuple[Rows, Rows, Floats]:
    """The arcs that are searched; a search from where walks end goes along them the other way."""
    if effort is None:
        cost = network.arc_length_m
    else:
        cost = effort.arc_cost_m if leaving else effort.arc_cost_back_m
    return unsigned(network.indptr), unsigned(network.neighbour), cost


def starts(network: Network, sorted_places: Places) -> Rows:
    """Shape (e + 1,): the places on edge i are rows starts[i] to starts[i + 1]."""
    count = np.bincount(sorted_places.edge, minlength=len(network.edge_length_m))
    return np.concatenate([[0], np.cumsum(count)]).astype(np.uint32)


@jit
def _by_edge(edge: Ints, order: Ints, edges: int) -> Ints:
    """Rows with an edge, by edge, and in `order` on each."""
    start = np.zeros(edges + 1, np.int32)
    for row in range(len(edge)):
        if edge[row] >= 0:
            start[edge[row] + 1] += 1
    for e in range(edges):
        start[e + 1] += start[e]
    result = np.empty(start[edges], np.int32)
    for row in order:
        e = edge[row]
        if e >= 0:
            result[start[e]] = row
            start[e] += 1
    return result


@jit
def arrive(
    row: Rows, u: Rows, v: Rows, to_u: Floats, to_v: Floats, distance: Floats, limit: float, result: Floats
) -> None:
    """The walk to each point by the better end of its edge; infinite beyond the limit."""
    for i in range(len(row)):
        d = min(distance[u[i]] + to_u[i], distance[v[i]] + to_v[i])
        result[row[i]] = d if d <= limit else np.inf


def join(start: Rows, people: Places, sites: Places, limit: float, result: Floats) -> None:
    """Lower `result` where a site lies on the point's own edge and the way along it is shorter.

    `start` (e + 1,) says which of the people lie on each edge.
    """
    _join(
        start,
        people.row,
        people.offset_m,
        people.out_m,
        people.back_m,
        people.access_m,
        sites.edge,
        sites.offset_m,
        sites.out_m,
        sites.back_m,
        sites.access_m,
        limit,
        result,
    )


@jit
def _join(
    start: Rows,
    row: Rows,
    offset: Floats,
    out: Floats,
    back: Floats,
    access: Floats,
    site_edge: Rows,
    site_offset: Floats,
    site_out: Floats,
    site_back: Floats,
    site_access: Floats,
    limit: float,
    result: Floats,
) -> None:
    """On each edge that has sites, one sweep up (sites behind the point: the least access less the way back
    from them) and one down (sites ahead: the least access and way out to them). Both sides are sorted by edge
    and offset.
    """
    low = 0
    while low < len(site_edge):
        e = site_edge[low]
        high = low
        while high < len(site_edge) and site_edge[high] == e:
            high += 1
        first, last = int(start[e]), int(start[e + 1])
        if last > first:
            best = np.inf
            site = low
            for i in range(first, last):
                while site < high and site_offset[site] <= offset[i]:
                    best = min(best, site_access[site] - site_back[site])
                    site += 1
                d = best + back[i] + access[i]
                if d <= limit and d < result[row[i]]:
                    result[row[i]] = d
            best = np.inf
            site = high - 1
            for i in range(last - 1, first - 1, -1):
                while site >= low and site_offset[site] >= offset[i]:
                    best = min(best, site_access[site] + site_out[site])
                    site -= 1
                d = best - out[i] + access[i]
                if d <= limit and d < result[row[i]]:
                    result[row[i]] = d
        low = high

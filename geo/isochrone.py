"""Isochrones: the pieces of streets that are reached from a place within some distances, exactly.

One bounded search labels the junctions; a pass over the streets at those junctions cuts each street where a
limit is met, from both of its ends and from the places on it. A click costs what it reaches and nothing that
grows with the city: labels live in a workspace that is cleared through the list of nodes it touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import kernel, street_pieces
from geo.arguments import positive
from geo.attach import Attachment
from geo.effort import Effort
from geo.errors import WalkArgument
from geo.jit import Floats, Ints, Rows, unsigned
from geo.network import Network

FIRST_ROOM = 4096
"""Labels that may wait, and pieces that may be found, before the workspace grows."""


@dataclass(frozen=True, eq=False)
class Isochrone:
    """What is reached: p pieces of streets, each in the lowest band whose limit reaches it."""

    network: Network
    limits_m: tuple[float, ...]
    """Rising; band i is what lies beyond limit i - 1 and within limit i."""
    edge: Ints
    """Shape (p,): the pieces of one street stand together, in their order along it."""
    from_m: Floats
    """Shape (p,): along the edge from its u."""
    to_m: Floats
    band: Ints
    """Shape (p,): from 0."""
    node: Ints
    """Shape (r,): the junctions within the last limit, in the order they were found."""
    node_m: Floats
    """Shape (r,): the walk to each."""
    source_edge: Ints
    """Shape (s,): the origin's places on streets, sorted by edge and by place on it."""
    source_offset_m: Floats
    source_access_m: Floats
    effort: Effort | None = None
    """What streets cost in the direction that was walked; None where a metre is a metre."""

    @cached_property
    def reached_m(self) -> Floats:
        """Shape (bands,): metres of street within each limit; never falling."""
        own = np.bincount(self.band, weights=self.to_m - self.from_m, minlength=len(self.limits_m))
        return np.cumsum(own).astype(np.float64)

    def walk_at(self, points: Attachment) -> Floats:
        """The walk between the origin and each point, shape (n,); infinite beyond the last limit."""
        node, node_m = self._by_node
        out, back, rest = self._along(points.edge, points.offset_m)
        source_out, source_back, _ = self._along(self.source_edge, self.source_offset_m)
        found: Floats = street_pieces.walk_at(
            points.edge,
            points.access_m,
            out,
            back,
            rest,
            self.network.edge_u,
            self.network.edge_v,
            node,
            node_m,
            self.source_edge,
            self.source_access_m,
            source_out,
            source_back,
            self.limits_m[-1],
        )
        return found

    @cached_property
    def _by_node(self) -> tuple[Ints, Floats]:
        order = np.argsort(self.node)
        return self.node[order], self.node_m[order]

    def _along(self, edge: Ints, offset_m: Floats) -> tuple[Floats, Floats, Floats]:
        """Costs from a street's u to places on it, back to u, and from its v; anything where edge is -1."""
        if self.effort is None:
            return offset_m, offset_m, self.network.edge_length_m[edge] - offset_m
        out, back, from_v, _ = self.effort.cost_at(np.maximum(edge, 0), offset_m)
        return out, back, from_v

    def lines(self) -> NDArray[np.object_]:
        """The pieces as drawn, shape (p,): lines in the network's CRS."""
        xy, piece = self.vertices()
        return np.asarray(shapely.linestrings(xy, indices=piece), dtype=object)

    def vertices(self) -> tuple[Floats, Ints]:
        """The vertices of all pieces, shape (k, 2), and the piece each belongs to, shape (k,)."""
        found: tuple[Floats, Ints] = street_pieces.cut(
            self.edge, self.from_m, self.to_m, self.network.shape_offset, self.network.shape_xy
        )
        return found


def isochrone(
    network: Network,
    origin: Attachment,
    limits_m: Sequence[float],
    effort: Effort | None = None,
    *,
    inward: bool = False,
) -> Isochrone:
    """The streets within each of some walks from the nearest of one or several places.

    Parameters
    ----------
    origin
        Attached to this network. Each place's access leg counts as walking; places that attach to no street
        reach nothing.
    limits_m
        Rising distances in metres, of `effort` on the flat. A place at exactly a limit is within it.
    inward
        The streets from which a place is reached, instead of those that are reached from one. Without effort
        a way is as long there as back, and both are the same.
    """
    limits = _limits(limits_m)
    if effort is not None:
        if len(effort.arc_cost_m) != len(network.neighbour):
            raise WalkArgument(
                "effort", f"of {len(effort.arc_cost_m)} arcs", "of the network that is walked on"
            )
        effort = effort.turned if inward else effort
    sources = _sources(network, origin)
    space = _borrow(network)
    try:
        return space.spread(limits, *sources, effort)
    finally:
        _give_back(network, space)


def _limits(limits_m: Sequence[float]) -> Floats:
    limits = np.array([positive("limits_m", limit) for limit in limits_m])
    if not len(limits) or (np.diff(limits) <= 0).any():
        raise WalkArgument("limits_m", list(limits_m), "one or more rising distances")
    return limits


def _sources(network: Network, origin: Attachment) -> tuple[Ints, Floats, Floats]:
    """Edge, offset and access of the attached places, sorted; without a pass over the city's streets."""
    rows = np.flatnonzero(origin.edge >= 0)
    if len(rows) > 1:
        rows = rows[np.lexsort((origin.offset_m[rows], origin.edge[rows]))]
    return origin.edge[rows], origin.offset_m[rows], origin.access_m[rows]


class _Space:
    """What one search works in; as large as the network, made once and cleared through what was touched."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.arcs = unsigned(network.indptr), unsigned(network.neighbour)
        self.limit = 0.0
        self.distance = np.empty(len(network.xy))
        self.touched = np.empty(len(network.xy), np.uint32)
        self.seen = np.zeros(len(network.edge_length_m), np.int32)
        self.turn = 0
        self.waiting(FIRST_ROOM)
        self.pieces(FIRST_ROOM)

    def waiting(self, room: int) -> None:
        self.pool = np.empty(room, np.uint32), np.empty(room, np.uint32)

    def pieces(self, room: int) -> None:
        self.found = np.empty(room, np.int32), np.empty(room), np.empty(room), np.empty(room, np.int32)

    def spread(
        self, limits: Floats, edge: Ints, offset: Floats, access: Floats, effort: Effort | None
    ) -> Isochrone:
        network, limit = self.network, float(limits[-1])
        reached = self.search(limit, edge, offset, access, effort)
        breaks = _FLAT
        if effort is not None:
            breaks = effort.break_offset, effort.break_m, effort.out_m, effort.back_m
        node = self.touched[:reached]
        node_m = self.distance[node]
        while True:
            self.turn += 1
            count = street_pieces.reached(
                node,
                self.distance,
                network.indptr,
                network.arc_edge,
                network.edge_u,
                network.edge_v,
                network.edge_length_m,
                edge,
                offset,
                access,
                *breaks,
                limits,
                self.seen,
                self.turn,
                *self.found,
            )
            if count >= 0:
                break
            self.pieces(2 * len(self.found[0]))
        self.distance[node] = self.far
        piece_edge, from_m, to_m, band = self.found
        return Isochrone(
            network=network,
            limits_m=tuple(limits.tolist()),
            edge=piece_edge[:count].copy(),
            from_m=from_m[:count].copy(),
            to_m=to_m[:count].copy(),
            band=band[:count].copy(),
            node=node.astype(np.int32),
            node_m=node_m,
            source_edge=edge,
            source_offset_m=offset,
            source_access_m=access,
            effort=effort,
        )

    def search(self, limit: float, edge: Ints, offset: Floats, access: Floats, effort: Effort | None) -> int:
        """Label the nodes within the limit; their number, and they stand in `touched`."""
        network = self.network
        if limit != self.limit:
            self.limit, self.far = limit, float(np.nextafter(limit, np.inf))
            self.distance.fill(self.far)
            self.head = np.empty(int(limit / kernel.BUCKET_M) + 2, np.uint32)
        seed: Rows = unsigned(np.concatenate([network.edge_u[edge], network.edge_v[edge]]))
        cost, to_u, to_v = network.arc_length_m, offset, network.edge_length_m[edge] - offset
        if effort is not None:
            cost = effort.arc_cost_m
            _, to_u, _, to_v = effort.cost_at(edge, offset)
        seed_m = np.concatenate([access + to_u, access + to_v])
        while True:
            reached = int(
                kernel.spread(
                    *self.arcs,
                    cost,
                    seed,
                    seed_m,
                    limit,
                    self.far,
                    self.distance,
                    self.touched,
                    self.head,
                    *self.pool,
                )
            )
            if reached >= 0:
                return reached
            self.distance.fill(self.far)
            self.waiting(2 * len(self.pool[0]))


_FLAT = np.zeros(1, np.int32), np.empty(0), np.empty(0), np.empty(0)
_spaces: "WeakKeyDictionary[Network, list[_Space]]" = WeakKeyDictionary()
_lock = Lock()
SPACES_KEPT = 4
"""Of each network: as many threads may ask at once before one has to make its own again."""


def _borrow(network: Network) -> _Space:
    with _lock:
        free = _spaces.setdefault(network, [])
        if free:
            return free.pop()
    return _Space(network)


def _give_back(network: Network, space: _Space) -> None:
    with _lock:
        free = _spaces.setdefault(network, [])
        if len(free) < SPACES_KEPT:
            free.append(space)

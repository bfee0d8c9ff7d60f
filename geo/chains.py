"""Contract chains: a street between two junctions is one edge, however many vertices it was drawn with."""

from typing import NamedTuple

import numpy as np

from geo.jit import Bools, Floats, Ints, jit


class Lines(NamedTuple):
    """Edges between nodes, each with the vertices strictly between its ends."""

    u: Ints
    v: Ints
    inner_offset: Ints
    """Shape (e + 1,): the inner vertices of edge i are rows inner_offset[i] to inner_offset[i + 1]."""
    inner_xy: Floats


class Chains(NamedTuple):
    """Edges in the order in which they are walked, chain after chain."""

    offset: Ints
    """Shape (c + 1,): chain i is entries offset[i] to offset[i + 1] of `edge`."""
    edge: Ints
    forward: Bools
    """Whether the edge is walked from its u to its v."""
    u: Ints
    v: Ints


def find(lines: Lines, nodes: int, *, contract: bool) -> Chains:
    """The chains between junctions; with `contract` False every edge is a chain of its own.

    A junction is a node whose degree is not two (a loop counts twice). A closed chain that meets no
    junction starts and ends at its first node. Chains come in the order of their first node, closed ones
    last, and u <= v for all that were not given as a loop.
    """
    start, arc_edge = incidence(lines.u, lines.v, nodes)
    return Chains(*_walk(lines.u, lines.v, start, arc_edge, contract))


def incidence(u: Ints, v: Ints, nodes: int) -> tuple[Ints, Ints]:
    """The edges at each node, by edge order: (start (nodes + 1,), edge (2 e,)). A loop is there twice."""
    start, edge = _incidence(u, v, nodes)
    return start, edge


def shapes(chains: Chains, lines: Lines, xy: Floats, rows: Ints) -> tuple[Ints, Floats, Floats, Ints]:
    """Offset (c + 1,) and vertices (k, 2) of each chain from u to v, and its length (c,) along them.

    Last, shape (k,): from `rows`, which has one number for each line, that of the line which leads on from
    each vertex; -1 at the last vertex of a chain.
    """
    offset, shape, length, row = _shapes(
        chains.offset,
        chains.edge,
        chains.forward,
        lines.u,
        lines.v,
        lines.inner_offset,
        lines.inner_xy,
        xy,
        rows,
    )
    return offset, shape, length, row


@jit
def _incidence(u: Ints, v: Ints, nodes: int) -> tuple[Ints, Ints]:
    start = np.zeros(nodes + 1, np.int32)
    for e in range(len(u)):
        start[u[e] + 1] += 1
        start[v[e] + 1] += 1
    for node in range(nodes):
        start[node + 1] += start[node]
    place = start[:-1].copy()
    edge = np.empty(2 * len(u), np.int32)
    for e in range(len(u)):
        edge[place[u[e]]] = e
        place[u[e]] += 1
        edge[place[v[e]]] = e
        place[v[e]] += 1
    return start, edge


@jit
def _walk(
    u: Ints, v: Ints, start: Ints, arc_edge: Ints, contract: bool
) -> tuple[Ints, Ints, Bools, Ints, Ints]:
    edges = len(u)
    seen = np.zeros(edges, np.bool_)
    sequence = np.empty(edges, np.int32)
    forward = np.empty(edges, np.bool_)
    offset = np.empty(edges + 1, np.int32)
    chain_u = np.empty(edges, np.int32)
    chain_v = np.empty(edges, np.int32)
    chains = 0
    top = 0
    offset[0] = 0
    for closed in range(2):  # first from junctions, then what is left: closed chains without one
        for origin in range(len(start) - 1):
            if contract and closed == 0 and start[origin + 1] - start[origin] == 2:
                continue
            for arc in range(start[origin], start[origin + 1]):
                e = arc_edge[arc]
                if seen[e]:
                    continue
                node = origin
                while True:
                    seen[e] = True
                    sequence[top] = e
                    forward[top] = u[e] == node
                    top += 1
                    node = v[e] if u[e] == node else u[e]
                    if not contract or node == origin or start[node + 1] - start[node] != 2:
                        break
                    first = start[node]
                    e = arc_edge[first] if arc_edge[first] != e else arc_edge[first + 1]
                chain_u[chains] = origin
                chain_v[chains] = node
                chains += 1
                offset[chains] = top
    return offset[: chains + 1].copy(), sequence, forward, chain_u[:chains].copy(), chain_v[:chains].copy()


@jit
def _shapes(
    offset: Ints,
    edge: Ints,
    forward: Bools,
    u: Ints,
    v: Ints,
    inner_offset: Ints,
    inner_xy: Floats,
    xy: Floats,
    rows: Ints,
) -> tuple[Ints, Floats, Floats, Ints]:
    chains = len(offset) - 1
    shape_offset = np.zeros(chains + 1, np.int32)
    for c in range(chains):
        count = 1
        for i in range(offset[c], offset[c + 1]):
            count += inner_offset[edge[i] + 1] - inner_offset[edge[i]] + 1
        shape_offset[c + 1] = shape_offset[c] + count
    shape = np.empty((shape_offset[chains], 2))
    source = np.empty(shape_offset[chains], np.int32)
    length = np.zeros(chains)
    for c in range(chains):
        row = shape_offset[c]
        first = edge[offset[c]]
        node = u[first] if forward[offset[c]] else v[first]
        shape[row] = xy[node]
        for i in range(offset[c], offset[c + 1]):
            e = edge[i]
            low, high = inner_offset[e], inner_offset[e + 1]
            for j in range(high - low):
                source[row] = rows[e]
                row += 1
                shape[row] = inner_xy[low + j] if forward[i] else inner_xy[high - 1 - j]
            source[row] = rows[e]
            row += 1
            shape[row] = xy[v[e]] if forward[i] else xy[u[e]]
        source[row] = -1
        for k in range(shape_offset[c], row):
            length[c] += np.hypot(shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1])
    return shape_offset, shape, length, source

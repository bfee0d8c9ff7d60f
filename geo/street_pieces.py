"""Kernels of isochrones: streets cut where a limit is met, walks to places on them, and the pieces as drawn.

Between two neighbouring known places of a street (its ends, and origins on it) the walk rises from both and
is highest in between: it is at x from the first min(W1 + x, W2 + gap - x), as nobody gets in between them
but past one of the two.
"""

import numpy as np

from geo.jit import Floats, Ints, Rows, jit


@jit
def reached(
    node: Rows,
    distance: Floats,
    indptr: Ints,
    arc_edge: Ints,
    edge_u: Ints,
    edge_v: Ints,
    edge_length: Floats,
    source_edge: Ints,
    source_offset: Floats,
    source_access: Floats,
    limits: Floats,
    seen: Ints,
    turn: int,
    piece_edge: Ints,
    piece_from: Floats,
    piece_to: Floats,
    piece_band: Ints,
) -> int:
    """Cut the streets at the labelled nodes and at the sources; the number of pieces, -1 for want of room.

    `distance` (n,) holds a number above the last limit where a node is not reached. `seen` (e,) holds numbers
    below `turn`. Sources are sorted by edge and offset. Pieces of one street stand together, in order.
    """
    last = len(limits) - 1
    limit = limits[last]
    place = np.empty(len(source_edge) + 2)
    walk = np.empty(len(source_edge) + 2)
    top = 0
    source = 0
    for i in range(-1, len(node)):  # the sources' own streets first: their ends may be out of reach
        low, high = (0, len(source_edge)) if i < 0 else (indptr[node[i]], indptr[node[i] + 1])
        for k in range(low, high):
            e = source_edge[k] if i < 0 else arc_edge[k]
            if seen[e] == turn:
                continue
            seen[e] = turn
            to_u, to_v = distance[edge_u[e]], distance[edge_v[e]]
            count = 1
            place[0] = 0.0
            walk[0] = to_u if to_u <= limit else np.inf
            if i < 0:
                source = k
                while source < len(source_edge) and source_edge[source] == e:
                    place[count], walk[count] = source_offset[source], source_access[source]
                    count += 1
                    source += 1
            place[count] = edge_length[e]
            walk[count] = to_v if to_v <= limit else np.inf
            for p in range(1, count + 1):
                walk[p] = min(walk[p], walk[p - 1] + (place[p] - place[p - 1]))
            for p in range(count - 1, -1, -1):
                walk[p] = min(walk[p], walk[p + 1] + (place[p + 1] - place[p]))
            if top + count * 2 * (last + 1) > len(piece_edge):
                return -1
            first = top
            for p in range(count):
                start, stop = place[p], place[p + 1]
                before, after = walk[p], walk[p + 1]
                if not (before <= limit or after <= limit):
                    continue
                if after > limit:
                    middle = stop
                elif before > limit:
                    middle = start
                else:
                    middle = min(max(start + (after - before + (stop - start)) / 2.0, start), stop)
                low_m = start
                for band in range(last + 1):  # rising from the start
                    high_m = min(middle, start + (limits[band] - before))
                    if high_m > low_m:
                        top = _put(
                            e, low_m, high_m, band, first, top, piece_edge, piece_from, piece_to, piece_band
                        )
                        low_m = high_m
                low_m = max(middle, stop - (limit - after))
                for band in range(last, -1, -1):  # falling towards the stop
                    high_m = stop if band == 0 else max(middle, stop - max(limits[band - 1] - after, 0.0))
                    if high_m > low_m:
                        top = _put(
                            e, low_m, high_m, band, first, top, piece_edge, piece_from, piece_to, piece_band
                        )
                        low_m = high_m
    return top


@jit
def _put(
    e: int,
    low: float,
    high: float,
    band: int,
    first: int,
    top: int,
    piece_edge: Ints,
    piece_from: Floats,
    piece_to: Floats,
    piece_band: Ints,
) -> int:
    """Add a piece, or let the street's last one go on where it ends here in the same band."""
    if top > first and piece_band[top - 1] == band and piece_to[top - 1] == low:
        piece_to[top - 1] = high
        return top
    piece_edge[top], piece_band[top] = e, band
    piece_from[top], piece_to[top] = low, high
    return top + 1


@jit
def walk_at(
    edge: Ints,
    offset: Floats,
    access: Floats,
    edge_u: Ints,
    edge_v: Ints,
    edge_length: Floats,
    node: Ints,
    node_m: Floats,
    source_edge: Ints,
    source_offset: Floats,
    source_access: Floats,
    limit: float,
) -> Floats:
    """The walk to each place; infinite where it has no street or is beyond the limit. `node` rises."""
    result = np.full(len(edge), np.inf)
    for i in range(len(edge)):
        e = edge[i]
        if e < 0:
            continue
        best = np.inf
        at = np.searchsorted(node, edge_u[e])
        if at < len(node) and node[at] == edge_u[e]:
            best = node_m[at] + (access[i] + offset[i])
        at = np.searchsorted(node, edge_v[e])
        if at < len(node) and node[at] == edge_v[e]:
            best = min(best, node_m[at] + (access[i] + (edge_length[e] - offset[i])))
        at = np.searchsorted(source_edge, e)
        while at < len(source_edge) and source_edge[at] == e:
            best = min(best, source_access[at] + abs(source_offset[at] - offset[i]) + access[i])
            at += 1
        if best <= limit:
            result[i] = best
    return result


@jit
def cut(edge: Ints, low: Floats, high: Floats, shape_offset: Ints, shape: Floats) -> tuple[Floats, Ints]:
    """The vertices of pieces of lines, and which piece each is of; at least two for each."""
    room = 0
    for i in range(len(edge)):
        room += shape_offset[edge[i] + 1] - shape_offset[edge[i]] + 2
    xy = np.empty((room, 2))
    piece = np.empty(room, np.int32)
    top = 0
    for i in range(len(edge)):
        along = 0.0
        begun = False
        last = shape_offset[edge[i] + 1] - 2
        for k in range(shape_offset[edge[i]], last + 1):
            ax, ay = shape[k, 0], shape[k, 1]
            bx, by = shape[k + 1, 0] - ax, shape[k + 1, 1] - ay
            step = np.hypot(bx, by)
            if along + step <= low[i] and k < last:
                along += step
                continue
            if not begun:
                share = min(max((low[i] - along) / step, 0.0), 1.0) if step > 0 else 0.0
                xy[top, 0], xy[top, 1], piece[top] = ax + share * bx, ay + share * by, i
                top += 1
                begun = True
            share = min((high[i] - along) / step, 1.0) if step > 0 else 1.0
            xy[top, 0], xy[top, 1], piece[top] = ax + share * bx, ay + share * by, i
            top += 1
            along += step
            if along >= high[i]:
                break
    return xy[:top], piece[:top]

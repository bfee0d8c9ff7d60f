"""Kernels of isochrones: streets cut where a limit is met, walks to places on them, and the pieces as drawn.

Between two neighbouring known places of a street (its ends, origins on it, and where its cost changes) the
walk rises from both and is highest in between: at x from the first it is min(W1 + f x, W2 + b (gap - x)), as
nobody gets in between but past one of the two. f and b are what a metre costs there and back, else 1.
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
    break_offset: Ints,
    break_m: Floats,
    out_m: Floats,
    back_m: Floats,
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
    below `turn`. Sources are sorted by edge and offset. Breaks and costs are those of `Effort`, or empty.
    Pieces of one street stand together, in order.
    """
    last = len(limits) - 1
    limit = limits[last]
    graded = len(break_m) > 0
    room = len(source_edge) + 2
    place = np.empty(room)
    walk = np.empty(room)
    out = np.empty(room)
    back = np.empty(room)
    top = 0
    for i in range(-1, len(node)):  # the sources' own streets first: their ends may be out of reach
        low, high = (0, len(source_edge)) if i < 0 else (indptr[node[i]], indptr[node[i] + 1])
        for k in range(low, high):
            e = source_edge[k] if i < 0 else arc_edge[k]
            if seen[e] == turn:
                continue
            seen[e] = turn
            to_u, to_v = distance[edge_u[e]], distance[edge_v[e]]
            if graded and break_offset[e + 1] - break_offset[e] + len(source_edge) > room:
                room = 2 * (break_offset[e + 1] - break_offset[e] + len(source_edge))
                place, walk, out, back = np.empty(room), np.empty(room), np.empty(room), np.empty(room)
            place[0] = out[0] = back[0] = 0.0
            walk[0] = to_u if to_u <= limit else np.inf
            count = 1
            at, stop_at = (break_offset[e] + 1, break_offset[e + 1] - 1) if graded else (0, 0)
            source = k if i < 0 else len(source_edge)
            while True:
                here = source < len(source_edge) and source_edge[source] == e
                if at < stop_at and not (here and source_offset[source] <= break_m[at]):
                    place[count], walk[count] = break_m[at], np.inf
                    out[count], back[count] = out_m[at], back_m[at]
                    at += 1
                elif here:
                    place[count], walk[count] = source_offset[source], source_access[source]
                    out[count] = back[count] = source_offset[source]
                    if graded:
                        gap = break_m[at] - break_m[at - 1]
                        share = (source_offset[source] - break_m[at - 1]) / gap if gap > 0 else 0.0
                        share = min(max(share, 0.0), 1.0)
                        out[count] = out_m[at - 1] + share * (out_m[at] - out_m[at - 1])
                        back[count] = back_m[at - 1] + share * (back_m[at] - back_m[at - 1])
                    source += 1
                else:
                    break
                count += 1
            place[count] = edge_length[e]
            walk[count] = to_v if to_v <= limit else np.inf
            out[count], back[count] = edge_length[e], edge_length[e]
            if graded:
                out[count], back[count] = out_m[stop_at], back_m[stop_at]
            for p in range(1, count + 1):
                walk[p] = min(walk[p], walk[p - 1] + (out[p] - out[p - 1]))
            for p in range(count - 1, -1, -1):
                walk[p] = min(walk[p], walk[p + 1] + (back[p + 1] - back[p]))
            if top + count * 2 * (last + 1) > len(piece_edge):
                return -1
            first = top
            for p in range(count):
                start, stop = place[p], place[p + 1]
                before, after = walk[p], walk[p + 1]
                if stop <= start or not (before <= limit or after <= limit):
                    continue
                there = (out[p + 1] - out[p]) / (stop - start)
                again = (back[p + 1] - back[p]) / (stop - start)
                if after > limit:
                    middle = stop
                elif before > limit:
                    middle = start
                else:
                    middle = start + (after - before + again * (stop - start)) / (there + again)
                    middle = min(max(middle, start), stop)
                low_m = start
                for band in range(last + 1):  # rising from the start
                    high_m = min(middle, start + (limits[band] - before) / there)
                    if high_m > low_m:
                        top = _put(
                            e, low_m, high_m, band, first, top, piece_edge, piece_from, piece_to, piece_band
                        )
                        low_m = high_m
                low_m = max(middle, stop - (limit - after) / again)
                for band in range(last, -1, -1):  # falling towards the stop
                    high_m = stop
                    if band > 0:
                        high_m = max(middle, stop - max(limits[band - 1] - after, 0.0) / again)
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
    access: Floats,
    out: Floats,
    back: Floats,
    rest_back: Floats,
    edge_u: Ints,
    edge_v: Ints,
    node: Ints,
    node_m: Floats,
    source_edge: Ints,
    source_access: Floats,
    source_out: Floats,
    source_back: Floats,
    limit: float,
) -> Floats:
    """The walk to each place; infinite where it has no street or is beyond the limit. `node` rises.

    `out`, `back`: what it costs from a street's u to the place and the other way, and `rest_back` from its v;
    likewise of the sources.
    """
    result = np.full(len(edge), np.inf)
    for i in range(len(edge)):
        e = edge[i]
        if e < 0:
            continue
        best = np.inf
        at = np.searchsorted(node, edge_u[e])
        if at < len(node) and node[at] == edge_u[e]:
            best = node_m[at] + (access[i] + out[i])
        at = np.searchsorted(node, edge_v[e])
        if at < len(node) and node[at] == edge_v[e]:
            best = min(best, node_m[at] + (access[i] + rest_back[i]))
        at = np.searchsorted(source_edge, e)
        while at < len(source_edge) and source_edge[at] == e:
            along = max(out[i] - source_out[at], source_back[at] - back[i])
            best = min(best, source_access[at] + along + access[i])
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

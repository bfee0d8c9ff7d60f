"""The search itself: from many places at once, outwards along the streets, in the order of distance.

A Dial queue: labels wait in buckets of equal width (a power of two, so that the bucket of a label is
exact), buckets are emptied in order, and within a bucket labels may be corrected until none improves. That
ends with the same label at every node as Dijkstra's algorithm, to the last bit, because each label is the
least over all walks of the sum of its steps taken in order. Nodes of degree two are walked through without
waiting. (Dial, Algorithm 360, CACM 12, 1969; correction within buckets as in Meyer and Sanders, J. Algorithms
49, 2003.)
"""

import numpy as np

from geo.jit import Floats, Ints, Rows, jit

BUCKET_M = 64.0
"""Width of a bucket; must be a power of two."""


@jit
def spread(
    indptr: Rows,
    neighbour: Rows,
    arc_length: Floats,
    seed_node: Rows,
    seed_m: Floats,
    limit: float,
    far: float,
    distance: Floats,
    touched: Rows,
    head: Rows,
    pool_node: Rows,
    pool_next: Rows,
) -> int:
    """Lower `distance` (n,) to the walk from the nearest seed wherever that is at most `limit`.

    `distance` must hold `far`, the next number after `limit`, everywhere. Afterwards the nodes that were
    reached stand in `touched`, unless that has no room at all, and their number is returned; it is -1 if
    the pool was too small: then all must be set up again with a larger one. `head` (limit / BUCKET_M + 2,)
    and the pool are working space, whose content means nothing between calls.

    Places in arrays are unsigned, which spares a test for negative ones at every access and halves the
    time. Entry 0 of the pool is not used: 0 is the end of a list.
    """
    inverse = 1.0 / BUCKET_M
    buckets = int(limit * inverse) + 1
    for bucket in range(buckets):
        head[bucket] = 0
    top = np.uint32(1)
    free = np.uint32(0)
    reached = 0
    notes = len(touched) > 0
    if len(seed_node) >= len(pool_node):
        return -1
    for i in range(len(seed_node)):
        node, d = seed_node[i], seed_m[i]
        if d < distance[node]:
            if notes and distance[node] == far:
                touched[reached] = node
                reached += 1
            distance[node] = d
            into = np.uint32(d * inverse)
            pool_node[top] = node
            pool_next[top] = head[into]
            head[into] = top
            top = np.uint32(top + 1)
    for bucket in range(buckets):
        low = bucket * BUCKET_M
        while head[bucket] != 0:
            entry = head[bucket]
            head[bucket] = pool_next[entry]
            pool_next[entry] = free
            free = entry
            node = pool_node[entry]
            start = distance[node]
            if start < low:
                continue  # improved since, and done in an earlier bucket
            for arc in range(indptr[node], indptr[node + 1]):
                before = node
                after = neighbour[arc]
                d = start + arc_length[arc]
                waits = False
                while d < distance[after]:
                    if notes and distance[after] == far:
                        touched[reached] = after
                        reached += 1
                    distance[after] = d
                    step = indptr[after]
                    degree = indptr[after + 1] - step
                    if degree != 2:
                        waits = degree > 2
                        break
                    if neighbour[step] == before:
                        step = np.uint32(step + 1)
                    before = after
                    after = neighbour[step]
                    d += arc_length[step]
                if waits:
                    into = np.uint32(d * inverse)
                    if free != 0:
                        entry = free
                        free = pool_next[entry]
                    elif top < len(pool_node):
                        entry = top
                        top = np.uint32(top + 1)
                    else:
                        return -1
                    pool_node[entry] = after
                    pool_next[entry] = head[into]
                    head[into] = entry
    return reached


@jit
def count_near(
    indptr: Rows,
    neighbour: Rows,
    arc_length: Floats,
    arc_edge: Rows,
    from_edge: Rows,
    from_offset: Floats,
    from_access: Floats,
    from_ahead: Floats,
    from_behind: Floats,
    from_u: Rows,
    from_v: Rows,
    from_to_u: Floats,
    from_to_v: Floats,
    edge_start: Rows,
    to_offset: Floats,
    to_access: Floats,
    to_ahead: Floats,
    to_behind: Floats,
    to_u: Rows,
    to_v: Rows,
    to_to_u: Floats,
    to_to_v: Floats,
    limit: float,
    far: float,
    weight: Floats,
    inward: bool,
    pool_size: int,
    result: Floats,
) -> None:
    """One bounded search from each origin; add weights over the pairs at most `limit` apart.

    `edge_start` (e + 1,) says which targets lie on an edge. With `inward` each origin gathers the weights
    of the targets it reaches, else each target those of the origins that reach it. Along the origin's own
    edge a target farther from u costs the difference of `ahead`, a nearer one that of `behind`.
    """
    nodes = len(indptr) - 1
    distance = np.full(nodes, far)
    touched = np.empty(nodes, np.uint32)
    head = np.empty(int(limit / BUCKET_M) + 2, np.uint32)
    pool_node = np.empty(pool_size, np.uint32)
    pool_next = np.empty(pool_size, np.uint32)
    seen = np.full(len(edge_start) - 1, -1, np.int32)
    seed_node = np.empty(2, np.uint32)
    seed_m = np.empty(2)
    for i in range(len(from_edge)):
        own = from_edge[i]
        seed_node[0], seed_node[1] = from_u[i], from_v[i]
        seed_m[0], seed_m[1] = from_to_u[i], from_to_v[i]
        while True:
            reached = spread(
                indptr,
                neighbour,
                arc_length,
                seed_node,
                seed_m,
                limit,
                far,
                distance,
                touched,
                head,
                pool_node,
                pool_next,
            )
            if reached >= 0:
                break
            distance.fill(far)
            pool_node = np.empty(2 * len(pool_node), np.uint32)
            pool_next = np.empty(2 * len(pool_next), np.uint32)
        for j in range(-1, reached):  # the origin's own edge first: its ends may be out of reach
            low = 0 if j < 0 else indptr[touched[j]]
            high = 1 if j < 0 else indptr[touched[j] + 1]
            for arc in range(low, high):
                e = own if j < 0 else arc_edge[arc]
                if seen[e] == i:
                    continue
                seen[e] = i
                for k in range(edge_start[e], edge_start[e + 1]):
                    d = min(distance[to_u[k]] + to_to_u[k], distance[to_v[k]] + to_to_v[k])
                    if e == own:
                        if to_offset[k] >= from_offset[i]:
                            along = to_ahead[k] - from_ahead[i]
                        else:
                            along = from_behind[i] - to_behind[k]
                        d = min(d, along + to_access[k] + from_access[i])
                    if d <= limit:
                        if inward:
                            result[i] += weight[k]
                        else:
                            result[k] += weight[i]
        for j in range(reached):
            distance[touched[j]] = far


@jit
def pairs_near(
    indptr: Rows,
    neighbour: Rows,
    arc_length: Floats,
    arc_edge: Rows,
    from_edge: Rows,
    from_offset: Floats,
    from_access: Floats,
    from_ahead: Floats,
    from_behind: Floats,
    from_u: Rows,
    from_v: Rows,
    from_to_u: Floats,
    from_to_v: Floats,
    edge_start: Rows,
    to_offset: Floats,
    to_access: Floats,
    to_ahead: Floats,
    to_behind: Floats,
    to_u: Rows,
    to_v: Rows,
    to_to_u: Floats,
    to_to_v: Floats,
    limit: float,
    far: float,
    first: int,
    last: int,
    pool_size: int,
    distance: Floats,
    touched: Rows,
    seen: Ints,
) -> tuple[Ints, Ints, Floats]:
    """One bounded search from each of the origins first to last: who is at most `limit` away, and how far.

    `distance` (n,) must hold `far` everywhere, and does so again afterwards. `seen` (e,) must hold no number
    from first to last. `ahead` and `behind` are as in `count_near`. Returns how many targets each of the
    origins reaches, and those with their distances in the order of origins.
    """
    head = np.empty(int(limit / BUCKET_M) + 2, np.uint32)
    pool_node = np.empty(pool_size, np.uint32)
    pool_next = np.empty(pool_size, np.uint32)
    seed_node = np.empty(2, np.uint32)
    seed_m = np.empty(2)
    count = np.zeros(last - first, np.int32)
    target = np.empty(1024, np.int32)
    metres = np.empty(1024)
    top = 0
    for i in range(first, last):
        own = from_edge[i]
        seed_node[0], seed_node[1] = from_u[i], from_v[i]
        seed_m[0], seed_m[1] = from_to_u[i], from_to_v[i]
        while True:
            reached = spread(
                indptr,
                neighbour,
                arc_length,
                seed_node,
                seed_m,
                limit,
                far,
                distance,
                touched,
                head,
                pool_node,
                pool_next,
            )
            if reached >= 0:
                break
            distance.fill(far)
            pool_node = np.empty(2 * len(pool_node), np.uint32)
            pool_next = np.empty(2 * len(pool_next), np.uint32)
        before = top
        for j in range(-1, reached):  # the origin's own edge first: its ends may be out of reach
            low = 0 if j < 0 else indptr[touched[j]]
            high = 1 if j < 0 else indptr[touched[j] + 1]
            for arc in range(low, high):
                e = own if j < 0 else arc_edge[arc]
                if seen[e] == i:
                    continue
                seen[e] = i
                for k in range(edge_start[e], edge_start[e + 1]):
                    d = min(distance[to_u[k]] + to_to_u[k], distance[to_v[k]] + to_to_v[k])
                    if e == own:
                        if to_offset[k] >= from_offset[i]:
                            along = to_ahead[k] - from_ahead[i]
                        else:
                            along = from_behind[i] - to_behind[k]
                        d = min(d, along + to_access[k] + from_access[i])
                    if d <= limit:
                        if top == len(target):
                            more, longer = np.empty(2 * top, np.int32), np.empty(2 * top)
                            more[:top], longer[:top] = target, metres
                            target, metres = more, longer
                        target[top] = k
                        metres[top] = d
                        top += 1
        count[i - first] = top - before
        for j in range(reached):
            distance[touched[j]] = far
    return count, target[:top].copy(), metres[:top].copy()

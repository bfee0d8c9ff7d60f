"""The search itself: from many places at once, outwards along the streets, in the order of distance.

A Dial queue: labels wait in buckets of equal width (a power of two, so that the bucket of a label is
exact), buckets are emptied in order, and within a bucket labels may be corrected until none improves. That
ends with the same label at every node as Dijkstra's algorithm, to the last bit, because each label is the
least over all walks of the sum of its steps taken in order. Nodes of degree two are walked through without
waiting. (Dial, Algorithm 360, CACM 12, 1969; correction within buckets as in Meyer and Sanders, J. Algorithms
49, 2003.)
"""

import numpy as np

from geo.jit import Floats, Ints, jit

BUCKET_M = 64.0
"""Width of a bucket; must be a power of two."""


@jit
def spread(
    indptr: Ints,
    neighbour: Ints,
    arc_length: Floats,
    seed_node: Ints,
    seed_m: Floats,
    limit: float,
    far: float,
    distance: Floats,
    touched: Ints,
    head: Ints,
    pool_node: Ints,
    pool_next: Ints,
) -> int:
    """Lower `distance` (n,) to the walk from the nearest seed wherever that is at most `limit`.

    `distance` must hold `far`, the next number after `limit`, everywhere. Afterwards the nodes that were
    reached stand in `touched`, and their number is returned; `head`, `pool_node` and `pool_next` are
    working space, whose content means nothing between calls.
    """
    inverse = 1.0 / BUCKET_M
    buckets = int(limit * inverse) + 1
    for bucket in range(buckets):
        head[bucket] = -1
    top = 0
    free = -1
    reached = 0
    for i in range(len(seed_node)):
        node, d = seed_node[i], seed_m[i]
        if d < distance[node]:
            if distance[node] == far:
                touched[reached] = node
                reached += 1
            distance[node] = d
            bucket = int(d * inverse)
            if top == len(pool_node):
                pool_node = np.concatenate((pool_node, np.empty_like(pool_node)))
                pool_next = np.concatenate((pool_next, np.empty_like(pool_next)))
            pool_node[top] = node
            pool_next[top] = head[bucket]
            head[bucket] = top
            top += 1
    for bucket in range(buckets):
        low = bucket * BUCKET_M
        while head[bucket] >= 0:
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
                    if distance[after] == far:
                        touched[reached] = after
                        reached += 1
                    distance[after] = d
                    step = indptr[after]
                    degree = indptr[after + 1] - step
                    if degree != 2:
                        waits = degree > 2
                        break
                    if neighbour[step] == before:
                        step += 1
                    before = after
                    after = neighbour[step]
                    d += arc_length[step]
                if waits:
                    into = int(d * inverse)
                    if free >= 0:
                        entry = free
                        free = pool_next[entry]
                    else:
                        if top == len(pool_node):
                            pool_node = np.concatenate((pool_node, np.empty_like(pool_node)))
                            pool_next = np.concatenate((pool_next, np.empty_like(pool_next)))
                        entry = top
                        top += 1
                    pool_node[entry] = after
                    pool_next[entry] = head[into]
                    head[into] = entry
    return reached

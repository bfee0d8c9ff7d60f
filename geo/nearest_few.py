"""The k nearest distinct sites: Dijkstra's algorithm with up to k labels at each node, each of another site.

If a site is among the k nearest of a point by way of a node, it is among the k nearest of that node: any k
sites nearer to the node would be nearer to the point as well. So k labels at a node are enough.
"""

import numpy as np

from geo.jit import Floats, Ints, Rows, jit


@jit
def _before(a_m: float, a_site: int, b_m: float, b_site: int) -> bool:
    return bool(a_m < b_m or (a_m == b_m and a_site < b_site))


@jit
def _push(
    heap_m: Floats, heap_site: Ints, heap_node: Rows, size: int, d: float, site: int, node: int
) -> tuple[Floats, Ints, Rows]:
    """Put a label on the binary heap, which grows where it is full."""
    if size == len(heap_m):
        heap_m = np.concatenate((heap_m, np.empty_like(heap_m)))
        heap_site = np.concatenate((heap_site, np.empty_like(heap_site)))
        heap_node = np.concatenate((heap_node, np.empty_like(heap_node)))
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if not _before(d, site, heap_m[up], heap_site[up]):
            break
        heap_m[i], heap_site[i], heap_node[i] = heap_m[up], heap_site[up], heap_node[up]
        i = up
    heap_m[i], heap_site[i], heap_node[i] = d, site, node
    return heap_m, heap_site, heap_node


@jit
def _pop(heap_m: Floats, heap_site: Ints, heap_node: Rows, size: int) -> None:
    """Take the first label off a heap of this size by putting the last in its place."""
    d, site, node = heap_m[size - 1], heap_site[size - 1], heap_node[size - 1]
    last = size - 1
    i = 0
    while True:
        down = 2 * i + 1
        if down >= last:
            break
        if down + 1 < last and _before(heap_m[down + 1], heap_site[down + 1], heap_m[down], heap_site[down]):
            down += 1
        if not _before(heap_m[down], heap_site[down], d, site):
            break
        heap_m[i], heap_site[i], heap_node[i] = heap_m[down], heap_site[down], heap_node[down]
        i = down
    heap_m[i], heap_site[i], heap_node[i] = d, site, node


@jit
def labels(
    indptr: Rows,
    neighbour: Rows,
    arc_length: Floats,
    seed_node: Rows,
    seed_m: Floats,
    seed_site: Ints,
    k: int,
    limit: float,
) -> tuple[Floats, Ints]:
    """Distance and number of the k nearest sites of each node, (n, k); infinite and -1 if there are fewer."""
    nodes = len(indptr) - 1
    label_m = np.full((nodes, k), np.inf)
    label_site = np.full((nodes, k), -1, np.int32)
    filled = np.zeros(nodes, np.int32)
    heap_m = np.empty(1024)
    heap_site = np.empty(1024, np.int32)
    heap_node = np.empty(1024, np.uint32)
    size = 0
    for i in range(len(seed_node)):
        if seed_m[i] <= limit:
            heap_m, heap_site, heap_node = _push(
                heap_m, heap_site, heap_node, size, seed_m[i], seed_site[i], seed_node[i]
            )
            size += 1
    while size > 0:
        d, site, node = heap_m[0], heap_site[0], heap_node[0]
        _pop(heap_m, heap_site, heap_node, size)
        size -= 1
        if filled[node] == k or _has(label_site, node, filled[node], site):
            continue
        label_m[node, filled[node]] = d
        label_site[node, filled[node]] = site
        filled[node] += 1
        for arc in range(indptr[node], indptr[node + 1]):
            after = neighbour[arc]
            further = d + arc_length[arc]
            if further <= limit and filled[after] < k and not _has(label_site, after, filled[after], site):
                heap_m, heap_site, heap_node = _push(heap_m, heap_site, heap_node, size, further, site, after)
                size += 1
    return label_m, label_site


@jit
def _has(label_site: Ints, row: int, filled: int, site: int) -> bool:
    found = False
    for i in range(filled):
        found = found or label_site[row, i] == site
    return found


@jit
def _offer(best_m: Floats, best_site: Ints, row: int, d: float, site: int) -> None:
    """Put a site in its place among the best of a row, once, if it belongs there."""
    k = best_m.shape[1]
    place = k
    for i in range(k):
        if best_site[row, i] == site:
            if best_m[row, i] <= d:
                return
            place = i
            break
    if place == k:
        if not _before(d, site, best_m[row, k - 1], best_site[row, k - 1]):
            return
        place = k - 1
    while place > 0 and _before(d, site, best_m[row, place - 1], best_site[row, place - 1]):
        best_m[row, place] = best_m[row, place - 1]
        best_site[row, place] = best_site[row, place - 1]
        place -= 1
    best_m[row, place] = d
    best_site[row, place] = site


@jit
def arrive(
    row: Rows,
    edge: Rows,
    offset: Floats,
    access: Floats,
    out: Floats,
    back: Floats,
    u: Rows,
    v: Rows,
    to_u: Floats,
    to_v: Floats,
    label_m: Floats,
    label_site: Ints,
    site_row: Rows,
    site_start: Rows,
    site_offset: Floats,
    site_access: Floats,
    site_out: Floats,
    site_back: Floats,
    limit: float,
    best_m: Floats,
    best_site: Ints,
) -> None:
    """The k nearest of each point: by both ends of its edge, and along the edge itself."""
    k = best_m.shape[1]
    for i in range(len(row)):
        for j in range(k):
            if label_site[u[i], j] >= 0 and label_m[u[i], j] + to_u[i] <= limit:
                _offer(best_m, best_site, row[i], label_m[u[i], j] + to_u[i], label_site[u[i], j])
            if label_site[v[i], j] >= 0 and label_m[v[i], j] + to_v[i] <= limit:
                _offer(best_m, best_site, row[i], label_m[v[i], j] + to_v[i], label_site[v[i], j])
        for s in range(site_start[edge[i]], site_start[edge[i] + 1]):
            ahead = site_offset[s] >= offset[i]
            along = site_out[s] - out[i] if ahead else back[i] - site_back[s]
            d = along + access[i] + site_access[s]
            if d <= limit:
                _offer(best_m, best_site, row[i], d, site_row[s])

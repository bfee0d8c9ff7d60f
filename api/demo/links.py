"""Roads between towns and villages: a Gabriel graph of settlements, the busier stretches as main roads.

In a Gabriel graph two settlements are joined when no third lies in the circle between them, so roads
hardly ever cross, and every settlement is reached.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay, cKDTree

from api.demo.blocks import RANK, Streets, compact
from api.demo.ground import Bools, Floats, Ints, Recipe
from api.demo.settlements import Towns, Villages
from api.demo.terrain import Terrain

_MANY = 60  # nodes of a settlement from which a tree is faster than looking at all


def join(recipe: Recipe, terrain: Terrain, town: Towns, village: Villages, streets: Streets) -> Streets:
    """The streets with roads added between settlements on the same side of the river."""
    random = recipe.random("links")
    at = np.concatenate([town.at, village.at])
    group = np.concatenate([town.cluster, int(town.cluster.max()) + 1 + np.arange(len(village.at))])
    pair = _gabriel(at)
    pair = pair[group[pair[:, 0]] != group[pair[:, 1]]]
    north = terrain.river.is_north(at)
    pair = pair[north[pair[:, 0]] == north[pair[:, 1]]]
    rank = _ranks(pair, at, len(town.at))
    pair, rank = _thin(random, terrain, pair, rank, at)
    ends = _gates(streets, pair, at, group)
    return lay(random, streets, ends, rank, step_m=min(230.0 / recipe.shrink, 900.0))


def lay(random: np.random.Generator, streets: Streets, ends: Ints, rank: Ints, *, step_m: float) -> Streets:
    """The streets with a winding road of that class between each pair of node rows."""
    start, end = streets.xy[ends[:, 0]], streets.xy[ends[:, 1]]
    along = end - start
    length = np.hypot(*along.T)
    pieces = np.maximum(np.rint(length / step_m), 1).astype(np.int64)
    road = np.repeat(np.arange(len(ends)), pieces - 1)
    first = np.concatenate([[0], np.cumsum(pieces - 1)])
    t = (np.arange(len(road)) - first[road] + 1) / pieces[road]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    arc, sway = random.normal(0, 0.035, len(ends))[road], random.normal(0, 0.02, len(ends))[road]
    away = arc * np.sin(np.pi * t) + sway * np.sin(2 * np.pi * t) + random.normal(0, 0.004, len(road))
    middle = start[road] + along[road] * t[:, None] + across[road] * away[:, None]
    n = len(streets.xy)
    rows = np.concatenate([np.arange(len(ends)), road, np.arange(len(ends))])
    place = np.concatenate([np.zeros(len(ends)), t, np.ones(len(ends))])
    node = np.concatenate([ends[:, 0], n + np.arange(len(road)), ends[:, 1]])
    order = np.lexsort([place, rows])
    rows, node = rows[order], node[order]
    same = rows[1:] == rows[:-1]
    return compact(
        Streets(
            np.concatenate([streets.xy, middle]),
            np.concatenate([streets.edge, np.column_stack([node[:-1], node[1:]])[same]]),
            np.concatenate([streets.rank, rank[rows[:-1]][same]]),
            np.concatenate([streets.group, np.full(len(road), -1, dtype=np.int64)]),
        )
    )


def _gabriel(at: Floats) -> Ints:
    corners = Delaunay(at).simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    pair = np.unique(np.sort(sides, axis=1), axis=0)
    middle = at[pair].mean(axis=1)
    half = np.hypot(*(at[pair[:, 0]] - at[pair[:, 1]]).T) / 2
    free = cKDTree(at).query(middle)[0] > half * (1 - 1e-9)
    return pair[free & (half < 7_500.0)].astype(np.int64)


def _ranks(pair: Ints, at: Floats, towns: int) -> Ints:
    """Secondary and tertiary where shortest ways between neighbouring towns run, else unclassified."""
    length = np.hypot(*(at[pair[:, 0]] - at[pair[:, 1]]).T)
    n = len(at)
    graph = coo_array((length, (pair[:, 0], pair[:, 1])), shape=(n, n)).tocsr()
    key = {(int(a), int(b)): k for k, (a, b) in enumerate(pair)}
    used = np.zeros(len(pair), dtype=np.int64)
    _, before = dijkstra(graph, directed=False, indices=np.arange(towns), return_predecessors=True)
    near = cKDTree(at[:towns]).query(at[:towns], k=6)[1][:, 1:]
    for start in range(towns):
        for end in near[start]:
            node = int(end)
            while before[start, node] >= 0:
                previous = int(before[start, node])
                used[key[min(previous, node), max(previous, node)]] += 1
                node = previous
    return np.select([used > 3, used > 0], [RANK["secondary"], RANK["tertiary"]], RANK["unclassified"])


def _thin(
    random: np.random.Generator, terrain: Terrain, pair: Ints, rank: Ints, at: Floats
) -> tuple[Ints, Ints]:
    """Fewer minor roads, above all in the hills; the two shortest roads of each settlement always stay."""
    length = np.hypot(*(at[pair[:, 0]] - at[pair[:, 1]]).T)
    both = np.concatenate([pair, pair[:, ::-1]])
    row = np.tile(np.arange(len(pair)), 2)
    order = np.lexsort([length[row], both[:, 0]])
    node = both[order, 0]
    place = np.arange(len(node)) - np.searchsorted(node, node)
    needed: Bools = np.zeros(len(pair), dtype=bool)
    needed[row[order[place < 2]]] = True
    lost = 0.18 + 0.45 * terrain.height(at[pair].mean(axis=1))
    keep = needed | (rank < RANK["unclassified"]) | (random.uniform(0, 1, len(pair)) > lost)
    return pair[keep], rank[keep]


def _gates(streets: Streets, pair: Ints, at: Floats, group: Ints) -> Ints:
    """For each pair of settlements the node of either that faces the other: node rows (n, 2)."""
    order = np.argsort(streets.group, kind="stable")
    first = np.searchsorted(streets.group[order], np.arange(int(group.max()) + 2))
    gates = np.full(pair.shape, -1, dtype=np.int64)
    goal = at[pair[:, ::-1]].astype(np.float64)  # what each end looks at
    for side in (0, 1, 0):
        ours = group[pair[:, side]]
        many = first[ours + 1] - first[ours] > _MANY
        for number in np.unique(ours[many]):
            members, rows = order[first[number] : first[number + 1]], np.flatnonzero(ours == number)
            gates[rows, side] = members[cKDTree(streets.xy[members]).query(goal[rows, side])[1]]
        few = np.flatnonzero(~many)
        gates[few, side] = _nearest_member(streets.xy, order, first, ours[few], goal[few, side])
        goal[:, 1 - side] = streets.xy[gates[:, side]]
    return gates


def _nearest_member(xy: Floats, order: Ints, first: Ints, group: Ints, goal: Floats) -> Ints:
    """Of each small group, the node nearest to its goal."""
    size = first[group + 1] - first[group]
    row = np.repeat(np.arange(len(group)), size)
    start = np.cumsum(size) - size
    member = order[first[group][row] + np.arange(len(row)) - start[row]]
    away = np.hypot(*(xy[member] - goal[row]).T)
    best = np.lexsort([away, row])
    return np.asarray(member[best[start]])

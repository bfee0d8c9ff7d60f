"""Streets inside towns and villages: big four-sided blocks, split again and again across their longer sides.

Every split adds one street from a point on one side to a point on the opposite side, so blocks stay
four-sided, streets meet in T-junctions, and each street knows the nodes that lie on it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from api.demo.ground import Floats, Ints, Recipe, bend
from api.demo.settlements import VILLAGE_BLOCK_M2, Towns, Villages

CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified",
    "residential", "living_street", "footway",
)  # fmt: skip
RANK = {name: rank for rank, name in enumerate(CLASSES)}
_MERGE_M = 24.0
_TERTIARY_M2, _RESIDENTIAL_M2, _LIVING_M2 = 150_000.0, 42_000.0, 19_000.0


@dataclass(frozen=True)
class Streets:
    """Nodes in metres, edges as pairs of node rows, class (a rank of CLASSES), and nodes' groups."""

    xy: Floats
    edge: Ints
    rank: Ints
    group: Ints


@dataclass
class _Plan:
    """Blocks still to split: corners and sides (n, 4), counter-clockwise, side k from corner k to k + 1."""

    corner: Ints
    side: Ints
    goal_m2: Floats
    group: Ints


class _Drawing:
    """Grows node and street tables while blocks are split."""

    def __init__(self) -> None:
        self.xy: list[Floats] = []
        self.group: list[Ints] = []
        self.ends: list[Ints] = []
        self.rank: list[Ints] = []
        self.on: list[Ints] = []  # (m, 2) street, node
        self.nodes = 0
        self.streets = 0

    def add_nodes(self, xy: Floats, group: Ints) -> Ints:
        self.xy.append(xy)
        self.group.append(group)
        first, self.nodes = self.nodes, self.nodes + len(xy)
        return np.arange(first, self.nodes)

    def add_streets(self, start: Ints, end: Ints, rank: Ints) -> Ints:
        first, self.streets = self.streets, self.streets + len(start)
        rows = np.arange(first, self.streets)
        self.ends.append(np.column_stack([start, end]))
        self.rank.append(rank)
        self.put_on(rows, start)
        self.put_on(rows, end)
        return rows

    def put_on(self, street: Ints, node: Ints) -> None:
        self.on.append(np.column_stack([street, node]))


def draw(recipe: Recipe, town: Towns, village: Villages) -> Streets:
    """All streets inside towns and villages. Groups: clusters of towns first, then one per village."""
    random = recipe.random("blocks")
    drawing = _Drawing()
    plans = [_lattice(drawing, random, town, number) for number in range(int(town.cluster.max()) + 1)]
    plans.append(_village_blocks(drawing, village, int(town.cluster.max()) + 1))
    plan = _Plan(
        *(np.concatenate([getattr(p, key) for p in plans]) for key in ("corner", "side", "goal_m2", "group"))
    )
    _split(drawing, random, plan)
    xy, group = np.concatenate(drawing.xy), np.concatenate(drawing.group)
    edge, rank = _edges(drawing, xy)
    xy = _curve(recipe, town, xy, group)
    keep = random.uniform(0, 1, len(edge)) > _lost(town, xy, edge, rank, group)
    return _tidy(xy, edge[keep], rank[keep], group)


def _lost(town: Towns, xy: Floats, edge: Ints, rank: Ints, group: Ints) -> Floats:
    """Chance of each edge to be left out: small lanes more, and most of what lies beyond a town's rim."""
    lane = np.select([rank == RANK["footway"], rank >= RANK["residential"]], [0.2, 0.05], 0.0)
    middle = xy[edge].mean(axis=1)
    beyond = ~town.built(middle) & (group[edge[:, 0]] <= town.cluster.max()) & (rank > RANK["tertiary"])
    return np.where(beyond, 0.85, lane)


def _lattice(drawing: _Drawing, random: np.random.Generator, town: Towns, number: int) -> _Plan:
    """Big blocks of one cluster of towns: a turned grid, cut to what is built up."""
    rows = np.flatnonzero(town.cluster == number)
    at, reach = town.at[rows], town.reach_m[rows]
    wide = float(np.ptp(at[:, 0]).max() + reach.max()) if len(rows) > 1 else float(reach[0])
    side = min(780.0 if wide > 6_000 else 560.0, 1.15 * float(reach.min()))
    turn = np.radians(4.0 if wide > 6_000 else random.uniform(-40, 40))
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle = at.mean(axis=0)
    local = (at - middle) @ spin.T
    low, high = (local - 1.3 * reach[:, None]).min(axis=0), (local + 1.3 * reach[:, None]).max(axis=0)
    count = np.maximum(np.ceil((high - low) / side).astype(int), 1)
    step = (high - low) / count
    gx, gy = np.meshgrid(np.arange(count[0] + 1), np.arange(count[1] + 1), indexing="ij")
    grid = low + np.stack([gx, gy], axis=-1) * step
    shift = (
        random.uniform(-0.13, 0.13, grid.shape) * side + random.normal(0, 0.05, (count[0] + 1, 1, 2)) * side
    )
    grid = (grid + shift) @ spin + middle
    centre = (grid[:-1, :-1] + grid[1:, :-1] + grid[1:, 1:] + grid[:-1, 1:]) / 4
    flat = centre.reshape(-1, 2)
    built = town.built(flat)
    own, share = town.nearest(flat)
    built &= (town.cluster[own] == number) & (share < 1.3)
    built[np.hypot(*(flat[:, None, :] - at[None, :, :]).transpose(2, 0, 1)).argmin(axis=0)] = True
    i, j = np.divmod(np.flatnonzero(built), count[1])
    width = count[1] + 1
    corner = np.column_stack([i * width + j, (i + 1) * width + j, (i + 1) * width + j + 1, i * width + j + 1])
    used, corner = np.unique(corner, return_inverse=True)
    corner = corner.reshape(-1, 4)
    node = drawing.add_nodes(grid.reshape(-1, 2)[used], np.full(len(used), number))
    a, b = corner, np.roll(corner, -1, axis=1)
    key = np.minimum(a, b) * len(used) + np.maximum(a, b)
    kinds, side_of = np.unique(key, return_inverse=True)
    start, end = np.divmod(kinds, len(used))
    upright = used[start] // width != used[end] // width  # runs east-west: its row is j
    line = np.where(upright, used[start] % width, used[start] // width)
    big = RANK["primary"] if wide > 6_000 else RANK["secondary"]
    rank = np.where(line % 3 == 1, big, np.where(line % 3 == 0, RANK["secondary"], RANK["tertiary"]))
    street = drawing.add_streets(node[start], node[end], rank)
    goal = town.block_m2[own[built]] * np.clip(0.75 + 0.55 * share[built] ** 2, 0.7, 1.6)
    goal *= np.exp(random.normal(0.0, 0.35, len(goal)))
    return _Plan(node[corner], street[side_of.reshape(-1, 4)], goal, np.full(len(corner), number))


def _village_blocks(drawing: _Drawing, village: Villages, first_group: int) -> _Plan:
    """One four-sided block per village."""
    n = len(village.at)
    unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    local = unit[None] * village.side_m[:, None, :]
    c, s = np.cos(village.turn)[:, None], np.sin(village.turn)[:, None]
    x, y = local[..., 0] * c - local[..., 1] * s, local[..., 0] * s + local[..., 1] * c
    group = first_group + np.arange(n)
    node = drawing.add_nodes(
        (village.at[:, None, :] + np.stack([x, y], axis=-1)).reshape(-1, 2), np.repeat(group, 4)
    )
    corner = node.reshape(n, 4)
    rank = np.full(4 * n, RANK["residential"])
    street = drawing.add_streets(corner.reshape(-1), np.roll(corner, -1, axis=1).reshape(-1), rank)
    return _Plan(corner, street.reshape(n, 4), np.full(n, VILLAGE_BLOCK_M2), group)


def _split(drawing: _Drawing, random: np.random.Generator, plan: _Plan) -> None:
    """Split until blocks are about as small as wanted; every round splits all that are still too big."""
    while len(plan.corner):
        xy = np.concatenate(drawing.xy)
        drawing.xy, drawing.group = [xy], [np.concatenate(drawing.group)]
        p = xy[plan.corner]
        q = np.roll(p, -1, axis=1)
        area = 0.5 * np.abs((p[..., 0] * q[..., 1] - q[..., 0] * p[..., 1]).sum(axis=1))
        go = area > plan.goal_m2 * random.uniform(1.0, 2.1, len(area))
        plan = _Plan(plan.corner[go], plan.side[go], plan.goal_m2[go], plan.group[go])
        p, area = p[go], area[go]
        length = np.hypot(*(np.roll(p, -1, axis=1) - p).transpose(2, 0, 1))
        turn = length[:, 0] + length[:, 2] < length[:, 1] + length[:, 3]
        corner = np.where(turn[:, None], np.roll(plan.corner, -1, axis=1), plan.corner)
        side = np.where(turn[:, None], np.roll(plan.side, -1, axis=1), plan.side)
        a, b, c, d = (xy[corner[:, k]] for k in range(4))
        t = 0.5 + random.uniform(-0.13, 0.13, len(corner))
        u = 1 - t + random.normal(0, 0.035, len(corner))
        first = drawing.add_nodes(a + (b - a) * t[:, None], plan.group)
        second = drawing.add_nodes(c + (d - c) * u[:, None], plan.group)
        drawing.put_on(side[:, 0], first)
        drawing.put_on(side[:, 2], second)
        rank = np.select(
            [area > _TERTIARY_M2, area > _RESIDENTIAL_M2, area > _LIVING_M2],
            [RANK["tertiary"], RANK["residential"], RANK["living_street"]],
            RANK["footway"],
        )
        street = drawing.add_streets(first, second, rank)
        left = np.column_stack([corner[:, 0], first, second, corner[:, 3]])
        right = np.column_stack([first, corner[:, 1], corner[:, 2], second])
        left_side = np.column_stack([side[:, 0], street, side[:, 2], side[:, 3]])
        right_side = np.column_stack([side[:, 0], side[:, 1], side[:, 2], street])
        plan = _Plan(
            np.concatenate([left, right]),
            np.concatenate([left_side, right_side]),
            np.tile(plan.goal_m2, 2),
            np.tile(plan.group, 2),
        )


def _edges(drawing: _Drawing, xy: Floats) -> tuple[Ints, Ints]:
    """Edges between neighbouring nodes on each street."""
    on = np.concatenate(drawing.on)
    ends, rank = np.concatenate(drawing.ends), np.concatenate(drawing.rank)
    start, along = xy[ends[on[:, 0], 0]], xy[ends[on[:, 0], 1]] - xy[ends[on[:, 0], 0]]
    t = ((xy[on[:, 1]] - start) * along).sum(axis=1)
    on = on[np.lexsort([t, on[:, 0]])]
    same = on[1:, 0] == on[:-1, 0]
    return np.column_stack([on[:-1, 1], on[1:, 1]])[same], rank[on[:-1, 0]][same]


def _curve(recipe: Recipe, town: Towns, xy: Floats, group: Ints) -> Floats:
    """Bend the streets: gently over kilometres, a little within a quarter, more in the old town."""
    random = recipe.random("curve")
    size = max(recipe.shrink, 0.3)
    wide = bend(xy, random, wavelength_m=6_500.0 * size, reach_m=240.0 * size) - xy
    close = bend(xy, random, wavelength_m=1_300.0, reach_m=24.0) - xy
    winding = bend(xy, random, wavelength_m=420.0, reach_m=11.0) - xy
    own, share = town.nearest(xy)
    old = np.where((town.role[own] == "old") & (share < 1.0), 1.0, 0.25)
    in_town = group <= town.cluster.max()
    return xy + wide * in_town[:, None] + close + winding * np.where(in_town, old, 0.8)[:, None]


def _tidy(xy: Floats, edge: Ints, rank: Ints, group: Ints) -> Streets:
    """Merge junctions closer than a street's width, drop doubled and empty edges."""
    length = np.hypot(*(xy[edge[:, 0]] - xy[edge[:, 1]]).T)
    short = edge[length < _MERGE_M]
    n = len(xy)
    graph = coo_array((np.ones(len(short), dtype=np.int8), (short[:, 0], short[:, 1])), shape=(n, n))
    merged = connected_components(graph, directed=False)[1].astype(np.int64)
    first = np.full(int(merged.max()) + 1, n, dtype=np.int64)
    np.minimum.at(first, merged, np.arange(n))
    return compact(Streets(xy[first], merged[edge], rank, group[first]))


def compact(streets: Streets) -> Streets:
    """Without loops, doubled edges (the better class stays) and nodes that no edge uses."""
    low, high = streets.edge.min(axis=1), streets.edge.max(axis=1)
    order = np.lexsort([streets.rank, high, low])
    low, high, rank = low[order], high[order], streets.rank[order]
    fresh = np.concatenate([[True], (np.diff(low) != 0) | (np.diff(high) != 0)]) & (low != high)
    edge = np.column_stack([low[fresh], high[fresh]])
    used, edge = np.unique(edge, return_inverse=True)
    return Streets(streets.xy[used], edge.reshape(-1, 2), rank[fresh], streets.group[used])

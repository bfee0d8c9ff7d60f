"""Placing sites so that people who are meant to have one near do, on foot, except beside a barrier."""

from dataclasses import dataclass

import numpy as np
import shapely

from api.demo.ground import PLANE, Bools, Floats, Ints
from api.demo.people import People
from api.demo.streets import Network as Drawn
from api.demo.streets import frames
from api.demo.terrain import Terrain
from geo.attach import Attachment, attach
from geo.nearest import straight_nearest_m
from geo.network import Network, build
from geo.reach import nearest_m

ROUNDS = (0.74, 0.62, 0.50, 0.42)  # circumradius of the hexagons of each round, as a share of the reach
BARRIER_M = 300.0
_SPARE_M = 14.0  # a site's own place is drawn a few metres aside
_IN_VILLAGES = 6  # times as many people make a site worth while: a village has one of each
_NOT_WALKABLE = ("motorway", "trunk")


@dataclass(frozen=True)
class Ground:
    """The walking network with the people on it, and who lives beside the river or a railway."""

    network: Network
    people: People
    attached: Attachment
    beside_barrier: Bools


def ground(terrain: Terrain, drawn: Drawn, people: People) -> Ground:
    """The people of a city attached to its streets."""
    nodes, edges = frames(drawn)
    network = build(nodes, edges, crs=PLANE, not_walkable=_NOT_WALKABLE)
    lines = [terrain.river.line, *(shapely.get_coordinates(row.line) for row in terrain.railways)]
    pieces = np.concatenate([shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)) for xy in lines])
    tree = shapely.STRtree(pieces)
    near = tree.query(shapely.points(people.xy), predicate="dwithin", distance=BARRIER_M)[0]
    beside = np.zeros(len(people.xy), dtype=bool)
    beside[np.unique(near)] = True
    return Ground(network, people, attach(network, people.xy), beside)


def place(
    random: np.random.Generator, on: Ground, meant: Bools, forgone: Bools, reach_m: float, fewest: int
) -> Ints:
    """Rows of people's points to put sites at.

    Rounds of hexagons: in each with at least `fewest` people still missing one, the point nearest to their
    middle gets a site. Who has one by the straight line but not on foot, beside a barrier, is left so
    where it is `forgone`.
    """
    people = on.people
    reach_m -= _SPARE_M
    missing = meant & on.attached.attached
    picked = np.empty(0, dtype=np.int64)
    for turn, size in enumerate(ROUNDS):
        rows = np.flatnonzero(missing)
        if not len(rows):
            break
        cell = hexagon(people.xy[rows] + random.uniform(0, 4 * reach_m, 2), size * reach_m)
        if turn == 0:
            village = people.place[rows] == "village"
            cell = np.where(village, cell.max() + 1 + people.community[rows], cell)
            cell = np.unique(cell, return_inverse=True)[1]
        least = np.where(np.isin(people.place[rows], ["village", "road"]), _IN_VILLAGES * fewest, fewest)
        chosen = rows[_middles(people.xy[rows], people.people[rows], cell, least)]
        if not len(chosen):
            continue
        picked = np.concatenate([picked, chosen])
        walk = nearest_m(on.network, on.attached.take(rows), on.attached.take(chosen), limit_m=reach_m)
        missing[rows[walk <= reach_m]] = False
        if turn == 0:
            straight = straight_nearest_m(people.xy[rows], people.xy[chosen], limit_m=reach_m)
            missing[rows[(straight <= reach_m) & (on.beside_barrier & forgone)[rows]]] = False
    return np.sort(picked)


def _middles(xy: Floats, people: Ints, cell: Ints, fewest: Ints) -> Ints:
    """In each cell with enough people the point nearest to their middle."""
    total = np.bincount(cell, people)
    middle = np.column_stack([np.bincount(cell, people * xy[:, k]) / np.maximum(total, 1) for k in (0, 1)])
    order = np.lexsort([np.hypot(*(xy - middle[cell]).T), cell])
    first = order[np.concatenate([[True], np.diff(cell[order]) > 0])]
    return np.asarray(first[total[cell[first]] >= fewest[first]])


def hexagon(xy: Floats, size_m: float) -> Ints:
    """Number of the hexagon (circumradius `size_m`) that each place lies in; only used ones are numbered."""
    q = (np.sqrt(3) / 3 * xy[:, 0] - xy[:, 1] / 3) / size_m
    r = 2 / 3 * xy[:, 1] / size_m
    cube = np.column_stack([q, r, -q - r])
    whole = np.rint(cube)
    worst = np.abs(whole - cube).argmax(axis=1)
    pick = np.arange(len(xy))
    whole[pick, worst] = -(whole.sum(axis=1) - whole[pick, worst])
    key = whole[:, 0].astype(np.int64) * (1 << 24) + whole[:, 1].astype(np.int64)
    return np.unique(key, return_inverse=True)[1].astype(np.int64)

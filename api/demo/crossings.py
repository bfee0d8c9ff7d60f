"""What streets may not cross: water, hills, railways and motorways, except where a bridge or underpass is."""

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from api.demo.blocks import RANK, Streets, compact
from api.demo.ground import Bools, Floats, Ints, Recipe, Shapes, places, to_plane
from api.demo.terrain import Barrier, Terrain

_ROAD_CROSSING_M = 650.0
_ISLAND_NODES = 45
_CUT_OFF = 14


def cut(recipe: Recipe, terrain: Terrain, streets: Streets) -> Streets:
    """The streets without those that run through water or hills or cross a barrier where nothing helps."""
    gone = terrain.wet_or_steep(_ways(streets.xy, streets.edge))
    for barrier in barriers(terrain):
        crossing = np.flatnonzero(_crosses(streets, barrier.line))
        if not len(crossing):
            continue
        middle = shapely.points(streets.xy[streets.edge[crossing]].mean(axis=1))
        stretch = (shapely.line_locate_point(barrier.line, middle) // barrier.crossing_m).astype(np.int64)
        order = np.lexsort([crossing, streets.rank[crossing], stretch])
        best = np.concatenate([[True], np.diff(stretch[order]) > 0])
        gone[crossing[order[~best]]] = True
    return keep(streets, ~gone)


def barriers(terrain: Terrain) -> list[Barrier]:
    """Canal, railways, motorways and trunk roads."""
    roads = [
        Barrier(kind, name, shapely.linestrings(xy), _ROAD_CROSSING_M) for kind, name, xy in terrain.roads
    ]
    return [terrain.canal, *terrain.railways, *roads]


def keep(streets: Streets, wanted: Bools) -> Streets:
    """Only the wanted edges."""
    return compact(Streets(streets.xy, streets.edge[wanted], streets.rank[wanted], streets.group))


def add_bridges(terrain: Terrain, streets: Streets) -> Streets:
    """The streets with the river's bridges: one straight edge each, from bank to bank."""
    middle = np.array([_on_river(terrain, lon) for lon in places()["river"]["bridges"]])
    ahead = middle + np.array([40.0, 0.0])
    ahead[:, 1] = np.interp(ahead[:, 0], terrain.river.line[:, 0], terrain.river.line[:, 1])
    unit = (ahead - middle) / np.hypot(*(ahead - middle).T)[:, None]
    across = np.column_stack([-unit[:, 1], unit[:, 0]]) * (places()["river"]["bank_m"] + 60.0)
    n = len(streets.xy)
    heads = np.concatenate([middle + across, middle - across])
    head = n + np.arange(len(heads))
    far = np.concatenate([middle + 3 * across, middle - 3 * across])
    used = np.unique(streets.edge)
    side = terrain.river.is_north(streets.xy[used])
    foot = np.empty(len(heads), dtype=np.int64)
    for north, rows in ((True, np.arange(len(middle))), (False, len(middle) + np.arange(len(middle)))):
        shore = used[side == north]
        foot[rows] = shore[cKDTree(streets.xy[shore]).query(far[rows])[1]]
    deck = head.reshape(2, -1).T
    edge = np.concatenate([streets.edge, deck, np.column_stack([head, foot])])
    rank = np.concatenate([streets.rank, np.full(len(edge) - len(streets.edge), RANK["primary"])])
    group = np.concatenate([streets.group, np.full(len(heads), -2, dtype=np.int64)])
    return Streets(np.concatenate([streets.xy, heads]), edge, rank, group)


def _on_river(terrain: Terrain, lon: float) -> Floats:
    line = terrain.river.line
    x = float(to_plane([(lon, 36.8)])[0, 0])
    return np.array([x, np.interp(x, line[:, 0], line[:, 1])])


def reconnect(recipe: Recipe, terrain: Terrain, streets: Streets) -> Streets:
    """Join stray pieces to the rest by short ways that cross nothing; a few stay islands, crumbs go."""
    blocked = np.concatenate([_segments(row.line) for row in barriers(terrain)])
    for reach_m in (500.0, 1_100.0, 2_200.0):
        piece, size = _pieces(streets)
        main = int(size.argmax())
        crumbs = size[piece] < 4
        if crumbs.any():
            streets = keep(streets, ~crumbs[streets.edge[:, 0]])
            piece, size = _pieces(streets)
            main = int(size.argmax())
        stray = np.flatnonzero(piece != main)
        if not len(stray):
            return streets
        land = np.flatnonzero((piece == main) & (streets.group != -2))
        away, nearest = cKDTree(streets.xy[land]).query(streets.xy[stray], distance_upper_bound=reach_m)
        found = np.isfinite(away)
        stray, goal, away = stray[found], land[nearest[found]], away[found]
        ways = shapely.linestrings(np.stack([streets.xy[stray], streets.xy[goal]], axis=1))
        free = ~_hits(ways, blocked) & ~terrain.wet_or_steep(ways)
        stray, goal, away = stray[free], goal[free], away[free]
        order = np.lexsort([away, piece[stray]])
        best = order[np.concatenate([[True], np.diff(piece[stray][order]) > 0])] if len(order) else order
        edge = np.concatenate([streets.edge, np.column_stack([stray[best], goal[best]])])
        rank = np.concatenate([streets.rank, np.full(len(best), RANK["unclassified"])])
        streets = compact(Streets(streets.xy, edge, rank, streets.group))
    piece, size = _pieces(streets)
    crumbs = size[piece] < _ISLAND_NODES * max(recipe.shrink, 0.2)
    return keep(streets, ~crumbs[streets.edge[:, 0]])


def cut_off(recipe: Recipe, streets: Streets, first_village: int) -> Streets:
    """The streets with a few villages left without a road, as real networks have them: small islands."""
    villages = np.unique(streets.group[streets.group >= first_village])
    wanted = min(int(np.ceil(_CUT_OFF * recipe.scale)), len(villages))
    lost = recipe.random("islands").choice(villages, wanted, replace=False)
    side = np.isin(streets.group, lost)[streets.edge]
    return keep(streets, side[:, 0] == side[:, 1])


def _pieces(streets: Streets) -> tuple[Ints, Ints]:
    n = len(streets.xy)
    graph = coo_array(
        (np.ones(len(streets.edge), dtype=np.int8), (streets.edge[:, 0], streets.edge[:, 1])), shape=(n, n)
    )
    piece = connected_components(graph, directed=False)[1].astype(np.int64)
    return piece, np.bincount(piece)


def _crosses(streets: Streets, line: shapely.LineString) -> Bools:
    """Which edges cross the line; only those near its box are looked at."""
    west, south, east, north = line.bounds
    a, b = streets.xy[streets.edge[:, 0]], streets.xy[streets.edge[:, 1]]
    low, high = np.minimum(a, b), np.maximum(a, b)
    near = (high[:, 0] >= west) & (low[:, 0] <= east) & (high[:, 1] >= south) & (low[:, 1] <= north)
    rows = np.flatnonzero(near)
    hit = np.zeros(len(a), dtype=bool)
    hit[rows] = _hits(_ways(streets.xy, streets.edge[rows]), _segments(line))
    return hit


def _ways(xy: Floats, edge: Ints) -> Shapes:
    return np.asarray(shapely.linestrings(xy[edge]))


def _segments(line: shapely.LineString) -> Shapes:
    """A line as many short ones, so that boxes sort out nearly everything."""
    xy = shapely.get_coordinates(line)
    return np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))


def _hits(ways: Shapes, what: Shapes) -> Bools:
    """Which ways meet any of the shapes."""
    hit = np.zeros(len(ways), dtype=bool)
    hit[np.unique(shapely.STRtree(what).query(ways, predicate="intersects")[0])] = True
    return hit

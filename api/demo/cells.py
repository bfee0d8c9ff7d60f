"""A gap-free mosaic of small cells with ragged borders: what districts and their parts are made of.

Cells are Voronoi cells. Each border between two cells is drawn once, as a ragged line that stays inside
the kite of its two ends and the two cells' centres; kites never overlap, so ragged borders never cross,
and what shares a border shares its vertices.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import Voronoi

from api.demo.ground import Bools, Floats, Ints, to_degrees


@dataclass(frozen=True)
class Mosaic:
    """Centres in metres (n, 2), areas of the straight cells, and the borders between neighbours."""

    centre: Floats
    area_m2: Floats
    pair: Ints  # (m, 2) the two cells of each border
    ends: Ints  # (m, 2) rows of `corner`
    corner: Floats


def scatter(random: np.random.Generator, bounds: Floats, side_m: float, spacing: "Spacing") -> Floats:
    """Centres: a grid split in four wherever `spacing` asks for less than 0.7 of its side, then jittered."""
    x = np.arange(bounds[0], bounds[2], side_m) + side_m / 2
    y = np.arange(bounds[1], bounds[3], side_m) + side_m / 2
    middle = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    done: list[Floats] = []
    while len(middle):
        split = spacing(middle) < 0.7 * side_m
        done.append(middle[~split] + random.uniform(-0.36, 0.36, (int((~split).sum()), 2)) * side_m)
        step = side_m / 4 * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]])
        middle = (middle[split][:, None, :] + step).reshape(-1, 2)
        side_m /= 2
    return np.concatenate(done)


class Spacing:
    """How far apart cells are at a place: `dense` metres at the anchors, `sparse` far from them."""

    def __init__(self, anchors: Floats, dense: Floats, sparse: float) -> None:
        self._anchors, self._dense, self._sparse = anchors, dense, sparse

    def __call__(self, xy: Floats) -> Floats:
        nearest = np.full(len(xy), self._sparse)
        for anchor, dense in zip(self._anchors, self._dense, strict=True):
            away = np.hypot(*(xy - anchor).T)
            nearest = np.minimum(nearest, dense + 0.6 * np.maximum(away - 2.2 * dense, 0.0))
        return nearest


def mosaic(centre: Floats) -> Mosaic:
    """Voronoi cells of the centres. Cells at the rim have area infinity; keep a ring of spare centres."""
    diagram = Voronoi(centre)
    pair = np.asarray(diagram.ridge_points, dtype=np.int64)
    ends = np.asarray(diagram.ridge_vertices, dtype=np.int64)
    open_ended = (ends < 0).any(axis=1)
    area = np.zeros(len(centre))
    a, b = diagram.vertices[ends[~open_ended, 0]], diagram.vertices[ends[~open_ended, 1]]
    for side in (0, 1):
        seed = centre[pair[~open_ended, side]]
        twice = np.abs(
            (a[:, 0] - seed[:, 0]) * (b[:, 1] - seed[:, 1]) - (a[:, 1] - seed[:, 1]) * (b[:, 0] - seed[:, 0])
        )
        np.add.at(area, pair[~open_ended, side], twice / 2)
    area[np.unique(pair[open_ended])] = np.inf
    return Mosaic(centre, area, pair[~open_ended], ends[~open_ended], np.asarray(diagram.vertices))


def polygons(
    cells: Mosaic, inside: Bools, random: np.random.Generator, *, step_m: float
) -> tuple[Ints, list]:
    """Cells marked `inside` as polygons in degrees: (cell numbers, polygons), ragged, sharing vertices."""
    keep = inside[cells.pair].any(axis=1)
    lines = _ragged(cells, np.flatnonzero(keep), random, step_m)
    faces = shapely.get_parts(shapely.polygonize(lines))
    number = np.flatnonzero(inside)
    tree = shapely.STRtree(faces)
    seat = shapely.points(to_degrees(cells.centre[number]))
    which, face = tree.query(seat, predicate="intersects")
    order = np.argsort(which, kind="stable")
    return number[which[order]], list(faces[face[order]])


def _ragged(cells: Mosaic, rows: Ints, random: np.random.Generator, step_m: float) -> Floats:
    """One line per border, in degrees; end points are the shared corners, exactly."""
    a, b = cells.corner[cells.ends[rows, 0]], cells.corner[cells.ends[rows, 1]]
    along = b - a
    length = np.maximum(np.hypot(*along.T), 1e-9)
    unit = along / length[:, None]
    across = np.column_stack([-unit[:, 1], unit[:, 0]])
    foot = np.empty((2, len(rows)))
    height = np.empty((2, len(rows)))
    for side in (0, 1):
        seed = cells.centre[cells.pair[rows, side]] - a
        foot[side] = (seed * unit).sum(axis=1) / length
        height[side] = np.abs((seed * across).sum(axis=1))
    pieces = np.clip(np.ceil(length / step_m), 1, 12).astype(np.int64)
    row = np.repeat(np.arange(len(rows)), pieces - 1)
    first = np.concatenate([[0], np.cumsum(pieces - 1)[:-1]])
    t = (np.arange(len(row)) - first[row] + 1) / pieces[row]
    foot_t = foot[0][row]  # the border is the bisector: both feet and heights are the same
    room = np.minimum(height[0], height[1])[row] * np.minimum(
        np.where(foot_t > 0, t / np.maximum(foot_t, 1e-9), np.inf),
        np.where(foot_t < 1, (1 - t) / np.maximum(1 - foot_t, 1e-9), np.inf),
    )
    limit = np.minimum(0.45 * room, 0.2 * np.minimum(length[row], 900.0))
    arch = random.uniform(-1, 1, len(rows))[row] * np.sin(np.pi * t)
    away = limit * np.clip(0.7 * arch + 0.3 * random.uniform(-1, 1, len(row)), -1, 1)
    middle = a[row] + along[row] * t[:, None] + across[row] * away[:, None]
    corner = to_degrees(cells.corner[np.unique(cells.ends[rows])])
    place = np.full(len(cells.corner), -1, dtype=np.int64)
    place[np.unique(cells.ends[rows])] = np.arange(len(corner))
    xy = np.concatenate(
        [corner[place[cells.ends[rows, 0]]], to_degrees(middle), corner[place[cells.ends[rows, 1]]]]
    )
    line = np.concatenate([np.arange(len(rows)), row, np.arange(len(rows))])
    rank = np.concatenate([np.zeros(len(rows)), t, np.ones(len(rows))])
    order = np.lexsort([rank, line])
    return shapely.linestrings(xy[order], indices=line[order])

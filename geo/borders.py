"""Borders of polygons as arrays of directed edges, with the ground always to their left."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.jit import Floats, Ints


class Edges(NamedTuple):
    """Straight pieces from a to b, each of one feature; coordinates as float64, shape (e,)."""

    ax: Floats
    ay: Floats
    bx: Floats
    by: Floats
    owner: Ints
    """Row of the feature."""

    def length(self) -> Floats:
        return np.hypot(self.bx - self.ax, self.by - self.ay)


def of_polygons(polygons: NDArray[np.object_], origin: Floats) -> Edges:
    """All border edges of valid polygons, exterior rings against the clock and holes with it.

    `origin`, shape (2,), is taken off the coordinates, so that products of them keep their digits.
    """
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    flat = shapely.orient_polygons(shapely.force_2d(parts))
    rings, ring_part = shapely.get_rings(flat, return_index=True)
    return _edges(rings, part_owner[ring_part], origin)


def of_lines(lines: NDArray[np.object_], origin: Floats) -> Edges:
    """All segments of lines, in their own direction."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    return _edges(shapely.force_2d(parts), owner, origin)


def split(edges: Edges, longest: float) -> Edges:
    """The same edges, those longer than `longest` in equal pieces; pieces share their end points."""
    pieces = np.maximum(np.ceil(edges.length() / longest), 1).astype(np.int64)
    if pieces.max(initial=1) == 1:
        return edges
    row = np.repeat(np.arange(len(pieces)), pieces)
    place = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    ends = [
        np.where(step == pieces[row], b[row], a[row] + (b - a)[row] * (step / pieces[row]))
        for a, b in ((edges.ax, edges.bx), (edges.ay, edges.by))
        for step in (place, place + 1)
    ]
    return Edges(ends[0], ends[2], ends[1], ends[3], edges.owner[row])


def _edges(lines: NDArray[np.object_], owner: NDArray[np.intp], origin: Floats) -> Edges:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    xy -= origin
    joined = np.flatnonzero(line[1:] == line[:-1])
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    return Edges(x[joined], y[joined], x[joined + 1], y[joined + 1], owner[line[joined]].astype(np.int32))

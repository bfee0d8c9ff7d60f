"""A polygon to draw around the streets of an isochrone: the level set of the walks that the figures use.

Cells of a square lattice stand for places: each has its nearest street, as people have, and the walk there
with the way to the street. The outline at a limit is where walk <= limit and the street is within `access_m`,
with even slopes between cells. So a back street that is reached late is left out although it lies next to one
that is reached early, as no buffer would do; what lies across a barrier counts only if streets lead there.

It is a drawing, off by about half a cell. Figures come from the pieces and from `Isochrone.walk_at`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.arguments import positive
from geo.attach import attach
from geo.barriers import Barriers
from geo.isochrone import Isochrone
from geo.jit import Bools, Floats, Ints, jit

CELL_M = 25.0
ACCESS_M = 60.0
"""How far from a street the outline goes: about half a city block."""

MOST_CELLS = 40_000
"""Cells are made larger where there would be more: 25 m up to reaches of some 2 km."""

BRIDGE_M = 6.0
"""Half the width of the ribbon that stands for a street across a barrier."""

WALL_M = 0.5
"""Half the width that a barrier without an area, such as a railway, is cut out with."""


class Lattice(NamedTuple):
    """Cell centres at x (columns,) and y (rows,)."""

    x: Floats
    y: Floats

    @property
    def cell_m(self) -> float:
        return float(self.x[1] - self.x[0])

    def centres(self) -> Floats:
        """Shape (rows * columns, 2), row by row."""
        x, y = np.meshgrid(self.x, self.y)
        return np.column_stack([x.ravel(), y.ravel()])


def outlines(
    found: Isochrone,
    *,
    cell_m: float = CELL_M,
    access_m: float = ACCESS_M,
    min_component_m: float = 5000.0,
    barriers: Sequence[BaseGeometry] | NDArray[np.object_] = (),
) -> list[shapely.MultiPolygon]:
    """For each limit the area within it, in the network's CRS; each contains the one before.

    Parameters
    ----------
    cell_m
        Side of a cell; more where the reach is so wide that there would be more than MOST_CELLS.
    access_m
        How far from a street a place may lie to count.
    min_component_m
        As in `attach`: streets of smaller parts are not the nearest street of anybody.
    barriers
        Valid polygons and lines in the network's CRS that only streets cross. No outline lies in one or
        beyond one, but for a ribbon along each reached street that crosses it.
    """
    cell, access = positive("cell_m", cell_m), positive("access_m", access_m)
    if not len(found.edge):
        return [shapely.MultiPolygon() for _ in found.limits_m]
    vertex, piece = found.vertices()
    lattice = _lattice(vertex, cell, access)
    walls = _near(barriers, lattice)
    centres, shape = lattice.centres(), (len(lattice.y), len(lattice.x))
    seen = access + lattice.cell_m
    near = np.flatnonzero(_beside(vertex, piece, lattice.x, lattice.y, seen))
    places = attach(
        found.network,
        centres[near],
        limit_m=seen,
        min_component_m=min_component_m,
        barriers=Barriers.over(walls) if len(walls) else None,
    )
    walk = np.full(len(centres), np.inf)
    aside = np.full(len(centres), np.inf)
    walk[near], aside[near] = found.walk_at(places), places.access_m
    result = []
    for band, limit in enumerate(found.limits_m):
        over = np.maximum(walk - limit, aside - access)  # too far to walk, or too far from a street
        over = np.clip(over, -lattice.cell_m, lattice.cell_m)
        area = _inside(lattice, over.reshape(shape))
        if len(walls):
            counted = np.vstack([centres[over <= 0], vertex[found.band[piece] <= band]])
            area = _cut(area, walls, counted, found.lines()[found.band <= band])
        result.append(area)
    return result


def _lattice(vertex: Floats, cell: float, access: float) -> Lattice:
    """Cells around the pieces and what lies beside them, at multiples of the cell."""
    low, high = vertex.min(axis=0) - access, vertex.max(axis=0) + access
    width, height = high - low
    while (width / cell + 3) * (height / cell + 3) > MOST_CELLS:
        cell *= 1.25
    first, last = np.floor(low / cell) - 1, np.ceil(high / cell) + 1
    x, y = (np.arange(first[axis], last[axis] + 1) * cell for axis in (0, 1))
    return Lattice(x, y)


@jit
def _beside(vertex: Floats, piece: Ints, x: Floats, y: Floats, distance: float) -> Bools:
    """Whether each cell, row by row, may be within a distance of a piece: true of all that are."""
    cell = x[1] - x[0]
    found = np.zeros(len(x) * len(y), np.bool_)
    for k in range(len(piece)):
        steps = 1
        dx, dy = 0.0, 0.0
        if k + 1 < len(piece) and piece[k + 1] == piece[k]:
            dx, dy = vertex[k + 1, 0] - vertex[k, 0], vertex[k + 1, 1] - vertex[k, 1]
            steps = int(np.hypot(dx, dy) / cell) + 1
        for step in range(steps):
            px, py = vertex[k, 0] + dx * step / steps, vertex[k, 1] + dy * step / steps
            reach = distance + cell / 2.0  # from the nearest place that is looked at
            low, high = int(np.ceil((py - reach - y[0]) / cell)), int((py + reach - y[0]) / cell)
            for r in range(max(low, 0), min(high + 1, len(y))):
                half = np.sqrt(max(reach * reach - (y[r] - py) ** 2, 0.0))
                left, right = int(np.ceil((px - half - x[0]) / cell)), int((px + half - x[0]) / cell)
                for c in range(max(left, 0), min(right + 1, len(x))):
                    found[r * len(x) + c] = True
    return found


def _inside(lattice: Lattice, over: Floats) -> shapely.MultiPolygon:
    """Where `over` is at most 0, even between cells."""
    made = contourpy.contour_generator(
        lattice.x, lattice.y, over, name="serial", fill_type=contourpy.FillType.OuterOffset
    )
    parts = []
    areas: Any = made.filled(-np.inf, 0.0)  # in this form: vertices, and where each ring begins
    for xy, offset in zip(*areas, strict=True):
        rings = [xy[a:b] for a, b in pairwise(offset)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(parts)


def _near(barriers: Sequence[BaseGeometry] | NDArray[np.object_], lattice: Lattice) -> NDArray[np.object_]:
    """What of the barriers lies on the lattice, in parts."""
    if not len(barriers):
        return np.empty(0, dtype=object)
    box = lattice.x[0], lattice.y[0], lattice.x[-1], lattice.y[-1]
    clipped = shapely.clip_by_rect(np.asarray(barriers, dtype=object), *box)
    parts = shapely.get_parts(clipped)
    return np.asarray(parts[~shapely.is_empty(parts)], dtype=object)


def _cut(
    area: shapely.MultiPolygon,
    walls: NDArray[np.object_],
    counted: Floats,
    lines: NDArray[np.object_],
) -> shapely.MultiPolygon:
    """The area less the walls and what they part from every counted place, and the crossings."""
    thick = np.where(shapely.get_dimensions(walls) == 2, walls, shapely.buffer(walls, WALL_M, quad_segs=1))
    wall = shapely.union_all(thick)
    left = shapely.get_parts(shapely.difference(area, wall))
    shapely.prepare(left)
    x, y = counted.T
    kept = [part for part in left if shapely.contains_xy(part, x, y).any()]
    crossing = lines[shapely.intersects(wall, lines)]
    ribbons = shapely.buffer(crossing, BRIDGE_M, cap_style="flat", quad_segs=2)
    whole = shapely.union_all([*kept, *ribbons])
    return shapely.MultiPolygon([part for part in shapely.get_parts(whole) if part.geom_type == "Polygon"])

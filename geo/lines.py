"""The drawn line of each edge: turned to run from its u to its v, joined to its nodes, and kept once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo import crs as systems
from geo.chains import Lines
from geo.errors import CrsMissing, EdgesNotLines
from geo.jit import Bools, Floats, Ints, jit

TOUCH_M = 0.01
"""An end of a line this near to its node is the node; farther off, a straight piece joins the two."""

TWIN_M = 0.001
"""Two drawn lines are one when they have as many vertices and each pair is this near."""


def straight(u: Ints, v: Ints) -> Lines:
    """Edges without drawn lines: straight between their nodes."""
    return Lines(u, v, np.zeros(len(u) + 1, np.int32), np.empty((0, 2)))


def drawn(u: Ints, v: Ints, xy: Floats, edges: pd.DataFrame, crs: CRS) -> Lines:
    """Edges with their drawn lines, where the frame has a geometry; a missing or empty one is straight.

    A line drawn from v to u is turned. A line that does not end at its node is joined to it by a straight
    piece, so that no walk is shorter than the straight way. `xy` and the result are in `crs`. A frame
    with the column `row` has its rows counted by it (from 0) in messages.
    """
    column = edges.active_geometry_name if isinstance(edges, gpd.GeoDataFrame) else "geometry"
    if column not in edges.columns or edges[column].isna().all():
        return straight(u, v)
    if not isinstance(edges, gpd.GeoDataFrame) or edges.crs is None:
        raise CrsMissing("the network's edges")
    geometry = edges.geometry.to_numpy()
    kind = shapely.get_type_id(geometry)
    present = (kind >= 0) & ~shapely.is_empty(geometry)
    wrong = np.flatnonzero(present & (kind != shapely.GeometryType.LINESTRING))
    if len(wrong):
        first = edges["row"].iloc[wrong[0]] if "row" in edges.columns else wrong[0]
        raise EdgesNotLines(len(wrong), int(first) + 1)
    line_xy, row = shapely.get_coordinates(np.where(present, geometry, None), return_index=True)
    line_xy = systems.transform_xy(line_xy, edges.crs, crs)
    count = np.bincount(row, minlength=len(u))
    offset = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    inner_offset, inner_xy = _inner(u, v, xy, offset, line_xy, TOUCH_M)
    return Lines(u, v, inner_offset, inner_xy)


def once(lines: Lines) -> Bools:
    """True for the first of the edges that are one street: the same two nodes and the same line.

    Edges and their lines must run from the lower node to the higher, so that only loops can still differ in
    direction. Different lines between the same nodes are different streets.
    """
    rank = np.lexsort((lines.v, lines.u)).astype(np.int32)
    keep: Bools = _once(lines.u, lines.v, rank, lines.inner_offset, lines.inner_xy, TWIN_M)
    return keep


def select(lines: Lines, rows: Ints) -> Lines:
    """The edges of these rows, in this order."""
    if len(lines.inner_xy) == 0:
        return straight(lines.u[rows], lines.v[rows])
    low = lines.inner_offset[rows].astype(np.int64)
    count = lines.inner_offset[rows + 1] - low
    offset = np.concatenate([[0], np.cumsum(count)])
    vertex = np.repeat(low - offset[:-1], count) + np.arange(offset[-1])
    return Lines(lines.u[rows], lines.v[rows], offset.astype(np.int32), lines.inner_xy[vertex])


@jit
def _inner(u: Ints, v: Ints, xy: Floats, offset: Ints, line: Floats, touch: float) -> tuple[Ints, Floats]:
    inner_offset = np.zeros(len(u) + 1, np.int32)
    inner = np.empty_like(line)
    top = 0
    for e in range(len(u)):
        low, high = offset[e], offset[e + 1]
        if high > low:
            ux, uy, vx, vy = xy[u[e], 0], xy[u[e], 1], xy[v[e], 0], xy[v[e], 1]
            ax, ay, bx, by = line[low, 0], line[low, 1], line[high - 1, 0], line[high - 1, 1]
            along = np.hypot(ax - ux, ay - uy) + np.hypot(bx - vx, by - vy)
            against = np.hypot(bx - ux, by - uy) + np.hypot(ax - vx, ay - vy)
            turned = against < along
            for j in range(high - low):
                k = high - 1 - j if turned else low + j
                x, y = line[k, 0], line[k, 1]
                if j == 0 and np.hypot(x - ux, y - uy) <= touch:
                    continue
                if j == high - low - 1 and np.hypot(x - vx, y - vy) <= touch:
                    continue
                inner[top, 0] = x
                inner[top, 1] = y
                top += 1
        inner_offset[e + 1] = top
    return inner_offset, inner[:top].copy()


@jit
def _same(inner: Floats, a: int, b: int, count: int, reverse: bool, near: float) -> bool:
    for j in range(count):
        k = b + (count - 1 - j if reverse else j)
        if np.hypot(inner[a + j, 0] - inner[k, 0], inner[a + j, 1] - inner[k, 1]) > near:
            return False
    return True


@jit
def _once(u: Ints, v: Ints, rank: Ints, inner_offset: Ints, inner: Floats, near: float) -> Bools:
    keep = np.ones(len(u), np.bool_)
    group = 0
    for i in range(1, len(u)):
        e = rank[i]
        if u[e] != u[rank[group]] or v[e] != v[rank[group]]:
            group = i
            continue
        a = inner_offset[e]
        count = inner_offset[e + 1] - a
        for k in range(group, i):
            b = inner_offset[rank[k]]
            if not keep[rank[k]] or inner_offset[rank[k] + 1] - b != count:
                continue
            loop = u[e] == v[e]
            if _same(inner, a, b, count, False, near) or (loop and _same(inner, a, b, count, True, near)):
                keep[e] = False
                break
    return keep

"""Where an area, such as a park, is entered: where streets meet its border, and the junctions within it.

Who stands at such a place has arrived. An area that no street meets is entered straight across its border
from the streets nearby, like a house.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import crs as systems
from geo.attach import ATTACHED, NO_STREET, Attachment, attach, together
from geo.barriers import Barriers
from geo.errors import WalkArgument
from geo.jit import Bools, Floats, Ints, jit
from geo.network import Network

MEET_M = 0.01
"""A street that ends this near to a border meets it."""

BORDER_STEP_M = 25.0
"""How finely a border that no street meets is tried for ways to streets."""


class Entrances(NamedTuple):
    """Places on streets, in the order of the areas; every area has one, if only to say that it has none."""

    places: Attachment
    row: NDArray[np.int64]
    """Shape (p,): the area each is of."""


def entrances(
    network: Network,
    areas: ArrayLike,
    *,
    limit_m: float = 200.0,
    min_component_m: float = 5000.0,
    barriers: Barriers | None = None,
) -> Entrances:
    """Where streets lead into areas.

    Parameters
    ----------
    areas
        Geometries in the network's CRS, mostly polygons. Of one that no street meets, such as a point, the
        place nearest to a street is attached, and places at most BORDER_STEP_M apart along its border, each
        within `limit_m`. One that is missing or empty has no street.
    min_component_m
        Only streets of a connected part with at least so many metres of streets count.
    barriers
        Not to be crossed on the way from an area that no street meets; streets that meet one cross them.
    """
    if not limit_m >= 0:
        raise WalkArgument("limit_m", limit_m, "a distance, 0 or more")
    shapes = np.asarray(areas, dtype=object).ravel()
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    systems.check_finite(xy, row, "the areas to enter")
    large = network.in_large_parts(min_component_m)
    met, edge, offset, loose = _met(network, shapes, large)
    apart = np.ones(len(shapes), np.bool_)
    apart[met] = False
    alone = np.flatnonzero(apart)
    rest, of_rest = _beside(network, shapes[alone], float(limit_m), min_component_m, barriers)
    on = _places(network.shape_offset, network.shape_xy, edge, offset)
    access = np.zeros(len(met))
    access[loose] = shapely.distance(shapes[met[loose]], shapely.points(on[loose]))
    reached = Attachment(edge, offset, access, on, np.full(len(met), ATTACHED, np.int8))
    places = together([reached, rest])
    of = np.concatenate([met, alone[of_rest]])
    order = np.argsort(of, kind="stable")
    return Entrances(places.take(order), of[order])


def _met(
    network: Network, shapes: NDArray[np.object_], large: Bools
) -> tuple[NDArray[np.int64], Ints, Floats, Bools]:
    """Area, edge and offset of every place where a street meets a border, and of every junction within.

    Last, whether it is but nearly there.
    """
    rings, of = _borders(shapes)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    offset = np.concatenate([[0], np.cumsum(np.bincount(ring, minlength=len(rings)))]).astype(np.int64)
    grid = network.segments
    crossed, edge, along, loose = _crossings(
        offset,
        xy,
        large,
        grid.vertex,
        grid.xy,
        grid.line,
        grid.along_m,
        grid.x0,
        grid.y0,
        grid.cell_m,
        grid.columns,
        grid.rows,
        grid.cell_start,
        grid.cell_segment,
    )
    inner, node = _nodes_within(network, shapes, large)
    first = network.arc_edge[network.indptr[node]]
    from_u = network.edge_u[first] == node
    row = np.concatenate([of[crossed], inner])
    edge = np.concatenate([edge, first])
    loose = np.concatenate([loose, np.zeros(len(inner), np.bool_)])
    along = np.concatenate([along, np.where(from_u, 0.0, network.edge_length_m[first])])
    along = np.minimum(along, network.edge_length_m[edge])
    millimetre = np.round(along * 1000).astype(np.int64)
    order = np.lexsort((along, loose, millimetre, edge, row))
    same = np.zeros(len(order), np.bool_)
    for key in (row, edge, millimetre):
        same[1:] |= key[order][1:] != key[order][:-1]
    same[:1] = True
    kept = order[same]
    return row[kept], edge[kept].astype(np.int32), along[kept], loose[kept]


def _borders(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """The rings of all polygons, and the area each is of."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, part = shapely.get_rings(parts[areas], return_index=True)
    return rings, row[areas][part].astype(np.int64)


def _nodes_within(
    network: Network, shapes: NDArray[np.object_], large: Bools
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Area and node of every junction in an area or on its border."""
    node = np.unique(np.concatenate([network.edge_u[large], network.edge_v[large]])).astype(np.int64)
    flat = np.isin(
        shapely.get_type_id(shapes), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
    )
    rows = np.flatnonzero(flat)
    if not (len(node) and len(rows)):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    shapely.prepare(shapes[rows])
    west, south, east, north = shapely.total_bounds(shapes[rows])
    x, y = network.xy[node].T
    node = node[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
    tree = shapely.STRtree(shapely.points(network.xy[node]))
    area, found = tree.query(shapes[rows], predicate="intersects")
    return rows[area], node[found]


def _beside(
    network: Network,
    shapes: NDArray[np.object_],
    limit_m: float,
    min_component_m: float,
    barriers: Barriers | None,
) -> tuple[Attachment, NDArray[np.int64]]:
    """Ways straight across the borders of areas that no street meets, and the area each is of.

    The shortest way of all, and one from every place of the border that is tried. An area without any has one
    place that says why.
    """
    near, of_near = _shortest(network, shapes, limit_m, min_component_m, barriers)
    xy, of_tried = shapely.get_coordinates(_tried(shapes), return_index=True)
    tried = attach(network, xy, limit_m=limit_m, min_component_m=min_component_m, barriers=barriers)
    places, of = together([near, tried]), np.concatenate([of_near, of_tried])
    why = np.zeros(len(shapes), np.int8)
    np.maximum.at(why, of, places.reason)
    nowhere = np.ones(len(shapes), np.bool_)
    nowhere[of[places.attached]] = False
    none = np.flatnonzero(nowhere)
    why = np.where(why[none] == ATTACHED, NO_STREET, why[none]).astype(np.int8)  # missing and empty ones
    blank = np.full(len(none), np.nan)
    nothing = Attachment(
        np.full(len(none), -1, np.int32),
        blank,
        np.full(len(none), np.inf),
        np.column_stack([blank, blank]),
        why,
    )
    return (
        together([places.take(places.attached), nothing]),
        np.concatenate([of[places.attached], none]),
    )


def _tried(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Borders of areas, lines and points, with vertices at most BORDER_STEP_M apart."""
    flat = shapely.get_dimensions(shapes) > 1
    return shapely.segmentize(np.where(flat, shapely.boundary(shapes), shapes), BORDER_STEP_M)


def _shortest(
    network: Network,
    shapes: NDArray[np.object_],
    limit_m: float,
    min_component_m: float,
    barriers: Barriers | None,
) -> tuple[Attachment, NDArray[np.int64]]:
    """The shortest way from each area to a street, where one is within the limit and crosses no barrier."""
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    streets = network.lines_in_large_parts(min_component_m)
    if not (len(there) and len(streets.edge) and limit_m > 0):
        return attach(network, np.empty((0, 2))), np.empty(0, np.int64)
    area, line = streets.tree.query_nearest(shapes[there], max_distance=limit_m, all_matches=False)
    row, edge = there[area], streets.edge[line]
    way = shapely.get_coordinates(shapely.shortest_line(streets.line[line], shapes[row])).reshape(-1, 2, 2)
    on, start = way[:, 0], way[:, 1]
    open_ = np.ones(len(row), np.bool_) if barriers is None else ~barriers.stop(start, on)
    found = Attachment(
        edge.astype(np.int32),
        shapely.line_locate_point(streets.line[line], shapely.points(on)),
        np.hypot(*(on - start).T),
        on,
        np.full(len(row), ATTACHED, np.int8),
    )
    return found.take(open_), row[open_]


@jit
def _places(shape_offset: Ints, shape: Floats, edge: Ints, offset: Floats) -> Floats:
    result = np.empty((len(edge), 2))
    for i in range(len(edge)):
        k, last = shape_offset[edge[i]], shape_offset[edge[i] + 1] - 2
        rest = offset[i]
        step = np.hypot(shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1])
        while rest > step and k < last:
            rest -= step
            k += 1
            step = np.hypot(shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1])
        share = min(rest / step, 1.0) if step > 0 else 0.0
        result[i, 0] = shape[k, 0] + share * (shape[k + 1, 0] - shape[k, 0])
        result[i, 1] = shape[k, 1] + share * (shape[k + 1, 1] - shape[k, 1])
    return result


@jit
def _crossings(
    ring_offset: NDArray[np.int64],
    border: Floats,
    allowed: Bools,
    vertex: Ints,
    xy: Floats,
    line: Ints,
    along: Floats,
    x0: float,
    y0: float,
    cell: float,
    columns: int,
    rows: int,
    cell_start: Ints,
    cell_segment: Ints,
) -> tuple[NDArray[np.int64], Ints, Floats, Bools]:
    """Ring, edge and offset of each meeting of a border with an allowed street; some more than once.

    Last, whether the two do not quite touch.
    """
    ring = np.empty(1024, np.int64)
    edge = np.empty(1024, np.int32)
    offset = np.empty(1024)
    loose = np.empty(1024, np.bool_)
    top = 0
    for i in range(len(ring_offset) - 1):
        for p in range(ring_offset[i], ring_offset[i + 1] - 1):
            px, py = border[p, 0], border[p, 1]
            ex, ey = border[p + 1, 0] - px, border[p + 1, 1] - py
            length = np.hypot(ex, ey)
            if length == 0:
                continue
            west, east = min(px, px + ex) - MEET_M, max(px, px + ex) + MEET_M
            south, north = min(py, py + ey) - MEET_M, max(py, py + ey) + MEET_M
            for r in range(
                max(int(np.floor((south - y0) / cell)), 0), min(int(np.floor((north - y0) / cell)) + 1, rows)
            ):
                for c in range(
                    max(int(np.floor((west - x0) / cell)), 0),
                    min(int(np.floor((east - x0) / cell)) + 1, columns),
                ):
                    for j in range(cell_start[r * columns + c], cell_start[r * columns + c + 1]):
                        s = cell_segment[j]
                        if not allowed[line[s]]:
                            continue
                        ax, ay = xy[vertex[s], 0], xy[vertex[s], 1]
                        bx, by = xy[vertex[s] + 1, 0] - ax, xy[vertex[s] + 1, 1] - ay
                        step = np.hypot(bx, by)
                        if step == 0:
                            continue
                        dx, dy = px - ax, py - ay
                        turn = bx * ey - by * ex
                        if abs(turn) > 1e-9 * step * length:
                            first = last = (dx * ey - dy * ex) / turn
                            other = (dx * by - dy * bx) / turn
                            if other < -MEET_M / length or other > 1.0 + MEET_M / length:
                                continue
                            apart = other < 0 or other > 1 or first < 0 or first > 1
                        elif abs(dx * by - dy * bx) <= MEET_M * step:  # the border runs along the street
                            apart = True
                            first = (dx * bx + dy * by) / (step * step)
                            last = ((dx + ex) * bx + (dy + ey) * by) / (step * step)
                            if first > last:
                                first, last = last, first
                        else:
                            continue
                        if last < -MEET_M / step or first > 1.0 + MEET_M / step:
                            continue
                        for end in range(1 if first == last else 2):
                            if top == len(ring):
                                ring = np.concatenate((ring, np.empty_like(ring)))
                                edge = np.concatenate((edge, np.empty_like(edge)))
                                offset = np.concatenate((offset, np.empty_like(offset)))
                                loose = np.concatenate((loose, np.empty_like(loose)))
                            at = min(max(first if end == 0 else last, 0.0), 1.0)
                            ring[top], edge[top], offset[top] = i, line[s], along[s] + at * step
                            loose[top] = apart
                            top += 1
    return ring[:top], edge[:top], offset[:top], loose[:top]

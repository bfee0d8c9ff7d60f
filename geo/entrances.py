"""Where an area, such as a park, is entered: where streets meet its border, and the junctions within it.

Who stands at such a place has arrived. An area that no street meets is entered from the nearest street,
straight across its border, like a house.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import crs as systems
from geo.attach import ATTACHED, BEHIND_BARRIER, NO_STREET, SMALL_COMPONENT, Attachment, attach
from geo.barriers import Barriers
from geo.errors import WalkArgument
from geo.jit import Bools, Floats, Ints, jit
from geo.network import Network

MEET_M = 0.01
"""A street that ends this near to a border meets it."""

BORDER_STEP_M = 10.0
"""How finely a border is tried for a way to a street that no barrier crosses."""


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
        Geometries in the network's CRS, mostly polygons. One that no street meets, such as a point, is
        attached at the nearest place of it within `limit_m`; one that is missing or empty has no street.
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
    large = network.component_length_m[network.edge_component] >= min_component_m
    met, edge, offset = _met(network, shapes, large)
    apart = np.ones(len(shapes), np.bool_)
    apart[met] = False
    alone = np.flatnonzero(apart)
    rest = _beside(network, shapes[alone], large, float(limit_m), min_component_m, barriers)
    on = _on(network, edge, offset)
    zero = np.zeros(len(met))
    places = Attachment(
        np.concatenate([edge, rest.edge]),
        np.concatenate([offset, rest.offset_m]),
        np.concatenate([zero, rest.access_m]),
        np.concatenate([on, rest.xy]),
        np.concatenate([zero.astype(np.int8), rest.reason]),
    )
    of = np.concatenate([met, alone])
    order = np.argsort(of, kind="stable")
    return Entrances(places.take(order), of[order])


def _met(
    network: Network, shapes: NDArray[np.object_], large: Bools
) -> tuple[NDArray[np.int64], Ints, Floats]:
    """Area, edge and offset of every place where a street meets a border, and of every junction within."""
    rings, of = _borders(shapes)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    offset = np.concatenate([[0], np.cumsum(np.bincount(ring, minlength=len(rings)))]).astype(np.int64)
    grid = network.segments
    crossed, edge, along = _crossings(
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
    along = np.concatenate([along, np.where(from_u, 0.0, network.edge_length_m[first])])
    along = np.minimum(along, network.edge_length_m[edge])
    millimetre = np.round(along * 1000).astype(np.int64)
    order = np.lexsort((along, millimetre, edge, row))
    same = np.zeros(len(order), np.bool_)
    for key in (row, edge, millimetre):
        same[1:] |= key[order][1:] != key[order][:-1]
    same[:1] = True
    kept = order[same]
    return row[kept], edge[kept].astype(np.int32), along[kept]


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
    tree = shapely.STRtree(shapely.points(network.xy[node]))
    area, found = tree.query(shapes[rows], predicate="intersects")
    return rows[area], node[found]


def _beside(
    network: Network,
    shapes: NDArray[np.object_],
    large: Bools,
    limit_m: float,
    min_component_m: float,
    barriers: Barriers | None,
) -> Attachment:
    """Each area that no street meets, attached by the shortest way from its border."""
    n = len(shapes)
    found = Attachment(
        np.full(n, -1, np.int32),
        np.full(n, np.nan),
        np.full(n, np.inf),
        np.full((n, 2), np.nan),
        np.full(n, NO_STREET, np.int8),
    )
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    if not len(there) or limit_m == 0:
        return found
    lines = shapely.linestrings(
        network.shape_xy, indices=np.repeat(np.arange(len(large)), np.diff(network.shape_offset))
    )
    row, edge = _nearest_lines(shapes, there, lines, np.flatnonzero(large), limit_m)
    shortest = shapely.get_coordinates(shapely.shortest_line(lines[edge], shapes[row])).reshape(-1, 2, 2)
    on, start = shortest[:, 0], shortest[:, 1]
    found.edge[row] = edge
    found.offset_m[row] = shapely.line_locate_point(lines[edge], shapely.points(on))
    found.access_m[row] = np.hypot(*(on - start).T)
    found.xy[row] = on
    found.reason[row] = ATTACHED
    beyond = np.setdiff1d(there, row)
    cut_off, _ = _nearest_lines(shapes, beyond, lines, np.flatnonzero(~large), limit_m)
    found.reason[cut_off] = SMALL_COMPONENT
    if barriers is not None:
        for hidden in row[barriers.stop(start, on)].tolist():
            _put(found, hidden, _past(network, shapes[hidden], limit_m, min_component_m, barriers))
    return found


def _nearest_lines(
    shapes: NDArray[np.object_],
    rows: NDArray[np.int64],
    lines: NDArray[np.object_],
    some: NDArray[np.int64],
    limit_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Those rows of shapes that have one of some lines within the limit, and the nearest."""
    if not (len(rows) and len(some)):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    tree = shapely.STRtree(lines[some])
    area, line = tree.query_nearest(shapes[rows], max_distance=limit_m, all_matches=False)
    return rows[area], some[line]


def _past(
    network: Network, shape: shapely.Geometry, limit_m: float, min_component_m: float, barriers: Barriers
) -> Attachment:
    """The point of an area's border that has the shortest way to a street past the barriers."""
    border = shape if shapely.get_dimensions(shape) < 2 else shape.boundary
    tried = attach(
        network,
        shapely.get_coordinates(shapely.segmentize(border, BORDER_STEP_M)),
        limit_m=limit_m,
        min_component_m=min_component_m,
        barriers=barriers,
    )
    return tried.take(np.array([np.argmin(tried.access_m)]))


def _put(found: Attachment, row: int, one: Attachment) -> None:
    found.edge[row], found.offset_m[row] = one.edge[0], one.offset_m[0]
    found.access_m[row], found.xy[row] = one.access_m[0], one.xy[0]
    found.reason[row] = ATTACHED if one.edge[0] >= 0 else BEHIND_BARRIER


def _on(network: Network, edge: Ints, offset: Floats) -> Floats:
    """The coordinates of places on streets."""
    found: Floats = _places(network.shape_offset, network.shape_xy, edge, offset)
    return found


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
) -> tuple[NDArray[np.int64], Ints, Floats]:
    """Ring, edge and offset of each meeting of a border with an allowed street; some more than once."""
    ring = np.empty(1024, np.int64)
    edge = np.empty(1024, np.int32)
    offset = np.empty(1024)
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
                        elif abs(dx * by - dy * bx) <= MEET_M * step:  # the border runs along the street
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
                            at = min(max(first if end == 0 else last, 0.0), 1.0)
                            ring[top], edge[top], offset[top] = i, line[s], along[s] + at * step
                            top += 1
    return ring[:top], edge[:top], offset[:top]

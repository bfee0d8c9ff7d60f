"""The walking network: junctions, the streets between them as drawn, and what hangs together.

Data first: a network is a handful of arrays, in the order of memory in which walks read them. Nodes lie along
a Hilbert curve; edges are sorted by their nodes; each edge keeps its line, because people and places attach
to the line and not to a node.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo import chains, closures, hilbert, lines
from geo import crs as systems
from geo.errors import CrsMissing, GeometryNotFinite, NetworkColumn, NetworkEmpty
from geo.ids import positions
from geo.jit import Bools, Floats, Ints, jit
from geo.segment_grid import SegmentGrid

_LIMITS_KEPT = 4


class Lines(NamedTuple):
    """Streets as lines: row of the edge of each, the lines, and a tree over them."""

    edge: NDArray[np.int64]
    line: NDArray[np.object_]
    tree: shapely.STRtree


@dataclass(frozen=True, eq=False)
class Network:
    """n nodes, e edges (streets), m = 2 e arcs (each edge from both ends), c components.

    A network without directions: walking ignores one-way. Coordinates and lengths are in metres of `crs`.
    """

    crs: CRS
    node_id: NDArray[np.int64]
    """Shape (n,): the source's id of each node that is left."""
    xy: Floats
    """Shape (n, 2)."""
    indptr: Ints
    """Shape (n + 1,): the arcs of node i are entries indptr[i] to indptr[i + 1]."""
    neighbour: Ints
    """Shape (m,): where each arc leads. A loop leads back to its node, twice."""
    arc_length_m: Floats
    """Shape (m,)."""
    arc_edge: Ints
    """Shape (m,): the edge that each arc is."""
    edge_u: Ints
    """Shape (e,)."""
    edge_v: Ints
    """Shape (e,)."""
    edge_length_m: Floats
    """Shape (e,): planar, along the line."""
    edge_id: NDArray[np.int64]
    """Shape (e,): id (or row, without ids) of the first source edge of each edge, walked from u to v."""
    shape_offset: Ints
    """Shape (e + 1,): the line of edge i is vertices shape_offset[i] to shape_offset[i + 1], u first."""
    shape_xy: Floats
    """Shape (k, 2)."""
    shape_row: Ints
    """Shape (k,): row in the source of the edge that leads on from each vertex; -1 at the end of a line."""
    component: Ints
    """Shape (n,): which connected part a node belongs to."""
    component_length_m: Floats
    """Shape (c,): length of the streets of each connected part."""

    @cached_property
    def edge_component(self) -> Ints:
        """Shape (e,): which connected part an edge belongs to."""
        return self.component[self.edge_u]

    def in_large_parts(self, min_component_m: float) -> Bools:
        """Shape (e,): whether an edge's connected part has at least that much street; not to be changed."""
        found = self._in_large_parts.get(min_component_m)
        if found is None:
            found = self.component_length_m[self.edge_component] >= min_component_m
            if len(self._in_large_parts) < _LIMITS_KEPT:
                self._in_large_parts[min_component_m] = found
        return found

    def lines_in_large_parts(self, min_component_m: float) -> Lines:
        """The edges that `in_large_parts` names, as lines; the last ones asked for are remembered."""
        found = self._lines_in_large_parts.get(min_component_m)
        if found is None:
            edge = np.flatnonzero(self.in_large_parts(min_component_m))
            street = np.repeat(np.arange(len(self.edge_u)), np.diff(self.shape_offset))
            lines = shapely.linestrings(self.shape_xy, indices=street)[edge]
            found = Lines(edge, lines, shapely.STRtree(lines))
            self._lines_in_large_parts.clear()  # a city's are some tens of megabytes
            self._lines_in_large_parts[min_component_m] = found
        return found

    @cached_property
    def _lines_in_large_parts(self) -> dict[float, Lines]:
        return {}

    @cached_property
    def _in_large_parts(self) -> dict[float, Bools]:
        return {}

    @cached_property
    def segments(self) -> SegmentGrid:
        """The grid in which the streets near a point are found; made when first asked for."""
        return SegmentGrid.over(self.shape_offset, self.shape_xy)

    @property
    def length_m(self) -> float:
        """Length of all streets."""
        return float(self.edge_length_m.sum())


def build(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    crs: CRS,
    directed: bool = False,
    not_walkable: Collection[str] = (),
    class_column: str = "highway",
    closed: Mapping[str, Collection[object]] = MappingProxyType({}),
    contract: bool = True,
) -> Network:
    """A network from frames, projected and contracted.

    Parameters
    ----------
    nodes
        `node_id` (whole numbers) with `lon`, `lat` (WGS 84), or a GeoDataFrame of points.
    edges
        `u`, `v`; optionally `edge_id`, a class and, in a GeoDataFrame, lines. Without a line an edge is
        straight. A length column is ignored: lengths come from geometry, so that walks and straight
        distances share one metric.
    crs
        Projected, in metres.
    directed
        The source has one edge for each direction: those with the same nodes and line are one street.
    not_walkable
        Classes that are left out.
    closed
        For columns, the values that shut walkers out: an edge with one is left out. A node with one, such as
        a locked gate, cannot be passed: each of its streets ends there, at a node of its own with that id.
        A column that is in neither frame closes nothing, for not every source tags.
    contract
        Merge the edges between junctions; distances stay the same.

    Nodes without an edge are left out. Raises NetworkError, and CrsError or GeometryError for coordinates.
    """
    systems.require_metres(crs, "a walking network")
    rows = _walkable(edges, not_walkable, class_column, closed)
    _need(nodes, "nodes", "node_id")
    used, u, v = positions(nodes["node_id"], edges["u"], edges["v"], rows)
    xy = _node_xy(nodes, used, crs)
    u, v, used, xy = _along_curve(u, v, used, xy)
    chosen = edges if len(rows) == len(edges) else edges.iloc[rows]
    drawn = lines.drawn(u, v, xy, chosen, crs)
    if directed:
        kept = np.flatnonzero(lines.once(drawn)).astype(np.int32)
        drawn, rows = lines.select(drawn, kept), rows[kept]
    drawn, rows = _sorted(drawn, rows)
    shut = closures.matches(nodes, closed)
    if shut is not None and shut[used].any():
        drawn, copied = closures.ended_at(drawn, shut[used])
        xy, used = np.vstack([xy, xy[copied]]), np.concatenate([used, used[copied]])
    found = chains.find(drawn, len(xy), contract=contract)
    shape_offset, shape_xy, length, shape_row = chains.shapes(found, drawn, xy, rows.astype(np.int32))
    is_junction = np.zeros(len(xy), np.bool_)
    is_junction[found.u] = is_junction[found.v] = True
    junction = np.flatnonzero(is_junction)
    place = np.zeros(len(xy), np.int32)
    place[junction] = np.arange(len(junction), dtype=np.int32)
    edge_u, edge_v = place[found.u], place[found.v]
    indptr, arc_edge = chains.incidence(edge_u, edge_v, len(junction))
    neighbour, arc_length = _arcs(indptr, arc_edge, edge_u, edge_v, length)
    component = _components(edge_u, edge_v, len(junction))
    return Network(
        crs=crs,
        node_id=nodes["node_id"].to_numpy(np.int64)[used[junction]],
        xy=np.ascontiguousarray(xy[junction]),
        indptr=indptr,
        neighbour=neighbour,
        arc_length_m=arc_length,
        arc_edge=arc_edge,
        edge_u=edge_u,
        edge_v=edge_v,
        edge_length_m=length,
        edge_id=_edge_ids(edges, rows[found.edge[found.offset[:-1]]]),
        shape_offset=shape_offset,
        shape_xy=shape_xy,
        shape_row=shape_row,
        component=component,
        component_length_m=np.bincount(component[edge_u], weights=length).astype(np.float64),
    )


def _need(frame: pd.DataFrame, table: str, column: str, needs: str = "whole numbers") -> None:
    if column not in frame.columns:
        raise NetworkColumn(table, column, needs)


def _walkable(
    edges: pd.DataFrame,
    not_walkable: Collection[str],
    class_column: str,
    closed: Mapping[str, Collection[object]],
) -> NDArray[np.int64]:
    """Rows of the edges that may be walked on."""
    for column in ("u", "v"):
        _need(edges, "edges", column)
    rows = np.arange(len(edges), dtype=np.int64)
    if len(not_walkable) and len(edges):
        _need(edges, "edges", class_column, "the class of each street")
        rows = rows[~edges[class_column].isin(list(not_walkable)).to_numpy()]
    shut = closures.matches(edges, closed)
    if shut is not None:
        rows = rows[~shut[rows]]
    if not len(rows):
        raise NetworkEmpty(len(edges))
    return rows


def _node_xy(nodes: pd.DataFrame, used: NDArray[np.int64], crs: CRS) -> Floats:
    """Coordinates in `crs` of the nodes in rows `used`."""
    if {"lon", "lat"} <= set(nodes.columns):
        source = systems.STORED
        xy = np.column_stack(
            [nodes[name].to_numpy(np.float64, na_value=np.nan)[used] for name in ("lon", "lat")]
        )
    elif isinstance(nodes, gpd.GeoDataFrame):
        source = systems.require(nodes, "the network's nodes")
        points = nodes.geometry.iloc[used]
        if not (points.geom_type == "Point").all():
            raise NetworkColumn("nodes", "geometry", "points")
        xy = np.column_stack([points.x, points.y])
    elif "geometry" in nodes.columns:
        raise CrsMissing("the network's nodes")
    else:
        raise NetworkColumn("nodes", "lon, lat", "degrees")
    if not np.isfinite(xy).all():
        bad = ~np.isfinite(xy).all(axis=1)
        raise GeometryNotFinite("the network's nodes", tuple((used[bad] + 1).tolist()))
    return systems.transform_xy(xy, source, crs)


def _along_curve(
    u: Ints, v: Ints, used: NDArray[np.int64], xy: Floats
) -> tuple[Ints, Ints, NDArray[np.int64], Floats]:
    """Nodes put along the curve, and edges turned to run from the earlier node to the later."""
    order = hilbert.order(xy)
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    a, b = place[u], place[v]
    return np.minimum(a, b), np.maximum(a, b), used[order], np.ascontiguousarray(xy[order])


def _sorted(drawn: chains.Lines, rows: NDArray[np.int64]) -> tuple[chains.Lines, NDArray[np.int64]]:
    """Edges by their nodes, so that the order of the source changes nothing."""
    order = np.argsort((drawn.u.astype(np.int64) << 32) | drawn.v, kind="stable").astype(np.int32)
    return lines.select(drawn, order), rows[order]


def _edge_ids(edges: pd.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    for column in ("edge_id", "eid"):
        if column in edges.columns and pd.api.types.is_integer_dtype(edges[column].dtype):
            return edges[column].to_numpy(np.int64)[rows]
    return rows


@jit
def _arcs(indptr: Ints, arc_edge: Ints, u: Ints, v: Ints, length: Floats) -> tuple[Ints, Floats]:
    neighbour = np.empty(len(arc_edge), np.int32)
    arc_length = np.empty(len(arc_edge))
    for node in range(len(indptr) - 1):
        for arc in range(indptr[node], indptr[node + 1]):
            e = arc_edge[arc]
            neighbour[arc] = v[e] if u[e] == node else u[e]
            arc_length[arc] = length[e]
    return neighbour, arc_length


@jit
def _components(u: Ints, v: Ints, nodes: int) -> Ints:
    """Union by the lower node, with halving of paths; numbered by first node."""
    parent = np.arange(nodes).astype(np.int32)
    for e in range(len(u)):
        a, b = u[e], v[e]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    number = 0
    component = np.empty(nodes, np.int32)
    for node in range(nodes):
        if parent[node] == node:
            component[node] = number
            number += 1
        else:
            component[node] = component[parent[node]]
    return component

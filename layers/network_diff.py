"""Differences between two states of a network: of its nodes and of its edges."""

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.crs import STORED
from layers.diff import Delta, apply, counts, diff
from layers.spec import LayerSpec

NODE_KEY = "node_id"
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class NetworkDelta:
    """What to do to the nodes (points, keyed by `node_id`) and to the edges."""

    nodes: Delta
    edges: Delta

    @property
    def is_empty(self) -> bool:
        return self.nodes.is_empty and self.edges.is_empty


def diff_network(old: Tables | None, new: Tables, spec: LayerSpec) -> NetworkDelta:
    """What turns `old` into `new`: tables `nodes` and `edges`, the nodes with points or `lon` and `lat`."""
    before = {"nodes": None, "edges": None} if old is None else {**old, "nodes": as_points(old["nodes"])}
    return NetworkDelta(
        nodes=diff(before["nodes"], as_points(new["nodes"]), nodes_spec(spec)),
        edges=diff(before["edges"], new["edges"], spec),
    )


def apply_network(old: Tables, delta: NetworkDelta) -> Tables:
    """The tables with the delta done to them, nodes as points."""
    return {"nodes": apply(as_points(old["nodes"]), delta.nodes), "edges": apply(old["edges"], delta.edges)}


def counts_network(delta: NetworkDelta) -> dict[str, Any]:
    """The counts of the edges, which are the network's features, and those of the nodes under `nodes`."""
    return {**counts(delta.edges), "nodes": counts(delta.nodes)}


def nodes_spec(spec: LayerSpec) -> LayerSpec:
    """The spec of a network's nodes as a layer of points."""
    return replace(spec, kind="features", geometry="point", key=NODE_KEY, fields=spec.nodes, nodes=())


def as_points(nodes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Nodes as points, whose coordinates may stand in `lon` and `lat`."""
    if isinstance(nodes, gpd.GeoDataFrame):
        return nodes
    places = gpd.points_from_xy(nodes["lon"], nodes["lat"])
    return gpd.GeoDataFrame(nodes.drop(columns=["lon", "lat"]), geometry=places, crs=STORED)

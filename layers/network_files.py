"""Which data set, or layer of one, holds a network's nodes and which its edges: told by their columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.readers import read, read_osm_network
from geo.signatures import OSM
from layers.columns import match
from layers.findings import Finding
from layers.opening import Dataset
from layers.spec import LayerSpec

DIRECTED_FROM = 0.5
"""A source in which at least this share of edges has a reverse twin has an edge for each direction.

Of the networks at hand, streets drawn once have less than 0.01, those with an edge for each direction 0.73.
"""


@dataclass(frozen=True)
class NetworkTables:
    """Nodes and edges as read; with findings, one of them was not to be found."""

    nodes: pd.DataFrame
    edges: pd.DataFrame
    findings: tuple[Finding, ...] = ()


def network_tables(
    datasets: Sequence[Dataset],
    spec: LayerSpec,
    source_layer: str | None,
    crs: str | None,
    encoding: str | None,
) -> NetworkTables:
    """Read the data sets; columns for both ends of an edge make edges, else a node's id makes nodes."""
    for each in datasets:
        if each.error is not None:
            raise each.error
    if len(datasets) == 1 and datasets[0].source.driver == OSM:
        return NetworkTables(*read_osm_network(datasets[0].source))
    tables: dict[str, pd.DataFrame] = {}
    for each in datasets:
        for name in [source_layer] if source_layer else each.layers:
            frame = read(each.source, layer=name, crs=crs, encoding=encoding).frame
            role = _role([str(column) for column in frame.columns], spec)
            if role is not None:
                tables.setdefault(role, frame)
    missing = [role for role in ("nodes", "edges") if role not in tables]
    if missing:
        shown = [each.source.name for each in datasets]
        return NetworkTables(
            pd.DataFrame(),
            pd.DataFrame(),
            tuple(
                Finding("network_table_missing", "error", spec.name, fields={"table": role, "files": shown})
                for role in missing
            ),
        )
    return NetworkTables(tables["nodes"], tables["edges"])


def _role(columns: list[str], spec: LayerSpec) -> str | None:
    if {"u", "v"} <= set(match(spec.fields, columns).columns):
        return "edges"
    return "nodes" if "node_id" in match(spec.nodes, columns).columns else None


def reverse_share(edges: pd.DataFrame) -> float:
    """The share of edges between two nodes that have a twin the other way, to three decimals."""
    u, v = edges["u"].to_numpy(dtype=np.int64), edges["v"].to_numpy(dtype=np.int64)
    proper = u != v
    if not proper.any():
        return 0.0
    ends = pd.MultiIndex.from_arrays([u[proper], v[proper]])
    return round(float(ends.isin(pd.MultiIndex.from_arrays([v[proper], u[proper]])).mean()), 3)

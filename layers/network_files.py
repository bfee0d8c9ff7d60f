"""Which file, or layer of a file, holds a network's nodes and which its edges: told by their columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from geo.formats import OSM
from geo.readers import format_of, layer_names, read, read_osm_network
from layers.columns import match
from layers.findings import Finding
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
    files: list[Path], spec: LayerSpec, source_layer: str | None, crs: str | None, encoding: str | None
) -> NetworkTables:
    """Read the files; columns that serve both ends of an edge make edges, else a node's id makes nodes."""
    if len(files) == 1 and format_of(files[0]) == OSM:
        return NetworkTables(*read_osm_network(files[0]))
    tables: dict[str, pd.DataFrame] = {}
    for path in files:
        names = [source_layer] if source_layer else layer_names(path)
        for name in names:
            frame = read(path, layer=name, crs=crs, encoding=encoding).frame
            role = _role([str(column) for column in frame.columns], spec)
            if role is not None:
                tables.setdefault(role, frame)
    missing = [role for role in ("nodes", "edges") if role not in tables]
    if missing:
        shown = [path.name for path in files]
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

"""Examining the files of a walking network: nodes and edges found among the data sets, validated together."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.detected import Detected
from layers.catalog import Store
from layers.columns import arranged
from layers.errors import AgencyRequired, ModeNotSupported
from layers.examination import Examined, Progress
from layers.findings import Finding, has_errors
from layers.history import tables_under
from layers.ledger import Version
from layers.network_diff import NetworkDelta, diff_network
from layers.network_files import DIRECTED_FROM, network_tables, reverse_share
from layers.networks import PreparedNetwork, network_keys, prepare_network
from layers.opening import Heap
from layers.owning import only_agency
from layers.publish import may_publish
from layers.said import Said
from layers.spec import LayerSpec

Foreign = Callable[[dict[str, Version]], list[Finding]]


@dataclass(frozen=True)
class Parts:
    """A network as found. `state` is empty where a table is missing."""

    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    read_rows: int = 0
    bounds: tuple[float, float, float, float] | None = None
    detected: tuple[Detected, ...] = ()
    state: dict[str, pd.DataFrame] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    foreign: Foreign = lambda _heads: []
    delta: Callable[[Version | None], NetworkDelta | None] = lambda _base: None


def network_parts(store: Store, heap: Heap, spec: LayerSpec, said: Said) -> Parts:
    """Nodes and edges of the data sets, in the form of the spec, and everything found about them.

    A network is replaced whole: other modes are refused.
    """
    if said.mode != "replace":
        raise ModeNotSupported(said.mode, ("replace",))
    names = tuple(each.source.name for each in heap.datasets)
    tables = network_tables(heap.datasets, spec, said.source_layer, said.crs, said.encoding)
    if tables.findings:
        return Parts(names, tables.findings)
    edges, rows = arranged(
        tables.edges, ", ".join(names), where=said.where, rename=said.rename, constants=said.constants
    )
    prepared = prepare_network(tables.nodes, edges, spec, store.workspace.city, rows=rows)
    directed, told = _direction(prepared, spec, said.directed)
    prepared = replace(prepared, findings=(*told, *prepared.findings))
    nodes = prepared.nodes.frame
    return Parts(
        names,
        prepared.findings,
        read_rows=len(edges),
        bounds=_bounds(nodes),
        state={"nodes": nodes, "edges": prepared.edges.frame},
        facts={"directed": directed},
        foreign=lambda heads: network_keys(store, spec, prepared, heads) if heads else [],
        delta=partial(_delta, store, spec, prepared),
    )


def _direction(
    prepared: PreparedNetwork, spec: LayerSpec, said: bool | None
) -> tuple[bool, tuple[Finding, ...]]:
    if said is not None or has_errors(prepared.findings):
        return bool(said), ()
    share = reverse_share(prepared.edges.frame)
    directed = share > DIRECTED_FROM
    fields = {"directed": directed, "share": share}
    return directed, (Finding("direction_taken", "note", spec.name, fields=fields),)


def _delta(
    store: Store, spec: LayerSpec, prepared: PreparedNetwork, base: Version | None
) -> NetworkDelta | None:
    """What changes among nodes and edges; None while the network is not whole."""
    if has_errors(prepared.findings):
        return None
    old = None if base is None else tables_under(store, base, spec)
    new = {"nodes": prepared.nodes.frame, "edges": prepared.edges.frame}
    if old is not None and ("geometry" in old["edges"]) != ("geometry" in new["edges"]):
        old, new = ({**each, "edges": _straight(each["edges"])} for each in (old, new))
    return diff_network(old, new, spec)


def _straight(edges: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(edges.drop(columns="geometry", errors="ignore"))


def _bounds(nodes: pd.DataFrame) -> tuple[float, float, float, float] | None:
    if not isinstance(nodes, gpd.GeoDataFrame) or not len(nodes):
        return None
    box = nodes.total_bounds
    return tuple(float(v) for v in box) if np.isfinite(box).all() else None  # type: ignore[return-value]


def examine_network(store: Store, heap: Heap, said: Said, spec: LayerSpec, progress: Progress) -> Examined:
    """Look at the nodes and edges of a network."""
    agency = said.agency or only_agency(store)
    if agency is None:
        raise AgencyRequired([entry.code for entry in store.workspace.city.agencies])
    may_publish(store, spec, agency, said.mode)
    progress("read")
    parts = network_parts(store, heap, spec, said)
    heads = store.heads(spec.name)
    base = heads.get(agency)
    delta = parts.delta(base)
    foreign = parts.foreign({code: head for code, head in heads.items() if code != agency})
    return Examined(
        said,
        kind="network",
        heap=heap,
        dataset=", ".join(parts.names) or None,
        layer=spec.name,
        agency=agency,
        geometry="line",
        read_rows=parts.read_rows,
        taken_rows=parts.read_rows,
        bounds=parts.bounds,
        detected=parts.detected,
        findings=(*parts.findings, *foreign),
        base=base,
        delta=None if delta is None else delta.edges,
        nodes=None if delta is None else delta.nodes,
        state=parts.state,
        facts=parts.facts,
    )

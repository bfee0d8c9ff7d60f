"""Network layers: nodes and edges validated together and published as one version of two tables."""

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.catalog import Store
from layers.city import City
from layers.errors import LayerKindError
from layers.findings import Finding, capped
from layers.history import tables_under
from layers.ledger import Version
from layers.network_diff import apply_network, diff_network
from layers.publish import (
    UNSET,
    Content,
    Published,
    Sources,
    Unset,
    may_publish,
    publish_content,
    table_keys,
)
from layers.sealed import in_stored_order
from layers.spec import LayerSpec
from layers.validate import Prepared, prepare, prepare_nodes

SAME_PLACE_DEGREES = 1e-7  # about a centimetre: two agencies' node of one id must be one place


@dataclass(frozen=True)
class PreparedNetwork:
    """Nodes and edges in the form of their spec, and all findings of both; nodes' say `table: nodes`."""

    nodes: Prepared
    edges: Prepared
    findings: tuple[Finding, ...]


def prepare_network(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    spec: LayerSpec,
    city: City,
    *,
    rows: NDArray[np.int64] | None = None,
) -> PreparedNetwork:
    """Validate both tables and that every edge runs between nodes that are there; `rows` number the edges."""
    points = prepare_nodes(nodes, spec, city)
    streets = prepare(edges, spec, city, rows=rows)
    findings = [replace(f, fields={**f.fields, "table": "nodes"}) for f in points.findings]
    findings += streets.findings
    if not len(streets.frame):
        findings.append(Finding("network_empty", "error", spec.name))
    elif not any(f.severity == "error" for f in findings):
        findings += _unknown_nodes(points.frame["node_id"], streets, spec)
    return PreparedNetwork(points, streets, tuple(capped(findings)))


def _unknown_nodes(node_id: pd.Series, edges: Prepared, spec: LayerSpec) -> list[Finding]:
    found = []
    for end in ("u", "v"):
        unknown = ~edges.frame[end].isin(node_id).to_numpy()
        found += [
            Finding(
                rule="node_unknown",
                severity="error",
                layer=spec.name,
                feature=int(edges.rows[position]),
                key=str(edges.frame[spec.key].iloc[position]),
                field=end,
                value=str(edges.frame[end].iloc[position]),
            )
            for position in np.flatnonzero(unknown)
        ]
    return found


def publish_network(
    store: Store,
    layer: str,
    agency: str,
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    *,
    directed: bool = False,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | Unset | None = UNSET,
) -> Version:
    """Make nodes (`node_id`, points or `lon` and `lat`) and edges this agency's state of a network layer.

    Edges may have lines; one without is straight. `directed` says that the source has an edge for each
    direction of travel; it is kept with the version. Raises as `publish_frame` does.
    """
    spec = store.spec(layer)
    if spec.kind != "network":
        raise LayerKindError(layer, spec.kind, "network")
    prepared = prepare_network(nodes, edges, spec, store.workspace.city)
    return publish_prepared_network(
        store,
        spec,
        agency,
        prepared,
        directed=directed,
        author=author,
        note=note,
        mode=mode,
        source=source,
        expected=expected,
    ).version


def publish_prepared_network(
    store: Store,
    spec: LayerSpec,
    agency: str,
    prepared: PreparedNetwork,
    *,
    directed: bool,
    author: str,
    note: str = "",
    mode: str = "replace",
    source: Sources = None,
    expected: str | Unset | None = UNSET,
) -> Published:
    """Publish what `prepare_network` made; what is unchanged under the layer's precision stays as it was."""
    may_publish(store, spec, agency, mode)
    head = store.heads(spec.name).get(agency)

    def content() -> Content:
        tables = _settled(store, spec, head, prepared)
        nodes = in_stored_order(tables["nodes"], "node_id")
        ordered = along_nodes(tables["edges"], nodes["node_id"], spec.key)
        facts = {"directed": directed, "nodes": len(nodes), "edges": len(ordered)}
        return Content({"nodes": nodes, "edges": ordered}, len(ordered), facts)

    return publish_content(
        store,
        spec,
        agency,
        content,
        prepared.findings,
        lambda heads: network_keys(store, spec, prepared, heads),
        author=author,
        note=note,
        source=source,
        expected=expected,
    )


def _settled(
    store: Store, spec: LayerSpec, head: Version | None, prepared: PreparedNetwork
) -> dict[str, pd.DataFrame]:
    """The new tables, with the head's own values where they count as equal."""
    new = {"nodes": prepared.nodes.frame, "edges": prepared.edges.frame}
    if head is None:
        return new
    old = tables_under(store, head, spec)
    if ("geometry" in old["edges"]) != ("geometry" in new["edges"]):
        return new
    return apply_network(old, diff_network(old, new, spec))


def network_keys(
    store: Store, spec: LayerSpec, prepared: PreparedNetwork, heads: dict[str, Version]
) -> list[Finding]:
    """What other agencies' heads hold against it: their edges' keys, and their nodes at other places."""
    return table_keys(store, spec, prepared.edges, heads) + _moved_nodes(store, spec, prepared.nodes, heads)


def along_nodes(edges: pd.DataFrame, node_id: pd.Series, key: str) -> pd.DataFrame:
    """Edges in the order of their nodes, so that what is near on the map is near in the file."""
    place = pd.Series(np.arange(len(node_id)), index=node_id.to_numpy())
    order = np.lexsort(
        [edges[key].to_numpy(), place.loc[edges["v"]].to_numpy(), place.loc[edges["u"]].to_numpy()]
    )
    return edges.iloc[order].reset_index(drop=True)


def _moved_nodes(store: Store, spec: LayerSpec, nodes: Prepared, heads: dict[str, Version]) -> list[Finding]:
    """Nodes that another agency has under the same id at another place; at the same place they are shared."""
    from layers.reading import read_part

    found = []
    frame = nodes.frame
    assert isinstance(frame, gpd.GeoDataFrame)  # noqa: S101 - prepare_nodes makes points
    mine = pd.DataFrame(shapely.get_coordinates(frame.geometry.array), columns=["lon", "lat"])
    mine["node_id"] = frame["node_id"]
    mine["row"] = nodes.rows
    for owner, version in sorted(heads.items()):
        theirs = read_part(store.workspace, version, store.spec_of(version), "nodes")
        both = mine.merge(theirs[["node_id", "lon", "lat"]], on="node_id", suffixes=("", "_theirs"))
        apart = np.maximum(abs(both["lon"] - both["lon_theirs"]), abs(both["lat"] - both["lat_theirs"]))
        found += [
            Finding(
                rule="node_elsewhere",
                severity="error",
                layer=spec.name,
                feature=int(row),
                key=str(node),
                field="node_id",
                value=str(node),
                fields={"owner": owner, "table": "nodes"},
            )
            for row, node in both.loc[apart > SAME_PLACE_DEGREES, ["row", "node_id"]].itertuples(index=False)
        ]
    return found

"""Walking networks out of OpenStreetMap extracts; runs in the reading process.

The convention: every vertex of a walkable way is a node, every two consecutive vertices make one
undirected edge, and two nodes are joined once, by the first way in the file. A way is walkable if its
`highway` is none of NOT_WALKABLE and its own tags let walkers in: `foot` decides where it is set, else
`access`, else `motorroad`. Where an extract lacks vertices of a way nothing is drawn across the hole.
Cycleways, service roads, steps and trunk roads are in; a rule set may leave classes out later.

What a rule may close is told: `access` of edges and nodes is their `foot` where that is set, else their
`access` (of a locked node with neither, `locked`), and `barrier` of nodes what stands there, such as a gate.
"""

from array import array
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa

from geo.read_problems import problem

NOT_WALKABLE = frozenset(
    {
        *("motorway", "motorway_link", "raceway", "platform"),
        *("construction", "proposed", "planned", "abandoned", "disused", "razed"),
    }
)
_CLOSED = frozenset({"no", "private"})


def walking_network(path: Path, file: str) -> tuple[pa.Table, pa.Table]:
    """Nodes (`node_id` from 0 in the order of `osm_node_id`, `lon`, `lat`, `barrier`, `access`) and edges.

    Edges have `edge_id` from 0, `u` and `v` (node ids, in the direction of drawing), `osm_way_id`, `highway`,
    `name` and `access`, in the order of the file.
    """
    start, end, lon, lat, ref, way, tags, gates = _walkable_steps(path, file)
    pair = np.sort(np.column_stack([start, end]), axis=1)
    _, first = np.unique(pair, axis=0, return_index=True)
    keep = np.sort(first)
    start, end, way = start[keep], end[keep], way[keep]

    known, place = np.unique(ref, return_index=True)
    used = np.unique(np.concatenate([start, end]))
    at = place[np.searchsorted(known, used)]
    standing = [gates.get(node, (None, None)) for node in used.tolist()]
    nodes = pa.table(
        {
            "node_id": np.arange(len(used)),
            "osm_node_id": used,
            "lon": lon[at] / 1e7,
            "lat": lat[at] / 1e7,
            "barrier": pa.array([barrier for barrier, _ in standing], pa.string()),
            "access": pa.array([access for _, access in standing], pa.string()),
        }
    )
    edges = pa.table(
        {
            "edge_id": np.arange(len(start)),
            "u": np.searchsorted(used, start),
            "v": np.searchsorted(used, end),
            "osm_way_id": way,
            "highway": pa.array([tags[i][0] for i in way.tolist()], pa.string()),
            "name": pa.array([tags[i][1] for i in way.tolist()], pa.string()),
            "access": pa.array([tags[i][2] for i in way.tolist()], pa.string()),
        }
    )
    return nodes, edges


def _walkable_steps(path: Path, file: str) -> tuple:
    """Steps between consecutive known vertices, the vertices' places in units of 1e-7 degrees, ways' tags and
    what stands at nodes."""
    start, end, way = array("q"), array("q"), array("q")
    ref, lon, lat = array("q"), array("q"), array("q")
    tags: dict[int, tuple[str, str | None, str | None]] = {}
    gates: dict[int, tuple[str, str | None]] = {}
    found = (
        osmium.FileProcessor(str(path))
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY | osmium.osm.NODE))
        .with_filter(osmium.filter.KeyFilter("highway", "barrier"))
    )
    try:
        for each in found:
            if isinstance(each, osmium.osm.Node):
                if "barrier" in each.tags:
                    locked = "locked" if each.tags.get("locked") == "yes" else None
                    gates[each.id] = each.tags["barrier"], _access(each.tags) or locked
                continue
            assert isinstance(each, osmium.osm.Way)  # noqa: S101 - the filter lets nothing else through
            if "highway" not in each.tags or not _is_walkable(each.tags):
                continue
            before = None
            for node in each.nodes:
                if not node.location.valid():
                    before = None
                    continue
                ref.append(node.ref)
                lon.append(node.x)
                lat.append(node.y)
                if before is not None and before != node.ref:
                    start.append(before)
                    end.append(node.ref)
                    way.append(each.id)
                before = node.ref
            tags[each.id] = each.tags["highway"], each.tags.get("name"), _access(each.tags)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise problem("unreadable", file, reason=str(error)[:300]) from error
    arrays = (np.frombuffer(each, dtype=np.int64) for each in (start, end, lon, lat, ref, way))
    return *arrays, tags, gates


def _access(tags: osmium.osm.TagList) -> str | None:
    return tags.get("foot") or tags.get("access")


def _is_walkable(tags: osmium.osm.TagList) -> bool:
    if tags["highway"] in NOT_WALKABLE:
        return False
    foot = tags.get("foot")
    if foot is not None:
        return foot not in _CLOSED
    return tags.get("access") not in _CLOSED and tags.get("motorroad") != "yes"

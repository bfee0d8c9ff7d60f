"""Isochrones from single places against what one usually does with NetworkX and SciPy, on a whole city.

Medians over random places, taken in turns. The reach is on one graph for all, not contracted and in Hilbert
order. Polygons are on the contracted one, which makes NetworkX faster too. NetworkX and SciPy start at a node
and answer with nodes; ours starts at a place on a street and answers with exact pieces of streets, but where
labels alone are compared.
"""

import gc
import statistics
import time
from collections.abc import Callable

import networkx as nx
import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks._measure import Row, report
from benchmarks.bench_network import City, real, synthetic
from geo import network
from geo.attach import Attachment, on_street
from geo.isochrone import _Space, isochrone
from geo.network import Network
from geo.outline import ACCESS_M, outlines

WALK_M = 1000.0
BANDS_M = (WALK_M / 3, 2 * WALK_M / 3, WALK_M)
"""5, 10 and 15 minutes at 4 km/h."""
ORIGINS = 60
Places = list[tuple[int, Attachment]]
REACHES_M = (500.0, 1000.0, 2000.0, 5000.0)


def origins(net: Network) -> Places:
    """Random nodes of the large parts, as nodes and as places on a street."""
    rng = np.random.default_rng(7)
    large = np.flatnonzero(net.component_length_m[net.component] >= 100_000)
    found = []
    for node in rng.choice(large, ORIGINS, replace=False).tolist():
        edge = net.arc_edge[net.indptr[node]]
        offset = 0.0 if net.edge_u[edge] == node else net.edge_length_m[edge]
        found.append((node, on_street(net, [edge], [offset], net.xy[[node]])))
    return found


def graph_of(net: Network) -> nx.Graph:
    """The same graph for NetworkX; of parallel streets the shortest, which is all a search can use."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(net.xy)))
    lines = shapely.linestrings(
        net.shape_xy, indices=np.repeat(np.arange(len(net.edge_u)), np.diff(net.shape_offset))
    )
    for u, v, m, line in zip(
        net.edge_u.tolist(), net.edge_v.tolist(), net.edge_length_m.tolist(), lines, strict=True
    ):
        if not graph.has_edge(u, v) or graph[u][v]["length"] > m:
            graph.add_edge(u, v, length=m, geometry=line)
    return graph


def usual_polygons(graph: nx.Graph, node: int) -> list[shapely.Geometry]:
    """For each band the streets between reached nodes, widened and joined."""
    found = []
    for limit in BANDS_M:
        inside = nx.ego_graph(graph, node, radius=limit, distance="length")
        lines = [line for _, _, line in inside.edges(data="geometry")]
        found.append(shapely.union_all(shapely.buffer(lines, ACCESS_M)))
    return found


def in_turns(
    cases: dict[str, tuple[Places, Callable[[int, Attachment], object]]], rounds: int = 3
) -> dict[str, float]:
    """Median seconds of each case over all places; cases take turns, place after place within a turn.

    A collection of garbage before each single call, as elsewhere, would empty the processor's caches and
    measure little else of a call that takes a tenth of a millisecond.
    """
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (places, work) in cases.items():
            gc.collect()
            for place in places:
                start = time.perf_counter()
                work(*place)
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def agrees(net: Network, graph: nx.Graph, places: Places) -> None:
    """The nodes and their walks are those of NetworkX."""
    for node, place in places[:10]:
        walks = nx.single_source_dijkstra_path_length(graph, node, cutoff=WALK_M, weight="length")
        found = isochrone(net, place, [WALK_M])
        assert sorted(found.node.tolist()) == sorted(walks)
        np.testing.assert_allclose(found.node_m, [walks[each] for each in found.node.tolist()], atol=1e-6)


def labels(net: Network) -> Callable[[int, Attachment], object]:
    """The search alone: walks to the nodes within WALK_M, and the workspace made ready for the next."""
    space = _Space(net)

    def search(_node: int, place: Attachment) -> np.ndarray:
        count = space.search(WALK_M, place.edge, place.offset_m, place.access_m, None)
        node = space.touched[:count]
        walk = space.distance[node]
        space.distance[node] = space.far
        return walk

    return search


def compare(city: City) -> tuple[list[Row], dict[str, object]]:
    net = network.build(city.nodes, city.edges, crs=city.crs)
    whole = network.build(city.nodes, city.edges, crs=city.crs, contract=False)
    places, places_whole = origins(net), origins(whole)
    graph, graph_whole = graph_of(net), graph_of(whole)
    agrees(net, graph, places)
    agrees(whole, graph_whole, places_whole)
    n = len(whole.xy)
    matrix = csr_matrix((whole.arc_length_m, whole.neighbour, whole.indptr), shape=(n, n))
    spent = in_turns(
        {
            "reach": (places_whole, lambda _, place: isochrone(whole, place, [WALK_M])),
            "labels": (places_whole, labels(whole)),
            "ego": (places_whole, lambda node, _: nx.ego_graph(graph_whole, node, WALK_M, distance="length")),
            "dijkstra": (places_whole, lambda node, _: dijkstra(matrix, indices=node, limit=WALK_M)),
            "reach, contracted": (places, lambda _, place: isochrone(net, place, [WALK_M])),
            "ego, contracted": (places, lambda node, _: nx.ego_graph(graph, node, WALK_M, distance="length")),
            "polygons": (places, lambda _, place: outlines(isochrone(net, place, BANDS_M))),
            "usual": (places, lambda node, _: usual_polygons(graph, node)),
        }
    )
    growth = in_turns(
        {
            f"{limit:g} m": (places, lambda _, place, limit=limit: isochrone(net, place, [limit]))
            for limit in REACHES_M
        }
    )
    streets = np.median([isochrone(net, place, [WALK_M]).reached_m[0] for _, place in places])
    name = city.name
    rows = [
        Row(f"{name}: reach", spent["reach"], "NetworkX ego_graph", spent["ego"], 50.0),
        Row(f"{name}: labels alone", spent["labels"], "SciPy dijkstra", spent["dijkstra"], 1.0),
        Row(
            f"{name}: 3 bands, polygons",
            spent["polygons"],
            "ego_graph, buffer, union",
            spent["usual"],
            5.0,
        ),
    ]
    on_contracted = spent["ego, contracted"] / spent["reach, contracted"]
    pieces_too = spent["dijkstra"] / spent["reach"]
    facts: dict[str, object] = {
        f"{name}, size": f"{n} nodes, {len(net.xy)} contracted; {ORIGINS} places, {streets / 1000:.1f} km of "
        "streets within 1 km in the middle; nodes and walks equal to NetworkX's",
        f"{name}, both contracted": f"reach {on_contracted:.0f} times ego_graph",
        f"{name}, with pieces of streets too": f"{pieces_too:.2f} times SciPy's dijkstra",
        f"{name}, by reach": ", ".join(f"{reach} {s * 1e3:.3f} ms" for reach, s in growth.items()),
    }
    return rows, facts


def main() -> None:
    large, small = real("Porto", "porto", 1, 1), real("Porto Alegre", "porto_alegre", 1, 1)
    if large is None or small is None:
        print("the shared data are not here (set QUANTU_SHARED): made cities instead of Porto, Porto Alegre")
        large, small = synthetic("large grid", 260, 1, 1), synthetic("small grid", 90, 1, 1)
    rows: list[Row] = []
    facts: dict[str, object] = {}
    for city in (small, large):
        more, about = compare(city)
        rows += more
        facts |= about
    report("isochrone", "Streets within a walk of one place, one thread each", rows, facts)


if __name__ == "__main__":
    main()

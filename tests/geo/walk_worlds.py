"""Small street networks for tests, and walks worked out another way: NetworkX on streets cut at places."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo import network
from geo.network import Network

FLAT = CRS.from_epsg(4548)
"""CGCS2000, 117 E: planar metres, east 500,000 at the meridian."""

ORIGIN = np.array([500_000.0, 4_000_000.0])
"""Where the small worlds have their zero."""


def frames(xy: list, ends: list, ids: list | None = None, lines: list | None = None) -> tuple:
    """Nodes at metres from ORIGIN, and edges between them by row, with drawn lines if those are given."""
    ids = list(range(len(xy))) if ids is None else ids
    nodes = gpd.GeoDataFrame({"node_id": ids}, geometry=shapely.points(at(*xy)), crs=FLAT)
    edges = pd.DataFrame({"u": [ids[a] for a, _ in ends], "v": [ids[b] for _, b in ends]})
    if lines is not None:
        drawn = [line and shapely.LineString(at(*line)) for line in lines]
        edges = gpd.GeoDataFrame(edges, geometry=drawn, crs=FLAT)
    return nodes, edges


def world(xy: list, ends: list, lines: list | None = None, **options) -> Network:
    """The network of those nodes and edges."""
    return network.build(*frames(xy, ends, lines=lines), crs=FLAT, **options)


def at(*xy) -> np.ndarray:
    """Points at metres from ORIGIN."""
    return np.asarray(xy, dtype=float).reshape(-1, 2) + ORIGIN


def grid(columns: int, rows: int, step: float) -> tuple[list, list]:
    """Nodes and edges of a square grid of streets."""
    xy = [(c * step, r * step) for r in range(rows) for c in range(columns)]
    ends = [(r * columns + c, r * columns + c + 1) for r in range(rows) for c in range(columns - 1)]
    ends += [(r * columns + c, (r + 1) * columns + c) for r in range(rows - 1) for c in range(columns)]
    return xy, ends


def bent_grid(
    rng: np.random.Generator, columns: int, rows: int, step: float, closed: float
) -> tuple[list, list]:
    """A grid with its nodes moved about and a share of its streets closed; generic, so without ties."""
    xy, ends = grid(columns, rows, step)
    moved = np.array(xy) + rng.uniform(-0.3 * step, 0.3 * step, (len(xy), 2))
    return [tuple(point) for point in moved.tolist()], [pair for pair in ends if rng.random() >= closed]


def all_walks(
    node_xy: np.ndarray, ends: np.ndarray, points: np.ndarray, sites: np.ndarray, min_component_m: float
) -> np.ndarray:
    """Walk between each point and each site, shape (points, sites), without any code of ours.

    Straight edges between rows of `node_xy`. Each place is put on the nearest edge of a large enough part
    (shapely's tree), edges are cut there, and NetworkX runs Dijkstra's algorithm from each site.
    """
    segments = shapely.linestrings(node_xy[ends])
    length = shapely.length(segments)
    whole = nx.MultiGraph()
    whole.add_edges_from((int(a), int(b), {"length": m}) for (a, b), m in zip(ends, length, strict=True))
    large = set()
    for part in nx.connected_components(whole):
        if whole.subgraph(part).size("length") >= min_component_m:
            large |= part
    rows = np.array([i for i, (a, _) in enumerate(ends) if int(a) in large])
    tree = shapely.STRtree(segments[rows])
    places = shapely.points(np.vstack([points, sites]))
    edge = rows[tree.nearest(places)]
    offset = shapely.line_locate_point(segments[edge], places)
    access = shapely.distance(segments[edge], places)
    graph = nx.Graph()

    def join(a, b, m):
        if not graph.has_edge(a, b) or graph[a][b]["weight"] > m:
            graph.add_edge(a, b, weight=m)

    on: dict = {}
    for place, e in enumerate(edge):
        on.setdefault(int(e), []).append(place)
    for e, (a, b) in enumerate(ends):
        before, where = int(a), 0.0
        for place in sorted(on.get(e, []), key=lambda place: offset[place]):
            join(before, f"at {place}", offset[place] - where)
            before, where = f"at {place}", offset[place]
        join(before, int(b), length[e] - where)
    for place, m in enumerate(access):
        join(f"at {place}", f"from {place}", m)
    result = np.full((len(points), len(sites)), np.inf)
    for s in range(len(sites)):
        walks = nx.single_source_dijkstra_path_length(graph, f"from {len(points) + s}")
        result[:, s] = [walks.get(f"from {p}", np.inf) for p in range(len(points))]
    return result

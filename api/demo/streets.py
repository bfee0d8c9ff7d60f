"""The whole street network: towns, villages, roads between them, bridges; motorways apart."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from api.demo import blocks, crossings, links
from api.demo.blocks import CLASSES, RANK, Streets
from api.demo.ground import Floats, Ints, Recipe, to_degrees
from api.demo.settlements import Towns, Villages
from api.demo.terrain import Terrain
from geo.crs import STORED


@dataclass(frozen=True)
class Network:
    """Walkable streets, the bridges' edges among them, and motorways and trunk roads that join nothing."""

    streets: Streets
    bridge: Ints  # rows of streets.edge
    roads: tuple[tuple[int, str, Floats], ...]  # rank, name, vertices


def draw(recipe: Recipe, terrain: Terrain, town: Towns, village: Villages) -> Network:
    """The network of a recipe."""
    inner = blocks.draw(recipe, town, village)
    joined = links.join(recipe, terrain, town, village, inner)
    cut = crossings.cut(recipe, terrain, joined)
    bridged = crossings.add_bridges(terrain, cut)
    whole = crossings.reconnect(recipe, terrain, bridged)
    whole = crossings.cut_off(recipe, whole, int(town.cluster.max()) + 1)
    deck = (whole.group[whole.edge] == -2).all(axis=1)
    return Network(
        whole, np.flatnonzero(deck), tuple((RANK[kind], name, xy) for kind, name, xy in terrain.roads)
    )


def frames(network: Network) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Nodes (node_id, point in EPSG:4326) and edges (edge_id, u, v, highway, name); edges are straight."""
    streets = network.streets
    sizes = [len(xy) for _, _, xy in network.roads]
    first = len(streets.xy) + np.cumsum([0, *sizes[:-1]])
    road_edges = [
        np.column_stack([np.arange(n - 1), np.arange(1, n)]) + at for n, at in zip(sizes, first, strict=True)
    ]
    xy = np.concatenate([streets.xy, *(xy for _, _, xy in network.roads)])
    edge = np.concatenate([streets.edge, *road_edges]) + 1
    road_rank = [np.full(n - 1, rank) for (rank, _, _), n in zip(network.roads, sizes, strict=True)]
    rank = np.concatenate([streets.rank, *road_rank])
    name = np.full(len(edge), None, dtype=object)
    name[network.bridge] = [f"黄河{n}号桥" for n in range(1, len(network.bridge) + 1)]
    at = len(streets.edge)
    for (_, title, _), n in zip(network.roads, sizes, strict=True):
        name[at : at + n - 1] = title
        at += n - 1
    nodes = gpd.GeoDataFrame(
        {"node_id": np.arange(1, len(xy) + 1)}, geometry=shapely.points(to_degrees(xy)), crs=STORED
    )
    edges = pd.DataFrame(
        {
            "edge_id": np.arange(1, len(edge) + 1),
            "u": edge[:, 0],
            "v": edge[:, 1],
            "highway": np.array(CLASSES, dtype=object)[rank],
            "name": name,
        }
    )
    return nodes, edges

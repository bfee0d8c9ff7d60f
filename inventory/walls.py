"""What only streets cross, near a place: water, railways, and the roads that are closed to walkers."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import to_crs
from inventory.memory import Remembered
from inventory.pins import Recipe
from layers.catalog import NetworkFrames, Store

LAYERS = ("water", "railways")
"""Layers whose features nobody walks through, beside the barriers that a rule set names; those a city has not
published part nothing."""


@dataclass(frozen=True, eq=False)
class Walls:
    """Valid shapes in the working CRS, and a tree over them."""

    shapes: NDArray[np.object_]
    tree: shapely.STRtree

    def near(self, xy: NDArray[np.float64], distance_m: float) -> NDArray[np.object_]:
        """Those that may lie within a distance of a place, shape (2,)."""
        box = shapely.box(*(xy - distance_m), *(xy + distance_m))
        return np.asarray(self.shapes[np.sort(self.tree.query(box))], dtype=object)


_walls: Remembered[Walls] = Remembered(2)


def walls_of(store: Store, recipe: Recipe, moment: int) -> Walls:
    """The walls of a city as the catalog knew them at a moment; remembered."""
    network, specs = recipe.rules.walk, store.workspace.specs
    wanted = dict.fromkeys((*LAYERS, *network.barriers))
    features = [name for name in wanted if name in specs and specs[name].kind == "features"]
    names = [name for name in features if store.heads(name, as_of=moment)]
    versions = tuple(
        version.id for name in (*names, network.layer) for version in store.heads(name, as_of=moment).values()
    )
    key = (store.workspace.workspace_id, versions, recipe.crs.to_string(), network.not_walkable)
    return _walls.get(key, lambda: _read(store, recipe, moment, names))


def _read(store: Store, recipe: Recipe, moment: int, names: list[str]) -> Walls:
    shapes = [_shapes(store.read(name, as_of=moment, columns=[]), recipe.crs) for name in names]
    frames = store.read_network(recipe.rules.walk.layer, as_of=moment)
    shapes.append(_closed(frames, recipe.rules.walk.not_walkable, recipe.crs))
    parts = shapely.get_parts(np.concatenate(shapes))
    broken = ~shapely.is_valid(parts)
    parts[broken] = shapely.make_valid(parts[broken], method="structure")
    return Walls(parts, shapely.STRtree(parts))


def _shapes(frame: object, crs: CRS) -> NDArray[np.object_]:
    if not isinstance(frame, gpd.GeoDataFrame):
        return np.empty(0, dtype=object)
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return np.asarray(to_crs(there, crs).geometry.to_numpy(), dtype=object)


def _closed(frames: NetworkFrames, not_walkable: tuple[str, ...], crs: CRS) -> NDArray[np.object_]:
    """The roads nobody may walk on, as drawn, else straight between their nodes."""
    edges = frames.edges
    if "highway" not in edges.columns:
        return np.empty(0, dtype=object)
    edges = edges[edges["highway"].isin(not_walkable)]
    place = frames.nodes.set_index("node_id")[["lon", "lat"]]
    ends = [place.reindex(edges[side]).to_numpy(np.float64) for side in ("u", "v")]
    known = np.isfinite(np.hstack(ends)).all(axis=1)
    straight = shapely.linestrings(np.stack(ends, axis=1)[known])
    if "geometry" in edges.columns:
        drawn = edges["geometry"].to_numpy()[known]
        straight = np.where(shapely.is_missing(drawn), straight, drawn)
    return _shapes(gpd.GeoDataFrame(geometry=straight, crs=4326), crs)

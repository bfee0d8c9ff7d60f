"""The streets of a recipe as its rule has them walked: read from the versions it pins, and remembered."""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import LineString

from geo.crs import STORED, to_crs
from geo.effort import STEP_M
from geo.heights import Elevation, elevation
from inventory.errors import NoNetwork
from inventory.memory import versions_of, walking_on
from inventory.pins import Recipe
from inventory.walk_rules import WalkRule
from inventory.walking import Walking, walking
from layers.catalog import Store
from layers.errors import LayerKindError


def streets_of(store: Store, recipe: Recipe, rule: WalkRule | None = None) -> Walking:
    """The streets a recipe's rule set, or the given rule, walks on.

    Slope and barriers that nobody has published change nothing. NoNetwork if there are no streets, or if no
    connected part of them is as long as the rule wants.
    """
    asked = rule or recipe.rules.walk
    if not versions_of(recipe, asked.layer):
        raise NoNetwork(asked.layer)
    return walking_on(store, recipe, asked, lambda: _read(store, recipe, asked))


def lines_of(store: Store, recipe: Recipe, layer: str) -> gpd.GeoDataFrame:
    """A network's streets as lines in longitude and latitude; one that came without a line is straight."""
    frames = store.read_network(layer, at=recipe.day, as_of=recipe.sequence)
    place = frames.nodes.set_index("node_id")[["lon", "lat"]]
    ends = [place.reindex(frames.edges[end]).to_numpy() for end in ("u", "v")]
    drawn = frames.edges.geometry if isinstance(frames.edges, gpd.GeoDataFrame) else [None] * len(ends[0])
    shapes = [
        shape if shape is not None else LineString([one, other])
        for shape, one, other in zip(drawn, *ends, strict=True)
    ]
    return gpd.GeoDataFrame(frames.edges, geometry=shapes, crs=STORED)


def _read(store: Store, recipe: Recipe, rule: WalkRule) -> Walking:
    frames = store.read_network(rule.layer, at=recipe.day, as_of=recipe.sequence)
    heights = _heights(store, recipe, rule.slope)
    shapes = [_shapes(store, recipe, layer) for layer in rule.barriers if versions_of(recipe, layer)]
    return walking(
        frames.nodes,
        frames.edges,
        rule,
        crs=recipe.crs,
        directed=frames.directed,
        heights=heights,
        step_m=STEP_M if heights is None else heights.cell_m,
        barriers=np.concatenate(shapes) if shapes else (),
    )


def _heights(store: Store, recipe: Recipe, layer: str | None) -> Elevation | None:
    if layer is None or not versions_of(recipe, layer):
        return None
    parts = store.read_raster(layer, at=recipe.day, as_of=recipe.sequence)
    return elevation([part.path for part in parts], recipe.crs)


def _shapes(store: Store, recipe: Recipe, layer: str) -> NDArray[np.object_]:
    kind = store.spec(layer).kind
    if kind == "network":
        frame = lines_of(store, recipe, layer)
    else:
        read = store.read(layer, at=recipe.day, as_of=recipe.sequence, columns=[])
        if not isinstance(read, gpd.GeoDataFrame):
            raise LayerKindError(layer, kind, "features")
        frame = read
    return np.asarray(to_crs(frame[["geometry"]], recipe.crs).geometry.to_numpy(), dtype=object)

"""The map's own backdrop: water and railways for the first view, main roads for a closer one."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable

import geopandas as gpd
import numpy as np
import shapely

from api.zones import width_m
from inventory.pins import city_crs
from layers.catalog import NetworkFrames, Store
from maps.shapes import dumps, feature_collection, simplify_each
from maps.style import Style

LAYERS = {"water": 2500.0, "railways": 3000.0}  # and how many steps of detail across the city
ROADS, ROADS_DETAIL = "roads", 8000.0


class Backdrops:
    """Finished backdrops by the versions they are made of; only the newest of each kind is remembered."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, bytes]] = {}
        self._lock = threading.Lock()

    def key(self, store: Store, kind: str, look: Style) -> str:
        """A hash of the version ids and the style: the address of exactly this backdrop."""
        layers = [store.workspace.city.network] if kind == ROADS else list(LAYERS)
        ids = sorted(version.id for layer in layers for version in store.heads(layer).values())
        return hashlib.sha256(f"{kind} {ids} {look.hash}".encode()).hexdigest()[:16]

    def get(self, store: Store, kind: str, look: Style) -> tuple[str, bytes]:
        """The key and the JSON of the backdrop of today: an object of GeoJSON by layer."""
        key = self.key(store, kind, look)
        with self._lock:
            if self._known.get(kind, ("", b""))[0] != key:
                make: Callable[[], bytes] = (
                    (lambda: _roads(store, look)) if kind == ROADS else (lambda: _quiet(store))
                )
                self._known[kind] = (key, make())
            return self._known[kind]


def _quiet(store: Store) -> bytes:
    """Water and railways."""
    found = {}
    for layer, detail in LAYERS.items():
        if store.heads(layer):
            frame = store.read(layer, columns=[])
            found[layer] = _collection(store, frame.geometry, detail)
    return dumps(found).encode()


def _roads(store: Store, look: Style) -> bytes:
    """The main roads of the walking network, as the style names them, joined where they run on."""
    network = store.workspace.city.network
    if not store.heads(network):
        return dumps({}).encode()
    lines = main_roads(store.read_network(network), look.backdrop[ROADS]["classes"])
    return dumps({ROADS: _collection(store, lines, ROADS_DETAIL)}).encode()


def main_roads(frames: NetworkFrames, classes: Collection[str]) -> list[shapely.LineString]:
    """Edges of these classes as lines; those without a drawn one run straight between their nodes."""
    if "highway" not in frames.edges:
        return []
    edges = frames.edges[frames.edges["highway"].isin(list(classes))]
    place = frames.nodes.set_index("node_id")[["lon", "lat"]]
    ends = [place.reindex(edges[side]).to_numpy(np.float64) for side in ("u", "v")]
    known = np.isfinite(np.hstack(ends)).all(axis=1)
    straight = shapely.linestrings(np.stack(ends, axis=1)[known])
    if "geometry" in edges:
        drawn = edges.geometry.to_numpy()[known]
        straight = np.where(shapely.is_missing(drawn), straight, drawn)
    merged = shapely.line_merge(shapely.union_all(straight)) if len(straight) else shapely.MultiLineString()
    return list(shapely.get_parts(merged))


def _collection(store: Store, shapes: Iterable[shapely.Geometry], detail: float) -> dict[str, object]:
    city = store.workspace.city
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=4326)
    simple = simplify_each(frame, tolerance_m=width_m(city) / detail, crs=city_crs(city))
    kept = [shape for shape in simple.geometry if shapely.get_dimensions(shape) >= 1]
    return feature_collection(kept, [{}] * len(kept))

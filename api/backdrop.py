"""The map's own backdrop: water and railways, light enough for the first view."""

import hashlib
import threading

import shapely

from api.zones import width_m
from inventory.pins import city_crs
from layers.catalog import Store
from maps.shapes import dumps, feature_collection, simplify_each

LAYERS = {"water": 2500.0, "railways": 3000.0}  # and how many steps of detail across the city


class Backdrops:
    """The backdrop by the versions it is made of."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def key(self, store: Store) -> str:
        """A hash of the version ids: the address of exactly this backdrop."""
        ids = [f"{layer}={version.id}" for layer in LAYERS for version in store.heads(layer).values()]
        return hashlib.sha256(f"1 {sorted(ids)}".encode()).hexdigest()[:16]

    def get(self, store: Store) -> tuple[str, bytes]:
        """The key and the JSON of the backdrop of today: an object of GeoJSON by layer."""
        key = self.key(store)
        with self._lock:
            if key not in self._known:
                self._known = {key: _make(store)}
            return key, self._known[key]


def _make(store: Store) -> bytes:
    crs = city_crs(store.workspace.city)
    found = {}
    for layer, detail in LAYERS.items():
        if not store.heads(layer):
            continue
        frame = store.read(layer, columns=[])
        simple = simplify_each(frame, tolerance_m=width_m(store.workspace.city) / detail, crs=crs)
        shapes = [shape for shape in simple.geometry if shapely.get_dimensions(shape) >= 1]
        found[layer] = feature_collection(shapes, [{}] * len(shapes))
    return dumps(found).encode()

"""The city's zones for pages: which lies in which, how they are called, and their generalised shapes."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from api.params import When, ZoneNotFound
from inventory.errors import ZonesUnknown
from inventory.pins import city_crs
from layers.catalog import Store
from layers.city import City, ZoneEntry
from maps.shapes import generalise, label_points

METRES_PER_DEGREE = 111_320.0
DETAIL = (6000.0, 9000.0, 20000.0)  # by level: steps across the city; under a pixel where each is looked at


def coarsest(names: Sequence[str]) -> str:
    """The coarsest kind of zones; ZonesUnknown where city.toml names none."""
    if not names:
        raise ZonesUnknown("district", ())
    return names[0]


@dataclass(frozen=True)
class Zone:
    """One zone: its level (district, ...), code, names and the code of the zone around it."""

    level: str
    code: str
    name: str
    name_en: str | None
    parent: str | None

    def as_row(self) -> dict[str, str | None]:
        """The names as `Words.name` reads them."""
        return {"code": self.code, "name": self.name, "name_en": self.name_en}


@dataclass(frozen=True)
class Level:
    """All zones of one level in their layer's order, as stored."""

    name: str
    frame: gpd.GeoDataFrame
    zones: tuple[Zone, ...]
    tolerance_m: float
    crs: CRS

    @cached_property
    def shapes(self) -> np.ndarray:
        """Generalised polygons, in the order of `zones`."""
        simple = generalise(self.frame, tolerance_m=self.tolerance_m, crs=self.crs, layer=self.name)
        return np.asarray(simple.geometry.to_numpy(), dtype=object)

    @cached_property
    def labels(self) -> np.ndarray:
        """Where a name stands, longitude and latitude, shape (n, 2)."""
        return label_points(self.shapes)

    def rows(self, within: str | None) -> list[int]:
        """Positions of the zones inside another one, all for None."""
        return [i for i, zone in enumerate(self.zones) if within is None or zone.parent == within]


class ZoneBook:
    """The levels of zones at one moment, read when asked for."""

    def __init__(self, store: Store, when: When) -> None:
        self._store = store
        self._when = when
        self._lock = threading.Lock()
        self._levels: dict[str, Level] = {}
        self.names = tuple(store.workspace.city.zones)

    def level(self, name: str) -> Level:
        """All zones of a level; ZonesUnknown for a level the city has not."""
        if name not in self.names:
            raise ZonesUnknown(name, self.names)
        with self._lock:
            if name not in self._levels:
                self._levels[name] = self._read(name)
            return self._levels[name]

    def child(self, name: str | None) -> str | None:
        """The next finer level, the coarsest one for None; None below the finest."""
        following = 0 if name is None else self.names.index(name) + 1
        return self.names[following] if following < len(self.names) else None

    def path(self, code: str | None) -> list[Zone]:
        """The zone of a code after those around it, from the city down; empty for the whole city."""
        if not code:
            return []
        for depth, name in enumerate(self.names):
            zone = next((each for each in self.level(name).zones if each.code == code), None)
            if zone is None:
                continue
            found = [zone]
            for above in reversed(self.names[:depth]):
                around = next(
                    (each for each in self.level(above).zones if each.code == found[0].parent), None
                )
                if around is None:
                    break
                found.insert(0, around)
            return found
        raise ZoneNotFound(code)

    def bounds(self, zone: Zone | None) -> tuple[float, float, float, float]:
        """West, south, east, north of a zone, of all coarsest zones for None."""
        level = self.level(zone.level if zone else coarsest(self.names))
        shapes = level.shapes if zone is None else level.shapes[[level.zones.index(zone)]]
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        return west, south, east, north

    def matching(self, text: str) -> list[Zone]:
        """Zones whose name or code holds the text, the coarser first."""
        wanted = text.strip().casefold()
        return [
            zone
            for name in self.names[:2]
            for zone in self.level(name).zones
            if any(wanted in (each or "").casefold() for each in (zone.name, zone.name_en, zone.code))
        ]

    def _read(self, name: str) -> Level:
        city = self._store.workspace.city
        entry = city.zones[name]
        frame = self._store.read(entry.layer, at=self._when.at, as_of=self._when.as_of)
        depth = self.names.index(name)
        above = self.names[depth - 1] if depth else None
        tolerance = width_m(city) / DETAIL[min(depth, len(DETAIL) - 1)]
        return Level(name, frame, _zones(name, frame, entry, above), tolerance, city_crs(city))


def width_m(city: City) -> float:
    """The longer side of the city's box in metres, about."""
    west, south, east, north = city.bbox
    return METRES_PER_DEGREE * max((east - west) * cos(radians((south + north) / 2)), north - south)


def _zones(level: str, frame: gpd.GeoDataFrame, entry: ZoneEntry, above: str | None) -> tuple[Zone, ...]:
    columns: Mapping[str, Any] = {name: frame[name].tolist() for name in frame.columns if name != "geometry"}
    nothing = [None] * len(frame)
    parents = columns.get(f"{above}_code", nothing) if above else nothing
    rows = zip(
        columns[entry.key],
        columns.get(entry.name, nothing),
        columns.get("name_en", nothing),
        parents,
        strict=True,
    )
    return tuple(
        Zone(level, str(code), _text(name) or str(code), _text(english), _text(parent))
        for code, name, english, parent in rows
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

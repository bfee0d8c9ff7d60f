"""What the other modules stand on: the anchors, the plane in metres, seeded draws and smooth noise."""

import csv
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.crs import STORED, parse, transform_xy

HERE = Path(__file__).parent
PLANE = parse("EPSG:4548")
DEGREE_DECIMALS = 7  # about a centimetre; intake snaps finer than this

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]
Shapes = NDArray[Any]  # shapely geometries


@dataclass(frozen=True)
class Subdistrict:
    """One of the 164: official code, name and kind, the district it lies in, a rough centre and size.

    `role` says what is built there: old (the old town), core, seat (a county's town), new, town.
    """

    code: str
    name: str
    name_en: str
    kind: str
    district: str
    lon: float
    lat: float
    area_km2: float
    town_km: float
    role: str

    @property
    def agency(self) -> str:
        """Who answers for it: the zone 370176 where the official code says so, else the district."""
        return self.code[:6]


@dataclass(frozen=True)
class Recipe:
    """What a demo city is made from: the same seed and scale give the same city."""

    seed: int = 7
    scale: float = 1.0

    def random(self, stage: str) -> np.random.Generator:
        """A generator of its own for each stage, so that one stage's draws never shift another's."""
        return np.random.default_rng([self.seed, *stage.encode()])

    def scaled(self, count: int) -> int:
        """A count of the full city at this scale, at least one."""
        return max(1, round(count * self.scale))

    @property
    def shrink(self) -> float:
        """By how much lengths of built-up places shrink; never so small that a town has no street."""
        return max(math.sqrt(self.scale), 0.12)


@lru_cache(maxsize=1)
def subdistricts() -> tuple[Subdistrict, ...]:
    """The 164 subdistricts, in the order of their codes."""
    with (HERE / "subdistricts.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            Subdistrict(
                row["code"], row["name"], row["name_en"], row["kind"], row["district"], float(row["lon"]),
                float(row["lat"]), float(row["area_km2"]), float(row["town_km"]), row["role"],
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: row.code))


@lru_cache(maxsize=1)
def places() -> dict[str, Any]:
    """The rough places and sizes of `places.toml`."""
    return tomllib.loads((HERE / "places.toml").read_text(encoding="utf-8"))


def districts() -> list[dict[str, Any]]:
    """The 12 districts of `places.toml`, in the order of their codes."""
    return list(places()["district"])


def to_plane(lon_lat: Any) -> Floats:
    """Longitude, latitude (n, 2) to metres of EPSG:4548 (n, 2)."""
    return transform_xy(np.asarray(lon_lat, dtype=np.float64).reshape(-1, 2), STORED, PLANE)


def to_degrees(xy: Floats) -> Floats:
    """Metres (n, 2) to longitude, latitude (n, 2), rounded to about a centimetre."""
    return np.round(transform_xy(xy, PLANE, STORED), DEGREE_DECIMALS)


class Noise:
    """A smooth random surface, roughly normal with mean 0 and deviation 1, over places in metres."""

    def __init__(self, random: np.random.Generator, wavelength_m: float, waves: int = 10) -> None:
        turn = random.uniform(0.0, 2 * np.pi, waves)
        length = wavelength_m * random.uniform(0.7, 1.5, waves)
        self._wave = 2 * np.pi / length * np.array([np.cos(turn), np.sin(turn)])  # (2, waves)
        self._phase = random.uniform(0.0, 2 * np.pi, waves)
        self._size = math.sqrt(2.0 / waves)

    def __call__(self, xy: Floats) -> Floats:
        local = xy - np.array([500_000.0, 4_060_000.0])
        return np.asarray(self._size * np.cos(local @ self._wave + self._phase).sum(axis=1))


def bend(xy: Floats, random: np.random.Generator, *, wavelength_m: float, reach_m: float) -> Floats:
    """The points moved smoothly by about `reach_m`, so that straight lines between them turn natural."""
    east, north = Noise(random, wavelength_m), Noise(random, wavelength_m)
    return xy + reach_m * np.column_stack([east(xy), north(xy)])

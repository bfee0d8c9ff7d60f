"""Schools, clinics, shops, ...: put where people are meant to be served; the gaps are where the story is.

For each category a smooth random surface and the kind of place decide who is meant to have one near; `cover`
then places sites for them. Most of that surface is shared by all categories: who lacks one often lacks more.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.special import ndtr

from api.demo import cover
from api.demo.ground import HERE, Bools, Floats, Ints, Noise, Recipe, subdistricts, to_degrees
from api.demo.people import People, north_of_railway
from api.demo.terrain import Terrain
from geo.crs import STORED

LAYERS = ("education", "health", "care", "culture_sport", "shops", "services", "sanitation")
ROOM = {"education": "places", "health": "beds", "care": "beds"}
"""The column of what a site has room for, by layer."""
_PLACE = {"old": "core", "road": "village"}
_SHARED = 0.75  # how much of the luck of a place is the same for all categories
_FORGONE = 0.7  # above this own luck nobody mends what a barrier cuts off
_FEWEST = {300: 40, 500: 70, 1000: 200}  # people a further site must add, by reach


@dataclass(frozen=True)
class Sites:
    """Sites of one category: places in metres, the row of the subdistrict each lies in, and for how many it
    has room (school places, beds), None where that is not counted."""

    category: str
    layer: str
    xy: Floats
    subdistrict: Ints
    room: Ints | None = None


@lru_cache(maxsize=1)
def plan() -> dict[str, Any]:
    """What `categories.toml` says."""
    return tomllib.loads((HERE / "categories.toml").read_text(encoding="utf-8"))


def draw(recipe: Recipe, terrain: Terrain, ground: cover.Ground) -> list[Sites]:
    """The sites of every category."""
    people = ground.people
    scarce = _scarcity(terrain, people)
    kind = np.array(people.place, dtype=object)
    for place, same in _PLACE.items():
        kind[people.place == place] = same
    fortune = Noise(recipe.random("fortune"), 4_500.0, waves=20)(people.xy)
    kinds = {name: kind == name for name in plan()["served"]}
    return [_sites(recipe, ground, row, scarce, kinds, fortune) for row in plan()["category"]]


def frames(recipe: Recipe, sites: list[Sites]) -> dict[str, gpd.GeoDataFrame]:
    """One frame per layer, EPSG:4326; sanitation has the column `agency` too (13 publish it)."""
    tables: dict[str, list[gpd.GeoDataFrame]] = {layer: [] for layer in LAYERS}
    rows = {row["id"]: row for row in plan()["category"]}
    for one in sites:
        tables[one.layer].append(_frame(recipe, one, rows[one.category]["name"]))
    return {layer: pd.concat(parts, ignore_index=True) for layer, parts in tables.items()}


def _scarcity(terrain: Terrain, people: People) -> dict[str, Floats]:
    """For each category that is scarce somewhere, the factor at each demand point."""
    home = np.array([row.district for row in subdistricts()])[people.subdistrict]
    factor: dict[str, Floats] = {}
    for row in plan()["scarce"]:
        if row["where"] == "north_of_river":
            there = terrain.river.is_north(people.xy)
        elif row["where"] == "north_of_railway":
            there = (home == "370105") & north_of_railway(terrain, people.xy)
        else:
            there = home == row["where"]
        for category in row["categories"]:
            factor[category] = factor.get(category, np.ones(len(home))) * np.where(there, row["factor"], 1.0)
    return factor


def _sites(
    recipe: Recipe,
    ground: cover.Ground,
    row: dict[str, Any],
    scarce: dict[str, Floats],
    kinds: dict[str, Bools],
    fortune: Floats,
) -> Sites:
    random, people = recipe.random(f"sites {row['id']}"), ground.people
    share = np.zeros(len(people.xy))
    for name, default in plan()["served"].items():
        share[kinds[name]] = row.get(name, default)
    share *= scarce.get(row["id"], 1.0)
    own = Noise(random, 2_600.0 + 2.0 * row["reach_m"], waves=16)(people.xy)
    meant = ndtr(_SHARED * fortune + np.sqrt(1 - _SHARED**2) * own) < share
    forgone = own > _FORGONE
    picked = cover.place(random, ground, meant, forgone, float(row["reach_m"]), _FEWEST[row["reach_m"]])
    room = _room(recipe, row, people, people.xy[picked]) if "per_1000" in row else None
    return Sites(row["id"], row["layer"], people.xy[picked], people.subdistrict[picked], room)


def _room(recipe: Recipe, row: dict[str, Any], people: People, xy: Floats) -> Ints:
    """Places or beds: `per_1000` people of the city, shared out by how many have each site nearest by.

    In whole classes or wards of `step`, at least one each; not everywhere as many as the people would need.
    """
    random = recipe.random(f"room {row['id']}")
    near = np.bincount(cKDTree(xy).query(people.xy)[1], people.people, minlength=len(xy))
    weight = np.maximum(near, near.mean() / 4) ** 0.75 * np.exp(random.normal(0.0, 0.3, len(xy)))
    total = row["per_1000"] / 1000 * people.people.sum()
    return np.maximum(np.rint(weight / weight.sum() * total / row["step"]), 1).astype(np.int64) * row["step"]


def _frame(recipe: Recipe, sites: Sites, suffix: str) -> gpd.GeoDataFrame:
    random = recipe.random(f"names {sites.category}")
    order = np.argsort(sites.subdistrict, kind="stable")
    xy, home = sites.xy[order], sites.subdistrict[order]
    serial = np.arange(len(home)) - np.searchsorted(home, home) + 1
    rows = subdistricts()
    stem = [row.name.removesuffix("街道").removesuffix("镇") for row in rows]
    aside = random.uniform(-6, 6, xy.shape)
    room = {} if sites.room is None else {ROOM[sites.layer]: pd.array(sites.room[order], dtype="Int64")}
    return gpd.GeoDataFrame(
        {
            "id": [f"{sites.category}-{rows[k].code}-{n:03d}" for k, n in zip(home, serial, strict=True)],
            "name": [f"{stem[k]}第{n}{suffix}" for k, n in zip(home, serial, strict=True)],
            "category": sites.category,
            "completed": _dates(random, len(home)),
            **room,
            "agency": [rows[k].agency for k in home],
        },
        geometry=shapely.points(to_degrees(xy + aside)),
        crs=STORED,
    )


def _dates(random: np.random.Generator, count: int) -> list[date | None]:
    """Day of completion for three in five, 1998 to 2025; unknown for the others."""
    day = np.datetime64("1998-01-01") + random.integers(0, 10_000, count).astype("timedelta64[D]")
    known = random.uniform(0, 1, count) < 0.6
    return [when if sure else None for when, sure in zip(day.astype(object), known, strict=True)]

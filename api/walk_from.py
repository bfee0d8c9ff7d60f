"""A walk from one place, or to it: what is asked, the streets, what is there and what is not, as GeoJSON."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from api.access import Actor, decide
from api.params import CoverageBusy, ParameterInvalid, When
from api.results import Results
from api.words import Words
from api.zones import coarsest
from geo.crs import STORED, transform_xy
from geo.errors import GeoError
from geo.isochrone import Isochrone, isochrone
from geo.outline import ACCESS_M, outlines
from geo.reach import Attachment
from inventory.errors import InventoryError, PlaceOutside
from inventory.pins import Recipe
from inventory.reachable import Facility, Reached, amount_within, facilities_on, origin_of, reachable
from inventory.rules import RuleSet
from inventory.run import demand_of
from inventory.streets import streets_of
from inventory.walls import walls_of
from layers.catalog import Store
from layers.errors import LayerError
from maps.shapes import feature_collection

MOST_M = 5000.0
MOST_BANDS = 6
MOST_KM_H = 20.0
DECIMALS = 6  # of a degree: a tenth of a metre
log = logging.getLogger("quantu.api")
_pasts = threading.BoundedSemaphore(2)
"""There is no end of pasts, and each may need a network of its own built."""


@dataclass(frozen=True)
class Ask:
    """What is asked of a place. Minutes rise; `inward`: who walks here, instead of what is reached."""

    lon: float
    lat: float
    minutes: tuple[float, ...]
    speed_km_h: float
    inward: bool = False

    @property
    def limits_m(self) -> list[float]:
        return [minutes * self.speed_km_h * 1000 / 60 for minutes in self.minutes]


@dataclass(frozen=True)
class Walk:
    """The answer. `amounts` is who walks here, in thousandths of the recipe's demand, asked inward only."""

    ask: Ask
    recipe: Recipe
    origin: Attachment
    reach: Isochrone
    areas: list[shapely.MultiPolygon]
    categories: list[Reached]
    amounts: list[int] | None


def parse_ask(lon: float, lat: float, minutes: str, speed: str, inward: bool, rules: RuleSet) -> Ask:
    """What an address asks; minutes and speed are the rule set's where it names none."""
    km_h = rules.walk_speed_km_h if not speed else _number(speed)
    if km_h is None or not 0 < km_h <= MOST_KM_H:
        raise ParameterInvalid("speed", speed[:40], "walk_speed")
    tiers = sorted({float(tier.minutes) for tier in rules.tiers}) or [5.0, 10.0, 15.0]
    found = [_number(each) for each in minutes.split(",")] if minutes else list(tiers)
    asked = sorted({each for each in found if each is not None and each > 0})
    if len(asked) != len(found) or not 1 <= len(asked) <= MOST_BANDS:
        raise ParameterInvalid("minutes", minutes[:40], "walk_minutes")
    ask = Ask(lon, lat, tuple(asked), km_h, inward)
    if ask.limits_m[-1] > MOST_M:
        raise ParameterInvalid("minutes", minutes[:40] or f"{asked[-1]:g}", "walk_reach")
    return ask


def parse_from(text: str) -> tuple[float, float]:
    """Longitude and latitude of a place as they stand in an address."""
    parts = [_number(each) for each in text.split(",")]
    if len(parts) != 2 or parts[0] is None or parts[1] is None:
        raise ParameterInvalid("from", text[:60], "lon_lat")
    return parts[0], parts[1]


def recipe_of(store: Store, results: Results, when: When) -> Recipe:
    """The recipe whose streets, facilities and distances a walk uses: the city's circles report."""
    return results.recipe(store, coarsest(list(store.workspace.city.zones)), when)


def walk_from(store: Store, recipe: Recipe, when: When, ask: Ask) -> Walk:
    """Answer what is asked; PlaceOutside, NoStreetNear or NoStreetAround where nobody can walk from there."""
    west, south, east, north = store.workspace.city.bbox
    if not (west <= ask.lon <= east and south <= ask.lat <= north):
        raise PlaceOutside(ask.lon, ask.lat)
    with _turn(when):
        streets = streets_of(store, recipe)
        origin = origin_of(recipe, streets, ask.lon, ask.lat)
        reach = isochrone(streets.network, origin, ask.limits_m, streets.effort, inward=ask.inward)
        walls = walls_of(store, recipe, store.sequence(when.as_of))
        near = walls.near(origin.xy[0], reach.limits_m[-1] + 2 * ACCESS_M)
        areas = outlines(reach, barriers=near, min_component_m=recipe.rules.min_component_m)
        amounts = amount_within(demand_of(store, recipe, streets), origin, reach) if ask.inward else None
        categories = [] if ask.inward else reachable(store, recipe, origin)
        return Walk(ask, recipe, origin, reach, areas, categories, amounts)


def prepare(store: Store, results: Results, when: When) -> None:
    """Read what the first walk needs; who asks for one is told what is wrong."""
    try:
        recipe = recipe_of(store, results, when)
        facilities_on(store, recipe, streets_of(store, recipe))
        walls_of(store, recipe, store.sequence(when.as_of))
    except (InventoryError, LayerError, GeoError) as error:
        log.info("walks from places cannot be prepared: %s", error)


def geojson(walk: Walk, store: Store, words: Words, actor: Actor) -> dict[str, Any]:
    """Outlines and streets by band as features; place, lengths and facilities beside them.

    Outlines are within a band's minutes, streets are those that the band adds to the ones before.
    """
    ask, reach, crs = walk.ask, walk.reach, walk.recipe.crs
    lines = reach.lines()
    streets = [shapely.multilinestrings(lines[reach.band == band]) for band in range(len(ask.minutes))]
    areas = shapely.orient_polygons(np.array(walk.areas, dtype=object))
    shapes = _degrees(np.array([*areas[::-1], *streets[::-1]], dtype=object), crs)
    bands = [
        {"band": band, "minutes": _short(minutes), "limit_m": round(limit, 3)}
        for band, (minutes, limit) in enumerate(zip(ask.minutes, reach.limits_m, strict=True))
    ]
    beyond = [0, *(each["minutes"] for each in bands[:-1])]
    own = [b - a for a, b in pairwise([0.0, *reach.reached_m.tolist()])]
    kinds = [{"kind": "outline", **each} for each in bands]
    kinds += [
        {"kind": "streets", **each, "beyond_minutes": after, "length_m": round(length, 1)}
        for each, after, length in zip(bands, beyond, own, strict=True)
    ]
    count = len(bands)
    drawn = feature_collection(shapes, [*kinds[:count][::-1], *kinds[count:][::-1]], decimals=DECIMALS)
    street = transform_xy(walk.origin.xy, crs, STORED)[0]
    return {
        **drawn,
        "origin": {
            "lon": ask.lon,
            "lat": ask.lat,
            "street": [round(float(value), DECIMALS) for value in street],
            "access_m": round(float(walk.origin.access_m[0]), 1),
        },
        "speed_km_h": ask.speed_km_h,
        "inward": ask.inward,
        "date": walk.recipe.document["date"],
        "sequence": walk.recipe.sequence,
        "rule_set": walk.recipe.rules.id,
        "reach": [
            {**each, "streets_m": round(float(length), 1)}
            for each, length in zip(bands, reach.reached_m, strict=True)
        ],
        "within": None if walk.amounts is None else _amounts(walk, walk.amounts),
        "facilities": [_category(each, store, words, actor) for each in walk.categories],
    }


def may_name(store: Store, actor: Actor, layer: str) -> bool:
    """Whether the reader may see what a layer's features are called and where they stand."""
    spec = store.spec(layer)
    field = spec.by_name.get("name")
    return decide(actor, "read_layer", spec) and (field is None or decide(actor, "read_field", spec, field))


def _amounts(walk: Walk, amounts: list[int]) -> dict[str, Any]:
    return {"unit": walk.recipe.rules.demand.unit, "amount": [amount / 1000 for amount in amounts]}


def _category(each: Reached, store: Store, words: Words, actor: Actor) -> dict[str, Any]:
    row = each.requirement
    shown = may_name(store, actor, row.layer)
    return {
        "id": row.id,
        "title": words.title(row),
        "layer": row.layer,
        "status": each.status,
        "distance_m": row.distance_m,
        "within": each.within if each.status == "measured" else None,
        "nearest": _facility(each.nearest[0], words, shown=shown) if each.nearest else None,
    }


def _facility(facility: Facility, words: Words, *, shown: bool) -> dict[str, Any]:
    walk = {"walk_m": round(facility.walk_m, 1)}
    if not shown:
        return {"name": None, **walk, "lon": None, "lat": None}
    name = facility.name_en if words.lang == "en" and facility.name_en else facility.name
    place = {"lon": round(facility.lon, DECIMALS), "lat": round(facility.lat, DECIMALS)}
    return {"name": name, **walk, **place}


def _degrees(shapes: np.ndarray, crs: CRS) -> np.ndarray:
    return np.asarray(shapely.transform(shapes, lambda xy: transform_xy(xy, crs, STORED)), dtype=object)


def _number(text: str) -> float | None:
    """A finite number, None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _short(value: float) -> int | float:
    return int(value) if value.is_integer() else value


@contextmanager
def _turn(when: When) -> Iterator[None]:
    """The present needs no turn; few pasts are answered at once."""
    if when.is_now:
        yield
    elif _pasts.acquire(blocking=False):
        try:
            yield
        finally:
            _pasts.release()
    else:
        raise CoverageBusy("walk")

"""What the page says about a walk: the same in the panel beside the map and on a page of its own."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from api import walk_from
from api.access import actor_of
from api.deps import Site
from api.pages import Reader, link, reader
from api.params import When
from api.words import Words
from inventory.errors import NoStreetAround, NoStreetNear, PlaceOutside
from layers.catalog import Store
from maps import walk_style
from maps.shapes import inert
from maps.walk_figure import walk_figure


def context(
    request: Request, site: Site, store: Store, when: When, place: str, *, inward: bool, close: str
) -> dict[str, Any]:
    """What `_walk.html` needs for a place as it stands in an address.

    A place without streets is an answer too: the sentence that says so. `close` is the address without it.
    """
    who = reader(request)
    lon, lat = walk_from.parse_from(place)
    said = {
        "title": who.words.say("walk_to" if inward else "walk_from"),
        "at": who.words.say("walk_at", lon=f"{lon:.5f}", lat=f"{lat:.5f}"),
        "close": close,
        "problem": None,
        "still": "",
    }
    recipe = walk_from.recipe_of(store, site.results, when)
    ask = walk_from.parse_ask(lon, lat, "", "", inward, recipe.rules)
    try:
        walk = walk_from.walk_from(store, recipe, when, ask)
    except (PlaceOutside, NoStreetNear, NoStreetAround) as error:
        return {**said, "problem": who.words.error(error)}
    found = walk_from.geojson(walk, store, who.words, actor_of(request))
    look = walk_style.load(store.workspace.home / "styles")
    drawn = {name: found[name] for name in ("type", "features", "origin")}
    return {
        **said,
        **texts(who, found, walk.recipe.rules.search_m),
        "bands": bands(who.words, found, look),
        "json": inert({**drawn, "look": look.as_values()}),
        "still": walk_figure(found, style=look, label=who.words.say("walk_still")),
        "data_href": link(
            "/api/isochrone", lon=f"{lon:.6f}", lat=f"{lat:.6f}", inward=int(inward) or None, **when.query()
        ),
    }


def bands(words: Words, found: dict[str, Any], look: walk_style.WalkStyle) -> list[dict[str, str]]:
    """The lines of the legend, each with the streets within its minutes."""
    return [
        {
            "swatch": look.band(each["band"]).swatch(),
            "text": words.say(
                "walk_reach_band",
                minutes=each["minutes"],
                metres=words.metres(each["limit_m"]),
                km=words.number(each["streets_m"] / 1000, 1),
            ),
        }
        for each in found["reach"]
    ]


def texts(who: Reader, found: dict[str, Any], search_m: float) -> dict[str, Any]:
    """What is there and what is not; or, inward, who walks here."""
    words, facilities = who.words, found["facilities"]
    speed = words.number(found["speed_km_h"], 0 if float(found["speed_km_h"]).is_integer() else 1)
    if found["within"] is not None:
        return {
            "speed": words.say("walk_speed", speed=speed),
            "have": None,
            "people": people(words, found),
            "there": [],
            "missing": [],
        }
    measured = [each for each in facilities if each["status"] == "measured"]
    there = [each for each in measured if each["within"]]
    missing = [each for each in facilities if not each["within"]]
    return {
        "speed": words.say("walk_speed", speed=speed),
        "have": words.say("walk_have", met=len(there), all=len(measured)),
        "people": [],
        "there": [_row(each, _there(words)) for each in there],
        "missing": [_row(each, _missing(words, search_m)) for each in missing],
    }


def people(words: Words, found: dict[str, Any]) -> list[str]:
    """Who walks here within each band's minutes."""
    unit, amounts = found["within"]["unit"], found["within"]["amount"]
    if unit == "people":
        return [words.say("walk_people", n=words.number(amount)) for amount in amounts]
    return [words.say("walk_people_m", km=words.number(amount / 1000, 1)) for amount in amounts]


def _row(each: dict[str, Any], say: Callable[[dict[str, Any]], str]) -> dict[str, str]:
    return {"id": each["id"], "title": each["title"], "text": say(each)}


def _there(words: Words) -> Callable[[dict[str, Any]], str]:
    def said(each: dict[str, Any]) -> str:
        nearest = each["nearest"]
        name = nearest["name"] or words.say("walk_unnamed")
        return words.say("walk_there_near", name=name, metres=words.metres(nearest["walk_m"]))

    return said


def _missing(words: Words, search_m: float) -> Callable[[dict[str, Any]], str]:
    def said(each: dict[str, Any]) -> str:
        if each["status"] == "no_data":
            return words.say("walk_missing_no_data")
        nearest = each["nearest"]
        if nearest is None:
            return words.say("walk_missing_none", km=words.number(search_m / 1000))
        name = nearest["name"] or words.say("walk_unnamed")
        limit = words.metres(each["distance_m"])
        return words.say("walk_missing_near", name=name, metres=words.metres(nearest["walk_m"]), limit=limit)

    return said

"""Which kept result a new one can be made from: the same question of the same people, streets and zones.

Only facilities may differ: a change of people or zones moves points from row to row, one of streets may
change any walk, and another rule set or engine may mean anything.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from inventory.canonical import digest
from inventory.changes import differ
from inventory.engine import engine
from inventory.pins import Recipe
from inventory.results import RECIPE, RESULT, Kept, results_folder
from inventory.rule_documents import CIRCLES
from inventory.rule_file import rule_set
from inventory.run import ZONES
from layers.catalog import Store
from layers.errors import VersionNotFound, VersionWithdrawn

Document = Mapping[str, Any]
SAME = ("kind", "by", "rule_set_hash", "engine")


def base_of(store: Store, recipe: Recipe) -> Kept | None:
    """The kept result that shares most with what a recipe asks for, and all that must be shared.

    All of it but its walks is whole: those are many bytes, and needed once for all zones.
    """
    found = sorted(_fitting(store, recipe), key=lambda one: one[0], reverse=True)
    for _, _, folder, document in found:
        kept = Kept(folder, Recipe(document))
        if (
            digest(document) == folder.name
            and may_be_read(store, kept.recipe, recipe, recipe.rules.layers)
            and not _aged(store, kept.recipe, recipe)
            and kept.holds_whole(RECIPE, RESULT, ZONES)
        ):
            return kept
    return None


def documents(store: Store) -> Iterator[tuple[Path, float, dict[str, Any]]]:
    """The folder of every kept result, when it was last used, and its recipe as plain values.

    One that is removed meanwhile or holds no recipe is passed over: `quantu check` names it.
    """
    for folder in results_folder(store).glob("*"):
        with contextlib.suppress(OSError, ValueError):
            document = json.loads((folder / RECIPE).read_bytes())
            if isinstance(document, dict):
                yield folder, folder.stat().st_mtime, document


def kept_zones(store: Store) -> set[str]:
    """The zones by which circles of this rule set and engine are kept as of some present, not of a date."""
    rules = rule_set(store.workspace.city.rule_set, store.workspace.home).hash
    wanted = {"kind": CIRCLES, "rule_set_hash": rules, "engine": engine(), "at": None}
    found = {
        str(document.get("by"))
        for _, _, document in documents(store)
        if all(document.get(key, ...) == value for key, value in wanted.items())
    }
    return found & set(store.workspace.city.zones)


def fixed_layers(recipe: Recipe) -> set[str]:
    """The layers that must be the same: streets with their slope and barriers, people and zones."""
    return {*recipe.rules.walk.layers, recipe.rules.demand.layer, recipe.zones.layer}


def versions(document: Document, *layers: str) -> dict[tuple[str, str], str]:
    """Version ids by layer and agency, of these layers."""
    return {
        (each["layer"], each["agency"]): each["version"]
        for each in document["inputs"]
        if each["layer"] in layers
    }


def _fitting(store: Store, recipe: Recipe) -> Iterator[tuple[int, float, Path, Document]]:
    """Kept results that may be bases, with how many versions they share and when they were made."""
    rules = recipe.rules
    fixed = versions(recipe.document, *fixed_layers(recipe))
    wanted = versions(recipe.document, *rules.layers)
    city = ("zones", "working_crs")
    for folder, used, document in documents(store):
        with contextlib.suppress(KeyError, TypeError):  # no recipe that was written here
            if any(document[key] != recipe.document[key] for key in SAME) or any(
                document["city"][key] != recipe.document["city"][key] for key in city
            ):
                continue
            there = versions(document, *rules.layers)
            if versions(document, *fixed_layers(recipe)) == fixed and _layers(there) == _layers(wanted):
                yield len(there.items() & wanted.items()), used, folder, document


def _layers(pinned: Mapping[tuple[str, str], str]) -> set[str]:
    return {layer for layer, _ in pinned}


def may_be_read(store: Store, old: Recipe, new: Recipe, layers: Iterable[str]) -> bool:
    """Whether none of the versions only the old one has was withdrawn: what changed is read from them."""
    gone = set(versions(old.document, *layers).values()) - set(versions(new.document, *layers).values())
    try:
        for version in gone:
            store.version(version)
    except (VersionWithdrawn, VersionNotFound):
        return False
    return True


def _aged(store: Store, old: Recipe, new: Recipe) -> bool:
    """Whether streets, people or zones differ between the days of the two."""
    pinned = versions(new.document, *fixed_layers(new)).values()
    return differ(store, pinned, old.day, new.day)

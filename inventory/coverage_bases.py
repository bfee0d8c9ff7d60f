"""Which kept result of a coverage rule a new one can be made from, and which layers changed in between.

The same question of the same zones, and of layers that the same agencies have published: where one of these
differs, pieces lie in other zones or are hidden for another reason, and there is nothing to take over.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.bases import documents, may_be_read, versions
from inventory.canonical import digest
from inventory.changes import differ
from inventory.coverage_rules import CoverageRule, DemandOf
from inventory.pins import Recipe
from inventory.results import RECIPE, RESULT, Kept
from layers.catalog import Store

SAME = ("kind", "by", "area", "speed_km_h", "city", "rule_hash", "engine")


@dataclass(frozen=True)
class CoverageBase:
    """A kept result and the layers of its rule that are not what they were."""

    kept: Kept
    changed: frozenset[str]


def coverage_base(store: Store, recipe: Recipe) -> CoverageBase | None:
    """The kept result of the same question that shares most versions, the newest of equal ones.

    Its recipe and figures are whole; its pieces have to be looked at by who reads them. VersionWithdrawn if
    a version of the recipe was withdrawn. None of a drawn area, which is measured by what touches it alone.
    """
    if recipe.area is not None:
        return None
    for kept in _fitting(store, recipe):
        if digest(kept.recipe.document) == kept.folder.name and kept.holds_whole(RECIPE, RESULT):
            return CoverageBase(kept, _changed(store, kept.recipe, recipe))
    return None


def serving(rule: CoverageRule) -> frozenset[str]:
    """The layers of what serves."""
    named = {name for each in rule.services for name in (each.layer, each.entrances)}
    return frozenset(name for name in named if name)


def ground(rule: CoverageRule) -> frozenset[str]:
    """The layers one walks on, or is kept from walking by."""
    walk = rule.walk
    return (
        frozenset() if walk is None else frozenset({walk.layer, *walk.barriers, *filter(None, [walk.slope])})
    )


def read_for(rule: CoverageRule, demand: DemandOf) -> frozenset[str]:
    """Every layer that the pieces of a demand depend on, but for the zones."""
    without = rule.status.without.layer if rule.status is not None and rule.status.without else None
    raster = rule.raster.layer if rule.raster is not None else None
    return serving(rule) | ground(rule) | {name for name in (demand.layer, without, raster) if name}


def _fitting(store: Store, recipe: Recipe) -> Iterator[Kept]:
    layers = _layers(recipe)
    wanted = versions(recipe.document, *layers)
    found = []
    for folder, used, document in documents(store):
        if any(document.get(key) != recipe.document[key] for key in SAME):
            continue
        there = versions(document, *layers)
        if there.keys() == wanted.keys() and document != recipe.document:
            found.append((len(there.items() & wanted.items()), used, folder, document))
    for _, _, folder, document in sorted(found, key=lambda one: one[:2], reverse=True):
        kept = Kept(folder, Recipe(document))
        if may_be_read(store, kept.recipe, recipe, layers) and not _zones_differ(store, kept.recipe, recipe):
            yield kept


def _layers(recipe: Recipe) -> tuple[str, ...]:
    return tuple(sorted({each["layer"] for each in recipe.inputs}))


def _zones_differ(store: Store, old: Recipe, new: Recipe) -> bool:
    return _differs(store, new.zones.layer, old, new)


def _changed(store: Store, old: Recipe, new: Recipe) -> frozenset[str]:
    changed = {layer for layer in new.rule.layers if _differs(store, layer, old, new)}
    status = new.rule.status
    if status is not None and status.without is not None and status.without.within_days is not None:
        changed |= {status.without.layer} if old.day != new.day else set()  # events grow older every day
    return frozenset(changed)


def _differs(store: Store, layer: str, old: Recipe, new: Recipe) -> bool:
    pinned = versions(new.document, layer)
    return pinned != versions(old.document, layer) or differ(store, pinned.values(), old.day, new.day)

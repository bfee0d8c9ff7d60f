"""On which dates anything changes: between two of them every date asks for one and the same state.

A feature comes on its completed date and goes on its removed date; planned and started dates only say whether
it waits for one. So a layer has finitely many states, and a date stands for the first day of its state.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from inventory.memory import Remembered
from inventory.pins import Recipe
from layers.catalog import Store
from layers.ledger import Version

_known: Remembered[frozenset[date]] = Remembered(256)  # by version, whose content never changes


def first_day(
    store: Store, layers: Iterable[str], at: date, *, as_of: int | datetime | None = None
) -> date | None:
    """The first day on which these layers are as on the day `at`; None where no feature can have dates.

    Before the first change it is the day before that.
    """
    heads = [head for layer in layers for head in store.heads(layer, as_of=as_of).values()]
    if not any(store.spec_of(head).dates.names() for head in heads):
        return None
    changes = sorted(set().union(*(_changes(store, head) for head in heads)))
    if not changes:
        return date.min
    before = bisect_right(changes, at)
    return changes[before - 1] if before else changes[0] - timedelta(days=1)


def same_question(store: Store, recipe: Recipe, at: date) -> date | None:
    """The date that stands for `at` in results on a recipe's inputs: equal answers have one.

    `recipe` is the one without a date; None means that its answer holds on that date too.
    """
    if recipe.day is None:
        return None
    layers = sorted({pinned["layer"] for pinned in recipe.inputs})
    found, today = (first_day(store, layers, day, as_of=recipe.sequence) for day in (at, recipe.day))
    return None if found == today else found


def differ(store: Store, versions: Iterable[str], one: date | None, other: date | None) -> bool:
    """Whether any of these versions has other features on one day than on the other.

    VersionWithdrawn if one of them was withdrawn.
    """
    if one == other:
        return False
    if one is None or other is None:
        return True
    first, last = sorted((one, other))
    found = (_changes(store, store.version(version)) for version in versions)
    return any(first < day <= last for days in found for day in days)


def _changes(store: Store, version: Version) -> frozenset[date]:
    dates = store.spec_of(version).dates
    names = tuple(name for name in (dates.completed, dates.removed) if name)
    return _known.get((version.id, names), lambda: _days(store, version, names)) if names else frozenset()


def _days(store: Store, version: Version, names: Sequence[str]) -> frozenset[date]:
    frame = store.read_version(version, columns=list(names))
    found: set[date] = set()
    for name in names:
        if name in frame.columns:
            days = frame[name].dropna().unique()
            found.update(np.asarray(days, dtype="datetime64[D]").tolist())
    return frozenset(found)

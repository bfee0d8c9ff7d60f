"""Circles made anew after a publish, by all the zones that readers look at, with one file of walks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from inventory.pins import Recipe, pin
from inventory.refresh import Refreshed, compute
from inventory.results import find_recipe, keep
from inventory.rule_file import rule_set
from inventory.run import DISTANCES
from layers.catalog import Store


@dataclass(frozen=True)
class Renewed:
    """A result that was made and kept. counted: zones that were counted again; None: all, in a full run."""

    recipe: Recipe
    folder: Path
    counted: int | None


def renew(store: Store, zones: Iterable[str], *, threads: int | None = None) -> Iterator[Renewed]:
    """Make and keep the circles of the present by these zones, where they are not kept yet.

    Done one by one, as the caller goes on. Walks that are the same for several are written once and linked.
    """
    rules = rule_set(store.workspace.city.rule_set, store.workspace.home)
    walks: list[tuple[pa.Table, Path]] = []  # which are kept where
    for by in zones:
        recipe = pin(store, rules=rules, by=by)
        if find_recipe(store, recipe) is not None:
            continue
        made = compute(store, recipe, threads=threads)
        table = made.tables[DISTANCES]
        there = next((folder for other, folder in walks if other is table), None)
        folder = keep(store, made, links={} if there is None else {DISTANCES: there})
        walks.append((table, folder))
        yield Renewed(recipe, folder, len(made.counted) if isinstance(made, Refreshed) else None)

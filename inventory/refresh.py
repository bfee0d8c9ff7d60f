"""A result from a kept one: after a publish only what the change of facilities touched is computed again.

That is: points whose nearest facility is another, the zones they live in, the row of the city. All other
rows are taken over as they are kept. The result is the one of a full run, byte for byte. Where streets,
people, zones or rules changed there is nothing to take over, and a full run is made.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inventory.assessment import Assessment, count
from inventory.bases import base_of
from inventory.demand import Demand
from inventory.distances import Distances, PointZones, read_distances, read_zones
from inventory.gaps import gaps
from inventory.memory import Remembered, walks_key
from inventory.moved_walks import MovedWalks, move
from inventory.pins import Recipe
from inventory.report import CITY, OUTSIDE, ZoneName, category_rows, gap_rows, rows_of
from inventory.result_bytes import ResultBytes, row_bytes
from inventory.results import Kept, Run
from inventory.rules import Requirement, RuleSet
from inventory.run import DISTANCES, ZONES, heading_of, run
from inventory.sites import Sites
from inventory.walks import Walks
from layers.catalog import Store
from layers.errors import VersionWithdrawn

Row = dict[str, Any]
Zones = NDArray[np.int32]


@dataclass(frozen=True)
class Refreshed:
    """A result made from a kept one, as `inventory.run.CirclesRun`. counted: codes of zones counted again."""

    recipe: Recipe
    content: bytes
    distances: Distances
    zones: PointZones
    counted: tuple[str, ...]

    @property
    def tables(self) -> dict[str, pa.Table]:
        """What is kept beside the result, by file name."""
        return {DISTANCES: self.distances.table, ZONES: self.zones.table}

    @cached_property
    def result(self) -> Mapping[str, Any]:
        found: Row = json.loads(self.content)
        return found


@dataclass(frozen=True)
class _Moved:
    """What does not depend on zones: the walks, and the row of the city."""

    walks: MovedWalks
    city: Row


_moved: Remembered[_Moved] = Remembered(2)
_made: Remembered[Distances] = Remembered(1)  # the walks of the last result: those the next is made from


def compute(store: Store, recipe: Recipe, *, threads: int | None = None) -> Run:
    """The result of a recipe, from a kept one where there is one that can be used, else by a full run."""
    return refreshed(store, recipe, threads=threads) or run(store, recipe, threads=threads)


def refreshed(store: Store, recipe: Recipe, *, threads: int | None = None) -> Refreshed | None:
    """The result of a recipe from a kept one; None if none can be used."""
    try:
        base = base_of(store, recipe)
        return None if base is None else _from(store, base, recipe, threads)
    except VersionWithdrawn:  # a version of the kept one; if it is one of the recipe's, a full run says so
        return None


def _from(store: Store, base: Kept, recipe: Recipe, threads: int | None) -> Refreshed | None:
    old = ResultBytes.of(base.content)
    zones = read_zones(base.zones)
    zone, codes = zones.zone, zones.codes
    if len(set(codes)) < len(codes):  # rows of one code cannot be told apart
        return None
    key = (walks_key(store, base.recipe), walks_key(store, recipe))
    moved = _moved.known(key)
    if moved is None:
        before = _made.known(key[0])
        if before is None:
            if not base.holds_whole(DISTANCES):
                return None
            before = read_distances(base.distances)
        moved = _moved.get(key, lambda: _move(store, base, before, old, recipe, threads))
        _made.get(key[1], lambda: moved.walks.distances)
    distances = moved.walks.distances
    touched = np.unique(zone[moved.walks.rows])
    listed = {number: place for place, number in enumerate(sorted(range(len(codes)), key=codes.__getitem__))}
    places = [listed[number] for number in touched[touched >= 0].tolist()]
    known = [old.row(place) for place in places]
    some = np.flatnonzero(np.isin(zone, touched))
    made = _rows(
        distances, some, _renumbered(zone[some], touched), known, old.head, moved.walks, recipe, threads
    )
    rows = list(old.rows)
    for place, row in zip(places, made, strict=False):
        rows[place] = row_bytes(row)
    outside = made[-2] if -1 in touched else old.head["outside"]
    head = _head(old.head, moved, outside, zones, recipe)
    named = tuple(codes[number] for number in touched.tolist() if number >= 0)
    return Refreshed(recipe, ResultBytes(head, rows).content, distances, zones, named)


def _move(
    store: Store, base: Kept, before: Distances, old: ResultBytes, recipe: Recipe, threads: int | None
) -> _Moved:
    walks = move(store, before, base.recipe, recipe)
    city = old.head["city"]
    if len(walks.rows):
        everybody = np.arange(len(walks.distances.amount))
        nowhere = np.full(len(everybody), -1, np.int32)
        city = _rows(walks.distances, everybody, nowhere, [], old.head, walks, recipe, threads)[-1]
    return _Moved(walks, city)


def _renumbered(zone: Zones, touched: Zones) -> Zones:
    """Positions among the touched zones; outside stays -1."""
    inside = touched[touched >= 0]
    return np.where(zone < 0, -1, np.searchsorted(inside, zone)).astype(np.int32)


def _rows(
    distances: Distances,
    some: NDArray[np.int64],
    zone: Zones,
    known: Sequence[Row],
    head: Mapping[str, Any],
    walks: MovedWalks,
    recipe: Recipe,
    threads: int | None,
) -> list[Row]:
    """The rows of some zones, outside and city, counted from some of the points.

    `zone` is the position of each of them in `known`, the rows as they were. Figures of categories to which
    everybody walks as before are taken from there.
    """
    rules = recipe.rules
    measured = tuple(row for row in rules.categories if row.id in distances.categories)
    changed = {number for number, row in enumerate(measured) if row.id in walks.categories}
    walk_mm, straight_mm = distances.walk_mm[:, some], distances.straight_mm[:, some]
    amount, attached = distances.amount[some], distances.attached[some]
    assessment = Assessment(
        demand=Demand(np.empty(0, object), distances.xy[some], amount, head["unit"]),
        sites=_no_sites(measured, rules),
        zone=zone,
        walks=Walks(walk_mm, straight_mm, attached, np.empty(0, np.bool_)),
        tally=count(
            walk_mm,
            straight_mm,
            amount,
            zone,
            len(known),
            attached,
            measured,
            rules,
            statistics_of=changed,
            threads=threads,
        ),
        has_streets=np.array([*(row["reason"] != "no_network" for row in known), True, True]),
        gaps=[],
    )
    names = [ZoneName(row["code"], row["name"], row.get("name_en")) for row in known]
    rows = rows_of(assessment, rules, [*names, ZoneName(OUTSIDE, OUTSIDE), ZoneName(CITY, CITY)])
    for row, before in zip(rows, [*known, head["outside"], head["city"]], strict=True):
        kept = {id_: figures for id_, figures in before["categories"].items() if id_ not in walks.categories}
        row["categories"] |= kept
    return rows


def _no_sites(measured: tuple[Requirement, ...], rules: RuleSet) -> Sites:
    """The categories without their sites, which rows do not speak of."""
    without = tuple(row for row in rules.categories if row not in measured)
    nothing = np.empty(0, np.int64)
    return Sites(
        measured, without, np.empty((0, 2)), np.empty(0, np.int32), nothing, nothing, np.empty(0, object)
    )


def _head(
    head: Mapping[str, Any], moved: _Moved, outside: Row, zones: PointZones, recipe: Recipe
) -> dict[str, Any]:
    """All of the result but its zones."""
    walks, rules = moved.walks, recipe.rules
    before = {row["id"]: row for row in head["categories"] if row["status"] == "measured"}
    unit = head["unit"]
    found_gaps = head["gaps"]
    if walks.groups is not None:
        ids = walks.distances.categories
        found_gaps = gap_rows(gaps(walks.groups, zones.zone), zones.codes, ids, unit, recipe.crs)
    return {
        **head,
        **heading_of(recipe, unit),
        "categories": category_rows(
            rules,
            {id_: row["sites"] for id_, row in before.items()} | dict(walks.count),
            {id_: row["sites_unattached"] for id_, row in before.items()} | dict(walks.unattached),
        ),
        "outside": outside,
        "city": moved.city,
        "gaps": found_gaps,
    }

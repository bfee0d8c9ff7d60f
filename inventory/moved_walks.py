"""All walks of a result after facilities changed, from those kept before, and what that changes for whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.attach import Attachment
from geo.entrances import Entrances
from geo.near import Walkers
from inventory.assessment import groups_of, lacking
from inventory.changes import differ
from inventory.demand import street_metres
from inventory.distances import Distances
from inventory.gaps import Group
from inventory.memory import versions_of, walkers
from inventory.moved_sites import Shapes, moved_sites
from inventory.pins import Recipe
from inventory.rewalks import restraight, rewalk
from inventory.rules import Requirement, RuleSet
from inventory.run import facilities_of
from inventory.sites import sites_of
from inventory.streets import streets_of
from inventory.walking import Walking
from layers.catalog import Store

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class MovedWalks:
    """What a change of facilities did.

    distances: of all points, as they are now.
    categories: ids of those to which anybody's walk or straight line is another. rows: the points whose it
    is, rising. count, unattached: sites by category id, of those whose layer changed. groups: the unserved;
    None if everybody lacks what they lacked before.
    """

    distances: Distances
    categories: frozenset[str]
    rows: Rows
    count: Mapping[str, int]
    unattached: Mapping[str, int]
    groups: list[Group] | None


@dataclass(frozen=True)
class _Category:
    """A category whose layer changed: its sites before and now, and where one arrives at those of now."""

    row: Requirement
    before: Shapes
    shape: Shapes
    xy: NDArray[np.float64]
    count: NDArray[np.int64]
    doors: Entrances

    @property
    def unattached(self) -> int:
        """How many facilities no street leads to."""
        reached = np.isin(np.arange(len(self.count)), self.doors.row[self.doors.places.attached])
        return int(self.count[~reached].sum())


def move(store: Store, before: Distances, old: Recipe, new: Recipe) -> MovedWalks:
    """The walks of `new`, from those of `old`: the same people, streets and rules, other facilities.

    VersionWithdrawn if a version of `old` that has to be read was withdrawn.
    """
    rules = new.rules
    streets = streets_of(store, new)
    people = walkers(store, new, streets, lambda: _attachment(streets, rules, before))
    walk_mm, straight_mm = before.walk_mm.copy(), before.straight_mm.copy()
    changed: dict[str, Rows] = {}
    count, unattached = {}, {}
    for each in _categories(store, streets, old, new):
        name, number = each.row.id, before.categories.index(each.row.id)
        count[name] = int(each.count.sum())
        unattached[name] = each.unattached
        rows = _moved(streets, people, each, before, number, walk_mm, straight_mm)
        if len(rows):
            changed[name] = rows
    touched = np.unique(np.concatenate([np.empty(0, np.int64), *changed.values()]))
    measured = [row for row in rules.categories if row.id in before.categories]
    lacks = lacking(walk_mm[:, touched], measured)
    missing = before.missing_count.copy()
    missing[touched] = lacks.sum(axis=0, dtype=np.uint16)
    after = replace(before, walk_mm=walk_mm, straight_mm=straight_mm, missing_count=missing)
    groups = None
    if not np.array_equal(lacks, lacking(before.walk_mm[:, touched], measured)):
        groups = groups_of(before.xy, before.amount, lacking(walk_mm, measured), rules)
    return MovedWalks(after, frozenset(changed), touched, count, unattached, groups)


def _moved(
    streets: Walking,
    people: Walkers,
    category: _Category,
    before: Distances,
    number: int,
    walk_mm: NDArray[np.int32],
    straight_mm: NDArray[np.int32],
) -> Rows:
    """Write one category's walks and straight lines into its row; the points for whom either changed."""
    moved = moved_sites(category.before, category.shape)
    if not moved.some:
        return np.empty(0, np.int64)
    walks = rewalk(
        people,
        before.walk_mm[number],
        gone=streets.arrive(moved.gone).places,
        come=streets.arrive(moved.come).places,
        now=category.doors.places,
        search_m=streets.rule.search_m,
    )
    lines = restraight(
        before.xy,
        before.straight_mm[number],
        moved=np.concatenate([moved.gone, moved.come]),
        now=category.xy,
        distance_m=category.row.distance_m,
    )
    walk_mm[number], straight_mm[number] = walks.walk_mm, lines.walk_mm
    return np.union1d(walks.changed, lines.changed)


def _categories(store: Store, streets: Walking, old: Recipe, new: Recipe) -> Iterator[_Category]:
    """The measured categories of the facility layers that are not the same in both."""
    layers = [layer for layer in new.rules.layers if _differs(store, layer, old, new)]
    was, now = (
        sites_of(recipe.rules, {layer: facilities_of(store, recipe, layer) for layer in layers}, recipe.crs)
        for recipe in (old, new)
    )
    for number, row in enumerate(now.measured):
        own = now.category == number
        shape = now.shape[own]
        before = was.shape[was.category == number]
        yield _Category(row, before, shape, now.xy[own], now.count[own], streets.arrive(shape))


def _differs(store: Store, layer: str, old: Recipe, new: Recipe) -> bool:
    versions = versions_of(new, layer)
    return versions != versions_of(old, layer) or differ(store, versions, old.day, new.day)


def _attachment(streets: Walking, rules: RuleSet, before: Distances) -> Attachment:
    """Where the demand lies on the streets, as a full run has it."""
    rule = rules.demand
    if rule.kind == "street_metres":
        pieces = street_metres(
            streets.network, layer=rule.layer, piece_m=rule.piece_m, min_component_m=rules.min_component_m
        )
        assert pieces.attachment is not None  # noqa: S101 - pieces lie on their street
        return pieces.attachment
    return streets.attach(before.xy)

"""What publishing a state would do to coverage: figures before and after, of the zones where they change.

Before is what `circles` says of the store now, after what it will say once the state is published, both by
the city's rule set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from inventory.errors import (
    DemandInvalid,
    NoDemand,
    NoNetwork,
    NothingAttaches,
    ZoneColumnMissing,
    ZonesMissing,
)
from inventory.pins import Recipe, pin
from inventory.refresh import compute
from inventory.report import CITY
from inventory.results import find_recipe
from inventory.rule_file import rule_set
from inventory.rules import RuleSet
from layers.candidate import Candidate, State
from layers.catalog import Store

Row = Mapping[str, Any]
LAYER_UNREAD = "layer_unread"
SLOPE_LATER = "slope_later"
UNCHANGED = "unchanged"
UNFIT = (NoNetwork, NoDemand, DemandInvalid, NothingAttaches, ZonesMissing, ZoneColumnMissing)
"""What data can lack for figures; a fault of the rules is raised."""

REASONS = (LAYER_UNREAD, SLOPE_LATER, UNCHANGED, *(error.code for error in UNFIT))


@dataclass(frozen=True)
class Figure:
    """One share before and after, with how many people (or metres, or what is asked for) have it.

    None: no figure.
    """

    before: float | None
    after: float | None
    people_before: float | None
    people_after: float | None

    @property
    def changes(self) -> bool:
        return (self.before, self.people_before) != (self.after, self.people_after)


@dataclass(frozen=True)
class CategoryEffect:
    """One category's share in a zone, before and after."""

    id: str
    title_zh: str
    title_en: str
    share: Figure


@dataclass(frozen=True)
class ZoneEffect:
    """The share of people who have everything (`complete`) and of each category the layer bears on.

    demand: how many people there are; reason: why there is no share, each before and after.
    """

    code: str
    name: str
    name_en: str | None
    complete: Figure
    demand: tuple[float | None, float | None]
    reasons: tuple[str | None, str | None]
    categories: tuple[CategoryEffect, ...]

    @property
    def changes(self) -> bool:
        both = (self.demand, self.reasons)
        return (
            self.complete.changes
            or any(before != after for before, after in both)
            or any(each.share.changes for each in self.categories)
        )

    def as_values(self) -> dict[str, Any]:
        """Plain values; of the categories those that change."""
        return {
            "code": self.code,
            "name": self.name,
            "name_en": self.name_en,
            **asdict(self.complete),
            "demand_before": self.demand[0],
            "demand_after": self.demand[1],
            "reason_before": self.reasons[0],
            "reason_after": self.reasons[1],
            "categories": [
                {"id": each.id, "title_zh": each.title_zh, "title_en": each.title_en, **asdict(each.share)}
                for each in self.categories
                if each.share.changes
            ],
        }


@dataclass(frozen=True)
class Effect:
    """The zones whose figures change, and the city.

    reason: why nothing changes or nothing can be said: `layer_unread` (the rule set reads the layer neither
    for facilities nor for streets, people or these zones), `slope_later` (its slopes count once it is
    published), `unchanged` (the state is what is published), or
    the code of the error that stands against any figure, one of `REASONS`; rows and city are empty then.
    before_reason, after_reason: the same where only one side has no figures.
    """

    layer: str
    rule_set: str
    by: str
    unit: str
    rows: tuple[ZoneEffect, ...]
    city: ZoneEffect | None
    reason: str | None
    before_reason: str | None = None
    after_reason: str | None = None

    def as_values(self) -> dict[str, Any]:
        """Plain values, as a job's outcome keeps them."""
        return {
            "layer": self.layer,
            "rule_set": self.rule_set,
            "by": self.by,
            "unit": self.unit,
            "rows": [row.as_values() for row in self.rows],
            "city": None if self.city is None else self.city.as_values(),
            "reason": self.reason,
            "before_reason": self.before_reason,
            "after_reason": self.after_reason,
        }


def effect(
    store: Store,
    layer: str,
    agency: str,
    state: State | None,
    *,
    by: str | None = None,
    rules: RuleSet | str | None = None,
    threads: int | None = None,
) -> Effect:
    """Coverage by zone with and without `state` as the agency's head of the layer; nothing is written.

    Parameters
    ----------
    state
        All the agency would have, as `layers.candidate.Candidate` takes it; None of a raster: no rule
        set reads one but for slopes, which are not looked at before they are published.
    by
        One of the zones that city.toml names; by default those this layer holds, else the coarsest.
    """
    by = by or zones_for(store, layer)
    if state is None:
        city = store.workspace.city
        ruled = (
            rules if isinstance(rules, RuleSet) else rule_set(rules or city.rule_set, store.workspace.home)
        )
        reason = SLOPE_LATER if layer == ruled.walk.slope else LAYER_UNREAD
        return _reasoned(Effect(layer, ruled.id, by, ruled.demand.unit, (), None, None), reason)
    candidate = Candidate(store, layer, agency, state)
    before_recipe = pin(store, rules=rules, by=by, as_of=candidate.base)
    after_recipe = pin(candidate, rules=rules, by=by)
    ruled = after_recipe.rules
    nothing = Effect(layer, ruled.id, by, ruled.demand.unit, (), None, None)
    if layer not in {*_for_all(after_recipe), *ruled.layers}:
        return _reasoned(nothing, LAYER_UNREAD)
    if not candidate.changed:
        return _reasoned(nothing, UNCHANGED)
    before = _figures(store, before_recipe, threads)
    after = _figures(candidate, after_recipe, threads)
    if isinstance(before, str) and isinstance(after, str):
        return _reasoned(nothing, after)
    known = after if not isinstance(after, str) else before
    assert not isinstance(known, str)  # noqa: S101 - one of the two has figures
    titles = [
        each for each in known["categories"] if layer == each["layer"] or layer in _for_all(after_recipe)
    ]
    pairs = _paired(_rows(before), _rows(after))
    rows = [_zone(pair, titles) for pair in pairs]
    return Effect(
        layer,
        ruled.id,
        by,
        ruled.demand.unit,
        tuple(row for row in rows if row.changes and row.code != CITY),
        next(row for row in rows if row.code == CITY),
        None,
        before if isinstance(before, str) else None,
        after if isinstance(after, str) else None,
    )


def zones_for(store: Store, layer: str) -> str:
    """The zones an upload of this layer is looked at by: those it holds itself, else the coarsest."""
    zones = store.workspace.city.zones
    own = next((kind for kind, entry in zones.items() if entry.layer == layer), None)
    return own or next(iter(zones), "district")


def _for_all(recipe: Recipe) -> set[str]:
    """The layers every category depends on."""
    return {*recipe.rules.walk.layers, recipe.rules.demand.layer, recipe.zones.layer}


def _reasoned(nothing: Effect, reason: str) -> Effect:
    return Effect(nothing.layer, nothing.rule_set, nothing.by, nothing.unit, (), None, reason)


def _figures(store: Store, recipe: Recipe, threads: int | None) -> Row | str:
    """The result of a recipe, the kept one where there is one; or why there is none yet."""
    if not isinstance(store, Candidate):
        kept = find_recipe(store, recipe)
        if kept is not None:
            return kept.result
    try:
        return compute(store, recipe, threads=threads).result
    except UNFIT as error:
        return error.code


def _rows(result: Row | str) -> dict[str, Row]:
    if isinstance(result, str):
        return {}
    outside = [result["outside"]] if result["outside"]["demand"] else []
    return {row["code"]: row for row in (*result["zones"], *outside, result["city"])}


def _paired(before: Mapping[str, Row], after: Mapping[str, Row]) -> list[tuple[Row | None, Row | None]]:
    """Rows of the same code; first those there will be, then those that go."""
    codes = dict.fromkeys((*after, *before))
    return [(before.get(code), after.get(code)) for code in codes]


def _zone(pair: tuple[Row | None, Row | None], titles: Sequence[Row]) -> ZoneEffect:
    before, after = pair
    named = after or before or {}

    def of(category: Row) -> CategoryEffect:
        id_ = category["id"]
        share = _figure(_category(before, id_), _category(after, id_))
        return CategoryEffect(id_, category["title_zh"], category["title_en"], share)

    return ZoneEffect(
        code=named["code"],
        name=named["name"],
        name_en=named.get("name_en"),
        complete=_figure(before, after),
        demand=(_value(before, "demand"), _value(after, "demand")),
        reasons=(_value(before, "reason"), _value(after, "reason")),
        categories=tuple(of(each) for each in titles),
    )


def _category(row: Row | None, category: str) -> Row | None:
    """A category's figures in a row; None where it had no data."""
    return None if row is None else row["categories"].get(category)


def _figure(before: Row | None, after: Row | None) -> Figure:
    return Figure(
        _value(before, "share"), _value(after, "share"), _value(before, "met"), _value(after, "met")
    )


def _value(row: Row | None, name: str) -> Any:
    return None if row is None else row[name]

"""What publishing a state would do under the coverage rules that read its layer: figures before and after.

Before is what `inventory.coverage` says of the store now, after what it will say once the state is published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from inventory.coverage_refresh import compute_coverage
from inventory.coverage_rule_file import coverage_rules
from inventory.coverage_rules import CoverageRule
from inventory.effect import UNFIT, Figure, zones_for
from inventory.errors import RuleError, RuleWithoutData
from inventory.pins import Recipe
from inventory.questions import Question, pin_question
from inventory.report import CITY
from inventory.results import find_recipe
from layers.candidate import Candidate, State
from layers.catalog import Store

Row = Mapping[str, Any]
STANDS_AGAINST = (*UNFIT, RuleWithoutData, RuleError)
"""What data or a rule can lack for figures; other errors are faults."""


@dataclass(frozen=True)
class DemandChange:
    """One demand of the rule in a zone; layer_zh and layer_en are how its layer is called.

    change: shares, or places for 1000 people of a supply, each with how much of the demand is met.
    """

    id: str
    kind: str
    layer_zh: str | None
    layer_en: str | None
    change: Figure


@dataclass(frozen=True)
class ZoneChange:
    """A zone whose figures change; the rule's demands in its order, those that change."""

    code: str
    name: str
    name_en: str | None
    demands: tuple[DemandChange, ...]


@dataclass(frozen=True)
class RuleEffect:
    """Zones that change, the city apart (None if nothing changes in it).

    reason: the code of the error that stands against figures after, or before and after; None otherwise.
    """

    rule: str
    title_zh: str
    title_en: str
    by: str
    is_supply: bool
    rows: tuple[ZoneChange, ...]
    city: ZoneChange | None
    reason: str | None = None

    def as_values(self) -> dict[str, Any]:
        """Plain values, as a job's outcome keeps them."""
        return {
            "rule": self.rule,
            "title_zh": self.title_zh,
            "title_en": self.title_en,
            "by": self.by,
            "is_supply": self.is_supply,
            "rows": [_values(row) for row in self.rows],
            "city": None if self.city is None else _values(self.city),
            "reason": self.reason,
        }


def rule_effects(
    store: Store,
    layer: str,
    agency: str,
    state: State | None,
    *,
    by: str | None = None,
    threads: int | None = None,
) -> Iterator[RuleEffect]:
    """The effect of `state`, as the agency's head of the layer, under each rule that reads the layer.

    Rules come by id, each as soon as it is measured; nothing is written. Of a raster (None) there is none: it
    is looked at once it is published. `by` is one of the zones that city.toml names, by default those that
    this layer holds, else the coarsest.
    """
    reading = sorted(
        (rule for rule in coverage_rules(store.workspace.home).values() if layer in rule.layers),
        key=lambda rule: rule.id,
    )
    if state is None or not reading or not store.workspace.city.zones:
        return
    candidate = Candidate(store, layer, agency, state)
    if not candidate.changed:
        return
    zones = by or zones_for(store, layer)
    for rule in reading:
        before = _figures(store, pin_question(store, Question(rule, zones, as_of=candidate.base)), threads)
        after = _figures(candidate, pin_question(candidate, Question(rule, zones)), threads)
        yield _effect(rule, zones, before, after)


def _figures(store: Store, recipe: Recipe, threads: int | None) -> Row | str:
    """The result of a recipe, the kept one where there is one; or the code of what stands against it."""
    if not isinstance(store, Candidate):
        kept = find_recipe(store, recipe)
        if kept is not None:
            return kept.result
    try:
        return compute_coverage(store, recipe, threads=threads).result
    except STANDS_AGAINST as error:
        return error.code


def _effect(rule: CoverageRule, by: str, before: Row | str, after: Row | str) -> RuleEffect:
    nothing = RuleEffect(rule.id, rule.title_zh, rule.title_en, by, rule.catchment == "supply", (), None)
    if isinstance(after, str):
        return replace(nothing, reason=after)
    demands = after["demands"]
    old, new = _rows(before), _rows(after)
    changed = [
        zone
        for code in dict.fromkeys((*new, *old))
        if (zone := _zone(old.get(code), new.get(code), demands)).demands
    ]
    return replace(
        nothing,
        rows=tuple(zone for zone in changed if zone.code != CITY),
        city=next((zone for zone in changed if zone.code == CITY), None),
    )


def _rows(result: Row | str) -> dict[str, Row]:
    if isinstance(result, str):
        return {}
    return {row["code"]: row for row in (*result["zones"], result["city"])}


def _zone(before: Row | None, after: Row | None, demands: list[Row]) -> ZoneChange:
    named = after or before or {}
    found = []
    for demand in demands:
        change = _change(_figure(before, demand["id"]), _figure(after, demand["id"]))
        if change.changes:
            found.append(
                DemandChange(demand["id"], demand["kind"], demand["title_zh"], demand["title_en"], change)
            )
    return ZoneChange(named["code"], named["name"], named["name_en"], tuple(found))


def _figure(row: Row | None, demand: str) -> Row:
    return {} if row is None else row["figures"].get(demand, {})


def _change(before: Row, after: Row) -> Figure:
    return Figure(_level(before), _level(after), before.get("met"), after.get("met"))


def _level(figure: Row) -> float | None:
    value = figure.get("value")
    return figure.get("share") if value is None else value


def _values(zone: ZoneChange) -> dict[str, Any]:
    return {
        "code": zone.code,
        "name": zone.name,
        "name_en": zone.name_en,
        "demands": [
            {
                "id": each.id,
                "kind": each.kind,
                "title_zh": each.layer_zh,
                "title_en": each.layer_en,
                "before": each.change.before,
                "after": each.change.after,
                "met_before": each.change.people_before,
                "met_after": each.change.people_after,
            }
            for each in zone.demands
        ],
    }

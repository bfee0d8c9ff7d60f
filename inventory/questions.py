"""What somebody asks of a coverage rule, and the recipe that pins it."""

import math
from dataclasses import dataclass
from datetime import date, datetime

from inventory.area import Area
from inventory.coverage_rule_file import coverage_rule
from inventory.coverage_rules import CoverageRule
from inventory.errors import QuestionInvalid, ZonesUnknown
from inventory.pins import AGENCY, Recipe, city_of, pinned
from inventory.rule_documents import COVERAGE
from inventory.rule_keys import SPEED_MOST_KM_H
from layers.catalog import Store
from layers.city import City, ZoneEntry


@dataclass(frozen=True)
class Question:
    """A rule or its id, and where, when and how it is asked.

    by: one of the zones that city.toml names, or `agency`; by default the city's first. area: a drawn one
    instead. at: the state on that date; by default on the date of the newest input version. as_of: what the
    catalog knew then; by default now. speed_km_h: of walking, by default the rule's.
    """

    rule: CoverageRule | str
    by: str | None = None
    area: Area | None = None
    at: date | None = None
    as_of: int | datetime | None = None
    speed_km_h: float | None = None


def pin_question(store: Store, question: Question) -> Recipe:
    """The recipe of a question on what the catalog knew at its `as_of`.

    QuestionInvalid where it contradicts itself or its rule, ZonesUnknown where the city has no such zones.
    """
    city = store.workspace.city
    rule = question.rule
    if not isinstance(rule, CoverageRule):
        rule = coverage_rule(rule, store.workspace.home)
    _check(question, rule)
    by = None if question.area is not None else question.by or next(iter(city.zones), None)
    zones = None if by is None else zones_entry(city, by)
    layers = {*rule.layers, *([zones.layer] if zones else [])}
    known = pinned(store, layers, at=question.at, as_of=question.as_of)
    described = city_of(city, zones)
    expected = {layer: list(codes) for layer, codes in city.expected.items() if layer in rule.layers}
    if expected:
        described["expected"] = expected
    if expected or by == AGENCY:
        described["agencies"] = [
            {"code": each.code, "name_zh": each.name_zh, "name_en": each.name_en, "members": [*each.members]}
            for each in city.agencies
        ]
    return Recipe(
        {
            "kind": COVERAGE,
            "by": by,
            "area": None if question.area is None else question.area.values,
            "speed_km_h": question.speed_km_h,
            "city": described,
            **known,
            "rule": dict(rule.document),
            "rule_hash": rule.hash,
        }
    )


def zones_entry(city: City, by: str) -> ZoneEntry:
    """The layer of these zones; of `agency` the one whose zones are put together to what each answers for.

    That is the city's second way to cut (its subdistricts) where an agency lists members, else its first.
    """
    if by in city.zones:
        return city.zones[by]
    if by != AGENCY or not city.zones:
        raise ZonesUnknown(by, sorted([*city.zones, AGENCY] if city.zones else []))
    entries = list(city.zones.values())
    listed = any(agency.members for agency in city.agencies)
    return entries[1] if listed and len(entries) > 1 else entries[0]


def _check(question: Question, rule: CoverageRule) -> None:
    if question.by is not None and question.area is not None:
        raise QuestionInvalid("by", question.by, "by_or_area")
    speed = question.speed_km_h
    if speed is None:
        return
    if not (math.isfinite(speed) and 0 < speed <= SPEED_MOST_KM_H):
        raise QuestionInvalid("speed", speed, "walking_speed")
    if not rule.uses_speed:
        raise QuestionInvalid("speed", speed, "rule_of_minutes")

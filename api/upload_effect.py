"""What an upload would do to coverage, or did: the outcome of its job `effect` as lines of a small table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.pages import link
from api.words import DASH, Words
from layers.jobs import Job

ROWS_MOST = 40


@dataclass(frozen=True)
class EffectRow:
    """A zone, or one category in it, before and after."""

    name: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class RuleView:
    """What a coverage rule will say otherwise: rows, or one sentence; href is the rule's page."""

    title: str
    href: str
    sentence: str
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True)
class EffectView:
    """What `_effect.html` needs: rows, or why there are none (`waiting`, `failed`, `sentence`); and rules."""

    title: str
    waiting: str = ""
    failed: str = ""
    sentence: str = ""
    rows: tuple[EffectRow, ...] = ()
    rules: tuple[RuleView, ...] = ()


def effect_view(words: Words, job: Job | None) -> EffectView | None:
    """None where nobody asked for the effect."""
    if job is None:
        return None
    title = words.say("upload_effect_title")
    if job.state == "failed":
        text = words.failure(job.error.code, job.error.fields) if job.error else ""
        return EffectView(title, failed=words.say("upload_effect_failed", problem=text))
    if job.state != "done" or job.outcome is None:
        return EffectView(title, waiting=words.say("upload_effect_waiting"))
    rules = tuple(rule_view(words, each) for each in job.outcome.get("rules", ()))
    found = replace(from_outcome(words, title, job.outcome), rules=rules)
    unread = rules and job.outcome.get("reason") == "layer_unread"
    return replace(found, sentence=words.say("upload_effect_circles_unread")) if unread else found


def rule_view(words: Words, outcome: Mapping[str, Any]) -> RuleView:
    """The zones a rule will tell otherwise, the city first; each demand that changes in a row of its own."""
    href = link(f"/coverage/{outcome['rule']}")
    if outcome["reason"]:
        return RuleView(words.title(outcome), href, words.failure(outcome["reason"], {}), ())
    city = outcome["city"]
    zones = ([{**city, "name": words.say("whole_city"), "name_en": None}] if city else []) + outcome["rows"]
    rows = [
        _row(words, f"{words.name(zone)} · {_demand(words, each)}", each, is_supply=outcome["is_supply"])
        for zone in zones
        for each in zone["demands"]
    ]
    sentence = "" if rows else words.say("upload_effect_rule_unchanged")
    return RuleView(words.title(outcome), href, sentence, tuple(rows[:ROWS_MOST]))


def _demand(words: Words, demand: Mapping[str, Any]) -> str:
    kind = demand["kind"]
    if kind == "features" and words.title(demand):
        return words.title(demand)
    return words.say(f"demand_{kind}") if demand["id"] == kind else str(demand["id"])


def from_outcome(words: Words, title: str, outcome: Mapping[str, Any]) -> EffectView:
    """The zones whose figures change, the city first, each category that changes below its zone."""
    reason = outcome.get("reason")
    if reason:
        key = f"upload_effect_reason_{reason}"
        text = words.say(key) if words.has(key) else words.failure(str(reason), {})
        return EffectView(title, sentence=text)
    city = outcome.get("city")
    zones = ([{**city, "name": words.say("whole_city"), "name_en": None}] if city else []) + list(
        outcome["rows"]
    )
    rows: list[EffectRow] = []
    for zone in zones:
        rows.append(_row(words, words.name(zone), zone))
        rows += [
            _row(words, f"{words.name(zone)} · {words.title(each)}", each) for each in zone["categories"]
        ]
    sentence = "" if zones else words.say("upload_effect_reason_unchanged")
    return EffectView(title, sentence=sentence, rows=tuple(rows[:ROWS_MOST]))


def _row(words: Words, name: str, figure: Mapping[str, Any], *, is_supply: bool = False) -> EffectRow:
    before, after = figure["before"], figure["after"]
    known = before is not None and after is not None
    if is_supply:
        less = words.number(after - before, 1) if known else DASH
        return EffectRow(name, words.number(before, 1), words.number(after, 1), less)
    difference = words.gained(before, after) if known else DASH
    return EffectRow(name, words.percent(before), words.percent(after), difference)

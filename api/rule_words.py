"""What coverage rules say in sentences: figures, amounts, the headline, what a rule measures."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from markupsafe import Markup

from api.coverage_tables import CoverageReport, Row
from api.rule_parameters import without
from api.rule_terms import Terms
from api.words import Words
from inventory.coverage_rules import CoverageRule

SCALE = {"m2": 1_000_000, "m": 1_000}
"""Large amounts are told in square kilometres and kilometres."""
SMALL = 0.1
"""Of those, where the plain unit reads better."""


def subject(report: CoverageReport) -> Row:
    """The row a page is about: the whole city's, or the drawn area's."""
    result = report.result
    found: Row = result["city"] if result["area"] is None else result["zones"][0]
    return found


def chosen_demand(result: Row, demand: str) -> Row:
    """The demand of that id, else the headline's."""
    found = {each["id"]: each for each in result["demands"]}
    chosen: Row = found.get(demand, found[result["headline"]])
    return chosen


def amount_text(words: Words, amount: float, unit: str) -> str:
    """An amount with its unit, as one says it."""
    value = amount / SCALE.get(unit, 1)
    if unit in SCALE and value < SMALL:
        return words.say("rule_amount_small", n=words.number(amount), unit=words.say(f"counted_{unit}"))
    n = words.number(value, 1) if unit in SCALE and value < 10 else words.many(value)
    return words.say("rule_amount", n=n, unit=words.say(f"rule_unit_{unit}")).rstrip()


def figure_text(words: Words, figure: Mapping[str, Any]) -> str:
    """A share, places for 1000 people, or why there is neither."""
    if figure["value"] is not None:
        return words.say("rule_per_1000", n=words.number(figure["value"], 1))
    if figure["share"] is not None:
        return words.percent(figure["share"])
    return words.say(f"reason_{figure['reason']}")


def in_sentence(name: str, words: Words) -> str:
    """A name as it stands within a sentence: English ones begin small, unless they are capitals."""
    return name[:1].lower() + name[1:] if words.lang == "en" and name[1:2].islower() else name


def sentence(report: CoverageReport, demand: Row) -> Markup | str:
    """The headline: the figure of a demand in the city or the drawn area, and how far from its target."""
    words = report.words
    figure = subject(report)["figures"][demand["id"]]
    named = in_sentence(report.demand(demand), words)
    if figure["reason"] is not None:
        return words.say(f"rule_sentence_{figure['reason']}", demand=named)
    of = amount_text(words, figure["demand"], demand["unit"])
    strong = Markup('<strong data-figure="headline">{}</strong>').format(figure_text(words, figure))
    if report.is_supply:
        return words.say("rule_sentence_supply", value=strong, of=of)
    kind = "state" if report.result["rule"]["catchment"] in ("status", "raster") else "share"
    said = words.say(f"rule_sentence_{kind}", share=strong, of=of, demand=named)
    if figure["target"] is None:
        return said
    goal = words.percent(figure["target"], 0)
    missing = figure["gap"] or 0.0
    more = (
        words.say("rule_sentence_short", target=goal, gap=words.points(missing))
        if missing > 0
        else words.say("rule_sentence_reached", target=goal)
    )
    return Markup("{}{}").format(said, more)


def groups_sentence(report: CoverageReport, demand: Row, terms: Terms) -> str:
    """Which groups miss a target of their own; empty where none has one."""
    groups = subject(report)["figures"][demand["id"]]["groups"]
    ordered = terms.ordered(demand["layer"], demand["group"], groups)
    aimed = [name for name in ordered if groups[name]["gap"] is not None]
    missed = [name for name in aimed if groups[name]["gap"] > 0]
    if not aimed:
        return ""
    named = [
        report.words.say(
            "rule_group_missed",
            group=terms.value(demand["layer"], demand["group"], name),
            share=report.words.percent(groups[name]["share"]),
            target=report.words.percent(groups[name]["target"], 0),
        )
        for name in missed
    ]
    if not missed:
        return report.words.say("rule_groups_reached", n=len(aimed))
    return report.words.say("rule_groups_short", n=len(missed), all=len(aimed), groups=terms.join(named))


def summary(rule: CoverageRule, terms: Terms) -> str:
    """What a rule measures, in one sentence."""
    words = terms.words
    named = [
        terms.layer(each.layer)
        if each.kind == "features" and each.layer
        else words.say(f"demand_{each.kind}")
        for each in rule.demands
    ]
    first, *others = dict.fromkeys(named)
    reaches = sorted({each.distance_m for each in rule.services if each.distance_m is not None})
    services = dict.fromkeys(words.title(each) or terms.layer(each.layer) for each in rule.services)
    return words.say(
        f"rule_says_{rule.catchment}",
        demand=terms.join([first, *(in_sentence(each, words) for each in others)]),
        distance=terms.join(words.metres(each) for each in reaches),
        service=terms.join(in_sentence(each, words) for each in services),
        reach=words.metres(rule.along.reach_m if rule.along else None),
        condition=_condition(rule, terms),
    )


def _condition(rule: CoverageRule, terms: Terms) -> str:
    """What a status or a raster rule asks of a feature or a cell."""
    if rule.status is not None:
        met, layer = rule.status.met, rule.demands[0].layer
        asked = terms.conditions(layer, met.where, at_least=met.at_least, below=met.below, above=met.above)
        events = rule.status.without
        free = "" if events is None else without(terms, asdict(events) | {"where": events.filter.where})
        return terms.words.say("term_and").join(filter(None, (asked, free)))
    raster = rule.raster
    if raster is None:
        return ""
    what = "NDVI" if raster.band is None else terms.layer(raster.layer)
    kind, bound = ("at_least", raster.at_least) if raster.at_least is not None else ("below", raster.below)
    return terms.words.say(f"term_{kind}", column=what, bound=terms.number(bound or 0.0))


def goal(target: Any, words: Words) -> str:
    """A promise in words: a share, or places for 1000 people."""
    if target.share is not None:
        return words.percent(target.share, 0)
    return words.say("rule_per_1000", n=words.number(target.value, 1))

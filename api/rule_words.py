"""What coverage rules say in sentences: figures, amounts, the headline, what a rule measures."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from api.coverage_tables import CoverageReport, Row
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
    return words.say("rule_amount", n=n, unit=words.say(f"rule_unit_{unit}"))


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
    said = words.say("rule_sentence_share", share=strong, of=of, demand=named)
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


def summary(rule: CoverageRule, words: Words) -> str:
    """What a rule measures, in one sentence."""
    join = words.say("list_join")
    demands = join.join(dict.fromkeys(words.say(f"demand_{each.kind}") for each in rule.demands))
    reaches = sorted({each.distance_m for each in rule.services if each.distance_m is not None})
    return words.say(
        f"rule_says_{rule.catchment}",
        demand=demands,
        distance=join.join(words.metres(each) for each in reaches),
    )


def goal(target: Any, words: Words) -> str:
    """A promise in words: a share, or places for 1000 people."""
    if target.share is not None:
        return words.percent(target.share, 0)
    return words.say("rule_per_1000", n=words.number(target.value, 1))

"""The numbers a result was made with, each in words and with its unit."""

from collections.abc import Mapping
from typing import Any

from api.coverage_tables import CoverageReport
from api.rule_terms import Terms

LAYERS = ("network", "slope", "layer")
MARKED = ("weights",)


def parameters(report: CoverageReport, terms: Terms) -> list[tuple[str, str]]:
    """Name and value of each parameter that says anything, in the order of the result."""
    words = report.words
    found = []
    for name, value in report.result["parameters"].items():
        text = _text(report, terms, name, value)
        if text:
            key = f"parameter_{name}"
            found.append((words.say(key) if words.has(key) else name, text))
    return found


def _text(report: CoverageReport, terms: Terms, name: str, value: Any) -> str:
    words, result = report.words, report.result
    layer = result["demands"][0]["layer"]
    if value is None or value in ({}, [], ()):
        return ""
    if name in LAYERS:
        return terms.layer(value)
    if name == "barriers":
        return terms.join(terms.layer(each) for each in value)
    if name in ("not_walkable", "factors"):
        return _streets(terms, value)
    if name == "closed":
        return terms.conditions(result["parameters"]["network"], value)
    if name == "cell_m":
        named = {each["id"]: report.demand(each) for each in result["demands"]}
        return terms.join(f"{named[key]} {words.metres(each)}" for key, each in value.items())
    if name == "line_of":
        return terms.column(result["services"][0]["layer"], value)
    if name in ("met", "known"):
        return terms.conditions(layer, value)
    if name in ("at_least", "above", "below") and isinstance(value, Mapping):
        return terms.conditions(layer, **{name: value})
    if name == "without":
        return without(terms, value)
    if name == "bands":
        return terms.join(f"{words.metres(each)}: {terms.number(weight)}" for each, weight in value)
    if name in MARKED and words.has(f"{name}_{value}"):
        return words.say(f"{name}_{value}")
    return terms.number(value) if isinstance(value, int | float) else str(value)


def without(terms: Terms, value: Mapping[str, Any]) -> str:
    """The events that a feature must be free of."""
    words, layer = terms.words, value["layer"]
    said = [terms.conditions(layer, value["where"])]
    if value["within_days"] is not None:
        said.append(words.say("term_within_days", n=round(value["within_days"])))
    if value["near_m"]:
        said.append(words.say("term_near", distance=words.metres(value["near_m"])))
    about = words.say("term_and").join(filter(None, said))
    if not about:
        return words.say("term_free", layer=terms.layer(layer))
    return words.say("term_without", layer=terms.layer(layer), condition=about)


def _streets(terms: Terms, value: Any) -> str:
    words = terms.words

    def named(name: str) -> str:
        return words.say(f"street_{name}") if words.has(f"street_{name}") else name

    if isinstance(value, Mapping):
        return terms.join(f"{named(name)} × {terms.number(each)}" for name, each in value.items())
    return terms.join(map(named, value))

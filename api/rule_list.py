"""What can be measured: circles and every coverage rule, with what is known of each now. Computes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.pages import link
from api.params import When
from api.results import Asked, Results
from api.words import Words
from inventory.coverage_rule_file import coverage_rules
from inventory.coverage_rules import CATCHMENTS, CoverageRule, CoverageTarget
from inventory.errors import RuleError
from inventory.rule_file import faults, rule_sets
from inventory.rules import RuleSet
from layers.catalog import Store

PAGE = "/coverage"


@dataclass(frozen=True)
class Headline:
    """The city's figure of a rule: a share, or places for 1000 people."""

    share: float | None
    value: float | None
    reason: str | None
    date: str | None


@dataclass(frozen=True)
class Listed:
    """A rule as the list shows it. unpublished: layers it reads that nobody has published."""

    rule: CoverageRule
    href: str
    unpublished: tuple[str, ...]
    measurable: bool
    headline: Headline | None

    @property
    def target(self) -> CoverageTarget | None:
        """What somebody promised of the first demand as a whole."""
        return next(iter(self.rule.targets_of(self.rule.demands[0].id)), None)


@dataclass(frozen=True)
class RuleList:
    """Rules by catchment, in the order of `CATCHMENTS`; circles stand apart, None where their file is broken.

    broken: what is wrong with the city's own rule files.
    """

    circles: RuleSet | None
    rules: tuple[Listed, ...]
    broken: tuple[RuleError, ...]

    @cached_property
    def groups(self) -> list[tuple[str, list[Listed]]]:
        """Catchments that have rules, with them."""
        found = [(each, [one for one in self.rules if one.rule.catchment == each]) for each in CATCHMENTS]
        return [(name, rules) for name, rules in found if rules]


def rule_list(store: Store, results: Results, when: When) -> RuleList:
    """All rules of the workspace at these times."""
    home = store.workspace.home
    published = {
        each for each in store.workspace.specs if store.heads(each, as_of=store.sequence(when.as_of))
    }
    listed = [
        _listed(store, results, rule, published, when)
        for rule in sorted(coverage_rules(home).values(), key=lambda rule: rule.id)
    ]
    circles = rule_sets(home).get(store.workspace.city.rule_set)
    return RuleList(circles, tuple(listed), tuple(faults(home)))


def _listed(store: Store, results: Results, rule: CoverageRule, published: set[str], when: When) -> Listed:
    unpublished = tuple(name for name in rule.layers if name not in published)
    served = not rule.services or any(each.layer in published for each in rule.services)
    demanded = any(each.layer is None or each.layer in published for each in rule.demands)
    needed = served and demanded and all(name in published for name in rule.needed)
    kept = results.kept(store, Asked(rule), when) if needed and store.workspace.city.zones else None
    return Listed(
        rule,
        link(f"{PAGE}/{rule.id}", **when.query()),
        unpublished,
        needed,
        None if kept is None else headline(kept),
    )


def headline(values: Mapping[str, Any]) -> Headline:
    """The city's figure of a result's first demand that has data."""
    figure = values["city"]["figures"][values["headline"]]
    return Headline(figure["share"], figure["value"], figure["reason"], values["date"])


def layer_titles(store: Store, names: Sequence[str], words: Words) -> str:
    """Layers by their titles, in one text."""
    specs = store.workspace.specs
    return words.say("list_join").join(words.title(specs[name]) if name in specs else name for name in names)


def reading(store: Store, layer: str) -> list[CoverageRule]:
    """The rules that read a layer, by id."""
    rules = coverage_rules(store.workspace.home).values()
    return sorted((rule for rule in rules if layer in rule.layers), key=lambda rule: rule.id)

"""The packaged coverage rules read layers and columns that there are, and say whose target is whose."""

import pytest

from inventory.coverage_rule_file import coverage_rule, coverage_rules
from layers.spec_files import load_specs

RULES = coverage_rules()


def columns_read(rule):
    """Pairs of layer and column."""
    for service in rule.services:
        line_of = [rule.along.line_of] if rule.along and rule.along.line_of else []
        yield from ((service.layer, column) for column in (*service.columns, *line_of))
        if service.entrances:
            yield service.entrances, service.entrance_of
    for demand in rule.demands:
        if demand.layer is not None:
            more = rule.status.columns if rule.status else ()
            yield from ((demand.layer, column) for column in (*demand.columns, *more))
    if rule.status and rule.status.without:
        yield from ((rule.status.without.layer, column) for column in rule.status.without.columns)


@pytest.mark.parametrize("name", RULES)
def test_a_packaged_rule_reads_columns_that_its_layers_have(name):
    specs = load_specs()
    for layer, column in columns_read(RULES[name]):
        assert column in {field.name for field in specs[layer].fields}, (layer, column)


@pytest.mark.parametrize("name", RULES)
def test_a_packaged_rule_names_clauses_and_sources_in_chinese_too(name):
    rule = RULES[name]
    assert rule.clause_zh
    assert all(each.source_zh for each in (rule, *rule.services, *rule.targets))
    assert all(each.clause_zh for each in rule.services)


@pytest.mark.parametrize("name", RULES)
def test_a_packaged_rule_asks_for_values_that_its_layers_know(name):
    specs, rule = load_specs(), RULES[name]
    filters = [(service.layer, service.filter) for service in rule.services]
    filters += [(demand.layer, demand.filter) for demand in rule.demands if demand.layer]
    if rule.status:
        known = [rule.status.known] if rule.status.known else []
        filters += [(demand.layer, each) for demand in rule.demands for each in (rule.status.met, *known)]
        if rule.status.without:
            filters.append((rule.status.without.layer, rule.status.without.filter))
    for layer, chosen in filters:
        domains = {field.name: field.domain for field in specs[layer].fields}
        for column, values in chosen.where.items():
            assert set(values) <= set(domains[column] or values), (layer, column, values)


def test_each_target_of_lamps_that_are_lit_names_its_plan():
    rule = coverage_rule("lighting-lit")

    def targets(group):
        return [(target.plan, target.share) for target in rule.targets_of("features", group)]

    assert targets("arterial") == [("jinan-2020", 0.99), ("tianqiao-2020", 0.98), ("jinan-2019", 0.98)]
    assert targets("lane") == [("jinan-2020", 0.95), ("tianqiao-2020", 0.96), ("jinan-2019", 0.96)]
    assert targets("secondary") == [("tianqiao-2020", 0.98), ("jinan-2019", 0.98)]  # jinan-2020 names none

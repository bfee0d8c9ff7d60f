"""Sentences of coverage rules: amounts as one says them, groups that miss targets of their own."""

import pytest

from api.coverage_tables import CoverageReport
from api.rule_terms import Terms
from api.rule_words import amount_text, figure_text, groups_sentence, in_sentence
from api.words import Words
from layers.spec_files import load_specs

EN, ZH = Words("en"), Words("zh")
LAMPS = {"id": "features", "kind": "features", "layer": "lamps", "group": "road_class"}


def report(words, **groups):
    """A result of lamps whose groups have a share and a target each."""
    figures = {
        name: {"share": share, "target": target, "gap": None if target is None else max(target - share, 0.0)}
        for name, (share, target) in groups.items()
    }
    row = {"figures": {"features": {"groups": figures}}}
    return CoverageReport({"area": None, "city": row}, words)


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (12_500_000.0, "m2", "12 km²"),
        (2_540_000.0, "m2", "2.5 km²"),
        (4_200.0, "m2", "4,200 m²"),
        (4_859_000.0, "m", "4,859 km"),
        (83.0, "m", "83 m"),
        (9_200_000, "people", "9.2\N{NO-BREAK SPACE}million people"),
        (15_410, "features", "15,410"),
    ],
)
def test_amounts_are_told_in_the_unit_one_says(amount, unit, said):
    assert amount_text(EN, amount, unit) == said


def test_zero_and_nothing_to_measure_read_differently():
    assert figure_text(EN, {"share": 0.0, "value": None, "reason": None}).startswith("0.0")
    assert figure_text(EN, {"share": None, "value": None, "reason": "no_demand"}) == "nobody"


def test_groups_below_their_own_target_are_named_in_the_order_of_the_layer():
    terms = Terms(load_specs(), ZH)
    said = groups_sentence(
        report(ZH, lane=(0.94, 0.95), expressway=(0.985, 0.99), secondary=(0.9, None), branch=(0.97, 0.95)),
        LAMPS,
        terms,
    )
    assert said == "未达到分组目标：快速路 98.5%（目标 99%）、街巷 94.0%（目标 95%）。"


def test_groups_that_all_meet_their_targets_and_groups_without_any():
    terms = Terms(load_specs(), EN)
    assert groups_sentence(report(EN, lane=(0.96, 0.95)), LAMPS, terms) == (
        "All groups with a target of their own meet it."
    )
    assert groups_sentence(report(EN, lane=(0.96, None)), LAMPS, terms) == ""


def test_names_begin_small_within_a_sentence_unless_they_are_capitals():
    assert in_sentence("Street lamps", EN) == "street lamps"
    assert in_sentence("NDVI", EN) == "NDVI"
    assert in_sentence("路灯", ZH) == "路灯"


def test_conditions_name_columns_and_values_as_the_layers_do():
    terms = Terms(load_specs(), EN)
    assert terms.conditions("lamps", {"state": ["lit", "out"]}) == "State: Lit, Out"
    assert terms.conditions("nothing", {"x": [1, True, "a"]}) == "x: 1, yes, a"
    assert "above Warning" in terms.conditions("springs", above={"level_m": "warning_m"})

"""A category has one title: in the rule that asks for it and in the layer that holds it."""

from inventory.rule_file import rule_set
from layers.spec_files import load_specs


def test_rules_and_layers_call_a_category_the_same(tmp_path):
    specs = load_specs()
    for row in rule_set("gb50180-2018", tmp_path).categories:
        titles = specs[row.layer].field("category").domain_titles
        assert titles[row.where["category"]][:2] == (row.title_zh, row.title_en)

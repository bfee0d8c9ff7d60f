"""Filters: which rows they admit, and that a column that is not there is no empty answer."""

import pandas as pd
import pytest

from inventory.errors import RuleError
from inventory.filters import Filter, matching

FRAME = pd.DataFrame(
    {"kind": ["park", "garden", None], "area_m2": [5000.0, 4999.9, None], "line_m2": [6000.0, 100.0, 1.0]}
)


def admitted(**conditions):
    return matching(FRAME, Filter(**conditions), rule="own", layer="parks").tolist()


def test_no_condition_admits_all():
    assert admitted() == [True, True, True]


def test_a_bound_is_included_above_and_not_below():
    assert admitted(at_least={"area_m2": 5000.0}) == [True, False, False]
    assert admitted(below={"area_m2": 5000.0}) == [False, True, False]


def test_a_column_may_be_the_bound_of_another():
    assert admitted(at_least={"area_m2": "line_m2"}) == [False, True, False]


def test_values_are_any_of_a_list_and_all_columns_must_hold():
    assert admitted(where={"kind": ("park", "garden")}) == [True, True, False]
    assert admitted(where={"kind": ("park", "garden")}, below={"area_m2": 5000.0}) == [False, True, False]


@pytest.mark.parametrize("part", ["where", "at_least", "below"])
def test_a_missing_column_is_an_error_that_names_rule_layer_and_column(part):
    value = ("x",) if part == "where" else 1.0
    with pytest.raises(RuleError, match=r"rule file own: colour: layer 'parks' has no such column"):
        admitted(**{part: {"colour": value}})


def test_texts_where_numbers_are_asked_for_are_an_error():
    with pytest.raises(RuleError, match=r"own: kind: layer 'parks' holds no numbers"):
        admitted(at_least={"kind": 1.0})

"""Filters: which rows they admit, and that a column that is not there is no empty answer."""

from datetime import date

import pandas as pd
import pytest

from inventory.errors import RuleError
from inventory.filters import Filter, days, matching

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


TYPED = pd.DataFrame(
    {
        "text": ["5", None],
        "whole": pd.array([1, None], "Int64"),
        "flag": [True, False],
        "day": [date(2020, 1, 1), None],
        "time": pd.to_datetime(["2020-01-01", None]),
        "nothing": [None, None],
    }
)


@pytest.mark.parametrize(
    ("column", "value"),
    [("text", 5), ("text", True), ("whole", "1"), ("flag", "true"), ("day", "2020-01-01"), ("time", 2020)],
)
def test_a_value_that_a_column_can_never_hold_is_an_error_and_no_empty_answer(column, value):
    with pytest.raises(RuleError, match=rf"own: {column}: layer 'parks' holds .* which are never"):
        matching(TYPED, Filter(where={column: (value,)}), rule="own", layer="parks")


def test_values_of_the_sort_that_a_column_holds_are_compared():
    for column, value in {"text": "5", "whole": 1, "flag": 1, "nothing": "x"}.items():
        found = matching(TYPED, Filter(where={column: (value,)}), rule="own", layer="parks")
        assert found.tolist() == [column != "nothing", False]


@pytest.mark.parametrize("column", ["day", "time"])
def test_dates_are_no_numbers(column):
    with pytest.raises(RuleError, match=rf"own: {column}: layer 'parks' holds no numbers"):
        matching(TYPED, Filter(at_least={column: 5.0}), rule="own", layer="parks")


def test_days_are_read_from_columns_of_dates_only():
    for column in ("day", "time", "nothing"):
        assert days(TYPED, column, rule="own", layer="parks").isna().tolist() == [column == "nothing", True]
    for column in ("text", "whole", "flag"):
        with pytest.raises(RuleError, match=rf"own: {column}: layer 'parks' holds no dates there"):
            days(TYPED, column, rule="own", layer="parks")
    with pytest.raises(RuleError, match="no such column"):
        days(TYPED, "other", rule="own", layer="parks")

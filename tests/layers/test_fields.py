"""Casting columns: what messy files hold, and what it means."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from layers.fields import MAX_TEXT_BYTES, cast, missing, normal
from layers.spec import FieldSpec

NONE = "-"


def values_of(given, kind, **options):
    """The cast values, missing ones as None, unfit ones as "-"."""
    result = cast(pd.Series(given, dtype=options.pop("dtype", object)), FieldSpec("f", kind, **options))
    plain = [None if pd.isna(value) else value for value in result.values]
    return [NONE if bad else value for value, bad in zip(plain, result.unfit, strict=True)]


def test_text():
    given = [" 甲 ", "", None, 3, 3.0, 2.5, True, dt.date(2020, 1, 2), np.nan, pd.NA]
    assert values_of(given, "text") == ["甲", None, None, "3", "3", "2.5", "true", "2020-01-02", None, None]
    assert values_of([370102, 1], "text", dtype="int64") == ["370102", "1"]
    assert values_of([370102.0, None], "text", dtype="float64") == ["370102", None]


def test_text_that_a_file_could_not_keep_is_unfit():
    assert values_of(["a\x00b", "x" * (MAX_TEXT_BYTES + 1), "文" * 20000], "text") == [
        NONE,
        NONE,
        "文" * 20000,
    ]


def test_integer():
    given = ["7", " -7 ", "7.0", "7.5", "seven", "", None, 7.0, 7.5, True, 2**60]
    assert values_of(given, "integer") == [7, -7, 7, NONE, NONE, None, None, 7, NONE, NONE, 2**60]
    assert values_of([1.0, np.nan, 1.5, 1e300, np.inf], "integer", dtype="float64") == [
        1,
        None,
        NONE,
        NONE,
        NONE,
    ]
    assert values_of([2**63], "integer", dtype="uint64") == [NONE]


def test_number():
    given = ["2.5", "1e3", "1,000", "two", "inf", "nan", "", None, 4, True]
    assert values_of(given, "number") == [2.5, 1000.0, NONE, NONE, NONE, NONE, None, None, 4.0, NONE]
    assert values_of([1.5, np.inf, np.nan], "number", dtype="float64") == [1.5, NONE, None]


def test_boolean():
    given = ["是", "否", "TRUE", "n", 1, 0, True, "maybe", None, 2]
    assert values_of(given, "boolean") == [True, False, True, False, True, False, True, NONE, None, NONE]


def test_date():
    day = dt.datetime(2020, 1, 31)
    given = [
        "2020-01-31",
        "2020/1/31",
        "20200131",
        "2020年1月31日",
        20200131,
        day,
        day.date(),
        "2020-01-31T00:00:00Z",
    ]
    assert values_of(given, "date") == [pd.Timestamp(day)] * 8
    assert values_of(["2020-02-30", "2020", "yesterday", "", None], "date") == [NONE, NONE, NONE, None, None]
    stamps = pd.Series([pd.Timestamp("2020-01-31 13:45"), pd.NaT])
    assert values_of(stamps, "date", dtype=stamps.dtype) == [pd.Timestamp(day), None]
    assert values_of(["1644-10-01", "9999-12-31"], "date") == [
        pd.Timestamp("1644-10-01"),
        pd.Timestamp("9999-12-31"),
    ]


def test_a_domain_is_met_by_its_names_in_both_languages():
    names = {"open": ("开放", "Open"), "shut": ("关闭", "Closed")}
    given = ["open", "开放", "CLOSED", "shut", "ajar", None]
    found = values_of(given, "text", domain=("open", "shut"), domain_titles=names)
    assert found == ["open", "open", "shut", "shut", "ajar", None]


@pytest.mark.parametrize(
    ("kind", "optional", "required"),
    [
        ("text", "str", "str"),
        ("integer", "Int64", "int64"),
        ("number", "float64", "float64"),
        ("boolean", "boolean", "bool"),
        ("date", "datetime64[s]", "datetime64[s]"),
    ],
)
def test_the_dtype_depends_on_the_spec_alone(kind, optional, required):
    given = pd.Series(["2020-01-01" if kind == "date" else "1"] * 2, dtype=object)
    assert str(cast(given, FieldSpec("f", kind)).values.dtype) == optional
    assert str(cast(given, FieldSpec("f", kind, required=True)).values.dtype) == required
    assert str(cast(given[:0], FieldSpec("f", kind)).values.dtype) == optional
    assert str(missing(3, FieldSpec("f", kind)).dtype) == optional
    assert missing(3, FieldSpec("f", kind)).isna().all()


def test_normalising_twice_equals_once():
    for kind in ("text", "integer", "number", "boolean", "date"):
        field = FieldSpec("f", kind)
        once = cast(pd.Series(["1", None, "20200101"]), field).values
        pd.testing.assert_series_equal(normal(once, field), once)
        pd.testing.assert_series_equal(cast(once, field).values, once)

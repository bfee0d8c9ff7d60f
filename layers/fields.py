"""Casts columns to the types of a spec, whole columns at a time, and says which rows could not be cast.

The normal form of a column depends on the spec alone, never on the values: text is pandas' `str`, number
float64, date datetime64[s] at midnight; integer and boolean are numpy's where the field is required, else
pandas' nullable `Int64` and `boolean`. Empty text is missing.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.spec import FieldSpec

MAX_TEXT_BYTES = 64 * 1024
DATE: Literal["datetime64[s]"] = "datetime64[s]"
_TRUE = {"true", "t", "yes", "y", "1", "是", "有", "真"}
_FALSE = {"false", "f", "no", "n", "0", "否", "无", "假"}
_DATE_TEXT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ]\s*00:00(?::00(?:\.0+)?)?Z?)?"
)
_DATE_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WHOLE = re.compile(r"[+-]?\d{1,19}(?:\.0+)?")


@dataclass(frozen=True)
class Cast:
    """A column in normal form; `unfit` marks the rows whose value could not be cast (missing in `values`)."""

    values: pd.Series
    unfit: NDArray[np.bool_]


def cast(column: pd.Series, field: FieldSpec) -> Cast:
    """The column as the field's type, index from 0. Values outside the domain are left as they are."""
    column = column.reset_index(drop=True)
    caster = {
        "text": _text,
        "integer": _integer,
        "number": _number,
        "boolean": _boolean,
        "date": _date,
    }[field.type]
    values, unfit = caster(column)
    if field.domain:
        values = _to_domain(values, field)
    return Cast(normal(values, field), unfit)


def missing(count: int, field: FieldSpec) -> pd.Series:
    """A column of nothing, in normal form as an optional field has it."""
    optional = FieldSpec(field.name, field.type)
    return normal(pd.Series([None] * count, dtype=object), optional)


def normal(column: pd.Series, field: FieldSpec) -> pd.Series:
    """A column of fitting values in the field's normal dtype."""
    whole = field.required and not column.isna().any()
    if field.type == "text":
        return column.astype("str").mask(column.isna().to_numpy())
    if field.type == "integer":
        return column.astype("int64") if whole else column.astype("Int64")
    if field.type == "number":
        return column.astype("float64")
    if field.type == "boolean":
        return column.astype("bool") if whole else column.astype("boolean")
    if column.dtype.kind == "M":
        return column.astype(DATE)
    days = [None if pd.isna(day) else day for day in column]
    return pd.Series(np.array(days, dtype=DATE), index=column.index)


def _missing(value: Any) -> bool:
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))
    )


def as_text(value: Any) -> str:
    """A value as a person would write it: whole numbers without a point, dates as 2020-01-31."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return str(value)


def _stripped(column: pd.Series) -> pd.Series:
    """The column as text, trimmed, empty text missing."""
    kind = column.dtype.kind
    if kind in "iu" and not isinstance(column.dtype, pd.CategoricalDtype):
        return column.astype("str").mask(column.isna().to_numpy())
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty"):
        column = column.astype("str").mask(column.isna().to_numpy())
    elif column.dtype != "str":
        column = pd.Series([None if _missing(v) else as_text(v) for v in column], dtype="str")
    column = column.str.strip()
    return column.mask((column == "").to_numpy(dtype=bool, na_value=False))


def _text(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    text = _stripped(column)
    unfit = text.str.contains("\x00", regex=False).to_numpy(dtype=bool, na_value=False).copy()
    for position in np.flatnonzero(
        (text.str.len() > MAX_TEXT_BYTES // 4).to_numpy(dtype=bool, na_value=False)
    ):
        unfit[position] |= len(text.iloc[position].encode()) > MAX_TEXT_BYTES
    return text.mask(unfit), unfit


def _number(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    if column.dtype.kind in "iuf":
        values = column.astype("float64")
        unfit = np.isinf(values.to_numpy())
        return values.mask(unfit), unfit
    given = _stripped(column)
    values = pd.to_numeric(given, errors="coerce").astype("float64")
    unfit = given.notna().to_numpy() & ~np.isfinite(values.to_numpy())
    return values.mask(unfit), unfit


def _integer(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    if column.dtype.kind in "iu":
        values = column.astype("UInt64" if column.dtype.kind == "u" else "Int64")
        unfit = (values > np.iinfo(np.int64).max).to_numpy(dtype=bool, na_value=False)
        return values.mask(unfit).astype("Int64"), unfit
    if column.dtype.kind == "f":
        numbers = column.astype("float64").to_numpy()
        with np.errstate(invalid="ignore"):
            unfit = ~np.isnan(numbers) & ~((np.abs(numbers) < 2**53) & (numbers == np.floor(numbers)))
        whole = np.where(np.isnan(numbers) | unfit, 0, numbers).astype(np.int64)
        return pd.Series(whole, dtype="Int64").mask(np.isnan(numbers) | unfit), unfit
    given = _stripped(column)
    whole_numbers = [_whole(value) for value in given]
    values = pd.Series(whole_numbers, dtype="Int64")
    return values, given.notna().to_numpy() & values.isna().to_numpy()


def _whole(value: Any) -> int | None:
    """The whole number a text means, None if it means none that 64 bits hold."""
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        return None
    number = int(value.split(".")[0])
    return number if -(2**63) <= number < 2**63 else None


def _boolean(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    if column.dtype.kind == "b":
        return column.astype("boolean"), np.zeros(len(column), bool)
    given = _stripped(column).str.lower()
    is_true, is_false = given.isin(_TRUE).to_numpy(), given.isin(_FALSE).to_numpy()
    values = pd.Series(is_true, dtype="boolean").mask(~(is_true | is_false))
    return values, given.notna().to_numpy() & ~(is_true | is_false)


def _date(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    if column.dtype.kind == "M":
        naive = column.dt.tz_localize(None) if getattr(column.dt, "tz", None) is not None else column
        return naive.dt.normalize().astype(DATE), np.zeros(len(column), bool)
    days = [_day(value) for value in column]
    unfit = np.array([day is NotImplemented for day in days], dtype=bool)
    fitting = [None if day is NotImplemented else day for day in days]
    return pd.Series(np.array(fitting, dtype=DATE)), unfit


def _day(value: Any) -> Any:
    """The date a value means, None for a missing one, NotImplemented if it means none."""
    if _missing(value):
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = as_text(value).strip()
    if not text:
        return None
    match = _DATE_TEXT.fullmatch(text) or _DATE_DIGITS.fullmatch(text)
    if match is None:
        return NotImplemented
    try:
        return dt.date(*map(int, match.groups()))
    except ValueError:
        return NotImplemented


def _to_domain(values: pd.Series, field: FieldSpec) -> pd.Series:
    """Replace the names of domain values, capitals apart, by the values themselves."""
    names = {value.casefold(): value for value in field.domain}
    for value, titles in field.domain_titles.items():
        for title in titles:
            names.setdefault(title.casefold(), value)
    distinct = {value: names.get(str(value).casefold(), value) for value in values.dropna().unique()}
    return values.map(distinct, na_action="ignore").astype("str").mask(values.isna().to_numpy())

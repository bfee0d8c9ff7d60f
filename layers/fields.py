"""Casts columns to the types of a spec, whole columns at a time, and says which rows could not be cast.

The normal form of a column depends on the spec alone, never on the values: text is pandas' `str`, number
float64, date datetime64[s] at midnight; integer and boolean are numpy's where the field is required, else
pandas' nullable `Int64` and `boolean`. Empty text is missing.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from layers.spec import FieldSpec

MAX_TEXT_BYTES = 64 * 1024
DATE: Literal["datetime64[s]"] = "datetime64[s]"
_TRUE = {"true", "t", "yes", "y", "1", "是", "有", "真"}
_FALSE = {"false", "f", "no", "n", "0", "否", "无", "假"}
_DATE_TEXTS = (
    r"^(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?"
    r"(?:[T ]\s*00:00(?::00(?:\.0+)?)?Z?)?$",
    r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$",
)
_WHOLE_SHORT = r"^(?P<n>[+-]?\d{1,18})(?:\.0+)?$"  # eighteen digits always fit 64 bits, nineteen may
_WHOLE_LONG = r"^[+-]?\d{19}(?:\.0+)?$"


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
    kinds = {"text": "str", "integer": "Int64", "number": "float64", "boolean": "boolean", "date": DATE}
    empty = pa.nulls(count, pa.large_string()) if field.type == "text" else None
    return pd.Series(empty, index=pd.RangeIndex(count), dtype=kinds[field.type])


def normal(column: pd.Series, field: FieldSpec) -> pd.Series:
    """A column of fitting values in the field's normal dtype."""
    whole = field.required and not column.isna().any()
    if field.type == "text":
        return column if column.dtype == "str" else column.astype("str").mask(column.isna().to_numpy())
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
    if kind == "f":
        codes, numbers = pd.factorize(column)
        texts = pd.Series([as_text(number) for number in numbers], dtype="str")
        return texts.reindex(codes).reset_index(drop=True)
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in ("string", "empty"):
        column = column.astype("str").mask(column.isna().to_numpy())
    elif column.dtype != "str":
        column = pd.Series([None if _missing(v) else as_text(v) for v in column], dtype="str")
    column = column.str.strip()
    return column.mask((column == "").to_numpy(dtype=bool, na_value=False))


def _arrow(text: pd.Series) -> pa.Array:
    """The texts as Arrow has them, digits and signs of full width as plain ones."""
    found = pa.array(text, pa.large_string(), from_pandas=True)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return pc.utf8_normalize(whole, "NFKC")


def _text(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    text = _stripped(column)
    given = pa.array(text, pa.large_string(), from_pandas=True)
    unfit = pc.or_(pc.match_substring(given, "\x00"), pc.greater(pc.binary_length(given), MAX_TEXT_BYTES))
    marked = unfit.fill_null(False).to_numpy(zero_copy_only=False)
    return (text.mask(marked) if marked.any() else text), marked


def _number(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    if column.dtype.kind in "iuf":
        values = column.astype("float64")
        unfit = np.isinf(values.to_numpy())
        return values.mask(unfit), unfit
    given = _stripped(column)
    plain = pd.Series(_arrow(given).to_pandas(), dtype="str")
    values = pd.to_numeric(plain, errors="coerce").astype("float64")
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
    given = _arrow(_stripped(column))
    digits = pc.struct_field(pc.extract_regex(given, _WHOLE_SHORT), "n")
    whole = pc.cast(pc.utf8_ltrim(digits, "+"), pa.int64())
    values = pd.Series(whole.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get), dtype="Int64")
    unread = pc.and_(pc.is_valid(given), pc.is_null(whole)).to_numpy(zero_copy_only=False)
    long = pc.match_substring_regex(given, _WHOLE_LONG).fill_null(False).to_numpy(zero_copy_only=False)
    for position in np.flatnonzero(long).tolist():
        values.iloc[position] = _long(given[position].as_py())
    return values, unread & values.isna().to_numpy()


def _long(text: str) -> Any:
    """The whole number of nineteen digits that a text means, NA if 64 bits cannot hold it."""
    number = int(text.split(".")[0])
    return number if -(2**63) <= number < 2**63 else pd.NA


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
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "date":
        days = np.array(column.where(column.notna(), None).to_numpy(dtype=object), dtype=DATE)
        return pd.Series(days), np.zeros(len(column), bool)
    given = _arrow(_dated(column))
    days = np.full(len(column), np.datetime64("NaT", "D"))
    for pattern in _DATE_TEXTS:
        parts = pc.extract_regex(given, pattern)
        found = np.flatnonzero(pc.is_valid(parts).to_numpy(zero_copy_only=False))
        days[found] = _calendar(parts.take(pa.array(found)))
    unfit = pc.is_valid(given).to_numpy(zero_copy_only=False) & np.isnat(days)
    return pd.Series(days.astype(DATE)), unfit


def _dated(column: pd.Series) -> pd.Series:
    """The column as text, moments of day as their day."""
    if column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) != "string":
        column = column.map(lambda value: value.date() if isinstance(value, dt.datetime) else value)
    return _stripped(column)


def _calendar(parts: pa.StructArray) -> NDArray[np.datetime64]:
    """Days of years, months and days in digits; NaT where the calendar has none."""
    year, month, day = (
        pc.cast(pc.struct_field(parts, name), pa.int64()).to_numpy(zero_copy_only=False) for name in "ymd"
    )
    fits = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(fits, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    return np.where(fits & (days.astype("datetime64[M]") == months), days, np.datetime64("NaT", "D"))


def _to_domain(values: pd.Series, field: FieldSpec) -> pd.Series:
    """Replace the names of domain values, capitals apart, by the values themselves."""
    names = {value.casefold(): value for value in field.domain}
    for value, titles in field.domain_titles.items():
        for title in titles:
            names.setdefault(title.casefold(), value)
    distinct = {value: names.get(str(value).casefold(), value) for value in values.dropna().unique()}
    return values.map(distinct, na_action="ignore").astype("str").mask(values.isna().to_numpy())

"""Which features of a layer a rule means: by the values of columns, and by bounds of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory.errors import RuleError

Value = str | int | float | bool


@dataclass(frozen=True)
class Filter:
    """All must hold; a filter without a condition admits every feature.

    where: column -> admitted values. at_least: column -> number, included, or the name of another column.
    above: likewise, not included. below: column -> number, not included. A missing value fulfils no
    condition.
    """

    where: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    at_least: Mapping[str, float | str] = field(default_factory=dict)
    below: Mapping[str, float] = field(default_factory=dict)
    above: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it looks at, sorted."""
        bounds = (*self.at_least.values(), *self.above.values())
        others = (bound for bound in bounds if isinstance(bound, str))
        return tuple(sorted({*self.where, *self.at_least, *self.below, *self.above, *others}))

    @property
    def is_empty(self) -> bool:
        return not self.columns


def matching(frame: pd.DataFrame, chosen: Filter, *, rule: str, layer: str) -> NDArray[np.bool_]:
    """Which rows a filter admits, shape (n,).

    RuleError names `rule` and `layer` where a column is absent, or holds something else than it is compared
    with: no row would match, and a misspelt rule would read as a share of zero.
    """
    found = np.ones(len(frame), np.bool_)
    for column in chosen.columns:
        if column not in frame.columns:
            raise RuleError(rule, column, f"layer {layer!r} has no such column")
    for column, values in chosen.where.items():
        _check_comparable(frame[column], values, rule=rule, layer=layer)
        found &= frame[column].isin(list(values)).to_numpy(np.bool_)
    for bounds, holds in ((chosen.at_least, np.greater_equal), (chosen.above, np.greater)):
        for column, bound in bounds.items():
            least = numbers(frame, bound, rule=rule, layer=layer) if isinstance(bound, str) else bound
            found &= holds(numbers(frame, column, rule=rule, layer=layer), least)
    for column, most in chosen.below.items():
        found &= numbers(frame, column, rule=rule, layer=layer) < most
    return found


def numbers(frame: pd.DataFrame, column: str, *, rule: str, layer: str) -> NDArray[np.float64]:
    """A column as float64, NaN where a value is missing; RuleError where it is absent or no numbers."""
    if column not in frame.columns:
        raise RuleError(rule, column, f"layer {layer!r} has no such column")
    try:
        if _held(frame[column]) == DATES:
            raise TypeError("dates")
        return frame[column].to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise RuleError(rule, column, f"layer {layer!r} holds no numbers there") from error


def days(frame: pd.DataFrame, column: str, *, rule: str, layer: str) -> "pd.Series[pd.Timestamp]":
    """A column as times, NaT where a value is missing; RuleError where it is absent or holds no dates."""
    if column not in frame.columns:
        raise RuleError(rule, column, f"layer {layer!r} has no such column")
    if _held(frame[column]) not in (DATES, None):
        raise RuleError(rule, column, f"layer {layer!r} holds no dates there")
    return pd.to_datetime(frame[column])


TEXTS, NUMBERS, DATES = "texts", "numbers", "dates"
_INFERRED = {
    "string": TEXTS,
    "boolean": NUMBERS,  # true is 1, and many files have it so
    "integer": NUMBERS,
    "floating": NUMBERS,
    "mixed-integer-float": NUMBERS,
    "decimal": NUMBERS,
    "date": DATES,
    "datetime": DATES,
    "datetime64": DATES,
}


def _held(values: "pd.Series[Any]") -> str | None:
    """What a column holds; None of one without a value, or with several sorts."""
    return _INFERRED.get(pd.api.types.infer_dtype(values.dropna(), skipna=True))


def _check_comparable(column: "pd.Series[Any]", values: tuple[Value, ...], *, rule: str, layer: str) -> None:
    held = _held(column)
    for value in values:
        if held is not None and held != (TEXTS if isinstance(value, str) else NUMBERS):
            problem = f"layer {layer!r} holds {held} there, which are never {value!r}"
            raise RuleError(rule, str(column.name), problem)

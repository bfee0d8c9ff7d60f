"""Reads one TOML table key by key, so that whatever is wrong is told with its file and its key.

Every taker removes its key; `done()` refuses what nobody took, so a misspelt key is never ignored.
"""

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

Fault = Callable[[Path | str, str, str], Exception]
SHOWN_MOST = 80
"""Characters of a value that a message shows."""


class TomlTable:
    """One table of a TOML file; `prefix` is its own key inside the file, for messages."""

    def __init__(self, values: dict[str, Any], path: Path | str, fault: Fault, prefix: str = "") -> None:
        self._values = dict(values)
        self._path = path
        self._fault = fault
        self._prefix = prefix

    def fail(self, key: str, problem: str) -> NoReturn:
        """Raise the file's own kind of error for `key` of this table."""
        raise self._fault(self._path, self._prefix + key, problem)

    def _take(self, key: str, required: bool) -> Any:
        value = self._values.pop(key, None)
        if value is None and required:  # a recipe's JSON may also hold null, which TOML has not
            self.fail(key, "is missing")
        return value

    def has(self, key: str) -> bool:
        return key in self._values

    def is_text(self, key: str) -> bool:
        return isinstance(self._values.get(key), str)

    def text(self, key: str, default: str | None = None, *, choices: tuple[str, ...] = ()) -> str:
        value = self._take(key, default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fail(key, f"should be text, is {shown(value)}")
        if choices and value not in choices:
            self.fail(key, f"should be one of {', '.join(choices)}, is {shown(value)}")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def boolean(self, key: str, default: bool) -> bool:
        value = self._take(key, False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fail(key, f"should be true or false, is {shown(value)}")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self._take(key, default is None)
        if value is None:
            assert default is not None  # noqa: S101 - _take has refused a missing required key
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, f"should be a number, is {shown(value)}")
        try:
            return float(value)
        except OverflowError:
            self.fail(key, "is a number too large to reckon with")

    def optional_number(self, key: str) -> float | None:
        return self.number(key) if self.has(key) else None

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        value = self._take(key, True)
        if not isinstance(value, list) or len(value) != count:
            self.fail(key, f"should be a list of {count} numbers, is {shown(value)}")
        for item in value:
            if not _is_number(item):
                self.fail(key, f"should hold numbers, holds {shown(item)}")
        return tuple(float(item) for item in value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._take(key, False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(key, f"should be a list of texts, is {shown(value)}")
        return tuple(value)

    def values(self, key: str) -> tuple[str | int | float | bool, ...]:
        """One text, finite number or truth value, or a list of them that is not empty."""
        value = self._take(key, True)
        found = value if isinstance(value, list) else [value]
        if not found or not all(isinstance(item, str) or _is_finite(item) for item in found):
            self.fail(
                key,
                "should be a text, finite number, truth value, or a list of such that is not empty, "
                f"is {shown(value)}",
            )
        return tuple(found)

    def pairs(self, key: str) -> tuple[tuple[float, float], ...]:
        """A list of lists of two numbers each, none when it is absent."""
        value = self._take(key, False)
        if value is None:
            return ()
        numbers = [item for row in value for item in row] if _are_pairs(value) else [None]
        if not all(_is_number(item) for item in numbers):
            self.fail(key, f"should be a list of pairs of numbers, is {shown(value)}")
        return tuple((float(one), float(other)) for one, other in value)

    def table(self, key: str) -> "TomlTable":
        """The table under `key`, empty when it is absent."""
        value = self._take(key, False)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.fail(key, f"should be a table, is {shown(value)}")
        return TomlTable(value, self._path, self._fault, f"{self._prefix}{key}.")

    def tables(self, key: str) -> "list[TomlTable]":
        """The tables of the list under `key` (`[[key]]`), none when it is absent."""
        value = self._take(key, False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fail(key, f"should be a list of tables, written [[{key}]]")
        return [
            TomlTable(item, self._path, self._fault, f"{self._prefix}{key}[{number}].")
            for number, item in enumerate(value, start=1)
        ]

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def done(self) -> None:
        """Refuse the first key that nobody asked for."""
        for key in self._values:
            self.fail(key, "is not a key that is known here")


def shown(value: Any) -> str:
    """A value for a message, shortened: it may be the whole of a large file."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits is not written out
        return "a number of very many digits"
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}..."


def _is_number(value: Any) -> bool:
    """A number that a float can hold, NaN and infinity included."""
    return not isinstance(value, bool) and isinstance(value, int | float) and not _overflows(value)


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not _overflows(value) and isfinite(value)


def _overflows(value: int | float) -> bool:
    try:
        float(value)
    except OverflowError:
        return True
    return False


def _are_pairs(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, list) and len(row) == 2 for row in value)

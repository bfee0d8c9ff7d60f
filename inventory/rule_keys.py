"""Single keys that several tables of a rule file share: numbers, filters, and where a number is from."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from inventory.errors import RuleError
from inventory.filters import Filter
from inventory.rules import Standing
from layers.toml_table import TomlTable

METRES_MOST = 1_000_000.0
"""No city is so wide; squares and millimetres of larger lengths overflow."""
SPEED_MOST_KM_H = 15.0
"""Nobody walks faster: a larger number is metres a minute, or a typing slip."""


@dataclass(frozen=True)
class Reference:
    """Where a number is from, and how sure that is. clause_zh, source_zh: the same for readers of Chinese."""

    clause: str
    source: str
    standing: Standing
    clause_zh: str | None = None
    source_zh: str | None = None


def fault(path: Path | str, key: str, problem: str) -> RuleError:
    """The error of a rule file."""
    return RuleError(str(path), key, problem)


def finite(table: TomlTable, key: str, default: float | None = None) -> float:
    """A number that is neither NaN nor infinite."""
    value = table.number(key, default)
    if not math.isfinite(value):
        table.fail(key, f"should be a finite number, is {value:g}")
    return value


def positive(table: TomlTable, key: str, default: float | None = None, *, zero: bool = False) -> float:
    """A finite number above zero, or zero where that is allowed."""
    value = table.number(key, default)
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        table.fail(key, f"should be {'zero or more' if zero else 'above zero'}, is {value:g}")
    return value


def metres(
    table: TomlTable, key: str, default: float | None = None, *, zero: bool = False, least: float = 0.0
) -> float:
    """A length of at most `METRES_MOST`, above zero and at least `least`, or zero where that is allowed."""
    value = positive(table, key, default, zero=zero)
    if value > METRES_MOST:
        table.fail(key, f"should be at most {METRES_MOST:g} m, is {value:g}")
    if value < least:
        table.fail(key, f"should be at least {least:g} m, is {value:g}")
    return value


def walking_speed(table: TomlTable, key: str, default: float | None = None) -> float:
    """Kilometres in an hour that somebody can walk."""
    value = positive(table, key, default)
    if value > SPEED_MOST_KM_H:
        table.fail(key, f"should be at most {SPEED_MOST_KM_H:g} km/h, is {value:g}")
    return value


def whole(table: TomlTable, key: str, default: float | None = None) -> int:
    """A whole number above zero."""
    value = positive(table, key, default)
    if value != int(value):
        table.fail(key, f"should be a whole number, is {value:g}")
    return int(value)


def standing(table: TomlTable) -> Standing:
    """How sure a number is."""
    return cast(Standing, table.text("standing", choices=get_args(Standing)))


def reference(table: TomlTable, above: Reference) -> Reference:
    """A row's own reference, each part the rule's where the row has none; a source is no use without the
    standing of what it says, nor the other way round."""
    if table.has("source") != table.has("standing"):
        missing = "standing" if table.has("source") else "source"
        table.fail(missing, "is missing: a row's own source and standing go together")
    own, clause = table.has("source"), table.has("clause")
    clause_zh, source_zh = in_chinese(table, "clause"), in_chinese(table, "source")
    return Reference(
        table.text("clause", above.clause),
        table.text("source") if own else above.source,
        standing(table) if own else above.standing,
        clause_zh if clause else above.clause_zh,
        source_zh if own else above.source_zh,
    )


def in_chinese(table: TomlTable, key: str) -> str | None:
    """The text of a key for readers of Chinese, where the file gives one beside the key itself."""
    if table.has(f"{key}_zh") and not table.has(key):
        table.fail(key, f"is missing beside {key}_zh")
    return table.optional_text(f"{key}_zh")


def filter_of(table: TomlTable) -> Filter:
    """The keys `where`, `at_least` and `below` of a table."""
    where, least, below = table.table("where"), table.table("at_least"), table.table("below")
    return Filter(
        where={column: where.values(column) for column in sorted(where.names())},
        at_least={column: finite(least, column) for column in sorted(least.names())},
        below={column: finite(below, column) for column in sorted(below.names())},
    )


def where_of(table: TomlTable) -> Filter:
    """A table that is a filter itself: column -> value or values."""
    return Filter(where={column: table.values(column) for column in sorted(table.names())})

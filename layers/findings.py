"""What is wrong with, or worth knowing about, an upload: facts with a rule code, which `api` words.

A rule marks rows; at most `MAX_PER_RULE` findings are made of one rule, field and severity, the rest are only
counted. A column wrong in ten million rows therefore costs ten thousand values, not ten million.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.rules import RULES as _RULES
from layers.rules import SEVERITIES

__all__ = ["MAX_PER_RULE", "RULES", "SEVERITIES", "Finding", "Found", "capped", "has_errors", "tally"]

RULES: dict[str, tuple[str, ...]] = {code: tuple(rule.fields) for code, rule in _RULES.items()}
"""Every rule of this package, and what its `fields` may hold; `layers.rules` is the table."""

MAX_PER_RULE = 10_000

Positions = NDArray[np.intp]
Slot = tuple[str, str | None, str, Any]


@dataclass(frozen=True)
class Finding:
    """One fact about one feature, or about the whole file when `feature` is None.

    `feature` is the row number in the file, from 1; `key` the feature's own key where it has one; `field` the
    spec's field (or the file's column, for rules about columns); `value` what was found; `fields` the rest
    that words need; `point` longitude and latitude of the place to look at.
    """

    rule: str
    severity: str
    layer: str
    feature: int | None = None
    key: str | None = None
    field: str | None = None
    value: Any = None
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    point: tuple[float, float] | None = None

    @property
    def count(self) -> int:
        """How many facts this stands for: one, or the number left out."""
        return int(self.fields.get("more", 1))


class Found:
    """Collects the findings of one table; `rows` are the row numbers of its positions.

    Memory is bounded by the number of rules and fields, never by the number of rows.
    """

    def __init__(self, layer: str, rows: NDArray[np.int64], limit: int = MAX_PER_RULE) -> None:
        self.layer = layer
        self.rows = rows
        self._limit = limit
        self._found: list[Finding] = []
        self._counts: dict[Slot, int] = {}

    def file(
        self, rule: str, severity: str, *, field: str | None = None, value: Any = None, **fields: Any
    ) -> None:
        """A finding about the whole file."""
        self.add([Finding(rule, severity, self.layer, field=field, value=value, fields=fields)])

    def features(
        self,
        rule: str,
        severity: str,
        where: NDArray[np.bool_] | Positions,
        *,
        field: str | None = None,
        value: Callable[[Positions], Sequence[Any]] | None = None,
        each: Callable[[Positions], Sequence[Mapping[str, Any]]] | None = None,
        points: Callable[[Positions], NDArray[np.float64]] | None = None,
    ) -> None:
        """One finding for each marked feature: a mask over rows, or positions (which may repeat).

        `value`, `each` and `points` give values, fields and places of the findings that are made. They are
        asked with what numbers them: positions of rows for a mask, else places in `where`.
        """
        is_mask = where.dtype == bool
        positions = np.flatnonzero(where) if is_mask else where.astype(np.intp)
        slot = (rule, field, severity, None)
        before = self._counts.get(slot, 0)
        self._counts[slot] = before + len(positions)
        positions = positions[: max(self._limit - before, 0)]
        if not len(positions):
            return
        asked = positions if is_mask else np.arange(len(positions))
        values = [None] * len(positions) if value is None else value(asked)
        details = [{}] * len(positions) if each is None else each(asked)
        places = None if points is None else points(asked).tolist()
        for order, row in enumerate(self.rows[positions].tolist()):
            self._found.append(
                Finding(
                    rule,
                    severity,
                    self.layer,
                    feature=row,
                    field=field,
                    value=values[order],
                    fields=dict(details[order]),
                    point=None if places is None else (places[order][0], places[order][1]),
                )
            )

    def add(self, findings: Iterable[Finding]) -> None:
        """Findings made elsewhere, under the same limit."""
        for finding in findings:
            slot = _slot(finding)
            self._counts[slot] = self._counts.get(slot, 0) + finding.count
            if "more" not in finding.fields and self._counts[slot] <= self._limit:
                self._found.append(finding)

    def all(self) -> list[Finding]:
        """The findings in the order they were made, then one for each kind of which some were left out.

        That one has no feature, and the number left out in `fields["more"]`.
        """
        made: dict[Slot, int] = {}
        for finding in self._found:
            made[_slot(finding)] = made.get(_slot(finding), 0) + 1
        rest = []
        for slot, count in self._counts.items():
            more = count - made.get(slot, 0)
            if more:
                rule, field, severity, table = slot
                fields = {"more": more} if table is None else {"more": more, "table": table}
                rest.append(Finding(rule, severity, self.layer, field=field, fields=fields))
        return [*self._found, *rest]


def _slot(finding: Finding) -> Slot:
    return finding.rule, finding.field, finding.severity, finding.fields.get("table")


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether any finding forbids publishing."""
    return any(finding.severity == "error" for finding in findings)


def capped(found: Sequence[Finding], limit: int = MAX_PER_RULE) -> list[Finding]:
    """At most `limit` findings of one rule, field and severity; what is left out is counted in a last one."""
    if not found:
        return []
    collected = Found(found[0].layer, np.array([], dtype=np.int64), limit)
    collected.add(found)
    return collected.all()


def tally(findings: Iterable[Finding]) -> dict[tuple[str, str, str | None], int]:
    """Exact number of facts by rule, severity and field, those left out included."""
    counts: dict[tuple[str, str, str | None], int] = {}
    for finding in findings:
        kind = (finding.rule, finding.severity, finding.field)
        counts[kind] = counts.get(kind, 0) + finding.count
    return counts


def located(
    findings: Iterable[Finding],
    rows: NDArray[np.int64],
    keys: pd.Series,
    geometry: NDArray[np.object_] | None,
) -> list[Finding]:
    """Each finding about a feature with the feature's key, and a place on it, where it has them.

    `keys` and `geometry` (longitude and latitude) are of the rows numbered `rows`.
    """
    findings = list(findings)
    wanted = np.unique(np.fromiter((f.feature for f in findings if f.feature is not None), dtype=np.int64))
    positions = np.flatnonzero(np.isin(rows, wanted))
    known = keys.iloc[positions]
    key_of = {
        row: str(key)
        for row, key, has in zip(rows[positions].tolist(), known.tolist(), known.notna(), strict=True)
        if has
    }
    point_of = {} if geometry is None else _points(geometry[positions], rows[positions])

    def complete(finding: Finding) -> Finding:
        if finding.feature is None:
            return finding
        key = key_of.get(finding.feature) if finding.key is None else finding.key
        point = point_of.get(finding.feature) if finding.point is None else finding.point
        return replace(finding, key=key, point=point)

    return [complete(finding) for finding in findings]


def _points(geometry: NDArray[np.object_], rows: NDArray[np.int64]) -> dict[int, tuple[float, float]]:
    """A place on each geometry, to nine decimals: a point itself, else one inside or on it."""
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    marked = shapely.point_on_surface(geometry[present])
    xy = np.round(np.column_stack([shapely.get_x(marked), shapely.get_y(marked)]), 9)
    return {
        row: (x, y) for row, (x, y) in zip(rows[present].tolist(), xy.tolist(), strict=True) if np.isfinite(x)
    }

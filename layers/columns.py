"""Matches a file's columns to a spec's fields by header, and applies what the uploader said about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.detected import Candidate, Detected
from layers.errors import SourceUnusable
from layers.fields import as_text
from layers.findings import Finding
from layers.headers import Header, folded, header, is_cut
from layers.spec import FieldSpec
from layers.units import unit_of

PLACE_HEADERS = {
    *("lon", "lat", "lng", "longitude", "latitude", "经度", "纬度", "x", "y"),
    *("wkt", "geom", "the_geom", "wkt_geom", "geometry"),
}
"""Headers that a reader makes geometry of: what they hold is not lost when no field takes them."""


@dataclass(frozen=True)
class Match:
    """Which columns serve which fields.

    Attributes
    ----------
    columns
        The column of each field that has one.
    unknown
        Columns that serve none.
    how
        By field: `exact` (the field's own name), `alias` (a title or alias), `truncated` (one of them cut to
        ten bytes).
    factors
        By field: what its column's numbers are multiplied with to be in the unit of the spec, where the
        header names another unit.
    detected
        Units named by headers, and doubts: a column that may serve several fields, a field that several
        columns may serve.
    """

    columns: dict[str, str]
    unknown: tuple[str, ...]
    how: dict[str, str] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    detected: tuple[Detected, ...] = ()


def match(fields: tuple[FieldSpec, ...], columns: list[str]) -> Match:
    """The column of each field: its own name first, then titles and aliases in the spec's order, then cut.

    Width, capitals, blanks, punctuation and remarks in brackets do not count. A column serves one field only,
    the first in the spec's order; an exact name beats any alias of another field, and a whole header any that
    is cut. A cut header that may mean several fields serves none.
    """
    headers = {column: header(column) for column in columns}
    by_name = _by_name(headers)
    taken: dict[str, str] = {}
    how: dict[str, str] = {}
    used: set[str] = set()

    def take(name: str, candidates: Iterable[str], way: str) -> None:
        column = next((each for each in candidates if each not in used), None)
        if column is not None and name not in taken:
            taken[name], how[name] = column, way
            used.add(column)

    for each in fields:
        take(each.name, by_name.get(folded(each.name), ()), "exact")
    for each in fields:
        for title in each.headers():
            take(each.name, by_name.get(folded(title), ()), "alias")
    doubts: list[Detected] = []
    for column in [column for column in columns if column not in used]:
        meant = [each for each in fields if each.name not in taken and _is_cut_of(column, each)]
        if len(meant) > 1:
            doubts.append(_ambiguous(column, meant))
        elif meant:
            take(meant[0].name, [column], "truncated")
    unknown = tuple(column for column in columns if column not in used)
    doubts += _rivals(fields, taken, headers, unknown)
    factors, units = _units(fields, taken, headers)
    return Match(taken, unknown, how, factors, (*units, *doubts))


def _by_name(headers: Mapping[str, Header]) -> dict[str, list[str]]:
    """The columns of each folded name, those that have it without a remark in brackets first."""
    found: dict[str, list[str]] = {}
    for column, each in headers.items():
        if each.whole:
            found.setdefault(each.whole, []).append(column)
    for column, each in headers.items():
        if each.name and each.name != each.whole:
            found.setdefault(each.name, []).append(column)
    return found


def _is_cut_of(column: str, field: FieldSpec) -> bool:
    return any(is_cut(column.strip(), name) for name in field.headers() if name)


def _ambiguous(column: str, meant: list[FieldSpec]) -> Detected:
    names = [each.name for each in meant]
    others = tuple(Candidate(name, 1 / len(names), {"column": column}) for name in names)
    return Detected(
        "column", "", 0.0, "column_ambiguous", {"column": column, "listed": ", ".join(names)}, others
    )


def _rivals(
    fields: tuple[FieldSpec, ...],
    taken: Mapping[str, str],
    headers: Mapping[str, Header],
    unknown: tuple[str, ...],
) -> list[Detected]:
    """Fields that another column, left out, could serve as well."""
    found = []
    for each in fields:
        names = {folded(name) for name in each.headers()}
        rivals = [column for column in unknown if headers[column].name in names] if each.name in taken else []
        if rivals:
            column = taken[each.name]
            told = {"column": column, "field": each.name, "listed": ", ".join(rivals)}
            others = tuple(Candidate(rival, 0.4, {"field": each.name}) for rival in rivals)
            found.append(Detected("column", each.name, 0.8, "column_rivals", told, others))
    return found


def _units(
    fields: tuple[FieldSpec, ...], taken: Mapping[str, str], headers: Mapping[str, Header]
) -> tuple[dict[str, float], list[Detected]]:
    """The factors of units that headers name; one of another kind than the field's is told, not applied."""
    factors: dict[str, float] = {}
    found = []
    for each in fields:
        words = headers[taken[each.name]].unit if each.name in taken else None
        if words is None or each.unit is None or folded(taken[each.name]) == folded(each.name):
            continue
        told: dict[str, Any] = {
            "column": taken[each.name],
            "field": each.name,
            "unit": each.unit,
            "value": words,
        }
        unit = unit_of(each.unit, words)
        if unit is None:
            found.append(Detected("unit", words, 0.0, "unit_unfit", told))
        elif unit.factor != 1.0:
            factors[each.name] = unit.factor
            told |= {"value": unit.title, "factor": unit.factor, "times": f"{unit.factor:.6g}"}
            found.append(Detected("unit", unit.title, 0.95, "unit_in_header", told))
    return factors, found


def match_findings(layer: str, fields: tuple[FieldSpec, ...], found: Match) -> list[Finding]:
    """A note for each renamed column, one for the columns left out."""
    notes = [
        Finding("column_renamed", "note", layer, field=field.name, value=found.columns[field.name])
        for field in fields
        if field.name in found.columns and found.columns[field.name] != field.name
    ]
    unknown = [column for column in found.unknown if column.strip().casefold() not in PLACE_HEADERS]
    if unknown:
        notes.append(Finding("columns_left_out", "note", layer, fields={"columns": unknown}))
    return notes


def arranged(
    frame: pd.DataFrame,
    source: str,
    *,
    rename: Mapping[str, str] | None = None,
    where: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None,
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The frame as the uploader means it, and each row's number in the file, from 1.

    `where` keeps the rows whose columns (the file's own names) equal the given values, a list meaning any of
    them; then `rename` gives file columns the names of fields, and `constants` fills columns. SourceUnusable
    names a column the file does not have.
    """
    for column in (*(rename or {}), *(where or {})):
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))
            raise SourceUnusable(source, f"has no column {column!r}; its columns are {names}")
    rows = np.arange(1, len(frame) + 1)
    keep = np.ones(len(frame), bool)
    for column, wanted in (where or {}).items():
        texts = {as_text(value) for value in (wanted if isinstance(wanted, list | tuple | set) else [wanted])}
        keep &= frame[column].astype(object).map(as_text, na_action="ignore").isin(texts).to_numpy()
    frame = frame.loc[keep].reset_index(drop=True)
    renamed = set((rename or {}).values()) | set(constants or {})
    frame = frame.drop(columns=[c for c in frame.columns if c in renamed and c not in (rename or {})])
    frame = frame.rename(columns=dict(rename or {}))
    return frame.assign(**dict(constants or {})), rows[keep]

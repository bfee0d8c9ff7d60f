"""Matches a file's columns to a spec's fields by header, and applies what the uploader said about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.errors import SourceUnusable
from layers.fields import as_text
from layers.findings import Finding
from layers.spec import FieldSpec

PLACE_HEADERS = {
    *("lon", "lat", "lng", "longitude", "latitude", "经度", "纬度", "x", "y"),
    *("wkt", "geom", "the_geom", "wkt_geom", "geometry"),
}
"""Headers that a reader makes geometry of: what they hold is not lost when no field takes them."""


@dataclass(frozen=True)
class Match:
    """Which column serves each field; `unknown` are columns that serve none."""

    columns: dict[str, str]
    unknown: tuple[str, ...]


def match(fields: tuple[FieldSpec, ...], columns: list[str]) -> Match:
    """The column of each field: its own name first, then titles and aliases in the spec's order.

    Capitals and outer blanks do not count. A column serves one field only, the first in the spec's order;
    an exact name beats any alias of another field.
    """
    by_folded: dict[str, str] = {}
    for column in columns:
        by_folded.setdefault(_folded(column), column)
    taken: dict[str, str] = {
        field.name: by_folded[_folded(field.name)] for field in fields if _folded(field.name) in by_folded
    }
    used = set(taken.values())
    for field in fields:
        if field.name in taken:
            continue
        for header in field.headers():
            served = by_folded.get(_folded(header))
            if served is not None and served not in used:
                taken[field.name] = served
                used.add(served)
                break
    return Match(taken, tuple(column for column in columns if column not in used))


def _folded(header: str) -> str:
    return header.strip().casefold()


def match_findings(layer: str, fields: tuple[FieldSpec, ...], found: Match) -> list[Finding]:
    """A note for each renamed column, one for the columns left out."""
    notes = [
        Finding("column_renamed", "note", layer, field=field.name, value=found.columns[field.name])
        for field in fields
        if field.name in found.columns and found.columns[field.name] != field.name
    ]
    unknown = [column for column in found.unknown if _folded(column) not in PLACE_HEADERS]
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

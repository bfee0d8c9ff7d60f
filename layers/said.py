"""What the uploader says about the files: it goes before everything that was detected.

A value that travels as JSON, in the catalog and in every report, so that an examination can be repeated.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

MODES = ("replace", "upsert", "append")


@dataclass(frozen=True)
class Edit:
    """One cell corrected before validation: `row` from 1; `field` of the spec, or a column of the file."""

    row: int
    field: str
    value: str | None


@dataclass(frozen=True)
class Said:
    """None, or empty, means: find out.

    Attributes
    ----------
    layer, agency, mode
        Whose state of what, and how the file changes it.
    dataset, source_layer
        Which of several data sets of an upload, and which layer of it.
    crs
        A coordinate system (EPSG code, WKT) or `GCJ-02`, `BD-09`.
    swapped
        Whether north comes before east.
    rename, where, constants
        Columns that serve a field, rows taken by the value of a column, fields given one value.
    key_columns
        Columns that together make a key, where no column is one.
    edits, left_out
        Cells corrected, and rows (from 1) left out.
    drop_duplicates
        Leave out rows that equal an earlier one in everything.
    """

    layer: str | None = None
    agency: str | None = None
    mode: str = "replace"
    dataset: str | None = None
    source_layer: str | None = None
    crs: str | None = None
    swapped: bool | None = None
    encoding: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    key_columns: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    left_out: tuple[int, ...] = ()
    drop_duplicates: bool = False
    directed: bool | None = None

    def as_values(self) -> dict[str, Any]:
        """Plain values, those that say nothing left out."""
        empty = Said()
        return {name: value for name, value in asdict(self).items() if value != getattr(empty, name)}


def said_from(values: Mapping[str, Any]) -> Said:
    """The inverse of `as_values`; keys that are not known are a TypeError."""
    known = {each.name for each in fields(Said)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise TypeError(f"an uploader cannot say {unknown[0]!r}; there are {', '.join(sorted(known))}")
    given = dict(values)
    if "edits" in given:
        given["edits"] = tuple(Edit(**each) for each in given["edits"])
    for name in ("key_columns", "left_out"):
        if name in given:
            given[name] = tuple(given[name])
    return Said(**given)

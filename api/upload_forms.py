"""What somebody says on the page of an upload, turned into the values of `layers.said.Said`.

A form changes one thing and leaves the rest of what was said alone. Pure: form values in, plain values out;
whether they make sense is told by the examination that follows.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api.params import ParameterInvalid
from layers.said import MODES, Said, said_from

DATUMS = ("GCJ-02", "BD-09")
EAST_FIRST, NORTH_FIRST = "east_first", "north_first"
PLAIN = frozenset({"layer", "agency", "encoding", "crs", "dataset", "source_layer", "mode"})
ABOUT = {"datum": "crs", "unit": "crs", "removal": "mode"}  # saying otherwise means naming another system
LONGEST = 4000

Pairs = Iterable[tuple[str, str]]


def first_said(values: Pairs) -> dict[str, Any]:
    """What the upload form says; empty fields mean: find out."""
    given = _single(values)
    found = {name: given[name] for name in ("layer", "agency", "mode", "crs", "encoding") if given.get(name)}
    return _checked(found)


def said_after(said: Mapping[str, Any], values: Pairs) -> dict[str, Any]:
    """What is said after one of the page's forms, which names itself in the field `about`."""
    pairs = [(name, text.strip()[:LONGEST]) for name, text in values]
    given = _single(pairs)
    about = given.get("about", "")
    if about == "columns":
        return _checked(_columns(said, pairs))
    if about == "corrections":
        return _checked(_corrections(said, pairs))
    if about == "again":
        return _checked(dict(said))
    value = given.get("free") or given.get("value") or ""
    name = ABOUT.get(about, about)
    if name == "axes":
        return _checked({**said, "swapped": value == NORTH_FIRST})
    if name == "key":
        return _checked({**said, "key_columns": [each.strip() for each in value.split(",") if each.strip()]})
    if name in PLAIN:
        changed = {**said, name: value} if value else {k: v for k, v in said.items() if k != name}
        if name == "layer":
            changed.pop("rename", None)  # fields of another layer
        return _checked(changed)
    raise ParameterInvalid("about", about, ", ".join(sorted({*PLAIN, *ABOUT, "axes", "key", "columns"})))


def _columns(said: Mapping[str, Any], pairs: Pairs) -> dict[str, Any]:
    """Columns by their names, each with a field or nothing; `as:<column>` so that no name can collide."""
    chosen = {name[3:]: field for name, field in pairs if name.startswith("as:")}
    kept = {column: field for column, field in dict(said.get("rename", {})).items() if column not in chosen}
    taken = {column: field for column, field in chosen.items() if field}
    twice = sorted({field for field in taken.values() if list(taken.values()).count(field) > 1})
    if twice:
        raise ParameterInvalid("as", twice[0], "field_once")
    return {**said, "rename": {**kept, **taken}}


def _corrections(said: Mapping[str, Any], pairs: Pairs) -> dict[str, Any]:
    """Cells `cell:<row>:<field>` that differ from `was:<row>:<field>`, and rows to leave out.

    `restore=<row>:<field>` takes a cell's correction back, `take=<row>,...` rows that were left out.
    """
    was = {name[4:]: text for name, text in pairs if name.startswith("was:")}
    edits = {(int(each["row"]), str(each["field"])): each["value"] for each in said.get("edits", ())}
    left = {int(each) for each in said.get("left_out", ())}
    for name, text in pairs:
        if name.startswith("cell:") and text != was.get(name[5:], "").strip():
            row, _, field = name[5:].partition(":")
            edits[_row(row), field] = text or None
        elif name in ("leave", "leave_all"):
            left |= {_row(each) for each in text.split(",") if each}
        elif name == "restore":
            row, _, field = text.partition(":")
            edits.pop((_row(row), field), None)
        elif name == "take":
            left -= {_row(each) for each in text.split(",") if each}
    cells = [{"row": row, "field": field, "value": value} for (row, field), value in sorted(edits.items())]
    return {**said, "edits": cells, "left_out": sorted(left)}


def _row(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise ParameterInvalid("row", text, "row_number")
    return int(text)


def _single(values: Pairs) -> dict[str, str]:
    return {name: text.strip()[:LONGEST] for name, text in values if isinstance(text, str)}


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as `Said` would keep them, so that nothing else can be said."""
    if values.get("mode", "replace") not in MODES:
        raise ParameterInvalid("mode", str(values["mode"]), ", ".join(MODES))
    said: Said = said_from(values)
    return said.as_values()

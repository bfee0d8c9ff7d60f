"""The form of recipe.json: every key, and what may stand there. A file of any content ends in a sentence."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pyproj.exceptions import CRSError

from geo.crs import parse, require_metres
from geo.errors import GeoError
from inventory.canonical import canonical
from inventory.errors import RecipeError, RuleError
from inventory.rule_file import from_document

KIND = "circles"
Test = Callable[[Any], bool]


def read_document(path: Path) -> dict[str, Any]:
    """The document of a recipe.json that has the form; RecipeError says what is wrong with it, and where."""
    try:
        document = json.loads(path.read_bytes())
        canonical(document)
    except (OSError, ValueError, RecursionError) as error:
        raise RecipeError(path, f"cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise RecipeError(path, f"is not a recipe of kind {KIND!r}")
    _fields(path, document, _DOCUMENT, "")
    _fields(path, document["city"], _CITY, "city.")
    _fields(path, document["city"]["zones"], _ZONES, "city.zones.")
    _fields(path, document["engine"], dict.fromkeys(document["engine"], TEXT), "engine.")
    for number, pinned in enumerate(document["inputs"]):
        _expect(path, f"inputs[{number}]", pinned, TABLE)
        _fields(path, pinned, _INPUT, f"inputs[{number}].")
    _measurable(path, document["city"]["working_crs"])
    try:
        rules = from_document(document["rule_set"], str(path))
    except RuleError as error:
        raise RecipeError(
            path, f"holds a rule set that cannot be used: {error.key}: {error.problem}"
        ) from error
    if rules.hash != document["rule_set_hash"]:
        raise RecipeError(path, "holds a rule set that is not the one it names: its hash differs")
    return document


def _fields(path: Path, table: Mapping[str, Any], wanted: Mapping[str, tuple[str, Test]], above: str) -> None:
    for name, expected in wanted.items():
        if name not in table:
            raise RecipeError(path, f"has no {above + name!r}")
        _expect(path, above + name, table[name], expected)


def _expect(path: Path, key: str, value: Any, expected: tuple[str, Test]) -> None:
    words, holds = expected
    if not holds(value):
        shown = json.dumps(value, ensure_ascii=False)[:60]
        raise RecipeError(path, f"has {key} = {shown}, which should be {words}")


def _measurable(path: Path, text: str) -> None:
    try:
        require_metres(parse(text), "measuring")
    except (GeoError, CRSError) as error:
        raise RecipeError(path, f"has city.working_crs = {text[:60]!r}: {error}") from error


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


TEXT: tuple[str, Test] = ("a text", lambda value: isinstance(value, str))
NAME: tuple[str, Test] = ("a text that is not empty", lambda value: isinstance(value, str) and value != "")
TABLE: tuple[str, Test] = ("a table of names and values", lambda value: isinstance(value, dict))
ROWS: tuple[str, Test] = ("a list", lambda value: isinstance(value, list))
DAY: tuple[str, Test] = ("null or a date such as 2020-09-30", lambda value: value is None or _is_date(value))
COUNT: tuple[str, Test] = (
    "a whole number from 0",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63,
)
FLAG: tuple[str, Test] = ("true or false", lambda value: isinstance(value, bool))

_DOCUMENT = {
    "kind": NAME,
    "by": NAME,
    "at": DAY,
    "date": DAY,
    "sequence": COUNT,
    "city": TABLE,
    "inputs": ROWS,
    "rule_set": TABLE,
    "rule_set_hash": TEXT,
    "engine": TABLE,
}
_CITY = {
    "id": TEXT,
    "name_zh": TEXT,
    "name_en": TEXT,
    "synthetic": FLAG,
    "working_crs": TEXT,
    "zones": TABLE,
}
_ZONES = {"layer": NAME, "key": NAME, "name": NAME}
_INPUT = dict.fromkeys(("layer", "agency", "version", "logical_hash", "spec_hash"), TEXT)

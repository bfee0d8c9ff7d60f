"""The form of recipe.json: every key, and what may stand there. A file of any content ends in a sentence."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pyproj.exceptions import CRSError

from geo.crs import parse, require_metres
from geo.errors import GeoError
from inventory import coverage_rule_file, rule_file
from inventory.area import area_of
from inventory.canonical import canonical
from inventory.errors import AreaInvalid, RecipeError, RuleError
from inventory.rule_documents import CIRCLES, COVERAGE, KINDS

Test = Callable[[Any], bool]


def read_document(path: Path) -> dict[str, Any]:
    """The document of a recipe.json that has the form; RecipeError says what is wrong with it, and where."""
    try:
        document = json.loads(path.read_bytes())
        canonical(document)
    except (OSError, ValueError, RecursionError) as error:
        raise RecipeError(path, f"cannot be read: {error}") from error
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in KINDS:
        raise RecipeError(path, f"is not a recipe of kind {' or '.join(map(repr, KINDS))}")
    _fields(path, document, _COMMON | _OF_KIND[kind], "")
    city = document["city"]
    _fields(path, city, _CITY | (_CITY_OF_CIRCLES if kind == CIRCLES else _CITY_OF_COVERAGE), "city.")
    for name, kind_of in (("agencies", ROWS), ("expected", TABLE)):
        if name in city:
            _expect(path, f"city.{name}", city[name], kind_of)
    if city["zones"] is not None:
        _fields(path, city["zones"], _ZONES, "city.zones.")
    _fields(path, document["engine"], dict.fromkeys(document["engine"], TEXT), "engine.")
    for number, pinned in enumerate(document["inputs"]):
        _expect(path, f"inputs[{number}]", pinned, TABLE)
        _fields(path, pinned, _INPUT, f"inputs[{number}].")
    _measurable(path, city["working_crs"])
    if kind == COVERAGE:
        _question(path, document)
    _rule(path, document, kind)
    return document


def _question(path: Path, document: Mapping[str, Any]) -> None:
    """Either zones or a drawn area, and of agencies what they answer for."""
    by, area, zones = document["by"], document["area"], document["city"]["zones"]
    if (by is None) == (area is None) or (by is None) != (zones is None):
        raise RecipeError(path, "should have either 'by' with 'city.zones', or 'area'")
    if area is not None:
        try:
            area_of(area)
        except AreaInvalid as error:
            raise RecipeError(path, f"has an area that cannot be used: {error}") from error
    for layer, codes in document["city"].get("expected", {}).items():
        _expect(path, f"city.expected.{layer}", codes, TEXTS)
    for number, agency in enumerate(document["city"].get("agencies", [])):
        _expect(path, f"city.agencies[{number}]", agency, TABLE)
        _fields(path, agency, _AGENCY, f"city.agencies[{number}].")


def _rule(path: Path, document: Mapping[str, Any], kind: str) -> None:
    name = "rule_set" if kind == CIRCLES else "rule"
    words = name.replace("_", " ")
    from_document = rule_file.from_document if kind == CIRCLES else coverage_rule_file.from_document
    try:
        rules = from_document(document[name], str(path))
    except RuleError as error:
        raise RecipeError(
            path, f"holds a {words} that cannot be used: {error.key}: {error.problem}"
        ) from error
    if rules.hash != document[f"{name}_hash"]:
        raise RecipeError(path, f"holds a {words} that is not the one it names: its hash differs")


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
TEXTS: tuple[str, Test] = (
    "a list of texts",
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
)
DAY: tuple[str, Test] = ("null or a date such as 2020-09-30", lambda value: value is None or _is_date(value))
COUNT: tuple[str, Test] = (
    "a whole number from 0",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63,
)
FLAG: tuple[str, Test] = ("true or false", lambda value: isinstance(value, bool))

SPEED: tuple[str, Test] = (
    "null or a number above 0",
    lambda value: (
        value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e3)
    ),
)


def _or_null(expected: tuple[str, Test]) -> tuple[str, Test]:
    words, holds = expected
    return f"null or {words}", lambda value: value is None or holds(value)


_COMMON = {
    "kind": NAME,
    "at": DAY,
    "date": DAY,
    "sequence": COUNT,
    "city": TABLE,
    "inputs": ROWS,
    "engine": TABLE,
}
_OF_KIND = {
    CIRCLES: {"by": NAME, "rule_set": TABLE, "rule_set_hash": TEXT},
    COVERAGE: {
        "by": _or_null(NAME),
        "area": _or_null(ROWS),
        "speed_km_h": SPEED,
        "rule": TABLE,
        "rule_hash": TEXT,
    },
}
_CITY = {
    "id": TEXT,
    "name_zh": TEXT,
    "name_en": TEXT,
    "synthetic": FLAG,
    "working_crs": TEXT,
}
_CITY_OF_CIRCLES = {"zones": TABLE}
_CITY_OF_COVERAGE = {"zones": _or_null(TABLE)}
_ZONES = {"layer": NAME, "key": NAME, "name": NAME}
_AGENCY = {"code": NAME, "name_zh": TEXT, "name_en": TEXT, "members": TEXTS}
_INPUT = dict.fromkeys(("layer", "agency", "version", "logical_hash", "spec_hash"), TEXT)

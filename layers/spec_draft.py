"""A spec proposed for a file whose layer has none, for somebody to look over and keep.

What is proposed is what the values bear out, so that the file itself fits the draft. In a file of ten rows
or more a few may fail it: where nine of ten values are numbers the column is one, and a column called like a
key is the key although some of its values repeat. The rest is then found, instead of made the rule.
"""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers import usual_names
from layers.columns import PLACE_HEADERS
from layers.fields import cast
from layers.headers import header as header_of
from layers.spec import FieldSpec
from layers.spec_files import RESERVED
from layers.units import UNITS, unit_of

LONGEST_NAME = 40
FEW_VALUES, ROWS_A_VALUE, LONGEST_VALUE = 12, 5, 40
"""At most so many values, each in so many rows on average, and short: a list of kinds, not of names."""
MOST, FEWEST_ROWS = 0.9, 10
"""Such a share of so many rows or more says what a column is, and that the rest are slips."""
KEY_HEADERS = ("id", "编号", "标识码", "标识", "代码", "code", "objectid", "gid", "osm_id", "唯一编号")
_DATE_HEADER = re.compile("date|time|日期|时间", re.IGNORECASE)
_CODE = re.compile(r"\s*[+-]?0\d")  # 0531 is a code, not a number
_BOOLEAN = frozenset({"true", "false", "yes", "no", "是", "否", "有", "无", "真", "假"})
_KINDS = {"Point": "point", "LineString": "line", "MultiLineString": "line", "Polygon": "polygon",
          "MultiPolygon": "polygon"}  # fmt: skip

Draft = dict[str, Any]


def draft(frame: pd.DataFrame, file_name: str, taken: Collection[str] = ()) -> Draft:
    """A spec for the frame, as its TOML would have it; `taken` are names of layers there are.

    Names are ASCII from the file and its headers, else what `usual_names` has for them, else `layer_<n>` and
    `field_<n>`; titles keep the file's own words. The key is a column whose values are all there and all
    different, one called like a key first, also where a few of its values are not; without one, a field
    whose keys are made.
    """
    shaped = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name)) if shaped else frame
    stem = PurePath(file_name).stem
    fields, keys = _fields(attributes, shaped)
    names = [field["name"] for field in fields]
    if keys:
        key = next((name for hint in KEY_HEADERS for name, header in keys if header == hint), keys[0][0])
        fields[names.index(key)]["required"] = True
        fields[names.index(key)].pop("domain", None)
    else:
        headers = {_folded(column) for column in attributes.columns}
        key = _free("id", {*names, *headers})
        fields.insert(0, {"name": key, "title_zh": "编号", "title_en": "Identifier"})
        if {"编号", "identifier"} & headers:
            fields[0] |= {"title_zh": key, "title_en": key}
    return {
        **_names(stem, taken),
        "kind": "features" if shaped else "table",
        **({"geometry": _kind(frame)} if shaped else {}),
        "key": key,
        "fields": fields,
    }


def raster_draft(file_name: str, bands: int, taken: Collection[str] = ()) -> Draft:
    """A spec for a raster of so many bands; its unit and limits are for somebody to add."""
    stem = PurePath(file_name).stem
    return {
        **_names(stem, taken),
        "kind": "raster",
        "raster": {"bands": bands},
        "fields": [],
    }


def _names(stem: str, taken: Collection[str]) -> Draft:
    """The name and titles of a layer, of its file's name."""
    usual = usual_names.of_layer(stem)
    name = _ascii(stem) or (usual.name if usual else "")
    english = usual.title_en if usual and not _ascii(stem) else stem.strip()
    return {
        "name": _free(name, taken, "layer"),
        "title_zh": stem.strip() or "图层",
        "title_en": english or "Layer",
    }


def as_toml(values: Draft) -> str:
    """The draft as the text of a spec file."""
    lines = [
        f"{name} = {_literal(value)}" for name, value in values.items() if name not in ("fields", "raster")
    ]
    if "raster" in values:
        lines += [
            "",
            "[raster]",
            *(f"{name} = {_literal(value)}" for name, value in values["raster"].items()),
        ]
    for field in values["fields"]:
        lines += ["", "[[fields]]"]
        lines += [f"{name} = {_literal(value)}" for name, value in field.items() if name != "domain"]
        if field.get("domain"):
            lines += ["[fields.domain]", *_domain_lines(field["domain"])]
    return "\n".join(lines) + "\n"


def _domain_lines(domain: dict[str, dict[str, str]]) -> Iterator[str]:
    for value, titles in domain.items():
        inner = ", ".join(f"{name} = {_literal(title)}" for name, title in titles.items())
        yield f"{_literal(value)} = {{ {inner} }}"


def _literal(value: Any) -> str:
    """A text, truth or number as TOML; JSON's escapes are TOML's, but for the delete character."""
    if isinstance(value, str):
        whole = value.encode("utf-8", "replace").decode()
        return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _fields(frame: pd.DataFrame, shaped: bool) -> tuple[list[Draft], list[tuple[str, str]]]:
    """A field for each column, and those that could be keys: their names and folded headers."""
    headers: dict[str, Any] = {}
    for column in frame.columns:
        headers.setdefault(_folded(column), column)
    used = {*RESERVED, *headers}
    fields: list[Draft] = []
    keys: list[tuple[str, str]] = []
    for number, (header, column) in enumerate(headers.items(), start=1):
        if shaped and header in PLACE_HEADERS:
            continue
        values = frame[column].reset_index(drop=True)
        kind = _type(values, header)
        measure = _measure(str(column), kind)
        name, title = _called(str(column), header, measure.get("unit"), used, number)
        found = cast(values, FieldSpec(name, kind))
        if found.unfit.any() and kind == "text":
            continue  # texts that no file can keep: the column is left out and told
        used.add(name)
        field: Draft = {"name": name, "title_zh": str(column), "title_en": title}
        if kind != "text":
            field["type"] = kind
        domain = _domain(found.values) if kind == "text" else {}
        fields.append(field | measure | ({"domain": domain} if domain else {}))
        if kind in ("text", "integer") and "unit" not in measure and _tells_apart(found.values, header):
            keys.append((name, header))
    return fields, keys


def _tells_apart(values: pd.Series, header: str) -> bool:
    """Whether each row has a value of its own; of a column called like a key, nearly each."""
    if not len(values):
        return False
    if values.notna().all() and values.is_unique:
        return True
    return header in KEY_HEADERS and len(values) >= FEWEST_ROWS and values.nunique() >= MOST * len(values)


def _called(
    column: str, header: str, unit: str | None, used: Collection[str], number: int
) -> tuple[str, str]:
    """The name of a field and its English title."""
    plain = _ascii(header)
    if plain and plain == header and header not in RESERVED:
        return header, column
    usual = usual_names.of_field(column)
    if usual is None or header.isascii():
        return _free(plain, used, f"field_{number}"), column
    name = f"{usual.name}_{unit}" if unit in ("m", "m2") else usual.name
    return _free(name, used), usual.title_en


def _measure(column: str, kind: str) -> Draft:
    """The unit that a header of numbers names: the field is of the unit that its kind of measure has here,
    and a number, since what is converted is seldom whole."""
    words = header_of(column).unit
    for base in UNITS if words and kind in ("integer", "number") else ():
        unit = unit_of(base, str(words))
        if unit is not None:
            return {"unit": base} | ({} if unit.factor == 1.0 else {"type": "number"})
    return {}


def _type(values: pd.Series, header: str) -> str:
    """The narrowest type that all values have, and that loses nothing of them."""
    present = values.dropna()
    if not len(present):
        return "text"
    if present.dtype.kind == "b":
        return "boolean"
    if present.dtype.kind == "M":
        whole = (present.dt.tz_localize(None) == present.dt.tz_localize(None).dt.normalize()).all()
        return "date" if whole else "text"
    given = cast(values, FieldSpec("f", "text"))
    texts = given.values.dropna()
    if given.unfit.any() or not len(texts):
        return "text"
    if texts.str.casefold().isin(_BOOLEAN).all():
        return "boolean"
    if texts.str.match(_CODE.pattern).any():
        return "text"
    if _DATE_HEADER.search(header) and _fits(values, "date"):
        return "date"
    for kind in ("integer", "number") if values.dtype.kind not in "u" else ("integer",):
        if _fits(values, kind):
            return kind
    return "date" if _fits(values, "date") else _mostly(values)


def _mostly(values: pd.Series) -> str:
    """`integer` or `number` where nearly all of many texts are, else `text`."""
    present = values.dropna().reset_index(drop=True)
    for kind in ("integer", "number"):
        unfit = cast(present, FieldSpec("f", kind)).unfit
        rest = present[~unfit].reset_index(drop=True)
        if len(present) >= FEWEST_ROWS and len(rest) >= MOST * len(present):
            return kind if _fits(rest, kind) else "text"
    return "text"


def _fits(values: pd.Series, kind: str) -> bool:
    """Whether all values are of that type, none lost: whole numbers too long for a float stay text."""
    found = cast(values, FieldSpec("f", kind))
    if found.unfit.any():
        return False
    if kind == "number" and values.dtype.kind not in "f":
        digits = cast(values, FieldSpec("f", "text")).values.dropna().str.count(r"\d")
        return bool((digits <= 15).all())
    if kind == "date" and values.dtype == object:
        return not values.map(lambda value: hasattr(value, "hour") and value != value.normalize()).any()
    return True


def _domain(values: pd.Series) -> dict[str, dict[str, str]]:
    counts = values.value_counts(sort=False)
    words = sorted(counts.index.tolist())
    short = all(len(word) <= LONGEST_VALUE and word == word.strip() for word in words)
    distinct = len({word.casefold() for word in words}) == len(words)
    if not words or len(words) > FEW_VALUES or int(counts.sum()) < ROWS_A_VALUE * len(words):
        return {}
    return {word: {"zh": word, "en": word} for word in words} if short and distinct else {}


def _kind(frame: gpd.GeoDataFrame) -> str:
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~shapely.is_missing(shapes)]
    single = (shapely.get_type_id(shapes) == 4) & (shapely.get_num_geometries(shapes) == 1)
    names = {shape.geom_type for shape in shapes[~single]} | ({"Point"} if np.any(single) else set())
    kinds = {_KINDS.get(name, "any") for name in names}
    return kinds.pop() if len(kinds) == 1 else "any"


def _folded(column: Any) -> str:
    return str(column).strip().casefold()


def _ascii(text: str) -> str:
    """Small ASCII letters, digits and underscores of a text, beginning with a letter; "" if it has none."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
    return re.sub(r"^[^a-z]+", "", plain)[:LONGEST_NAME].strip("_")


def _free(name: str, used: Collection[str], otherwise: str = "") -> str:
    """The name, or the first free one with a number behind it; `otherwise` where there is no name."""
    if name and name not in used:
        return name
    base, number = name or otherwise, 2 if name else 1
    if not name and otherwise.startswith("field_") and otherwise not in used:
        return otherwise
    while f"{base}_{number}" in used:
        number += 1
    return f"{base}_{number}"

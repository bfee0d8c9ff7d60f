"""Facilities for map and pages: which layers and categories there are, and those in view as GeoJSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from api.access import ANONYMOUS, Actor, decide
from api.params import ParameterInvalid, When
from api.words import Words, unit_text
from layers.catalog import Store
from layers.errors import LayerHasNoData, LayerKindError
from layers.spec import FieldSpec, LayerSpec
from maps.shapes import feature_collection

HIDDEN = frozenset({"geometry", "name", "category", "agency"})
DECIMALS = 6  # of a degree: a tenth of a metre
NAMED_CATEGORIES = 3
CELLS_ACROSS = 12  # of a view, when there is too much for single marks


@dataclass(frozen=True)
class Category:
    """One value of a facility layer's `category` field."""

    id: str
    titles: tuple[str, str]


@dataclass(frozen=True)
class Group:
    """One facility layer that has data."""

    spec: LayerSpec
    rows: int
    categories: tuple[Category, ...]


def shown_fields(spec: LayerSpec, actor: Actor = ANONYMOUS) -> list[FieldSpec]:
    """The fields the actor may see."""
    return [each for each in spec.fields if decide(actor, "read_field", spec, each)]


def category_field(spec: LayerSpec) -> FieldSpec | None:
    """The field that says which kind of facility a feature is; None for other layers."""
    found = spec.by_name.get("category")
    return found if found is not None and found.domain and spec.geometry == "point" else None


def groups(store: Store, actor: Actor = ANONYMOUS) -> list[Group]:
    """The facility layers that have a published version, in the order of their specs."""
    found = []
    for summary in store.layers():
        field = category_field(summary.spec)
        if field is not None and summary.heads and decide(actor, "read_layer", summary.spec):
            categories = tuple(Category(each, titles_of(field, each)) for each in field.domain)
            found.append(Group(summary.spec, summary.rows, categories))
    return found


def in_view(
    store: Store,
    spec: LayerSpec,
    *,
    bbox: tuple[float, float, float, float] | None,
    categories: Sequence[str],
    limit: int,
    when: When,
    words: Words,
    actor: Actor = ANONYMOUS,
) -> dict[str, Any]:
    """Features of a layer in a box as GeoJSON, or their counts on a grid where they are too many.

    Every feature carries `facts`: label and value in the reader's language, fields the actor may see only.
    """
    field = category_field(spec)
    unknown = [each for each in categories if field is None or each not in field.domain]
    if unknown:
        raise ParameterInvalid("category", unknown[0], ", ".join(field.domain) if field else "no_category")
    if spec.kind != "features":
        raise LayerKindError(spec.name, spec.kind, "features")
    moment = store.sequence() if when.as_of is None else when.as_of  # both readings see one state

    def read(columns: list[str] | None) -> gpd.GeoDataFrame:
        frame = store.read(spec.name, at=when.at, as_of=moment, bbox=bbox, columns=columns)
        if categories:
            frame = frame[frame["category"].isin(list(categories))]
        return frame[~(frame.geometry.isna() | frame.geometry.is_empty)]

    try:
        light = read(["category"] if categories else [])
    except LayerHasNoData:
        return _collection([], 0, words.say("layer_no_data"))
    title, count = view_title(spec, categories, words), len(light)
    if count > limit and bbox is not None and spec.geometry == "point":
        return _collection(cells(light, bbox), count, words.say("view_grouped", n=count, title=title))
    shown = features(read(None).iloc[:limit], spec, store, words, actor)
    message = words.say("view_cut", n=limit, all=count, title=title) if count > limit else None
    return _collection(shown, count, message)


def _collection(shown: list[dict[str, Any]], count: int, message: str | None) -> dict[str, Any]:
    found = {"type": "FeatureCollection", "features": shown, "count": count}
    return found if message is None else {**found, "message": message}


def view_title(spec: LayerSpec, categories: Sequence[str], words: Words) -> str:
    """What is in view: the chosen categories by name while they are few, else the layer."""
    field = category_field(spec)
    if field is None or not 0 < len(categories) <= NAMED_CATEGORIES:
        return words.title(spec)
    return words.say("list_join").join(
        titles_of(field, each)[0 if words.lang == "zh" else 1] for each in categories
    )


def features(
    frame: gpd.GeoDataFrame, spec: LayerSpec, store: Store, words: Words, actor: Actor = ANONYMOUS
) -> list[dict[str, Any]]:
    """Rows as GeoJSON features with the facts a reader may see."""
    fields = [each for each in shown_fields(spec, actor) if each.name in frame.columns]
    names = [each.name for each in fields]
    city = store.workspace.city
    agencies = {each.code: words.title(each, "name") for each in city.agencies}
    records = (
        frame[[*names, "agency"]].to_dict("records") if "agency" in frame else frame[names].to_dict("records")
    )
    made = []
    for record in records:
        owner = record.pop("agency", None) if "agency" not in names else record.get("agency")
        facts = [
            [words.title(each) or each.name, shown]
            for each in fields
            if each.name not in HIDDEN and (shown := value_text(record[each.name], each, words))
        ]
        if "category" in record:
            facts.insert(
                0, [words.say("fact_category"), value_text(record["category"], spec.field("category"), words)]
            )
        if owner:
            facts.append([words.say("fact_agency"), agencies.get(str(owner), str(owner))])
        properties = {"name": _plain(record.get("name")) or "", "facts": facts}
        properties |= {name: _plain(record[name]) for name in names if name != "name"}
        made.append(properties)
    found: list[dict[str, Any]] = feature_collection(frame.geometry, made, decimals=DECIMALS)["features"]
    return found


def cells(frame: gpd.GeoDataFrame, bbox: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Counts of points on a grid over the view, each at the middle of its points."""
    west, south, east, north = bbox
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    size = (east - west) / CELLS_ACROSS
    lines = size * np.cos(np.radians((south + north) / 2))
    key = np.floor((y - south) / lines).astype(np.int64) * 10_000 + np.floor((x - west) / size).astype(
        np.int64
    )
    _, cell, count = np.unique(key, return_inverse=True, return_counts=True)
    lon = np.bincount(cell, weights=x) / count
    lat = np.bincount(cell, weights=y) / count
    return [
        {
            "type": "Feature",
            "properties": {"count": int(n)},
            "geometry": {"type": "Point", "coordinates": [round(float(a), 5), round(float(b), 5)]},
        }
        for n, a, b in zip(count, lon, lat, strict=True)
    ]


def value_text(value: object, field: FieldSpec, words: Words) -> str:
    """One attribute as a reader sees it; empty where there is none."""
    if value is None or value is pd.NA or value != value:  # NaN and NaT are not equal to themselves
        return ""
    if field.domain_titles and str(value) in field.domain_titles:
        return titles_of(field, str(value))[0 if words.lang == "zh" else 1]
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    if field.type in ("integer", "number") and isinstance(value, (int, float, np.number)):
        number = float(value)
        return words.number(number, 0 if number.is_integer() else 2) + (
            f" {unit_text(field.unit)}" if field.unit else ""
        )
    if field.type == "date":
        return words.date(str(value)[:10])
    return str(value)


def titles_of(field: FieldSpec, value: str) -> tuple[str, str]:
    """The Chinese and the English name of a value."""
    found = field.domain_titles.get(value, (value, value))
    return found[0] or value, found[1] or value


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool)) else str(value)

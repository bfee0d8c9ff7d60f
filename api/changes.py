"""What would change, or what did, between two states of a layer: as counts, as a table and on a map.

Owns the one form in which a preview of an upload and a comparison of two versions are shown. Every function
takes finished values; the work grows with what is shown, a page of rows or the features of a view.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from api import facilities
from api.words import Words
from layers.diff import Delta
from layers.spec import FieldSpec, LayerSpec
from maps.shapes import feature_collection

KINDS = ("added", "changed", "removed")
PAGE_ROWS = 50
VIEW_MOST = 2000
DECIMALS = 6  # of a degree: a tenth of a metre, so that a point moved by one metre is seen to move
Box = tuple[float, float, float, float]
_EARTH = Geod(ellps="WGS84")
_NUMBERS = re.compile(r"([0-9]{1,18})")


@dataclass(frozen=True)
class FieldChange:
    """One field of one feature: its title, and what it said before and says after.

    `plain`: what happened is one sentence in `after`, such as how far it moved.
    """

    title: str
    before: str
    after: str
    plain: bool = False


@dataclass(frozen=True)
class ChangeRow:
    """One feature of the table. `place` is a point in it, None where it has no geometry."""

    kind: str
    key: str
    name: str
    fields: tuple[FieldChange, ...]
    place: tuple[float, float] | None


@dataclass(frozen=True)
class Changes:
    """A delta as pages show it: public fields only, added first, then changed, then removed."""

    spec: LayerSpec
    added: pd.DataFrame
    removed: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    altered: pd.DataFrame
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """How many features of each kind, and how many stayed as they were."""
        sizes = zip(KINDS, (len(self.added), len(self.after), len(self.removed)), strict=True)
        return {**dict(sizes), "unchanged": self.unchanged}

    @property
    def total(self) -> int:
        """Features that are added, changed or removed."""
        return len(self.added) + len(self.after) + len(self.removed)

    @cached_property
    def fields(self) -> list[tuple[str, int]]:
        """Changed fields and in how many features, the most frequent first."""
        found = [(str(name), int(n)) for name, n in self.altered.sum().items() if n]
        return sorted(found, key=lambda each: (-each[1], each[0]))

    @cached_property
    def touched(self) -> set[Any]:
        """The keys of the features that differ."""
        key = self.spec.key
        return {value for each in (self.added, self.removed, self.after) for value in each[key]}

    @cached_property
    def public(self) -> list[FieldSpec]:
        """The fields a reader may see."""
        return facilities.shown_fields(self.spec)

    @cached_property
    def bounds(self) -> Box | None:
        """West, south, east, north of all that is shown; None where nothing has a place."""
        parts = [_bounds(each) for each in (self.added, self.removed, self.before, self.after)]
        real = np.array([each for each in parts if each is not None])
        if not len(real):
            return None
        low, high = real[:, :2].min(axis=0), real[:, 2:].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def changes_of(delta: Delta, spec: LayerSpec) -> Changes:
    """A delta with its spec, keys in natural order; which fields differ as a table of booleans."""
    altered = natural_order(delta.after[spec.key])
    return Changes(
        spec=spec,
        added=delta.added.iloc[natural_order(delta.added[spec.key])],
        removed=delta.removed.iloc[natural_order(delta.removed[spec.key])],
        before=delta.before.iloc[altered],
        after=delta.after.iloc[altered],
        altered=delta.changes.iloc[altered],
        unchanged=delta.unchanged,
    )


def natural_order(keys: pd.Series) -> list[int]:
    """Positions of keys as one counts: 2 before 10, P2 before P10."""
    parts = [_NUMBERS.split(str(each)) for each in keys.tolist()]
    shown = [[int(part) if at % 2 else part for at, part in enumerate(each)] for each in parts]
    return sorted(range(len(shown)), key=shown.__getitem__)


def rows(
    changes: Changes, words: Words, *, kind: str | None, start: int, limit: int = PAGE_ROWS
) -> list[ChangeRow]:
    """A page of the table, counted from `start` through the chosen kind or all of them."""
    made: list[ChangeRow] = []
    skipped = start
    for each in KINDS if kind is None else (kind,):
        count = changes.counts[each]
        first = min(skipped, count)
        skipped -= first
        made += [_row(changes, each, i, words) for i in range(first, min(count, first + limit - len(made)))]
        if len(made) >= limit:
            break
    return made


def in_view(
    changes: Changes, words: Words, *, kind: str | None, bbox: Box | None, limit: int = VIEW_MOST
) -> dict[str, Any]:
    """The features of a view as GeoJSON: `kind`, `key`, `name` and `facts`; at most `limit`, the count said.

    A changed feature stands where it is now; where it moved, `from` is the point it was at.
    """
    chosen = KINDS if kind is None else (kind,)
    found: list[dict[str, Any]] = []
    count = 0
    for each in chosen:
        frame = _of(changes, each)
        places = _in_box(frame, bbox)
        count += len(places)
        kept = places[: max(0, limit - len(found))]
        made = [_properties(changes, each, int(i), words) for i in kept]
        if len(kept):
            found += feature_collection(frame.geometry.iloc[kept], made, decimals=DECIMALS)["features"]
    return _answer(found, count, words)


def side_in_view(
    changes: Changes,
    state: pd.DataFrame,
    words: Words,
    *,
    side: str,
    bbox: Box | None,
    limit: int = VIEW_MOST,
) -> dict[str, Any]:
    """One of the two states in a view: the features both have (`kind` "same") with the others on top.

    `state` is what the layer shows in that view before or after, whichever is at hand: what neither side
    touches is the same in both.
    """
    key = changes.spec.key
    frames = {"changed": changes.before if side == "before" else changes.after}
    frames |= {"removed": changes.removed} if side == "before" else {"added": changes.added}
    if key in state.columns:
        frames = {"same": state[~state[key].isin(changes.touched)], **frames}
    features: list[dict[str, Any]] = []
    count = 0
    for kind in reversed(frames):  # what differs is shown first when not all can be
        frame = frames[kind]
        inside = _in_box(frame, bbox)
        count += len(inside)
        kept = inside[: max(0, limit - len(features))]
        if len(kept):
            made = [{"kind": kind, "key": str(frame[key].iloc[i]), "name": _name(frame, i)} for i in kept]
            features += feature_collection(frame.geometry.iloc[kept], made, decimals=DECIMALS)["features"]
    return _answer(features, count, words)


def _answer(features: list[dict[str, Any]], count: int, words: Words) -> dict[str, Any]:
    answer: dict[str, Any] = {"type": "FeatureCollection", "features": features, "count": count}
    if count > len(features):
        answer["message"] = words.say("changes_cut", n=len(features), all=count)
    return answer


def _of(changes: Changes, kind: str) -> pd.DataFrame:
    return {"added": changes.added, "changed": changes.after, "removed": changes.removed}[kind]


def _row(changes: Changes, kind: str, i: int, words: Words) -> ChangeRow:
    frame = _of(changes, kind)
    return ChangeRow(
        kind=kind,
        key=str(frame[changes.spec.key].iloc[i]),
        name=_name(frame, i),
        fields=tuple(_field_changes(changes, kind, i, words)),
        place=_place(frame, i),
    )


def _field_changes(changes: Changes, kind: str, i: int, words: Words) -> list[FieldChange]:
    if kind != "changed":
        frame = _of(changes, kind)
        said = [
            (words.title(each) or each.name, facilities.value_text(frame[each.name].iloc[i], each, words))
            for each in changes.public
            if each.name in frame.columns and each.name not in (changes.spec.key, "name", "geometry")
        ]
        texts = [(title, text) for title, text in said if text]
        return [FieldChange(t, "", v) if kind == "added" else FieldChange(t, v, "") for t, v in texts]
    found = [
        FieldChange(
            words.title(each) or each.name,
            facilities.value_text(changes.before[each.name].iloc[i], each, words),
            facilities.value_text(changes.after[each.name].iloc[i], each, words),
        )
        for each in changes.public
        if each.name in changes.altered and bool(changes.altered[each.name].iloc[i])
    ]
    if "geometry" in changes.altered and bool(changes.altered["geometry"].iloc[i]):
        found.append(FieldChange(words.say("changes_geometry"), "", moved_text(changes, i, words), True))
    return found


def moved_text(changes: Changes, i: int, words: Words) -> str:
    """How far a point moved, or that a shape changed."""
    old, new = changes.before.geometry.iloc[i], changes.after.geometry.iloc[i]
    if all(each is not None and each.geom_type == "Point" and not each.is_empty for each in (old, new)):
        _, _, distance = _EARTH.inv(old.x, old.y, new.x, new.y)
        return words.say(
            "changes_moved", distance=words.metres(distance) if distance >= 10 else _fine(distance, words)
        )
    return words.say("changes_reshaped")


def _fine(distance_m: float, words: Words) -> str:
    return words.metres(1.0).replace("1", words.number(distance_m, 1 if distance_m >= 0.1 else 3))


def _properties(changes: Changes, kind: str, i: int, words: Words) -> dict[str, Any]:
    frame = _of(changes, kind)
    made: dict[str, Any] = {
        "kind": kind,
        "key": str(frame[changes.spec.key].iloc[i]),
        "name": _name(frame, i),
    }
    made["facts"] = [
        [each.title, each.before, each.after] for each in _field_changes(changes, kind, i, words)
    ]
    if kind == "changed" and "geometry" in changes.altered and bool(changes.altered["geometry"].iloc[i]):
        made["from"] = _place(changes.before, i)
    return made


def _name(frame: pd.DataFrame, i: int) -> str:
    value = frame["name"].iloc[i] if "name" in frame.columns else None
    return "" if pd.isna(value) else str(value)


def _place(frame: pd.DataFrame, i: int) -> tuple[float, float] | None:
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    shape = frame.geometry.iloc[i]
    if shape is None or shape.is_empty:
        return None
    point = shape if shape.geom_type == "Point" else shape.representative_point()
    return round(point.x, DECIMALS), round(point.y, DECIMALS)


def _bounds(frame: pd.DataFrame) -> Sequence[float] | None:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return None
    found = frame.total_bounds
    return None if np.isnan(found).any() else [float(each) for each in found]


def _in_box(frame: pd.DataFrame, bbox: Box | None) -> np.ndarray:
    """Row numbers of the features that meet the box, in order; those without a place are left out."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        return np.array([], dtype=int)
    shapes = frame.geometry.to_numpy()
    real = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if bbox is not None:
        real &= shapely.intersects(shapes, shapely.box(*bbox))
    return np.flatnonzero(real)

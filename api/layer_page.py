"""A layer as it was at the times a reader asks about: whose data, how many features, and a small map."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np

from api.changes import DECIMALS, VIEW_MOST, Box
from api.changes_page import STILL_MOST, MapPlace, backdrop, script_words
from api.deps import Site
from api.pages import link
from api.params import When
from api.words import Words
from layers.catalog import LayerSummary, Store
from layers.ledger import Version
from layers.spec import LayerSpec
from maps import change_style, preview
from maps.changes_figure import changes_figure
from maps.shapes import feature_collection

DRAWN_MOST = 20_000  # features a still picture is made of; a larger layer has only its moving map
SAME = "same"


@dataclass(frozen=True)
class State:
    """What a layer showed: its heads by agency, the features there were, and when it had last moved."""

    heads: Mapping[str, Version]
    rows: int
    changed_at: datetime | None


def state_of(store: Store, layer: LayerSummary, when: When) -> State:
    """The layer at these times; no heads where nothing had been published."""
    heads = store.heads(layer.name, as_of=when.as_of) if layer.heads else {}
    rows = sum(each.rows for each in heads.values())
    if heads and when.at is not None and layer.spec.kind in ("features", "table"):
        rows = len(store.read(layer.name, at=when.at, as_of=when.as_of, columns=[layer.spec.key]))
    if when.as_of is None:
        return State(heads, rows, layer.changed_at)
    last = store.sequence(when.as_of)
    moved = [each.moved_at for each in store.history(layer.name) if each.sequence <= last]
    return State(heads, rows, max(moved, default=None))


def map_of(
    site: Site, store: Store, words: Words, layer: LayerSummary, state: State, when: When
) -> MapPlace | None:
    """The small map of a layer of features at these times; None where it has no places."""
    spec = layer.spec
    if not state.heads or spec.kind != "features" or not spec.geometry:
        return None
    small = state.rows <= DRAWN_MOST
    drawn = read(store, spec, when, None) if small else None
    bounds = bounds_of(drawn) if drawn is not None else store.workspace.city.bbox
    if bounds is None:
        return None
    marks = change_style.load(store.workspace.home / "styles").kinds
    label = words.title(spec) or spec.name
    parts = preview.preview(
        "layer",
        bounds=bounds,
        label=label,
        marks=marks,
        words=script_words(words) | {SAME: label},
        address=link(f"/api/layers/{spec.name}/view", lang=words.lang, **when.query()),
        backdrop=backdrop(site, store),
    )
    if drawn is None:
        return MapPlace(parts.body, "")
    still = changes_figure(
        collection(drawn, spec, words, None, STILL_MOST), marks=marks, bounds=bounds, label=label
    )
    return MapPlace(parts.body, still)


def read(store: Store, spec: LayerSpec, when: When, bbox: Box | None) -> gpd.GeoDataFrame:
    """The features of a view with their keys and names."""
    names = [each for each in (spec.key, "name") if each and each in spec.by_name]
    return store.read(spec.name, at=when.at, as_of=when.as_of, bbox=bbox, columns=names)


def collection(
    frame: gpd.GeoDataFrame, spec: LayerSpec, words: Words, bbox: Box | None, limit: int = VIEW_MOST
) -> dict[str, Any]:
    """Features as GeoJSON, all of one `kind`; at most `limit`, evenly chosen, and their count."""
    placed = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    count = len(placed)
    kept = (
        placed.iloc[np.unique(np.linspace(0, count - 1, min(count, limit)).astype(int))] if count else placed
    )
    keys = kept[spec.key] if spec.key in kept.columns else kept.index
    labels = kept["name"].fillna("") if "name" in kept.columns else [""] * len(kept)
    made = [{"kind": SAME, "key": str(k), "name": str(n)} for k, n in zip(keys, labels, strict=True)]
    answer: dict[str, Any] = feature_collection(kept.geometry, made, decimals=DECIMALS)
    answer["count"] = count
    if count > len(kept):
        answer["message"] = words.say("changes_cut", n=len(kept), all=count)
    return answer


def bounds_of(frame: gpd.GeoDataFrame) -> Box | None:
    """West, south, east, north of what has a place; None where nothing has."""
    found = frame.total_bounds
    if np.isnan(found).any():
        return None
    west, south, east, north = (float(each) for each in found)
    return west, south, east, north

"""What a coverage rule leaves uncovered, for the part of the map on screen: places, cells, dark roads."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from api.results import Result
from api.rule_words import amount_text
from api.uncovered import SINGLE_LIMIT, cells
from api.words import Words
from inventory.lacking import Places, places, stretches
from layers.catalog import Store
from maps.shapes import feature_collection

LINES_LIMIT = 2500  # stretches drawn one by one; more are summed on a grid
Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Uncovered:
    """places: None of areas, which have none. lines: the stretches of a rule along roads."""

    unit: str
    places: Places | None
    lines: gpd.GeoDataFrame | None


def read(store: Store, found: Result, demand: str) -> Uncovered:
    """What is uncovered of a demand of a result; `demand` is one that was measured."""
    entry = next(each for each in found.values["demands"] if each["id"] == demand)
    along = found.values["rule"]["catchment"] == "along"
    lines = stretches(store, found.kept.recipe, demand) if along else None
    return Uncovered(entry["unit"], places(found.kept, demand), lines)


def in_view(found: Uncovered, *, bbox: Box, zoom: int, words: Words) -> dict[str, Any]:
    """GeoJSON of a box: a line for each dark stretch, a point for each place or each cell of many."""
    if found.places is None:
        return _answer([], [], 0.0, False, found.unit, words, "rule_uncovered_areas")
    west, south, east, north = bbox
    at = found.places
    inside = (at.lon >= west) & (at.lon <= east) & (at.lat >= south) & (at.lat <= north)
    lon, lat, amount = at.lon[inside], at.lat[inside], at.amount[inside]
    if found.lines is not None:
        lines = found.lines.iloc[found.lines.sindex.query(shapely.box(*bbox))]
        if len(lines) <= LINES_LIMIT:
            lengths = lines["length_m"].to_numpy()
            shapes = list(lines.geometry)
            total = float(lengths.sum())
            return _answer(shapes, lengths.tolist(), total, False, found.unit, words, "rule_uncovered_lines")
    grouped = len(lon) > SINGLE_LIMIT or found.lines is not None
    if grouped:
        lon, lat, amount = _summed(lon, lat, amount, zoom)
    key = "rule_uncovered_grouped" if grouped else "rule_uncovered_single"
    points = list(shapely.points(lon, lat))
    return _answer(points, amount.tolist(), float(amount.sum()), grouped, found.unit, words, key)


def _summed(
    lon: NDArray[np.float64], lat: NDArray[np.float64], amount: NDArray[np.float64], zoom: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sums on squares of the screen, each at the middle of what it sums."""
    cell, count = cells(lon, lat, zoom)
    weight = np.bincount(cell, weights=amount, minlength=count).astype(np.float64)
    return (
        np.bincount(cell, weights=lon * amount, minlength=count) / weight,
        np.bincount(cell, weights=lat * amount, minlength=count) / weight,
        weight,
    )


def _answer(
    shapes: list[Any],
    amounts: list[float],
    total: float,
    grouped: bool,
    unit: str,
    words: Words,
    key: str,
) -> dict[str, Any]:
    properties = [
        {
            "amount": round(each, 1),
            "label": words.say("rule_uncovered_label", n=amount_text(words, each, unit)),
        }
        for each in amounts
    ]
    return {
        **feature_collection(shapes, properties),
        "amount": round(total, 3),
        "unit": unit,
        "grouped": grouped,
        "message": words.say(key, n=amount_text(words, total, unit)),
    }

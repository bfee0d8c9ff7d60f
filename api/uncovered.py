"""People who lack something, from the walks kept beside a result: single places, or sums on a grid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from api.results import Result
from api.words import Words
from inventory.distances import WALK
from inventory.figures import BEYOND

SINGLE_LIMIT = 1200  # places shown one by one; more are summed on a grid
CELL_PIXELS = 22
TILE_PIXELS = 256
MOST = 3


@dataclass(frozen=True)
class Lacking:
    """Everyone of a result who lacks at least one category. `lacks` has shape (categories, n)."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    amount: NDArray[np.float64]
    lacks: NDArray[np.bool_]
    categories: tuple[str, ...]


def read(result: Result) -> Lacking:
    """Who lacks what, from the kept distances and each category's own distance."""
    limits = {
        each["id"]: float(each["distance_m"])
        for each in result.values["categories"]
        if each["status"] == "measured"
    }
    table = pq.read_table(result.distances)
    some = ~table["complete"].to_numpy()
    walks = [table[f"{WALK}{name}"].fill_null(int(BEYOND)).to_numpy()[some] for name in limits]
    within = [walk <= round(limit_m * 1000) for walk, limit_m in zip(walks, limits.values(), strict=True)]
    return Lacking(
        lon=table["lon"].to_numpy()[some],
        lat=table["lat"].to_numpy()[some],
        amount=table["amount"].to_numpy()[some],
        lacks=~np.array(within, dtype=np.bool_).reshape(len(limits), int(some.sum())),
        categories=tuple(limits),
    )


def in_view(
    lacking: Lacking,
    result: Result,
    *,
    bbox: tuple[float, float, float, float],
    zoom: int,
    words: Words,
) -> dict[str, Any]:
    """GeoJSON of a box: a point for each place, or for each cell of about `CELL_PIXELS` at this zoom."""
    west, south, east, north = bbox
    inside = (lacking.lon >= west) & (lacking.lon <= east) & (lacking.lat >= south) & (lacking.lat <= north)
    lon, lat, amount = lacking.lon[inside], lacking.lat[inside], lacking.amount[inside]
    lacks = lacking.lacks[:, inside]
    titles = {each["id"]: words.title(each) for each in result.values["categories"]}
    unit = result.values["unit"]
    total = float(amount.sum())
    grouped = len(lon) > SINGLE_LIMIT
    if grouped:
        cell, count = cells(lon, lat, zoom)
    else:
        cell, count = np.arange(len(lon)), len(lon)
    weight = np.bincount(cell, weights=amount, minlength=count)
    safe = np.where(weight > 0, weight, 1.0)
    at_lon = np.bincount(cell, weights=lon * amount, minlength=count) / safe
    at_lat = np.bincount(cell, weights=lat * amount, minlength=count) / safe
    by_category = np.array([np.bincount(cell, weights=amount * row, minlength=count) for row in lacks])
    features = [
        _feature(
            at_lon[i],
            at_lat[i],
            weight[i],
            by_category[:, i] if len(by_category) else (),
            lacking.categories,
            titles,
            words,
            unit,
            everything=not grouped,
        )
        for i in np.flatnonzero(weight > 0).tolist()
    ]
    key = "uncovered_grouped" if grouped else "uncovered_single"
    return {
        "type": "FeatureCollection",
        "features": features,
        "people": round(total, 3),
        "grouped": grouped,
        "message": words.say(f"{key}_{unit}", n=round(total)),
    }


def cells(lon: NDArray[np.float64], lat: NDArray[np.float64], zoom: int) -> tuple[NDArray[np.intp], int]:
    """Cells that are squares on the screen, aligned to the world so that panning does not reshuffle them."""
    size = 360.0 / (TILE_PIXELS * 2.0**zoom) * CELL_PIXELS
    mercator = np.degrees(np.arcsinh(np.tan(np.radians(lat))))
    key = np.floor(mercator / size).astype(np.int64) * 2**32 + np.floor(lon / size).astype(np.int64)
    found, cell = np.unique(key, return_inverse=True)
    return cell, len(found)


def _feature(
    lon: float,
    lat: float,
    amount: float,
    lacking: Sequence[float] | NDArray[np.float64],
    categories: Sequence[str],
    titles: Mapping[str, str],
    words: Words,
    unit: str,
    *,
    everything: bool,
) -> dict[str, Any]:
    ranked = sorted((-value, i) for i, value in enumerate(lacking) if value > 0)
    kept = ranked if everything else ranked[:MOST]
    missing = [titles[categories[i]] for _, i in kept]
    if not everything:
        missing = [
            words.say(f"lacking_{unit}", category=titles[categories[i]], n=round(-value)) for value, i in kept
        ]
    return {
        "type": "Feature",
        "properties": {
            "people": round(float(amount), 1),
            "label": words.say(f"lacks_something_{unit}", n=round(float(amount))),
            "missing": missing,
        },
        "geometry": {"type": "Point", "coordinates": [round(float(lon), 5), round(float(lat), 5)]},
    }

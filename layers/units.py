"""Units of measure in which files give areas, lengths and counts, and how they become a spec's.

A unit that a header names is applied and told. One that only the numbers suggest (areas 667 times smaller
than the polygons are) is told and not applied: somebody has to confirm it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import to_crs
from geo.detected import Candidate, Detected
from layers.spec import LayerSpec

MU_M2 = 10_000 / 15
"""The mu, 亩: a fifteenth of a hectare."""


@dataclass(frozen=True)
class Unit:
    """A unit by the name people write, its factor to the base unit, and every spelling of it."""

    title: str
    factor: float
    words: tuple[str, ...]


UNITS: dict[str, tuple[Unit, ...]] = {
    "m2": (
        Unit("m2", 1.0, ("m2", "平方米", "平米", "平方", "sqm", "square metres", "square meters")),
        Unit("亩", MU_M2, ("亩", "市亩", "mu")),
        Unit("公顷", 1e4, ("公顷", "ha", "hm2", "hectares", "万平方米", "万m2", "万平米")),
        Unit("km2", 1e6, ("km2", "平方公里", "平方千米", "sqkm", "square kilometres")),
    ),
    "m": (
        Unit("m", 1.0, ("m", "米", "metres", "meters")),
        Unit("km", 1e3, ("km", "公里", "千米", "kilometres", "kilometers")),
    ),
    "people": (
        Unit("人", 1.0, ("人", "people", "persons")),
        Unit("万人", 1e4, ("万人",)),
    ),
}
"""By the base unit that specs use."""

_NEAR = 0.2  # a column's areas differ from drawn ones by digitising, seldom by more than a fifth
_AGREEING = 0.6
_FEWEST = 3
_SUSPECTED = 0.6


def unit_of(base: str | None, words: str) -> Unit | None:
    """The unit that words name among those that become a base unit; words are folded (`headers.folded`)."""
    for unit in UNITS.get(base or "", ()):
        if words in {word.replace(" ", "") for word in unit.words}:
            return unit
    return None


def is_unit(words: str) -> bool:
    """Whether folded words name any unit at all."""
    return any(unit_of(base, words) is not None for base in UNITS)


def scaled(values: pd.Series, factor: float) -> pd.Series:
    """Numbers, also those written as text, times a factor; what is no number stays as it is."""
    if factor == 1.0:
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    result = numbers * factor
    if numbers.notna().to_numpy().sum() == values.notna().to_numpy().sum():
        return result
    return result.astype(object).where(numbers.notna(), values.astype(object))


def suspected_units(
    frame: gpd.GeoDataFrame, spec: LayerSpec, crs: CRS, told: Collection[str] = ()
) -> tuple[Detected, ...]:
    """Fields of areas and lengths whose numbers are another unit's by what the geometry measures.

    Parameters
    ----------
    frame
        Rows in the form of the spec, in any coordinate system.
    crs
        A projected system in metres, in which they are measured.
    told
        Fields whose unit the header named.
    """
    found: list[Detected] = []
    wanted = [
        field
        for field in spec.fields
        if field.unit in ("m2", "m") and field.name in frame.columns and field.name not in told
    ]
    if not wanted or not len(frame):
        return ()
    kept = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    shapes = to_crs(kept, crs).geometry.array
    flat = {"m2": shapely.area(shapes), "m": shapely.length(shapes)}
    lines = shapely.get_dimensions(shapes) == 1
    flat["m"] = np.where(lines, flat["m"], 0.0)  # the length of a polygon is no more than its outline
    for field in wanted:
        values = pd.to_numeric(kept[field.name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        suspicion = _suspected(field.name, str(field.unit), values, flat[str(field.unit)])
        found += [suspicion] if suspicion else []
    return tuple(found)


def _suspected(name: str, base: str, values: np.ndarray, measured: np.ndarray) -> Detected | None:
    usable = np.isfinite(values) & (values > 0) & (measured > 0)
    if usable.sum() < _FEWEST:
        return None
    ratio = measured[usable] / values[usable]
    agreeing = {unit.title: float((np.abs(ratio / unit.factor - 1) < _NEAR).mean()) for unit in UNITS[base]}
    best = max(agreeing, key=lambda title: agreeing[title])
    if agreeing[best] < _AGREEING or best == base:
        return None
    fields = {
        "column": name,
        "value": best,
        "ratio": f"{float(np.median(ratio)):.4g}",
        "rows": int(usable.sum()),
        "percent": round(100 * agreeing[best]),
    }
    others = tuple(
        Candidate(title, share * 0.5, {}) for title, share in agreeing.items() if title != best and share
    )
    return Detected("unit", best, _SUSPECTED * agreeing[best], "unit_suspected", fields, others)

"""How much a file's values are those of a layer: kindergartens and primary schools are of education."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.headers import folded
from layers.spec import FieldSpec, LayerSpec

LOOKED_AT = 2_000
"""Rows of a file that are looked at, spread over all of it."""
_MOST_DIFFERENT = 100  # a column of more different texts in those is no category
_LEAST = 0.5  # share of values that are a field's, from which a column tells anything

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Alike:
    """The column whose values tell most of a layer, the share of them that its field knows, and how much that
    tells: the share, divided among all layers with such a column."""

    column: str
    share: float
    weight: float


def samples(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Texts of the columns that may hold categories, with repetition; a missing value is none."""
    if not len(frame):
        return {}
    some = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, LOOKED_AT, dtype=np.int64))]
    geometry = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    found = {}
    for name in frame.columns:
        if name == geometry or frame[name].dtype.kind in "biufcmM":
            continue
        texts = some[name].dropna().astype("str")
        if 0 < texts.nunique() <= _MOST_DIFFERENT:
            found[str(name)] = texts.tolist()
    return found


def alike(specs: Mapping[str, LayerSpec], values: Values) -> dict[str, Alike]:
    """The layers that know values of the file, by name."""
    counted = {column: Counter(map(folded, texts)) for column, texts in values.items() if texts}
    best: dict[str, tuple[float, str]] = {}
    for name, spec in specs.items():
        shares = [
            (_share(counts, known), column)
            for known in map(_known, spec.fields)
            if known
            for column, counts in counted.items()
        ]
        top = max(shares, default=(0.0, ""))
        if top[0] >= _LEAST:
            best[name] = top
    rivals = Counter(column for _, column in best.values())
    return {name: Alike(column, share, share / rivals[column]) for name, (share, column) in best.items()}


def _known(field: FieldSpec) -> frozenset[str]:
    titles = (title for names in field.domain_titles.values() for title in names)
    return frozenset(map(folded, (*field.domain, *titles)))


def _share(counts: Counter[str], known: frozenset[str]) -> float:
    return sum(count for text, count in counts.items() if text in known) / counts.total()

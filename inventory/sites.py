"""The facilities of each category: a layer, a filter and, where one feature stands for several, a count."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import require, transform_xy
from inventory.demand import point_of
from inventory.errors import RuleError
from inventory.rules import Requirement, RuleSet


@dataclass(frozen=True)
class Sites:
    """Facilities of the measured categories.

    xy: metres in the working CRS, shape (s, 2), of an area a point in it. shape: points and areas in the
    working CRS, shape (s,). category: position in `measured`, shape (s,). count: how many
    facilities each stands for, shape (s,). row: its feature's in the frame of the layer, shape (s,).
    without_data: categories whose layer no agency has published.
    """

    measured: tuple[Requirement, ...]
    without_data: tuple[Requirement, ...]
    xy: NDArray[np.float64]
    category: NDArray[np.int32]
    count: NDArray[np.int64]
    row: NDArray[np.intp]
    shape: NDArray[np.object_]

    def counts(self, of: NDArray[np.bool_] | None = None) -> list[int]:
        """Facilities by category, all or the chosen."""
        chosen = slice(None) if of is None else of
        number = np.bincount(self.category[chosen], self.count[chosen], minlength=len(self.measured))
        return [int(n) for n in number]


def sites_of(rules: RuleSet, frames: Mapping[str, gpd.GeoDataFrame | None], crs: CRS) -> Sites:
    """The sites of a rule set's categories.

    `frames` holds facility layers, None for one without a published version; categories of other layers are
    left out. A published layer without such a feature is measured and has no site. Features that stand for
    none (count 0, or missing: a cell nobody counted) or lie nowhere (no geometry) serve nobody.
    """
    asked = [row for row in rules.categories if row.layer in frames]
    measured = tuple(row for row in asked if frames[row.layer] is not None)
    without = tuple(row for row in asked if frames[row.layer] is None)
    located = {name: _located(frame, name, crs) for name, frame in frames.items() if frame is not None}
    xy, category, count = [np.empty((0, 2))], [np.empty(0, np.int32)], [np.empty(0, np.int64)]
    feature, shape = [np.empty(0, np.intp)], [np.empty(0, object)]
    for number, row in enumerate(measured):
        frame = frames[row.layer]
        chosen, times = _chosen(frame, row, rules.id)
        place, shapes, at = located[row.layer]
        chosen &= at >= 0
        xy.append(place[at[chosen]])
        shape.append(shapes[at[chosen]])
        category.append(np.full(int(chosen.sum()), number, np.int32))
        count.append(times[chosen])
        feature.append(np.flatnonzero(chosen))
    return Sites(
        measured,
        without,
        np.concatenate(xy),
        np.concatenate(category),
        np.concatenate(count),
        np.concatenate(feature),
        np.concatenate(shape),
    )


class _Located(NamedTuple):
    """The features of a layer that lie somewhere, and of each feature its place among them, else -1."""

    xy: NDArray[np.float64]
    shape: NDArray[np.object_]
    at: NDArray[np.intp]


def _located(frame: gpd.GeoDataFrame, layer: str, crs: CRS) -> _Located:
    geometry = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    at = np.where(there, np.cumsum(there) - 1, -1)
    system = require(frame, f"layer {layer!r}")
    xy = transform_xy(point_of(geometry[there]), system, crs)
    shape = np.asarray(shapely.points(xy), dtype=object)
    areas = shapely.get_type_id(geometry[there]) != shapely.GeometryType.POINT
    if areas.any():
        shape[areas] = shapely.transform(geometry[there][areas], lambda own: transform_xy(own, system, crs))
    return _Located(xy, shape, at)


def _chosen(
    frame: gpd.GeoDataFrame, row: Requirement, rule_set: str
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    for column in (*row.where, *([row.count] if row.count else [])):
        if column not in frame.columns:
            raise RuleError(rule_set, row.id, f"layer {row.layer!r} has no column {column!r}")
    chosen = np.ones(len(frame), dtype=np.bool_)
    for column, value in row.where.items():
        chosen &= (frame[column] == value).fillna(False).to_numpy(dtype=np.bool_)
    times = np.ones(len(frame), dtype=np.int64)
    if row.count:
        given = frame[row.count].to_numpy(dtype=np.float64, na_value=np.nan)
        times = np.nan_to_num(given, nan=0.0).astype(np.int64)
    return chosen & (times > 0), times

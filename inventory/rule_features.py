"""The features a rule means: those that serve, and those that are to be served."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from inventory.coverage_rules import DemandOf, Service
from inventory.errors import DemandInvalid, RuleError
from inventory.figures import THOUSANDTHS, thousandths
from inventory.filters import Filter, matching, numbers
from inventory.inputs import Inputs

AMOUNT_MOST = 2**53
"""Sums of thousandths stay below this, so that they are exact also where they pass through a float."""


def serving(inputs: Inputs, service: Service, *columns: str) -> gpd.GeoDataFrame | None:
    """The features of a service, with its columns, those asked for and its layer's key; None if its layer has
    no data.

    Features that lie nowhere, or of which the service's `count` says that there are none, serve nobody.
    """
    wanted = (*service.columns, *columns, inputs.key_of(service.layer))
    frame = _chosen(inputs, service.layer, wanted, service.filter)
    if frame is None or service.count is None:
        return frame
    count = numbers(frame, service.count, rule=inputs.rule.id, layer=service.layer)
    return frame[np.nan_to_num(count) >= 1].reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Demanded:
    """The features of a demand.

    frame: the demand's columns, the columns asked for and the layer's key; no geometry is missing or empty.
    amount: thousandths of each feature where the demand reads or counts them, None where it is measured
    (areas and lengths). group: row of `groups`, sorted texts, -1 for a missing value; None without groups.
    """

    frame: gpd.GeoDataFrame
    amount: NDArray[np.int64] | None
    group: NDArray[np.int32] | None
    groups: tuple[str, ...]

    @property
    def geometry(self) -> NDArray[np.object_]:
        found: NDArray[np.object_] = self.frame.geometry.to_numpy()
        return found

    def ids(self, key: str) -> NDArray[np.object_]:
        """The features' keys."""
        found: NDArray[np.object_] = self.frame[key].to_numpy(dtype=object)
        return found


def demanded(inputs: Inputs, demand: DemandOf, *columns: str) -> Demanded | None:
    """The features of a demand; None if its layer has no data. Not for land, nor for people of a raster.

    Of a drawn area only those that touch it, but all where people share what there is: those outside take
    their part. DemandInvalid where an amount is below zero, infinite, without a place, or all together are
    too many to be summed exactly. Features whose amount is missing or zero are left out.
    """
    assert demand.layer is not None  # noqa: S101 - only land has none
    frame = inputs.frame(demand.layer, (*demand.columns, *columns, inputs.key_of(demand.layer)))
    if frame is None:
        return None
    chosen = matching(frame, demand.filter, rule=inputs.rule.id, layer=demand.layer)
    amount, there = _amount(inputs, demand, frame, chosen), _located(frame)
    if amount is not None:
        homeless = chosen & ~there & (amount > 0)
        if demand.amount is not None and homeless.any():  # it would silently change every share
            raise DemandInvalid(demand.layer, demand.amount, float(amount[homeless][0]) / THOUSANDTHS)
        chosen &= amount > 0
    kept = chosen & there
    if inputs.within is not None and inputs.rule.catchment != "supply":
        kept[kept] = _touching(frame[kept], inputs.within)
    frame = frame[kept].reset_index(drop=True)
    group, groups = _groups(frame, demand.group)
    return Demanded(frame, None if amount is None else amount[kept], group, groups)


def _chosen(inputs: Inputs, layer: str, columns: tuple[str, ...], chosen: Filter) -> gpd.GeoDataFrame | None:
    frame = inputs.frame(layer, columns)
    if frame is None:
        return None
    kept = _located(frame) & matching(frame, chosen, rule=inputs.rule.id, layer=layer)
    return frame[kept].reset_index(drop=True)


def _located(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    geometry = frame.geometry.to_numpy()
    found: NDArray[np.bool_] = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    return found


def _touching(frame: gpd.GeoDataFrame, area: shapely.Geometry) -> NDArray[np.bool_]:
    found = np.zeros(len(frame), np.bool_)
    found[frame.sindex.query(area, predicate="intersects")] = True
    return found


def _amount(
    inputs: Inputs, demand: DemandOf, frame: gpd.GeoDataFrame, chosen: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """Thousandths of each row; only the chosen ones are looked at."""
    if demand.amount is None:
        if demand.kind == "people":
            problem = f"is missing: layer {demand.layer!r} is no raster, so name the column that holds people"
            raise RuleError(inputs.rule.id, f"{demand.id}.amount", problem)
        counted = demand.kind in ("buildings", "features")
        return np.full(len(frame), THOUSANDTHS, np.int64) if counted else None
    layer = demand.layer or ""
    value = numbers(frame, demand.amount, rule=inputs.rule.id, layer=layer)
    value = np.where(chosen & ~np.isnan(value), value, 0.0)
    for bad in (value < 0, np.isinf(value)):
        if bad.any():
            raise DemandInvalid(layer, demand.amount, float(value[bad][0]))
    if float(value.sum()) * THOUSANDTHS > AMOUNT_MOST:
        raise DemandInvalid(layer, demand.amount, float(value.max()))
    return thousandths(value)


def _groups(frame: gpd.GeoDataFrame, column: str | None) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    if column is None:
        return None, ()
    code, values = pd.factorize(frame[column])  # -1 for a missing value
    texts = [str(value) for value in values]
    names = tuple(sorted(set(texts)))
    place = np.array([*(names.index(text) for text in texts), -1], np.int32)
    return place[code], names

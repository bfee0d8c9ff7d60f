"""Raster: the ground whose cells hold what the rule asks for, and what stands on it.

Ground is measured with exact shares of cells, in square metres on the ground. What has no value (the mark for
none, a cloud, beyond the rasters) is not known: out of the denominator, and counted apart. Of several
agencies' rasters the first by agency code counts where they overlap.
"""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.overlay import parts_by_zone
from geo.raster_points import carried
from geo.raster_sampling import held_at
from geo.raster_windows import Ndvi
from geo.raster_zones import share_above
from inventory.coverage_rules import DemandOf, RasterRule
from inventory.demand import point_of
from inventory.inputs import Inputs
from inventory.portions import Portions, empty
from inventory.raster_people import names_of, raster_people
from inventory.rule_features import Demanded, demanded
from layers.catalog import RasterPart


def measure(inputs: Inputs, demand: DemandOf) -> Portions:
    """Land is split along zones and met in part; people, buildings and features stand in one cell each.

    A building or a feature with an area stands at a point on it.
    """
    rule = inputs.rule.raster
    assert rule is not None  # noqa: S101 - the reader gives every rule of this catchment one
    parts = inputs.raster(rule.layer)
    if demand.kind == "land":
        return _ground(inputs, demand, rule, parts, inputs.zones[["geometry"]], None)
    assert demand.layer is not None  # noqa: S101 - only land has none
    if inputs.kind(demand.layer) == "raster":
        people = raster_people(inputs, demand)
        if people is None:
            return empty(demand.unit)
        return _standing(inputs, demand, rule, parts, people.xy, people.amount)
    found = demanded(inputs, demand)
    if found is None:
        return empty(demand.unit)
    if demand.kind == "residential_land":
        return _ground(inputs, demand, rule, parts, found.frame[["geometry"]], found)
    assert found.amount is not None  # noqa: S101 - these kinds are counted or read
    xy = point_of(found.geometry).reshape(-1, 2)
    ids = found.ids(inputs.key_of(demand.layer))
    return _standing(inputs, demand, rule, parts, xy, found.amount, found, ids)


def _ground(
    inputs: Inputs,
    demand: DemandOf,
    rule: RasterRule,
    rasters: list[RasterPart],
    frame: gpd.GeoDataFrame,
    found: Demanded | None,
) -> Portions:
    """A piece for the ground with a value of each part in a zone, and one for the ground without."""
    parts = parts_by_zone(frame, inputs.zones, key=inputs.key)
    if demand.kind == "land":  # where zones overlap, the ground belongs to one of them, and counts once
        parts = parts[parts["row"] == parts["zone"]].reset_index(drop=True)
    if not len(parts):
        return empty(demand.unit)
    shares = share_above(
        [part.path for part in rasters],
        parts,
        at_least=rule.at_least,
        below=rule.below,
        band=_band(rule),
        names=names_of(rule.layer, rasters),
    )
    known, unknown = carried(shares.with_value_m2), carried(shares.without_value_m2)
    met = np.minimum(carried(shares.met_m2), known)  # rounding is carried in both, each by itself
    zone = parts["zone"].to_numpy().astype(np.int32)
    group = None if found is None or found.group is None else found.group[parts["row"].to_numpy()]
    amount = np.concatenate([known, unknown])
    some = amount > 0
    return Portions(
        demand.unit,
        zone=np.tile(zone, 2)[some],
        amount=amount[some],
        met=np.concatenate([met, np.zeros_like(met)])[some],
        known=np.repeat([True, False], len(zone))[some],
        group=None if group is None else np.tile(group, 2)[some],
        groups=() if found is None else found.groups,
    )


def _standing(
    inputs: Inputs,
    demand: DemandOf,
    rule: RasterRule,
    rasters: list[RasterPart],
    xy: NDArray[np.float64],
    amount: NDArray[np.int64],
    found: Demanded | None = None,
    ids: NDArray[np.object_] | None = None,
) -> Portions:
    """Pieces that are met whole or not at all, by the cell in which each stands."""
    held = held_at(
        [part.path for part in rasters],
        xy,
        inputs.crs,
        at_least=rule.at_least,
        below=rule.below,
        band=_band(rule),
        names=names_of(rule.layer, rasters),
    )
    return Portions(
        demand.unit,
        zone=inputs.zone_of(xy),
        amount=amount,
        met=np.where(held.met, amount, 0),
        known=held.known,
        group=None if found is None else found.group,
        groups=() if found is None else found.groups,
        id=ids,
        xy=xy,
    )


def _band(rule: RasterRule) -> int | Ndvi:
    if rule.band is not None:
        return rule.band
    assert rule.red is not None and rule.nir is not None  # noqa: S101, PT018 - the reader gives one of the two
    return Ndvi(rule.red, rule.nir)

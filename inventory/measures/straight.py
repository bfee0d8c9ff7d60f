"""By the straight line: what lies within a distance of a service, whatever stands between.

What has an extent is met in part: land and people of an area by the share of their ground within reach, roads
by their length. What is counted is met whole or not at all, by its distance.
"""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.overlay import parts_by_zone
from geo.parts import drawn, parts_of, places
from geo.zone_lines import cut_by_zone
from inventory.coverage_rules import DemandOf
from inventory.demand import point_of
from inventory.demand_places import POLYGON, carried
from inventory.inputs import Inputs
from inventory.portions import Portions, concatenate, empty
from inventory.raster_people import raster_people
from inventory.rule_features import Demanded, demanded
from inventory.straight_reach import StraightReach, straight_reach

_ROUNDING = 1e-9
"""Share of a piece below which what is left uncovered is rounding."""


def measure(inputs: Inputs, demand: DemandOf) -> Portions:
    """The demand in pieces, each in one zone.

    Buildings and features stand at one point; so do people, unless their feature is a polygon: then they are
    spread over it evenly.
    """
    reach = straight_reach(inputs)
    if demand.kind == "land":
        return _land(inputs, demand, reach, inputs.zones[["geometry"]], None)
    assert demand.layer is not None  # noqa: S101 - only land has none
    if not inputs.has(demand.layer):
        return empty(demand.unit)
    if inputs.kind(demand.layer) == "raster":
        return _cells(inputs, demand, reach)
    found = demanded(inputs, demand)
    assert found is not None  # noqa: S101 - the layer has data
    if demand.kind == "residential_land":
        return _land(inputs, demand, reach, found.frame[["geometry"]], found)
    if demand.kind == "road_length":
        return _roads(inputs, demand, reach, found)
    spread = shapely.get_dimensions(found.geometry) == POLYGON
    if demand.kind != "people" or not spread.any():
        return _at_points(inputs, demand, reach, found)
    return concatenate(
        [
            _spread(inputs, demand, reach, _some(found, spread)),
            _at_points(inputs, demand, reach, _some(found, ~spread)),
        ]
    )


def _land(
    inputs: Inputs, demand: DemandOf, reach: StraightReach, ground: gpd.GeoDataFrame, found: Demanded | None
) -> Portions:
    parts = parts_by_zone(ground, inputs.zones, key=inputs.key)
    if demand.kind == "land":  # where zones overlap, the ground belongs to one of them, and counts once
        parts = parts[parts["row"] == parts["zone"]].reset_index(drop=True)
    area = parts["area_m2"].to_numpy()
    amount = carried(area)
    group = None if found is None or found.group is None else found.group[parts["row"].to_numpy()]
    return Portions(
        demand.unit,
        zone=parts["zone"].to_numpy(np.int32),
        amount=amount,
        met=_met(amount, area, reach.areas(parts.geometry.to_numpy())),
        group=group,
        groups=() if found is None else found.groups,
    )


def _roads(inputs: Inputs, demand: DemandOf, reach: StraightReach, found: Demanded) -> Portions:
    parts = parts_of(found.frame.geometry)
    pieces, zone = cut_by_zone(parts, inputs.zones, key=inputs.key)
    row = parts.line[pieces.part]
    amount = carried(pieces.length_m)
    return Portions(
        demand.unit,
        zone=zone,
        amount=amount,
        met=_met(amount, pieces.length_m, reach.lengths(drawn(parts, pieces))),
        group=None if found.group is None else found.group[row],
        groups=found.groups,
        id=found.ids(inputs.key_of(str(demand.layer)))[row],
        xy=places(parts, pieces.part, (pieces.start_m + pieces.end_m) / 2),
    )


def _spread(inputs: Inputs, demand: DemandOf, reach: StraightReach, found: Demanded) -> Portions:
    """Amounts of polygons, as if spread evenly over their ground; pieces of a polygon sum to its amount."""
    assert found.amount is not None  # noqa: S101 - people are read
    parts = parts_by_zone(found.frame[["geometry"]], inputs.zones, key=inputs.key)
    row, area, shape = parts["row"].to_numpy(), parts["area_m2"].to_numpy(), parts.geometry.to_numpy()
    amount = _shared(found.amount, row, area)
    return Portions(
        demand.unit,
        zone=parts["zone"].to_numpy(np.int32),
        amount=amount,
        met=_met(amount, area, reach.areas(shape)),
        group=None if found.group is None else found.group[row],
        groups=found.groups,
        id=found.ids(inputs.key_of(str(demand.layer)))[row],
        xy=shapely.get_coordinates(shapely.point_on_surface(shape)).reshape(-1, 2),
    )


def _at_points(inputs: Inputs, demand: DemandOf, reach: StraightReach, found: Demanded) -> Portions:
    assert found.amount is not None  # noqa: S101 - these kinds are counted or read
    xy = point_of(found.geometry).reshape(-1, 2)
    return Portions(
        demand.unit,
        zone=inputs.zone_of(xy),
        amount=found.amount,
        met=np.where(reach.holds(xy), found.amount, 0),
        group=found.group,
        groups=found.groups,
        id=found.ids(inputs.key_of(str(demand.layer))),
        xy=xy,
    )


def _cells(inputs: Inputs, demand: DemandOf, reach: StraightReach) -> Portions:
    people = raster_people(inputs, demand)
    assert people is not None  # noqa: S101 - the layer has data
    zone, met = inputs.zone_of(people.xy), reach.holds(people.xy)
    return Portions(demand.unit, zone, people.amount, np.where(met, people.amount, 0), xy=people.xy)


def _some(found: Demanded, chosen: NDArray[np.bool_]) -> Demanded:
    return Demanded(
        found.frame[chosen].reset_index(drop=True),
        None if found.amount is None else found.amount[chosen],
        None if found.group is None else found.group[chosen],
        found.groups,
    )


def _met(
    amount: NDArray[np.int64], whole: NDArray[np.float64], within: NDArray[np.float64]
) -> NDArray[np.int64]:
    """The amount within reach; all of it where all but rounding is."""
    share = np.divide(within, whole, out=np.zeros(len(whole)), where=whole > 0)
    return np.where(share > 1 - _ROUNDING, amount, np.rint(share * amount).astype(np.int64))


def _shared(
    amount: NDArray[np.int64], row: NDArray[np.integer], area: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Whole amounts divided by area among the pieces of each, whose `row` rises."""
    first = np.flatnonzero(np.diff(row, prepend=-1))
    before = np.cumsum(area) - area
    start = np.repeat(before[first], np.diff(np.append(first, len(row))))
    total = np.bincount(row, area, len(amount))[row]
    low, high = ((edge - start) / total for edge in (before, before + area))
    return np.rint(np.minimum(high, 1.0) * amount[row]).astype(np.int64) - np.rint(low * amount[row]).astype(
        np.int64
    )

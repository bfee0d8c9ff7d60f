"""A demand as places that people walk from: points, the middles of cells of land, of pieces of road."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.cells import cells
from geo.errors import WalkArgument
from geo.overlay import parts_by_zone
from inventory.coverage_rules import DemandOf
from inventory.demand import point_of
from inventory.errors import RuleError
from inventory.figures import THOUSANDTHS
from inventory.inputs import Inputs
from inventory.raster_people import raster_people
from inventory.rule_features import Demanded, demanded

POLYGON = 2  # dimension


@dataclass(frozen=True, eq=False)
class Places:
    """n places.

    xy: metres in the working CRS. amount: thousandths. zone: row of the zones, -1 outside. id: the features'
    keys, None of cells of land and pieces of road. group: row of `groups`, -1 in none.
    """

    xy: NDArray[np.float64]
    amount: NDArray[np.int64]
    zone: NDArray[np.int32]
    id: NDArray[np.object_] | None
    group: NDArray[np.int32] | None
    groups: tuple[str, ...]


def places_of(inputs: Inputs, demand: DemandOf) -> Places:
    """Where a demand stands; its layer must have data.

    Land is split along zones first and then seen as cells, so that its area in each zone is exact. Features
    that are areas of people are seen as cells too; buildings and other features stand at one point.
    """
    if demand.kind == "land":
        return _land(inputs, demand, inputs.zones[["geometry"]], None)
    assert demand.layer is not None  # noqa: S101 - only land has none
    if inputs.kind(demand.layer) == "raster":
        return _cells_of_people(inputs, demand)
    found = demanded(inputs, demand)
    assert found is not None  # noqa: S101 - who asks has looked
    if demand.kind == "residential_land":
        return _land(inputs, demand, found.frame[["geometry"]], found)
    if demand.kind == "road_length":
        return _roads(inputs, demand, found)
    return _features(inputs, demand, found)


def carried(amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Amounts as thousandths, what is rounded off one carried to the next: the sum is that of the whole."""
    whole = np.rint(np.cumsum(amount) * THOUSANDTHS).astype(np.int64)
    return whole - np.concatenate([np.zeros(1, np.int64), whole[:-1]])


def divided(amount: NDArray[np.int64], row: NDArray[np.integer]) -> NDArray[np.int64]:
    """Whole amounts divided evenly among the pieces of each, whose `row` rises; the first get one more."""
    count = np.bincount(row, minlength=len(amount))
    number = np.arange(len(row)) - (np.cumsum(count) - count)[row]
    share, rest = np.divmod(amount[row], count[row])
    return share + (number < rest)


def _land(inputs: Inputs, demand: DemandOf, ground: gpd.GeoDataFrame, found: Demanded | None) -> Places:
    parts = parts_by_zone(ground, inputs.zones, key=inputs.key)
    if demand.kind == "land":  # where zones overlap, the ground belongs to one of them, and counts once
        parts = parts[parts["row"] == parts["zone"]].reset_index(drop=True)
    area = carried(parts["area_m2"].to_numpy())
    row, xy = _cells(inputs, demand, parts.geometry.to_numpy())
    source = parts["row"].to_numpy()[row]
    zone = parts["zone"].to_numpy().astype(np.int32)[row]
    group = None if found is None or found.group is None else found.group[source]
    return _some(Places(xy, divided(area, row), zone, None, group, found.groups if found else ()))


def _roads(inputs: Inputs, demand: DemandOf, found: Demanded) -> Places:
    """Every part of a line in equal pieces of at most `cell_m`, each standing at its middle."""
    lines, line = shapely.get_parts(found.geometry, return_index=True)
    length = shapely.length(lines)
    count = np.maximum(np.ceil(length / demand.cell_m), 1).astype(np.int64)
    row = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    piece = (length / count)[row]
    middle = shapely.line_interpolate_point(lines[row], (number + 0.5) * piece)
    xy = shapely.get_coordinates(middle).reshape(-1, 2)
    group = None if found.group is None else found.group[line[row]]
    return _some(Places(xy, carried(piece), inputs.zone_of(xy), None, group, found.groups))


def _features(inputs: Inputs, demand: DemandOf, found: Demanded) -> Places:
    assert found.amount is not None  # noqa: S101 - these kinds are counted or read
    assert demand.layer is not None  # noqa: S101
    ids = found.ids(inputs.key_of(demand.layer))
    areas = shapely.get_dimensions(found.geometry) == POLYGON
    if demand.kind != "people" or not areas.any():
        row = np.arange(len(found.amount))
        xy = point_of(found.geometry).reshape(-1, 2)
    else:
        area, points = np.flatnonzero(areas), np.flatnonzero(~areas)
        cell, centre = _cells(inputs, demand, found.geometry[area])
        row = np.concatenate([area[cell], points])
        xy = np.concatenate([centre, point_of(found.geometry[points]).reshape(-1, 2)])
        order = np.argsort(row, kind="stable")
        row, xy = row[order], xy[order]
    group = None if found.group is None else found.group[row]
    return _some(Places(xy, divided(found.amount, row), inputs.zone_of(xy), ids[row], group, found.groups))


def _cells(
    inputs: Inputs, demand: DemandOf, polygons: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    try:
        return cells(polygons, demand.cell_m)
    except WalkArgument as error:
        raise RuleError(inputs.rule.id, f"{demand.id}.cell_m", str(error)) from error


def _cells_of_people(inputs: Inputs, demand: DemandOf) -> Places:
    """Every cell of a raster with people at its middle."""
    found = raster_people(inputs, demand)
    assert found is not None  # noqa: S101 - who asks has looked
    return Places(found.xy, found.amount, inputs.zone_of(found.xy), None, None, ())


def _some(places: Places) -> Places:
    """Without the places where nothing is left after rounding."""
    kept = places.amount > 0
    if kept.all():
        return places
    return Places(
        places.xy[kept],
        places.amount[kept],
        places.zone[kept],
        None if places.id is None else places.id[kept],
        None if places.group is None else places.group[kept],
        places.groups,
    )

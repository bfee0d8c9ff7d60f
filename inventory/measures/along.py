"""Along lines: how many metres of the roads are served, such as lit by lamps, and which are not."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.along import NONE, lit_intervals
from geo.parts import Intervals, Parts, drawn, places, split
from geo.zone_lines import cut_by_zone
from inventory.coverage_rules import DemandOf
from inventory.demand import point_of
from inventory.figures import thousandths
from inventory.inputs import Inputs
from inventory.portions import Portions, empty
from inventory.rule_features import Demanded, demanded, serving


def measure(inputs: Inputs, demand: DemandOf) -> Portions:
    """The demanded roads in pieces, each in one zone and met whole or not at all.

    Services stand at one road each, also where a filter leaves that road out of the demand: then they serve
    none. A service that names no road of the layer stands at the nearest.
    """
    found = _stretches(inputs, demand)
    if found is None:
        return empty(demand.unit)
    amount = np.diff(thousandths(np.cumsum(found.pieces.length_m)), prepend=0)  # carried from piece to piece
    group = found.roads.group
    return Portions(
        demand.unit,
        zone=found.zone,
        amount=amount,
        met=np.where(found.met, amount, 0),
        group=None if group is None else group[found.road],
        groups=found.roads.groups,
        id=found.roads.ids(inputs.key_of(str(demand.layer)))[found.road],
        xy=places(found.parts, found.pieces.part, (found.pieces.start_m + found.pieces.end_m) / 2),
    )


def unserved(inputs: Inputs, demand: DemandOf) -> gpd.GeoDataFrame:
    """The pieces of the demanded roads that are not served, as lines in the working CRS, for a map.

    Columns: the layer's key, `zone` (row, -1 outside), `length_m`; none where the layer has no data.
    """
    key = inputs.key_of(str(demand.layer))
    found = _stretches(inputs, demand)
    if found is None:
        return gpd.GeoDataFrame({key: [], "zone": [], "length_m": []}, geometry=[], crs=inputs.crs)
    dark = found.pieces.take(~found.met)
    columns = {
        key: found.roads.ids(key)[found.road[~found.met]],
        "zone": found.zone[~found.met],
        "length_m": dark.length_m,
    }
    return gpd.GeoDataFrame(columns, geometry=drawn(found.parts, dark), crs=inputs.crs)


@dataclass(frozen=True, eq=False)
class _Stretches:
    """Pieces of the demanded roads: `road` is the row of each in `roads`."""

    roads: Demanded
    parts: Parts
    pieces: Intervals
    road: NDArray[np.intp]
    zone: NDArray[np.int32]
    met: NDArray[np.bool_]


def _stretches(inputs: Inputs, demand: DemandOf) -> _Stretches | None:
    along = inputs.rule.along
    assert along is not None  # noqa: S101 - the reader gives every rule of this catchment one
    assert demand.layer is not None  # noqa: S101 - likewise
    roads, every = demanded(inputs, demand), inputs.frame(demand.layer, [inputs.key_of(demand.layer)])
    if roads is None or every is None:
        return None
    key = inputs.key_of(demand.layer)
    every = every.sort_values(key, ignore_index=True)  # of equally near roads the first counts
    xy, line_of = _lamps(inputs, along.line_of, pd.Index(every[key]))
    lit = lit_intervals(every.geometry, xy, aside_m=along.aside_m, reach_m=along.reach_m, line_of=line_of)
    pieces, zone = cut_by_zone(lit.parts, inputs.zones, key=inputs.key)
    pieces, row, met = split(pieces, lit.intervals)
    road = pd.Index(roads.ids(key)).get_indexer(every[key])[lit.parts.line[pieces.part]]
    chosen = road >= 0
    return _Stretches(
        roads,
        lit.parts,
        pieces.take(chosen),
        road[chosen],
        zone[row][chosen],
        met[chosen],
    )


def _lamps(
    inputs: Inputs, column: str | None, roads: pd.Index
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Where the services stand, and the row of the road each names; NONE where it names none of the layer."""
    xy, line_of = [np.empty((0, 2))], [np.empty(0, np.int32)]
    for service in inputs.rule.services:
        frame = serving(inputs, service, *([column] if column else []))
        if frame is None:
            continue
        xy.append(point_of(frame.geometry.to_numpy()).reshape(-1, 2))
        named = roads.get_indexer(frame[column]) if column else np.full(len(frame), NONE)
        line_of.append(named.astype(np.int32))
    return np.concatenate(xy), np.concatenate(line_of)

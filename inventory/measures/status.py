"""Status: the share of features that are in a state, at a level, or free of events."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.overlay import parts_by_zone
from geo.parts import parts_of, places
from geo.zone_lines import BORDER_M, cut_by_zone
from inventory.coverage_rules import DemandOf, StatusRule, Without
from inventory.demand import point_of
from inventory.figures import thousandths
from inventory.filters import days, matching
from inventory.inputs import Inputs
from inventory.portions import Portions, empty
from inventory.rule_features import Demanded, demanded


def measure(inputs: Inputs, demand: DemandOf) -> Portions:
    """The demanded features, each met whole or not at all; lengths and areas are split along zones.

    Not known is a feature that the rule's `known` does not admit, and one without a value in a column that
    its state is read from.
    """
    status = inputs.rule.status
    assert status is not None  # noqa: S101 - the reader gives every rule of this catchment one
    found = demanded(inputs, demand, *status.columns)
    if found is None:
        return empty(demand.unit)
    met, known = _states(inputs, demand, status, found)
    row, zone, amount, xy = _pieces(inputs, demand, found)
    ids = found.ids(inputs.key_of(str(demand.layer)))
    return Portions(
        demand.unit,
        zone=zone,
        amount=amount,
        met=np.where(met[row] & known[row], amount, 0),
        known=known[row],
        group=None if found.group is None else found.group[row],
        groups=found.groups,
        id=None if xy is None else ids[row],
        xy=xy,
    )


def _states(
    inputs: Inputs, demand: DemandOf, status: StatusRule, found: Demanded
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each feature whether it is in the state, and whether that is known."""
    names = {"rule": inputs.rule.id, "layer": str(demand.layer)}
    met = matching(found.frame, status.met, **names)
    known = found.frame[list(status.met.columns)].notna().to_numpy().all(axis=1)
    if status.known is not None:
        known &= matching(found.frame, status.known, **names)
    if status.without is not None:
        met &= _free(inputs, status.without, found.geometry)
    return met, known


def _free(inputs: Inputs, without: Without, features: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Which features no event lies in, or within `near_m` of; the events must have been published.

    An event is one that exists on the result's date by its layer's own dates (found, and not closed before),
    fulfils the filter and, with `within_days`, was found at most so many days before that date. One without
    a date counts: it cannot be shown to be older. On the border of two features it counts against both.
    """
    events = inputs.frame(without.layer, without.columns)
    assert events is not None  # noqa: S101 - who asks has looked
    counts = matching(events, without.filter, rule=inputs.rule.id, layer=without.layer)
    day = inputs.recipe.day
    if without.within_days is not None and without.date is not None and day is not None:
        found = days(events, without.date, rule=inputs.rule.id, layer=without.layer)
        age = (pd.Timestamp(day) - found).dt.days
        counts &= (age.isna() | ((age >= 0) & (age <= without.within_days))).to_numpy()
    tree = shapely.STRtree(events.geometry.to_numpy()[counts])
    hit = tree.query(features, predicate="dwithin", distance=max(without.near_m, BORDER_M))[0]
    free = np.ones(len(features), np.bool_)
    free[hit] = False
    return free


def _pieces(
    inputs: Inputs, demand: DemandOf, found: Demanded
) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.int64], NDArray[np.float64] | None]:
    """Pieces of features: the feature's row, zone, amount in thousandths, place (None of area)."""
    frame = found.frame
    if found.amount is not None:
        xy = point_of(found.geometry)
        return np.arange(len(frame)), inputs.zone_of(xy), found.amount, xy
    if demand.kind == "road_length":
        parts = parts_of(frame.geometry)
        pieces, zone = cut_by_zone(parts, inputs.zones, key=inputs.key)
        xy = places(parts, pieces.part, (pieces.start_m + pieces.end_m) / 2)
        return parts.line[pieces.part].astype(np.intp), zone, _carried(pieces.length_m), xy
    areas = parts_by_zone(frame[["geometry"]], inputs.zones, key=inputs.key)
    zone = areas["zone"].to_numpy(np.int32)
    return areas["row"].to_numpy(np.intp), zone, _carried(areas["area_m2"].to_numpy()), None


def _carried(amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Thousandths, rounding carried from piece to piece, so that the pieces sum to the whole."""
    return np.diff(thousandths(np.cumsum(amount)), prepend=0)

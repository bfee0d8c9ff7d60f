"""Pieces of a demand that stand at places, after services came, went or moved: asked again only near those.

Whether a place is served follows from where it lies. So a piece keeps its answer unless a service that moved
lies no farther by straight line than the service it walks to, or than any service's own distance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.facility_distance import distance_to
from inventory.coverage_report import ServiceSites
from inventory.coverage_rules import CoverageRule, DemandOf
from inventory.demand_places import Places, places_of
from inventory.figures import BEYOND
from inventory.inputs import Inputs
from inventory.measures.walk import Answers, answers, portions_at
from inventory.portions import Flags, Portions
from inventory.rule_entrances import entrances
from inventory.rule_features import serving
from inventory.straight_reach import straight_reach
from inventory.walk_sites import WalkSites, unentered, walk_sites_within

SLACK_M = 1.0
"""A walk may be shorter than the straight line by rounding, never by this."""

Shapes = NDArray[np.object_]
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Before:
    """What a demand was: the inputs of then, its pieces, and whether its own layer is still the same."""

    inputs: Inputs
    portions: Portions
    same: bool


def walked(inputs: Inputs, demand: DemandOf, before: Before) -> Portions | None:
    """The pieces of a walk on the same streets; None where a walk can be less than its straight line."""
    kept = before.portions
    walk = inputs.rule.walk
    if walk is None or walk.slope or walk.factors or kept.walk_mm is None or kept.xy is None:
        return None
    if before.same:
        places = Places(kept.xy, kept.amount, kept.zone, kept.id, kept.group, kept.groups)
        row = np.arange(len(kept))
    else:
        places = places_of(inputs, demand)
        row = _at(kept.xy, places.xy)
    reach_m = np.where(kept.walk_mm == BEYOND, walk.search_m, kept.walk_mm / 1000.0)
    reach_m = np.maximum(reach_m, _farthest(inputs.rule)) + SLACK_M
    holds = _told(kept) & ~_near(kept.xy, _moved(_walked_to(before.inputs), _walked_to(inputs)), reach_m)
    taken = row >= 0
    taken[taken] = holds[row[taken]]
    asked = places.xy[~taken]
    fresh = answers(inputs, asked, _sites_around(inputs, asked))
    return portions_at(demand.unit, places, _joined(kept, row, taken, fresh))


def straight(inputs: Inputs, demand: DemandOf, before: Before) -> Portions | None:
    """The same by straight line; None where pieces have an extent and are met in part, or are others."""
    kept = before.portions
    if not before.same or kept.xy is None or kept.met is None or not _at_points(inputs, demand):
        return None
    was, now = straight_reach(before.inputs), straight_reach(inputs)
    moved = _moved(*(zip(each.distance_m.tolist(), each.geometry, strict=True) for each in (was, now)))
    reach_m = np.full(len(kept), _farthest(inputs.rule) + SLACK_M)
    holds = _told(kept) & ~_near(kept.xy, moved, reach_m)
    met = kept.met.copy()
    met[~holds] = np.where(now.holds(kept.xy[~holds]), kept.amount[~holds], 0)
    if kept.known is not None:
        met[~kept.known] = 0
    return replace(kept, met=met)


def recounted(inputs: Inputs, old: Inputs, counts: Sequence[ServiceSites]) -> list[ServiceSites]:
    """How many sites each service has on the same streets: only what came and went is looked for on them."""
    found = []
    for service, count in zip(inputs.rule.services, counts, strict=True):
        was, now = serving(old, service), serving(inputs, service)
        if was is None or now is None or count.unattached is None:
            found.append(ServiceSites(None))
        elif service.entrances is not None:
            found.append(ServiceSites(len(now), unentered(inputs, service, now)))
        else:
            gone, come = _exchanged(was, now)
            lost = unentered(inputs, service, come) - unentered(inputs, service, gone)
            found.append(ServiceSites(len(now), count.unattached + lost))
    return found


def _exchanged(was: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The features whose shapes are no more, and those whose shapes are new; of equal shapes the surplus."""
    shapes = [pd.Series(shapely.to_wkb(frame.geometry.to_numpy()), dtype=object) for frame in (was, now)]
    named = [list(zip(each, each.groupby(each).cumcount(), strict=True)) for each in shapes]
    before, after = (set(each) for each in named)
    gone = was[np.array([name not in after for name in named[0]], np.bool_)]
    come = now[np.array([name not in before for name in named[1]], np.bool_)]
    return gone.reset_index(drop=True), come.reset_index(drop=True)


def _at_points(inputs: Inputs, demand: DemandOf) -> bool:
    """Whether every piece of the demand stands at one point."""
    if demand.kind in ("buildings", "features"):
        return True
    if demand.kind != "people" or demand.layer is None:
        return False
    pinned = [each["version"] for each in inputs.recipe.inputs if each["layer"] == demand.layer]
    specs = [inputs.store.spec_of(inputs.store.version(version)) for version in pinned]
    return all(spec.kind == "raster" or spec.geometry == "point" for spec in specs)


def _farthest(rule: CoverageRule) -> float:
    return max((each.distance_m or 0.0 for each in rule.services), default=0.0)


def _told(kept: Portions) -> Flags:
    """Pieces whose amounts say how they were answered: nothing is met of what is nothing or not known."""
    some: Flags = kept.amount > 0
    return some if kept.known is None else some & kept.known


def _joined(kept: Portions, row: Rows, taken: Flags, fresh: Answers) -> Answers:
    assert kept.met is not None  # noqa: S101 - only a supply has none
    assert kept.met_straight is not None  # noqa: S101 - a walk says all of these
    assert kept.attached is not None  # noqa: S101
    assert kept.walk_mm is not None  # noqa: S101
    old = row[taken]

    def both(before: NDArray[Any], now: NDArray[Any]) -> NDArray[Any]:
        found = np.empty(len(row), now.dtype)
        found[taken], found[~taken] = before[old], now
        return found

    return Answers(
        met=both(kept.met > 0, fresh.met),
        straight=both(kept.met_straight > 0, fresh.straight),
        attached=both(kept.attached, fresh.attached),
        walk_mm=both(kept.walk_mm, fresh.walk_mm),
    )


def _walked_to(inputs: Inputs) -> list[tuple[float, object]]:
    """Every shape one walks to, with the number of its service."""
    found: list[tuple[float, object]] = []
    for number, service in enumerate(inputs.rule.services):
        frame = serving(inputs, service)
        if frame is None:
            continue
        if service.entrances is None:
            shapes = frame.geometry.to_numpy()
        else:
            shapes = np.atleast_1d(shapely.points(entrances(inputs, service, frame)[1]))
        found += [(float(number), shape) for shape in shapes]
    return found


def _moved(was: Iterable[tuple[float, object]], now: Iterable[tuple[float, object]]) -> Shapes:
    """Shapes that are only in one of the two, each with the number that stands beside it."""
    before, after = ({(number, shapely.to_wkb(shape)) for number, shape in each} for each in (was, now))
    return np.asarray(shapely.from_wkb([shape for _, shape in sorted(before ^ after)]), dtype=object)


def _near(xy: NDArray[np.float64], moved: Shapes, reach_m: NDArray[np.float64]) -> Flags:
    """Which places lie as near to what moved as they reach."""
    near = np.zeros(len(xy), np.bool_)
    if not len(moved) or not len(xy):
        return near
    low, high = np.split(shapely.total_bounds(moved), 2)
    aside = np.maximum(np.maximum(low - xy, xy - high), 0.0)  # of the box around all that moved
    some = np.flatnonzero((aside <= reach_m[:, None]).all(axis=1))
    near[some] = distance_to(xy[some], moved, limit_m=float(reach_m.max())) <= reach_m[some]
    return near


def _sites_around(inputs: Inputs, xy: NDArray[np.float64]) -> WalkSites:
    """The services that any of these places can walk to, or lie within the distance of."""
    walk = inputs.rule.walk
    assert walk is not None  # noqa: S101 - the caller has looked
    if not len(xy):
        return walk_sites_within(inputs, (0.0, 0.0, 0.0, 0.0))
    margin_m = max(walk.search_m, _farthest(inputs.rule)) + SLACK_M
    west, south = (xy.min(axis=0) - margin_m).tolist()
    east, north = (xy.max(axis=0) + margin_m).tolist()
    return walk_sites_within(inputs, (west, south, east, north))


def _at(xy: NDArray[np.float64], wanted: NDArray[np.float64]) -> Rows:
    """For each place wanted a row that lies exactly there, -1 where none does."""
    if not len(xy):
        return np.full(len(wanted), -1, np.intp)
    there, asked = _pairs(xy), _pairs(wanted)
    order = np.argsort(there, kind="stable")
    row = order[np.minimum(np.searchsorted(there[order], asked), len(order) - 1)]
    return np.where(there[row] == asked, row, -1)


def _pairs(xy: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Both coordinates as one number, exactly; minus zero is zero."""
    return (np.ascontiguousarray(xy, dtype=np.float64) + 0.0).view(np.complex128).ravel()

"""The engine without a store: streets, demand, sites and zones in, every figure of a report out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geo.overlay import assign_zones
from inventory.demand import Demand
from inventory.gaps import Gap, Group, gaps, unserved_groups
from inventory.rules import Requirement, RuleSet, Tier
from inventory.sites import Sites
from inventory.street_zones import has_streets
from inventory.tally import List, Tally, tally
from inventory.walking import Walking
from inventory.walks import Walks, walks

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Assessment:
    """What was measured; `report` prints it.

    zone: row of each demand point in the zones, -1 outside, shape (n,). has_streets: whether each zone has
    anything to walk on, shape (zones + 2,), with outside and city. gaps: largest first.
    """

    demand: Demand
    sites: Sites
    zone: NDArray[np.int32]
    walks: Walks
    tally: Tally
    has_streets: Flags
    gaps: list[Gap]


def assess(
    streets: Walking,
    demand: Demand,
    sites: Sites,
    zones: gpd.GeoDataFrame,
    rules: RuleSet,
    *,
    key: str,
    walked: Walks | None = None,
    threads: int | None = None,
) -> Assessment:
    """Measure one rule set.

    Everything is in one projected CRS in metres; `zones` may be in any order, ties on their borders go to
    the zone whose `key` sorts first. `walked` are the walks of these streets, demand and sites where they are
    known already: they do not depend on the zones.
    """
    zone = assign_zones(demand.xy, zones, key=key).astype(np.int32)
    walked = walked or walks(streets, demand, sites, threads=threads)
    counted = count(
        walked.walk_mm,
        walked.straight_mm,
        demand.amount,
        zone,
        len(zones),
        walked.attached,
        sites.measured,
        rules,
        threads=threads,
    )
    groups = groups_of(demand.xy, demand.amount, lacking(walked.walk_mm, sites.measured), rules)
    return Assessment(
        demand=demand,
        sites=sites,
        zone=zone,
        walks=walked,
        tally=counted,
        has_streets=has_streets(
            lambda: streets.network,
            zones,
            counted.demand,
            counted.unattached,
            min_component_m=rules.min_component_m,
        ),
        gaps=gaps(groups, zone),
    )


def count(
    walk_mm: NDArray[np.int32],
    straight_mm: NDArray[np.int32],
    amount: NDArray[np.int64],
    zone: NDArray[np.int32],
    zones: int,
    attached: Flags,
    measured: Sequence[Requirement],
    rules: RuleSet,
    *,
    statistics_of: Collection[int] | None = None,
    threads: int | None = None,
) -> Tally:
    """The tally of these points by a rule set, of which the categories `measured` have data."""
    return tally(
        walk_mm,
        straight_mm,
        amount,
        zone,
        zones,
        attached,
        [_millimetres(row.distance_m) for row in measured],
        own=[_list((tier,), measured) for tier in rules.tiers],
        complete=[_list(_up_to(tier, rules), measured) for tier in rules.tiers],
        statistics_of=statistics_of,
        threads=threads,
    )


def lacking(walk_mm: NDArray[np.int32], measured: Sequence[Requirement]) -> Flags:
    """Which of the measured categories each point lacks, shape (categories, n)."""
    limits = np.array([_millimetres(row.distance_m) for row in measured], dtype=np.int32)
    return walk_mm > limits[:, None]


def groups_of(
    xy: NDArray[np.float64], amount: NDArray[np.int64], lacks: Flags, rules: RuleSet
) -> list[Group]:
    """The groups of unserved demand, as large and as many as the rule set has them."""
    return unserved_groups(
        xy, amount, lacks, cell_m=rules.gap_cell_m, spread_m=rules.gap_spread_m, top=rules.gap_top
    )


def _up_to(tier: Tier, rules: RuleSet) -> tuple[Tier, ...]:
    return tuple(t for t in rules.tiers if t.minutes <= tier.minutes)


def _list(tiers: tuple[Tier, ...], measured: Sequence[Requirement]) -> List:
    """The measured rows of some tiers; categories without data are left out, and named elsewhere."""
    column = {row.id: number for number, row in enumerate(measured)}
    rows = (row for tier in tiers for row in tier.requirements if row.id in column)
    return List(tuple((column[row.id], _millimetres(row.distance_m)) for row in rows))


def _millimetres(distance_m: float) -> int:
    return round(distance_m * 1000)

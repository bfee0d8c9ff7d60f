"""An assessment as plain values: the rows of zones, outside and city, and the ranked gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import STORED, transform_xy
from inventory.assessment import Assessment
from inventory.figures import amounts, metres, shares
from inventory.gaps import Gap
from inventory.rules import RuleSet

OUTSIDE = "outside"
CITY = "city"


@dataclass(frozen=True)
class ZoneName:
    """How a zone is called; name_en is None where its layer does not say."""

    code: str
    name: str
    name_en: str | None = None


def report(assessment: Assessment, rules: RuleSet, zones: Sequence[ZoneName], crs: CRS) -> dict[str, Any]:
    """The figures of a result: `categories`, `tiers`, `excluded`, `city`, `zones`, `outside`, `gaps`.

    `zones` are in the order of the assessment's rows; `crs` is the one it was measured in. Zones are
    listed by code. A row without network, demand or any measured category has null shares and a reason,
    and its amounts still enter the sums.
    """
    named = [*zones, ZoneName(OUTSIDE, OUTSIDE), ZoneName(CITY, CITY)]
    rows = rows_of(assessment, rules, named)
    order = sorted(range(len(zones)), key=lambda number: zones[number].code)
    sites = assessment.sites
    ids = [row.id for row in sites.measured]
    count = dict(zip(ids, sites.counts(), strict=True))
    apart = dict(zip(ids, sites.counts(~assessment.walks.sites_attached), strict=True))
    codes = [zone.code for zone in zones]
    return {
        "categories": category_rows(rules, count, apart),
        "tiers": _tiers(assessment, rules),
        "excluded": [
            {"category": row.id, "layer": row.layer, "reason": "no_data"} for row in sites.without_data
        ],
        "zones": [rows[number] for number in order],
        "outside": rows[-2],
        "city": rows[-1],
        "gaps": gap_rows(assessment.gaps, codes, ids, assessment.demand.unit, crs),
    }


def category_rows(
    rules: RuleSet, count: Mapping[str, int], unattached: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The categories of a rule set, with how many sites those have that are measured."""
    return [
        {
            "id": row.id,
            "title_zh": row.title_zh,
            "title_en": row.title_en,
            "layer": row.layer,
            "tiers": list(rules.tiers_of(row.id)),
            "distance_m": row.distance_m,
            "clause": row.clause,
            "source": row.source,
            "standing": row.standing,
            "status": "measured" if row.id in count else "no_data",
            "sites": count.get(row.id),
            "sites_unattached": unattached.get(row.id),
        }
        for row in rules.categories
    ]


def _tiers(assessment: Assessment, rules: RuleSet) -> list[dict[str, Any]]:
    measured = {row.id for row in assessment.sites.measured}
    return [
        {
            "minutes": tier.minutes,
            "walk_m": tier.walk_m,
            "source": tier.source,
            "standing": tier.standing,
            "own": [row.id for row in tier.requirements],
            "required": list(dict.fromkeys(row.id for row in rules.required_by(tier))),
            "measured": len({row.id for row in rules.required_by(tier)} & measured),
            "distances_m": {row.id: row.distance_m for row in tier.requirements},
        }
        for tier in rules.tiers
    ]


def rows_of(assessment: Assessment, rules: RuleSet, names: Sequence[ZoneName]) -> list[dict[str, Any]]:
    """One row per name, in the order of the tally: zones, outside and city."""
    counted = assessment.tally
    reasons = _reasons(assessment)
    whole = np.where([reason is None for reason in reasons], counted.demand, 0)  # of shares: none, no share
    met, straight = counted.complete[0], counted.complete_straight[0]
    share, share_straight = shares(met, whole), shares(straight, whole)
    plain = (counted.demand, met, counted.unattached, counted.unattached_points)
    demand, served, unattached = (amounts(values) for values in plain[:3])
    target = rules.target.share if rules.target else None
    categories = _by_category(assessment, whole)
    tiers = _by_tier(assessment, rules, whole)
    missing = _one_missing(assessment)
    rows: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        mine = share[number]
        row = {
            "code": name.code,
            "name": name.name,
            "demand": demand[number],
            "met": served[number],
            "share": mine,
            "share_straight": share_straight[number],
            "detour_penalty": _less(share_straight[number], mine),
            "target": target,
            "gap": None if target is None or mine is None else max(_less(target, mine) or 0.0, 0.0),
            "reason": reasons[number],
            "unattached": {"amount": unattached[number], "points": int(plain[3][number])},
            "categories": {id_: values[number] for id_, values in categories.items()},
            "tiers": {minutes: values[number] for minutes, values in tiers.items()},
            "one_missing": missing[number],
        }
        if name.name_en is not None:
            row["name_en"] = name.name_en
        rows.append(row)
    return rows


def _reasons(assessment: Assessment) -> list[str | None]:
    """Why a row has no share: nothing measured at all, no street, nobody."""
    no_demand = assessment.tally.demand == 0
    no_network = ~assessment.has_streets
    if assessment.demand.unit == "people":  # metres of street: nobody there means no street there
        no_network &= ~no_demand
    no_network[-2:] = False
    nothing = not assessment.sites.measured
    return [
        "no_data" if nothing else "no_network" if streetless else "no_demand" if nobody else None
        for streetless, nobody in zip(no_network.tolist(), no_demand.tolist(), strict=True)
    ]


def _by_category(assessment: Assessment, whole: NDArray[np.int64]) -> dict[str, list[dict[str, Any]]]:
    counted = assessment.tally
    found: dict[str, list[dict[str, Any]]] = {}
    for number, category in enumerate(assessment.sites.measured):
        walk = counted.walks[number]
        some = (whole > 0) & (walk.reached > 0)
        gini = np.round(walk.gini, 6).tolist()
        columns: dict[str, list[Any]] = {
            "met": amounts(counted.met[number]),
            "share": shares(counted.met[number], whole),
            "share_straight": shares(counted.met_straight[number], whole),
            "mean_m": metres(walk.mean_mm, some),
            "p90_m": metres(walk.p90_mm, some & (walk.p90_mm >= 0)),
            "p90_beyond": ((whole > 0) & (walk.p90_mm < 0)).tolist(),
            "reached_share": shares(walk.reached, whole),
            "gini": [g if known else None for g, known in zip(gini, some.tolist(), strict=True)],
        }
        found[category.id] = _records(columns)
    return found


def _by_tier(
    assessment: Assessment, rules: RuleSet, whole: NDArray[np.int64]
) -> dict[str, list[dict[str, Any]]]:
    counted = assessment.tally
    measured = {row.id for row in assessment.sites.measured}
    found: dict[str, list[dict[str, Any]]] = {}
    for number, tier in enumerate(rules.tiers):
        own = whole if any(row.id in measured for row in tier.requirements) else np.zeros_like(whole)
        all_of = whole if any(row.id in measured for row in rules.required_by(tier)) else np.zeros_like(whole)
        columns: dict[str, list[Any]] = {
            "own": amounts(counted.own[number]),
            "own_share": shares(counted.own[number], own),
            "complete": amounts(counted.complete[number]),
            "complete_share": shares(counted.complete[number], all_of),
            "complete_share_straight": shares(counted.complete_straight[number], all_of),
        }
        found[str(tier.minutes)] = _records(columns)
    return found


def _one_missing(assessment: Assessment) -> list[dict[str, Any]]:
    """Demand that lacks exactly one category, the most frequent first."""
    lost = assessment.tally.one_missing
    total = amounts(lost.sum(axis=0))
    ids = [row.id for row in assessment.sites.measured]
    return [
        {"total": total[row], "by": _ranked(ids, lost[:, row].tolist(), assessment.demand.unit)}
        for row in range(lost.shape[1])
    ]


def gap_rows(
    gaps: Sequence[Gap], codes: Sequence[str], ids: Sequence[str], unit: str, crs: CRS
) -> list[dict[str, Any]]:
    """The gaps as listed. codes: the zones', in the order of their rows; ids: the measured categories'."""
    if not gaps:
        return []
    lon_lat = transform_xy(np.array([gap.xy for gap in gaps]), crs, STORED)
    return [
        {
            "rank": rank,
            unit: amounts(np.array([gap.amount]))[0],
            "points": gap.points,
            "cells": gap.cells,
            "lon": round(float(lon), 6),
            "lat": round(float(lat), 6),
            "zone": codes[gap.zone] if gap.zone >= 0 else OUTSIDE,
            "missing": _ranked(ids, list(gap.lacking), unit),
        }
        for rank, (gap, (lon, lat)) in enumerate(zip(gaps, lon_lat.tolist(), strict=True), 1)
    ]


def _ranked(ids: Sequence[str], thousandths: list[int], unit: str) -> list[dict[str, Any]]:
    found = sorted((-amount, number) for number, amount in enumerate(thousandths) if amount)
    return [{"category": ids[n], unit: amounts(np.array([-amount]))[0]} for amount, n in found]


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _less(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else round(whole - part, 6) + 0.0

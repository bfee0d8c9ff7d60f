"""What was measured under a rule as plain values: services, demands, targets, and the rows of zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.coverage_rules import CoverageRule, CoverageTarget, DemandOf, Service
from inventory.coverage_tally import CoverageTally, Sums
from inventory.figures import amounts, shares
from inventory.filters import Filter
from inventory.report import CITY, OUTSIDE, ZoneName

NO_DATA, NO_DEMAND, NO_NETWORK = "no_data", "no_demand", "no_network"
MEASURED = "measured"
PER = 1000
"""A supply is printed as places for so many people."""

Reasons = Sequence[str | None]
Titles = tuple[str | None, str | None]


@dataclass(frozen=True)
class ServiceSites:
    """What is known of a service: how many there are, None without data; and how many stand on no street."""

    sites: int | None
    unattached: int | None = None


@dataclass(frozen=True)
class Found:
    """One demand as measured.

    tally: None where its layer has no data. has_streets: by row, on foot only. blind: zones in which nobody
    has published the demand, though somebody should, shape (zones,).
    """

    tally: CoverageTally | None
    has_streets: NDArray[np.bool_] | None = None
    blind: NDArray[np.bool_] | None = None


def report(
    rule: CoverageRule,
    zones: Sequence[ZoneName],
    services: Sequence[ServiceSites],
    found: Mapping[str, Found],
    titles: Mapping[str, Titles],
) -> dict[str, Any]:
    """The figures of a result: `services`, `demands`, `headline`, `targets`, `zones`, `outside`, `city`.

    `zones` are in the order of the tallies' rows; they are listed by code. `titles` are those of layers, in
    Chinese and English, None where nobody has published them. The headline is the first demand with data.
    """
    named = [*zones, ZoneName(OUTSIDE, OUTSIDE), ZoneName(CITY, CITY)]
    columns = {each.id: _figures(rule, each, found[each.id], len(named)) for each in rule.demands}
    rows = [
        _row(name, {id_: column[number] for id_, column in columns.items()})
        for number, name in enumerate(named)
    ]
    order = sorted(range(len(zones)), key=lambda number: zones[number].code)
    measured = [each.id for each in rule.demands if found[each.id].tally is not None]
    return {
        "services": [
            _service(each, sites, titles) for each, sites in zip(rule.services, services, strict=True)
        ],
        "demands": [_demand(each, found[each.id], titles) for each in rule.demands],
        "headline": measured[0] if measured else rule.demands[0].id,
        "targets": [_target(each) for each in rule.targets],
        "zones": [rows[number] for number in order],
        "outside": rows[-2],
        "city": rows[-1],
    }


def _row(name: ZoneName, figures: dict[str, Any]) -> dict[str, Any]:
    return {"code": name.code, "name": name.name, "name_en": name.name_en, "figures": figures}


def _service(service: Service, sites: ServiceSites, titles: Mapping[str, Titles]) -> dict[str, Any]:
    zh, en = titles[service.layer]
    return {
        "layer": service.layer,
        "title_zh": service.title_zh or zh,
        "title_en": service.title_en or en,
        **_conditions(service.filter),
        "from": service.start,
        "distance_m": None if service.distance_m is None else round(service.distance_m, 3),
        "minutes": service.minutes,
        "capacity": service.capacity,
        "clause": service.clause,
        "clause_zh": service.clause_zh,
        "source": service.source,
        "source_zh": service.source_zh,
        "standing": service.standing,
        "status": NO_DATA if sites.sites is None else MEASURED,
        "sites": sites.sites,
        "sites_unattached": sites.unattached,
    }


def _conditions(chosen: Filter) -> dict[str, Any]:
    return {
        "where": {column: list(values) for column, values in chosen.where.items()},
        "at_least": dict(chosen.at_least),
        "below": dict(chosen.below),
    }


def _demand(demand: DemandOf, found: Found, titles: Mapping[str, Titles]) -> dict[str, Any]:
    zh, en = titles[demand.layer] if demand.layer else (None, None)
    return {
        "id": demand.id,
        "kind": demand.kind,
        "layer": demand.layer,
        "title_zh": zh,
        "title_en": en,
        "unit": demand.unit,
        "group": demand.group,
        "status": NO_DATA if found.tally is None else MEASURED,
        "groups": sorted(found.tally.groups) if found.tally else [],
    }


def _target(target: CoverageTarget) -> dict[str, Any]:
    return {
        "demand": target.demand,
        "groups": list(target.groups),
        "share": target.share,
        "value": target.value,
        "plan": target.plan,
        "source": target.source,
        "source_zh": target.source_zh,
        "standing": target.standing,
    }


def _figures(rule: CoverageRule, demand: DemandOf, found: Found, rows: int) -> list[dict[str, Any]]:
    """One figure a row. Without data nothing is known, not even how much demand there is."""
    if found.tally is None:
        nothing = dict.fromkeys(_PLAIN)
        return [nothing | {"reason": NO_DATA, "groups": {}} for _ in range(rows)]
    counted = found.tally
    reasons = _reasons(demand, found, counted)
    columns = _columns(rule, counted.all, reasons, rule.targets_of(demand.id))
    columns["unattached"] = _unattached(counted, rows)
    columns["unknown"] = amounts(counted.unknown)
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, sums in counted.groups.items():
        empty = (sums.demand == 0).tolist()
        why = [each or (NO_DEMAND if nobody else None) for each, nobody in zip(reasons, empty, strict=True)]
        groups[name] = _records(_columns(rule, sums, why, rule.targets_of(demand.id, name)))
    plain = _records(columns)
    return [
        row | {"groups": {name: records[number] for name, records in groups.items()}}
        for number, row in enumerate(plain)
    ]


_PLAIN = (
    "demand",
    "met",
    "share",
    "share_straight",
    "detour_penalty",
    "value",
    "target",
    "gap",
    "unattached",
    "unknown",
)


def _columns(
    rule: CoverageRule, sums: Sums, reasons: Reasons, targets: Sequence[CoverageTarget]
) -> dict[str, list[Any]]:
    """The figures of a demand, or of one of its groups; amounts are given also where there is no share."""
    rows = len(sums.demand)
    whole = np.where([reason is None for reason in reasons], sums.demand, 0)
    share = [None] * rows if sums.met is None else shares(sums.met, whole)
    straight = [None] * rows if sums.met_straight is None else shares(sums.met_straight, whole)
    value = _values(sums, whole)
    level = targets[0].level if targets else None
    reached = value if rule.catchment == "supply" else share
    return {
        "demand": amounts(sums.demand),
        "met": [None] * rows if sums.met is None else amounts(sums.met),
        "share": share,
        "share_straight": straight,
        "detour_penalty": [_less(one, other) for one, other in zip(straight, share, strict=True)],
        "value": value,
        "target": [level] * rows,
        "gap": [None if (less := _less(level, each)) is None else max(less, 0.0) for each in reached],
        "reason": list(reasons),
    }


def _values(sums: Sums, whole: NDArray[np.int64]) -> list[float | None]:
    """Places for `PER` units of demand, to three decimals."""
    if sums.value is None:
        return [None] * len(whole)
    printed = np.round(sums.value * PER, 3).tolist()
    return [each if some else None for each, some in zip(printed, (whole > 0).tolist(), strict=True)]


def _reasons(demand: DemandOf, found: Found, counted: CoverageTally) -> Reasons:
    """Why a row has no share: nothing to measure by, no street, nobody there."""
    nobody = counted.all.demand == 0
    dark = nobody & (counted.unknown > 0)
    if found.blind is not None:
        dark[:-2] |= nobody[:-2] & found.blind
    streetless = np.zeros(len(nobody), np.bool_)
    if found.has_streets is not None:
        streetless = ~found.has_streets & ~nobody
        streetless[-2:] = False
    return [
        NO_DATA if unseen else NO_NETWORK if lost else NO_DEMAND if empty else None
        for unseen, lost, empty in zip(dark.tolist(), streetless.tolist(), nobody.tolist(), strict=True)
    ]


def _unattached(counted: CoverageTally, rows: int) -> list[dict[str, Any] | None]:
    if counted.unattached is None or counted.unattached_points is None:
        return [None] * rows
    points = counted.unattached_points.tolist()
    return [{"amount": a, "points": p} for a, p in zip(amounts(counted.unattached), points, strict=True)]


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _less(whole: float | None, part: float | None) -> float | None:
    return None if whole is None or part is None else round(whole - part, 6) + 0.0

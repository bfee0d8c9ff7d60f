"""The numbers a result was made with, as plain values that every report prints."""

from dataclasses import asdict
from typing import Any

from inventory.coverage_rules import CoverageRule, StatusRule
from inventory.walk_rules import WalkRule


def parameters(rule: CoverageRule, working_crs: str) -> dict[str, Any]:
    """Everything beside clauses and distances that figures depend on; named as in results of circles."""
    found: dict[str, Any] = {"working_crs": working_crs}
    if rule.walk is not None:
        cells = {each.id: each.cell_m for each in rule.demands if each.kind in _SEEN_AS_CELLS}
        found |= _walk(rule.walk) | {"cell_m": cells}
    for table in (rule.along, rule.raster, rule.supply):
        if table is not None:
            found |= asdict(table)
    if rule.supply is not None:
        found["bands"] = [list(band) for band in rule.supply.bands]
    if rule.status is not None:
        found |= _status(rule.status)
    return found


_SEEN_AS_CELLS = ("land", "residential_land", "road_length", "people")


def _walk(walk: WalkRule) -> dict[str, Any]:
    return {
        "network": walk.layer,
        "walk_speed_km_h": walk.speed_km_h,
        "not_walkable": list(walk.not_walkable),
        **walked_otherwise(walk),
        "attach_limit_m": walk.limit_m,
        "min_component_m": walk.min_component_m,
        "search_m": walk.search_m,
    }


def walked_otherwise(walk: WalkRule) -> dict[str, Any]:
    """What makes a walk another than the length of the streets."""
    return {
        "slope": walk.slope,
        "factors": dict(walk.factors),
        "closed": {column: list(values) for column, values in walk.closed.items()},
        "barriers": list(walk.barriers),
    }


def _status(status: StatusRule) -> dict[str, Any]:
    without = status.without
    return {
        "met": {column: list(values) for column, values in status.met.where.items()},
        "at_least": dict(status.met.at_least),
        "above": dict(status.met.above),
        "known": None
        if status.known is None
        else {column: list(values) for column, values in status.known.where.items()},
        "without": None
        if without is None
        else {
            "layer": without.layer,
            "where": {column: list(values) for column, values in without.filter.where.items()},
            "within_days": without.within_days,
            "date": without.date,
            "near_m": without.near_m,
        },
    }

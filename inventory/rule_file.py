"""Reading rule files: every key known, every number with its source and standing, nothing contradictory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inventory import coverage_rule_file
from inventory.errors import RuleError, RuleSetNotFound
from inventory.rule_catchments import as_walked
from inventory.rule_documents import CIRCLES, COVERAGE, PACKAGED, overlaid, toml
from inventory.rule_keys import fault, metres, positive, standing, walking_speed, whole
from inventory.rules import DemandRule, Requirement, RuleSet, Target, Tier
from inventory.walk_rules import WalkRule
from layers.toml_table import TomlTable

CELL_LEAST_M = 1.0
"""Of cells and pieces: finer ones are as many as no memory holds."""

__all__ = ["PACKAGED", "faults", "from_document", "parse", "rule_set", "rule_sets"]


def rule_sets(home: Path | None = None) -> dict[str, RuleSet]:
    """All rule sets by id: the packaged ones, overlaid by those of `home/rules`, without broken ones."""
    return dict(overlaid(CIRCLES, home, from_document).rules)


def rule_set(name: str, home: Path | None = None) -> RuleSet:
    """The rule set with this id, as the city overlays it; RuleError if its file is broken."""
    known = overlaid(CIRCLES, home, from_document)
    known.refuse(name)
    if name not in known.rules:
        raise RuleSetNotFound(name, sorted(known.rules))
    return known.rules[name]


def faults(home: Path | None) -> list[RuleError]:
    """What is wrong with the rule files of `home`, of either kind, each file once, by name."""
    found = [
        *overlaid(CIRCLES, home, from_document).faults.values(),
        *overlaid(COVERAGE, home, coverage_rule_file.from_document).faults.values(),
    ]
    return [error for _, error in sorted({error.file: error for error in found}.items())]


def parse(content: bytes, file: str) -> RuleSet:
    """The rule set a TOML file holds; RuleError names `file` and the key that cannot be used."""
    return from_document(toml(content, file), file)


def from_document(document: Mapping[str, Any], file: str) -> RuleSet:
    """The rule set of plain values, as a file or a recipe holds them."""
    top = TomlTable(dict(document), file, fault)
    top.text("kind", CIRCLES, choices=(CIRCLES,))
    gaps = top.table("gaps")
    walk = _walk(top)
    rules = RuleSet(
        id=top.text("id"),
        title_zh=top.text("title_zh"),
        title_en=top.text("title_en"),
        source=top.text("source"),
        standing=standing(top),
        walk=walk,
        demand=_demand(top.table("demand"), walk.layer),
        gap_cell_m=metres(gaps, "cell_m", least=CELL_LEAST_M),
        gap_spread_m=metres(gaps, "spread_m", zero=True),
        gap_top=whole(gaps, "top"),
        target=_target(top.table("target")) if top.has("target") else None,
        tiers=_tiers(top, walk.speed_km_h),
        document=document,
    )
    for table in (gaps, top):
        table.done()
    _contradictions(rules, file)
    return rules


def _walk(top: TomlTable) -> WalkRule:
    """[network] and [attach], the speed and the search, and what an optional [walk] adds to them."""
    network, attach, walk = top.table("network"), top.table("attach"), top.table("walk")
    plain = WalkRule(
        layer=network.text("layer"),
        not_walkable=network.texts("not_walkable"),
        speed_km_h=walking_speed(top, "walk_speed_km_h"),
        slope=None,
        factors={},
        closed={},
        barriers=(),
        limit_m=metres(attach, "limit_m"),
        min_component_m=metres(attach, "min_component_m", zero=True),
        search_m=metres(top, "search_m"),
    )
    for key in sorted(_ELSEWHERE.keys() & set(walk.names())):
        walk.fail(key, f"is said as {_ELSEWHERE[key]} in a rule set of circles")
    rule = as_walked(plain, walk)
    for table in (network, attach, walk):
        table.done()
    return rule


_ELSEWHERE = {
    "layer": "network.layer",
    "not_walkable": "network.not_walkable",
    "speed_km_h": "walk_speed_km_h",
    "limit_m": "attach.limit_m",
    "min_component_m": "attach.min_component_m",
    "search_m": "search_m",
}
"""Keys of [walk] in a coverage rule that circles have in other places."""


def _demand(table: TomlTable, network_layer: str) -> DemandRule:
    if table.text("kind", choices=("people", "street_metres")) == "people":
        rule = DemandRule("people", table.text("layer"), table.text("amount"), 0.0)
    else:
        rule = DemandRule("street_metres", network_layer, None, metres(table, "piece_m", least=CELL_LEAST_M))
    table.done()
    return rule


def _target(table: TomlTable) -> Target:
    target = Target(positive(table, "share", zero=True), table.text("source"), standing(table))
    if target.share > 1:
        table.fail("share", f"{target.share:g} is more than everybody: write 85 % as 0.85")
    table.done()
    return target


def _tiers(top: TomlTable, walk_speed_km_h: float) -> tuple[Tier, ...]:
    tiers = tuple(_tier(table, walk_speed_km_h) for table in top.tables("tiers"))
    if not tiers:
        top.fail("tiers", "is missing: a rule set needs at least one [[tiers]]")
    return tuple(sorted(tiers, key=lambda tier: -tier.minutes))


def _tier(table: TomlTable, walk_speed_km_h: float) -> Tier:
    rows = tuple(_requirement(row, walk_speed_km_h) for row in table.tables("categories"))
    if not rows:
        table.fail("categories", "is missing: a tier needs at least one [[tiers.categories]]")
    tier = Tier(whole(table, "minutes"), metres(table, "walk_m"), table.text("source"), standing(table), rows)
    table.done()
    return tier


def _requirement(table: TomlTable, walk_speed_km_h: float) -> Requirement:
    if table.has("distance_m") == table.has("walk_minutes"):
        table.fail("distance_m", "give either distance_m or walk_minutes")
    if table.has("walk_minutes"):
        distance_m = positive(table, "walk_minutes") * walk_speed_km_h * 1000.0 / 60.0
    else:
        distance_m = metres(table, "distance_m")
    row = Requirement(
        id=table.text("id"),
        title_zh=table.text("title_zh"),
        title_en=table.text("title_en"),
        layer=table.text("layer"),
        where=_where(table.table("where")),
        count=table.optional_text("count"),
        distance_m=distance_m,
        clause=table.text("clause"),
        source=table.text("source"),
        standing=standing(table),
    )
    table.done()
    return row


def _where(table: TomlTable) -> dict[str, str]:
    return {column: table.text(column) for column in sorted(table.names())}


def _contradictions(rules: RuleSet, file: str) -> None:
    """One category means one thing, a tier lists it once, and no row is beyond the search."""
    if len({tier.minutes for tier in rules.tiers}) < len(rules.tiers):
        raise RuleError(file, "tiers", "two tiers have the same minutes")
    seen: dict[str, Requirement] = {}
    for tier in rules.tiers:
        here: set[str] = set()
        for row in tier.requirements:
            key = f"tiers.{tier.minutes}.{row.id}"
            if row.id in here:
                raise RuleError(file, key, "is listed twice in one tier")
            here.add(row.id)
            other = seen.setdefault(row.id, row)
            if (row.layer, row.where, row.count) != (other.layer, other.where, other.count):
                raise RuleError(file, key, "names another layer, filter or count than in another tier")
            if (row.title_zh, row.title_en) != (other.title_zh, other.title_en):
                raise RuleError(file, key, "has another title than in another tier")
            if row.distance_m > rules.search_m:
                raise RuleError(file, key, f"{row.distance_m:g} m lies beyond search_m = {rules.search_m:g}")

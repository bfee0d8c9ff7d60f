"""Reading rule files: every key known, every number with its source and standing, nothing contradictory."""

import math
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, cast, get_args

from inventory.errors import RuleError, RuleSetNotFound
from inventory.rules import DemandRule, NetworkRule, Requirement, RuleSet, Standing, Target, Tier
from layers.toml_table import TomlTable

PACKAGED = files("inventory") / "rules"


def rule_sets(home: Path | None = None) -> dict[str, RuleSet]:
    """All rule sets by id: the packaged ones, overlaid by those of `home/rules`."""
    found: dict[str, RuleSet] = {}
    packaged = [entry for entry in PACKAGED.iterdir() if entry.name.endswith(".toml")]
    own = list((home / "rules").glob("*.toml")) if home is not None else []
    for group in (packaged, own):
        names: dict[str, str] = {}
        for entry in sorted(group, key=lambda e: e.name):
            rules = parse(entry.read_bytes(), entry.name)
            if rules.id in names:
                raise RuleError(entry.name, "id", f"{rules.id!r} is also the id of {names[rules.id]}")
            names[rules.id] = entry.name
            found[rules.id] = rules
    return found


def rule_set(name: str, home: Path | None = None) -> RuleSet:
    """The rule set with this id, as the city overlays it."""
    known = rule_sets(home)
    if name not in known:
        raise RuleSetNotFound(name, sorted(known))
    return known[name]


def parse(content: bytes, file: str) -> RuleSet:
    """The rule set a TOML file holds; RuleError names `file` and the key that cannot be used."""
    try:
        document = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise RuleError(file, f"byte {error.start}", "the file is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise RuleError(file, "syntax", str(error)) from error
    return from_document(document, file)


def from_document(document: Mapping[str, Any], file: str) -> RuleSet:
    """The rule set of plain values, as a file or a recipe holds them."""
    top = TomlTable(dict(document), file, _fault)
    network, attach, gaps = top.table("network"), top.table("attach"), top.table("gaps")
    network_layer = network.text("layer")
    speed = _positive(top, "walk_speed_km_h")
    rules = RuleSet(
        id=top.text("id"),
        title_zh=top.text("title_zh"),
        title_en=top.text("title_en"),
        source=top.text("source"),
        standing=_standing(top),
        walk_speed_km_h=speed,
        search_m=_positive(top, "search_m"),
        network=NetworkRule(network_layer, network.texts("not_walkable")),
        demand=_demand(top.table("demand"), network_layer),
        attach_limit_m=_positive(attach, "limit_m"),
        min_component_m=_positive(attach, "min_component_m", zero=True),
        gap_cell_m=_positive(gaps, "cell_m"),
        gap_spread_m=_positive(gaps, "spread_m", zero=True),
        gap_top=_whole(gaps, "top"),
        target=_target(top.table("target")) if top.has("target") else None,
        tiers=_tiers(top, speed),
        document=document,
    )
    for table in (network, attach, gaps, top):
        table.done()
    _contradictions(rules, file)
    return rules


def _fault(path: Path | str, key: str, problem: str) -> RuleError:
    return RuleError(str(path), key, problem)


def _demand(table: TomlTable, network_layer: str) -> DemandRule:
    if table.text("kind", choices=("people", "street_metres")) == "people":
        rule = DemandRule("people", table.text("layer"), table.text("amount"), 0.0)
    else:
        rule = DemandRule("street_metres", network_layer, None, _positive(table, "piece_m"))
    table.done()
    return rule


def _target(table: TomlTable) -> Target:
    target = Target(_positive(table, "share", zero=True), table.text("source"), _standing(table))
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
    tier = Tier(
        _whole(table, "minutes"), _positive(table, "walk_m"), table.text("source"), _standing(table), rows
    )
    table.done()
    return tier


def _requirement(table: TomlTable, walk_speed_km_h: float) -> Requirement:
    if table.has("distance_m") == table.has("walk_minutes"):
        table.fail("distance_m", "give either distance_m or walk_minutes")
    if table.has("walk_minutes"):
        distance_m = _positive(table, "walk_minutes") * walk_speed_km_h * 1000.0 / 60.0
    else:
        distance_m = _positive(table, "distance_m")
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
        standing=_standing(table),
    )
    table.done()
    return row


def _where(table: TomlTable) -> dict[str, str]:
    return {column: table.text(column) for column in sorted(table.names())}


def _positive(table: TomlTable, key: str, *, zero: bool = False) -> float:
    value = table.number(key)
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        table.fail(key, f"should be above zero, is {value:g}")
    return value


def _whole(table: TomlTable, key: str) -> int:
    value = _positive(table, key)
    if value != int(value):
        table.fail(key, f"should be a whole number, is {value:g}")
    return int(value)


def _standing(table: TomlTable) -> Standing:
    return cast(Standing, table.text("standing", choices=get_args(Standing)))


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

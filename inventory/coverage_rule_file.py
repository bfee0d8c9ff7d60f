"""Reading coverage rules: every key known, every number finite and with its source, nothing contradictory."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast, get_args

from inventory import rule_keys as keys
from inventory.coverage_rules import (
    SERVED,
    WALKED,
    Catchment,
    CoverageRule,
    CoverageTarget,
    DemandKind,
    DemandOf,
    Service,
    Start,
    WalkRule,
    walked_m,
)
from inventory.errors import RuleNotFound
from inventory.rule_catchments import along_rule, raster_rule, status_rule, supply_rule, walk_rule
from inventory.rule_documents import COVERAGE, overlaid, toml
from layers.toml_table import TomlTable, shown

CELL_M, LAND_CELL_M = 25.0, 100.0
"""How finely areas and lines are sampled on foot; plain land and areas of people, most of them nobody's home,
more coarsely."""
CELL_LEAST_M = 1.0
RESERVED = "circles"
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SAMPLED: tuple[DemandKind, ...] = ("land", "residential_land", "road_length", "people")


def coverage_rules(home: Path | None = None) -> dict[str, CoverageRule]:
    """All coverage rules by id, sorted: the packaged ones, overlaid by those of `home/rules`.

    Those whose file is broken are not among them: `rule_documents.overlaid` tells why.
    """
    return dict(sorted(overlaid(COVERAGE, home, from_document).rules.items()))


def coverage_rule(name: str, home: Path | None = None) -> CoverageRule:
    """The rule with this id, as the city overlays it; RuleNotFound if there is none, RuleError if its file
    is broken."""
    known = overlaid(COVERAGE, home, from_document)
    known.refuse(name)
    if name not in known.rules:
        raise RuleNotFound(name, sorted(known.rules))
    return known.rules[name]


def parse(content: bytes, file: str) -> CoverageRule:
    """The rule a TOML file holds; RuleError names `file` and the key that cannot be used."""
    return from_document(toml(content, file), file)


def from_document(document: Mapping[str, Any], file: str) -> CoverageRule:
    """The rule of plain values, as a file or a recipe holds them."""
    top = TomlTable(dict(document), file, keys.fault)
    top.text("kind", choices=(COVERAGE,))
    catchment = cast(Catchment, top.text("catchment", choices=get_args(Catchment)))
    _only(top, catchment)
    walk = walk_rule(top.table("walk")) if catchment in WALKED else None
    above = keys.Reference(
        top.text("clause"),
        top.text("source"),
        keys.standing(top),
        top.optional_text("clause_zh"),
        top.optional_text("source_zh"),
    )
    demands = _demands(top, catchment)
    rule = CoverageRule(
        id=_id(top, "id"),
        title_zh=top.text("title_zh"),
        title_en=top.text("title_en"),
        clause=above.clause,
        source=above.source,
        standing=above.standing,
        catchment=catchment,
        services=_services(top, catchment, walk, above),
        demands=demands,
        targets=_targets(top, catchment, demands),
        walk=walk,
        along=along_rule(top.table("along")) if catchment == "along" else None,
        status=status_rule(top.table("status")) if catchment == "status" else None,
        raster=raster_rule(top.table("raster")) if catchment == "raster" else None,
        supply=supply_rule(top.table("supply")) if catchment == "supply" else None,
        document=document,
        clause_zh=above.clause_zh,
        source_zh=above.source_zh,
    )
    top.done()
    return rule


def _only(top: TomlTable, catchment: Catchment) -> None:
    """Tables of other catchments contradict this one."""
    for name in ("along", "status", "raster", "supply"):
        if top.has(name) and name != catchment:
            top.fail(name, f"belongs to the catchment {name!r}; this rule's is {catchment!r}")
    if top.has("walk") and catchment not in WALKED:
        top.fail("walk", f"belongs to the catchments {', '.join(WALKED)}; this rule's is {catchment!r}")
    if top.has("services") and catchment not in SERVED:
        top.fail("services", f"a rule of catchment {catchment!r} looks at the demand itself and has none")


def _id(table: TomlTable, key: str) -> str:
    text = table.text(key)
    if not _ID.fullmatch(text) or text == RESERVED:
        table.fail(
            key, f"should be lower-case letters, digits, - and _, and not {RESERVED!r}, is {shown(text)}"
        )
    return text


def _services(
    top: TomlTable, catchment: Catchment, walk: WalkRule | None, above: keys.Reference
) -> tuple[Service, ...]:
    found = tuple(_service(row, catchment, walk, above) for row in top.tables("services"))
    if not found and catchment in SERVED:
        top.fail("services", "is missing: a rule of this catchment needs at least one [[services]]")
    return found


def _service(table: TomlTable, catchment: Catchment, walk: WalkRule | None, above: keys.Reference) -> Service:
    minutes, distance_m = _reach(table, catchment, walk)
    start = _start(table, catchment)
    if table.has("entrances") != (start == "entrance"):
        table.fail("entrances", 'goes together with from = "entrance"')
    reference = keys.reference(table, above)
    title_zh, title_en = table.optional_text("title_zh"), table.optional_text("title_en")
    if (title_zh is None) != (title_en is None):
        table.fail("title_zh" if title_zh is None else "title_en", "is missing beside the other language's")
    if table.has("capacity") != (catchment == "supply"):
        table.fail("capacity", "the column of places: belongs to the catchment 'supply', which needs it")
    service = Service(
        layer=table.text("layer"),
        title_zh=title_zh,
        title_en=title_en,
        filter=keys.filter_of(table),
        start=start,
        entrances=table.optional_text("entrances"),
        entrance_of=table.text("entrance_of") if start == "entrance" else None,
        distance_m=distance_m,
        minutes=minutes,
        count=table.optional_text("count"),
        capacity=table.optional_text("capacity"),
        clause=reference.clause,
        source=reference.source,
        standing=reference.standing,
        clause_zh=reference.clause_zh,
        source_zh=reference.source_zh,
    )
    table.done()
    return service


def _reach(
    table: TomlTable, catchment: Catchment, walk: WalkRule | None
) -> tuple[float | None, float | None]:
    """Minutes, if the row states them, and metres."""
    if catchment == "along":
        for key in ("distance_m", "minutes"):
            if table.has(key):
                table.fail(key, "along a line the reach stands in [along]")
        return None, None
    if table.has("minutes") and walk is None:
        table.fail("minutes", f"nobody walks in a rule of catchment {catchment!r}: give distance_m")
    if table.has("distance_m") == table.has("minutes"):
        table.fail("distance_m", "give either distance_m or minutes" if walk else "is missing")
    minutes = keys.positive(table, "minutes") if table.has("minutes") else None
    if minutes is not None and walk is not None:
        distance_m = walked_m(minutes, walk.speed_km_h)
    else:
        distance_m = keys.metres(table, "distance_m")
    if walk is not None and distance_m > walk.search_m:
        key = "distance_m" if minutes is None else "minutes"
        table.fail(key, f"{distance_m:g} m lies beyond walk.search_m = {walk.search_m:g}")
    return minutes, distance_m


def _start(table: TomlTable, catchment: Catchment) -> Start | None:
    if catchment == "straight":
        return cast(Start, table.text("from", "boundary", choices=get_args(Start)))
    if not table.has("from"):
        return None
    if catchment not in WALKED:
        table.fail("from", f"means nothing in a rule of catchment {catchment!r}")
    return cast(Start, table.text("from", choices=("entrance",)))


_COARSE: tuple[DemandKind, ...] = ("land", "people")
_FITTING: Mapping[Catchment, tuple[DemandKind, ...]] = {
    "along": ("road_length",),
    "supply": ("people",),
    "raster": ("land", "residential_land", "buildings", "people", "features"),
    "status": ("residential_land", "buildings", "people", "road_length", "features"),
}


def _demands(top: TomlTable, catchment: Catchment) -> tuple[DemandOf, ...]:
    found = tuple(_demand(row, catchment) for row in top.tables("demands"))
    if not found:
        top.fail("demands", "is missing: say what is to be covered in at least one [[demands]]")
    for number, demand in enumerate(found, start=1):
        if demand.id in {each.id for each in found[: number - 1]}:
            top.fail(f"demands[{number}].id", f"{demand.id!r} is used twice: give each demand an id")
    return found


def _demand(table: TomlTable, catchment: Catchment) -> DemandOf:
    fitting = _FITTING.get(catchment, get_args(DemandKind))
    kind = cast(DemandKind, table.text("kind", choices=fitting))
    for key in ("layer", "where", "at_least", "below", "group"):
        if kind == "land" and table.has(key):
            table.fail(key, "land is the ground of the zones themselves")
    if table.has("amount") and kind not in ("people", "buildings"):
        table.fail("amount", f"{kind} is measured, not read from a column")
    if table.has("cell_m") and not (catchment in WALKED and kind in _SAMPLED):
        table.fail("cell_m", f"nothing is sampled for {kind} in a rule of catchment {catchment!r}")
    cell_m = keys.metres(table, "cell_m", LAND_CELL_M if kind in _COARSE else CELL_M, least=CELL_LEAST_M)
    demand = DemandOf(
        id=_id(table, "id") if table.has("id") else kind,
        kind=kind,
        layer=None if kind == "land" else table.text("layer"),
        amount=table.optional_text("amount"),
        filter=keys.filter_of(table),
        group=table.optional_text("group"),
        cell_m=cell_m,
    )
    table.done()
    return demand


def _targets(
    top: TomlTable, catchment: Catchment, demands: tuple[DemandOf, ...]
) -> tuple[CoverageTarget, ...]:
    known = {demand.id: demand for demand in demands}
    seen: set[tuple[str, str | None, str | None]] = set()
    found = []
    for table in top.tables("targets"):
        target = _target(table, catchment, known, demands[0].id)
        for group in target.groups or (None,):
            if (target.demand, group, target.plan) in seen:
                table.fail("demand", f"{target.demand!r} has such a target already: name another plan")
            seen.add((target.demand, group, target.plan))
        found.append(target)
    return tuple(found)


def _target(
    table: TomlTable, catchment: Catchment, known: Mapping[str, DemandOf], first: str
) -> CoverageTarget:
    demand = table.text("demand", first)
    if demand not in known:
        table.fail("demand", f"should be one of {', '.join(known)}, is {shown(demand)}")
    groups = table.texts("where_group")
    if groups and known[demand].group is None:
        table.fail("where_group", f"demand {demand!r} is not given by groups: it has no `group`")
    named, other = ("value", "share") if catchment == "supply" else ("share", "value")
    if table.has(other):
        table.fail(other, f"a rule of catchment {catchment!r} is measured by {named}")
    level = keys.positive(table, named, zero=True)
    if named == "share" and level > 1:
        table.fail("share", f"{level:g} is more than all: write 85 % as 0.85")
    target = CoverageTarget(
        demand=demand,
        groups=groups,
        share=level if named == "share" else None,
        value=level if named == "value" else None,
        plan=table.optional_text("plan"),
        source=table.text("source"),
        standing=keys.standing(table),
        source_zh=table.optional_text("source_zh"),
    )
    table.done()
    return target

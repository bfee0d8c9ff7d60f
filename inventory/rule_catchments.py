"""The tables of a rule file that say how a catchment measures: [walk], [along], [status] and so on."""

from dataclasses import replace
from typing import Literal, cast

from inventory import rule_keys as keys
from inventory.coverage_rules import AlongRule, RasterRule, StatusRule, SupplyRule, Without
from inventory.filters import Filter
from inventory.walk_rules import WalkRule
from layers.toml_table import TomlTable

WALK_SPEED_KM_H = 4.0  # sources differ, 3.6 to 5 km/h; a parameter that every result prints
ATTACH_M, COMPONENT_M, SEARCH_M = 200.0, 5000.0, 5000.0  # see docs/reach.md


def walk_rule(table: TomlTable) -> WalkRule:
    """[walk]; all of it may be left out."""
    plain = WalkRule(
        layer=table.text("layer", "walk_network"),
        not_walkable=table.texts("not_walkable"),
        speed_km_h=keys.walking_speed(table, "speed_km_h", WALK_SPEED_KM_H),
        slope=None,
        factors={},
        closed={},
        barriers=(),
        limit_m=keys.metres(table, "limit_m", ATTACH_M),
        min_component_m=keys.metres(table, "min_component_m", COMPONENT_M, zero=True),
        search_m=keys.metres(table, "search_m", SEARCH_M),
    )
    rule = as_walked(plain, table)
    table.done()
    return rule


def as_walked(plain: WalkRule, table: TomlTable) -> WalkRule:
    """The rule with the slope, factors, closed streets and barriers of a [walk] table."""
    factors, closed = table.table("factors"), table.table("closed")
    rule = replace(
        plain,
        slope=table.optional_text("slope"),
        factors={name: keys.positive(factors, name) for name in sorted(factors.names())},
        closed={name: closed.values(name) for name in sorted(closed.names())},
        barriers=table.texts("barriers"),
    )
    if len(set(rule.barriers)) < len(rule.barriers):
        table.fail("barriers", "names a layer twice")
    if rule.slope == rule.layer or rule.slope in rule.barriers:
        table.fail("slope", f"names {rule.slope!r}, which has no heights: it is walked on or in the way")
    if rule.layer in rule.barriers:
        table.fail("barriers", f"names {rule.layer!r}: the streets are not in the way to themselves")
    shut = sorted(set(rule.factors) & set(rule.not_walkable))
    if shut:
        table.fail(f"factors.{shut[0]}", "is also in not_walkable: nobody walks there at any pace")
    return rule


def along_rule(table: TomlTable) -> AlongRule:
    """[along]."""
    rule = AlongRule(
        keys.metres(table, "aside_m"), keys.metres(table, "reach_m"), table.optional_text("line_of")
    )
    table.done()
    return rule


def status_rule(table: TomlTable) -> StatusRule:
    """[status]: a state, a level, or freedom from events; at least one of them."""
    met, least, above = table.table("met"), table.table("at_least"), table.table("above")
    without = _without(table.table("without")) if table.has("without") else None
    known = keys.where_of(table.table("known")) if table.has("known") else None
    state = Filter(keys.where_of(met).where, _bounds(least), above=_bounds(above))
    rule = StatusRule(state, without, known)
    if rule.met.is_empty and without is None:
        table.fail("met", "is missing: say the state as `met`, `at_least`, `above` or `without`")
    if known is not None and known.is_empty:
        table.fail("known", "names no column")
    table.done()
    return rule


def _bounds(table: TomlTable) -> dict[str, float | str]:
    """For each column a number, or the name of the column that holds one."""
    return {
        column: table.text(column) if table.is_text(column) else keys.finite(table, column)
        for column in sorted(table.names())
    }


def _without(table: TomlTable) -> Without:
    if table.has("within_days") != table.has("date"):
        table.fail("within_days" if table.has("date") else "date", "`within_days` needs the column `date`")
    rule = Without(
        layer=table.text("layer"),
        filter=keys.filter_of(table),
        within_days=keys.positive(table, "within_days") if table.has("within_days") else None,
        date=table.optional_text("date"),
        near_m=keys.metres(table, "near_m", 0.0, zero=True),
    )
    table.done()
    return rule


def raster_rule(table: TomlTable) -> RasterRule:
    """[raster]: a band, or an index of two, and one bound."""
    if table.has("at_least") == table.has("below"):
        table.fail("at_least", "give either at_least or below")
    index = table.has("index")
    if index:
        table.text("index", choices=("ndvi",))
    for key in ("red", "nir"):
        if table.has(key) != index:
            table.fail(key, "the bands red and nir go together with index")
    if index and table.has("band"):
        table.fail("band", "an index is made of red and nir, not of one band")
    rule = RasterRule(
        layer=table.text("layer"),
        band=None if index else keys.whole(table, "band", 1),
        red=keys.whole(table, "red") if index else None,
        nir=keys.whole(table, "nir") if index else None,
        at_least=keys.finite(table, "at_least") if table.has("at_least") else None,
        below=keys.finite(table, "below") if table.has("below") else None,
    )
    if index and rule.red == rule.nir:
        table.fail("nir", "is the same band as red")
    table.done()
    return rule


def supply_rule(table: TomlTable) -> SupplyRule:
    """[supply]; without it every place within reach counts alike."""
    weights = cast(
        Literal["binary", "step", "gaussian"],
        table.text("weights", "binary", choices=("binary", "step", "gaussian")),
    )
    if table.has("bands") != (weights == "step"):
        table.fail("bands", 'goes together with weights = "step"')
    rule = SupplyRule(weights, table.pairs("bands"))
    limits = [limit for limit, _ in rule.bands]
    if weights == "step" and not limits:
        table.fail("bands", "is empty: name at least one [metres, weight]")
    if not all(0 < limit < float("inf") for limit in limits) or limits != sorted(set(limits)):
        table.fail("bands", f"should rise in metres, is {limits}")
    if not all(0 < weight <= 1 for _, weight in rule.bands):
        table.fail("bands", "should have weights above 0 and at most 1")
    table.done()
    return rule

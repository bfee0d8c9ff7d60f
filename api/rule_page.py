"""What stands on the page of a coverage rule, and in the list of rules."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from api import charts, rule_map
from api.asked import write_area
from api.coverage_tables import CoverageReport, Row
from api.deps import Site
from api.left_out import unfollowed
from api.map_page import when_text
from api.pages import link
from api.params import When
from api.results import Asked, Result
from api.rule_list import PAGE, Listed, RuleList, layer_titles
from api.rule_parameters import parameters
from api.rule_scale import level
from api.rule_terms import Terms
from api.rule_words import goal, groups_sentence, sentence, subject, summary
from api.words import Words
from inventory.pins import AGENCY
from inventory.report import CITY, OUTSIDE
from layers.catalog import Store

CHART_MOST = 24
TABLE_MOST = 400
TIMES = ("at", "as_of", "version")
SUFFIXES = ("xlsx", "csv", "json")


def list_context(store: Store, listed: RuleList, words: Words, when: When) -> dict[str, Any]:
    """Everything `coverage.html` needs."""
    terms = Terms(store.workspace.specs, words)
    return {
        "listed": listed,
        "when_text": when_text(words, when),
        "now_href": PAGE,
        "circles_href": link(f"{PAGE}/circles", **when.query()),
        "says": lambda each: summary(each.rule, terms),
        "clause": lambda each: (each.rule.clause_zh if words.lang == "zh" else None) or each.rule.clause,
        "figure": lambda each: city_figure(each, words),
        "goal": lambda target: goal(target, words),
        "unpublished": lambda each: layer_titles(store, each.unpublished, words),
    }


def list_values(listed: RuleList) -> dict[str, Any]:
    """The list as plain values; `city` is null where nothing was computed yet."""
    circles = listed.circles
    return {
        "circles": None
        if circles is None
        else {
            "rule_set": circles.id,
            "title_zh": circles.title_zh,
            "title_en": circles.title_en,
            "source": circles.source,
            "standing": circles.standing,
        },
        "rules": [
            {
                "id": each.rule.id,
                "title_zh": each.rule.title_zh,
                "title_en": each.rule.title_en,
                "catchment": each.rule.catchment,
                "clause": each.rule.clause,
                "clause_zh": each.rule.clause_zh,
                "source": each.rule.source,
                "source_zh": each.rule.source_zh,
                "standing": each.rule.standing,
                "layers": list(each.rule.layers),
                "unpublished": list(each.unpublished),
                "measurable": each.measurable,
                "demands": [one.id for one in each.rule.demands],
                "city": None
                if each.headline is None
                else {
                    "share": each.headline.share,
                    "value": each.headline.value,
                    "reason": each.headline.reason,
                    "date": each.headline.date,
                },
            }
            for each in listed.rules
        ],
        "broken": [
            {"file": error.file, "key": error.key, "problem": error.problem} for error in listed.broken
        ],
    }


def city_figure(listed: Listed, words: Words) -> str:
    """The city's figure in words; empty where nothing was computed yet."""
    found = listed.headline
    if found is None:
        return ""
    if found.reason is not None:
        return words.say(f"reason_{found.reason}")
    return (
        words.percent(found.share)
        if found.value is None
        else words.say("rule_per_1000", n=words.number(found.value, 1))
    )


def context(
    site: Site,
    store: Store,
    found: Result,
    asked: Asked,
    when: When,
    words: Words,
    demand: str,
    *,
    switched: bool = False,
) -> dict[str, Any]:
    """Everything `rule.html` needs; `demand` chooses whose figures map and chart show.

    switched: whether the map shows what is uncovered.
    """
    drawn = rule_map.read(site, store, found, when, words, demand)
    report, chosen = drawn.report, drawn.demand
    result = report.result
    terms = Terms(store.workspace.specs, words)
    levels = [*store.workspace.city.zones, AGENCY]
    rows = ranked(report, chosen["id"])
    again = question(asked, when)
    return {
        "report": report,
        "recipe": found.recipe,
        "asked": asked,
        "chosen": chosen,
        "sentence": sentence(report, chosen),
        "of_groups": groups_sentence(report, chosen, terms),
        "says": summary(asked.rule, terms),
        "levels": [
            (name, link(address(asked), **{**again, "area": None, "by": name, "demand": demand}))
            for name in levels
        ],
        "demands": [
            (report.demand(each), each["id"], link(address(asked), **{**again, "demand": each["id"]}))
            for each in result["demands"]
            if each["status"] == "measured"
        ],
        "downloads": [
            (suffix, link(f"/api{PAGE}/{asked.rule.id}.{suffix}", lang=words.lang, **again))
            for suffix in SUFFIXES
        ],
        "rows": shown(report, rows[:TABLE_MOST]),
        "rows_shown": len(rows[:TABLE_MOST]),
        "rows_all": len(rows),
        "columns": columns(report, chosen),
        "chart": chart(report, chosen, rows),
        "chart_cut": len(rows) > CHART_MOST,
        "parts": rule_map.draw(site, store, drawn, asked, again),
        "still": drawn.still,
        "legend": drawn.legend,
        "style": drawn.scale.style,
        "uncovered": rule_map.has_uncovered(report, chosen),
        "uncovered_on": switched,
        "row_href": lambda row: zone_href(result, row, when),
        "conditions": lambda each: terms.conditions(
            each["layer"], each["where"], at_least=each["at_least"], below=each["below"]
        ),
        "parameters": parameters(report, terms),
        "group": lambda name: terms.value(chosen["layer"], chosen["group"], name),
        "groups": terms.ordered(chosen["layer"], chosen["group"], chosen["groups"]),
        "target_name": lambda each: target_name(report, terms, each),
        "unpublished": layer_titles(store, [each["layer"] for each in result["inputs_missing"]], words),
        "unfollowed": unfollowed(result, words),
        "layer_title": lambda name: layer_titles(store, [name], words),
        "again": {name: value for name, value in again.items() if value},
        "area_text": write_area(result["area"]) if result["area"] else "",
        "when_text": when_text(words, when),
        "now_href": link(address(asked), **{**again, **dict.fromkeys(TIMES), "demand": chosen["id"]}),
        "asks_speed": asked.rule.uses_speed,
        "speed": again["speed"] or f"{asked.rule.walk.speed_km_h:g}" if asked.rule.walk else "",
        "lost": (result["city"]["figures"][chosen["id"]]["unattached"] or {}).get("points", 0),
        "lost_href": link(f"/api{PAGE}/{asked.rule.id}/unattached.csv", **{**again, "demand": chosen["id"]}),
        "action": address(asked),
        "leave_href": link(address(asked), **{**again, "area": None, "demand": chosen["id"]}),
    }


def target_name(report: CoverageReport, terms: Terms, target: Row) -> tuple[str, str, str]:
    """Demand, groups and plan of a target, in words."""
    demand = next(each for each in report.result["demands"] if each["id"] == target["demand"])
    groups = terms.join(terms.value(demand["layer"], demand["group"], each) for each in target["groups"])
    plan, words = target["plan"], report.words
    named = words.say(f"plan_{plan}") if words.has(f"plan_{plan}") else plan or "–"
    return report.demand(demand), groups, named


def address(asked: Asked) -> str:
    """The page of a rule."""
    return f"{PAGE}/{asked.rule.id}"


def question(asked: Asked, when: When) -> dict[str, Any]:
    """The question as it stands in an address."""
    return {
        "by": asked.by,
        "area": None if asked.area is None else write_area(asked.area.values),
        "speed": None if asked.speed_km_h is None else f"{asked.speed_km_h:g}",
        **when.query(),
    }


def ranked(report: CoverageReport, demand: str) -> list[Row]:
    """The zones' rows, the best served last, those without a figure after them."""

    def order(row: Row) -> tuple[bool, float, str]:
        value = level(row["figures"][demand])
        return value is None, value or 0.0, row["code"]

    return sorted(report.result["zones"], key=order)


def shown(report: CoverageReport, zones: Sequence[Row]) -> list[Row]:
    """The rows of the table: zones, then outside where there is anything, and the city; or the drawn area."""
    result = report.result
    if result["area"] is not None:
        return list(zones)
    some = any(each["demand"] for each in result["outside"]["figures"].values())
    return [*zones, *([result["outside"]] if some else []), result["city"]]


def zone_href(result: Row, row: Row, when: When) -> str:
    """The planner's map of a row's zone; empty of rows that are none."""
    named = result["area"] is None and result["by"] != AGENCY and row["code"] not in (CITY, OUTSIDE)
    return link("/", zone=row["code"], **when.query()) if named else ""


def columns(report: CoverageReport, demand: Row) -> list[str]:
    """The figures that say anything of a demand, in the order of the table."""
    rows = [row["figures"][demand["id"]] for row in shown(report, report.result["zones"])]
    figures = [*rows, *(each for row in rows for each in row["groups"].values())]
    found = ["value" if report.is_supply else "share"]
    optional = ("share_straight", "detour_penalty", "target", "gap")
    found += [name for name in optional if any(each.get(name) is not None for each in figures)]
    if any((each.get("unattached") or {}).get("amount") for each in figures):
        found.append("unattached")
    if any(each.get("unknown") for each in figures):
        found.append("unknown")
    return found


def chart(report: CoverageReport, demand: Row, rows: Sequence[Row]) -> Markup | str:
    """Bars of the zones that are least served."""
    words, bars = report.words, []
    for row in rows[:CHART_MOST]:
        each = row["figures"][demand["id"]]
        if each["share"] is None:
            continue
        straight = each["share_straight"]
        said = words.percent(each["share"])
        if straight is not None:
            said = f"{said} / {words.percent(straight)}"
        bars.append((report.name(row), each["share"], straight or 0.0, said))
    target = subject(report)["figures"][demand["id"]]["target"]
    said_by = {"title": words.say("rule_chart")}
    return charts.zone_chart(bars, said_by, target=target) if len(bars) > 1 else ""

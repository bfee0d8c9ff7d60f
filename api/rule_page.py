"""What stands on the page of a coverage rule, and in the list of rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from api import charts, coverage_tables
from api.asked import write_area
from api.coverage_tables import CoverageReport, Row
from api.deps import Site
from api.map_page import class_texts
from api.pages import link
from api.params import When
from api.results import Asked, Result
from api.rule_list import PAGE, Listed, RuleList, headline, layer_titles
from api.words import Words
from inventory.pins import AGENCY
from layers.catalog import Store
from maps import figure, legend, style
from maps.page import paint
from maps.shapes import feature_collection
from maps.style import Style

CHART_MOST = 24
TABLE_MOST = 400
SUFFIXES = ("xlsx", "csv", "json")


def list_context(store: Store, listed: RuleList, words: Words, when: When) -> dict[str, Any]:
    """Everything `coverage.html` needs."""
    return {
        "listed": listed,
        "circles_href": link(f"{PAGE}/circles", **when.query()),
        "says": lambda each: summary(each, words),
        "figure": lambda each: city_figure(each, words),
        "goal": lambda target: goal(target, words),
        "unpublished": lambda each: layer_titles(store, each.unpublished, words),
    }


def list_values(listed: RuleList) -> dict[str, Any]:
    """The list as plain values; `city` is null where nothing was computed yet."""
    circles = listed.circles
    return {
        "circles": {
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
                "source": each.rule.source,
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
    }


def summary(listed: Listed, words: Words) -> str:
    """What a rule measures, in one sentence."""
    rule = listed.rule
    join = words.say("list_join")
    demands = join.join(dict.fromkeys(words.say(f"demand_{each.kind}") for each in rule.demands))
    reaches = sorted({each.distance_m for each in rule.services if each.distance_m is not None})
    return words.say(
        f"rule_says_{rule.catchment}",
        demand=demands,
        distance=join.join(words.metres(each) for each in reaches),
    )


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


def goal(target: Any, words: Words) -> str:
    """A promise in words: a share, or places for 1000 people."""
    if target.share is not None:
        return words.percent(target.share, 0)
    return words.say("rule_per_1000", n=words.number(target.value, 1))


def context(
    site: Site, store: Store, found: Result, asked: Asked, when: When, words: Words, demand: str
) -> dict[str, Any]:
    """Everything `rule.html` needs; `demand` chooses whose figures map and chart show."""
    report = CoverageReport(found.values, words)
    result = report.result
    chosen = next((each for each in result["demands"] if each["id"] == (demand or result["headline"])), None)
    chosen = chosen or next(each for each in result["demands"] if each["id"] == result["headline"])
    look = style.load("circles", store.workspace.home / "styles")
    levels = [*store.workspace.city.zones, AGENCY]
    rows = ranked(report, chosen["id"])
    again = question(asked, when)
    return {
        "report": report,
        "recipe": found.recipe,
        "asked": asked,
        "chosen": chosen,
        "sentence": sentence(report, chosen, words),
        "says": summary(Listed(asked.rule, "", (), True, headline(result)), words),
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
        "rows": rows[:TABLE_MOST],
        "rows_all": len(rows),
        "columns": columns(report, chosen),
        "chart": chart(report, chosen, rows),
        "chart_cut": len(rows) > CHART_MOST,
        "still": still(site, store, found, asked, when, words, look, chosen["id"]),
        "legend": {
            "shares": legend.share_entries(look, class_texts(look, words)),
            "without": legend.hatch_entries(
                look, {each: words.say(f"legend_{each}") for each in look.hatches}
            ),
        },
        "style": look,
        "conditions": coverage_tables.conditions,
        "unpublished": layer_titles(store, result["inputs_missing"], words),
        "layer_title": lambda name: layer_titles(store, [name], words),
        "again": {name: value for name, value in again.items() if value},
        "area_text": write_area(result["area"]) if result["area"] else "",
        "action": address(asked),
    }


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


def level(figure: Row) -> float | None:
    """The share of a figure, or the places for 1000 people of a supply."""
    value = figure["share"] if figure["value"] is None else figure["value"]
    return None if value is None else float(value)


def sentence(report: CoverageReport, demand: Row, words: Words) -> Markup | str:
    """The headline: the city's figure of a demand, and how far from its target."""
    figure = report.result["city"]["figures"][demand["id"]]
    if figure["reason"] is not None:
        return words.say(f"rule_sentence_{figure['reason']}", demand=report.demand(demand))
    of = words.say(
        "rule_amount",
        n=words.many(figure["demand"] / SCALE.get(demand["unit"], 1)),
        unit=words.say(f"rule_unit_{demand['unit']}"),
    )
    if report.is_supply:
        strong = words.say("rule_per_1000", n=words.number(figure["value"], 1))
        said = words.say("rule_sentence_supply", value=_strong(strong), of=of)
    else:
        said = words.say(
            "rule_sentence_share",
            share=_strong(words.percent(figure["share"])),
            of=of,
            demand=report.demand(demand),
        )
    if figure["target"] is None:
        return said
    if report.is_supply:
        return said
    missing = figure["gap"] or 0.0
    more = (
        words.say("rule_sentence_short", target=words.percent(figure["target"], 0), gap=words.points(missing))
        if missing > 0
        else words.say("rule_sentence_reached", target=words.percent(figure["target"], 0))
    )
    return Markup("{}{}").format(said, more)


SCALE = {"m2": 1_000_000, "m": 1_000}
"""Amounts are told in square kilometres and kilometres."""


def columns(report: CoverageReport, demand: Row) -> list[str]:
    """The figures that say anything of a demand, in the order of the table."""
    rows = [row["figures"][demand["id"]] for row in report.rows]
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
    return charts.zone_chart(bars, {"title": words.say("chart_title")}) if len(bars) > 1 else ""


def still(
    site: Site,
    store: Store,
    found: Result,
    asked: Asked,
    when: When,
    words: Words,
    look: Style,
    demand: str,
) -> str:
    """The zones as a picture that needs no script; empty for zones that are no way to cut the city."""
    collection = zone_collection(site, store, found, when, words, demand)
    if not collection["features"]:
        return ""
    title = words.title(found.values["rule"])
    return figure.zone_figure(collection, style=look, label=title, href=lambda code: link("/", zone=code))


def zone_collection(
    site: Site, store: Store, found: Result, when: When, words: Words, demand: str
) -> dict[str, Any]:
    """GeoJSON of the zones, dressed by the share of a demand (by default the headline)."""
    values, book = found.values, site.book(when)
    by = values["by"]
    if by not in book.names:
        return {"type": "FeatureCollection", "features": []}
    zones, rows = book.level(by), {row["code"]: row for row in values["zones"]}
    look = style.load("circles", store.workspace.home / "styles")
    chosen = [i for i in zones.rows(None) if zones.zones[i].code in rows]
    key = demand or values["headline"]
    properties = [
        _dress(
            zones.zones[i].as_row(),
            rows[zones.zones[i].code]["figures"][key],
            zones.labels[i].tolist(),
            words,
            look,
        )
        for i in chosen
    ]
    return feature_collection(zones.shapes[chosen], properties)


def _dress(
    zone: Mapping[str, Any], figure: Row, at: Sequence[float], words: Words, look: Style
) -> dict[str, Any]:
    share = figure["share"]
    if figure["value"] is not None:
        label = words.say("rule_per_1000", n=words.number(figure["value"], 1))
    else:
        label = words.percent(share) if share is not None else words.say(f"reason_{figure['reason']}")
    return {
        "code": zone["code"],
        "name": words.name(zone),
        "label": label,
        "weight": figure["demand"] or 0,
        "at": [round(value, 5) for value in at],
        **paint(look, share, figure["reason"] or "no_data"),
    }


def _strong(text: str) -> Markup:
    return Markup('<strong data-figure="headline">{}</strong>').format(text)

"""What stands on the page of the circle report."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from api import charts
from api.left_out import unfollowed
from api.map_page import sentence
from api.overview import gap_link, zone_link
from api.pages import link
from api.params import When
from api.reports import CirclesReport, longest_walk, lowest, mean_walk_m
from api.results import Result
from api.words import Words

CHART_MOST = 24
TABLE_MOST = 400
PAGE = "/coverage/circles"


def context(found: Result, words: Words, when: When, levels: list[str], category: str) -> dict[str, Any]:
    """Everything `circles.html` needs; `category` narrows the table of zones to one category."""
    report = CirclesReport(found.values, words)
    by, known = report.result["by"], [row for row in report.rows if row["share"] is not None]
    charted = lowest(report.rows, CHART_MOST)
    measured = {each["id"]: each for each in report.result["categories"] if each["status"] == "measured"}
    return {
        "report": report,
        "recipe": found.recipe,
        "sentence": sentence(words, report.unit, report.city, report.minutes),
        "levels": [(name, link(PAGE, by=name, **when.query())) for name in levels],
        "downloads": [(suffix, download(suffix, by, words, when)) for suffix in ("xlsx", "csv", "json")],
        "shown": report.rows if len(report.rows) <= TABLE_MOST else lowest(report.rows, TABLE_MOST),
        "chart": chart(report, charted) if charted else "",
        "chart_cut": len(charted) < len([row for row in known if row["code"] != "outside"]),
        "chosen": measured.get(category),
        "when_query": when.query(),
        "mean_walk_m": mean_walk_m,
        "longest_walk": longest_walk,
        "zone_href": lambda code: zone_link(code, when),
        "gap_href": lambda gap: gap_link(gap, None, when),
        "search_m": report.result["parameters"]["search_m"],
        "unfollowed": unfollowed(report.result, words),
    }


def download(suffix: str, by: str, words: Words, when: When) -> str:
    """The address of the report as a file, in the reader's language."""
    return link(f"/api{PAGE}.{suffix}", by=by, lang=words.lang, **when.query())


def chart(report: CirclesReport, rows: list[Mapping[str, Any]]) -> Markup:
    """Bars of zones, on foot and by straight line."""
    words = report.words
    bars = []
    for row in rows:
        figures = f"{words.percent(row['share'])} / {words.percent(row['share_straight'])}"
        bars.append((report.name(row), row["share"], row["share_straight"], figures))
    return charts.zone_chart(bars, {"title": words.say("chart_title")})

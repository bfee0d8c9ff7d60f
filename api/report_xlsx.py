"""A circle report as a workbook."""

from collections.abc import Sequence

from api import report_tables
from api.left_out import unfollowed
from api.report_tables import Table
from api.reports import CirclesReport, as_text
from api.workbook import Fact, workbook

PAIRS_MOST = 40_000  # zones by category: beyond it the sheet is left to the CSV, which has all of them


def write(report: CirclesReport, recipe: str | None) -> bytes:
    """The bytes of the workbook; its date is the result's, not the clock's."""
    tables: list[Table] = [report_tables.zones(report), report_tables.categories(report)]
    if len(report.rows) * len(report.categories) <= PAIRS_MOST:
        tables.append(report_tables.by_category(report))
    tables += [report_tables.gaps(report), report_tables.inputs(report)]
    say = report.words.say
    return workbook(
        report.title(),
        say("sheet_summary"),
        _facts(report, recipe),
        tables,
        author=say("site_name"),
        date=report.result["date"],
    )


def _facts(report: CirclesReport, recipe: str | None) -> Sequence[Fact]:
    result, city, say = report.result, report.city, report.words.say
    rules = result["rule_set"]
    invented = (say("report_standing_of_data"), say("synthetic"), "text")
    found: list[Fact] = [
        (say("report_city"), report.words.title(result["place"], "name"), "text"),
        *([invented] if result["place"]["synthetic"] else []),
        (say("column_share"), city["share"], "share"),
        (say("column_straight_share"), city["share_straight"], "share"),
        (say(f"unit_{report.unit}"), city["demand"], "count"),
        (say("column_one_missing"), city["one_missing"]["total"], "count"),
        (say("column_unattached"), city["unattached"]["amount"], "count"),
        (say("report_date"), result["date"], "text"),
        (say("report_at"), result["at"], "text"),
        (say("report_sequence"), result["sequence"], "count"),
        (say("report_rule"), report.title(), "text"),
        (say("report_source"), rules["source"], "text"),
        (say("column_standing"), report.standings, "text"),
        (say("report_recipe"), recipe, "text"),
        (say("report_excluded"), "; ".join(report.excluded), "text"),
        *((say("unfollowed_title"), each, "text") for each in unfollowed(result, report.words)),
    ]
    return found + [
        (report.parameter(name), as_text(each), "text") for name, each in result["parameters"].items()
    ]

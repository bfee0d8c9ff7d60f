"""The result of a coverage rule as a file: canonical JSON, CSV or a workbook."""

from api import coverage_tables as tables
from api.coverage_tables import CoverageReport, Row
from api.left_out import unfollowed
from api.report_csv import table_bytes
from api.report_tables import Column, Table
from api.reports import as_text
from api.words import Words
from api.workbook import Fact, workbook
from inventory.canonical import canonical
from inventory.lacking import unattached
from inventory.results import Kept


def as_json(result: Row) -> bytes:
    """The result as canonical JSON."""
    return canonical(result)


def as_csv(result: Row, words: Words) -> bytes:
    """One line a zone, demand and group, for a spreadsheet."""
    return table_bytes(tables.zones(CoverageReport(result, words)))


def as_xlsx(result: Row, words: Words, *, recipe: str | None = None) -> bytes:
    """The whole result as a workbook."""
    report = CoverageReport(result, words)
    return workbook(
        report.title(),
        words.say("sheet_summary"),
        _facts(report, recipe),
        [tables.zones(report), tables.services(report), tables.targets(report), tables.inputs(report)],
        author=words.say("site_name"),
        date=result["date"],
    )


def unattached_csv(kept: Kept, demand: str) -> bytes:
    """What of a demand stands on no street, with names of columns as they are kept."""
    found = unattached(kept, demand)
    columns = [Column(name, "text") for name in found.column_names]
    rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return table_bytes(Table(demand, columns, [list(row) for row in rows]))


def filename(result: Row, suffix: str, *, of: str = "") -> str:
    """The name a download gets: rule, part, zones, date, and that figures are invented where they are."""
    day = str(result["date"] or "undated")[:10]
    kind = "-synthetic" if result["place"]["synthetic"] else ""
    part = f"-{of}" if of else ""
    return f"{result['rule']['id']}{part}-{result['by'] or 'area'}-{day}{kind}.{suffix}"


def _facts(report: CoverageReport, recipe: str | None) -> list[Fact]:
    result, say = report.result, report.words.say
    rule = result["rule"]
    invented: Fact = (say("report_standing_of_data"), say("synthetic"), "text")
    found: list[Fact] = [
        (say("report_city"), report.words.title(result["place"], "name"), "text"),
        *([invented] if result["place"]["synthetic"] else []),
    ]
    for demand in result["demands"]:
        figure = result["city"]["figures"][demand["id"]]
        reached, kind = (figure["value"], "amount") if report.is_supply else (figure["share"], "share")
        found.append((report.demand(demand), reached, kind))
    found += [
        (say("report_date"), result["date"], "text"),
        (say("report_at"), result["at"], "text"),
        (say("report_sequence"), result["sequence"], "count"),
        (say("report_coverage_rule"), report.title(), "text"),
        (say("column_clause"), report.told(rule, "clause"), "text"),
        (say("report_source"), report.told(rule, "source"), "text"),
        (say("column_standing"), say(f"standing_{rule['standing']}"), "text"),
        (say("report_recipe"), recipe, "text"),
        (say("report_inputs_missing"), "; ".join(report.missing), "text"),
        *((say("unfollowed_title"), each, "text") for each in unfollowed(result, report.words)),
    ]
    for name, value in result["parameters"].items():
        key = f"parameter_{name}"
        found.append((say(key) if report.words.has(key) else name, as_text(value), "text"))
    return found

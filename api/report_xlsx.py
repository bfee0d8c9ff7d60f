"""A circle report as a workbook: typed numbers, text never a formula, equal bytes for equal results."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from api import report_tables
from api.report_tables import Cell, Table
from api.reports import CirclesReport, as_text

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
FORMATS = {
    "head": {"bold": True, "bg_color": "#E3EFF1", "text_wrap": True, "valign": "top", "border": 1},
    "title": {"bold": True, "font_size": 14},
    "share": {"num_format": "0.0%"},
    "count": {"num_format": "#,##0"},
    "metres": {"num_format": "#,##0.0"},
    "gini": {"num_format": "0.000"},
    "degrees": {"num_format": "0.000000"},
    "text": {"num_format": "@"},
}
NARROWEST, NUMBER, WIDEST = 12, 13, 44
PAIRS_MOST = 40_000  # zones by category: beyond it the sheet is left to the CSV, which has all of them


def write(report: CirclesReport, recipe: str | None) -> bytes:
    """The bytes of the workbook; its date is the result's, not the clock's."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    day = datetime.fromisoformat(str(report.result["date"] or "2000-01-01")[:10])
    book.set_properties({"title": report.title(), "author": report.words.say("site_name"), "created": day})
    formats = {name: book.add_format(each) for name, each in FORMATS.items()}
    _summary(book, formats, report, recipe)
    tables = [report_tables.zones(report), report_tables.categories(report)]
    if len(report.rows) * len(report.categories) <= PAIRS_MOST:
        tables.append(report_tables.by_category(report))
    for table in (*tables, report_tables.gaps(report), report_tables.inputs(report)):
        _table(book, formats, table)
    book.close()
    return out.getvalue()


def _summary(book: Any, formats: dict[str, Any], report: CirclesReport, recipe: str | None) -> None:
    """Title, figures of the city, parameters, recipe."""
    sheet = book.add_worksheet(report.words.say("sheet_summary"))
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, report.title(), formats["title"])
    for line, (label, value, kind) in enumerate(_facts(report, recipe), 2):
        sheet.write_string(line, 0, label)
        _cell(sheet, line, 1, value, formats[kind])


def _facts(report: CirclesReport, recipe: str | None) -> Sequence[tuple[str, Cell, str]]:
    result, city, say = report.result, report.city, report.words.say
    rules = result["rule_set"]
    invented = (say("report_standing_of_data"), say("synthetic"), "text")
    found: list[tuple[str, Cell, str]] = [
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
    ]
    return found + [
        (report.parameter(name), as_text(each), "text") for name, each in result["parameters"].items()
    ]


def _table(book: Any, formats: dict[str, Any], table: Table) -> None:
    sheet = book.add_worksheet(table.title)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, column.heading, formats["head"])
        longest = max((len(str(row[place] or "")) for row in table.rows), default=0)
        wide = min(max(longest + 2, NARROWEST), WIDEST) if column.kind == "text" else NUMBER
        sheet.set_column(place, place, wide)
    for line, row in enumerate(table.rows, 1):
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            _cell(sheet, line, place, cell, formats[column.kind])
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _cell(sheet: Any, line: int, place: int, value: Cell, shape: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(line, place, value, shape)
    elif value is not None:
        sheet.write_number(line, place, value, shape)

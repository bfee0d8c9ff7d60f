"""A workbook of facts and tables: typed numbers, text never a formula, equal bytes for equal content."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from api.report_tables import Cell, Table

Fact = tuple[str, Cell, str]
"""A label, a value and what kind of value it is, as of `report_tables.Column`."""

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
    "amount": {"num_format": "#,##0.0"},
    "gini": {"num_format": "0.000"},
    "degrees": {"num_format": "0.000000"},
    "text": {"num_format": "@"},
}
NARROWEST, NUMBER, WIDEST = 12, 13, 44


def workbook(
    title: str, summary: str, facts: Sequence[Fact], tables: Iterable[Table], *, author: str, date: str | None
) -> bytes:
    """The bytes of a workbook: a sheet of facts called `summary`, then one for each table.

    `date` is the result's, as ISO 8601, not the clock's.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    day = datetime.fromisoformat((date or "2000-01-01")[:10])
    book.set_properties({"title": title, "author": author, "created": day})
    formats = {name: book.add_format(each) for name, each in FORMATS.items()}
    _summary(book, formats, title, summary, facts)
    for table in tables:
        _table(book, formats, table)
    book.close()
    return out.getvalue()


def _summary(book: Any, formats: dict[str, Any], title: str, summary: str, facts: Sequence[Fact]) -> None:
    sheet = book.add_worksheet(summary)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, title, formats["title"])
    for line, (label, value, kind) in enumerate(facts, 2):
        sheet.write_string(line, 0, label)
        _cell(sheet, line, 1, value, formats[kind])


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

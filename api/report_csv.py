"""The zones of a circle report as CSV: numbers stay numbers, text can never be a formula."""

import csv
import io

from api import report_tables
from api.report_tables import Table
from api.reports import CirclesReport

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
BOM = "\ufeff"


def plain(text: str) -> str:
    """Text a spreadsheet shows and never runs: a quote stands before what would start a formula.

    Spaces are plain ones, so that a program can match the words.
    """
    text = text.replace("\u00a0", " ")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write(report: CirclesReport) -> bytes:
    """One line a zone, then the city."""
    return table_bytes(report_tables.zones(report, with_categories=True))


def table_bytes(table: Table) -> bytes:
    """A table as CSV; UTF-8 with a byte order mark, as spreadsheets expect."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([plain(column.heading) for column in table.columns])
    lines.writerows([plain(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows)
    return (BOM + out.getvalue()).encode()

"""A circle report as a file: canonical JSON, CSV or a workbook."""

from api import report_csv, report_xlsx
from api.reports import CirclesReport, Row
from api.words import Words
from inventory.canonical import canonical


def as_json(result: Row) -> bytes:
    """The result as canonical JSON."""
    return canonical(result)


def as_csv(result: Row, words: Words) -> bytes:
    """The zones as CSV for a spreadsheet; see `api.report_csv`."""
    return report_csv.write(CirclesReport(result, words))


def as_xlsx(result: Row, words: Words, *, recipe: str | None = None) -> bytes:
    """The whole report as a workbook; see `api.report_xlsx`."""
    return report_xlsx.write(CirclesReport(result, words), recipe)

"""Findings as files to work through: a workbook, and a GeoPackage for QGIS. Equal findings, equal bytes."""

import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.findings import (
    NO_NAMES,
    Names,
    field_in_words,
    mend_in_words,
    spot,
    value_shown,
    what_in_words,
)
from api.words import Words
from api.workbook import OPTIONS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from layers.findings import Finding

Mend = Callable[["Finding", Words, Names], str]
LAYER = "findings"
MAX_ROWS = 1_000_000
"""A sheet holds 1,048,576 rows; what is beyond is left to the JSON, and the last row says how many."""
COLUMNS = (
    ("row", 8),
    ("key", 18),
    ("field", 16),
    ("severity", 10),
    ("what", 60),
    ("mend", 50),
    ("value", 24),
    ("lon", 13),
    ("lat", 13),
)
COLOURS = {
    "error": {"bg_color": "#F8D7DA", "font_color": "#7A1420"},
    "warning": {"bg_color": "#FFF0CC", "font_color": "#6B4A00"},
    "mended": {"bg_color": "#DDEFE0", "font_color": "#1E5631"},
    "note": {"bg_color": "#E7EBEF", "font_color": "#37424D"},
}
MADE = datetime(2000, 1, 1)


def as_xlsx(
    findings: Sequence["Finding"],
    words: Words,
    *,
    names: Names = NO_NAMES,
    mend: Mend = mend_in_words,
    title: str = "",
    made: datetime | None = None,
) -> bytes:
    """A workbook with one sheet: a row for each finding, numbers as numbers, text never a formula.

    `names` are titles of fields, values and agencies, `mend` says how to mend it where the reader came from.
    `title` and `made` go into the file's properties.
    """
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    sheet_name = words.say("findings_sheet_title")
    author = words.say("site_name")
    book.set_properties({"title": title or sheet_name, "author": author, "created": made or MADE})
    head = book.add_format({"bold": True, "bg_color": "#E3EFF1", "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    number = book.add_format({"valign": "top"})
    degrees = book.add_format({"num_format": "0.000000", "valign": "top"})
    levels = {each: book.add_format({**shape, "valign": "top"}) for each, shape in COLOURS.items()}
    sheet = book.add_worksheet(sheet_name)
    sheet.freeze_panes(1, 0)
    for place, (column, width) in enumerate(COLUMNS):
        sheet.write_string(0, place, words.say(f"findings_sheet_{column}"), head)
        sheet.set_column(place, place, width)
    shown = findings[:MAX_ROWS]
    for line, finding in enumerate(shown, 1):
        shapes = (number, text, text, levels[finding.severity], text, text, None, degrees, degrees)
        for place, (value, shape) in enumerate(zip(_cells(finding, words, names, mend), shapes, strict=True)):
            _cell(sheet, line, place, value, shape or (text if isinstance(value, str) else number))
    if len(findings) > len(shown):
        rest = words.say("finding_more", more=len(findings) - len(shown))
        sheet.write_string(len(shown) + 1, 4, rest, text)
    sheet.autofilter(0, 0, max(len(shown), 1), len(COLUMNS) - 1)
    book.close()
    return out.getvalue()


def as_gpkg(
    findings: Sequence["Finding"],
    frame: "pd.DataFrame",
    words: Words,
    *,
    names: Names = NO_NAMES,
    mend: Mend = mend_in_words,
    rows: "NDArray[np.int64] | None" = None,
) -> bytes:
    """A GeoPackage with the layer `findings`: each with the geometry of its feature, else its own place.

    `frame` holds the features (what `prepare` made), `rows` their numbers, from 1 without it. Coordinates are
    longitude and latitude.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    from geo.crs import STORED
    from geo.writers import write_geopackage

    shapes = np.full(len(findings), None, dtype=object)
    spots = [spot(finding) for finding in findings]
    placed = [at for at, place in enumerate(spots) if place is not None]
    shapes[placed] = shapely.points(np.array([spots[at] for at in placed], dtype=np.float64).reshape(-1, 2))
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        numbers = np.arange(1, len(frame) + 1) if rows is None else rows
        own = pd.Series(frame.geometry.to_numpy(), index=numbers).reindex(
            [-1 if finding.feature is None else finding.feature for finding in findings]
        )
        has = own.notna().to_numpy()
        shapes[has] = own.to_numpy()[has]
    table = pd.DataFrame(
        {
            "rule": [finding.rule for finding in findings],
            "severity": [finding.severity for finding in findings],
            "severity_text": [words.say(f"severity_{finding.severity}") for finding in findings],
            "text": [what_in_words(finding, words, names) for finding in findings],
            "mend": [mend(finding, words, names) for finding in findings],
            "row": pd.array([finding.feature for finding in findings], dtype="Int64"),
            "key": [finding.key for finding in findings],
            "field": [_field(finding, words, names) for finding in findings],
            "value": [_text(value_shown(finding)) for finding in findings],
            "lon": [None if place is None else place[0] for place in spots],
            "lat": [None if place is None else place[1] for place in spots],
        }
    )
    texts = ["rule", "severity", "severity_text", "text", "mend", "key", "field", "value"]
    table = table.astype({**dict.fromkeys(texts, "str"), "lon": "float64", "lat": "float64"})
    with tempfile.TemporaryDirectory(prefix="quantu-") as folder:
        path = Path(folder) / "findings.gpkg"
        write_geopackage(path, {LAYER: gpd.GeoDataFrame(table, geometry=shapes, crs=STORED)})
        return path.read_bytes()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _field(finding: "Finding", words: Words, names: Names) -> str | None:
    return None if finding.field is None else field_in_words(finding.field, words, names)


def _cells(
    finding: "Finding", words: Words, names: Names, mend: Mend
) -> tuple[str | int | float | None, ...]:
    lon, lat = spot(finding) or (None, None)
    value = value_shown(finding)
    plain = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    return (
        finding.feature,
        finding.key,
        _field(finding, words, names),
        words.say(f"severity_{finding.severity}"),
        what_in_words(finding, words, names),
        mend(finding, words, names),
        plain if plain is not None or value is None else str(value),
        lon,
        lat,
    )


def _cell(sheet: Any, line: int, place: int, value: str | int | float | None, shape: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(line, place, value, shape)
    elif value is not None:
        sheet.write_number(line, place, value, shape)

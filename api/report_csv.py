"""The zones of a circle report as CSV: numbers stay numbers, text can never be a formula."""

import csv
import io

from api.reports import CirclesReport, Row, longest_walk, mean_walk_m

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
BOM = "\ufeff"


def plain(text: str) -> str:
    """Text a spreadsheet shows and never runs: a quote stands before what would start a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write(report: CirclesReport) -> bytes:
    """One line a zone, then the city; UTF-8 with a byte order mark, as spreadsheets expect."""
    say = report.words.say
    unit = say(f"unit_{report.unit}")
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\r\n")
    heading = [
        say("column_code"), say("column_zone"), unit, say("column_met"), say("column_share"), say("column_straight_share"),
        say("column_detour_share"), say("column_target"), say("column_one_missing"), say("column_unattached"),
        say("column_mean_walk_m"), say("column_longest_m"), say("column_longest_category"), say("column_reason"),
    ]  # fmt: skip
    measured = [line.category for line in report.categories if line.figures is not None]
    for each in measured:
        heading += [
            f"{report.words.title(each)}: {say(key)}"
            for key in ("column_share", "column_mean_m", "column_p90_m")
        ]
    lines.writerow([plain(cell) for cell in heading])
    for row in [*report.rows, report.city]:
        lines.writerow(_line(report, row, [each["id"] for each in measured]))
    return (BOM + out.getvalue()).encode()


def _line(report: CirclesReport, row: Row, categories: list[str]) -> list[object]:
    longest = longest_walk(row)
    beyond = report.words.metres(None, beyond_m=report.result["parameters"]["search_m"])
    cells: list[object] = [
        plain(row["code"]), plain(report.name(row)), row["demand"], row["met"], row["share"], row["share_straight"],
        row["detour_penalty"], row["target"], row["one_missing"]["total"], row["unattached"]["amount"],
        None if (mean := mean_walk_m(row)) is None else round(mean, 1),
        None if longest is None else beyond if longest[1] is None else longest[1],
        None if longest is None else plain(report.titles[longest[0]]),
        None if row["reason"] is None else plain(report.words.say(f"reason_{row['reason']}")),
    ]  # fmt: skip
    for name in categories:
        figures = row["categories"][name]
        cells += [figures["share"], figures["mean_m"], beyond if figures["p90_beyond"] else figures["p90_m"]]
    return cells

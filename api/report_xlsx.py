"""A circle report as a workbook: typed numbers, text that is never a formula, equal bytes for equal results."""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from api.reports import CirclesReport, Row, as_text, longest_walk, mean_walk_m

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
WIDEST = 44


def write(report: CirclesReport, recipe: str | None) -> bytes:
    """The bytes of the workbook; its date is the result's, not the clock's."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    day = datetime.fromisoformat(str(report.result["date"] or "2000-01-01")[:10]).replace(tzinfo=UTC)
    book.set_properties(
        {
            "title": report.title(),
            "author": report.words.say("site_name"),
            "created": day.replace(tzinfo=None),
        }
    )
    sheets = Sheets(book, report)
    sheets.summary(recipe)
    for make in (sheets.zones, sheets.categories, sheets.by_category, sheets.gaps, sheets.inputs):
        make()
    book.close()
    return out.getvalue()


class Sheets:
    """The sheets of one workbook."""

    def __init__(self, book: Any, report: CirclesReport) -> None:
        self.book = book
        self.report = report
        self.say: Callable[..., str] = report.words.say
        self.formats = {
            "head": book.add_format(
                {"bold": True, "bg_color": "#E3EFF1", "text_wrap": True, "valign": "top", "border": 1}
            ),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "share": book.add_format({"num_format": "0.0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "metres": book.add_format({"num_format": "#,##0.0"}),
            "gini": book.add_format({"num_format": "0.000"}),
            "degrees": book.add_format({"num_format": "0.000000"}),
            "text": book.add_format({"num_format": "@"}),
        }

    def summary(self, recipe: str | None) -> None:
        """Title, sentence, parameters, recipe."""
        report, result, say = self.report, self.report.result, self.say
        sheet = self.book.add_worksheet(say("sheet_summary"))
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 70)
        sheet.write_string(0, 0, report.title(), self.formats["title"])
        pairs: list[tuple[str, object, str]] = [
            (say("column_share"), report.city["share"], "share"),
            (say("column_straight_share"), report.city["share_straight"], "share"),
            (say(f"unit_{report.unit}"), report.city["demand"], "count"),
            (say("column_one_missing"), report.city["one_missing"]["total"], "count"),
            (say("column_unattached"), report.city["unattached"]["amount"], "count"),
            (say("report_date"), str(result["date"] or ""), "text"),
            (say("report_at"), str(result["at"] or ""), "text"),
            (say("report_sequence"), result["sequence"], "count"),
            (
                say("report_rule"),
                f"{report.title()} ({say('standing_' + result['rule_set']['standing'])})",
                "text",
            ),
            (say("report_source"), result["rule_set"]["source"], "text"),
            (say("report_recipe"), recipe or "", "text"),
            (say("report_excluded"), ", ".join(report.excluded), "text"),
        ]
        pairs += [
            (report.parameter(name), as_text(value), "text") for name, value in result["parameters"].items()
        ]
        for line, (label, value, kind) in enumerate(pairs, 2):
            sheet.write_string(line, 0, label)
            self._cell(sheet, line, 1, value, kind)

    def zones(self) -> None:
        """One line a zone, then the city."""
        say, report = self.say, self.report
        columns = [
            (say("column_code"), "text"), (say("column_zone"), "text"), (say(f"unit_{report.unit}"), "count"),
            (say("column_met"), "count"), (say("column_share"), "share"), (say("column_straight_share"), "share"),
            (say("column_detour_share"), "share"), (say("column_target"), "share"), (say("column_one_missing"), "count"),
            (say("column_unattached"), "count"), (say("column_mean_walk_m"), "metres"), (say("column_longest_m"), "metres"),
            (say("column_longest_category"), "text"), (say("column_reason"), "text"),
        ]  # fmt: skip
        rows = [
            [
                row["code"], report.name(row), row["demand"], row["met"], row["share"], row["share_straight"],
                row["detour_penalty"], row["target"], row["one_missing"]["total"], row["unattached"]["amount"],
                mean_walk_m(row), *self._longest(row),
                None if row["reason"] is None else say(f"reason_{row['reason']}"),
            ]
            for row in [*report.rows, report.city]
        ]  # fmt: skip
        self._table(say("sheet_zones"), columns, rows)

    def categories(self) -> None:
        """One line a category, in the city."""
        say, report = self.say, self.report
        columns = [
            (say("column_category"), "text"), (say("column_tiers"), "text"), (say("column_distance_m"), "metres"),
            (say("column_sites"), "count"), (say("column_share"), "share"), (say("column_straight_share"), "share"),
            (say("column_mean_m"), "metres"), (say("column_p90_m"), "metres"), (say("column_reached"), "share"),
            (say("column_gini"), "gini"), (say("column_standing"), "text"), (say("column_source"), "text"),
        ]  # fmt: skip
        rows = []
        for line in report.categories:
            each, figures = line.category, line.figures or {}
            rows.append(
                [
                    report.words.title(each), ", ".join(map(str, each["tiers"])), each["distance_m"],
                    say("no_data") if line.figures is None else each["sites"], figures.get("share"),
                    figures.get("share_straight"), figures.get("mean_m"), self._walk(figures), figures.get("reached_share"),
                    figures.get("gini"), say(f"standing_{each['standing']}"), f"{each['clause']}; {each['source']}",
                ]
            )  # fmt: skip
        self._table(say("sheet_categories"), columns, rows)

    def by_category(self) -> None:
        """Every zone and category: long, for a pivot table."""
        say, report = self.say, self.report
        columns = [
            (say("column_code"), "text"), (say("column_zone"), "text"), (say("column_category"), "text"),
            (say("column_met"), "count"), (say("column_share"), "share"), (say("column_straight_share"), "share"),
            (say("column_mean_m"), "metres"), (say("column_p90_m"), "metres"), (say("column_reached"), "share"),
            (say("column_gini"), "gini"),
        ]  # fmt: skip
        rows = [
            [
                row["code"], report.name(row), report.titles[name], each["met"], each["share"], each["share_straight"],
                each["mean_m"], self._walk(each), each["reached_share"], each["gini"],
            ]
            for row in [*report.rows, report.city]
            for name, each in row["categories"].items()
        ]  # fmt: skip
        self._table(say("sheet_by_category"), columns, rows)

    def gaps(self) -> None:
        """The ranked gap areas."""
        say, report = self.say, self.report
        columns = [
            (say("column_rank"), "count"), (say("column_zone"), "text"), (say(f"unit_{report.unit}"), "count"),
            (say("column_lon"), "degrees"), (say("column_lat"), "degrees"), (say("column_missing"), "text"),
        ]  # fmt: skip
        rows = [
            [
                gap["rank"], report.zone_name(gap["zone"]), gap[report.unit], gap["lon"], gap["lat"],
                ", ".join(report.titles[each["category"]] for each in gap["missing"]),
            ]
            for gap in report.result["gaps"]
        ]  # fmt: skip
        self._table(say("sheet_gaps"), columns, rows)

    def inputs(self) -> None:
        """The versions the result was made of."""
        say = self.say
        columns = [(say(f"column_{name}"), "text") for name in ("layer", "agency", "version", "logical_hash")]
        rows = [
            [each["layer"], each["agency"], each["version"], each["logical_hash"]]
            for each in self.report.result["inputs"]
        ]
        self._table(say("sheet_inputs"), columns, rows)

    def _longest(self, row: Row) -> list[object]:
        found = longest_walk(row)
        if found is None:
            return [None, None]
        return [self._beyond() if found[1] is None else found[1], self.report.titles[found[0]]]

    def _walk(self, figures: Row) -> object:
        return self._beyond() if figures.get("p90_beyond") else figures.get("p90_m")

    def _beyond(self) -> str:
        return self.report.words.metres(None, beyond_m=self.report.result["parameters"]["search_m"])

    def _table(self, name: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]) -> None:
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, (heading, kind) in enumerate(columns):
            sheet.write_string(0, place, heading, self.formats["head"])
            longest = max((len(str(row[place] or "")) for row in rows), default=0)
            wide = min(max(longest + 2, 12), WIDEST) if kind == "text" else 13
            sheet.set_column(place, place, wide)
        for line, row in enumerate(rows, 1):
            for place, (value, (_, kind)) in enumerate(zip(row, columns, strict=True)):
                self._cell(sheet, line, place, value, kind)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)

    def _cell(self, sheet: Any, line: int, place: int, value: object, kind: str) -> None:
        if value is None:
            return
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            sheet.write_number(line, place, value, self.formats[kind])
        else:
            sheet.write_string(line, place, str(value), self.formats["text"])

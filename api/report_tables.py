"""The tables of a circle report as values: headings, kinds of number, rows. Workbook and CSV print them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.reports import CirclesReport, Row, longest_walk, mean_walk_m

Cell = str | float | int | None
ZONE = (
    "code text",
    "zone text",
    "demand count",
    "met count",
    "share share",
    "straight_share share",
    "detour_share share",
    "target share",
    "one_missing count",
    "unattached count",
    "mean_walk_m metres",
    "longest_m metres",
    "longest_category text",
    "reason text",
)
CATEGORY = (
    "category text",
    "tiers text",
    "distance_m metres",
    "sites count",
    "share share",
    "straight_share share",
    "mean_m metres",
    "p90_m metres",
    "reached share",
    "gini gini",
    "standing text",
    "source text",
)
PAIR = ("code text", "zone text", "category text", "met_category count", *CATEGORY[4:10])
GAP = ("rank count", "zone text", "demand count", "lon degrees", "lat degrees", "missing text")
INPUT = ("layer text", "agency text", "version text", "logical_hash text")


@dataclass(frozen=True)
class Column:
    """One column: its heading, and what its numbers are (`share` is 0 to 1)."""

    heading: str
    kind: str


@dataclass(frozen=True)
class Table:
    """One table with its title in words."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def zones(report: CirclesReport, *, with_categories: bool = False) -> Table:
    """One row a zone, then outside and the city; with three more columns for each measured category."""
    columns = _columns(report, ZONE)
    measured = (
        [line.category for line in report.categories if line.figures is not None] if with_categories else []
    )
    for each in measured:
        for column in _columns(report, ("share share", "mean_m metres", "p90_m metres")):
            columns.append(Column(f"{report.words.title(each)}: {column.heading}", column.kind))
    rows = [
        [*_zone(report, row), *(cell for each in measured for cell in _walk_cells(report, row, each["id"]))]
        for row in [*report.rows, report.city]
    ]
    return Table(report.words.say("sheet_zones"), columns, rows)


def categories(report: CirclesReport) -> Table:
    """One row a category, in the city."""
    say = report.words.say
    rows: list[list[Cell]] = []
    for line in report.categories:
        each, figures = line.category, line.figures
        rows.append(
            [
                report.words.title(each),
                ", ".join(map(str, each["tiers"])),
                each["distance_m"],
                say("no_data") if figures is None else each["sites"],
                *(_figures(report, figures) if figures is not None else [None] * 6),
                say(f"standing_{each['standing']}"),
                f"{each['clause']}; {each['source']}",
            ]
        )
    return Table(say("sheet_categories"), _columns(report, CATEGORY), rows)


def by_category(report: CirclesReport) -> Table:
    """Every zone and category: long, for a pivot table."""
    rows: list[list[Cell]] = [
        [row["code"], report.name(row), report.titles[name], each["met"], *_figures(report, each)]
        for row in [*report.rows, report.city]
        for name, each in row["categories"].items()
    ]
    return Table(report.words.say("sheet_by_category"), _columns(report, PAIR), rows)


def gaps(report: CirclesReport) -> Table:
    """The ranked gap areas."""
    rows: list[list[Cell]] = [
        [
            gap["rank"],
            report.zone_name(gap["zone"]),
            gap[report.unit],
            gap["lon"],
            gap["lat"],
            "; ".join(report.titles[each["category"]] for each in gap["missing"]),
        ]
        for gap in report.result["gaps"]
    ]
    return Table(report.words.say("sheet_gaps"), _columns(report, GAP), rows)


def inputs(report: CirclesReport) -> Table:
    """The versions the result was made of."""
    names = ("layer", "agency", "version", "logical_hash")
    rows: list[list[Cell]] = [[each[name] for name in names] for each in report.result["inputs"]]
    return Table(report.words.say("sheet_inputs"), _columns(report, INPUT), rows)


def _columns(report: CirclesReport, names: Iterable[str]) -> list[Column]:
    found = []
    for each in names:
        name, kind = each.split()
        key = f"unit_{report.unit}" if name == "demand" else f"column_{name}"
        found.append(Column(report.words.say(key), kind))
    return found


def _zone(report: CirclesReport, row: Row) -> list[Cell]:
    longest = longest_walk(row)
    mean = mean_walk_m(row)
    return [
        row["code"],
        report.name(row),
        row["demand"],
        row["met"],
        row["share"],
        row["share_straight"],
        row["detour_penalty"],
        row["target"],
        row["one_missing"]["total"],
        row["unattached"]["amount"],
        None if mean is None else round(mean, 1),
        None if longest is None else longest[1] or _beyond(report),
        None if longest is None else report.titles[longest[0]],
        None if row["reason"] is None else report.words.say(f"reason_{row['reason']}"),
    ]


def _figures(report: CirclesReport, each: Row) -> list[Cell]:
    p90 = _beyond(report) if each["p90_beyond"] else each["p90_m"]
    return [each["share"], each["share_straight"], each["mean_m"], p90, each["reached_share"], each["gini"]]


def _walk_cells(report: CirclesReport, row: Row, category: str) -> list[Cell]:
    share, _, mean, p90, _, _ = _figures(report, row["categories"][category])
    return [share, mean, p90]


def _beyond(report: CirclesReport) -> str:
    return report.words.metres(None, beyond_m=report.result["parameters"]["search_m"])

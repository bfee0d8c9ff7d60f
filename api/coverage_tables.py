"""The tables of a coverage rule's result as values; the command line, workbook and CSV print them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.report_tables import Cell, Column, Table
from api.reports import as_text
from api.words import Words

Row = Mapping[str, Any]

ZONE = (
    "code text",
    "zone text",
    "demand text",
    "unit text",
    "group text",
    "amount amount",
    "met_amount amount",
    "covered_share share",
    "straight_share share",
    "detour_share share",
    "value amount",
    "target plain",
    "gap plain",
    "unattached amount",
    "unknown amount",
    "reason text",
)
SERVICE = (
    "service text",
    "layer text",
    "conditions text",
    "distance_m metres",
    "sites count",
    "sites_unattached count",
    "clause text",
    "standing text",
    "source text",
)
TARGET = ("demand text", "group text", "target plain", "plan text", "standing text", "source text")
INPUT = ("layer text", "agency text", "version text", "logical_hash text")


@dataclass(frozen=True)
class CoverageReport:
    """A result and the language it is told in."""

    result: Row
    words: Words

    def title(self) -> str:
        """The title of the rule."""
        return self.words.title(self.result["rule"])

    @property
    def rows(self) -> list[Row]:
        """Zones, outside where there is anything, and the city; of a drawn area that area."""
        if self.result["area"] is not None:
            return list(self.result["zones"])
        outside = self.result["outside"]
        some = any(each["demand"] for each in outside["figures"].values())
        return [*self.result["zones"], *([outside] if some else []), self.result["city"]]

    def name(self, row: Row) -> str:
        """A row's name: a zone's own, or the words for outside, the whole city and a drawn area."""
        code = row["code"]
        if code == "outside":
            return self.words.say("outside")
        if code == "city":
            return self.words.say("whole_city")
        return self.words.say("drawn_area") if self.result["area"] is not None else self.words.name(row)

    def demand(self, demand: Row) -> str:
        """What a demand is called: features by their layer, others by kind, or by an id of their own."""
        kind = demand["kind"]
        if kind == "features" and demand["id"] == kind and self.words.title(demand):
            return self.words.title(demand)
        return self.words.say(f"demand_{kind}") if demand["id"] == kind else str(demand["id"])

    def told(self, thing: Row, field: str) -> str:
        """A clause or source: the Chinese one for readers of Chinese, where the rule gives one."""
        other = thing.get(f"{field}_zh") if self.words.lang == "zh" else None
        return str(other or thing[field])

    def unit(self, demand: Row) -> str:
        """The unit a demand is counted in."""
        return self.words.say(f"counted_{demand['unit']}")

    def service(self, service: Row) -> str:
        """What a service is called: its title, else its layer's name."""
        return self.words.title(service) or str(service["layer"])

    def reason(self, demand: Row, figure: Row) -> str | None:
        """Why a figure has no share; nobody is there only where people are counted."""
        if figure["reason"] == "no_demand" and demand["unit"] != "people":
            return self.words.say("reason_nothing")
        return None if figure["reason"] is None else self.words.say(f"reason_{figure['reason']}")

    @property
    def missing(self) -> list[str]:
        """The layers that are not there, each with whose part is awaited where somebody's is there."""
        return [
            each["layer"]
            if each["agencies"] is None
            else self.words.say(
                "awaited",
                layer=each["layer"],
                agencies=self.words.say("list_join").join(
                    self.words.title(agency, "name") for agency in each["agencies"]
                ),
            )
            for each in self.result["inputs_missing"]
        ]

    @property
    def is_supply(self) -> bool:
        """Whether the figures are places for 1000 people, not shares."""
        return bool(self.result["rule"]["catchment"] == "supply")


def zones(report: CoverageReport) -> Table:
    """One row a zone and demand, and one more for each group of it; then outside and the city."""
    rows: list[list[Cell]] = []
    for row in report.rows:
        for demand in report.result["demands"]:
            figure = row["figures"][demand["id"]]
            head: list[Cell] = [row["code"], report.name(row), report.demand(demand), report.unit(demand)]
            rows.append([*head, None, *_figure(report, demand, figure)])
            rows += [[*head, name, *_figure(report, demand, each)] for name, each in figure["groups"].items()]
    return Table(report.words.say("sheet_zones"), _columns(report, ZONE), rows)


def services(report: CoverageReport) -> Table:
    """One row a service."""
    say = report.words.say
    rows: list[list[Cell]] = [
        [
            report.service(each),
            each["layer"],
            conditions(each),
            each["distance_m"],
            say("no_data") if each["sites"] is None else each["sites"],
            each["sites_unattached"],
            report.told(each, "clause"),
            say(f"standing_{each['standing']}"),
            report.told(each, "source"),
        ]
        for each in report.result["services"]
    ]
    return Table(say("sheet_services"), _columns(report, SERVICE), rows)


def targets(report: CoverageReport) -> Table:
    """One row a target."""
    named = {each["id"]: report.demand(each) for each in report.result["demands"]}
    rows: list[list[Cell]] = [
        [
            named[each["demand"]],
            report.words.say("list_join").join(each["groups"]),
            each["share"] if each["value"] is None else each["value"],
            each["plan"],
            report.words.say(f"standing_{each['standing']}"),
            report.told(each, "source"),
        ]
        for each in report.result["targets"]
    ]
    return Table(report.words.say("sheet_targets"), _columns(report, TARGET), rows)


def inputs(report: CoverageReport) -> Table:
    """The versions the result was made of."""
    names = [each.split()[0] for each in INPUT]
    rows: list[list[Cell]] = [[each[name] for name in names] for each in report.result["inputs"]]
    return Table(report.words.say("sheet_inputs"), _columns(report, INPUT), rows)


def conditions(service: Row) -> str:
    """The filter of a service in one line, with the names of columns as they are."""
    parts = [f"{column} = {as_text(values)}" for column, values in service["where"].items()]
    parts += [f"{column} ≥ {bound}" for column, bound in service["at_least"].items()]
    parts += [f"{column} < {bound}" for column, bound in service["below"].items()]
    return "; ".join(parts)


def _columns(report: CoverageReport, names: Iterable[str]) -> list[Column]:
    found = []
    for each in names:
        name, kind = each.split()
        if kind == "plain":
            kind = "amount" if report.is_supply else "share"
        found.append(Column(report.words.say(f"column_{name}"), kind))
    return found


def _figure(report: CoverageReport, demand: Row, figure: Row) -> Sequence[Cell]:
    """A figure's cells, in the order of `ZONE` after the group; groups have no attachment of their own."""
    unattached = figure.get("unattached")
    return [
        figure["demand"],
        figure["met"],
        figure["share"],
        figure["share_straight"],
        figure["detour_penalty"],
        figure["value"],
        figure["target"],
        figure["gap"],
        None if unattached is None else unattached["amount"],
        figure.get("unknown"),
        report.reason(demand, figure),
    ]

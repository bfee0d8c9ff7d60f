"""What the planner's map says about the city or one zone of it: one value for page, list and map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.pages import link
from api.params import When
from api.results import Result, Results
from api.words import Words
from api.zones import Zone, ZoneBook, coarsest
from layers.catalog import Store
from maps.page import paint
from maps.shapes import feature_collection
from maps.style import Style

MOST_MISSED = 3
GAPS = 5
GAP_ZOOM = 14


@dataclass(frozen=True)
class Ranked:
    """One zone of the list beside the map."""

    rank: int | None
    zone: Zone
    row: Mapping[str, Any]
    href: str


@dataclass(frozen=True)
class Missed:
    """A category many people lack: how many, and as a share of all."""

    category: Mapping[str, Any]
    amount: float
    share: float


@dataclass(frozen=True)
class Overview:
    """The facts of one page. `path` leads to the chosen zone; `level` is what the list shows."""

    result: Result
    path: Sequence[Zone]
    row: Mapping[str, Any]
    level: str | None
    ranked: Sequence[Ranked]
    missed: Sequence[Missed]
    gaps: Sequence[Mapping[str, Any]]
    when: When

    @property
    def chosen(self) -> Zone | None:
        return self.path[-1] if self.path else None

    @property
    def minutes(self) -> int:
        return max((int(tier["minutes"]) for tier in self.result.values["tiers"]), default=0)


class Overviews:
    """Makes overviews from results and zones."""

    def __init__(self, store: Store, results: Results, book: ZoneBook, when: When) -> None:
        self.store = store
        self.results = results
        self.book = book
        self.when = when

    def read(self, code: str | None) -> Overview:
        """The overview of a zone, of the city for None."""
        path = self.book.path(code)
        chosen = path[-1] if path else None
        by = chosen.level if chosen else coarsest(self.book.names)
        result = self.results.get(self.store, by, self.when).as_of_day(self.when)
        row = result.row(chosen.code if chosen else None) or {}
        level = self.book.child(chosen.level if chosen else None)
        return Overview(
            result=result,
            path=path,
            row=row,
            level=level,
            ranked=self._ranked(level, chosen),
            missed=most_missed(result, row),
            gaps=self._gaps(path),
            when=self.when,
        )

    def finer(self, code: str | None) -> str | None:
        """The level a reader of this zone's page may ask for next, None below the finest."""
        path = self.book.path(code)
        below = self.book.child(path[-1].level if path else None)
        return self.book.child(below) if below else None

    def _ranked(self, level: str | None, chosen: Zone | None) -> list[Ranked]:
        if level is None:
            return []
        rows = {row["code"]: row for row in self.results.get(self.store, level, self.when).values["zones"]}
        zones = [
            self.book.level(level).zones[i]
            for i in self.book.level(level).rows(chosen.code if chosen else None)
        ]
        pairs = [(zone, rows[zone.code]) for zone in zones if zone.code in rows]
        pairs.sort(key=lambda pair: (pair[1]["share"] is None, -(pair[1]["share"] or 0.0), pair[0].code))
        return [
            Ranked(i if row["share"] is not None else None, zone, row, zone_link(zone.code, self.when))
            for i, (zone, row) in enumerate(pairs, 1)
        ]

    def _gaps(self, path: Sequence[Zone]) -> list[Mapping[str, Any]]:
        """The largest gap areas, of the whole city or of the district around what is chosen."""
        gaps = self.results.get(self.store, coarsest(self.book.names), self.when).values["gaps"]
        return [gap for gap in gaps if not path or gap["zone"] == path[0].code][:GAPS]

    def levels(self, overview: Overview, words: Words, style: Style) -> list[dict[str, Any]]:
        """The map's zones from the city down to those listed, as `maps.elements.Zones` wants them."""
        around: list[Zone | None] = [None, *overview.path]
        found = []
        for zone in around:
            name = self.book.child(zone.level if zone else None)
            if name is None:
                continue
            collection = self.collection(name, zone.code if zone else None, words, style)
            if collection["features"]:
                found.append({"level": name, "within": zone.code if zone else None, "collection": collection})
        return found

    def collection(self, level_name: str, within: str | None, words: Words, style: Style) -> dict[str, Any]:
        """GeoJSON of the zones of a level inside another zone, dressed with colours and labels."""
        level = self.book.level(level_name)
        rows = {
            row["code"]: row for row in self.results.get(self.store, level_name, self.when).values["zones"]
        }
        chosen = [i for i in level.rows(within) if level.zones[i].code in rows]
        properties = [
            dress(level.zones[i], rows[level.zones[i].code], level.labels[i].tolist(), words, style)
            for i in chosen
        ]
        return feature_collection(level.shapes[chosen], properties)


def dress(
    zone: Zone, row: Mapping[str, Any], at: Sequence[float], words: Words, style: Style
) -> dict[str, Any]:
    """What the map knows of one zone."""
    label = words.percent(row["share"]) if row["share"] is not None else words.say(f"reason_{row['reason']}")
    return {
        "code": zone.code,
        "name": words.name(zone.as_row()),
        "label": label,
        "demand": words.say("zone_people", n=row["demand"]),
        "weight": row["demand"],
        "at": [round(value, 5) for value in at],
        **paint(style, row["share"], row["reason"]),
    }


def most_missed(result: Result, row: Mapping[str, Any], count: int = MOST_MISSED) -> list[Missed]:
    """The categories most people of a row lack; ties in the rule set's order."""
    if not row or row["share"] is None or not row["demand"]:
        return []
    titles = {each["id"]: each for each in result.values["categories"]}
    lacking = [
        Missed(titles[name], row["demand"] - values["met"], 1.0 - values["share"])
        for name, values in row["categories"].items()
        if values["share"] is not None and values["met"] < row["demand"]
    ]
    return sorted(lacking, key=lambda each: (-each.amount, each.category["id"]))[:count]


def zone_link(code: str | None, when: When) -> str:
    """The map's address with a zone chosen."""
    return link("/", zone=code, **when.query())


def gap_link(gap: Mapping[str, Any], zone: str | None, when: When) -> str:
    """The map at a gap area, with the people who lack something switched on."""
    view = f"{GAP_ZOOM},{gap['lat']},{gap['lon']}"
    return link("/", zone=zone, view=view, uncovered=1, **when.query())

"""The circle report as one value, from which the page, the workbook and the CSV are made."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.words import Words

Row = Mapping[str, Any]


@dataclass(frozen=True)
class CategoryLine:
    """One category of the rule set with its figures in the city; None where it has no data."""

    category: Row
    figures: Row | None


@dataclass(frozen=True)
class CirclesReport:
    """What an assessor reads, in the order she reads it."""

    result: Row
    words: Words

    @property
    def unit(self) -> str:
        return str(self.result["unit"])

    @property
    def minutes(self) -> int:
        return max((int(tier["minutes"]) for tier in self.result["tiers"]), default=0)

    @cached_property
    def rows(self) -> list[Row]:
        """Zones by share, the fullest first, those without last; then outside, if anybody is there."""
        zones = sorted(
            self.result["zones"], key=lambda row: (row["share"] is None, -(row["share"] or 0.0), row["code"])
        )
        outside = self.result["outside"]
        return [*zones, outside] if outside["demand"] else zones

    @property
    def city(self) -> Row:
        return dict(self.result["city"])

    @cached_property
    def categories(self) -> list[CategoryLine]:
        """The categories in the rule set's order."""
        figures = self.city["categories"]
        return [CategoryLine(each, figures.get(each["id"])) for each in self.result["categories"]]

    @cached_property
    def titles(self) -> dict[str, str]:
        """Category titles by id, in the reader's language."""
        return {each["id"]: self.words.title(each) for each in self.result["categories"]}

    @property
    def excluded(self) -> list[str]:
        """Titles of the categories without data."""
        return [self.titles[each["category"]] for each in self.result["excluded"]]

    def name(self, row: Row) -> str:
        """A row's name: a zone's own, or the words for outside and the whole city."""
        if row["code"] == "outside":
            return self.words.say("outside")
        return self.words.say("whole_city") if row["code"] == "city" else self.words.name(row)

    def zone_name(self, code: str) -> str:
        """The name of the zone of a code."""
        row = next((each for each in self.result["zones"] if each["code"] == code), None)
        return self.name(row) if row else self.words.say("outside")

    def parameter(self, name: str) -> str:
        """What a parameter is called; its own name where nobody has worded it yet."""
        key = f"parameter_{name}"
        return self.words.say(key) if self.words.has(key) else name

    @property
    def standings(self) -> str:
        """How many distances are known how well, the best known first."""
        known = Counter(each["standing"] for each in self.result["categories"])
        order = ("in_force", "draft", "second_hand", "recalled", "assumed")
        return self.words.say("list_join").join(
            self.words.say("method_standing_part", n=known[each], standing=self.words.say(f"standing_{each}"))
            for each in order
            if known[each]
        )

    def title(self) -> str:
        """The title of the rule set."""
        return self.words.title(self.result["rule_set"])


def mean_walk_m(row: Row) -> float | None:
    """Mean of the categories' mean walks, over the categories that somebody reaches."""
    known = [each["mean_m"] for each in row["categories"].values() if each["mean_m"] is not None]
    return sum(known) / len(known) if known else None


def longest_walk(row: Row) -> tuple[str, float | None] | None:
    """The category with the longest 90th-percentile walk, and that walk; None lies beyond the search."""
    beyond = [name for name, each in row["categories"].items() if each["p90_beyond"]]
    if beyond:
        return min(beyond, key=lambda name: (row["categories"][name]["reached_share"] or 0.0, name)), None
    known = {name: each["p90_m"] for name, each in row["categories"].items() if each["p90_m"] is not None}
    if not known:
        return None
    name = max(known, key=lambda each: (known[each], each))
    return name, known[name]


def lowest(rows: Sequence[Row], count: int) -> list[Row]:
    """The rows with the lowest shares, lowest last; what the chart of many zones shows."""
    known = [row for row in rows if row["share"] is not None and row["code"] != "outside"]
    return known[-count:]


def filename(result: Row, suffix: str) -> str:
    """The name a download gets: rule, zones, date, and that the figures are invented where they are."""
    day = str(result["date"] or "undated")[:10]
    kind = "-synthetic" if result["place"]["synthetic"] else ""
    return f"circles-{result['by']}-{day}{kind}.{suffix}"


def as_text(value: Any) -> str:
    """A parameter as one line of text."""
    if isinstance(value, str):
        return value
    return (
        ", ".join(map(str, value))
        if isinstance(value, (list, tuple))
        else json.dumps(value, ensure_ascii=False)
    )

"""A recipe pins all that a result was made of, so that it can be made again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pyproj import CRS

from geo.crs import parse, require_metres, working_crs
from inventory import coverage_rule_file
from inventory.area import Area, area_of
from inventory.canonical import canonical, digest
from inventory.coverage_rules import CoverageRule
from inventory.engine import engine
from inventory.errors import ZonesUnknown
from inventory.recipe_form import read_document
from inventory.rule_documents import CIRCLES
from inventory.rule_file import from_document, rule_set
from inventory.rules import RuleSet
from layers.catalog import Store
from layers.city import AgencyEntry, City, ZoneEntry

AGENCY = "agency"
"""Zones by who answers for them, in every city that has zones."""


@dataclass(frozen=True)
class Recipe:
    """Plain values, as recipe.json holds them."""

    document: Mapping[str, Any]

    @cached_property
    def hash(self) -> str:
        return digest(self.document)

    @property
    def content(self) -> bytes:
        return canonical(self.document)

    @property
    def kind(self) -> str:
        """`circles`, which have a rule set, or `coverage`, which has a rule."""
        return str(self.document["kind"])

    @cached_property
    def rules(self) -> RuleSet:
        return from_document(self.document["rule_set"], f"recipe {self.hash[:12]}")

    @cached_property
    def rule(self) -> CoverageRule:
        """The rule of a recipe of kind `coverage`, at the speed that was asked for."""
        rule = coverage_rule_file.from_document(self.document["rule"], f"recipe {self.hash[:12]}")
        speed = self.document["speed_km_h"]
        return rule if speed is None else rule.at_speed(speed)

    @property
    def by(self) -> str:
        """The zones; of a drawn area there are none."""
        return str(self.document["by"])

    @property
    def area(self) -> Area | None:
        """The drawn area, if the recipe is of one."""
        values = self.document.get("area")
        return None if values is None else area_of(values)

    @property
    def agencies(self) -> tuple[AgencyEntry, ...]:
        """Who answers for which zones, where a recipe says so: by agency, or of layers that many publish."""
        return tuple(
            AgencyEntry(each["code"], each["name_zh"], each["name_en"], "", tuple(each["members"]))
            for each in self.document["city"].get("agencies", [])
        )

    @property
    def expected(self) -> dict[str, tuple[str, ...]]:
        """Layers that many publish, and the codes of those whose part is awaited."""
        return {layer: tuple(codes) for layer, codes in self.document["city"].get("expected", {}).items()}

    @property
    def zones(self) -> ZoneEntry:
        entry = self.document["city"]["zones"]
        return ZoneEntry(entry["layer"], entry["key"], entry["name"])

    @cached_property
    def crs(self) -> CRS:
        return parse(self.document["city"]["working_crs"])

    @property
    def day(self) -> date | None:
        """The valid time of all readings: the date asked for, else that of the newest input version.

        A plan or a building site is no service, so features' own dates always count; and no clock enters.
        """
        day = self.document["date"]
        return None if day is None else date.fromisoformat(day)

    @property
    def sequence(self) -> int:
        return int(self.document["sequence"])

    @property
    def inputs(self) -> list[dict[str, str]]:
        return list(self.document["inputs"])


def pin(
    store: Store,
    *,
    rules: RuleSet | str | None = None,
    by: str = "district",
    at: date | None = None,
    as_of: int | datetime | None = None,
) -> Recipe:
    """The recipe of a circles report on what the catalog knew at `as_of`, by default now.

    Its sequence number is that of the newest head move among its inputs, not of the catalog: publishing
    something else leaves the recipe, and with it the kept result, as it is.
    """
    city = store.workspace.city
    if not isinstance(rules, RuleSet):
        rules = rule_set(rules or city.rule_set, store.workspace.home)
    if by not in city.zones:
        raise ZonesUnknown(by, sorted(city.zones))
    zones = city.zones[by]
    layers = {*rules.walk.layers, rules.demand.layer, zones.layer, *rules.layers}
    return Recipe(
        {
            "kind": CIRCLES,
            "by": by,
            "city": city_of(city, zones),
            **pinned(store, layers, at=at, as_of=as_of),
            "rule_set": dict(rules.document),
            "rule_set_hash": rules.hash,
        }
    )


def pinned(
    store: Store, layers: Collection[str], *, at: date | None, as_of: int | datetime | None
) -> dict[str, Any]:
    """What every recipe says of its inputs: `inputs`, `at`, `date`, `sequence` and the engine."""
    standing = store.arrivals(layers, as_of=as_of)
    heads = [head for head, _ in standing]
    newest = max((head.created_at.date() for head in heads), default=None)
    day = at or newest
    return {
        "at": None if at is None else at.isoformat(),
        "date": None if day is None else day.isoformat(),
        "sequence": max((moved for _, moved in standing), default=0),
        "inputs": [
            {
                "layer": head.layer,
                "agency": head.agency,
                "version": head.id,
                "logical_hash": head.logical_hash,
                "spec_hash": head.spec_hash,
            }
            for head in heads
        ],
        "engine": engine(),
    }


def city_of(city: City, zones: ZoneEntry | None) -> dict[str, Any]:
    """What a recipe says of its city."""
    return {
        "id": city.id,
        "name_zh": city.name_zh,
        "name_en": city.name_en,
        "synthetic": city.synthetic,
        "working_crs": city_crs(city).to_string(),
        "zones": None if zones is None else {"layer": zones.layer, "key": zones.key, "name": zones.name},
    }


def city_crs(city: City) -> CRS:
    """The system the city is measured in: the one it names, else the one of its centre."""
    if city.working_crs == "auto":
        return working_crs(*city.centre)
    return require_metres(parse(city.working_crs), f"measuring {city.id}")


def read_recipe(path: Path) -> Recipe:
    """A kept recipe; RecipeError where it is not one."""
    return Recipe(read_document(path))

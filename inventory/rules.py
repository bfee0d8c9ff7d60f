"""Rule sets: which facilities a circle needs, within which walk, by which clause. Data, read from TOML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from inventory.canonical import digest
from inventory.walk_rules import WalkRule

Standing = Literal["in_force", "draft", "second_hand", "recalled", "assumed"]


@dataclass(frozen=True)
class Target:
    """The share somebody promised, of demand served in all required categories."""

    share: float
    source: str
    standing: Standing


@dataclass(frozen=True)
class Requirement:
    """One category of one tier.

    where: column -> admitted value, all must hold. count: the column that says for how many facilities a
    feature stands.
    """

    id: str
    title_zh: str
    title_en: str
    layer: str
    where: Mapping[str, str]
    count: str | None
    distance_m: float
    clause: str
    source: str
    standing: Standing


@dataclass(frozen=True)
class Tier:
    """One list. walk_m: the walking distance of the tier itself, its label; rows carry their own."""

    minutes: int
    walk_m: float
    source: str
    standing: Standing
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class DemandRule:
    """Either people of a point layer (amount: its column), or metres of street in pieces of `piece_m`."""

    kind: Literal["people", "street_metres"]
    layer: str
    amount: str | None
    piece_m: float

    @property
    def unit(self) -> Literal["people", "m"]:
        return "people" if self.kind == "people" else "m"


@dataclass(frozen=True)
class RuleSet:
    """What `inventory.rule_file` read; tiers with the longest walk first.

    document is the file's content as plain values: it goes into recipes, so that a replay needs no file.
    """

    id: str
    title_zh: str
    title_en: str
    source: str
    standing: Standing
    walk: WalkRule
    demand: DemandRule
    gap_cell_m: float
    gap_spread_m: float
    gap_top: int
    target: Target | None
    tiers: tuple[Tier, ...]
    document: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 of the content; comments and layout of the file do not enter."""
        return digest(self.document)

    @property
    def walk_speed_km_h(self) -> float:
        return self.walk.speed_km_h

    @property
    def search_m(self) -> float:
        return self.walk.search_m

    @property
    def attach_limit_m(self) -> float:
        return self.walk.limit_m

    @property
    def min_component_m(self) -> float:
        return self.walk.min_component_m

    @property
    def categories(self) -> tuple[Requirement, ...]:
        """Each category once, in the order of the file; in two tiers, the row with the shorter walk."""
        best: dict[str, Requirement] = {}
        for tier in self.tiers:
            for row in tier.requirements:
                if row.id not in best or row.distance_m < best[row.id].distance_m:
                    best[row.id] = row
        return tuple(best.values())

    @property
    def layers(self) -> tuple[str, ...]:
        """The facility layers, sorted."""
        return tuple(sorted({row.layer for row in self.categories}))

    def columns(self, layer: str) -> list[str]:
        """The columns of a facility layer that filters and counts look at, sorted."""
        rows = [row for row in self.categories if row.layer == layer]
        return sorted({name for row in rows for name in (*row.where, *([row.count] if row.count else []))})

    def tiers_of(self, category: str) -> tuple[int, ...]:
        return tuple(t.minutes for t in self.tiers if any(r.id == category for r in t.requirements))

    def required_by(self, tier: Tier) -> tuple[Requirement, ...]:
        """The tier's own list and those of all lower tiers, each row once per tier it stands in."""
        return tuple(row for t in self.tiers if t.minutes <= tier.minutes for row in t.requirements)

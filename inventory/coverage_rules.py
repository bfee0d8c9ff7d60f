"""Coverage rules: what serves whom, within which catchment, to which target. Data, read from TOML."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from inventory.canonical import digest
from inventory.filters import Filter
from inventory.rules import Standing
from inventory.walk_rules import WalkRule

Catchment = Literal["straight", "walk", "along", "status", "raster", "supply"]
CATCHMENTS: tuple[Catchment, ...] = get_args(Catchment)
DemandKind = Literal["land", "residential_land", "buildings", "people", "road_length", "features"]
Start = Literal["boundary", "centroid", "entrance"]
Unit = Literal["m2", "people", "m", "buildings", "features"]

WALKED: tuple[Catchment, ...] = ("walk", "supply")
"""The catchments that need streets."""
SERVED: tuple[Catchment, ...] = ("straight", "walk", "along", "supply")
"""The catchments that need services; the others look at the demand itself."""
MINUTES_IN_HOUR, METRES_IN_KM = 60.0, 1000.0


@dataclass(frozen=True)
class Service:
    """Features that serve: a layer, a filter, how far they reach.

    distance_m: straight or on foot; of a row that states `minutes`, what those are at the rule's speed; None
    in `along`, whose reach is the rule's. start: what a straight distance begins at; in `walk` and `supply`
    either `entrance` or None, where a polygon is entered where streets meet it. entrances, entrance_of: a
    point layer and its column that holds the key of the service's feature. count: column, for how many a
    feature stands. capacity: column of places.
    """

    layer: str
    title_zh: str | None
    title_en: str | None
    filter: Filter
    start: Start | None
    entrances: str | None
    entrance_of: str | None
    distance_m: float | None
    minutes: float | None
    count: str | None
    capacity: str | None
    clause: str
    source: str
    standing: Standing
    clause_zh: str | None = None
    source_zh: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its layer that it looks at, sorted."""
        named = (name for name in (self.count, self.capacity) if name)
        return tuple(sorted({*self.filter.columns, *named}))


@dataclass(frozen=True)
class DemandOf:
    """What is to be covered.

    layer: None only of `land`, which is the ground of the zones. amount: of people a column (None where the
    layer is a raster, whose cells hold people); of buildings the column of floor area (None: they are
    counted). group: figures are also given by the values of this column. cell_m: how finely areas and lines
    are sampled on foot.
    """

    id: str
    kind: DemandKind
    layer: str | None
    amount: str | None
    filter: Filter
    group: str | None
    cell_m: float

    @property
    def unit(self) -> Unit:
        if self.kind == "buildings":
            return "m2" if self.amount else "buildings"
        return _UNITS[self.kind]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its layer that it looks at, sorted."""
        named = (name for name in (self.amount, self.group) if name)
        return tuple(sorted({*self.filter.columns, *named}))


_UNITS: Mapping[DemandKind, Unit] = {
    "land": "m2",
    "residential_land": "m2",
    "people": "people",
    "road_length": "m",
    "features": "features",
}


@dataclass(frozen=True)
class CoverageTarget:
    """What somebody promised of one demand, or of some of its groups.

    share: of the demand that is met, 0 to 1; in `supply` None, and `value` is places for 1000 people.
    plan: the plan that promises it; a stricter plan does not overrule another.
    """

    demand: str
    groups: tuple[str, ...]
    share: float | None
    value: float | None
    plan: str | None
    source: str
    standing: Standing
    source_zh: str | None = None

    @property
    def level(self) -> float:
        """The share, or the value of a supply."""
        found = self.share if self.value is None else self.value
        assert found is not None  # noqa: S101 - the reader gives one of the two
        return found


@dataclass(frozen=True)
class AlongRule:
    """A service farther aside than `aside_m` serves nothing of a line; it serves `reach_m` to both sides.

    line_of: the services' column that holds the key of the line each stands at; without it, or without a
    value, a service stands at the nearest line.
    """

    aside_m: float
    reach_m: float
    line_of: str | None


@dataclass(frozen=True)
class Without:
    """Events that a feature must be free of: those of `layer` in it, or within `near_m` of it.

    With `within_days` only those count whose `date` lies at most so many days before the result's date.
    """

    layer: str
    filter: Filter
    within_days: float | None
    date: str | None
    near_m: float

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(sorted({*self.filter.columns, *([self.date] if self.date else [])}))


@dataclass(frozen=True)
class StatusRule:
    """The state in which a feature of the demand counts as met; all given must hold.

    known: features that it does not admit are left out of the denominator and counted apart.
    """

    met: Filter
    without: Without | None
    known: Filter | None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the demand's layer that it looks at, sorted."""
        return tuple(sorted({*self.met.columns, *(self.known.columns if self.known else ())}))


@dataclass(frozen=True)
class RasterRule:
    """Which cells count as met: those of at least, or of less than, a bound.

    Of `band`, or of the index (nir - red) / (nir + red) where `band` is None. Bands count from 1.
    """

    layer: str
    band: int | None
    red: int | None
    nir: int | None
    at_least: float | None
    below: float | None


@dataclass(frozen=True)
class SupplyRule:
    """How a two-step floating catchment weighs distance; `bands` of `step`: up to metres, weight."""

    weights: Literal["binary", "step", "gaussian"]
    bands: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class CoverageRule:
    """What `inventory.coverage_rule_file` read.

    walk is None unless streets are needed, along, status, raster and supply unless that is the catchment.
    document is the file's content as plain values: it goes into recipes, so that a replay needs no file.
    clause_zh, source_zh: of services and targets too, the same for readers of Chinese; None where the file
    has none.
    """

    id: str
    title_zh: str
    title_en: str
    clause: str
    source: str
    standing: Standing
    catchment: Catchment
    services: tuple[Service, ...]
    demands: tuple[DemandOf, ...]
    targets: tuple[CoverageTarget, ...]
    walk: WalkRule | None
    along: AlongRule | None
    status: StatusRule | None
    raster: RasterRule | None
    supply: SupplyRule | None
    document: Mapping[str, Any] = field(repr=False)
    clause_zh: str | None = None
    source_zh: str | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the content; comments and layout of the file do not enter."""
        return digest(self.document)

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer the rule reads, sorted."""
        named: list[str | None] = [each.layer for each in self.demands]
        for service in self.services:
            named += [service.layer, service.entrances]
        if self.walk is not None:
            named += self.walk.layers
        if self.status is not None and self.status.without is not None:
            named.append(self.status.without.layer)
        if self.raster is not None:
            named.append(self.raster.layer)
        return tuple(sorted({name for name in named if name}))

    @property
    def needed(self) -> tuple[str, ...]:
        """The layers without which nothing can be said, sorted; of services and demands one is enough."""
        named = [self.walk.layer] if self.walk is not None else []
        if self.raster is not None:
            named.append(self.raster.layer)
        if self.status is not None and self.status.without is not None:
            named.append(self.status.without.layer)
        return tuple(sorted(named))

    @property
    def uses_speed(self) -> bool:
        """Whether a walking speed changes any figure."""
        return any(service.minutes is not None for service in self.services)

    def demand(self, id_: str) -> DemandOf:
        """The demand of that id; KeyError if there is none."""
        return {each.id: each for each in self.demands}[id_]

    def targets_of(self, demand: str, group: str | None = None) -> tuple[CoverageTarget, ...]:
        """The targets of a demand as a whole, or of one of its groups, in the order of the file."""
        return tuple(
            each
            for each in self.targets
            if each.demand == demand and (group in each.groups if group is not None else not each.groups)
        )

    def at_speed(self, speed_km_h: float) -> "CoverageRule":
        """The rule for people who walk at another speed: rows that state minutes reach as far as those."""
        if self.walk is None:
            return self
        walk = replace(self.walk, speed_km_h=speed_km_h)
        services = tuple(
            replace(each, distance_m=walked_m(each.minutes, speed_km_h)) if each.minutes is not None else each
            for each in self.services
        )
        return replace(self, walk=walk, services=services)


def walked_m(minutes: float, speed_km_h: float) -> float:
    """How far one walks on the flat, in metres."""
    return minutes * speed_km_h * METRES_IN_KM / MINUTES_IN_HOUR

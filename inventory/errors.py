"""What can go wrong when service is measured. `api` words these by `code` and their attributes."""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import ClassVar


class InventoryError(Exception):
    """Base of every error of this package."""

    code: ClassVar[str] = "inventory_error"


class RuleError(InventoryError):
    """A rule file says something that cannot be used."""

    code: ClassVar[str] = "rule_invalid"

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file = file
        self.key = key
        self.problem = problem
        super().__init__(f"rule file {file}: {key}: {problem}")


class RuleSetNotFound(InventoryError):
    """No rule set has this id."""

    code: ClassVar[str] = "rule_set_not_found"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"no rule set is called {name!r}; there are {', '.join(known) or 'none'}")


class RuleNotFound(InventoryError):
    """No coverage rule has this id."""

    code: ClassVar[str] = "rule_not_found"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"no coverage rule is called {name!r}; there are {', '.join(known) or 'none'}")


class PortionsInvalid(InventoryError):
    """A measure gave pieces of demand that cannot be: a fault of the program, not of the data."""

    code: ClassVar[str] = "portions_invalid"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"portions: {field} {problem}")


class MeasureMissing(InventoryError):
    """The program cannot measure this catchment."""

    code: ClassVar[str] = "measure_missing"

    def __init__(self, catchment: str) -> None:
        self.catchment = catchment
        super().__init__(f"rules of catchment {catchment!r} cannot be measured by this version")


class QuestionInvalid(InventoryError):
    """A question that contradicts itself or its rule. `expected` names what would be right."""

    code: ClassVar[str] = "question_invalid"

    def __init__(self, name: str, value: object, expected: str) -> None:
        self.name = name
        self.value = value
        self.expected = expected
        super().__init__(f"{name} = {value!r} cannot be answered; expected {EXPECTED[expected]}")


class AreaInvalid(InventoryError):
    """A drawn area that has no figures. `expected` names what would have some."""

    code: ClassVar[str] = "area_invalid"

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(f"the drawn area cannot be used; expected {EXPECTED[expected]}")


EXPECTED: Mapping[str, str] = {
    "by_or_area": "either zones or a drawn area",
    "walking_speed": "a walking speed in km/h, above 0 and at most 15",
    "rule_of_minutes": "a rule that states minutes: this one states metres, so no speed changes a figure",
    "area_polygon": "one polygon as GeoJSON has it: an outline and its holes",
    "area_degrees": "corners of longitude and latitude in degrees",
    "area_corners": "rings of at least three different corners",
    "area_most": "at most 500 corners",
    "area_simple": "an outline that has an area and does not cross itself",
    "area_near": "an area in the city or its surroundings",
}
"""What would have been right, by the name that `api` words."""


class ZonesUnknown(InventoryError):
    """The city names no zones of this kind."""

    code: ClassVar[str] = "zones_unknown"

    def __init__(self, by: str, known: Sequence[str]) -> None:
        self.by = by
        self.known = tuple(known)
        super().__init__(f"the city has no zones called {by!r}; city.toml names {', '.join(known) or 'none'}")


class ZonesMissing(InventoryError):
    """The layer that holds the zones has no published version, or no feature."""

    code: ClassVar[str] = "zones_missing"

    def __init__(self, by: str, layer: str) -> None:
        self.by = by
        self.layer = layer
        super().__init__(f"layer {layer!r} holds no zones to report by {by}: publish it first")


class ZoneColumnMissing(InventoryError):
    """city.toml names a column that the layer of the zones does not have."""

    code: ClassVar[str] = "zone_column_missing"

    def __init__(self, by: str, layer: str, column: str) -> None:
        self.by = by
        self.layer = layer
        self.column = column
        super().__init__(f"layer {layer!r} has no column {column!r}, which city.toml names as key of {by}")


class RuleWithoutData(InventoryError):
    """No agency has published what a rule measures by: no data is not zero, so there is no result."""

    code: ClassVar[str] = "rule_without_data"

    def __init__(self, rule: str, layers: Sequence[str]) -> None:
        self.rule = rule
        self.layers = tuple(layers)
        super().__init__(
            f"rule {rule!r} cannot be measured: nobody has published {', '.join(layers)}; publish it first"
        )


class NoDemand(InventoryError):
    """There is nobody, and nothing, to serve."""

    code: ClassVar[str] = "no_demand"

    def __init__(self, layer: str, column: str | None = None) -> None:
        self.layer = layer
        self.column = column
        named = f" with a positive {column!r}" if column else ""
        super().__init__(f"layer {layer!r} holds no demand, so no share exists: publish features{named}")


class DemandInvalid(InventoryError):
    """An amount of demand is below zero or beyond what can be summed exactly."""

    code: ClassVar[str] = "demand_invalid"

    def __init__(self, layer: str, column: str, value: float) -> None:
        self.layer = layer
        self.column = column
        self.value = value
        super().__init__(
            f"layer {layer!r} has {column} = {value:g}, which is no amount of demand: mend that row"
        )


class NoNetwork(InventoryError):
    """There are no streets to walk on."""

    code: ClassVar[str] = "no_network"

    def __init__(self, layer: str, problem: str = "it has no published version") -> None:
        self.layer = layer
        self.problem = problem
        super().__init__(f"layer {layer!r} gives no walking network, {problem}: publish streets first")


class NothingAttaches(InventoryError):
    """No demand point lies within reach of any street: nearly always a wrong CRS or another city's data."""

    code: ClassVar[str] = "nothing_attaches"

    def __init__(self, points: int, limit_m: float, min_component_m: float) -> None:
        self.points = points
        self.limit_m = limit_m
        self.min_component_m = min_component_m
        super().__init__(
            f"none of {points} demand points lies within {limit_m:g} m of a street network of at least "
            f"{min_component_m:g} m: check that people and streets are of the same city and CRS"
        )


class PlaceOutside(InventoryError):
    """A place that is asked about is not in the city."""

    code: ClassVar[str] = "place_outside"

    def __init__(self, lon: float, lat: float) -> None:
        self.lon = lon
        self.lat = lat
        super().__init__(
            f"longitude {lon:g}, latitude {lat:g} is no place in the city: longitude comes first"
        )


class NoStreetNear(InventoryError):
    """A place that is asked about has no street near enough to walk from, but one farther off."""

    code: ClassVar[str] = "no_street_near"

    def __init__(self, lon: float, lat: float, limit_m: float, nearest_m: float) -> None:
        self.lon = lon
        self.lat = lat
        self.limit_m = ceil(limit_m)
        self.nearest_m = ceil(nearest_m)
        super().__init__(
            f"no street lies within {limit_m:g} m of longitude {lon:g}, latitude {lat:g}: "
            f"the nearest is {self.nearest_m} m away; choose a place beside it"
        )


class NoStreetAround(InventoryError):
    """A place that is asked about is far from every street."""

    code: ClassVar[str] = "no_street_around"

    def __init__(self, lon: float, lat: float, looked_m: float) -> None:
        self.lon = lon
        self.lat = lat
        self.looked_m = ceil(looked_m)
        super().__init__(f"no street lies within {looked_m:g} m of longitude {lon:g}, latitude {lat:g}")


class RecipeError(InventoryError):
    """A recipe cannot be read, or what it pins is not here."""

    code: ClassVar[str] = "recipe_invalid"

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path = str(path)
        self.problem = problem
        super().__init__(f"recipe {path}: {problem}")

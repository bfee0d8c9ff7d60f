"""What the demo city consists of, drawn when first asked for, and which agency publishes which layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import shapely

from api.demo import (
    administrative,
    cases,
    cover,
    facilities,
    greens,
    homes,
    lamps,
    parking,
    people,
    quarters,
    raster_layers,
    register,
    settlements,
    springs,
    streets,
    surfaces,
    terrain,
)
from api.demo.ground import Recipe, districts
from layers.networks import publish_network
from layers.publish import publish_frame

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.catalog import Store

AUTHOR = "quantu demo"
_OF_AGENCIES = ("subdistricts",)  # whose own column `agency` says who answers for each
ZONE_AGENCY = "370176"
PUBLISHER = {
    "districts": "370100-civil",
    "subdistricts": "370100-civil",
    "communities": "370100-civil",
    "water": "370100-water",
    "railways": "370100-transport",
    "walk_network": "370100-planning",
    "people": "370100-statistics",
    "education": "370100-education",
    "health": "370100-health",
    "care": "370100-civil",
    "culture_sport": "370100-culture",
    "shops": "370100-commerce",
    "services": "370100-services",
    "parks": "370100-landscape",
    "park_entrances": "370100-landscape",
    "residential_land": "370100-planning",
    "buildings": "370100-housing",
    "roads": "370100-transport",
    "lamps": "370100-lighting",
    "violations": "370100-management",
    "springs": "370100-water",
    "elevation": "370100-planning",
    "population": "370100-statistics",
    "satellite": "370100-planning",
    "bare_soil": "370100-management",
    "night_light": "370100-planning",
}
SHARED_LAYERS = ("sanitation", "car_parks")
"""Published by the 12 districts and the zone, each its own part."""


@dataclass(frozen=True)
class Step:
    """One version to publish."""

    layer: str
    agency: str
    publish: "Callable[[Store, str], object]"


class DemoCity:
    """The layers of a recipe; parts are drawn in order of need and kept."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self._frames: dict[str, gpd.GeoDataFrame] = {}

    @cached_property
    def terrain(self) -> terrain.Terrain:
        return terrain.draw(self.recipe)

    @cached_property
    def administration(self) -> administrative.Administration:
        return administrative.draw(self.recipe, self.terrain)

    @cached_property
    def towns(self) -> settlements.Towns:
        return settlements.towns(self.recipe)

    @cached_property
    def villages(self) -> settlements.Villages:
        return settlements.villages(self.recipe, self.terrain, self.administration, self.towns)

    @cached_property
    def network(self) -> streets.Network:
        return streets.draw(self.recipe, self.terrain, self.towns, self.villages)

    @cached_property
    def people(self) -> people.People:
        return people.draw(
            self.recipe, self.terrain, self.administration, self.towns, self.villages, self.network
        )

    @cached_property
    def facilities(self) -> "dict[str, gpd.GeoDataFrame]":
        ground = cover.ground(self.terrain, self.network, self.people)
        return facilities.frames(self.recipe, facilities.draw(self.recipe, self.terrain, ground))

    @cached_property
    def quarters(self) -> quarters.Quarters:
        return quarters.draw(self.terrain, self.administration, self.towns, self.network, self.people)

    @cached_property
    def parks(self) -> greens.Parks:
        return greens.draw(self.recipe, self.terrain, self.administration, self.towns, self.quarters)

    @cached_property
    def homes(self) -> homes.Homes:
        return homes.draw(self.recipe, self.quarters, self.parks)

    @cached_property
    def roads(self) -> register.Roads:
        return register.draw(self.administration, self.towns, self.network)

    @cached_property
    def lamps(self) -> lamps.Lamps:
        return lamps.draw(self.recipe, self.administration, self.roads)

    @cached_property
    def car_parks(self) -> parking.CarParks:
        return parking.draw(self.recipe, self.administration, self.quarters, self.homes, self.roads)

    @cached_property
    def outline(self) -> shapely.Geometry:
        """The city in degrees."""
        return shapely.coverage_union_all(self.administration.districts.geometry.to_numpy())

    @cached_property
    def surfaces(self) -> surfaces.Surfaces:
        return surfaces.Surfaces(
            self.recipe,
            self.outline,
            self.terrain,
            self.quarters,
            self.parks,
            self.homes,
            self.people,
        )

    def frame(self, layer: str) -> "gpd.GeoDataFrame":
        """A layer of features, EPSG:4326; those of several publishers have the column `agency`."""
        if layer not in self._frames:
            self._frames[layer] = self._drawn(layer)
        return self._frames[layer]

    def _drawn(self, layer: str) -> "gpd.GeoDataFrame":
        if layer in facilities.LAYERS:
            return self.facilities[layer]
        if layer in ("districts", "subdistricts", "communities"):
            return getattr(self.administration, layer)
        draw: dict[str, Callable[[], gpd.GeoDataFrame]] = {
            "people": lambda: self.people.frame(),
            "water": lambda: terrain.water_frame(self.terrain, self.outline),
            "railways": lambda: terrain.railway_frame(self.terrain, self.outline),
            "parks": lambda: self.parks.frame(),
            "park_entrances": lambda: greens.entrances(self.parks, self.network.streets.xy),
            "residential_land": lambda: self.homes.frame(),
            "buildings": lambda: homes.buildings(self.recipe, self.homes),
            "roads": lambda: self.roads.frame(),
            "lamps": lambda: self.lamps.frame(self.roads),
            "car_parks": lambda: self.car_parks.frame(),
            "violations": lambda: cases.frame(self.recipe, self.administration, self.people),
            "springs": lambda: springs.frame(self.recipe, self.administration),
        }
        return draw[layer]()

    def steps(self) -> list[Step]:
        """All versions to publish, in order."""
        plain = [Step(layer, agency, self._publisher(layer, agency)) for layer, agency in PUBLISHER.items()]
        owners = [*(row["code"] for row in districts()), ZONE_AGENCY]
        shared = [
            Step(layer, code, self._publisher(layer, code)) for layer in SHARED_LAYERS for code in owners
        ]
        return plain + shared

    def _publisher(self, layer: str, agency: str) -> "Callable[[Store, str], object]":
        def publish(store: "Store", note: str) -> object:
            if layer == "walk_network":
                nodes, edges = streets.frames(self.network)
                return publish_network(store, layer, agency, nodes, edges, author=AUTHOR, note=note)
            if layer in surfaces.CELL_M:
                surface = self.surfaces.draw(layer)
                return raster_layers.publish(store, layer, agency, surface, author=AUTHOR, note=note)
            frame = self.frame(layer)
            if layer in SHARED_LAYERS:
                frame = frame[frame["agency"] == agency]
            frame = frame.drop(columns="agency") if "agency" in frame and layer not in _OF_AGENCIES else frame
            return publish_frame(store, layer, agency, frame, author=AUTHOR, note=note)

        return publish

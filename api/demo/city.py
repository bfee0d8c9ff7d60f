"""What the demo city consists of, drawn when first asked for, and which agency publishes which layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import shapely

from api.demo import administrative, cover, facilities, people, settlements, streets, terrain
from api.demo.ground import Recipe, districts
from layers.networks import publish_network
from layers.publish import publish_frame

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.catalog import Store

AUTHOR = "quantu demo"
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
}
SHARED_LAYER = "sanitation"  # published by the 12 districts and the zone, each its own part


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

    def frame(self, layer: str) -> "gpd.GeoDataFrame":
        """A layer of features, EPSG:4326."""
        if layer in facilities.LAYERS:
            return self.facilities[layer]
        if layer in ("districts", "subdistricts", "communities"):
            return getattr(self.administration, layer)
        if layer == "people":
            return self.people.frame()
        outline = shapely.coverage_union_all(self.administration.districts.geometry.to_numpy())
        draw = {"water": terrain.water_frame, "railways": terrain.railway_frame}[layer]
        return draw(self.terrain, outline)

    def steps(self) -> list[Step]:
        """All versions to publish, in order."""
        plain = [Step(layer, agency, self._publisher(layer, agency)) for layer, agency in PUBLISHER.items()]
        owners = [*(row["code"] for row in districts()), ZONE_AGENCY]
        return plain + [Step(SHARED_LAYER, code, self._publisher(SHARED_LAYER, code)) for code in owners]

    def _publisher(self, layer: str, agency: str) -> "Callable[[Store, str], object]":
        def publish(store: "Store", note: str) -> object:
            if layer == "walk_network":
                nodes, edges = streets.frames(self.network)
                return publish_network(store, layer, agency, nodes, edges, author=AUTHOR, note=note)
            frame = self.frame(layer)
            if layer == SHARED_LAYER:
                frame = frame[frame["agency"] == agency]
            if layer in facilities.LAYERS:
                frame = frame.drop(columns="agency")
            return publish_frame(store, layer, agency, frame, author=AUTHOR, note=note)

        return publish

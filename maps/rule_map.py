"""The map of a coverage rule: backdrop, zones by share, what is uncovered, and drawing an area."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maps.elements import Backdrop, Link, MapElement, Zones
from maps.page import PlanMap, hatch_values
from maps.style import Style


@dataclass(frozen=True)
class RuleAddresses:
    """Where the browser finds what the map needs; all on this server.

    page: the rule's page without zones and area. uncovered: empty where nothing can be drawn.
    """

    leaflet_script: str
    leaflet_style: str
    map_module: str
    map_style: str
    backdrop: str
    roads: str
    uncovered: str
    page: str


class UncoveredParts(MapElement):
    """Places and stretches that a rule leaves uncovered, fetched for the view when switched on."""

    kind = "uncovered"

    def __init__(self, address: str, *, look: Mapping[str, str]) -> None:
        super().__init__({"address": address, "look": look})


class DrawArea(MapElement):
    """Drawing an area: the page that gives its figures, its most corners, the words of the control."""

    kind = "area"

    def __init__(self, address: str, *, most: int, ink: str, words: Mapping[str, str]) -> None:
        super().__init__({"address": address, "most": most, "ink": ink, "words": words})


def rule_map(
    *,
    bounds: Sequence[float],
    label: str,
    style: Style,
    collection: Mapping[str, Any],
    shown: Sequence[float],
    corners_most: int,
    addresses: RuleAddresses,
    words: Mapping[str, str],
) -> PlanMap:
    """The map as a Folium map.

    Parameters
    ----------
    bounds
        West, south, east, north of the city in degrees; `shown` of what is shown first.
    collection
        The zones, as `Zones` describes the collection of a level.
    corners_most
        How many corners a drawn area may have.
    """
    page = PlanMap(bounds=bounds, label=label, words=words)
    level = {"level": "", "within": None, "collection": collection}
    area_words = {name: text for name, text in words.items() if name.startswith("area_")}
    children: list[MapElement | Link] = [
        Link("style", addresses.leaflet_style),
        Link("style", addresses.map_style),
        Link("script", addresses.leaflet_script),
        Link("module", addresses.map_module),
        Backdrop(addresses.backdrop, addresses.roads, style.backdrop),
        Zones([level], chosen=None, bounds=shown, look=style.zone, hatches=hatch_values(style)),
        UncoveredParts(addresses.uncovered, look=style.uncovered),
        DrawArea(addresses.page, most=corners_most, ink=style.zone["chosen_border"], words=area_words),
    ]
    for child in children:
        page.add_child(child)
    return page

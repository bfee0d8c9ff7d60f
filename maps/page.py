"""A Folium map for a page with a strict content policy.

`PlanMap` is a Folium map whose template holds no code, no style block and no address outside the server.
The page that shows it places the three parts (`head`, `body`) itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Template

from maps.elements import Backdrop, Facilities, Link, MapElement, Uncovered, Walk, Zones, bare_figure, write
from maps.legend import GLYPH_PATHS
from maps.shapes import inert
from maps.style import Style

ZOOMS = (7, 17)


@dataclass(frozen=True)
class Addresses:
    """Where the browser finds what the map needs; all on this server."""

    leaflet_script: str
    leaflet_style: str
    map_module: str
    map_style: str
    backdrop: str
    roads: str
    uncovered: str
    walk: str


@dataclass(frozen=True)
class MapParts:
    """What a page places: links for its head, the map's element and its inert data for its body."""

    head: str
    body: str


class PlanMap(folium.Map):
    """Folium's map with our own template: an empty element and its options as inert JSON."""

    _template = Template(
        "{% macro html(this, kwargs) %}"
        '<div class="map" id="map" role="application" tabindex="0" aria-label="{{ this.label|e }}"></div>'
        '<script type="application/json" data-map-element="map">{{ this.json }}</script>'
        "{% endmacro %}"
    )

    def __init__(
        self,
        *,
        bounds: Sequence[float],
        label: str,
        words: Mapping[str, str],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        west, south, east, north = bounds
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            min_zoom=ZOOMS[0],
            max_zoom=ZOOMS[1],
        )
        self.default_js, self.default_css = [], []
        self.figure = bare_figure()
        self.figure.add_child(self)
        self._name = "map"
        self._id = "plan"
        self.label = label
        self.json = inert(
            {
                "bounds": [[south, west], [north, east]],
                "minZoom": ZOOMS[0],
                "maxZoom": ZOOMS[1],
                "words": words,
                **(more or {}),
            }
        )

    def render(self, **kwargs: Any) -> str:
        """Render without the style blocks and switches that Folium would add to the head."""
        return write(self, **kwargs)

    def parts(self) -> MapParts:
        """Render head and body apart, for a page that has both already."""
        figure = self.figure
        for part in (figure.header, figure.html, figure.script):
            part._children.clear()
        self.render()
        if figure.script._children:
            raise AssertionError("a map element brought a script; data belongs into inert JSON")
        return MapParts(figure.header.render(), figure.html.render())


def circles_map(
    *,
    bounds: Sequence[float],
    label: str,
    style: Style,
    levels: Sequence[Mapping[str, Any]],
    chosen: str | None,
    chosen_bounds: Sequence[float],
    groups: Sequence[Mapping[str, Any]],
    addresses: Addresses,
    words: Mapping[str, str],
) -> PlanMap:
    """The planner's map: backdrop, zones by share, facilities and people lacking something.

    Parameters
    ----------
    bounds
        West, south, east, north of the city in degrees; `chosen_bounds` of what is shown first.
    levels
        The zones from the city down, as `Zones` describes them.
    groups
        Facility layers: `name`, `title`, `address`, `categories` (`id`, `title`).
    """
    page = PlanMap(bounds=bounds, label=label, words=words)
    dressed = [
        {**each, "path": GLYPH_PATHS[style.glyph(each["name"]).shape], "ink": style.glyph(each["name"]).ink}
        for each in groups
    ]
    children: list[MapElement | Link] = [
        Link("style", addresses.leaflet_style),
        Link("style", addresses.map_style),
        Link("script", addresses.leaflet_script),
        Link("module", addresses.map_module),
        Backdrop(addresses.backdrop, addresses.roads, style.backdrop),
        Zones(levels, chosen=chosen, bounds=chosen_bounds, look=style.zone, hatches=hatch_values(style)),
        Uncovered(addresses.uncovered, look=style.uncovered, words=words),
        Facilities(dressed, words=words),
        Walk(addresses.walk, words={name: words[f"walk_{name}"] for name in ("click", "waiting", "failed")}),
    ]
    for child in children:
        page.add_child(child)
    return page


def paint(style: Style, share: float | None, reason: str | None) -> dict[str, Any]:
    """The drawing properties of one zone: its fill, or the hatch that stands for a missing share."""
    fill = style.colour(share)
    return {"fill": fill} if fill is not None else {"hatch": style.hatch(reason).reason}


def hatch_values(style: Style) -> dict[str, dict[str, str]]:
    """The hatches that stand for a missing share, by reason, as `Zones` wants them."""
    return {
        reason: {"pattern": each.pattern, "ink": each.ink, "paper": each.paper}
        for reason, each in style.hatches.items()
    }

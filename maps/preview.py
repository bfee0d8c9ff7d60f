"""Maps of an upload and of two versions: what would change, both states side by side, where findings are.

Each is a Folium map of its own on one page; they share the browser's files and the module `preview.js`, which
finds them by their inert JSON. What they show is fetched for the view, or travels with the page if little.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from branca.element import Template

from maps.change_style import Mark
from maps.elements import Backdrop, Link, MapElement
from maps.page import MapParts, PlanMap

Box = Sequence[float]
SMALLEST_DEGREES = 0.004  # about 400 m: a single point is not shown as a dot on nothing


@dataclass(frozen=True)
class PreviewAddresses:
    """Where the browser finds what these maps need; all on this server."""

    leaflet_script: str
    leaflet_style: str
    module: str
    map_style: str


class Changes(MapElement):
    """Features by kind, fetched for the view from `address` or given as `collection`."""

    def __init__(self, place: str, marks: Mapping[str, Mark], **values: Any) -> None:
        self.kind = f"{place}-changes"
        super().__init__({"marks": {name: each.as_values() for name, each in marks.items()}, **values})


class PreviewMap(PlanMap):
    """A small map with a name of its own; `pair` names the map that moves with it."""

    _template = Template(
        "{% macro html(this, kwargs) %}"
        '<div class="map" id="{{ this.place }}-map" role="application" tabindex="0"'
        ' aria-label="{{ this.label|e }}"></div>'
        '<p class="preview-status" id="{{ this.place }}-status" role="status"></p>'
        '<script type="application/json" data-preview="{{ this.place }}">{{ this.json }}</script>'
        "{% endmacro %}"
    )

    def __init__(
        self, place: str, *, bounds: Box, label: str, words: Mapping[str, str], pair: str | None = None
    ) -> None:
        self.place = place
        super().__init__(bounds=widened(bounds), label=label, words=words, more={"pair": pair})


def preview(
    place: str,
    *,
    bounds: Box,
    label: str,
    marks: Mapping[str, Mark],
    words: Mapping[str, str],
    address: str | None = None,
    collection: Mapping[str, Any] | None = None,
    chosen: str | None = None,
    pair: str | None = None,
    backdrop: Backdrop | None = None,
) -> MapParts:
    """One such map as the parts a page places; `backdrop` once a page, with the first of them.

    Parameters
    ----------
    place
        The map's name on its page: a word.
    bounds
        West, south, east, north in degrees; a single point is widened.
    address
        Where features of the view come from: GeoJSON with `kind` in its properties.
    chosen
        The `key` of the feature that is marked.
    """
    made = PreviewMap(place, bounds=bounds, label=label, words=words, pair=pair)
    made.add_child(Changes(place, marks, address=address, collection=collection, chosen=chosen))
    if backdrop is not None:
        made.add_child(backdrop)
    return made.parts()


def head(addresses: PreviewAddresses) -> str:
    """The links a page with such maps has in its head, once."""
    holder = PlanMap(bounds=(0, 0, 1, 1), label="", words={})
    for child in (
        Link("style", addresses.leaflet_style),
        Link("style", addresses.map_style),
        Link("script", addresses.leaflet_script),
        Link("module", addresses.module),
    ):
        holder.add_child(child)
    return holder.parts().head


def widened(bounds: Box) -> tuple[float, float, float, float]:
    """The box, at least some hundred metres wide and high."""
    west, south, east, north = bounds
    x = max(0.0, SMALLEST_DEGREES - (east - west)) / 2
    y = max(0.0, SMALLEST_DEGREES - (north - south)) / 2
    return west - x, south - y, east + x, north + y

"""Parts of a Folium map that carry data and no code.

Folium's own layers write their data into scripts and HTML strings. These write one inert JSON script each,
which the modules under `maps/static/` read; whatever a feature is called, it can only ever be text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from branca.element import Element, Figure, MacroElement, Template

from maps.shapes import inert


class Verbatim(Element):
    """Text as it is: branca's own `Element(text)` compiles it as a template, and data would run as code."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def write(element: MacroElement, **kwargs: Any) -> str:
    """Put what an element's macros say into its figure, verbatim, then its children's; nothing stays here."""
    figure = element.get_root()
    for place in ("header", "html", "script"):
        macro = getattr(element._template.module, place, None)
        if macro is not None:
            getattr(figure, place).add_child(Verbatim(macro(element, kwargs)), name=element.get_name())
    for child in list(element._children.values()):
        child.render(**kwargs)
    return ""


class MapElement(MacroElement):
    """A child of the map: a `kind` the browser knows, and plain values.

    Rendered into the figure's HTML. The id is the kind, so that equal maps are equal bytes.
    """

    _template = Template(
        "{% macro html(this, kwargs) %}"
        '<script type="application/json" data-map-element="{{ this.kind }}">{{ this.json }}</script>'
        "{% endmacro %}"
    )

    kind = "element"

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__()
        self._name = self.kind
        self._id = "data"
        self.json = inert(values)

    def render(self, **kwargs: Any) -> str:
        return write(self, **kwargs)


class Backdrop(MapElement):
    """Water and railways, and main roads for closer views: where to fetch them, and how to draw them."""

    kind = "backdrop"

    def __init__(self, address: str, roads: str, styles: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__({"address": address, "roads": roads, "styles": styles})


class Zones(MapElement):
    """The coloured zones, from the whole city down to what is chosen.

    `levels` is a list of `level`, `within` (the code of the zone around them, None for the city) and
    `collection`: GeoJSON whose properties hold `code`, `name`, `label` and `fill` or `hatch`.
    """

    kind = "zones"

    def __init__(
        self,
        levels: Sequence[Mapping[str, Any]],
        *,
        chosen: str | None,
        bounds: Sequence[float],
        look: Mapping[str, Any],
        hatches: Mapping[str, Mapping[str, str]],
    ) -> None:
        west, south, east, north = bounds
        super().__init__(
            {
                "levels": levels,
                "chosen": chosen,
                "bounds": [[south, west], [north, east]],
                "look": look,
                "hatches": hatches,
            }
        )


class Facilities(MapElement):
    """Facility layers, fetched for the view when they are switched on."""

    kind = "facilities"

    def __init__(self, groups: Sequence[Mapping[str, Any]], *, words: Mapping[str, str]) -> None:
        super().__init__({"groups": groups, "words": words})


class Uncovered(MapElement):
    """People who lack something, fetched for the view when switched on."""

    kind = "uncovered"

    def __init__(self, address: str, *, look: Mapping[str, str], words: Mapping[str, str]) -> None:
        super().__init__({"address": address, "look": look, "words": words})


class Walk(MapElement):
    """Walks from a place: the address of the page that says what is reached, and the words of the button."""

    kind = "walk"

    def __init__(self, address: str, *, words: Mapping[str, str]) -> None:
        super().__init__({"address": address, "words": words})


class Link(MacroElement):
    """A style sheet, script or module of ours in the page's head, by address; never code."""

    _template = Template(
        "{% macro header(this, kwargs) %}"
        '{% if this.kind == "style" %}<link rel="stylesheet" href="{{ this.address|e }}">'
        '{% elif this.kind == "module" %}<script type="module" src="{{ this.address|e }}"></script>'
        '{% else %}<script defer src="{{ this.address|e }}"></script>{% endif %}'
        "{% endmacro %}"
    )

    def __init__(self, kind: str, address: str) -> None:
        super().__init__()
        self._name = f"link-{kind}"
        self._id = address
        self.kind = kind
        self.address = address

    def render(self, **kwargs: Any) -> str:
        return write(self, **kwargs)


def bare_figure() -> Figure:
    """A Figure that adds no head of its own: the page around the map has one."""
    figure = Figure()
    figure.header._children.clear()
    return figure

"""What the colours, hatches and glyphs mean, as values and as drawings without style attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

from branca.element import Template

from maps.style import Glyph, Hatch, Style


@dataclass(frozen=True)
class Entry:
    """One line of a legend: a swatch (SVG, safe to place) and its meaning (text, to be escaped)."""

    swatch: str
    text: str


_SWATCH = Template(
    '<svg class="swatch" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true" focusable="false">'
    "{% if hatch %}<defs>{{ pattern }}</defs>"
    '<rect x="0.5" y="0.5" width="27" height="15" rx="2" fill="url(#{{ id }})" stroke="{{ hatch.ink }}"/>'
    '{% else %}<rect x="0.5" y="0.5" width="27" height="15" rx="2" fill="{{ colour }}" stroke="#0002"/>'
    "{% endif %}</svg>"
)

_PATTERN = Template(
    '<pattern id="{{ id }}" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="{{ hatch.paper }}"/>'
    '{% if hatch.pattern == "dots" %}<circle cx="3.5" cy="3.5" r="1.1" fill="{{ hatch.ink }}"/>'
    '{% elif hatch.pattern == "diagonal" %}<path d="M-1 8L8 -1M-1 1L1 -1M6 8L8 6" stroke="{{ hatch.ink }}"/>'
    '{% else %}<path d="M0 0L7 7M7 0L0 7" stroke="{{ hatch.ink }}"/>{% endif %}</pattern>'
)

# Outlines in a box of 16 by 16, drawn here as SVG and by the browser on its canvas.
GLYPH_PATHS = {
    "circle": "M3 8a5 5 0 0 1 10 0a5 5 0 0 1-10 0Z",
    "square": "M3.2 3.2h9.6v9.6H3.2Z",
    "triangle": "M8 2.4 14 13H2Z",
    "diamond": "M8 1.8 14.2 8 8 14.2 1.8 8Z",
    "cross": "M6 2h4v4h4v4h-4v4H6v-4H2V6h4Z",
    "ex": "M2 4 4 2l4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4Z",
    "heart": "M8 14 2.4 8.2a3.4 3.4 0 0 1 5.6-3.6 3.4 3.4 0 0 1 5.6 3.6Z",
    "drop": "M8 1.8c2.6 3.4 4.4 5.6 4.4 8a4.4 4.4 0 0 1-8.8 0c0-2.4 1.8-4.6 4.4-8Z",
}


def colour_swatch(colour: str) -> str:
    """A box of one colour."""
    return _SWATCH.render(colour=colour, hatch=None)


def hatch_swatch(hatch: Hatch) -> str:
    """A box of one hatch."""
    identifier = f"legend-{hatch.reason}"
    return _SWATCH.render(hatch=hatch, id=identifier, pattern=pattern(hatch, identifier))


def pattern(hatch: Hatch, identifier: str) -> str:
    """The SVG pattern of a hatch, to be placed into `<defs>`."""
    return _PATTERN.render(hatch=hatch, id=identifier)


def glyph_swatch(glyph: Glyph) -> str:
    """The mark of a facility layer."""
    return (
        '<svg class="glyph" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">'
        f'<path fill="{glyph.ink}" d="{GLYPH_PATHS[glyph.shape]}"/></svg>'
    )


def share_entries(style: Style, texts: Sequence[str]) -> list[Entry]:
    """One entry for each class of the ramp, from the fullest share to the emptiest.

    `texts` are the classes' ranges in the reader's form, in the style's own (rising) order.
    """
    pairs = zip(style.classes, texts, strict=True)
    return [Entry(colour_swatch(each.colour), text) for each, text in reversed(list(pairs))]


def hatch_entries(style: Style, texts: dict[str, str]) -> list[Entry]:
    """One entry for each hatch that `texts` names."""
    return [
        Entry(hatch_swatch(each), texts[reason]) for reason, each in style.hatches.items() if reason in texts
    ]

"""Small drawings in SVG, made on the server: bars that need no script and no style attribute."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from maps.style import Style

BAR_WIDTH, BAR_HEIGHT = 240, 8


def share_bar(row: Mapping[str, Any], style: Style) -> Markup:
    """A bar as long as a zone's share, in its colour on the map, with a tick at the target."""
    share, target = row["share"], row["target"]
    if share is None:
        return Markup("")
    marks = [_rect("bar-track", 0, 0, BAR_WIDTH, BAR_HEIGHT)]
    marks.append(_rect("bar-fill", 0, 0, BAR_WIDTH * share, BAR_HEIGHT, fill=style.colour(share)))
    if target is not None:
        marks.append(_rect("bar-target", BAR_WIDTH * target - 1, -2, 2, BAR_HEIGHT + 4))
    return _svg("bar", BAR_WIDTH, BAR_HEIGHT, marks, stretch=True)


def pair_bars(row: Mapping[str, Any], straight: str, walk: str) -> Markup:
    """Two bars under each other: by straight line and on foot, each with its name and share in words."""
    parts = []
    for y, value, text, kind in (
        (0, row["share_straight"], straight, "straight"),
        (34, row["share"], walk, "walk"),
    ):
        parts.append(Markup('<text class="pair-text" x="0" y="{}">{}</text>').format(y + 11, text))
        parts.append(_rect("bar-track", 0, y + 17, 320, 9))
        parts.append(_rect(f"bar-{kind}", 0, y + 17, 320 * (value or 0.0), 9))
    return _svg("pair", 320, 62, parts)


def zone_chart(
    rows: Sequence[tuple[str, float, float, str]], words: Mapping[str, str], *, target: float | None = None
) -> Markup:
    """Bars of every zone: on foot filled, by straight line outlined, the figures at the end of the line.

    `rows` are name, share on foot, share by straight line, and both in words. target: a share, drawn as a
    line over all bars.
    """
    line, left, width, right = 26, 170, 420, 130
    height = line * len(rows) + 34
    parts = []
    for tick in range(0, 101, 20):
        x = left + width * tick / 100
        parts.append(
            Markup('<line class="chart-grid" x1="{0}" y1="22" x2="{0}" y2="{1}"/>').format(x, height - 6)
        )
        parts.append(Markup('<text class="chart-tick" x="{}" y="14">{}</text>').format(x, tick))
    for i, (name, walk, straight, text) in enumerate(rows):
        y = 26 + i * line
        parts.append(
            Markup('<text class="chart-name" x="{}" y="{}">{}</text>').format(left - 10, y + 14, name)
        )
        parts.append(_rect("chart-straight", left, y + 3, width * straight, 14))
        parts.append(_rect("chart-walk", left, y + 6, width * walk, 8))
        parts.append(
            Markup('<text class="chart-figure" x="{}" y="{}">{}</text>').format(
                left + width + 12, y + 14, text
            )
        )
    if target is not None:
        parts.append(_rect("bar-target", left + width * target - 1, 20, 2, height - 26))
    label = escape(words["title"])
    return _svg("chart", left + width + right, height, parts, label=label)


def _rect(name: str, x: float, y: float, width: float, height: float, fill: str | None = None) -> Markup:
    colour = Markup(' fill="{}"').format(fill) if fill else Markup("")
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"{}/>').format(
        name, x, y, max(width, 0.0), height, colour
    )


def _svg(
    name: str,
    width: float,
    height: float,
    parts: Sequence[Markup],
    *,
    label: str | None = None,
    stretch: bool = False,
) -> Markup:
    role = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    ratio = Markup(' preserveAspectRatio="none"') if stretch else Markup("")
    return Markup('<svg class="{}" viewBox="0 0 {} {}"{}{}>{}</svg>').format(
        name, width, height, role, ratio, Markup("").join(parts)
    )

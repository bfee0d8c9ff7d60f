"""A still picture of changes or of places as SVG: what a reader sees who has no script, and what prints."""

from collections.abc import Mapping, Sequence
from math import cos, radians
from typing import Any

import shapely
from markupsafe import Markup, escape

from maps.change_style import Mark
from maps.preview import widened

WIDTH, HEIGHT, MARGIN = 720, 420, 14
RADIUS = 7.0
TOLERANCE = 0.8  # pixels a line may be off


def changes_figure(
    collection: Mapping[str, Any],
    *,
    marks: Mapping[str, Mark],
    bounds: Sequence[float],
    label: str,
    chosen: str | None = None,
) -> str:
    """Features of GeoJSON in longitude and latitude, each with the mark of its `kind` and its name as title.

    Features lie in the order of `marks`; `chosen` is the `key` of one that gets a ring around it.
    """
    west, south, east, north = widened(bounds)
    narrow = cos(radians((south + north) / 2))
    scale = min(
        (WIDTH - 2 * MARGIN) / max((east - west) * narrow, 1e-9),
        (HEIGHT - 2 * MARGIN) / max(north - south, 1e-9),
    )
    left = (WIDTH - (east - west) * narrow * scale) / 2
    top = (HEIGHT - (north - south) * scale) / 2
    order = list(marks)
    known = [
        each for each in collection["features"] if each["geometry"] and each["properties"]["kind"] in marks
    ]
    known.sort(key=lambda each: order.index(each["properties"]["kind"]))
    drawn = []
    for each in known:
        shape = shapely.geometry.shape(each["geometry"])
        flat = shapely.transform(
            shape, lambda xy: (xy - (west, north)) * (narrow * scale, -scale) + (left, top)
        )
        properties = each["properties"]
        mark = marks[properties["kind"]]
        title = properties.get("name") or properties.get("key") or ""
        drawn.append(
            Markup("<g><title>{}</title>{}</g>").format(
                title, _shape(flat, mark, ring=chosen is not None and str(properties.get("key")) == chosen)
            )
        )
    return (
        f'<svg class="still-changes" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
        f'<rect class="still-paper" width="{WIDTH}" height="{HEIGHT}"/>{"".join(drawn)}</svg>'
    )


def _shape(flat: Any, mark: Mark, *, ring: bool) -> Markup:
    """One feature: points as glyphs, lines and areas with the mark's line."""
    made = Markup("")
    for part in shapely.get_parts(flat):
        if part.geom_type == "Point":
            made += _glyph(part.x, part.y, mark)
        elif not part.is_empty:
            made += _outline(shapely.simplify(part, TOLERANCE), mark)
    if ring:
        point = flat if flat.geom_type == "Point" else flat.representative_point()
        made += Markup('<circle cx="{}" cy="{}" r="15" fill="none" stroke="{}" stroke-width="2.5"/>').format(
            round(point.x, 1), round(point.y, 1), mark.ink
        )
    return made


def _glyph(x: float, y: float, mark: Mark) -> Markup:
    size = RADIUS / 8
    return Markup(
        '<path transform="translate({} {}) scale({})" d="{}" fill="{}" stroke="#ffffff" stroke-width="1.5"'
        ' paint-order="stroke"/>'
    ).format(round(x - RADIUS, 1), round(y - RADIUS, 1), size, mark.path, mark.ink)


def _outline(part: Any, mark: Mark) -> Markup:
    polygon = part.geom_type == "Polygon"
    rings = [part.exterior, *part.interiors] if polygon else [part]
    path = "".join(
        "M"
        + "L".join(f"{round(x, 1)} {round(y, 1)}" for x, y in ring.coords[: -1 if polygon else None])
        + ("Z" if polygon else "")
        for ring in rings
    )
    fill = (
        Markup('fill="{}" fill-opacity="{}"').format(mark.ink, mark.fill)
        if polygon
        else Markup('fill="none"')
    )
    dash = Markup(' stroke-dasharray="{}"').format(mark.dash) if mark.dash else Markup("")
    return Markup('<path d="{}" {} fill-rule="evenodd" stroke="{}" stroke-width="{}"{}/>').format(
        path, fill, mark.ink, mark.width, dash
    )

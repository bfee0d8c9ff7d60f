"""A still picture of the zones as SVG, for readers without script: small, linked, in the same look."""

from collections.abc import Callable, Mapping
from math import cos, radians
from typing import Any

import shapely
from markupsafe import Markup, escape

from maps.legend import pattern
from maps.style import Style

WIDTH, TOLERANCE = 1000, 1.5


def zone_figure(
    collection: Mapping[str, Any], *, style: Style, label: str, href: Callable[[str], str]
) -> str:
    """Zones as linked shapes, each with its name and figure as its title.

    Parameters
    ----------
    collection
        GeoJSON as `maps.elements.Zones` has it, longitude and latitude.
    href
        The address of the page of a zone, by its code.
    """
    shapes = [shapely.geometry.shape(each["geometry"]) for each in collection["features"] if each["geometry"]]
    properties = [each["properties"] for each in collection["features"] if each["geometry"]]
    if not shapes:
        return ""
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    narrow = cos(radians((south + north) / 2))
    scale = WIDTH / max((east - west) * narrow, (north - south) / 1.5, 1e-9)
    width, height = round((east - west) * narrow * scale), round((north - south) * scale)
    flat = shapely.transform(shapes, lambda xy: (xy - (west, north)) * (narrow * scale, -scale))
    drawn = []
    for shape, each in zip(shapely.coverage_simplify(flat, TOLERANCE), properties, strict=True):
        rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
        path = "".join(
            f"M{'L'.join(f'{round(x)} {round(y)}' for x, y in ring.coords[:-1])}Z" for ring in rings
        )
        fill = each.get("fill") or f"url(#still-{each['hatch']})"
        drawn.append(
            Markup('<a href="{}"><title>{}: {}</title><path d="{}" fill="{}"/></a>').format(
                href(each["code"]), each["name"], each["label"], path, fill
            )
        )
    hatches = "".join(pattern(hatch, f"still-{reason}") for reason, hatch in style.hatches.items())
    box, border = f"-4 -4 {width + 8} {height + 8}", style.zone["border"]
    return (
        f'<svg class="still" viewBox="{box}" role="img" aria-label="{escape(label)}"><defs>{hatches}</defs>'
        f'<g stroke="{border}" stroke-width="2" stroke-linejoin="round">{"".join(drawn)}</g></svg>'
    )

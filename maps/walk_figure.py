"""A still picture of the streets reached on foot as SVG, for readers without script and for print."""

from collections.abc import Mapping
from math import cos, radians
from typing import Any

import numpy as np
import shapely
from markupsafe import escape

from maps.walk_style import WalkStyle

WIDTH, MARGIN = 600, 12


def walk_figure(collection: Mapping[str, Any], *, style: WalkStyle, label: str) -> str:
    """Streets by band within their outlines, and the place.

    Parameters
    ----------
    collection
        GeoJSON in longitude and latitude: features whose `kind` is `outline` or `streets`, each with its
        `band`, and an `origin` with `lon` and `lat`.
    """
    origin = collection["origin"]
    drawn = [(each["properties"], shapely.geometry.shape(each["geometry"])) for each in _shown(collection)]
    spots = [shape for _, shape in drawn] + [shapely.Point(origin["lon"], origin["lat"])]
    west, south, east, north = shapely.total_bounds(np.array(spots, dtype=object)).tolist()
    narrow = cos(radians((south + north) / 2))
    scale = WIDTH / max((east - west) * narrow, north - south, 1e-9)

    def flat(xy: Any) -> Any:
        return (np.asarray(xy) - (west, north)) * (narrow * scale, -scale)

    width, height = round((east - west) * narrow * scale), round((north - south) * scale)
    box = f"{-MARGIN} {-MARGIN} {width + 2 * MARGIN} {height + 2 * MARGIN}"
    parts = []
    for properties, shape in drawn:
        band = style.band(properties["band"])
        line = f'stroke="{band.ink}" stroke-dasharray="{band.dash or "none"}"'
        if properties["kind"] == "outline":
            parts.append(f'<path d="{_path(shape, flat)}" fill="none" {line} stroke-opacity="0.5"/>')
        else:
            parts.append(f'<path d="{_path(shape, flat)}" fill="none" {line} stroke-width="{band.width}"/>')
    x, y = flat((origin["lon"], origin["lat"])).tolist()
    mark = (
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="7" fill="{style.origin}" stroke="#ffffff" stroke-width="3"/>'
    )
    head = f'<svg class="still" viewBox="{box}" role="img" aria-label="{escape(label)}">'
    return f"{head}{''.join(parts)}{mark}</svg>"


def _shown(collection: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in collection["features"] if each["geometry"]]


def _path(shape: Any, flat: Any) -> str:
    lines = []
    for part in shapely.get_parts(shape):
        rings = (part.exterior, *part.interiors) if part.geom_type == "Polygon" else (part,)
        for ring in rings:
            points = "L".join(f"{x:.0f} {y:.0f}" for x, y in flat(ring.coords).tolist())
            lines.append(f"M{points}")
    return "".join(lines)

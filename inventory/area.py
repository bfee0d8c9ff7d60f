"""A drawn area: a polygon in longitude and latitude that somebody asks figures for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from inventory.errors import AreaInvalid

Ring = tuple[tuple[float, float], ...]

CORNERS_LEAST, CORNERS_MOST = 3, 500
DECIMALS = 7  # a centimetre; what is drawn with a hand is not more exact
LEAST = 1e-10  # square degrees, about a square metre: corners of one line enclose what rounding leaves
SURROUNDINGS = 0.5  # of the city's box, on each side


@dataclass(frozen=True)
class Area:
    """rings: the outline, then its holes; each closed, in degrees with `DECIMALS`."""

    rings: tuple[Ring, ...]

    @property
    def polygon(self) -> shapely.Polygon:
        """The area in longitude and latitude."""
        return shapely.Polygon(self.rings[0], self.rings[1:])

    @property
    def values(self) -> list[list[list[float]]]:
        """Plain values, as GeoJSON's coordinates of a polygon."""
        return [[list(corner) for corner in ring] for ring in self.rings]


def area_of(value: Any, bbox: tuple[float, float, float, float] | None = None) -> Area:
    """The area of plain values: a ring, or the rings of one polygon, of [longitude, latitude].

    Rings may be open or closed. `bbox` (west, south, east, north) is the city's; an area must lie in it or
    its surroundings. AreaInvalid says what was expected.
    """
    rings = tuple(_ring(each) for each in _rings(value))
    if sum(len(ring) - 1 for ring in rings) > CORNERS_MOST:
        raise AreaInvalid("area_most")
    found = Area(rings)
    if not shapely.is_valid(found.polygon) or found.polygon.area < LEAST:
        raise AreaInvalid("area_simple")
    if bbox is not None and not shapely.box(*_around(bbox)).covers(found.polygon):
        raise AreaInvalid("area_near")
    return found


def area_of_geojson(value: Any, bbox: tuple[float, float, float, float] | None = None) -> Area:
    """The area of a GeoJSON polygon, of a feature that has one, or of a collection of one such feature."""
    if isinstance(value, dict) and value.get("type") == "FeatureCollection":
        features = value.get("features")
        value = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or value.get("type") != "Polygon":
        raise AreaInvalid("area_polygon")
    return area_of(value.get("coordinates"), bbox)


def _rings(value: Any) -> Sequence[Any]:
    """The rings of a polygon, also where the value is a ring by itself."""
    if not isinstance(value, list | tuple) or not value or not isinstance(value[0], list | tuple):
        raise AreaInvalid("area_polygon")
    is_ring = bool(value[0]) and not isinstance(value[0][0], list | tuple)
    return [value] if is_ring else value


def _ring(value: Any) -> Ring:
    if not isinstance(value, list | tuple) or len(value) > CORNERS_MOST + 1:
        raise AreaInvalid("area_most" if isinstance(value, list | tuple) else "area_polygon")
    corners = [_corner(each) for each in value]
    if corners and corners[0] == corners[-1]:
        corners.pop()
    if len(set(corners)) < CORNERS_LEAST:
        raise AreaInvalid("area_corners")
    return (*corners, corners[0])


def _corner(value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) < 2:
        raise AreaInvalid("area_degrees")
    for number, limit in zip(value[:2], (180, 90), strict=True):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise AreaInvalid("area_degrees")
        if not abs(number) <= limit:  # nor is NaN
            raise AreaInvalid("area_degrees")
    return round(float(value[0]), DECIMALS) + 0.0, round(float(value[1]), DECIMALS) + 0.0


def _around(bbox: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bbox
    aside, above = SURROUNDINGS * (east - west), SURROUNDINGS * (north - south)
    return west - aside, south - above, east + aside, north + above

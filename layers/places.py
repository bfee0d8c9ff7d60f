"""Where features lie: at zero, exchanged, on whole degrees, outside the city, outside the agency's area.

Each feature gets the one reason that explains it best, in that order.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.findings import Found

COARSE_DECIMALS = 2
"""Two decimals of a degree are a kilometre: too coarse for a place in a city."""
FINE_DECIMALS, FINE_SHARE = 3, 0.5
"""At least half of the points must have more than three decimals (a hundred metres): a file that is coarse
throughout is what it is."""
FEW = 10
"""Of fewer points nothing can be said about how fine a file is."""
TINY = 1e-7

BBox = tuple[float, float, float, float]
Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class AreaOf:
    """An agency and the ground it answers for: a valid polygon in longitude and latitude."""

    agency: str
    polygon: shapely.Geometry


def check_places(
    geometry: Geometries, bbox: BBox, found: Found, *, outside: str, is_degrees: bool, area: AreaOf | None
) -> None:
    """Findings about places; `geometry` is in stored form, None where there is none.

    `outside` is the severity of a feature outside the city; when all are outside, that is one error of the
    file. Only where the file itself `is_degrees` do round coordinates say anything.
    """
    present = np.flatnonzero(~shapely.is_missing(geometry))
    if not len(present):
        return
    bounds = shapely.bounds(geometry[present])
    is_point = shapely.get_type_id(geometry[present]) == shapely.GeometryType.POINT
    away = apart(bounds, bbox)
    zero = is_point & (np.abs(bounds[:, :2]) < TINY).all(axis=1)
    swapped = away & ~zero & ~apart(bounds[:, [1, 0, 3, 2]], bbox)
    whole, few = _coarse(bounds[:, :2], is_point & ~zero & ~swapped, is_degrees)

    def tell(rule: str, severity: str, where: Mask, **fields: int) -> None:
        found.features(
            rule,
            severity,
            present[where],
            field="geometry",
            value=lambda asked: _texts(bounds[where][asked]),
            each=lambda asked: [fields] * len(asked),
        )

    if away.all() and not (zero.any() or swapped.any() or whole.any()):
        box = [float(v) for v in (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))]
        found.file("all_outside_city", "error", count=len(present), found=box, city=list(bbox))
        return
    tell("coordinates_zero", "error", zero)
    found.features(
        "coordinates_swapped",
        "error",
        present[swapped],
        field="geometry",
        value=lambda asked: _texts(bounds[swapped][asked]),
        each=lambda asked: [{"exchanged": pair} for pair in bounds[swapped][asked][:, [1, 0]].tolist()],
    )
    tell("coordinates_coarse", "error", whole, decimals=0)
    tell("coordinates_coarse", "warning", few & ~away, decimals=COARSE_DECIMALS)
    elsewhere = away & ~zero & ~swapped & ~whole
    tell("outside_city", outside, elsewhere)
    if area is not None:
        _check_area(geometry, present[~away], area, found)


def apart(bounds: NDArray[np.float64], bbox: BBox) -> Mask:
    """Which boxes do not meet the city's."""
    west, south, east, north = bbox
    return (bounds[:, 0] > east) | (bounds[:, 2] < west) | (bounds[:, 1] > north) | (bounds[:, 3] < south)


def _coarse(xy: NDArray[np.float64], asked: Mask, is_degrees: bool) -> tuple[Mask, Mask]:
    """Points on whole degrees, and others with few decimals, where most points of the file have more."""
    nothing = np.zeros(len(xy), bool)
    if not is_degrees or asked.sum() < FEW or (~_has_decimals(xy[asked], FINE_DECIMALS)).mean() < FINE_SHARE:
        return nothing, nothing
    whole, few = asked & _has_decimals(xy, 0), asked & _has_decimals(xy, COARSE_DECIMALS)
    return whole, few & ~whole


def _has_decimals(xy: NDArray[np.float64], most: int) -> Mask:
    """Which places are whole when both degrees are taken times a power of ten."""
    scaled = xy * 10.0**most
    return np.asarray((np.abs(scaled - np.round(scaled)) < TINY).all(axis=1))


def _check_area(geometry: Geometries, inside: NDArray[np.intp], area: AreaOf, found: Found) -> None:
    shapely.prepare(area.polygon)
    there = geometry[inside]
    away = inside[~shapely.intersects(area.polygon, there)]
    found.features(
        "outside_area",
        "warning",
        away,
        field="geometry",
        value=lambda asked: _texts(shapely.bounds(geometry[away[asked]])),
        each=lambda asked: [{"agency": area.agency}] * len(asked),
    )


def _texts(bounds: NDArray[np.float64]) -> list[str]:
    """The south-west corner (of a point: itself) as text."""
    return [f"{x:.6f}, {y:.6f}" for x, y in bounds[:, :2].tolist()]

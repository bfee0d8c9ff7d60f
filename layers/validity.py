"""Valid polygons: what crosses itself is mended, but only while that hardly changes its ground.

Mending guesses what was meant. A loop of a few square metres where two vertices changed places is a guess
anyone would make; half a district that vanishes is for its owner to decide.
"""

import time

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.repair import VALID
from layers.city import City
from layers.findings import Found
from layers.mend import mend
from layers.metres import in_metres, measurable

CHANGED_SHARE = 0.001
"""A tenth of a percent of the area: less than the projection's own distortion."""
CHANGED_M2 = 1.0
"""A square metre, whatever the share: less than a map of a city shows."""

EASY_VERTICES = 2_000
"""GEOS looks at the worst of so many in 12 ms; the time grows with the square: 0.7 s for 16,000, an hour for
a million. Larger areas are looked at in the process that can be ended."""
PATIENCE_S = 5.0
"""How long small areas are looked at here; then that process goes on with them too."""
_AT_ONCE = 500

Geometries = NDArray[np.object_]


def tell_repeated_points(geometry: Geometries, found: Found) -> None:
    """A note for each line or ring with points that follow themselves: harmless, so they are kept."""
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    again = (xy[1:] == xy[:-1]).all(axis=1) & (owner[1:] == owner[:-1])
    doubtful = np.unique(owner[1:][again])
    doubtful = doubtful[shapely.get_dimensions(geometry[doubtful]) > 0]
    # a hole may begin where the ring before it ended: count what leaving the points out would leave
    fewer = shapely.get_num_coordinates(_without_repeated_points(geometry[doubtful]))
    less = shapely.get_num_coordinates(geometry[doubtful]) - fewer
    counts = less[less > 0].tolist()
    found.features(
        "points_repeated",
        "note",
        doubtful[less > 0],
        field="geometry",
        each=lambda asked: [{"count": counts[place]} for place in asked.tolist()],
    )


def _without_repeated_points(geometry: Geometries) -> Geometries:
    """The same without them; what then has no shape any more (a ring of one place) stays as it is."""
    try:
        return shapely.remove_repeated_points(geometry, 0.0)
    except shapely.GEOSException:
        if len(geometry) == 1:
            return geometry
        middle = len(geometry) // 2
        return np.concatenate([_without_repeated_points(half) for half in np.split(geometry, [middle])])


def valid(geometry: Geometries, city: City, found: Found, *, optional: bool) -> Geometries:
    """Geometry of stored coordinates, valid or None.

    Polygons that cross themselves are mended, told with GEOS's own reason and the areas before and after.
    A change beyond `CHANGED_SHARE` of the area and `CHANGED_M2` is an error, as is what cannot be mended (a
    line of one place) or judged in reasonable time: the feature then has no geometry. Where it is `optional`
    it is left out and told.
    """
    doubtful = np.flatnonzero(~_surely_valid(geometry))
    if not len(doubtful):
        return geometry
    repaired = mend(geometry[doubtful])
    judged = np.array([reason is not None for reason in repaired.reasons], dtype=bool)
    _tell_unjudged(geometry, doubtful[~judged], found)
    wrong = judged & (repaired.reasons != VALID)
    invalid, reasons, mended = doubtful[wrong], repaired.reasons[wrong], repaired.geometry[wrong]
    drawn = geometry[invalid]
    hopeless = shapely.is_missing(mended)
    before, after = _areas_m2(drawn, city), _areas_m2(mended, city)
    change = np.abs(after - before)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(change / np.maximum(before, after))
    too_much = ~hopeless & (change > np.maximum(CHANGED_SHARE * before, CHANGED_M2))

    def tell(rule: str, severity: str, where: NDArray[np.bool_], *names: str) -> None:
        known = {"before_m2": before[where], "after_m2": after[where], "share": share[where]}
        found.features(
            rule,
            severity,
            invalid[where],
            field="geometry",
            value=lambda asked: list(reasons[where][asked]),
            each=lambda asked: [{name: float(known[name][at]) for name in names} for at in asked.tolist()],
        )

    tell("geometry_mended", "mended", ~hopeless & ~too_much, "before_m2", "after_m2")
    tell("geometry_changed_too_much", "error", too_much, "before_m2", "after_m2", "share")
    tell(*(("geometry_left_out", "mended") if optional else ("geometry_invalid", "error")), hopeless)
    result = geometry.copy()
    result[doubtful[~judged]] = None
    mended[too_much] = None
    result[invalid] = mended
    return result


def _surely_valid(geometry: Geometries) -> NDArray[np.bool_]:
    """Which are missing, or found valid here without much work; the others may be as well."""
    known = shapely.is_missing(geometry)
    easy = (shapely.get_dimensions(geometry) < 2) | (shapely.get_num_coordinates(geometry) <= EASY_VERTICES)
    waiting = np.flatnonzero(easy & ~known)
    enough = time.monotonic() + PATIENCE_S
    for start in range(0, len(waiting), _AT_ONCE):
        some = waiting[start : start + _AT_ONCE]
        known[some] = shapely.is_valid(geometry[some])
        if time.monotonic() > enough:
            break
    return known


def _tell_unjudged(geometry: Geometries, where: NDArray[np.intp], found: Found) -> None:
    counts = shapely.get_num_coordinates(geometry[where])
    found.features(
        "geometry_unjudged",
        "error",
        where,
        field="geometry",
        each=lambda asked: [{"count": count} for count in counts[asked].tolist()],
    )


def _areas_m2(geometry: Geometries, city: City) -> NDArray[np.float64]:
    """Planar areas; of what lies too far from the city to be measured in degrees times a fixed scale."""
    areas = np.zeros(len(geometry))
    near = measurable(geometry, city)
    areas[near] = shapely.area(in_metres(geometry[near], city))
    far = ~near & ~shapely.is_missing(geometry)
    areas[far] = shapely.area(geometry[far]) * M2_OF_DEGREE2
    return areas


M2_OF_DEGREE2 = 111_320.0**2
"""A square degree at the equator: for judging a change of shapes that no working system holds."""

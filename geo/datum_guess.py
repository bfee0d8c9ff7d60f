"""Whether data seem shifted by a web map or an older datum, held against layers already published.

A suspicion with figures, never a conversion: the uploader says which system it was. Three ways to look:

* features of equal key by how far they moved;
* outlines and lines by the distance of points every 500 m along them to the published ones;
* many points by their distance to published lines: streets are everywhere, so this says least.

Each is done with the data as they are and with every known shift undone; a shift is suspected when undoing it
brings the data clearly closer. A shift of one direction and length that no web map has points to an older
datum (Beijing 54 and Xian 80 lie metres to tens of metres off, by place) or a local system.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo import gcj02
from geo.crs import STORED, require_metres, transform_xy
from geo.datum_points import MOST, Geometries, Points, Segments, along, middles
from geo.detected import Candidate, Detected

NEAR_M = 1500.0
"""Points farther than this from the reference, however shifted, lie where it has nothing and say nothing."""
NEAR_STREETS_M = 300.0
"""The same for points and streets, which are about as far apart as that."""
FEWEST_PAIRS, FEWEST_ALONG, FEWEST_POINTS = 5, 30, 200
"""Features of equal key, points along outlines, and points near streets that make evidence."""
CLEARLY = 2.0
"""Undoing a shift must bring outlines this many times closer."""
CLEARLY_POINTS = 1.25
"""The same for points and streets: right data lie 35 m off, shifted ones 53 m (Jinan, 533 points)."""
GAIN_M, GAIN_POINTS_M = 20.0, 10.0
"""And by at least so many metres."""
SHIFT_M = (10.0, 3000.0)
"""Lengths of a uniform shift that is worth a word."""
UNIFORM = 0.3
"""What may be left of the distances, as a share, once a uniform shift is undone."""

_MOST_CERTAIN = 0.95
_POINTS_CERTAIN = 0.4
_STEPS = 20


@dataclass(frozen=True)
class Reference:
    """A published layer: longitudes and latitudes in WGS 84, and its features' keys where they are known."""

    name: str
    geometry: Geometries
    keys: NDArray[np.object_] | None = None


def suspect(
    geometry: Geometries,
    references: Sequence[Reference],
    crs_metres: CRS,
    *,
    keys: NDArray[np.object_] | None = None,
) -> Detected | None:
    """The strongest suspicion that data are shifted, None if there is none.

    Parameters
    ----------
    geometry
        Longitudes and latitudes as they would be published, shape (n,); missing and empty ones are passed
        over, invalid ones are fine.
    crs_metres
        A projected system in metres, in which distances are measured.
    keys
        Keys or names of the features, compared with those of references.
    """
    require_metres(crs_metres, "comparing datums")
    present = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    geometry = geometry[present]
    keys = None if keys is None else keys[present]
    if not len(geometry):
        return None
    found: list[Detected] = []
    for reference in references:
        paired = None if keys is None else _pairs(geometry, keys, reference, crs_metres)
        if paired is not None:
            found += [paired] if isinstance(paired, Detected) else []
        else:
            found += _nearby(geometry, reference, crs_metres)
    return max(found, key=lambda each: each.confidence, default=None)


def _pairs(
    geometry: Geometries, keys: NDArray[np.object_], reference: Reference, crs: CRS
) -> Detected | bool | None:
    """What features of equal key say: a suspicion, False for none, None where too few are equal."""
    if reference.keys is None:
        return None
    ours, theirs = _single(keys), _single(reference.keys)
    both = [(at, theirs[key]) for key, at in ours.items() if key in theirs]
    if len(both) < FEWEST_PAIRS:
        return None
    mine, other = np.array(both[:: max(1, len(both) // MOST)]).T
    here, there = middles(geometry[mine]), middles(reference.geometry[other])
    whole = np.isfinite(here).all(axis=1) & np.isfinite(there).all(axis=1)
    if whole.sum() < FEWEST_PAIRS:
        return None
    target = transform_xy(there[whole], STORED, crs)
    moved = {name: places - target for name, places in _readings(here[whole], crs)}
    distances = {name: np.hypot(*each.T) for name, each in moved.items()}
    shifted = _web_map(distances, reference.name, CLEARLY, why="datum_suspected_by_key")
    return shifted or _uniform(moved[""], distances[""], reference.name) or False


def _single(keys: NDArray[np.object_]) -> dict[Any, int]:
    """Where each key that occurs once is."""
    counts = Counter(keys.tolist())
    return {key: at for at, key in enumerate(keys.tolist()) if key is not None and counts[key] == 1}


def _nearby(geometry: Geometries, reference: Reference, crs: CRS) -> list[Detected]:
    """What the distances to a reference's outlines and lines say."""
    flat = shapely.get_dimensions(geometry) > 0
    sampled = (
        along(geometry[flat], crs) if flat.any() else middles(geometry)[:: max(1, len(geometry) // MOST)]
    )
    sampled = sampled[np.isfinite(sampled).all(axis=1)]
    segments = Segments.of(reference.geometry, sampled, crs, NEAR_M)
    if segments is None:
        return []
    readings = dict(_readings(sampled, crs))
    distances = {name: segments.distances(places) for name, places in readings.items()}
    limit = NEAR_M if flat.any() else NEAR_STREETS_M
    near = np.min(list(distances.values()), axis=0) <= limit
    distances = {name: each[near] for name, each in distances.items()}
    if not flat.any():
        found = _of_points(distances, reference.name) if near.sum() >= FEWEST_POINTS else None
        return [found] if found else []
    if near.sum() < FEWEST_ALONG:
        return []
    found = _web_map(distances, reference.name, CLEARLY, why="datum_suspected")
    found = found or _uniform_along(readings[""][near], distances[""], segments, reference.name)
    return [found] if found else []


def _readings(lonlat: Points, crs: CRS) -> Iterator[tuple[str, Points]]:
    """Places in metres as they are ("") and with each known shift undone."""
    yield "", transform_xy(lonlat, STORED, crs)
    for name, undone in gcj02.TO_WGS84.items():
        yield name, transform_xy(undone(lonlat), STORED, crs)


def _web_map(
    distances: Mapping[str, NDArray[np.float64]],
    reference: str,
    clearly: float,
    gain_m: float = GAIN_M,
    *,
    why: str,
) -> Detected | None:
    """A suspicion where undoing one shift brings the median clearly closer than the data as they are."""
    medians = {name: float(np.median(each)) for name, each in distances.items()}
    before = medians.pop("")
    best = min(medians, key=lambda name: medians[name])
    after = medians[best]
    if before < clearly * after or before - after < gain_m:
        return None
    fields = _figures(reference, len(distances[""]), before, after) | {"value": best}
    others = tuple(
        Candidate(name, 0.1, {"after_m": round(metres, 1)})
        for name, metres in medians.items()
        if name != best
    )
    return Detected("datum", best, round(min(_MOST_CERTAIN, 1 - after / before), 3), why, fields, others)


def _of_points(distances: Mapping[str, NDArray[np.float64]], reference: str) -> Detected | None:
    """For points: also most of them must come closer, and it stays a weak suspicion."""
    found = _web_map(distances, reference, CLEARLY_POINTS, GAIN_POINTS_M, why="datum_suspected_by_points")
    if found is None:
        return None
    closer = (distances[found.value] < distances[""]).mean()
    if closer < 0.5 + 3 * 0.5 / np.sqrt(len(distances[""])):  # three standard errors of a coin
        return None
    return Detected("datum", found.value, _POINTS_CERTAIN, found.why, found.fields, found.others)


def _uniform(moved: Points, distances: NDArray[np.float64], reference: str) -> Detected | None:
    """A suspicion where all features moved alike; `moved` is east and north in metres."""
    shift = np.median(moved, axis=0)
    left = np.hypot(*(moved - shift).T)
    return _shifted(shift, distances, left, reference)


def _uniform_along(
    places: Points, distances: NDArray[np.float64], segments: Segments, reference: str
) -> Detected | None:
    """The same for outlines: the shift that brings points nearest to the reference, in small steps."""
    shift = np.zeros(2)
    for _ in range(_STEPS):
        nearest, normals = segments.nearest(places - shift)
        offsets = ((places - shift - nearest) * normals).sum(axis=1)
        some = np.abs(offsets) <= np.median(np.abs(offsets)) * 2 + 1e-9
        step, *_ = np.linalg.lstsq(normals[some], offsets[some], rcond=None)
        shift = shift + step
        if np.hypot(*step) < 0.01:
            break
    return _shifted(shift, distances, segments.distances(places - shift), reference)


def _shifted(
    shift: NDArray[np.float64],
    distances: NDArray[np.float64],
    left: NDArray[np.float64],
    reference: str,
) -> Detected | None:
    length = float(np.hypot(*shift))
    before, after = float(np.median(distances)), float(np.median(left))
    if not SHIFT_M[0] <= length <= SHIFT_M[1] or after > UNIFORM * before:
        return None
    fields = _figures(reference, len(distances), before, after)
    fields |= {"east_m": round(float(shift[0]), 1), "north_m": round(float(shift[1]), 1)}
    fields["shift_m"] = round(length, 1)
    return Detected("datum", "", round(0.8 * (1 - after / before), 3), "datum_shifted", fields)


def _figures(reference: str, count: int, before: float, after: float) -> dict[str, Any]:
    return {
        "reference": reference,
        "points": count,
        "before_m": round(before, 1),
        "after_m": round(after, 1),
    }

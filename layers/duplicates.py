"""Features that are there twice: rows equal in all, and features of one kind and name at one place."""

from typing import cast

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from layers.city import City
from layers.findings import Found
from layers.metres import in_metres, measurable
from layers.spec import LayerSpec

SAME_PLACE_M = 0.1
"""Nearer than this, two features of one kind are one, whatever they are called: no survey is finer."""
NAME, KINDS = "name", ("category", "kind")
METRES_OF_DEGREE = 111_320.0

Geometries = NDArray[np.object_]
Mask = NDArray[np.bool_]


def repeated_rows(columns: dict[str, pd.Series], geometry: Geometries | None, count: int) -> pd.Series:
    """The position of the first equal row, by the position of each later one.

    Rows are equal when all fields and the geometry are. Only rows that share a place (or a key) with another
    are compared in full.
    """
    candidates = np.arange(count)
    if geometry is not None:
        candidates = candidates[~shapely.is_missing(geometry)]
        bounds = pd.DataFrame(shapely.bounds(geometry[candidates]))
        candidates = candidates[bounds.duplicated(keep=False).to_numpy()]
    for values in columns.values():
        if len(candidates) < 2:
            return pd.Series(dtype=np.intp)
        shared = values.iloc[candidates].duplicated(keep=False).to_numpy()
        candidates = candidates[shared]
    table = pd.DataFrame(
        {name: values.iloc[candidates].to_numpy() for name, values in columns.items()}, index=candidates
    )
    if geometry is not None:
        table["\x00"] = shapely.to_wkb(geometry[candidates])
    if not len(table) or not len(table.columns):
        return pd.Series(dtype=np.intp)
    group = table.groupby(list(table.columns), dropna=False, sort=False).ngroup()
    first = pd.Series(candidates, index=candidates).groupby(group.to_numpy()).transform("min")
    return first[first.to_numpy() != candidates]


def near_duplicates(
    frame: pd.DataFrame, geometry: Geometries, spec: LayerSpec, city: City, skip: Mask, found: Found
) -> None:
    """Points of one kind that share a place, or a name within the spec's `near_m`; each names the other.

    `skip` marks rows already known to repeat another. Each pair is told once, on the later row, and each row
    at most once, with its nearest.
    """
    if not spec.checks.near_m:
        return
    here = measurable(geometry, city) & ~skip
    here &= shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    positions = np.flatnonzero(here)
    positions = positions[np.argsort(found.rows[positions], kind="stable")]  # earlier is earlier in the file
    kind = np.zeros(len(positions), dtype=np.int64)
    for name in KINDS:
        if name in frame:
            kind = _codes(kind, frame[name].iloc[positions])
    rough = _rough_metres(shapely.get_coordinates(geometry[positions]), city)
    groups = [(kind, SAME_PLACE_M, np.ones(len(positions), bool))]
    if NAME in frame:
        names = frame[NAME].iloc[positions]
        groups.append((_codes(kind, names), spec.checks.near_m, names.notna().to_numpy()))
    pairs: list[NDArray[np.intp]] = []
    for group, radius, asked in groups:
        near = _close(rough, group, radius * 1.1, asked)
        if len(near):
            places = shapely.get_coordinates(in_metres(geometry[positions[near]], city))
            pairs.append(positions[near][_pairs(places, group[near], radius)])
    if any(len(each) for each in pairs):
        _tell(np.unique(np.concatenate(pairs), axis=0), geometry, city, frame[spec.key], found)


def _codes(before: NDArray[np.int64], values: pd.Series) -> NDArray[np.int64]:
    codes = pd.factorize(values)[0].astype(np.int64) + 1
    return pd.factorize(before * (int(codes.max(initial=0)) + 1) + codes)[0].astype(np.int64)


def _rough_metres(xy: NDArray[np.float64], city: City) -> NDArray[np.float64]:
    """Metres from the city's middle, right to a few percent: enough to say which points need measuring."""
    lon, lat = city.centre
    return (xy - [lon, lat]) * METRES_OF_DEGREE * [np.cos(np.radians(lat)), 1.0]


def _close(xy: NDArray[np.float64], group: NDArray[np.int64], radius: float, asked: Mask) -> NDArray[np.intp]:
    """Points that may have another of their group within the radius.

    Two such points share a cell of twice the radius in one of four grids, each shifted by half a cell.
    """
    marked = np.zeros(len(xy), bool)
    for shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        cell = np.floor((xy / radius + shift) / 2).astype(np.int64)
        hashed = (cell[:, 0] * 1_000_003 + cell[:, 1]) * 1_000_003 + group  # a clash costs time, nothing else
        marked |= pd.Series(hashed).duplicated(keep=False).to_numpy()
    return np.flatnonzero(marked & asked)


def _pairs(xy: NDArray[np.float64], group: NDArray[np.int64], radius: float) -> NDArray[np.intp]:
    """Pairs (earlier, later) of one group within the radius: each point with its nearest, and each point of a
    place with the first there. At most two pairs a point, however many share a place."""
    from scipy.spatial import cKDTree  # half a second that a file without close points does not pay

    places = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "group": group})
    first = places.groupby(["x", "y", "group"], sort=False).ngroup().to_numpy()
    representative = np.full(first.max() + 1, len(first))
    np.minimum.at(representative, first, np.arange(len(first)))
    same = np.column_stack([representative[first], np.arange(len(first))])
    apart = group[representative] * radius * 4.0  # groups lie on planes that no radius joins
    solid = np.column_stack([xy[representative], apart])
    distance, other = cKDTree(solid).query(solid, k=2, distance_upper_bound=radius)
    own = np.arange(len(solid))
    nearest = np.where(other[:, 0] == own, other[:, 1], other[:, 0])
    has = (nearest < len(solid)) & np.isfinite(distance.max(axis=1))
    near = np.column_stack([representative[own[has]], representative[nearest[has]]])
    pairs = np.concatenate([same[same[:, 0] != same[:, 1]], near])
    return cast(NDArray[np.intp], np.sort(pairs, axis=1))


def _tell(pairs: NDArray[np.intp], geometry: Geometries, city: City, keys: pd.Series, found: Found) -> None:
    """One finding for each later row, about the nearest of its earlier ones."""
    metres = shapely.distance(*(in_metres(geometry[pairs[:, side]], city) for side in (0, 1)))
    order = np.lexsort([found.rows[pairs[:, 0]], metres, pairs[:, 1]])
    pairs, metres = pairs[order], metres[order]
    keep = np.r_[True, pairs[1:, 1] != pairs[:-1, 1]]
    pairs, metres = pairs[keep], metres[keep]
    others = found.rows[pairs[:, 0]]

    def each(asked: NDArray[np.intp]) -> list[dict[str, object]]:
        other_keys = keys.iloc[pairs[asked, 0]]
        return [
            {"other": row, "other_key": None if pd.isna(key) else str(key), "apart_m": round(apart, 2)}
            for row, key, apart in zip(
                others[asked].tolist(), other_keys.tolist(), metres[asked].tolist(), strict=True
            )
        ]

    found.features("near_duplicate", "warning", pairs[:, 1], each=each)

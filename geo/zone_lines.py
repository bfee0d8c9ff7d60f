"""Lines cut where they cross from zone to zone; the pieces of a line always add up to it."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs as systems
from geo.errors import GeometryError
from geo.jit import Floats, Ints
from geo.overlay import OUTSIDE
from geo.parts import Intervals, Parts, places, whole

BORDER_M = 0.001
"""A piece whose middle is this near to a zone runs along its border or in it: coordinates are kept to a tenth
of a millimetre."""


class ZonePieces(NamedTuple):
    """Pieces of parts, each in one zone."""

    pieces: Intervals
    zone: Ints
    """Shape (k,): the row of the zone, OUTSIDE where there is none."""


def cut_by_zone(parts: Parts, zones: gpd.GeoDataFrame, *, key: str) -> ZonePieces:
    """Parts of lines, in the zones' CRS, cut at the borders of zones.

    What runs along a border, or lies in several zones, belongs to the zone whose `key` sorts first. Pieces
    follow each other without a gap, so their lengths add up to the part's; neighbours in one zone are one.
    """
    systems.require_metres(zones.crs, "cutting lines by zone")
    shapes = zones.geometry.to_numpy()
    xy, row = shapely.get_coordinates(shapes, return_index=True)
    systems.check_finite(xy, row, "the zones")
    every = whole(parts)
    part, at = _crossings(parts, shapes)
    part = np.concatenate([every.part, every.part, part])
    at = np.concatenate([every.start_m, every.end_m, at])
    order = np.lexsort((at, part))
    part, at = part[order], at[order]
    piece = np.flatnonzero((part[1:] == part[:-1]) & (at[1:] > at[:-1]))
    pieces = Intervals(part[piece], at[piece], at[piece + 1])
    middle = places(parts, pieces.part, (pieces.start_m + pieces.end_m) / 2)
    return _joined(pieces, _zone_of(middle, zones, key))


def _crossings(parts: Parts, zones: NDArray[np.object_]) -> tuple[Ints, Floats]:
    """Part and place along it of every point where a line meets a border."""
    first = np.setdiff1d(np.arange(len(parts.xy)), parts.offset[1:] - 1)
    segments = _segments(parts.xy, first)
    borders = _borders(zones)
    border, segment = shapely.STRtree(segments).query(borders, predicate="intersects")
    met = shapely.intersection(segments[segment], borders[border])
    xy, row = shapely.get_coordinates(met, return_index=True)
    k = first[segment[row]]
    way = np.hypot(*(xy - parts.xy[k]).T)
    at = np.minimum(parts.along_m[k] + way, parts.along_m[k + 1])
    part = np.searchsorted(parts.offset, k, side="right") - 1
    return part.astype(np.int32), at


def _borders(zones: NDArray[np.object_]) -> NDArray[np.object_]:
    """Each straight piece of each border once or twice, so that every meeting is one of two short lines."""
    rings = shapely.get_rings(zones[~(shapely.is_missing(zones) | shapely.is_empty(zones))])
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    return _segments(xy, np.flatnonzero(ring[1:] == ring[:-1]))


def _segments(xy: Floats, first: NDArray[np.intp]) -> NDArray[np.object_]:
    return shapely.linestrings(np.stack([xy[first], xy[first + 1]], axis=1))


def _zone_of(middle: Floats, zones: gpd.GeoDataFrame, key: str) -> Ints:
    unnamed = zones[key].isna().to_numpy()
    if unnamed.any():
        raise GeometryError("the zones", f"have no {key!r}", tuple((np.flatnonzero(unnamed) + 1).tolist()))
    rank = zones[key].rank(method="first").to_numpy().astype(np.intp) - 1
    best = np.full(len(middle), len(zones), dtype=np.intp)
    tree = shapely.STRtree(shapely.points(middle))
    zone, point = tree.query(zones.geometry.to_numpy(), predicate="dwithin", distance=BORDER_M)
    np.minimum.at(best, point, rank[zone])
    return np.append(np.argsort(rank), OUTSIDE)[best].astype(np.int32)


def _joined(pieces: Intervals, zone: Ints) -> ZonePieces:
    """Pieces that follow each other in one zone put together."""
    new = np.ones(len(zone), np.bool_)
    new[1:] = (pieces.part[1:] != pieces.part[:-1]) | (zone[1:] != zone[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(zone)) - 1 if len(first) else first
    return ZonePieces(Intervals(pieces.part[first], pieces.start_m[first], pieces.end_m[last]), zone[first])

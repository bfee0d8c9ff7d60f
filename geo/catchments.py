"""Catchments as polygons: made from facilities, measured on ground, and as geometry for drawing."""

import os
from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo import borders
from geo.crs import require_metres
from geo.errors import CrsUnfit, GeometryError
from geo.jit import Floats
from geo.polygons import (
    Geometries,
    check_coordinates,
    check_lines,
    check_polygons,
    geometries,
    polygons_only,
    rows_from_one,
)
from geo.union_area import union_areas
from geo.union_pieces import union_on

SEGMENTS = 64
"""Straight pieces for a quarter of a circle: the polygon is 1e-4 smaller than the disc."""

_AT_ONCE = 2000


def buffers(
    facilities: Geometries, distance_m: ArrayLike, *, segments: int = SEGMENTS
) -> NDArray[np.object_]:
    """Ground within a distance of each facility as it is drawn: of a park from its border, the park included.

    `distance_m` is one for all or one for each, above 0; coordinates are in metres. Circles and corners get
    `segments` pieces a quarter and lie inside the true ones. Missing and empty facilities stay as they are.
    """
    _one_system(facilities)
    shapes = geometries(facilities)
    check_coordinates(shapes, "the facilities")
    distance = np.broadcast_to(np.asarray(distance_m, dtype=np.float64), len(shapes))
    bad = ~(np.isfinite(distance) & (distance > 0))
    if bad.any():
        raise GeometryError("the distances", "are not above 0", rows_from_one(bad))

    def some(first: int) -> NDArray[np.object_]:
        rows = slice(first, first + _AT_ONCE)
        return np.asarray(shapely.buffer(shapes[rows], distance[rows], quad_segs=segments), dtype=object)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        done = list(pool.map(some, range(0, len(shapes), _AT_ONCE)))
    return np.concatenate([*done, np.empty(0, dtype=object)])


def covered_area(catchments: Geometries, ground: Geometries) -> Floats:
    """Area of each ground polygon that lies within the union of catchments.

    Parameters
    ----------
    catchments, ground
        Valid polygons in one projected system in metres, holes and several parts allowed; arrays are taken to
        be. Missing and empty catchments cover nothing. Ground polygons may overlap: each is answered on its
        own.

    Returns
    -------
    Square metres, shape (m,), from 0 to the polygon's area; 0.0 for an empty polygon, NaN for a missing one.
    Equal to the area of union and intersection within 1e-9 of it.
    """
    _one_system(catchments, ground)
    return union_areas(geometries(catchments), geometries(ground))


def covered_length(catchments: Geometries, lines: Geometries) -> Floats:
    """Length of each line that lies within the union of catchments, metres, shape (m,).

    Catchments as in `covered_area`. Lines may have several parts; an empty one has 0.0, a missing one NaN.
    """
    _one_system(catchments, lines)
    service, shapes = geometries(catchments), geometries(lines)
    check_polygons(service, "the catchments")
    check_lines(shapes, "the lines")
    length = shapely.length(shapes)
    if not np.nansum(length):
        return np.where(np.isnan(length), np.nan, 0.0)
    edges = borders.of_lines(shapes, np.zeros(2))
    ends = np.stack([np.column_stack([edges.ax, edges.ay]), np.column_stack([edges.bx, edges.by])], axis=1)
    share = _shares(shapely.linestrings(ends), ends, service)
    inside = np.bincount(edges.owner, share * edges.length(), len(shapes))
    return np.where(np.isnan(length), np.nan, np.clip(inside, 0.0, length))


def _shares(segments: NDArray[np.object_], ends: Floats, catchments: NDArray[np.object_]) -> Floats:
    """How much of each straight segment lies in some catchment, from 0 to 1."""
    share = np.zeros(len(segments))
    tree = shapely.STRtree(segments)
    share[tree.query(catchments, predicate="covers")[1]] = 1.0
    catchment, segment = tree.query(catchments, predicate="intersects")
    partly = share[segment] == 0
    catchment, segment = catchment[partly], segment[partly]
    pieces, pair = shapely.get_parts(
        shapely.intersection(segments[segment], catchments[catchment]), return_index=True
    )
    lines = shapely.get_dimensions(pieces) == 1
    xy, piece = shapely.get_coordinates(pieces[lines], return_index=True)
    if not len(xy):
        return share
    of = segment[pair[lines]]
    start, way = ends[of, 0], ends[of, 1] - ends[of, 0]
    along = np.einsum("ij,ij->i", xy - start[piece], way[piece]) / np.einsum("ij,ij->i", way, way)[piece]
    first = np.flatnonzero(np.diff(piece, prepend=-1))
    low = np.clip(np.minimum.reduceat(along, first), 0.0, 1.0)
    high = np.clip(np.maximum.reduceat(along, first), 0.0, 1.0)
    order = np.lexsort([low, of])
    of, low, high = of[order], low[order], high[order]
    apart = 2.0 * of  # moves the intervals of each segment beyond those of the one before
    before = np.maximum.accumulate(np.append(-1.0, (high + apart)[:-1])) - apart
    return share + np.bincount(of, np.maximum(high - np.maximum(low, before), 0.0), len(share))


def covered(catchments: Geometries, ground: Geometries, *, simplify_m: float = 0.0) -> gpd.GeoDataFrame:
    """The covered and the uncovered part of each ground polygon, for drawing.

    Catchments and ground as in `covered_area`. One row for each polygon: `covered`, the active geometry, and
    `uncovered`. Together they are the polygon; where there is nothing they are empty, and missing where the
    polygon is. With `simplify_m` borders of covered ground lose detail and move by at most so much, so its
    area changes by at most that times their length.
    """
    _one_system(catchments, ground)
    service, land = geometries(catchments), geometries(ground)
    check_polygons(service, "the catchments")
    check_polygons(land, "the ground")
    inside = union_on(service, land)
    if simplify_m > 0:
        lean = shapely.make_valid(shapely.simplify(inside, simplify_m), method="structure")
        inside = polygons_only(shapely.intersection(land, lean))
    outside = polygons_only(shapely.difference(land, inside))
    crs = ground.crs if isinstance(ground, gpd.GeoDataFrame | gpd.GeoSeries) else None
    columns = {
        name: gpd.GeoSeries(each, crs=crs) for name, each in (("covered", inside), ("uncovered", outside))
    }
    return gpd.GeoDataFrame(columns, geometry="covered", crs=crs)


def _one_system(*data: Geometries) -> None:
    frames = [each for each in data if isinstance(each, gpd.GeoDataFrame | gpd.GeoSeries)]
    systems = [require_metres(each.crs, "covering ground by catchments") for each in frames]
    if any(crs != systems[0] for crs in systems):
        raise CrsUnfit("covering ground by catchments", " and ".join(crs.name for crs in systems))

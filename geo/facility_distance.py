"""The straight way from points to facilities as they are drawn: places, lines, or ground to stand on."""

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geo.arguments import positive
from geo.crs import check_finite
from geo.jit import Floats
from geo.nearest import straight_nearest_m
from geo.polygons import Geometries, check_coordinates, geometries
from geo.segment_grid import SegmentGrid


def distance_to(points_xy: ArrayLike, facilities: Geometries, *, limit_m: float) -> Floats:
    """Metres from each point, shape (n, 2), to the nearest part of any facility; 0 inside a polygon.

    Both in one system in metres. Facilities may be points, lines and polygons together; missing and empty
    ones are nowhere. Infinite where none is within `limit_m`; at exactly the limit one is.
    """
    limit = positive("limit_m", limit_m)
    points = np.ascontiguousarray(np.asarray(points_xy, dtype=np.float64).reshape(-1, 2))
    check_finite(points, np.arange(len(points)), "the points")
    shapes = geometries(facilities)
    check_coordinates(shapes, "the facilities")
    parts = _simple(shapely.force_2d(shapes))
    dimension = shapely.get_dimensions(parts)
    nearest = np.full(len(points), np.inf)
    if not len(points) or not len(parts):
        return nearest
    if (dimension == 0).any():
        nearest = straight_nearest_m(points, shapely.get_coordinates(parts[dimension == 0]), limit_m=limit)
    lines = np.concatenate([parts[dimension == 1], shapely.get_rings(parts[dimension == 2])])
    if len(lines):
        nearest = np.minimum(nearest, _to_lines(points, lines, limit))
    if (dimension == 2).any():
        tree = shapely.STRtree(shapely.points(points))
        nearest[tree.query(parts[dimension == 2], predicate="intersects")[1]] = 0.0
    return nearest


def _simple(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Points, lines and polygons, collections taken apart."""
    parts = shapely.get_parts(shapes)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _to_lines(points: Floats, lines: NDArray[np.object_], limit: float) -> Floats:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    offset = np.concatenate([[0], np.cumsum(np.bincount(line, minlength=len(lines)))]).astype(np.int32)
    middle = xy.mean(axis=0)  # squares of small coordinates keep their digits
    grid = SegmentGrid.over(offset, xy - middle)
    # the grid keeps what is nearer than its limit: ask for a little more, and keep what is at most ours
    _, _, distance, _, _ = grid.nearest(points - middle, np.ones(len(lines), bool), limit * (1 + 1e-9) + 1e-9)
    return np.where(distance <= limit, distance, np.inf)

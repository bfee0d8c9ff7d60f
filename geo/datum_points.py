"""Points along outlines, and their distances to other outlines: what datums are compared by."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import STORED, transform_xy

EVERY_M = 500.0
"""Distance between points taken along an outline."""
MOST = 4000
"""Points compared; of more, every so many-th."""
MOST_SEGMENTS = 2_000_000

Geometries = NDArray[np.object_]
Points = NDArray[np.float64]


def middles(geometry: Geometries) -> Points:
    """A point for each feature, shape (n, 2): its centroid; NaN for a missing or empty one."""
    centre = shapely.centroid(geometry)
    return np.column_stack([shapely.get_x(centre), shapely.get_y(centre)])


def along(geometry: Geometries, crs: CRS) -> Points:
    """Longitude and latitude of points every 500 m along outlines and lines, shape (n, 2).

    A line shorter than that gives one, in its middle. Of many features some are taken, evenly.
    """
    lines = _lines(geometry[:: max(1, len(geometry) // MOST)])
    lines = shapely.transform(lines, lambda xy: transform_xy(xy, STORED, crs))
    lengths = shapely.length(lines)
    every = max(EVERY_M, float(lengths.sum()) / MOST)
    counts = np.maximum(1, (lengths // every).astype(int))
    line = np.repeat(np.arange(len(lines)), counts)
    place = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = (place + 0.5) * np.repeat(lengths / counts, counts)
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], at))
    return transform_xy(points[:: max(1, len(points) // MOST)], crs, STORED)


def _lines(geometry: Geometries) -> Geometries:
    """Outlines of polygons and lines themselves, one by one, two-dimensional; points are left out."""
    flat = shapely.force_2d(shapely.get_parts(geometry[~shapely.is_missing(geometry)]))
    dimension = shapely.get_dimensions(flat)
    outlines = shapely.get_parts(shapely.boundary(flat[dimension == 2]))
    found = np.concatenate([flat[dimension == 1], outlines])
    return found[~shapely.is_empty(found)]


@dataclass(frozen=True)
class Segments:
    """Straight pieces of outlines and lines in metres, with a tree over them; `ends` has shape (n, 2, 2)."""

    ends: NDArray[np.float64]
    tree: shapely.STRtree

    @classmethod
    def of(cls, geometry: Geometries, around: Points, crs: CRS, near_m: float) -> "Segments | None":
        """Those around some places (longitude, latitude); None where there are none, or too many."""
        if not len(around):
            return None
        degrees = near_m / 50_000
        low, high = around.min(axis=0) - degrees, around.max(axis=0) + degrees
        lines = _lines(geometry)
        lines = lines[shapely.intersects(lines, shapely.box(*low, *high))]
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        if not 2 <= len(xy) <= MOST_SEGMENTS:
            return None
        xy = transform_xy(xy, STORED, crs)
        same = owner[1:] == owner[:-1]
        ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
        ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
        return cls(ends, shapely.STRtree(shapely.linestrings(ends)))

    def distances(self, points: Points) -> NDArray[np.float64]:
        """Metres from each point to the nearest piece."""
        _, metres = self.tree.query_nearest(shapely.points(points), return_distance=True, all_matches=False)
        return metres

    def nearest(self, points: Points) -> tuple[Points, Points]:
        """The nearest place on a piece for each point, and that piece's unit normal."""
        _, piece = self.tree.query_nearest(shapely.points(points), all_matches=False)
        start, end = self.ends[piece, 0], self.ends[piece, 1]
        way = end - start
        length = np.hypot(*way.T)[:, None]
        share = ((points - start) * way).sum(axis=1, keepdims=True) / length**2
        normal = np.column_stack([-way[:, 1], way[:, 0]]) / length
        return start + np.clip(share, 0, 1) * way, normal

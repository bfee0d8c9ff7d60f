"""The union of many polygons on ground as geometry, made cell by cell: small unions are quick."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.jit import Floats
from geo.polygons import polygons_only

CELL_M = 4000.0
_MOST_CELLS = 10_000


def union_on(cover: NDArray[np.object_], ground: NDArray[np.object_]) -> NDArray[np.object_]:
    """The part of each ground polygon in the union of `cover`, shape (m,); missing where the ground is.

    All valid, in one system in metres.
    """
    cells = _cells(shapely.total_bounds(ground)) if len(ground) else np.empty(0, dtype=object)
    tree = shapely.STRtree(cover)

    def within(cell: shapely.Geometry) -> shapely.Geometry:
        near = cover[tree.query(cell, predicate="intersects")]
        return shapely.union_all(shapely.clip_by_rect(near, *cell.bounds))

    def on(place: shapely.Geometry | None) -> shapely.Geometry | None:
        if place is None:
            return None
        near = pieces[piece_tree.query(place, predicate="intersects")]
        return shapely.union_all(polygons_only(shapely.intersection(near, place)))

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        pieces = polygons_only(_listed(list(pool.map(within, cells))))
        piece_tree = shapely.STRtree(pieces)
        return polygons_only(_listed(list(pool.map(on, ground))))


def _cells(bounds: Floats) -> NDArray[np.object_]:
    if not np.isfinite(bounds).all():
        return np.empty(0, dtype=object)
    west, south, east, north = bounds
    side = max(CELL_M, float(np.sqrt((east - west) * (north - south) / _MOST_CELLS)))
    x, y = np.meshgrid(np.arange(west, east, side), np.arange(south, north, side))
    cells: NDArray[np.object_] = shapely.box(x, y, x + side, y + side).ravel()
    return cells


def _listed(shapes: list[shapely.Geometry | None]) -> NDArray[np.object_]:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result

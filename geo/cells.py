"""Areas seen as square cells: which cells of a grid have their centre in each polygon."""

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.arguments import positive
from geo.errors import WalkArgument
from geo.jit import Floats

MOST = 30_000_000
"""Cells looked at in one call; more would not fit the memory of a small server."""


def cells(polygons: NDArray[np.object_], cell_m: float) -> tuple[NDArray[np.intp], Floats]:
    """The cells of each polygon: its row, and the cell's centre, ordered by row, then south to north.

    Cells have the side `cell_m` and start at 0 of the polygons' CRS, which is in metres. A polygon too small
    or thin to hold a centre is seen at one point on it, so that none is lost; missing and empty ones have
    none. WalkArgument where cells are so fine that there would be more than `MOST`.
    """
    side = positive("cell_m", cell_m)
    there = np.flatnonzero(~(shapely.is_missing(polygons) | shapely.is_empty(polygons)))
    shapes = polygons[there]
    first, count = _spans(shapely.bounds(shapes).reshape(-1, 4), side)
    looked = count[:, 0] * count[:, 1]
    if looked.sum() > MOST:
        raise WalkArgument("cell_m", cell_m, f"so wide that there are at most {MOST} cells")
    row = np.repeat(np.arange(len(shapes)), looked)
    within = np.arange(len(row)) - np.repeat(np.cumsum(looked) - looked, looked)
    line, column = np.divmod(within, count[row, 0])
    xy = (np.column_stack([first[row, 0] + column, first[row, 1] + line]) + 0.5) * side
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[row], xy[:, 0], xy[:, 1])
    row, xy = row[inside], xy[inside]
    lost = np.flatnonzero(np.bincount(row, minlength=len(shapes)) == 0)
    points = shapely.get_coordinates(shapely.point_on_surface(shapes[lost]))
    row, xy = np.concatenate([row, lost]), np.concatenate([xy, points])
    order = np.argsort(row, kind="stable")
    return there[row[order]], xy[order]


def _spans(bounds: Floats, side: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first cell of each box whose centre may lie in it, and how many there are along both axes."""
    first = np.ceil(bounds[:, :2] / side - 0.5).astype(np.int64)
    last = np.floor(bounds[:, 2:] / side - 0.5).astype(np.int64)
    return first, np.maximum(last - first + 1, 0)

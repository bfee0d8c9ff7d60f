"""Straight distances to the nearest place: what a walk would be if nothing stood in the way."""

import numpy as np
from numpy.typing import ArrayLike

from geo import crs as systems
from geo import hilbert
from geo.arguments import categories_of, positive
from geo.jit import Floats, Ints, jit

_SITES_FOR_CELL = 2.0


def straight_nearest_m(points_xy: ArrayLike, sites_xy: ArrayLike, *, limit_m: float = 5000.0) -> Floats:
    """Straight distance in metres from each point to the nearest site, shape (n,).

    Both of shape (n, 2) in one CRS in metres. Infinite where no site is within `limit_m`.
    """
    sites = _finite(sites_xy, "the sites")
    return straight_nearest_by_category(points_xy, sites, np.zeros(len(sites), np.int32), 1, limit_m=limit_m)[
        :, 0
    ]


def straight_nearest_by_category(
    points_xy: ArrayLike,
    sites_xy: ArrayLike,
    category: ArrayLike,
    categories: int,
    *,
    limit_m: float = 5000.0,
) -> Floats:
    """Straight distance from each point to the nearest site of each category, shape (n, categories).

    `category` is from 0 to categories - 1 for each site. Infinite where no site of the category is within
    `limit_m`; each column is contiguous in memory.
    """
    limit = positive("limit_m", limit_m)
    points, sites = _finite(points_xy, "the points"), _finite(sites_xy, "the sites")
    kinds = categories_of(category, len(sites), categories)
    order = hilbert.order(points).astype(np.int32)
    near = np.ascontiguousarray(points[order])
    result = np.full((categories, len(points)), np.inf).T
    by_kind = np.argsort(kinds, kind="stable")
    bounds = np.searchsorted(kinds[by_kind], np.arange(categories + 1))
    for c in range(categories):
        chosen = np.ascontiguousarray(sites[by_kind[bounds[c] : bounds[c + 1]]])
        if len(chosen):
            _search(near, order, chosen, limit, result[:, c])
    return result


def _finite(xy: ArrayLike, subject: str) -> Floats:
    points = np.ascontiguousarray(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
    systems.check_finite(points, np.arange(len(points)), subject)
    return points


def _search(points: Floats, order: Ints, sites: Floats, limit: float, result: Floats) -> None:
    x0, y0 = sites.min(axis=0)
    width, height = sites.max(axis=0) - (x0, y0)
    cell = max(
        np.sqrt(width * height * _SITES_FOR_CELL / len(sites)),
        max(width, height) * _SITES_FOR_CELL / len(sites),
        1e-3,
    )
    columns, rows = int(width / cell) + 1, int(height / cell) + 1
    _nearest(points, order, sites, float(x0), float(y0), float(cell), columns, rows, limit, result)


@jit
def _nearest(
    points: Floats,
    order: Ints,
    sites: Floats,
    x0: float,
    y0: float,
    cell: float,
    columns: int,
    rows: int,
    limit: float,
    result: Floats,
) -> None:
    start = np.zeros(columns * rows + 1, np.int32)
    place = np.empty(len(sites), np.int32)
    for s in range(len(sites)):
        column = min(int((sites[s, 0] - x0) / cell), columns - 1)
        row = min(int((sites[s, 1] - y0) / cell), rows - 1)
        place[s] = row * columns + column
        start[place[s] + 1] += 1
    for i in range(columns * rows):
        start[i + 1] += start[i]
    top = start.copy()
    sorted_sites = np.empty_like(sites)
    for s in range(len(sites)):
        sorted_sites[top[place[s]]] = sites[s]
        top[place[s]] += 1
    x1, y1 = x0 + columns * cell, y0 + rows * cell
    slack = 1e-9 * cell * cell  # rounding at the border of a cell must not hide a site
    for i in range(len(points)):
        px, py = points[i, 0], points[i, 1]
        if max(x0 - px, px - x1, y0 - py, py - y1) > limit:
            continue
        cx, cy = int(np.floor((px - x0) / cell)), int(np.floor((py - y0) / cell))
        best = np.inf
        first = max(0, -cx, -cy, cx - columns + 1, cy - rows + 1)
        last = max(cx, cy, columns - 1 - cx, rows - 1 - cy)
        for ring in range(first, last + 1):
            seen = min(
                px - (x0 + (cx - ring + 1) * cell),
                x0 + (cx + ring) * cell - px,
                py - (y0 + (cy - ring + 1) * cell),
                y0 + (cy + ring) * cell - py,
            )  # to the border of the square of cells already looked into
            if ring > 0 and seen > 0 and (seen * seen > best + slack or seen > limit + cell):
                break
            for r in range(max(cy - ring, 0), min(cy + ring, rows - 1) + 1):
                step = 1 if abs(r - cy) == ring else max(2 * ring, 1)
                for c in range(cx - ring, cx + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    for s in range(start[r * columns + c], start[r * columns + c + 1]):
                        dx, dy = sorted_sites[s, 0] - px, sorted_sites[s, 1] - py
                        best = min(best, dx * dx + dy * dy)
        d = np.sqrt(best)
        if d <= limit:
            result[order[i]] = d

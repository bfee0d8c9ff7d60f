"""Walks of one category after some of its sites came or went: from the walks before, searching what changed.

A walk to the nearest is the least of the walks to each site, to the last bit, and rounding to millimetres
keeps the order. So a site that comes can only shorten walks, to what a search from it alone says; a site that
goes can only lengthen those that are as long as the walk to it: these are searched again, among those around.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.attach import Attachment
from geo.near import Walkers, near, nearest_of
from geo.nearest import straight_nearest_m
from inventory.figures import millimetres
from inventory.moved_sites import Shapes

Millimetres = NDArray[np.int32]
Rows = NDArray[np.int64]
STRAIGHT_BEYOND_M = 1.0
"""How much farther than a category's distance straight lines are searched."""


@dataclass(frozen=True)
class Rewalked:
    """All walks of the category, shape (n,), and the rows of the points whose walk is another than before."""

    walk_mm: Millimetres
    changed: Rows


def rewalk(
    walkers: Walkers,
    walk_mm: Millimetres,
    *,
    gone: Attachment,
    come: Attachment,
    now: Attachment,
    search_m: float,
) -> Rewalked:
    """Walks on foot.

    Parameters
    ----------
    walk_mm
        Walks to the nearest of the sites before, shape (n,), `figures.BEYOND` where none was found.
    gone, come
        Places of sites before that there are no more, and of sites that there were not.
    now
        All sites there are now.
    """
    found = walk_mm.copy()
    near_gone = near(walkers, gone, limit_m=search_m)
    lost = near_gone.row[walk_mm[near_gone.row] == millimetres(near_gone.walk_m)]
    near_come = near(walkers, come, limit_m=search_m)
    found[near_come.row] = np.minimum(found[near_come.row], millimetres(near_come.walk_m))
    found[lost] = millimetres(nearest_of(walkers, lost, now, limit_m=search_m))
    return Rewalked(found, np.flatnonzero(found != walk_mm))


def restraight(
    xy: NDArray[np.float64],
    straight_mm: Millimetres,
    *,
    moved: Shapes,
    now: NDArray[np.float64],
    distance_m: float,
) -> Rewalked:
    """Straight lines, as far as they are searched: in the box that the shapes that came or went reach to.

    `now`: the places they lead to, shape (s, 2).
    """
    limit_m = distance_m + STRAIGHT_BEYOND_M
    margin_m = limit_m + 1.0
    bounds = shapely.total_bounds(moved)
    low, high = bounds[:2] - margin_m, bounds[2:] + margin_m
    some = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    found = straight_mm.copy()
    found[some] = millimetres(straight_nearest_m(xy[some], now, limit_m=limit_m))
    return Rewalked(found, some[found[some] != straight_mm[some]])

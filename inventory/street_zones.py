"""In which zones there is anything to walk on."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.network import Network
from geo.streets import sample

STREET_PIECE_M = 25.0  # how finely streets are looked for in a zone where nobody attached


def has_streets(
    network: Callable[[], Network],
    zones: gpd.GeoDataFrame,
    demand: NDArray[np.int64],
    unattached: NDArray[np.int64],
    *,
    min_component_m: float,
) -> NDArray[np.bool_]:
    """Zones where somebody stands on a street, or where a street of an admissible component runs.

    `demand` and `unattached` have a row for each zone, then outside and city, as has what is returned.
    Streets are only looked up for zones with demand of which nobody attached: where somebody did, there is
    one within reach, and where there is no demand the question does not arise. `network` is asked then only.
    """
    known: NDArray[np.bool_] = demand > unattached
    doubtful = np.flatnonzero(~known[:-2] & (demand[:-2] > 0))
    if not len(doubtful):
        return known
    _, _, _, xy = sample(network(), piece_m=STREET_PIECE_M, min_component_m=min_component_m)
    eastward = xy[np.argsort(xy[:, 0])]
    for number in doubtful.tolist():
        shape = zones.geometry.iloc[number]
        west, south, east, north = shapely.bounds(shape)
        near = eastward[slice(*np.searchsorted(eastward[:, 0], (west, np.nextafter(east, np.inf))))]
        near = near[(near[:, 1] >= south) & (near[:, 1] <= north)]
        known[number] = bool(shapely.intersects_xy(shape, near[:, 0], near[:, 1]).any())
    return known

"""Puts a frame's coordinates into order once it is known how they are written: axes, unit, datum."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import gcj02
from geo.crs_guess import CrsGuess


def straightened(frame: gpd.GeoDataFrame, guess: CrsGuess) -> gpd.GeoDataFrame:
    """A new frame in `guess.crs`, x east and y north, in the unit of that system, without a web map's shift.

    Heights stay as they are. Missing and empty geometry stays. Without a system the frame has none.
    """
    geometry = frame.geometry.array.to_numpy().copy()
    if guess.swapped or guess.factor != 1.0 or guess.shifted:
        for has_z in (False, True):
            some = shapely.has_z(geometry) == has_z
            geometry[some] = shapely.transform(geometry[some], lambda c: _moved(c, guess), include_z=has_z)
    shaped = gpd.GeoSeries(geometry, index=frame.index)
    return frame.set_geometry(shaped.set_crs(guess.crs, allow_override=True))


def _moved(coordinates: NDArray[np.float64], guess: CrsGuess) -> NDArray[np.float64]:
    result = coordinates.copy()
    xy = coordinates[:, 1::-1] if guess.swapped else coordinates[:, :2]
    xy = xy * guess.factor
    result[:, :2] = gcj02.TO_WGS84[guess.shifted](xy) if guess.shifted else xy
    return result

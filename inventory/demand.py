"""Whom, or what, service is measured for: people at points, or metres of street."""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import require, transform_xy
from geo.network import Network
from geo.reach import Attachment, on_street
from geo.streets import sample
from inventory.errors import DemandInvalid, NoDemand
from inventory.figures import thousandths

LARGEST = 2**62  # of the sum of amounts (thousandths) times walk (millimetres), which must fit 64 bits


@dataclass(frozen=True)
class Demand:
    """Points with an amount above zero.

    id: the feature's key, or the number of the piece of street. xy: metres in the working CRS, shape (n, 2).
    amount: thousandths of `unit`. attachment: where the point lies on the network, if that is known already.
    """

    id: NDArray[np.object_]
    xy: NDArray[np.float64]
    amount: NDArray[np.int64]
    unit: Literal["people", "m"]
    attachment: Attachment | None = None


def people(
    frame: gpd.GeoDataFrame, *, layer: str, key: str, column: str, crs: CRS, search_m: float
) -> Demand:
    """People of a layer, in the working CRS.

    Rows whose amount is missing or zero are nobody. `layer` and `column` are named in errors; an amount
    below zero or without a place is one, as it would silently change every share.
    """
    value = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    geometry = frame.geometry.to_numpy()
    homeless = (shapely.is_missing(geometry) | shapely.is_empty(geometry)) & (value > 0)
    for bad in (value < 0, np.isinf(value), homeless):
        if bad.any():
            raise DemandInvalid(layer, column, float(value[bad][0]))
    amount = thousandths(value)
    some = amount > 0
    if not some.any():
        raise NoDemand(layer, column)
    if float(amount.sum(dtype=np.float64)) * search_m * 1000 > LARGEST:
        raise DemandInvalid(layer, column, float(value.max()))
    xy = transform_xy(point_of(geometry[some]), require(frame, f"layer {layer!r}"), crs)
    return Demand(frame[key].to_numpy(dtype=object)[some], xy, amount[some], "people")


def street_metres(network: Network, *, layer: str, piece_m: float, min_component_m: float) -> Demand:
    """Streets as pieces of at most `piece_m`, each standing at its middle and attached there.

    Rounding to thousandths is carried from piece to piece, so the pieces sum to the streets.
    """
    edge, offset_m, length_m, xy = sample(network, piece_m=piece_m, min_component_m=min_component_m)
    amount = np.diff(thousandths(np.cumsum(length_m)), prepend=0)
    some = amount > 0
    if not some.any():
        raise NoDemand(layer)
    edge, offset_m, xy = edge[some], offset_m[some], xy[some]
    number = np.arange(len(edge)).astype(object)
    return Demand(number, xy, amount[some], "m", on_street(network, edge, offset_m, xy))


def point_of(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    """Coordinates, shape (n, 2): of a point itself, of anything else a point on it."""
    points = shapely.get_type_id(geometry) == shapely.GeometryType.POINT
    standing = geometry if points.all() else np.where(points, geometry, shapely.point_on_surface(geometry))
    return shapely.get_coordinates(standing)

"""The given entrances of a rule's services: points of a layer that name the feature they lead into."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from inventory.coverage_rules import Service
from inventory.errors import RuleError
from inventory.inputs import Inputs

POINT = 0  # dimension


def entrances(
    inputs: Inputs, service: Service, frame: gpd.GeoDataFrame
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The entrances of the service's features; a feature without one cannot be entered."""
    assert service.entrances is not None  # noqa: S101 - the caller has looked
    assert service.entrance_of is not None  # noqa: S101 - the reader gives both
    points = inputs.frame(service.entrances, [service.entrance_of])
    if points is None:
        return np.empty(0, np.intp), np.empty((0, 2))
    geometry = points.geometry.to_numpy()
    there = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if (shapely.get_dimensions(geometry[there]) != POINT).any():
        raise RuleError(inputs.rule.id, "entrances", f"layer {service.entrances!r} holds more than points")
    place = {key: number for number, key in enumerate(frame[inputs.key_of(service.layer)])}
    row = np.array([place.get(key, -1) for key in points[service.entrance_of]], np.intp)
    kept = there & (row >= 0)
    xy, which = shapely.get_coordinates(geometry[kept], return_index=True)
    return row[kept][which], xy

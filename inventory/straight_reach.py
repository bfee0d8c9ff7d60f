"""The ground a rule's services reach by the straight line: what starts where, and what lies within."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.catchments import buffers, covered_area, covered_length
from geo.discs import disc_areas, disc_lengths
from geo.facility_distance import distance_to
from inventory.coverage_rules import Service
from inventory.inputs import Inputs
from inventory.rule_entrances import entrances
from inventory.rule_features import serving

HALF_MILLIMETRE = 0.0005
"""Distances are read to the millimetre, as walks are: what is that little beyond the limit is within."""
POINT = 0  # dimension


@dataclass(frozen=True, eq=False)
class StraightReach:
    """What serves, shape (n,): points, lines and ground in the working CRS, each with its distance in metres.

    Where all are points the ground they reach is a union of discs and measured exactly; else it is made of
    polygons with 64 segments a quarter of a circle. Points are judged by their distance in any case.
    """

    geometry: NDArray[np.object_]
    distance_m: NDArray[np.float64]

    def holds(self, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points, shape (n, 2), lie within the distance of a service."""
        found = np.zeros(len(xy), np.bool_)
        for distance in np.unique(self.distance_m):
            within = distance + HALF_MILLIMETRE
            some = self.geometry[self.distance_m == distance]
            found |= np.isfinite(distance_to(xy, some, limit_m=within))
        return found

    def areas(self, ground: NDArray[np.object_]) -> NDArray[np.float64]:
        """How much of each polygon lies within reach, square metres."""
        if self._are_points:
            return disc_areas(*self._discs, ground)
        return covered_area(buffers(self.geometry, self.distance_m), ground)

    def lengths(self, lines: NDArray[np.object_]) -> NDArray[np.float64]:
        """How much of each line lies within reach, metres."""
        if self._are_points:
            return disc_lengths(*self._discs, lines)
        return covered_length(buffers(self.geometry, self.distance_m), lines)

    @property
    def _are_points(self) -> bool:
        return bool((shapely.get_dimensions(self.geometry) == POINT).all())

    @property
    def _discs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        xy, row = shapely.get_coordinates(self.geometry, return_index=True)
        return xy, self.distance_m[row]


def straight_reach(inputs: Inputs) -> StraightReach:
    """The services of a rule; those without data reach nothing."""
    geometry, distance = [np.empty(0, object)], [np.empty(0)]
    for service in inputs.rule.services:
        frame = serving(inputs, service)
        if frame is None:
            continue
        starts = _starts(inputs, service, frame)
        assert service.distance_m is not None  # noqa: S101 - the reader gives every straight service one
        geometry.append(starts)
        distance.append(np.full(len(starts), service.distance_m))
    return StraightReach(np.concatenate(geometry), np.concatenate(distance))


def _starts(inputs: Inputs, service: Service, frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    if service.start == "entrance":
        _, xy = entrances(inputs, service, frame)
        return np.asarray(shapely.points(xy), dtype=object)
    shapes: NDArray[np.object_] = frame.geometry.to_numpy()
    return shapely.centroid(shapes) if service.start == "centroid" else shapes

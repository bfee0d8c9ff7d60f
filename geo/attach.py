"""Attach people and places to the nearest point on a street, never to a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo import crs as systems
from geo.errors import WalkArgument
from geo.jit import Bools, Floats, Ints

if TYPE_CHECKING:
    from geo.barriers import Barriers
    from geo.network import Network

ATTACHED, NO_STREET, SMALL_COMPONENT, BEHIND_BARRIER = 0, 1, 2, 3
"""Why a point is not attached: no street is within the limit, only streets of too small a part are, or only
streets that lie behind a barrier."""


@dataclass(frozen=True, eq=False)
class Attachment:
    """Where n points meet the streets of one network."""

    edge: Ints
    """Shape (n,): the edge, -1 where there is none."""
    offset_m: Floats
    """Shape (n,): along the edge from its u; NaN where there is none."""
    access_m: Floats
    """Shape (n,): straight from the point to the street; infinite where there is none."""
    xy: Floats
    """Shape (n, 2): the point on the street; NaN where there is none."""
    reason: NDArray[np.int8]
    """Shape (n,): ATTACHED, NO_STREET, SMALL_COMPONENT or BEHIND_BARRIER."""

    def __len__(self) -> int:
        return len(self.edge)

    @property
    def attached(self) -> Bools:
        """Shape (n,)."""
        return self.edge >= 0

    def take(self, rows: NDArray[np.integer] | Bools) -> Attachment:
        """The same for some of the points, by row numbers or by a mask."""
        return Attachment(
            self.edge[rows], self.offset_m[rows], self.access_m[rows], self.xy[rows], self.reason[rows]
        )


def together(parts: Sequence[Attachment]) -> Attachment:
    """The points of several attachments to one network, one after another."""
    return Attachment(
        np.concatenate([each.edge for each in parts]),
        np.concatenate([each.offset_m for each in parts]),
        np.concatenate([each.access_m for each in parts]),
        np.concatenate([each.xy for each in parts]),
        np.concatenate([each.reason for each in parts]),
    )


def attach(
    network: Network,
    xy: ArrayLike,
    *,
    limit_m: float = 200.0,
    min_component_m: float = 5000.0,
    barriers: Barriers | None = None,
) -> Attachment:
    """The nearest point on a street for each point, shape (n, 2), in the network's CRS.

    Only streets of a connected part with at least `min_component_m` of streets count, and only within
    `limit_m`. Of equally near streets the first of the network counts. With `barriers` it is the nearest
    point to which the straight way meets none. A point that is not finite is an error.
    """
    if not limit_m >= 0:
        raise WalkArgument("limit_m", limit_m, "a distance, 0 or more")
    points = np.ascontiguousarray(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
    systems.check_finite(points, np.arange(len(points)), "the points to attach")
    large = network.in_large_parts(min_component_m)
    edge, offset, access, on, refused = network.segments.nearest(points, large, float(limit_m))
    reason = np.where(edge >= 0, ATTACHED, np.where(refused, SMALL_COMPONENT, NO_STREET)).astype(np.int8)
    if barriers is not None:
        hidden = np.flatnonzero(edge >= 0)
        hidden = hidden[barriers.stop(points[hidden], on[hidden])]
        seen = barriers.nearest(network.segments, points[hidden], large, float(limit_m))
        edge[hidden], offset[hidden], access[hidden], on[hidden] = seen
        reason[hidden] = np.where(edge[hidden] >= 0, ATTACHED, BEHIND_BARRIER)
    offset = np.minimum(offset, network.edge_length_m[edge]) if len(network.edge_length_m) else offset
    return Attachment(edge, offset, access, on, reason)


def on_street(network: Network, edge: ArrayLike, offset_m: ArrayLike, xy: Floats) -> Attachment:
    """Points that lie on known places of streets, such as the pieces of `network.sample`: no access leg."""
    edges = np.asarray(edge, dtype=np.int32)
    offset = np.asarray(offset_m, dtype=np.float64)
    unknown = (edges < 0) | (edges >= len(network.edge_length_m))
    if unknown.any():
        raise WalkArgument(
            "edge", int(edges[unknown][0]), f"an edge of the network, 0 to {len(network.edge_length_m) - 1}"
        )
    beside = ~((offset >= 0) & (offset <= network.edge_length_m[edges] + 1e-6))
    if beside.any():
        raise WalkArgument("offset_m", float(offset[beside][0]), "a place on the edge")
    zero = np.zeros(len(edges))
    return Attachment(edges, offset, zero, xy, np.zeros(len(edges), np.int8))

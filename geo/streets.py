"""Streets cut into short pieces: the demand of a city whose people are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geo.errors import WalkArgument
from geo.jit import Floats, Ints, jit

if TYPE_CHECKING:
    from geo.network import Network


class Pieces(NamedTuple):
    """Pieces of streets, each seen at its middle."""

    edge: Ints
    offset_m: Floats
    """Along the edge from its u to the middle of the piece."""
    length_m: Floats
    xy: Floats
    """Shape (n, 2): the middle, on the street, in the network's CRS."""


def sample(network: Network, piece_m: float = 25.0, min_component_m: float = 5000.0) -> Pieces:
    """Every street of the parts with at least `min_component_m` of streets, in equal pieces of each edge.

    No piece is longer than `piece_m`; the lengths sum to the length of those streets.
    With `min_component_m` 0 that is every street of the network.
    """
    if not (np.isfinite(piece_m) and piece_m > 0):
        raise WalkArgument("piece_m", piece_m, "a length above 0")
    large = network.component_length_m[network.edge_component] >= min_component_m
    count = np.where(large, np.ceil(network.edge_length_m / piece_m), 0).astype(np.int64)
    edge, offset, length, xy = _cut(count, network.edge_length_m, network.shape_offset, network.shape_xy)
    return Pieces(edge, offset, length, xy)


@jit
def _cut(
    count: Ints, edge_length: Floats, shape_offset: Ints, shape: Floats
) -> tuple[Ints, Floats, Floats, Floats]:
    total = count.sum()
    edge = np.empty(total, np.int32)
    offset = np.empty(total)
    length = np.empty(total)
    xy = np.empty((total, 2))
    top = 0
    for e in range(len(count)):
        if count[e] == 0:
            continue
        piece = edge_length[e] / count[e]
        k = shape_offset[e]
        last = shape_offset[e + 1] - 2
        start = 0.0
        step = np.hypot(shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1])
        for i in range(count[e]):
            middle = (i + 0.5) * piece
            while start + step < middle and k < last:
                start += step
                k += 1
                step = np.hypot(shape[k + 1, 0] - shape[k, 0], shape[k + 1, 1] - shape[k, 1])
            share = min((middle - start) / step, 1.0) if step > 0 else 0.0
            edge[top] = e
            offset[top] = middle
            length[top] = piece
            xy[top, 0] = shape[k, 0] + share * (shape[k + 1, 0] - shape[k, 0])
            xy[top, 1] = shape[k, 1] + share * (shape[k + 1, 1] - shape[k, 1])
            top += 1
    return edge, offset, length, xy

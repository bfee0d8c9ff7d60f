"""What walkers may not enter or pass: streets and nodes that are tagged as closed."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.chains import Lines
from geo.jit import Bools


def matches(frame: pd.DataFrame, closed: Mapping[str, Collection[object]]) -> Bools | None:
    """Rows with one of the values in any of the columns; None where the frame has none of the columns."""
    found = [
        frame[column].isin(list(values)).to_numpy() for column, values in closed.items() if column in frame
    ]
    return np.logical_or.reduce(found) if found else None


def ended_at(drawn: Lines, shut: Bools) -> tuple[Lines, NDArray[np.int64]]:
    """Edges that end at the nodes that are shut, each at its own; and which nodes the new ones are copies of.

    The first edge keeps the node, each further one gets a copy after the last node.
    """
    ends = np.concatenate([drawn.u, drawn.v])
    at = np.flatnonzero(shut[ends])
    _, first = np.unique(ends[at], return_index=True)
    further = np.delete(at, first)
    copied = ends[further].astype(np.int64)
    ends[further] = len(shut) + np.arange(len(further), dtype=np.int32)
    u, v = np.split(ends, 2)
    return drawn._replace(u=u, v=v), copied

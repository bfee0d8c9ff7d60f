"""WKB and WKT of others as geometry, row by row: one that is broken does not cost the others.

Runs in the reading process. GEOS has no ring that is not closed; where that is all that is wrong with a
row, its rings are closed and the row is listed. What GEOS cannot be given at all the
caller leaves out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
_NO_COLLECTION = 3  # parentheses of a multipolygon, the deepest shape that holds no other
_RING = 4  # the fewest vertices of one, its first again among them


@dataclass(frozen=True)
class Decoded:
    """Geometry of shape (n,), None where there is none, and masks of the rows something is wrong with.

    `unusable` are rows whose coordinates are no finite numbers, `unreadable` those whose bytes or text are no
    geometry; both have none. `closed` are rows whose rings were closed.
    """

    geometry: NDArray[np.object_]
    unusable: Mask
    unreadable: Mask
    closed: Mask

    @classmethod
    def whole(cls, geometry: NDArray[np.object_], unusable: Mask | None = None) -> "Decoded":
        """Geometry that came as such."""
        nothing = np.zeros(len(geometry), dtype=bool)
        return cls(geometry, nothing if unusable is None else unusable, nothing, nothing)

    def without(self, unusable: Mask) -> "Decoded":
        """Without the geometry of rows that have no finite coordinates either."""
        if not unusable.any():
            return self
        geometry = self.geometry.copy()
        geometry[unusable] = None
        return replace(
            self, geometry=geometry, unusable=self.unusable | unusable, closed=self.closed & ~unusable
        )


def from_wkb(values: NDArray[np.object_]) -> Decoded:
    """Geometry of WKB that was walked before (`geo.wkb`)."""
    return _decoded(values, shapely.from_wkb)


def from_wkt(texts: NDArray[np.object_]) -> Decoded:
    """Geometry of WKT whose depth was looked at before (`depth`)."""
    return _decoded(texts, shapely.from_wkt)


def depth(texts: Sequence[str | None]) -> int:
    """How many collections in one another the texts may be, at most: GEOS calls itself for each."""
    deepest = 0
    for text in texts:
        if text is not None and text.count("(") > deepest + _NO_COLLECTION:
            content = np.frombuffer(text.encode("utf-8", errors="replace"), dtype=np.uint8)
            steps = (content == ord("(")).astype(np.int64) - (content == ord(")"))
            deepest = max(deepest, int(steps.cumsum().max()) - _NO_COLLECTION)
    return deepest


def _decoded(values: NDArray[np.object_], parse: Callable[..., Any]) -> Decoded:
    geometry = parse(values, on_invalid="ignore")
    unreadable = shapely.is_missing(geometry) & np.array([each is not None for each in values], dtype=bool)
    closed = np.zeros(len(values), dtype=bool)
    doubtful = np.flatnonzero(unreadable)
    if len(doubtful):
        mended = parse(values[doubtful], on_invalid="fix")
        rings = ~shapely.is_missing(mended) & _are_rings(mended)
        geometry[doubtful[rings]] = mended[rings]
        closed[doubtful[rings]] = True
        unreadable = unreadable & ~closed
    return Decoded(geometry, np.zeros(len(values), dtype=bool), unreadable, closed)


def _are_rings(geometry: NDArray[np.object_]) -> Mask:
    """Whether every ring has enough vertices: closing one of two would be inventing it."""
    rings, owner = shapely.get_rings(geometry, return_index=True)
    few = shapely.get_num_coordinates(rings)
    good = np.ones(len(geometry), dtype=bool)
    good[owner[(few > 0) & (few < _RING)]] = False
    return good

"""Which places of a category are new and which are no more: what counts is where, not which feature."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
BIG_ENDIAN = 0


@dataclass(frozen=True)
class MovedSites:
    """Points and areas of one category, each once, in metres: those that went and those that came."""

    gone: Shapes
    come: Shapes

    @property
    def some(self) -> bool:
        return len(self.gone) + len(self.come) > 0


def moved_sites(old: Shapes, new: Shapes) -> MovedSites:
    """What a walk to the nearest can notice of a change: a second market in one place changes no walk."""
    before, after = _bytes(old), _bytes(new)
    return MovedSites(_shapes(before - after), _shapes(after - before))


def _bytes(shapes: Shapes) -> set[bytes]:
    """Each shape as it is, exactly; minus zero is zero."""
    return set(shapely.to_wkb(shapely.transform(shapes, lambda xy: xy + 0.0), byte_order=BIG_ENDIAN).tolist())


def _shapes(found: set[bytes]) -> Shapes:
    """In the order of their bytes: points from west to east, then from south to north."""
    return np.asarray(shapely.from_wkb(np.array(sorted(found), dtype=object)), dtype=object)

"""Which places of a category are new and which are no more: what counts is where, not which feature."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]


@dataclass(frozen=True)
class MovedSites:
    """Places of one category, each once, shape (., 2), in metres: those that went and those that came."""

    gone: Places
    come: Places

    @property
    def some(self) -> bool:
        return len(self.gone) + len(self.come) > 0


def moved_sites(old: Places, new: Places) -> MovedSites:
    """What a walk to the nearest can notice of a change: a second market in one place changes no walk."""
    before, after = np.unique(_pairs(old)), np.unique(_pairs(new))
    return MovedSites(
        _places(np.setdiff1d(before, after, assume_unique=True)),
        _places(np.setdiff1d(after, before, assume_unique=True)),
    )


def _pairs(xy: Places) -> NDArray[np.complex128]:
    """Both coordinates as one number, exactly; minus zero is zero."""
    return (np.ascontiguousarray(xy, dtype=np.float64) + 0.0).view(np.complex128).ravel()


def _places(pairs: NDArray[np.complex128]) -> Places:
    return pairs.view(np.float64).reshape(-1, 2)

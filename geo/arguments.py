"""Checks of what is asked of walks and straight distances."""

import numpy as np
from numpy.typing import ArrayLike

from geo.errors import WalkArgument
from geo.jit import Floats, Ints


def positive(name: str, value: float) -> float:
    """The number itself if it is a finite distance above 0."""
    if not (np.isfinite(value) and value > 0):
        raise WalkArgument(name, value, "a finite distance above 0")
    return float(value)


def categories_of(category: ArrayLike, sites: int, categories: int) -> Ints:
    """The category of each site, if each is from 0 to categories - 1."""
    if categories < 0:
        raise WalkArgument("categories", categories, "a number of categories, 0 or more")
    kinds = np.asarray(category)
    if kinds.shape != (sites,):
        raise WalkArgument("category", f"of shape {kinds.shape}", f"one number for each of the {sites} sites")
    if sites and (kinds.dtype.kind not in "iu" or kinds.min() < 0 or kinds.max() >= categories):
        raise WalkArgument("category", f"{kinds.min()} to {kinds.max()}", f"whole, 0 to {categories - 1}")
    return kinds.astype(np.int32)


def weights_of(count: ArrayLike | None, sites: int) -> Floats:
    """How many each site counts for: one, or what is given, if that is finite."""
    if count is None:
        return np.ones(sites)
    weights = np.asarray(count, dtype=np.float64)
    if weights.shape != (sites,) or not np.isfinite(weights).all():
        raise WalkArgument(
            "count", f"of shape {weights.shape}", f"one finite number for each of {sites} sites"
        )
    return np.ascontiguousarray(weights)

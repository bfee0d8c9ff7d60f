"""Exact amounts inside, fixed decimals outside.

Amounts are whole thousandths (of a person, of a metre of street) and walks whole millimetres, so sums are
integers and cannot depend on the order of their terms.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

THOUSANDTHS = 1000
BEYOND = np.int32(np.iinfo(np.int32).max)  # a walk that was not found within the search


def thousandths(amount: ArrayLike) -> NDArray[np.int64]:
    """Amounts as whole thousandths; missing counts as none."""
    filled = np.nan_to_num(np.asarray(amount, dtype=np.float64), nan=0.0)
    return np.rint(filled * THOUSANDTHS).astype(np.int64)


def millimetres(distance_m: ArrayLike) -> NDArray[np.int32]:
    """Walks as whole millimetres; infinite stays `BEYOND`."""
    metres = np.asarray(distance_m, dtype=np.float64)
    found = np.isfinite(metres)
    return np.where(found, np.rint(np.where(found, metres, 0.0) * 1000.0), BEYOND).astype(np.int32)


def amounts(thousandth: NDArray[np.int64]) -> list[float | int]:
    """Thousandths as printed amounts: at most three decimals, whole ones without a point."""
    return [t // THOUSANDTHS if t % THOUSANDTHS == 0 else t / THOUSANDTHS for t in thousandth.tolist()]


def shares(part: NDArray[np.int64], whole: NDArray[np.int64]) -> list[float | None]:
    """part / whole to six decimals; None where the whole is nothing."""
    some = whole > 0
    ratio = np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=some)
    return [r if s else None for r, s in zip(np.round(ratio, 6).tolist(), some.tolist(), strict=True)]


def metres(
    millimetre: NDArray[np.float64] | NDArray[np.int64], known: NDArray[np.bool_]
) -> list[float | None]:
    """Millimetres as metres to one decimal; None where not known."""
    rounded = np.round(millimetre / 1000.0, 1)
    return [m if k else None for m, k in zip(rounded.tolist(), known.tolist(), strict=True)]

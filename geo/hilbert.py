"""Order along a Hilbert curve, so that what is near on the map is near in memory."""

import numpy as np
from numpy.typing import NDArray

from geo.jit import Floats, jit

_CELLS = 1 << 16  # a side; the two coordinates fill 32 bits


def order(xy: Floats) -> NDArray[np.int64]:
    """The rows of points, shape (n, 2), along the curve over their bounding square.

    Points in one cell (of 1/65536 of the square's side) keep the order in which they came.
    """
    n = len(xy)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    x0, y0 = xy[:, 0].min(), xy[:, 1].min()
    side = max(float(xy[:, 0].max() - x0), float(xy[:, 1].max() - y0))
    scale = (_CELLS - 1) / side if side > 0 else 0.0
    keys = _keys(np.ascontiguousarray(xy, dtype=np.float64), x0, y0, scale)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


@jit
def _keys(xy: Floats, x0: float, y0: float, scale: float) -> NDArray[np.uint64]:
    """Place on the curve in the high 32 bits, row in the low 32.

    Walks the curve from the coarsest quadrant down; the rotation of a quadrant follows Hilbert (1891) in
    the bitwise form of Warren, Hacker's Delight (2nd edition), section 16-1: a lower quadrant swaps x and
    y, the lower right one mirrors them first. Without branches, which would be guessed wrong half the time.
    """
    keys = np.empty(len(xy), np.uint64)
    for row in range(len(xy)):
        x = int((xy[row, 0] - x0) * scale)
        y = int((xy[row, 1] - y0) * scale)
        place = 0
        side = _CELLS >> 1
        while side > 0:
            right = 1 if x & side else 0
            upper = 1 if y & side else 0
            place = (place << 2) | ((3 * right) ^ upper)
            lower = 1 - upper
            mirror = -(lower & right) & (_CELLS - 1)
            swap = ((x ^ mirror) ^ (y ^ mirror)) & -lower
            x ^= mirror ^ swap
            y ^= mirror ^ swap
            side >>= 1
        keys[row] = (np.uint64(place) << np.uint64(32)) | np.uint64(row)
    return keys

"""What a raster file holds, as the reading process found it: plain values, and a small array to draw.

The pixels themselves are only in the copy that the process wrote.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.notes import Note


@dataclass(frozen=True)
class Band:
    """One band: the type of its cells, its mark for no value, and the range of the `cells` that have one.

    `least` and `greatest` are None if no cell has a value; NaN and infinity are no values.
    """

    kind: str
    nodata: float | None
    least: float | None
    greatest: float | None
    cells: int
    description: str


@dataclass(frozen=True)
class RasterReading:
    """A raster in its own system.

    Attributes
    ----------
    path
        The Cloud Optimized copy: tiles of 512 cells, deflated, with overviews.
    crs_declared
        What the file says; None without a word.
    transform
        (a, b, c, d, e, f): x = a * column + b * row + c, y = d * column + e * row + f.
    bounds
        West, south, east, north, in units of the system.
    preview
        The first four bands at most, shape (bands, rows, columns) with no side over 512; NaN is no value.
    """

    path: Path
    driver: str
    name: str
    crs_declared: CRS | None
    width: int
    height: int
    transform: tuple[float, ...]
    bounds: tuple[float, ...]
    bands: tuple[Band, ...]
    preview: NDArray[np.float32] = field(compare=False, repr=False)
    notes: tuple[Note, ...] = ()


def load_preview(path: Path) -> NDArray[np.float32]:
    """The preview the process left, taken as untrusted: numbers only, and no more than it may be."""
    if path.is_symlink():
        raise ValueError("the preview is no plain file")
    if path.stat().st_size > 4 * 512 * 512 * 4 + 4096:
        raise ValueError("the preview is too large")
    values = np.load(path, allow_pickle=False)
    if values.dtype != np.float32 or values.ndim != 3:
        raise ValueError("the preview is no array of numbers")
    return values

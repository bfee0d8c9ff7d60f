"""What a raster file holds, as the reading process found it: plain values, and a small array to draw.

The pixels themselves are only in the copy that the process wrote.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.notes import Note

_KIND = re.compile(r"u?int(8|16|32|64)|float(16|32|64)")
_DIGEST = re.compile(r"[0-9a-f]{64}(\.[0-9a-f]{64})?")


@dataclass(frozen=True)
class Band:
    """One band: the type of its cells, its mark for no value, and the range of the `cells` that have one.

    A cell means what it holds times `scale` plus `offset`: so do `least` and `greatest`, but not `nodata`.
    `least` and `greatest` are None if no cell has a value; NaN and infinity are no values. `digest` is the
    SHA-256 of all cells in row order, little-endian; behind a dot that of the file's mask, if it has one.
    """

    kind: str
    nodata: float | None
    least: float | None
    greatest: float | None
    cells: int
    description: str
    scale: float
    offset: float
    digest: str


@dataclass(frozen=True)
class RasterReading:
    """A raster in its own system.

    Attributes
    ----------
    path
        The Cloud Optimized copy: tiles of 512 cells, deflated, with overviews. Everything else is of it.
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


def band_from(values: Mapping[str, object]) -> Band:
    """A band as the process told it, taken as untrusted: ValueError unless every member is of its kind."""
    expected: dict[str, tuple[type, ...]] = {
        "kind": (str,),
        "nodata": (int, float, type(None)),
        "least": (int, float, type(None)),
        "greatest": (int, float, type(None)),
        "cells": (int,),
        "description": (str,),
        "scale": (int, float),
        "offset": (int, float),
        "digest": (str,),
    }
    if values.keys() != expected.keys() or any(type(values[name]) not in expected[name] for name in expected):
        raise ValueError("the band is not described as it should be")
    found = Band(**values)  # type: ignore[arg-type]
    numbers = [each for each in (found.least, found.greatest, found.scale, found.offset) if each is not None]
    named = _KIND.fullmatch(found.kind) and _DIGEST.fullmatch(found.digest)
    if not named or found.cells < 0 or not np.isfinite(numbers).all():
        raise ValueError("the band is not described as it should be")
    return found


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

"""A raster's preview as a PNG: one band as shades, three or four of bytes as colours, no value as nothing."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SHADES = np.array(
    [(38, 84, 124), (92, 150, 132), (226, 214, 160), (168, 112, 72), (245, 243, 240)], np.float64
)
"""Colours from the least value to the greatest, evenly apart; between them they are mixed."""


def picture(preview: NDArray[np.float32], *, colours: bool = False, south_up: bool = False) -> bytes:
    """PNG with transparency of a preview, shape (bands, rows, columns), NaN being no value.

    With `colours` the first three bands are red, green and blue from 0 to 255, else the first is shaded from
    its least value to its greatest. `south_up` says that the first row is the southernmost.
    """
    known = np.logical_and.reduce(np.isfinite(preview[:3] if colours else preview[:1]), axis=0)
    if colours:
        values = np.moveaxis(np.where(known, preview[:3], 0.0), 0, -1)
    else:
        values = _shaded(np.where(known, preview[0], np.nan), known)
    pixels = np.zeros((*known.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.clip(np.round(values), 0, 255)
    pixels[..., 3] = 255 * known
    return _png(pixels[::-1] if south_up else pixels)


def _shaded(values: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    least = float(values[known].min()) if known.any() else 0.0
    spread = float(values[known].max()) - least if known.any() else 0.0
    share = np.where(known, (values.astype(np.float64) - least) / (spread or 1.0), 0.0)
    stops = np.linspace(0.0, 1.0, len(SHADES))
    return np.stack([np.interp(share, stops, SHADES[:, band]) for band in range(3)], axis=-1)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Eight bits, red, green, blue and opacity, rows unfiltered."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 4 * width), dtype=np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

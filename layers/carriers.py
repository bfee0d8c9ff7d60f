"""What a format cannot carry, so that its loss is no change: an officer who edits one lamp in a shapefile did
not also empty the texts that were too long for it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from layers.spec import FieldSpec

SHAPEFILES = ("ESRI Shapefile", "dBASE", "DBF")
TEXT_BYTES = 254
NUMBER_DIGITS, NUMBER_DECIMALS = 15, 15
"""A .dbf holds texts of 254 bytes and numbers of 24 characters, 15 of them behind the point."""

_ENCODINGS = ("utf-8", "gb18030")
_FORMULA_STARTS = ("=", "+", "-", "@")
Mask = NDArray[np.bool_]


def unlike(old: pa.Array, new: pa.Array, field: FieldSpec | None, carrier: str | None) -> Mask:
    """Where two columns in normal form differ; missing equals missing."""
    if old.type != new.type:
        old, new = _alike(old, new)
    values = pc.fill_null(pc.not_equal(old, new), False).to_numpy(zero_copy_only=False)
    differ = values
    if old.null_count or new.null_count:
        missing = [each.is_null().to_numpy(zero_copy_only=False) for each in (old, new)]
        differ = values | (missing[0] != missing[1])
    if carrier is None or field is None or not differ.any():
        return np.array(differ, dtype=bool)
    rows = np.flatnonzero(differ)
    lost = _lost(old.take(pa.array(rows)), new.take(pa.array(rows)), field, carrier)
    differ = np.array(differ, dtype=bool)
    differ[rows[lost]] = False
    return differ


def _alike(old: pa.Array, new: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A column of nothing has no type of its own."""
    if pa.types.is_null(old.type):
        return old.cast(new.type), new
    return old, new.cast(old.type)


def _lost(old: pa.Array, new: pa.Array, field: FieldSpec, carrier: str) -> Mask:
    """Which of these differences the format made."""
    if carrier in SHAPEFILES:
        if field.type == "text":
            return _each(old, new, _is_cut)
        if field.type == "number":
            return _is_rounded(old, new)
        if field.type == "boolean":
            return _each(old, new, lambda was, now: was is None and now is False)
    if carrier == "CSV" and field.type == "text":
        return _each(old, new, _is_guarded)
    return np.zeros(len(old), bool)


def _each(old: pa.Array, new: pa.Array, is_lost: Callable[[Any, Any], bool]) -> Mask:
    pairs = zip(old.to_pylist(), new.to_pylist(), strict=True)
    return np.fromiter((is_lost(was, now) for was, now in pairs), bool, count=len(old))


def _is_cut(was: str | None, now: str | None) -> bool:
    """Cut at the last whole character that fits, and trimmed as every text is."""
    if was is None or now is None or not was.startswith(now):
        return False
    return any(
        was.encode(encoding, "replace")[:TEXT_BYTES].decode(encoding, "ignore").strip() == now
        for encoding in _ENCODINGS
    )


def _is_rounded(old: pa.Array, new: pa.Array) -> Mask:
    was, now = (each.to_numpy(zero_copy_only=False) for each in (old, new))
    return np.isclose(was, now, rtol=10.0 ** (1 - NUMBER_DIGITS), atol=0.5 * 10.0**-NUMBER_DECIMALS)


def _is_guarded(was: str | None, now: str | None) -> bool:
    """Exports put an apostrophe before what a spreadsheet would run as a formula."""
    return was is not None and now == f"'{was}" and was.startswith(_FORMULA_STARTS)

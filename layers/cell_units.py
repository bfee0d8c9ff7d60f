"""Units that people write into the cells of a number: "3.2公顷", "15亩", "12个".

A number with a unit that the field's unit is a kind of is converted and told as mended. What only resembles
a number ("约200") stays an error, with the number it resembles.
"""

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.fields import Cast, normal
from layers.spec import FieldSpec
from layers.units import Unit, unit_of

COUNTED = frozenset("个处座辆盏棵株户人名张床间套台条块层班位家所根")
"""What counted things are called: a number of them is the number, where a field has no unit."""
_PLAIN = Unit("", 1.0, ())
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,18})(?:\.\d{1,18})?"
_WRITTEN = re.compile(rf"({_NUMBER})([^\d.,+-].{{0,20}})")
_RESEMBLING = re.compile(
    rf"[^\d.,+-]{{1,10}}({_NUMBER})([^\d.,+-].{{0,20}})?|({_NUMBER})([^\d.,+-].{{0,20}})"
)
_ABOUT = ("左右", "上下", "以上", "以下", "以内", "多", "余", "约", "+", "?")
_NUMERIC = ("integer", "number")


@dataclass(frozen=True)
class Written:
    """The rows whose cell had a unit, by position: the unit's name and its factor to the field's unit."""

    positions: NDArray[np.intp]
    units: tuple[Unit, ...]


def take_units(source: pd.Series, result: Cast, field: FieldSpec) -> tuple[Cast, Written]:
    """The column with what could not be cast for a unit behind the number, in the field's own unit.

    `source` is the column as the file has it, index from 0. Whole-number fields take whole results only.
    """
    found: dict[int, tuple[float, Unit]] = {}
    if field.type in _NUMERIC and not field.domain and result.unfit.any():
        positions = np.flatnonzero(result.unfit)
        codes, cells = pd.factorize(source.iloc[positions].astype(object))
        known = [_converted(cell, field) for cell in cells]
        pairs = zip(positions.tolist(), (known[code] for code in codes), strict=True)
        found = {position: each for position, each in pairs if each is not None}
    at = np.array(sorted(found), dtype=np.intp)
    written = Written(at, tuple(found[position][1] for position in at.tolist()))
    if not found:
        return result, written
    numbers = {position: number for position, (number, _) in found.items()}
    taken = pd.Series(numbers, dtype="Int64" if field.type == "integer" else "float64")
    values = taken.combine_first(result.values.astype(taken.dtype))
    unfit = result.unfit.copy()
    unfit[at] = False
    return Cast(normal(values, field), unfit), written


def _converted(cell: object, field: FieldSpec) -> tuple[float, Unit] | None:
    """The number of a cell in the field's unit, and the unit it had; None if it is not that."""
    match = _WRITTEN.fullmatch(_plain(cell))
    unit = None if match is None else _unit(field, match[2])
    if match is None or unit is None:
        return None
    number = _times(match[1], unit)
    return (number, unit) if field.type == "number" or number.is_integer() else None


def resembling(value: object, field: FieldSpec) -> str | None:
    """The number that a text resembles, in the field's unit: 200 of "约200"; None without a single one."""
    if field.type not in _NUMERIC:
        return None
    match = _RESEMBLING.fullmatch(_plain(value))
    if match is None:
        return None
    number, rest = match[1] or match[3], match[2] or match[4] or ""
    for word in _ABOUT:
        rest = rest.strip().removesuffix(word)
    unit = _unit(field, rest) if rest else _PLAIN
    if unit is None:
        return None
    found = _times(number, unit)
    if found.is_integer():
        return str(int(found))
    return f"{found:.12g}" if field.type == "number" else None


def _unit(field: FieldSpec, words: str) -> Unit | None:
    plain = words.replace(" ", "")
    if field.unit is None and plain in COUNTED:
        return Unit(plain, 1.0, (plain,))
    return unit_of(field.unit, plain)


def _times(number: str, unit: Unit) -> float:
    """The product, without the last digits that only binary numbers have: 3.2 ha are 32,000 m2."""
    return float(f"{float(number.replace(',', '')) * unit.factor:.12g}")


def _plain(value: object) -> str:
    return unicodedata.normalize("NFKC", str(value)).casefold().strip()[:80]

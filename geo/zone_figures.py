"""Figures of values by polygon, gathered window by window from runs of cells.

Squares are summed about a number among the polygon's values, so that heights of 2,000 m that differ by
centimetres keep their digits. Sums run in the order of the cells; equal input gives equal bytes.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.cell_fractions import Ints, Runs
from geo.jit import Floats, jit

COUNT, SUM, SQUARES, ABOUT, LEAST, GREATEST, AREA = range(7)
"""Columns of the figures: sums are of value - ABOUT, squares likewise; AREA is ground with a value, m2."""


_MOST = 1 << 16


def no_figures(polygons: int) -> Floats:
    """Figures of polygons of which no cell was seen, shape (polygons, 7)."""
    figures = np.zeros((polygons, 7))
    figures[:, ABOUT] = np.nan
    figures[:, LEAST], figures[:, GREATEST] = np.inf, -np.inf
    return figures


def add_figures(
    figures: Floats, runs: Runs, values: NDArray[Any], top: int, left: int, area_m2: Floats, mark: int | None
) -> None:
    """Add the cells of a window that begins at `top`, `left`; `area_m2` is of a cell of each of its rows.

    With a `mark` the values are whole numbers of at most 16 bits, of which that one is no value.
    """
    place = runs.polygon, runs.row, runs.start, runs.end, runs.share
    if mark is None:
        _figures(*place, values, top, left, area_m2, figures)
    else:
        _whole_figures(*place, values, mark, top, left, area_m2, figures)


def add_met(
    ground: Floats,
    runs: Runs,
    values: Floats,
    top: int,
    left: int,
    area_m2: Floats,
    *,
    least: float,
    below: float,
) -> None:
    """Add ground with a value, and with one from `least` to under `below`: `ground`, shape (polygons, 2)."""
    _met(
        runs.polygon,
        runs.row,
        runs.start,
        runs.end,
        runs.share,
        values,
        top,
        left,
        area_m2,
        least,
        below,
        ground,
    )


def add_sums(sums: Floats, runs: Runs, values: Floats, top: int, left: int) -> None:
    """Add what cells hold, times their shares, to `sums`, shape (polygons,)."""
    _sums(runs.polygon, runs.row, runs.start, runs.end, runs.share, values, top, left, sums)


@jit
def _sums(
    polygon: Ints,
    row: Ints,
    start: Ints,
    end: Ints,
    share: Floats,
    values: Floats,
    top: int,
    left: int,
    sums: Floats,
) -> Any:
    for run in range(len(share)):
        sum_ = 0.0
        for column in range(start[run] - left, end[run] - left):
            value = values[row[run] - top, column]
            if not np.isnan(value):
                sum_ += value
        sums[polygon[run]] += share[run] * sum_


@jit
def _figures(
    polygon: Ints,
    row: Ints,
    start: Ints,
    end: Ints,
    share: Floats,
    values: Floats,
    top: int,
    left: int,
    area_m2: Floats,
    figures: Floats,
) -> Any:
    for run in range(len(share)):
        p, r, part = polygon[run], row[run] - top, share[run]
        about = figures[p, 3]
        first, last = start[run] - left, end[run] - left
        if np.isnan(about):
            for column in range(first, last):
                if not np.isnan(values[r, column]):
                    about = values[r, column]
                    figures[p, 3] = about
                    break
        count = 0
        sum_, squares = 0.0, 0.0
        least, greatest = figures[p, 4], figures[p, 5]
        for column in range(first, last):
            value = values[r, column]
            if not np.isnan(value):
                apart = value - about
                count += 1
                sum_ += apart
                squares += apart * apart
                least = min(least, value)
                greatest = max(greatest, value)
        figures[p, 0] += part * count
        figures[p, 1] += part * sum_
        figures[p, 2] += part * squares
        figures[p, 4], figures[p, 5] = least, greatest
        figures[p, 6] += part * count * area_m2[r]


@jit
def _whole_line(line: NDArray[Any], mark: int) -> Any:
    """Count, sum, sum of squares, least and greatest of cells; the compiler takes several at a time."""
    count, sum_, squares = 0, 0, 0
    least, greatest = _MOST, -_MOST
    for column in range(len(line)):
        value = int(line[column])
        known = value if value != mark else 0
        count += value != mark
        sum_ += known
        squares += known * known
        least = min(least, value if value != mark else _MOST)
        greatest = max(greatest, value if value != mark else -_MOST)
    return count, sum_, squares, least, greatest


@jit
def _whole_figures(
    polygon: Ints,
    row: Ints,
    start: Ints,
    end: Ints,
    share: Floats,
    values: NDArray[Any],
    mark: int,
    top: int,
    left: int,
    area_m2: Floats,
    figures: Floats,
) -> Any:
    """As `_figures`, in whole numbers: several cells at a time, and exact."""
    for run in range(len(share)):
        p, r, part = polygon[run], row[run] - top, share[run]
        first, last = start[run] - left, end[run] - left
        if last == first + 1:  # on a border, where most runs are
            value = int(values[r, first])
            if value == mark:
                continue
            count, sum_, squares, least, greatest = 1, value, value * value, value, value
        else:
            count, sum_, squares, least, greatest = _whole_line(values[r, first:last], mark)
            if count == 0:
                continue
        if np.isnan(figures[p, 3]):
            figures[p, 3] = sum_ // count
        about = int(figures[p, 3])
        figures[p, 0] += part * count
        figures[p, 1] += part * (sum_ - about * count)
        figures[p, 2] += part * (squares - 2 * about * sum_ + about * about * count)
        figures[p, 4] = min(figures[p, 4], least)
        figures[p, 5] = max(figures[p, 5], greatest)
        figures[p, 6] += part * count * area_m2[r]


@jit
def _met(
    polygon: Ints,
    row: Ints,
    start: Ints,
    end: Ints,
    share: Floats,
    values: Floats,
    top: int,
    left: int,
    area_m2: Floats,
    least: float,
    below: float,
    ground: Floats,
) -> Any:
    for run in range(len(share)):
        p, r = polygon[run], row[run] - top
        known, met = 0, 0
        for column in range(start[run] - left, end[run] - left):
            value = values[r, column]
            known += not np.isnan(value)
            met += least <= value < below
        each = share[run] * area_m2[r]
        ground[p, 0] += known * each
        ground[p, 1] += met * each

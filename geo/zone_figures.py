"""Figures of values by polygon, gathered window by window from runs of cells.

Squares are summed about a value of the polygon itself, so that heights of 2,000 m that differ by centimetres
keep their digits. Sums run in the order of the cells; equal input gives equal bytes.
"""

from typing import Any

import numpy as np

from geo.cell_fractions import Ints, Runs
from geo.jit import Floats, jit

COUNT, SUM, SQUARES, ABOUT, LEAST, GREATEST, AREA = range(7)
"""Columns of the figures: sums are of value - ABOUT, squares likewise; AREA is ground with a value, m2."""


def no_figures(polygons: int) -> Floats:
    """Figures of polygons of which no cell was seen, shape (polygons, 7)."""
    figures = np.zeros((polygons, 7))
    figures[:, ABOUT] = np.nan
    figures[:, LEAST], figures[:, GREATEST] = np.inf, -np.inf
    return figures


def add_figures(figures: Floats, runs: Runs, values: Floats, top: int, left: int, area_m2: Floats) -> None:
    """Add the cells of a window that begins at `top`, `left`; `area_m2` is of a cell of each of its rows."""
    _figures(runs.polygon, runs.row, runs.start, runs.end, runs.share, values, top, left, area_m2, figures)


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

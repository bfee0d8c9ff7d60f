"""Cells of a raster that counts something (people), as points with amounts, and their sums by zone.

Amounts are whole thousandths. What rounding leaves is carried from cell to cell in the order of the rasters,
rows and columns, so that the points add up to the rasters to half a thousandth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.grid_edges import Window
from geo.jit import Floats
from geo.raster_errors import RasterNegative
from geo.raster_overlap import without_earlier
from geo.raster_pieces import edges_in, pieces
from geo.raster_windows import OpenRaster, Paths, all_opened
from geo.zone_figures import add_sums

Amounts = NDArray[np.int64]
Box = tuple[float, float, float, float]
THOUSAND = 1000.0


@dataclass(frozen=True)
class CellPoints:
    """Cells that count more than nothing, as points; all of n rows, ordered by raster, row and column.

    xy: the middle of each, in the system asked for, shape (n, 2). amount: thousandths, above zero. raster:
    which of the paths. row, column: of the cell, from 0.
    """

    xy: Floats
    amount: Amounts
    raster: NDArray[np.int32]
    row: NDArray[np.int32]
    column: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.amount)


def points(
    paths: Paths,
    crs: CRS,
    *,
    band: int = 1,
    within: Box | None = None,
    names: Sequence[str] | None = None,
) -> CellPoints:
    """The cells of rasters as points in `crs`.

    Parameters
    ----------
    paths
        One raster or more; where they overlap the first with a value counts (`geo.raster_overlap`).
    within
        West, south, east, north in `crs`: cells whose middle lies beyond are left out, and windows beyond are
        not read. The box's own border belongs to it.
    names
        What errors call the rasters.

    Raises
    ------
    RasterNegative where a cell counts less than nothing, and what `geo.raster_windows.opened` raises.
    """
    parts: list[_Cells] = []
    with all_opened(paths, band, names=names) as rasters:
        for number, raster in enumerate(rasters):
            parts += [
                _cells(raster, number, window, rasters[:number], crs, within)
                for window in raster.windows(_reach(raster, crs, within))
            ]
    return _joined(parts)


def sums(
    paths: Paths,
    polygons: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    band: int = 1,
    names: Sequence[str] | None = None,
) -> Amounts:
    """What the cells count in each polygon, split by exact shares of cells: thousandths, shape (n,).

    A cell counts as if it were spread evenly over its ground. Rounding is carried from polygon to polygon, so
    that polygons that do not overlap add up to what they have together. Raises as `points` does.
    """
    found = np.zeros(len(polygons))
    with all_opened(paths, band, names=names) as rasters:
        for number, raster in enumerate(rasters):
            for piece in pieces(raster, edges_in(raster, polygons.geometry), rasters[:number]):
                _require_counts(piece.values, raster)
                add_sums(found, piece.runs, piece.values, piece.window.top, piece.window.left)
    return carried(found)


def carried(amount: Floats) -> Amounts:
    """Amounts as whole thousandths, what rounding leaves being carried to the next, shape (n,)."""
    whole: Amounts = np.rint(np.cumsum(amount) * THOUSAND).astype(np.int64)
    whole[1:] -= whole[:-1].copy()
    return whole


@dataclass(frozen=True)
class _Cells:
    """Cells of one window, not yet rounded."""

    xy: Floats
    value: Floats
    raster: NDArray[np.int32]
    row: NDArray[np.int32]
    column: NDArray[np.int32]


def _cells(
    raster: OpenRaster,
    number: int,
    window: Window,
    earlier: Sequence[OpenRaster],
    crs: CRS,
    within: Box | None,
) -> _Cells:
    values = without_earlier(raster.values(window), window, raster, earlier)
    _require_counts(values, raster)
    row, column = np.nonzero(values > 0)  # NaN is not
    value = values[row, column].astype(np.float64)
    row, column = row + window.top, column + window.left
    xy = raster.places(column.astype(np.float64) + 0.5, row.astype(np.float64) + 0.5, crs)
    kept = np.isfinite(xy).all(axis=1)
    if within is not None:
        west, south, east, north = within
        kept &= (xy >= (west, south)).all(axis=1) & (xy <= (east, north)).all(axis=1)
    return _Cells(
        xy[kept],
        value[kept],
        np.full(int(kept.sum()), number, np.int32),
        row[kept].astype(np.int32),
        column[kept].astype(np.int32),
    )


def _joined(parts: Sequence[_Cells]) -> CellPoints:
    """All cells in order, whole thousandths; windows leave no trace in what rounding carries."""
    if not parts:
        none = np.empty(0, np.int32)
        return CellPoints(np.empty((0, 2)), np.empty(0, np.int64), none, none, none)
    xy = np.concatenate([each.xy for each in parts])
    value = np.concatenate([each.value for each in parts])
    raster, row, column = (
        np.concatenate([getattr(each, name) for each in parts]) for name in ("raster", "row", "column")
    )
    order = np.lexsort((column, row, raster))
    amount = carried(value[order])
    some = order[amount > 0]
    return CellPoints(xy[some], amount[amount > 0], raster[some], row[some], column[some])


def _require_counts(values: Floats, raster: OpenRaster) -> None:
    if (values < 0).any():
        raise RasterNegative(raster.name, float(np.nanmin(values)), raster.nodata_words)


def _reach(raster: OpenRaster, crs: CRS, within: Box | None) -> Window:
    """The cells a box may hold: around its outline, which is followed, and one more."""
    if within is None:
        return raster.whole
    west, south, east, north = within
    along = np.linspace(0.0, 1.0, 21)
    x, y = west + along * (east - west), south + along * (north - south)
    ends = np.ones(21)
    outline = np.column_stack(
        [
            np.concatenate([x, x, west * ends, east * ends]),
            np.concatenate([south * ends, north * ends, y, y]),
        ]
    )
    cells = raster.cells_at(outline, crs)
    cells = cells[np.isfinite(cells).all(axis=1)]
    if not len(cells):
        return Window(0, 0, 0, 0)
    left, top = np.floor(cells.min(axis=0)).astype(int) - 1
    right, bottom = np.ceil(cells.max(axis=0)).astype(int) + 1
    return Window(int(top), int(bottom), int(left), int(right)).meet(raster.whole)

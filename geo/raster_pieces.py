"""Rasters and polygons brought together: the polygons' borders in cells, and window after window of both.

Borders are straight in the polygons' own system; where the raster's is another they are followed in short
steps.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geo import crs as systems
from geo.cell_areas import row_areas_m2
from geo.cell_fractions import Runs, runs_in
from geo.crs import STORED, require, to_crs
from geo.errors import CoordinatesOutside
from geo.grid_edges import Edges, Window, edges_of
from geo.jit import Floats
from geo.raster_errors import RasterElsewhere
from geo.raster_overlap import without_earlier
from geo.raster_place import lonlat_bounds
from geo.raster_windows import OpenRaster

_STEP_M = 1000.0
_STEP_DEGREES = 0.01
"""How far a border runs straight in another system: over 1 km it strays by about 2 cm."""


@dataclass(frozen=True)
class Piece:
    """A window of a raster, the cells of it in polygons, and square metres of a cell of each of its rows.

    values: NaN being none; or, where `mark` is not None, whole numbers of which that one is no value.
    """

    window: Window
    runs: Runs
    values: NDArray[Any]
    area_m2: Floats
    mark: int | None = None


def pieces(
    raster: OpenRaster, edges: Edges, earlier: Sequence[OpenRaster] = (), *, whole: bool = False
) -> Iterator[Piece]:
    """The windows of a raster in which polygons have cells, in the order of the file, each read once.

    The next window is read while the last one is looked at. Values of `earlier` rasters count before these.
    With `whole` cells of whole numbers may come as they are kept, with their mark.
    """
    as_kept = whole and raster.is_whole and not earlier

    def read(window: Window) -> tuple[NDArray[Any], int | None]:
        if as_kept:
            return raster.whole_values(window)
        return without_earlier(raster.values(window), window, raster, earlier), None

    def piece(window: Window, runs: Runs, cells: Future[tuple[NDArray[Any], int | None]]) -> Piece:
        values, mark = cells.result()
        areas = row_areas_m2(raster.crs, raster.transform, window.top, window.bottom)
        return Piece(window, runs, values, areas, mark)

    with ThreadPoolExecutor(1, "read-raster") as reader:
        waiting: tuple[Window, Runs, Future[tuple[NDArray[Any], int | None]]] | None = None
        for window in raster.windows(edges.extent()):
            window = window.meet(edges.extent_of(edges.near(window)))
            if not window.cells:
                continue
            cells = reader.submit(read, window)
            runs = runs_in(edges, window)
            if waiting is not None:
                yield piece(*waiting)
            waiting = (window, runs, cells)
        if waiting is not None:
            yield piece(*waiting)


def edges_in(raster: OpenRaster, polygons: gpd.GeoSeries) -> Edges:
    """Borders of polygons in the cells of a raster; RasterElsewhere if its system has no place for them."""
    crs = require(polygons, "the zones")
    if not crs.equals(raster.crs, ignore_axis_order=True):
        step = _STEP_DEGREES if crs.is_geographic else _STEP_M
        finer = shapely.segmentize(polygons.to_numpy(), step)
        try:
            polygons = to_crs(gpd.GeoSeries(finer, crs=crs), raster.crs)
        except CoordinatesOutside as error:
            raise elsewhere(raster, polygons) from error
    return edges_of(polygons.to_numpy(), raster.transform)


def elsewhere(raster: OpenRaster, polygons: gpd.GeoSeries) -> RasterElsewhere:
    """The error that says where the raster lies and where the polygons."""
    try:
        at = lonlat_bounds(raster, raster.crs)
    except CoordinatesOutside:
        at = (np.nan, np.nan, np.nan, np.nan)
    west, south, east, north = polygons.to_crs(STORED).total_bounds
    return RasterElsewhere(raster.name, systems.name(raster.crs), at, (west, south, east, north))

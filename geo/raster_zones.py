"""Figures of rasters by polygon, with exact shares of cells and areas true to the ground.

    polygons -> borders in cells -> runs of each window -> figures

A cell counts in a polygon with the share of it that lies inside. Rasters are read in windows and never as a
whole, in the file's own resolution unless an overview is asked for. Borders are straight in the polygons' own
system; where the raster's is another they are followed in short steps.

Of several rasters (one of each agency, say) the first with a value counts where they overlap, see
`geo.raster_overlap`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.cell_areas import row_areas_m2
from geo.cell_fractions import ground_m2
from geo.crs import require
from geo.grid_edges import Edges
from geo.jit import Bools, Floats
from geo.polygons import check_polygons
from geo.raster_errors import RasterArgument, RasterWithoutValues
from geo.raster_pieces import edges_in, elsewhere, pieces
from geo.raster_windows import Ndvi, OpenRaster, Paths, all_opened
from geo.zone_figures import (
    ABOUT,
    AREA,
    COUNT,
    GREATEST,
    LEAST,
    SQUARES,
    SUM,
    add_figures,
    add_met,
    no_figures,
)

Polygons: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries

STATISTICS = ("count", "sum", "mean", "min", "max", "std", "area_m2", "without_m2")


@dataclass(frozen=True)
class GroundShare:
    """Ground of each polygon in square metres, shape (n,), in the order of the polygons.

    with_value_m2: where a raster has a value. met_m2: where it holds what is asked for. without_value_m2: the
    rest of the polygon, beyond the rasters' edges too. is_reached: whether any raster reaches it at all.
    """

    with_value_m2: Floats
    met_m2: Floats
    without_value_m2: Floats
    is_reached: Bools


def zonal(
    paths: Paths,
    polygons: Polygons,
    statistics: Sequence[str] = STATISTICS,
    *,
    band: int | Ndvi = 1,
    resolution_m: float | None = None,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Statistics of the cells of each polygon.

    Parameters
    ----------
    paths
        One GeoTIFF or several, of which the first counts where they overlap.
    polygons
        Valid polygons in any declared system. They may overlap: each is answered for itself.
    statistics
        Which, of `STATISTICS`: `count` (sum of shares of cells with a value), `sum`, `mean`, `std` (of the
        population) weighted by shares; `min` and `max` over every cell of which any part lies inside;
        `area_m2` and `without_m2`, ground with a value and without, beyond the rasters too.
    band
        Counted from 1, or an index of two bands.
    resolution_m
        Use the coarsest overview with cells of at most so many metres; without it the cells as they are.
    names
        What errors call the rasters; their files' names by default.

    Returns
    -------
    A column of float64 for each statistic, indexed like `polygons`. Where no cell has a value `mean`, `min`,
    `max` and `std` are NaN, the others 0.

    Raises
    ------
    RasterElsewhere if no raster reaches any polygon, RasterWithoutValues if no cell there has a value, and
    what `geo.raster_windows.opened` raises.
    """
    unknown = [each for each in statistics if each not in STATISTICS]
    if unknown:
        raise RasterArgument("statistics", unknown[0], f"one of {', '.join(STATISTICS)}")
    figures, total = no_figures(len(polygons)), np.zeros(len(polygons))
    with _measured(paths, polygons, band, resolution_m, names) as (rasters, borders):
        for number, (raster, edges) in enumerate(zip(rasters, borders, strict=True)):
            total = _total_m2(edges, raster) if number == 0 else total
            for piece in pieces(raster, edges, rasters[:number], whole=True):
                top, left = piece.window.top, piece.window.left
                add_figures(figures, piece.runs, piece.values, top, left, piece.area_m2, piece.mark)
        _require_values(figures[:, COUNT], rasters)
    columns = _columns(figures, total)
    return pd.DataFrame({each: columns[each] for each in statistics}, index=polygons.index)


def share_above(
    paths: Paths,
    polygons: Polygons,
    *,
    at_least: float | None = None,
    below: float | None = None,
    band: int | Ndvi = 1,
    resolution_m: float | None = None,
    names: Sequence[str] | None = None,
) -> GroundShare:
    """How much ground of each polygon has a value of `at_least` (included) and `below` (not included).

    The other parameters and the errors are those of `zonal`. A band of float32 is compared with the nearest
    number of that kind: a cell of 0.7 is at least 0.7.
    """
    found, total = np.zeros((len(polygons), 2)), np.zeros(len(polygons))
    reached = np.zeros(len(polygons), dtype=np.bool_)
    with _measured(paths, polygons, band, resolution_m, names) as (rasters, borders):
        for number, (raster, edges) in enumerate(zip(rasters, borders, strict=True)):
            total = _total_m2(edges, raster) if number == 0 else total
            least, most = raster.bounds(at_least, below)
            for piece in pieces(raster, edges, rasters[:number]):
                reached[piece.runs.polygon] = True
                add_met(
                    found,
                    piece.runs,
                    piece.values,
                    piece.window.top,
                    piece.window.left,
                    piece.area_m2,
                    least=least,
                    below=most,
                )
        _require_values(found[:, 0], rasters)
    with_value = found[:, 0].copy()
    return GroundShare(with_value, found[:, 1].copy(), _without(total, with_value), reached)


@contextmanager
def _measured(
    paths: Paths,
    polygons: Polygons,
    band: int | Ndvi,
    resolution_m: float | None,
    names: Sequence[str] | None,
) -> Iterator[tuple[list[OpenRaster], list[Edges]]]:
    """The rasters that reach any polygon, open, and the polygons' borders in the cells of each."""
    ground = polygons.geometry
    require(ground, "the zones")
    check_polygons(ground.to_numpy(), "the zones")
    with all_opened(paths, band, resolution_m=resolution_m, names=names) as rasters:
        borders = [edges_in(raster, ground) for raster in rasters]
        there = [
            number
            for number, (raster, edges) in enumerate(zip(rasters, borders, strict=True))
            if edges.extent().meet(raster.whole).cells
        ]
        if ground.count_coordinates().any() and not there:
            raise elsewhere(rasters[0], ground)
        yield [rasters[number] for number in there], [borders[number] for number in there]


def _total_m2(edges: Edges, raster: OpenRaster) -> Floats:
    extent = edges.extent()
    return ground_m2(edges, row_areas_m2(raster.crs, raster.transform, extent.top, extent.bottom), extent.top)


def _require_values(known: Floats, rasters: list[OpenRaster]) -> None:
    if rasters and not known.any():
        raise RasterWithoutValues(rasters[0].name, rasters[0].nodata_words)


def _columns(figures: Floats, total: Floats) -> dict[str, NDArray[np.float64]]:
    count, none = figures[:, COUNT], figures[:, COUNT] == 0
    each = np.where(none, np.nan, count)
    apart = figures[:, SUM] / each
    about = np.where(none, 0.0, figures[:, ABOUT])
    return {
        "count": count,
        "sum": figures[:, SUM] + about * count,
        "mean": about + apart,
        "min": np.where(none, np.nan, figures[:, LEAST]),
        "max": np.where(none, np.nan, figures[:, GREATEST]),
        "std": np.sqrt(np.maximum(figures[:, SQUARES] / each - apart**2, 0.0)),
        "area_m2": figures[:, AREA],
        "without_m2": _without(total, figures[:, AREA]),
    }


def _without(total: Floats, with_value: Floats) -> Floats:
    """The rest of the ground, 0 where it is rounding."""
    rest = total - with_value
    return np.where(rest > 1e-9 * total, rest, 0.0)

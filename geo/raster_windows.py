"""Rasters read window by window, NaN where there is no value, so that none ever enters memory whole.

A window holds at most `CELLS_AT_ONCE` cells, in whole blocks of the file where blocks are smaller than that.
A cell has no value if it holds the band's mark for none, NaN or infinity, or if the file's own mask says so;
otherwise it means what it holds times the band's scale plus its offset. A file that declares no mark is read
as it is: all its finite cells are values (`nodata_words` says so).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from geo.cell_areas import is_mercator, is_turned
from geo.crs import parse, transform_xy
from geo.errors import CoordinatesOutside, CrsUnknown
from geo.grid_edges import Transform, Window
from geo.jit import Floats, jit
from geo.raster_errors import (
    RasterArgument,
    RasterBandMissing,
    RasterIndexBands,
    RasterScale,
    RasterTurned,
    RasterUnreadable,
    RasterWithoutCrs,
)
from geo.raster_place import cell_size_m

Paths: TypeAlias = Path | str | Sequence[Path | str]

CELLS_AT_ONCE = 1 << 22
"""Cells of a window: at most 32 MB a band as numbers; two windows are in memory at a time."""

_NO_MARK = 1 << 20
_CACHE_MB = 64  # blocks that GDAL keeps
_DECODERS = "ALL_CPUS"  # threads that unpack the blocks of one window; blocks as they are only wait for them


@dataclass(frozen=True)
class Ndvi:
    """The normalised difference of two bands, (nir - red) / (nir + red); none where the sum is 0 or less."""

    red: int
    nir: int


@dataclass(frozen=True)
class OpenRaster:
    """A raster while it is open. `bands` are those that are read; `dataset` is rasterio's."""

    dataset: Any
    name: str
    crs: CRS
    transform: Transform
    width: int
    height: int
    bands: tuple[int, ...]
    what: int | Ndvi

    @property
    def whole(self) -> Window:
        return Window(0, self.height, 0, self.width)

    @property
    def nodata_words(self) -> str:
        """The marks for no value as a person would say them."""
        marks = {self.dataset.nodatavals[band - 1] for band in self.bands}
        return ", ".join("not declared" if mark is None else f"{mark:g}" for mark in sorted(marks, key=str))

    def cells_at(self, xy: Floats, crs: CRS) -> Floats:
        """Columns and rows, shape (n, 2), of places in another system; NaN where ours has no place for them.

        The first cell reaches from 0 to 1; its middle is at 0.5.
        """
        if not crs.equals(self.crs, ignore_axis_order=True):
            try:
                xy = transform_xy(xy, crs, self.crs)
            except CoordinatesOutside:
                return np.full((len(xy), 2), np.nan)
        a, b, c, d, e, f = self.transform
        x, y = xy[:, 0] - c, xy[:, 1] - f
        return np.column_stack([e * x - b * y, a * y - d * x]) / (a * e - b * d)

    def places(self, column: Floats, row: Floats, crs: CRS) -> Floats:
        """Where columns and rows lie in another system, shape (n, 2); as `cells_at`, the other way round."""
        a, b, c, d, e, f = self.transform
        xy = np.column_stack([a * column + b * row + c, d * column + e * row + f])
        if crs.equals(self.crs, ignore_axis_order=True):
            return xy
        try:
            return transform_xy(xy, self.crs, crs)
        except CoordinatesOutside:
            return np.full(xy.shape, np.nan)

    def values(self, window: Window, shape: tuple[int, int] | None = None) -> Floats:
        """What the cells of a window mean, NaN where there is no value, shape (rows, columns).

        With `shape` fewer cells stand for it, for drawing: read through an overview where there is one.
        """
        read = [self._band(band, window, shape) for band in self.bands]
        if not isinstance(self.what, Ndvi):
            return read[0]
        red, nir = (each.astype(np.float64, copy=False) for each in read)
        total = nir + red
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0.0, (nir - red) / total, np.nan)

    def bounds(self, at_least: float | None, below: float | None) -> tuple[float, float]:
        """The least value asked for, and the one that is too much, as cells can hold them.

        A band of float32 has no 0.7, but a nearest neighbour of it: a cell of 0.7 is at least 0.7.
        RasterArgument if none is given, or one that is not finite.
        """
        if at_least is None and below is None:
            raise RasterArgument("at_least", None, "a number, or below one")
        for argument, value in (("at_least", at_least), ("below", below)):
            if value is not None and not np.isfinite(value):
                raise RasterArgument(argument, value, "a finite number")
        at, dataset = self.bands[0] - 1, self.dataset
        plain = not isinstance(self.what, Ndvi) and (dataset.scales[at], dataset.offsets[at]) == (1.0, 0.0)
        single = plain and dataset.dtypes[at] == "float32"
        least, most = -np.inf if at_least is None else at_least, np.inf if below is None else below
        with np.errstate(over="ignore"):  # beyond every cell, as infinity is
            return (float(np.float32(least)), float(np.float32(most))) if single else (least, most)

    def windows(self, within: Window) -> Iterator[Window]:
        """Windows of whole blocks that hold what is `within`, row by row; each of at most `CELLS_AT_ONCE`.

        A block of more cells is a window of its own.
        """
        high, wide = self.dataset.block_shapes[self.bands[0] - 1]
        within = within.meet(self.whole)
        if not within.cells:
            return
        left, top = within.left // wide * wide, within.top // high * high
        across = max(wide, min(CELLS_AT_ONCE // high // wide * wide, within.right - left))
        down = max(high, CELLS_AT_ONCE // across // high * high)
        for row in range(top, within.bottom, down):
            for column in range(left, within.right, across):
                yield Window(row, row + down, column, column + across).meet(within)

    @property
    def is_whole(self) -> bool:
        """Whether cells are whole numbers of at most 16 bits that mean what they are, without a mask."""
        dataset, at = self.dataset, self.bands[0] - 1
        plain = len(self.bands) == 1 and (dataset.scales[at], dataset.offsets[at]) == (1.0, 0.0)
        kind = np.dtype(dataset.dtypes[at])
        return plain and kind.kind in "iu" and kind.itemsize <= 2 and not self._is_masked(self.bands[0])

    def whole_values(self, window: Window) -> tuple[NDArray[np.integer[Any]], int]:
        """What cells of whole numbers hold, and the mark for no value; one that none can hold without a mark.

        Only where `is_whole`.
        """
        raw = self._read(self.bands[0], window, None)
        nodata = self.dataset.nodatavals[self.bands[0] - 1]
        return raw, int(nodata) if nodata is not None and float(nodata).is_integer() else _NO_MARK

    def _is_masked(self, band: int) -> bool:
        from rasterio.enums import MaskFlags

        flags = self.dataset.mask_flag_enums[band - 1]
        return MaskFlags.per_dataset in flags or MaskFlags.alpha in flags

    def _read(
        self, band: int, window: Window, shape: tuple[int, int] | None, *, mask: bool = False
    ) -> NDArray[Any]:
        """Cells as they are kept, or the file's mask, 0 where it says that there is no value."""
        from rasterio.errors import RasterioError
        from rasterio.windows import Window as Cut

        cut = Cut(window.left, window.top, window.right - window.left, window.bottom - window.top)
        read = self.dataset.read_masks if mask else self.dataset.read
        try:
            found: NDArray[Any] = read(band, window=cut, out_shape=shape)
        except RasterioError as error:
            raise RasterUnreadable(self.name, _reason(error)) from error
        return found

    def _band(self, band: int, window: Window, shape: tuple[int, int] | None) -> Floats:
        raw = self._read(band, window, shape)
        scale, offset = self.dataset.scales[band - 1], self.dataset.offsets[band - 1]
        plain = (scale, offset) == (1.0, 0.0)
        values = raw.astype(_kind_for(raw.dtype) if plain else np.float64, copy=False)
        nodata = self.dataset.nodatavals[band - 1]
        if nodata is not None and raw.dtype.kind == "f":
            nodata = float(raw.dtype.type(nodata))  # float32 has no -3.4e38, but its nearest neighbour
        _erase(values, np.nan if nodata is None else nodata)
        if self._is_masked(band):
            values[self._read(band, window, shape, mask=True) == 0] = np.nan
        return values if plain else values * scale + offset


@contextmanager
def opened(
    path: Path | str, what: int | Ndvi = 1, *, resolution_m: float | None = None, name: str | None = None
) -> Iterator[OpenRaster]:
    """Open a GeoTIFF to read one band, or an index of two.

    Parameters
    ----------
    path
        The file.
    what
        A band, counted from 1, or an `Ndvi`.
    resolution_m
        Read the coarsest overview whose cells are at most so many metres wide; without it the file itself.
    name
        What errors call the file; its name by default.

    Raises
    ------
    RasterUnreadable, RasterWithoutCrs, RasterBandMissing, RasterIndexBands, RasterScale, RasterTurned
    """
    import rasterio
    from rasterio.errors import RasterioError

    called = name or Path(path).name
    with rasterio.Env(GDAL_CACHEMAX=_CACHE_MB, GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        try:
            dataset = _opened(path)
        except RasterioError as error:
            raise RasterUnreadable(called, _reason(error)) from error
        level = None
        try:
            raster = _checked(dataset, called, what)
            if resolution_m is not None:
                level = _level(raster, resolution_m)
            if level is not None:
                dataset.close()
                dataset = _opened(path, overview_level=level)
                raster = _checked(dataset, called, what)
            yield raster
        finally:
            dataset.close()


@contextmanager
def all_opened(
    paths: Paths,
    what: int | Ndvi = 1,
    *,
    resolution_m: float | None = None,
    names: Sequence[str] | None = None,
) -> Iterator[list[OpenRaster]]:
    """Several rasters open at once, `names` being what errors call them; otherwise as `opened`."""
    files = [paths] if isinstance(paths, Path | str) else list(paths)
    if not files:
        raise RasterArgument("paths", files, "one raster or more")
    called = [None] * len(files) if names is None else list(names)
    with ExitStack() as open_:
        yield [
            open_.enter_context(opened(path, what, resolution_m=resolution_m, name=name))
            for path, name in zip(files, called, strict=True)
        ]


def _opened(path: Path | str, **options: Any) -> Any:
    """The dataset, with threads if its blocks are packed."""
    import rasterio

    dataset = rasterio.open(path, driver="GTiff", **options)
    if dataset.compression is None:
        return dataset
    dataset.close()
    return rasterio.open(path, driver="GTiff", num_threads=_DECODERS, **options)


def _checked(dataset: Any, called: str, what: int | Ndvi) -> OpenRaster:
    bands = (what.red, what.nir) if isinstance(what, Ndvi) else (what,)
    if isinstance(what, Ndvi) and (dataset.count < 2 or what.red == what.nir):
        raise RasterIndexBands(called, what.red, what.nir, dataset.count)
    for band in bands:
        if not 1 <= band <= dataset.count:
            raise RasterBandMissing(called, band, dataset.count)
        scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
        if not (np.isfinite([scale, offset]).all() and scale != 0.0):
            raise RasterScale(called, band, scale, offset)
    crs = _crs_of(dataset, called)
    transform: Transform = tuple(dataset.transform)[:6]
    if is_turned(transform) and (crs.is_geographic or is_mercator(crs)):
        raise RasterTurned(called)
    return OpenRaster(dataset, called, crs, transform, dataset.width, dataset.height, bands, what)


def _crs_of(dataset: Any, called: str) -> CRS:
    if dataset.crs is None or not dataset.crs.to_wkt():
        raise RasterWithoutCrs(called)
    try:
        return parse(dataset.crs.to_wkt())
    except CrsUnknown as error:
        raise RasterWithoutCrs(called) from error


def _level(raster: OpenRaster, resolution_m: float) -> int | None:
    """The coarsest overview with cells of at most so many metres, None if the file itself is."""
    if not (np.isfinite(resolution_m) and resolution_m > 0):
        raise RasterArgument("resolution_m", resolution_m, "a finite number of metres above 0")
    own = max(cell_size_m(raster, raster.crs))
    factors = raster.dataset.overviews(raster.bands[0])
    fitting = [level for level, factor in enumerate(factors) if own * factor <= resolution_m]
    return max(fitting, default=None)


def _kind_for(kind: np.dtype[Any]) -> type[np.floating[Any]]:
    """The smaller kind of real number that holds all numbers of this kind."""
    single = kind.itemsize <= 2 or kind == np.float32
    return np.float32 if single else np.float64


@jit
def _erase(values: Floats, nodata: float) -> None:
    """Make cells that hold the mark, or are infinite, NaN in place."""
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = values[row, column]
            if value == nodata or np.isinf(value):
                values[row, column] = np.nan


def _reason(error: Exception) -> str:
    return str(error.__cause__ or error).split("\n")[0][:300]

"""How a GeoTIFF is opened inside the reading process: measured band by band, and copied to a form of ours.

The copy is a Cloud Optimized GeoTIFF; nothing else of the file leaves, but a small picture of its values.
What is told is told of the copy, so that looking at the copy again tells the same. Rasterio has a GDAL of its
own, whose drivers are taken away too.
"""

import ctypes
import hashlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.cog import cloud_optimized
from geo.gdal_drivers import take_away
from geo.notes import Note
from geo.read_problems import problem
from geo.reader_task import Task

PREVIEW = 512
"""Longest side of the preview, in cells."""

PREVIEW_BANDS = 4
_AT_A_TIME = 1 << 24  # cells
_DRIVERS = {"GTiff", "COG", "MEM"}


def read(task: Task) -> dict[str, Any]:
    """Copy `in.tif` to `out.tif`, describe the copy, write `preview.npy`; the outcome says what was found.

    With `task.crs` the copy is of that system, whatever the file says.
    """
    return _opened(task, copied=True)


def look(task: Task) -> dict[str, Any]:
    """Describe `in.tif` as it is, and write `preview.npy`."""
    return _opened(task, copied=False)


def _opened(task: Task, *, copied: bool) -> dict[str, Any]:
    import rasterio
    from rasterio._err import CPLE_BaseError  # what copying raises
    from rasterio.errors import RasterioError

    _leave_drivers()
    try:
        with rasterio.Env(GDAL_SKIP="", GDAL_NUM_THREADS="1"):
            _leave_drivers()  # starting it may bring drivers back
            with rasterio.open("in.tif", driver="GTiff") as raster:
                _check(task, raster)
                kinds = {np.dtype(each).kind for each in raster.dtypes}
                whole = all("NBITS" not in raster.tags(band, ns="IMAGE_STRUCTURE") for band in raster.indexes)
            if copied:
                cloud_optimized(_labelled(task), "out.tif", means=kinds == {"f"}, predictor=whole)
            with rasterio.open("out.tif" if copied else "in.tif", driver="GTiff") as raster:
                outcome = _described(raster)
                np.save("preview.npy", _preview(raster), allow_pickle=False)
    except (RasterioError, CPLE_BaseError) as error:
        reason = str(error).split("\n")[0].replace("in.tif", task.file).replace("out.tif", task.file)
        raise problem("unreadable", task.file, reason=reason[:300]) from error
    return outcome


def _leave_drivers() -> None:
    from rasterio import _base

    take_away(ctypes.CDLL(_base.__file__), _DRIVERS)


def _labelled(task: Task) -> str:
    """The file to copy: `in.tif`, or a double of it in the system the task names."""
    if task.crs is None:
        return "in.tif"
    import rasterio

    shutil.copyfile("in.tif", "labelled.tif")
    if Path("in.tfw").is_file():
        shutil.copyfile("in.tfw", "labelled.tfw")
    with rasterio.open("labelled.tif", "r+", driver="GTiff") as raster:
        raster.crs = rasterio.CRS.from_wkt(task.crs)
    return "labelled.tif"


def _check(task: Task, raster: Any) -> None:
    """Refuse more cells than the limit, and cells that are no plain numbers or turned into none."""
    cells = raster.width * raster.height * raster.count
    if cells > task.limits.cells:
        raise problem("many_cells", task.file, count=cells, limit=task.limits.cells)
    strange = [each for each in raster.dtypes if np.dtype(each).kind not in "iuf"]
    if strange:
        raise problem("cell_kind", task.file, kind=strange[0])
    for band, scale, offset in zip(raster.indexes, raster.scales, raster.offsets, strict=True):
        if not (np.isfinite(scale) and np.isfinite(offset)) or scale == 0:
            raise problem("cell_scale", task.file, band=band, scale=f"{scale:g}", offset=f"{offset:g}")


def _described(raster: Any) -> dict[str, Any]:
    placed = not (raster.transform.is_identity and raster.crs is None)
    return {
        "crs": raster.crs.to_wkt() if raster.crs else None,
        "width": raster.width,
        "height": raster.height,
        "transform": list(raster.transform)[:6],
        "bounds": list(raster.bounds),
        "bands": [_band(raster, band) for band in raster.indexes],
        "notes": [[note.code, note.fields] for note in (() if placed else (Note("raster_unplaced"),))],
    }


def _band(raster: Any, band: int) -> dict[str, Any]:
    """Range and number of cells with a value, and a digest of all; read in strips of whole blocks."""
    from rasterio.enums import MaskFlags
    from rasterio.windows import Window

    high = raster.block_shapes[band - 1][0]
    step = max(1, _AT_A_TIME // (raster.width * high)) * high
    least, greatest, count = np.inf, -np.inf, 0
    cells, marks = hashlib.sha256(), hashlib.sha256()
    masked = MaskFlags.per_dataset in raster.mask_flag_enums[band - 1]
    for top in range(0, raster.height, step):
        window = Window(0, top, raster.width, min(step, raster.height - top))
        values = raster.read(band, window=window, masked=True)
        cells.update(values.data.astype(values.dtype.newbyteorder("<")).tobytes())
        if masked:
            marks.update(np.ma.getmaskarray(values).tobytes())
        values = values.compressed()
        values = values[np.isfinite(values)]
        if len(values):
            least, greatest = min(least, float(values.min())), max(greatest, float(values.max()))
            count += len(values)
    nodata, scale, offset = (each[band - 1] for each in (raster.nodatavals, raster.scales, raster.offsets))
    ends = sorted((least * scale + offset, greatest * scale + offset)) if count else (None, None)
    return {
        "kind": raster.dtypes[band - 1],
        "nodata": nodata,
        "least": ends[0],
        "greatest": ends[1],
        "cells": count,
        "description": raster.descriptions[band - 1] or "",
        "scale": scale,
        "offset": offset,
        "digest": cells.hexdigest() + (f".{marks.hexdigest()}" if masked else ""),
    }


def _preview(raster: Any) -> NDArray[np.float32]:
    """The first bands in at most so many cells a side, NaN where there is no value."""
    shrink = max(1.0, max(raster.width, raster.height) / PREVIEW)
    bands = list(raster.indexes)[:PREVIEW_BANDS]
    shape = (len(bands), max(1, round(raster.height / shrink)), max(1, round(raster.width / shrink)))
    values = raster.read(bands, out_shape=shape, masked=True)
    scales, offsets = (
        np.array(each)[[band - 1 for band in bands]] for each in (raster.scales, raster.offsets)
    )
    real = values * scales[:, None, None] + offsets[:, None, None]
    return real.astype(np.float32).filled(np.nan)

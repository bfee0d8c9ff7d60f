"""Cloud Optimized GeoTIFFs: the form in which rasters are kept and derived ones are written.

Tiles of 512 cells, deflated, with overviews: a window or a coarser view is read without the rest. Whole
numbers may stand for classes, so their overviews take a cell and invent no mean.
"""

from pathlib import Path

TILE = 512
"""Cells along the side of a tile."""


def cloud_optimized(
    source: str, target: str, *, means: bool, predictor: bool = True, threads: str = "1"
) -> None:
    """Write a copy of a GeoTIFF to `target`; rasterio's errors come as they are.

    means
        Overviews hold means of cells (measures), not cells (classes).
    predictor
        Keep differences of neighbours, which pack better; not for cells of a bit, or of twelve.
    """
    from rasterio.shutil import copy

    copy(
        source,
        target,
        driver="COG",
        BLOCKSIZE=TILE,
        COMPRESS="DEFLATE",
        PREDICTOR="YES" if predictor else "NO",
        OVERVIEWS="AUTO",
        RESAMPLING="AVERAGE" if means else "NEAREST",
        BIGTIFF="IF_SAFER",
        NUM_THREADS=threads,
    )
    if not Path(target).is_file():
        raise RuntimeError("the copy was not written")

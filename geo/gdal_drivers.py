"""The drivers of the GDAL that is loaded: taken away by name, after it has started.

`GDAL_SKIP` works only before GDAL starts; a process that is forked with GDAL in it takes drivers away through
the C interface. Whatever a newer GDAL brings along is denied, since only what is wanted stays.
"""

import ctypes
from pathlib import Path


def keep_only(wanted: set[str]) -> None:
    """Take every driver away that is not wanted, and look whether they are gone."""
    import pyogrio

    take_away(_loaded(), wanted)
    left = set(pyogrio.list_drivers()) - wanted
    if left:
        raise RuntimeError(f"GDAL has drivers that were to be left out: {', '.join(sorted(left))}")


def take_away(gdal: ctypes.CDLL, wanted: set[str]) -> None:
    """The same for a GDAL at hand, such as the one rasterio brings along."""
    gdal.GDALGetDriver.restype = ctypes.c_void_p
    gdal.GDALGetDriverShortName.restype = ctypes.c_char_p
    gdal.GDALGetDriverShortName.argtypes = [ctypes.c_void_p]
    gdal.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    gdal.GDALDeregisterDriver.restype = None
    for position in reversed(range(gdal.GDALGetDriverCount())):
        driver = gdal.GDALGetDriver(position)
        if gdal.GDALGetDriverShortName(driver).decode() not in wanted:
            gdal.GDALDeregisterDriver(driver)


def _loaded() -> ctypes.CDLL:
    """The library that pyogrio uses; a second copy would have drivers of its own."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if "/libgdal" in line}
    if len(paths) != 1:
        raise RuntimeError(f"one GDAL was expected in this process, not {len(paths)}")
    return ctypes.CDLL(paths.pop())

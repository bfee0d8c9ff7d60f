"""Which coordinate system a raster is in, by its corners and its middle.

A raster often reaches far beyond the city, so that few of its corners lie in it: a label is believed if the
raster then covers some of the city. Cells stay where they are, so that a system whose axes or unit are others
than the file's is none for a raster.
"""

import shapely
from pyproj import CRS

from geo import crs_families as families
from geo.crs_candidates import Area
from geo.crs_guess import CrsGuess, guess
from geo.detected import Detected
from geo.errors import CoordinatesOutside
from geo.raster_place import corners_and_middle, lonlat_bounds
from geo.raster_reading import RasterReading


def conclude(raster: RasterReading, area: Area, said: str | None = None) -> CrsGuess:
    """The system of a raster that has a place; `said` is the uploader's word, as in `geo.crs_guess.guess`."""
    points, declared = corners_and_middle(raster), raster.crs_declared
    if said is not None:
        return guess(points, declared, area, said=said, swapped=False)
    if declared is not None and covers(raster, declared, area):
        label = families.normalised(declared)
        fields = {"title": families.title(label)}
        return CrsGuess(label, detected=(Detected("crs", families.label(label), 1.0, "crs_covers", fields),))
    tried = (guess(points, declared, area, swapped=False), guess(points[-1:], declared, area, swapped=False))
    return next((each for each in tried if _fits(each)), tried[0])


def covers(raster: RasterReading, crs: CRS, area: Area) -> bool:
    """Whether the raster, read in this system, lies on some of the city."""
    try:
        box = shapely.box(*lonlat_bounds(raster, families.normalised(crs)))
    except CoordinatesOutside:
        return False
    ground = shapely.box(*area.bbox) if area.polygon is None else area.polygon
    return bool(box.intersects(ground))


def _fits(found: CrsGuess) -> bool:
    """Whether a system was found that puts the places into the city, axes and unit as they are."""
    outside = any(each.why == "crs_outside_area" for each in found.detected)
    return found.crs is not None and found.factor == 1.0 and not found.swapped and not outside

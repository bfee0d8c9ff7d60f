"""Where a file's features lie: concludes the coordinate system and puts the coordinates into order."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import name, parse
from geo.crs_guess import Area, guess
from geo.detected import Detected
from geo.gcj02 import named
from geo.readers import Reading
from geo.straighten import straightened
from layers.findings import Finding
from layers.said import Said


@dataclass(frozen=True)
class Placed:
    """The frame in a coordinate system, x east and y north; `shifted` is the shift the uploader declared."""

    frame: pd.DataFrame
    detected: tuple[Detected, ...] = ()
    findings: tuple[Finding, ...] = ()
    shifted: str | None = None


def place(reading: Reading, area: Area, said: Said) -> Placed:
    """The reading's frame with the system that was said, stated and believed, or concluded; maybe none."""
    frame = reading.frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return Placed(frame)
    xy = shapely.get_coordinates(frame.geometry.array)
    found = guess(xy, reading.crs_declared, area, said=said.crs, swapped=said.swapped)
    return Placed(
        straightened(frame, found), found.detected, overruled(reading.crs_declared, said), found.shifted
    )


def overruled(declared: CRS | None, said: Said) -> tuple[Finding, ...]:
    """A note where the uploader names another system than the file."""
    if said.crs is None or declared is None or named(said.crs) or declared == parse(said.crs):
        return ()
    fields = {"declared": name(declared), "used": name(parse(said.crs))}
    return (Finding("crs_overruled", "note", said.layer or "", fields=fields),)

"""Where a file's features lie: concludes the coordinate system and puts the coordinates into order."""

from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import name, parse
from geo.crs_guess import Area, guess
from geo.detected import Candidate, Detected
from geo.gcj02 import BD09, GCJ02, named
from geo.readers import Reading
from geo.signatures import CSV, SPREADSHEET
from geo.straighten import straightened
from layers.findings import Finding
from layers.said import Said

_HEADERS, _WEB_MAP = 0.9, 0.3


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
    detected = tuple(_by_headers(each, reading) for each in found.detected)
    return Placed(straightened(frame, found), detected, overruled(reading.crs_declared, said), found.shifted)


def _by_headers(conclusion: Detected, reading: Reading) -> Detected:
    """Headers such as 经度 and 纬度 say that numbers are degrees, and nothing of their datum."""
    if conclusion.why != "crs_declared" or reading.driver not in (CSV, SPREADSHEET):
        return conclusion
    others = tuple(Candidate(shift, _WEB_MAP) for shift in (GCJ02, BD09))
    return replace(conclusion, confidence=_HEADERS, why="crs_by_headers", others=others)


def overruled(declared: CRS | None, said: Said) -> tuple[Finding, ...]:
    """A note where the uploader names another system than the file."""
    if said.crs is None or declared is None or named(said.crs) or declared == parse(said.crs):
        return ()
    fields = {"declared": name(declared), "used": name(parse(said.crs))}
    return (Finding("crs_overruled", "note", said.layer or "", fields=fields),)

"""How large the cells of a raster are on the ground, row by row.

Cells in degrees grow narrower towards the poles, and so do those of a Mercator map such as EPSG:3857 once
they are measured on the ground; cells of other projected systems have one size, whose distortion is that of
the system (under 0.1 % in the zone of a city, see `geo.measure`).
"""

import numpy as np
from pyproj import CRS

from geo.crs import STORED, transform_xy
from geo.errors import CrsUnfit
from geo.grid_edges import Transform
from geo.jit import Floats

_MERCATOR = ("popular visualisation pseudo mercator", "mercator (variant a)", "mercator (variant b)")


def is_turned(transform: Transform) -> bool:
    """Whether rows and columns do not run along the axes."""
    return transform[1] != 0.0 or transform[3] != 0.0


def row_areas_m2(crs: CRS, transform: Transform, top: int, bottom: int) -> Floats:
    """Square metres on the ground of a cell of each row from `top` to `bottom`, shape (bottom - top,).

    Rows may lie beyond the raster. Cells of a geographic system and of a Mercator map must not be turned.
    """
    a, b, _, d, e, f = transform
    lines = f + e * np.arange(top, bottom + 1, dtype=np.float64)
    if crs.is_geographic:
        unit = crs.axis_info[0].unit_conversion_factor  # radians
        return _bands_m2(crs, lines * unit, abs(a) * unit)
    if is_mercator(crs):
        lon, lat = transform_xy(np.column_stack([np.zeros(len(lines)), lines]), crs, STORED).T
        across = transform_xy(np.array([[a, 0.0]]), crs, STORED)[0, 0] - lon[0]
        return _bands_m2(STORED, np.radians(lat), abs(np.radians(across)))
    unit = crs.axis_info[0].unit_conversion_factor  # metres
    return np.full(bottom - top, abs(a * e - b * d) * unit**2)


def is_mercator(crs: CRS) -> bool:
    """Whether this is a Mercator map along the equator, whose scale grows with latitude."""
    operation = crs.coordinate_operation
    return operation is not None and operation.method_name.lower() in _MERCATOR


def _bands_m2(crs: CRS, lines: Floats, across: float) -> Floats:
    """Areas between parallels (radians) over `across` radians of longitude; Snyder, USGS Paper 1395, 3-12."""
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise CrsUnfit("areas of cells", crs.name)
    polar = ellipsoid.semi_minor_metre
    e = np.sqrt(1.0 - (polar / ellipsoid.semi_major_metre) ** 2)
    sine = np.sin(np.clip(lines, -np.pi / 2, np.pi / 2))
    if e == 0.0:
        return np.abs(np.diff(sine)) * polar**2 * across
    to_pole = sine / (1.0 - (e * sine) ** 2) + np.arctanh(e * sine) / e
    return np.abs(np.diff(to_pole)) * polar**2 * across / 2.0

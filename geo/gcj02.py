"""GCJ-02 and BD-09: the shifted longitudes and latitudes of Chinese web maps, there and back.

The shift of GCJ-02 is a published approximation, not an official definition: a polynomial with sines around
105 E, 35 N on the Krasovsky ellipsoid, the one that the open project eviltransform (MIT) made known and that
the English Wikipedia prints under "Restrictions on geographic data in China". BD-09 is GCJ-02 bent once more
around the origin (same sources). The code here is our own and works on whole arrays. Outside a box around
China both are the identity, as in the sources.

Arrays are float64 of shape (n, 2), longitude and latitude in degrees; NaN stays NaN.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

GCJ02 = "GCJ-02"
BD09 = "BD-09"

Degrees = NDArray[np.float64]

_AXIS_M = 6378245.0  # Krasovsky 1940
_ECCENTRICITY_2 = 0.00669342162296594323
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
_BAIDU = np.pi * 3000 / 180
_TOLERANCE = 1e-11  # degrees, a micrometre; below it two steps of the inverse count as equal
_MOST_STEPS = 30


def to_gcj02(lonlat: Degrees) -> Degrees:
    """WGS 84 to GCJ-02."""
    points = _points(lonlat)
    return np.where(_inside(points), points + _shift(points), points)


def from_gcj02(lonlat: Degrees) -> Degrees:
    """GCJ-02 to WGS 84, by fixed-point iteration; right to 1e-9 degrees."""
    points = _points(lonlat)
    return np.where(_inside(points), _inverse(lambda xy: xy + _shift(xy), points), points)


def to_bd09(lonlat: Degrees) -> Degrees:
    """WGS 84 to BD-09."""
    points = _points(lonlat)
    return np.where(_inside(points), _bent(points + _shift(points)), points)


def from_bd09(lonlat: Degrees) -> Degrees:
    """BD-09 to WGS 84; right to 1e-9 degrees."""
    points = _points(lonlat)
    return np.where(_inside(points), _inverse(lambda xy: _bent(xy + _shift(xy)), points), points)


TO_WGS84: dict[str, Callable[[Degrees], Degrees]] = {GCJ02: from_gcj02, BD09: from_bd09}
"""How each shifted system is undone, by its name."""

FROM_WGS84: dict[str, Callable[[Degrees], Degrees]] = {GCJ02: to_gcj02, BD09: to_bd09}


def named(text: str | None) -> str | None:
    """GCJ-02 or BD-09 if a text names one of them in whatever spelling, else None."""
    letters = "".join(each for each in (text or "").upper() if each.isalnum())
    return {
        "GCJ02": GCJ02,
        "GCJ": GCJ02,
        "火星坐标": GCJ02,
        "火星坐标系": GCJ02,
        "BD09": BD09,
        "BD09LL": BD09,
        "百度坐标": BD09,
        "百度坐标系": BD09,
    }.get(letters)


def _points(lonlat: Degrees) -> Degrees:
    return np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)


def _inside(points: Degrees) -> NDArray[np.bool_]:
    lon, lat = points[:, 0], points[:, 1]
    return ((lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH))[:, None]


def _inverse(forward: Callable[[Degrees], Degrees], target: Degrees) -> Degrees:
    """The point that `forward` moves to each target; its shift changes by less than 1 % of a step."""
    guess = target.copy()
    for _ in range(_MOST_STEPS):
        error = forward(guess) - target
        guess = guess - error
        if not (np.abs(error) > _TOLERANCE).any():
            break
    return guess


def _shift(points: Degrees) -> Degrees:
    """The shift of GCJ-02 in degrees, east and north."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root, waves = np.sqrt(np.abs(x)), _waves(x, (6, 20), (2, 20))
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east_m += waves + _waves(x, (1, 20), (1 / 3, 40)) + _waves(x, (1 / 12, 150), (1 / 30, 300))
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north_m += waves + _waves(y, (1, 20), (1 / 3, 40)) + _waves(y, (1 / 12, 160), (1 / 30, 320))
    latitude = np.radians(points[:, 1])
    bulge = 1 - _ECCENTRICITY_2 * np.sin(latitude) ** 2
    east_radius = _AXIS_M / np.sqrt(bulge) * np.cos(latitude)
    north_radius = _AXIS_M * (1 - _ECCENTRICITY_2) / bulge**1.5
    return np.degrees(np.column_stack([east_m / east_radius, north_m / north_radius]))


def _waves(at: NDArray[np.float64], *terms: tuple[float, float]) -> NDArray[np.float64]:
    """Two thirds of a sum of sines; a term is its half-waves per degree and its height in metres."""
    total = np.zeros_like(at)
    for frequency, height in terms:
        total += height * np.sin(frequency * np.pi * at)
    return total * 2 / 3


def _bent(points: Degrees) -> Degrees:
    """GCJ-02 to BD-09."""
    x, y = points[:, 0], points[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])

"""The national systems of China: their EPSG numbers by datum and zone, and which of them a label means.

Files label one system in many ways: EPSG WKT, the names of ESRI's .prj, a transverse Mercator written out.
`normalised` finds the EPSG number they are equal to, if there is one.
"""

from dataclasses import dataclass
from functools import lru_cache

from pyproj import CRS

from geo import crs as systems
from geo.detected import Detected

FIRST_MERIDIAN, LAST_MERIDIAN = 75, 135
FALSE_EASTING_M = 500_000.0
ZONE_M = 1_000_000.0
"""A zone prefix adds the zone's number times this to eastings."""
_DEGREE = 0.017453292519943295  # radians

DEGREES, ZONE_3, MERIDIAN_3, ZONE_6, MERIDIAN_6 = "degrees", "zone_3", "meridian_3", "zone_6", "meridian_6"
"""Kinds of system: longitude and latitude; three- and six-degree Gauss-Kruger with and without prefix."""


@dataclass(frozen=True)
class Family:
    """The systems of one datum. Each first number is that of the zone of 75 E; the others follow it.

    `ellipsoid` is its semi-major axis in metres and inverse flattening.
    """

    name: str
    words: tuple[str, ...]
    ellipsoid: tuple[float, float]
    degrees: int
    first: dict[str, int]

    def code(self, kind: str, meridian: int) -> int:
        """The EPSG number of a kind of system on a central meridian of 75, 78, ... 135 E."""
        if kind == DEGREES:
            return self.degrees
        step = 3 if kind in (ZONE_3, MERIDIAN_3) else 6
        return self.first[kind] + (meridian - FIRST_MERIDIAN) // step


CGCS2000 = Family(
    "CGCS2000",
    ("china_2000", "cgcs2000", "china_geodetic_coordinate_system_2000"),
    (6378137.0, 298.257222101),
    4490,
    {ZONE_3: 4513, MERIDIAN_3: 4534, ZONE_6: 4491, MERIDIAN_6: 4502},
)
XIAN80 = Family(
    "Xian 1980",
    ("xian_1980", "xian1980", "xian_80", "xian80", "西安"),
    (6378140.0, 298.257),
    4610,
    {ZONE_3: 2349, MERIDIAN_3: 2370, ZONE_6: 2327, MERIDIAN_6: 2338},
)
BEIJING54 = Family(
    "Beijing 1954",
    ("beijing_1954", "beijing1954", "beijing_54", "beijing54", "北京54", "北京1954"),
    (6378245.0, 298.3),
    4214,
    {ZONE_3: 2401, MERIDIAN_3: 2422, ZONE_6: 21413, MERIDIAN_6: 21453},
)
FAMILIES = (CGCS2000, XIAN80, BEIJING54)
"""In the order in which they are proposed."""


def meridians(kind: str) -> range:
    """The central meridians of a kind of projected system, degrees east."""
    return range(FIRST_MERIDIAN, LAST_MERIDIAN + 1, 3 if kind in (ZONE_3, MERIDIAN_3) else 6)


def family_of(crs: CRS) -> Family | None:
    """The family whose datum a system has, by the names it uses; None for any other datum."""
    geodetic = crs.geodetic_crs
    if geodetic is None or geodetic.datum is None:
        return None
    names = f"{geodetic.name} {geodetic.datum.name}".lower().replace(" ", "_")
    return next((family for family in FAMILIES if any(word in names for word in family.words)), None)


@lru_cache(maxsize=256)
def normalised(crs: CRS) -> CRS:
    """The EPSG system a label is equal to; the label itself where none is.

    Parameters are compared, not only names: a label that has the name of a zone and other numbers stays
    what its numbers say.
    """
    family = family_of(crs)
    if family is None:
        code = crs.to_epsg(min_confidence=90)
        return CRS.from_epsg(code) if code else crs
    if not crs.is_projected:
        return CRS.from_epsg(family.degrees) if _same_ellipsoid(crs, family) else crs
    code = _gauss_kruger(crs, family)
    return CRS.from_epsg(code) if code else crs


def title(crs: CRS) -> str:
    """How people call a system: its EPSG code and its name, whichever it has."""
    code, name = crs.to_epsg(), crs.name if crs.name != "unknown" else ""
    return " ".join([*([f"EPSG:{code}"] if code else []), *([name] if name else [])]) or systems.name(crs)


def label(crs: CRS) -> str:
    """How an uploader would write a system: its EPSG code, else WKT in one line."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _same_ellipsoid(crs: CRS, family: Family) -> bool:
    """Equal, and degrees from Greenwich."""
    axis, flattening = family.ellipsoid
    found = crs.ellipsoid
    meridian = crs.prime_meridian
    degrees = all(
        abs(each.unit_conversion_factor - _DEGREE) < 1e-12 for each in (crs.geodetic_crs or crs).axis_info[:2]
    )
    return (
        found is not None
        and abs(found.semi_major_metre - axis) < 0.01
        and abs(found.inverse_flattening - flattening) < 1e-6
        and (meridian is None or meridian.longitude == 0)
        and degrees
    )


def _gauss_kruger(crs: CRS, family: Family) -> int | None:
    """The number of a zone whose every parameter a transverse Mercator has."""
    operation = crs.coordinate_operation
    if operation is None or operation.method_name not in ("Transverse Mercator", "Gauss Kruger"):
        return None
    if not systems.is_metres(crs) or not _same_ellipsoid(crs, family):
        return None
    value = {each.name.lower(): float(each.value) * each.unit_conversion_factor for each in operation.params}
    meridian = value.get("longitude of natural origin", 0.0) / _DEGREE
    if (
        abs(value.get("latitude of natural origin", 0.0)) > 1e-12
        or abs(value.get("scale factor at natural origin", 1.0) - 1) > 1e-9
        or abs(value.get("false northing", 0.0)) > 1e-6
        or abs(meridian - round(meridian)) > 1e-7
    ):
        return None
    return _zone(family, round(meridian), value.get("false easting", 0.0))


def _zone(family: Family, meridian: int, easting_m: float) -> int | None:
    for kind, prefix in (
        (MERIDIAN_3, 0),
        (ZONE_3, meridian // 3),
        (ZONE_6, (meridian + 3) // 6),
    ):
        if meridian in meridians(kind) and abs(easting_m - FALSE_EASTING_M - prefix * ZONE_M) < 1e-6:
            return family.code(kind, meridian)
    return None


def label_unknown(text: str) -> Detected:
    """What is told of a label that names no system with a place on earth, such as a local one of a city."""
    return Detected("crs", "", 0.0, "crs_label_unknown", {"label": text[:200]})

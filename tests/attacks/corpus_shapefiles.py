"""Shapefiles and tables whose heads lie about lengths, counts, kinds and places."""

import struct
from collections.abc import Mapping

import seeds
from attack import READ, Attack, Bait, of

_PRJ = 'GEOGCS["x",DATUM["x",SPHEROID["x",6378137,298.257]],PRIMEM["G",0],UNIT["degree",0.0174532925199433]]'


def _point(x: float = 117.0, y: float = 36.0) -> bytes:
    return struct.pack("<idd", 1, x, y)


def _polygon(parts: int, points: int, starts: tuple[int, ...] = (0,), ring: int = 4, kind: int = 5) -> bytes:
    corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)][:ring]
    content = struct.pack("<i4dii", kind, 0.0, 0.0, 1.0, 1.0, parts & 0x7FFFFFFF, points & 0x7FFFFFFF)
    content += b"".join(struct.pack("<i", each) for each in starts)
    return content + b"".join(struct.pack("<dd", *each) for each in corners)


def _alone(name: str, parts: Mapping[str, bytes], *answers: str, slow: bool = False) -> Attack:
    """A .shp with .shx, without a table."""
    return Attack(name, lambda _: {f"a{suffix}": content for suffix, content in parts.items()}, answers, slow)


def _with(name: str, changes: Mapping[str, bytes], *answers: str) -> Attack:
    """A good Shapefile with other bytes for some of its parts."""
    return _alone(name, {**seeds.shapefile(), **changes}, *answers)


def _index(entries: list[tuple[int, int]]) -> bytes:
    body = b"".join(struct.pack(">Ii", *each) for each in entries)
    return seeds.shp([])[".shx"][:100] + body


_TWO = seeds.shp([_point(), _point(1, 2)])
_NUMBERS = (b"n", b"N", 5, 0)

ATTACKS = [
    _alone("length lies large", seeds.shp([_point()], length=0x7FFFFFFF), "too_short", "companion"),
    _alone("length lies small", seeds.shp([_point()], length=0), READ),
    _alone("length lies negative", seeds.shp([_point()], length=-1), READ),
    _alone("index beyond the file", {**_TWO, ".shx": _index([(50, 10), (0x7FFFFFF0, 10)])}, "too_short"),
    _alone("index before the file", {**_TWO, ".shx": _index([(50, 10), (0, 10)])}, "too_short"),
    _alone("index of negative lengths", {**_TWO, ".shx": _index([(50, 10), (64, -10)])}, "too_short"),
    _alone("index of odd length", {**_TWO, ".shx": _TWO[".shx"] + b"\x00"}, "too_short"),
    _alone("index onto itself", {**_TWO, ".shx": _index([(50, 10)] * 100_000)}, READ),
    _alone("index backwards", {**_TWO, ".shx": _index([(64, 10), (50, 10)])}, READ),
    _alone("no index, records overlap", {".shp": _TWO[".shp"][:104] + struct.pack(">i", 2) + _TWO[".shp"][108:]}, "too_short"),
    _alone("no index, record of no length", {".shp": _TWO[".shp"][:104] + struct.pack(">i", 0) + _TWO[".shp"][108:]}, "too_short"),
    _alone("kinds mixed", seeds.shp([_point(), _polygon(1, 4)]), READ),
    _alone("kind unknown", seeds.shp([struct.pack("<i", 77) + bytes(40)]), READ),
    _alone("file kind unknown", seeds.shp([_point()], kind=77), READ),
    _alone("points of infinity", seeds.shp([_point(float("inf")), _point(float("nan")), _point()]), READ),
    _alone("point of two bytes", seeds.shp([struct.pack("<i", 1) + b"\x00\x00"]), READ),
    _alone("polygon of a billion points", seeds.shp([_polygon(1, 10**9)], kind=5), READ),
    _alone("polygon of a billion parts", seeds.shp([_polygon(10**9, 4)], kind=5), READ),
    _alone("polygon of negative parts", seeds.shp([_polygon(-1, -1)], kind=5), READ),
    _alone("polygon whose parts go back", seeds.shp([_polygon(2, 4, (3, 0))], kind=5), READ),
    _alone("polygon whose parts are beyond", seeds.shp([_polygon(2, 4, (0, 99))], kind=5), READ),
    _alone("polygon of one point", seeds.shp([_polygon(1, 1, ring=1)], kind=5), "geometry"),
    _alone("polygon of 2,000 equal parts", seeds.shp([_polygon(2000, 4, (0,) * 2000)], kind=5), READ),
    _alone("patches", seeds.shp([_polygon(1, 4, kind=31)], kind=31), READ),
    of("head only.shp", seeds.shp([])[".shp"], READ),
    of("head cut.shp", seeds.shp([])[".shp"][:60], "too_short"),
    _with("table of fewer rows", {".dbf": seeds.dbf([_NUMBERS], [b"    1"])}, "records_differ"),
    _with("table of a billion rows", {".dbf": seeds.dbf([_NUMBERS], [b"    1"] * 2, records=10**9)}, "too_short"),
    _with("table of rows of no length", {".dbf": seeds.dbf([_NUMBERS], [b"    1"] * 2, record=0)}, "too_short"),
    _with("table of rows of one byte", {".dbf": seeds.dbf([_NUMBERS], [b"    1"] * 2, record=1)}, "description_dbf"),
    _with("table whose head is beyond", {".dbf": seeds.dbf([_NUMBERS], [b"    1"] * 2, header=65535)}, "too_short"),
    _with("table whose head is nothing", {".dbf": seeds.dbf([_NUMBERS], [b"    1"] * 2, header=0)}, "too_short"),
    _with("table whose head cuts a field", {".dbf": seeds.dbf([_NUMBERS], [b"    1"] * 2, header=40, record=6)}, READ),
    _with("table of 2,046 columns", {".dbf": seeds.dbf([(b"c%d" % n, b"C", 1, 0) for n in range(2046)], [b"x" * 2046] * 2)}, "too_many_columns"),
    _with("table of fields of no width", {".dbf": seeds.dbf([(b"a", b"C", 0, 0), (b"b", b"N", 0, 0), (b"d", b"D", 0, 0), (b"l", b"L", 0, 0)], [b""] * 2)}, READ),
    _with("table of fields of strange widths", {".dbf": seeds.dbf([(b"i", b"I", 3, 0), (b"o", b"O", 5, 0), (b"t", b"@", 7, 0)], [b"x" * 15] * 2)}, READ),
    _with("table of unknown kinds", {".dbf": seeds.dbf([(b"x", b"\x00", 5, 0), (b"y", b"\xff", 5, 0)], [b"abcdefghij"] * 2)}, READ),
    _with("table of names repeated", {".dbf": seeds.dbf([_NUMBERS, _NUMBERS], [b"    1    2"] * 2)}, "column_twice"),
    _with("table of a memo", {".dbf": seeds.dbf([(b"m", b"M", 10, 0)], [b"         1"] * 2)}, READ),
    _with("table of dates that are none", {".dbf": seeds.dbf([(b"d", b"D", 8, 0), (b"t", b"@", 8, 0)], [b"99999999" + b"\xff" * 8] * 2)}, READ),
    _with("table of numbers that are none", {".dbf": seeds.dbf([(b"n", b"N", 20, 5), (b"f", b"F", 20, 5)], [b"                 inf" + b"               1e999"] * 2)}, READ),
    _with("table of numbers in Chinese", {".dbf": seeds.dbf([_NUMBERS, (b"d", b"D", 8, 0)], ["十二".encode("gb18030") + b" " + b"2026\xff\xfe01"] * 2)}, READ),
    _with("no table but a database", {".dbf": seeds.geopackage()}, "too_short", READ),
    _with("no system but 10 MB", {".prj": b"GEOGCS[" + b"x" * 10_000_000}, READ),
    _with("no system but noise", {".prj": bytes(range(256)) * 40}, READ),
    _with("system nested", {".prj": b"GEOGCS[" * 50_000}, READ),
    _with("system that names a grid", {".prj": _PRJ.replace("]]", '],EXTENSION["PROJ4","+proj=longlat +nadgrids=/etc/passwd"]]').encode()}, READ),
    _with("system that is a path", {".prj": b"/etc/passwd"}, READ),
    _with("system that is a pipeline", {".prj": b"+proj=pipeline +step +proj=hgridshift +grids=/etc/passwd"}, READ),
    _with("system of an initialisation file", {".prj": b"+init=/etc/passwd:1"}, READ),
    Attack("system that is an address", lambda bait: _system(bait.url), (READ,)),
    Attack("system that is a file outside", lambda bait: _system(str(bait.file(".txt"))), (READ,)),
    Attack("system by an import", lambda bait: _system(f"IMPORT_FROM_FILE {bait.file('.txt')}"), (READ,)),
    Attack("sidecars", lambda bait: _sidecars(bait), (READ,)),
]  # fmt: skip


def _system(text: str) -> dict[str, bytes]:
    parts = {**seeds.shapefile(), ".prj": text.encode()}
    return {f"a{suffix}": content for suffix, content in parts.items()}


def _sidecars(bait: Bait) -> dict[str, bytes]:
    """Files beside it that drivers look for."""
    vrt = f"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{bait.file('.geojson')}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    made = {f"a{suffix}": content for suffix, content in seeds.shapefile().items()}
    return made | {
        f"a{suffix}": vrt.encode() for suffix in (".qix", ".sbn", ".idm", ".ind", ".shp.xml", ".qpj", ".cpg")
    }

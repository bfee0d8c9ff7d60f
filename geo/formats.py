"""What a file is, told from its bytes; its name decides nothing.

A file called `.geojson` may hold the description of another file on the server, which a general driver would
open. So one driver is chosen here, and only that one is offered to the process that reads.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from geo.read_problems import problem
from geo.regular import check_regular

SHAPEFILE = "ESRI Shapefile"
GEOPACKAGE = "GPKG"
GEOJSON = "GeoJSON"
PARQUET = "Parquet"
CSV = "CSV"
OSM = "OSM"

BY_GDAL = {SHAPEFILE: "in.shp", GEOPACKAGE: "in.gpkg", GEOJSON: "in.geojson"}
"""Formats read by a GDAL driver, and the only name such a file has where it is read."""

_SAMPLE = 65536
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
_OTHERS = {
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "office",
    b"%PDF": "pdf",
    b"\x1f\x8b": "gzip",
}


@dataclass(frozen=True)
class NamedFile:
    """A file and what its owner calls it (folders with `/`); where it lies says nothing about it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Source:
    """A file whose format is known, with the files that belong to it by role ("shp", "dbf", ...)."""

    path: Path
    driver: str
    parts: dict[str, Path]


def detect(path: Path) -> Source:
    """The format of a file by its content, checked as far as its head and tail tell."""
    if not path.is_file():
        raise problem("missing", path.name)
    size = path.stat().st_size
    if size == 0:
        raise problem("no_bytes", path.name)
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    if head.startswith(b"SQLite format 3\x00"):
        return _geopackage(path, head)
    if head.startswith(b"PAR1"):
        if size < 12 or not tail.endswith(b"PAR1"):
            raise problem("breaks_off", path.name)
        return Source(path, PARQUET, {"parquet": path})
    if head[:4] == b"\x00\x00\x27\x0a":
        return _shapefile(path, head, size)
    if head[4:6] == b"\x0a\x09" and head[6:15] == b"OSMHeader":
        return Source(path, OSM, {"pbf": path})
    return _text(path, head)


def _geopackage(path: Path, head: bytes) -> Source:
    if len(head) < 100 or head[68:72] not in _GEOPACKAGE_IDS:
        raise problem("sqlite", path.name)
    journal = path.with_name(path.name + "-wal")
    if journal.is_file() and journal.stat().st_size:
        raise problem("still_open", path.name, journal=journal.name)
    return Source(path, GEOPACKAGE, {"gpkg": path})


def _shapefile(path: Path, head: bytes, size: int) -> Source:
    siblings = {
        sibling.suffix[1:].lower(): sibling
        for sibling in sorted(path.parent.iterdir())
        if sibling.stem == path.stem and sibling.suffix[1:].lower() in ("shx", "dbf", "prj", "cpg")
    }
    for sibling in siblings.values():
        check_regular(sibling)
    parts = siblings | {"shp": path}
    for role in ("shx", "dbf"):
        if role not in parts:
            raise problem("companion", path.name, role=role)
    if len(head) < 100 or struct.unpack(">i", head[24:28])[0] * 2 > size:
        raise problem("too_short", path.name)
    _check_dbf(parts["dbf"])
    return Source(path, SHAPEFILE, parts)


def _check_dbf(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(32)
    if len(head) < 32:
        raise problem("too_short", path.name)
    records, header, record = struct.unpack("<IHH", head[4:12])
    if header + records * record > path.stat().st_size:
        raise problem("too_short", path.name)


def _text(path: Path, head: bytes) -> Source:
    for magic, cause in _OTHERS.items():
        if head.startswith(magic):
            raise problem(cause, path.name)
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in head and not wide:
        raise problem("binary", path.name)
    text = head.decode("utf-16", errors="replace") if wide else head.decode("latin-1")
    text = text.removeprefix("\u00ef\u00bb\u00bf").lstrip("\ufeff \t\r\n")
    if not text:
        raise problem("only_blanks", path.name)
    if text.startswith("{"):
        return Source(path, GEOJSON, {"geojson": path})
    if text[0] in "<[":
        raise problem("xml" if text[0] == "<" else "json_list", path.name)
    if not any(mark in text.splitlines()[0] for mark in ",;\t"):
        raise problem("no_separator", path.name)
    return Source(path, CSV, {"csv": path})

"""What one file is, told from its first and last bytes; its name decides nothing.

A file called `.geojson` may hold the description of another file on the server, which a general driver would
open. So one driver is chosen here, and only that one is offered to the process that reads.
"""

import re
import struct
from pathlib import Path

from geo import zip_directory
from geo.errors import ReadError
from geo.read_problems import problem

SHAPEFILE = "ESRI Shapefile"
GEOPACKAGE = "GPKG"
GEOJSON = "GeoJSON"
FLATGEOBUF = "FlatGeobuf"
FILE_GEODATABASE = "OpenFileGDB"
KML = "LIBKML"
DXF = "DXF"
GEOTIFF = "GTiff"
PARQUET = "Parquet"
CSV = "CSV"
SPREADSHEET = "Spreadsheet"
DBF = "dBASE"
OSM = "OSM"

_SAMPLE = 65536
_SHAPES = b"\x00\x00\x27\x0a"
_GEOPACKAGE_IDS = (b"GPKG", b"GP10", b"GP11")
_BINARY_DXF = b"AutoCAD Binary DXF\r\n\x1a\x00"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_DBASE = (0x03, 0x30, 0x31, 0x83, 0x8B, 0xF5)
_OTHERS = {
    b"%PDF": "pdf",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf\x27\x1c": "packed",
    b"Rar!\x1a\x07": "packed",
    b"BZh": "packed",
    b"\xfd7zXZ\x00": "packed",
    b"AC10": "dwg",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHEETS = {b"xl/workbook.xml", b"xl/workbook.bin"}
_DXF_START = re.compile(r"(?:\s*999[^\n\r]*[\r\n]+[^\n\r]*[\r\n]+)*[ \t]*0[ \t]*[\r\n]+[ \t]*SECTION\b")
_ROOT = re.compile(r"(?:<\?xml[^>]*\?>|<!--.*?-->|\s)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
_TYPE = re.compile(r'"type"\s*:\s*"(\w+)"')


def tell(path: Path, name: str) -> tuple[str, str]:
    """The driver of a file and the role of the file in its data set ("shp", "gpkg", ...)."""
    if not path.is_file():
        raise problem("missing", name)
    size = path.stat().st_size
    if size == 0:
        raise problem("no_bytes", name)
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
        file.seek(max(0, size - 8))
        tail = file.read(8)
    return _binary(path, name, head, tail, size) or _text(name, head)


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP that is neither a spreadsheet nor a KMZ nor a document: one to be unpacked."""
    try:
        tell(path, path.name)
    except ReadError as error:
        return error.cause == "zip"
    return False


def is_binary_dxf(path: Path) -> bool:
    """Whether a drawing is in the binary form of DXF."""
    with path.open("rb") as file:
        return file.read(len(_BINARY_DXF)) == _BINARY_DXF


def is_shape_index(head: bytes) -> bool:
    """Whether a file that begins like a shapefile is its index: the first record would lie at byte 100."""
    return head.startswith(_SHAPES) and head[100:104] == b"\x00\x00\x00\x32"


def _binary(path: Path, name: str, head: bytes, tail: bytes, size: int) -> tuple[str, str] | None:
    if head.startswith(b"SQLite format 3\x00"):
        if len(head) < 100 or head[68:72] not in _GEOPACKAGE_IDS:
            raise problem("sqlite", name)
        return GEOPACKAGE, "gpkg"
    if head.startswith(b"PAR1"):
        if size < 12 or not tail.endswith(b"PAR1"):
            raise problem("breaks_off", name)
        return PARQUET, "parquet"
    if head.startswith(_SHAPES):
        return _shapes(name, head, size)
    if head[4:6] == b"\x0a\x09" and head[6:15] == b"OSMHeader":
        return OSM, "pbf"
    if head.startswith(b"fgb") and head[4:7] == b"fgb":
        return FLATGEOBUF, "fgb"
    if head.startswith(_TIFF):
        return GEOTIFF, "tif"
    if head.startswith(_BINARY_DXF):
        return DXF, "dxf"
    if head.startswith(_ZIP):
        return _zip(path, name)
    if head.startswith(_OLE):
        if b"W\0o\0r\0k\0b\0o\0o\0k" not in head and not _workbook(path):
            raise problem("office", name)
        return SPREADSHEET, "xls"
    for magic, cause in _OTHERS.items():
        if head.startswith(magic):
            raise problem(cause, name)
    return (DBF, "dbf") if _is_dbf(head, size) else None


def _shapes(name: str, head: bytes, size: int) -> tuple[str, str]:
    if len(head) < 100 or struct.unpack(">i", head[24:28])[0] * 2 > size:
        raise problem("too_short", name)
    if is_shape_index(head):
        raise problem("companion", name, role="shp")
    return SHAPEFILE, "shp"


def _zip(path: Path, name: str) -> tuple[str, str]:
    names = set(zip_directory.member_names(path))
    if names & _SHEETS:
        return SPREADSHEET, "xlsx"
    if {b"mimetype", b"content.xml"} <= names:
        return SPREADSHEET, "ods"
    root = {each.lower() for each in names if b"/" not in each}
    if any(each.endswith(b".kml") for each in root) and not any(
        each.endswith((b".shp", b".gpkg", b".dbf", b".csv", b".geojson")) for each in root
    ):
        return KML, "kmz"
    raise problem("office" if b"[Content_Types].xml" in names else "zip", name)


def _workbook(path: Path) -> bool:
    """Whether an OLE file has a stream called Workbook; its directory may lie anywhere in the file."""
    wanted, overlap = "Workbook".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while chunk := file.read(1024**2):
            if wanted in overlap + chunk:
                return True
            overlap = chunk[-len(wanted) :]
    return False


def _is_dbf(head: bytes, size: int) -> bool:
    if len(head) < 65 or head[0] not in _DBASE or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    records, header, record = struct.unpack("<IHH", head[4:12])
    fields = head[32:header].split(b"\r", 1)[0]
    return bool(record) and header > 64 and len(fields) >= 32 and header + records * record <= size + record


def _text(name: str, head: bytes) -> tuple[str, str]:
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in head and not wide:
        raise problem("binary", name)
    text = head.decode("utf-16", errors="replace") if wide else head.decode("latin-1")
    text = text.removeprefix("\u00ef\u00bb\u00bf").lstrip("\ufeff \t\r\n")
    if not text:
        raise problem("only_blanks", name)
    if text.startswith("\x1e"):
        raise problem("json_lines", name)
    if text.startswith("{"):
        return _json(name, text)
    if text.startswith("<"):
        root = _ROOT.match(text)
        if root and root[1] == "kml":
            return KML, "kml"
        raise problem("xml", name)
    if text.startswith("["):
        raise problem("json_list", name)
    if _DXF_START.match(text):
        return DXF, "dxf"
    if not any(mark in line for mark in ",;\t" for line in text.splitlines()[:10]):
        raise problem("no_separator", name)
    return CSV, "csv"


def _json(name: str, text: str) -> tuple[str, str]:
    if '"Topology"' in text and (kind := _TYPE.search(text)) and kind[1] == "Topology":
        raise problem("topojson", name)
    lines = [line for line in text.splitlines()[:3] if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines) and _closes(lines[0]):
        raise problem("json_lines", name)
    return GEOJSON, "geojson"


def _closes(line: str) -> bool:
    """Whether a line is a whole JSON object, as far as its braces tell."""
    return line.rstrip().endswith("}") and line.count("{") == line.count("}")

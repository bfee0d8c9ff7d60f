"""Small good files of every format: what attacks are made from, and what fuzzing starts with."""

import datetime
import io
import struct
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import rasterio
import shapely
import xlsxwriter
from affine import Affine
from shapely.geometry import LineString, Point, Polygon, box

_DAY = datetime.datetime(2026, 1, 1)
CSV = "name,lon,lat,spaces\n趵突泉,117.01,36.66,12\n黑虎泉,117.03,36.67,8\n".encode()
KML = (
    '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>'
    "<name>泉</name><Placemark><name>趵突泉</name><Point><coordinates>117,36</coordinates></Point>"
    "</Placemark></Folder></Document></kml>"
).encode()
GEOJSON = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "趵突泉", "n": 1},'
    ' "geometry": {"type": "Point", "coordinates": [117.01, 36.66]}}]}'
).encode()


def frame() -> gpd.GeoDataFrame:
    """Two springs."""
    names = {"name": ["趵突泉", "黑虎泉"], "spaces": [12, 8]}
    return gpd.GeoDataFrame(names, geometry=[Point(117.01, 36.66), Point(117.03, 36.67)], crs=4326)


def areas() -> gpd.GeoDataFrame:
    """A square with a hole, and one of two parts."""
    hole = Polygon(box(117, 36, 117.1, 36.1).exterior, [box(117.02, 36.02, 117.05, 36.05).exterior])
    parts = shapely.MultiPolygon([box(117.2, 36, 117.3, 36.1), box(117.4, 36, 117.5, 36.1)])
    return gpd.GeoDataFrame({"name": ["历下", "市中"]}, geometry=[hole, parts], crs=4326)


def written(what: gpd.GeoDataFrame, name: str, **options: object) -> dict[str, bytes]:
    """The files a driver writes, by their suffixes with a dot; the same on any day."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{_DAY.isoformat()}Z"})
    try:
        with tempfile.TemporaryDirectory() as folder:
            pyogrio.write_dataframe(what, Path(folder) / name, **options)
            found = {path.suffix: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    if ".dbf" in found:
        found[".dbf"] = found[".dbf"][:1] + b"\x7e\x01\x01" + found[".dbf"][4:]
    return found


@cache
def shapefile(*, areal: bool = False) -> Mapping[str, bytes]:
    """The parts of a Shapefile of points, or of areas, by suffix."""
    return written(areas() if areal else frame(), "s.shp", encoding="GB18030")


@cache
def geopackage(*, indexed: bool = True) -> bytes:
    """The two springs in a table of that name; the index comes with triggers."""
    return written(frame(), "s.gpkg", layer="springs", SPATIAL_INDEX="YES" if indexed else "NO")[".gpkg"]


@cache
def flatgeobuf() -> bytes:
    return written(areas(), "s.fgb")[".fgb"]


@cache
def geoparquet() -> bytes:
    sink = io.BytesIO()
    frame().to_parquet(sink)
    return sink.getvalue()


@cache
def parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"name": ["a", "b"], "lon": [117.0, 117.1], "lat": [36.0, 36.1]}), sink)
    return sink.getvalue()


@cache
def xlsx() -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        book.set_properties({"created": _DAY})
        sheet = book.add_worksheet("台账")
        for row, values in enumerate(
            (("名称", "lon", "lat"), ("趵突泉", 117.01, 36.66), ("黑虎泉", 117.03, 36.67))
        ):
            sheet.write_row(row, 0, values)
    return sink.getvalue()


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DAY.timetuple()[:6])
            info.compress_type = method
            archive.writestr(info, content)
    return sink.getvalue()


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The members of a good ZIP."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@cache
def dxf() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        lines = gpd.GeoDataFrame({"Layer": ["0"]}, geometry=[LineString([(0, 0), (1, 1)])], crs=4326)
        pyogrio.write_dataframe(lines, Path(folder) / "s.dxf", driver="DXF")
        return (Path(folder) / "s.dxf").read_bytes()


@cache
def geotiff() -> bytes:
    with rasterio.MemoryFile() as file:
        with file.open(
            driver="GTiff", width=8, height=8, count=1, dtype="uint8", crs="EPSG:4326",
            transform=Affine(0.1, 0, 117, 0, -0.1, 36),
        ) as raster:  # fmt: skip
            raster.write(np.arange(64, dtype=np.uint8).reshape(8, 8), 1)
        return file.read()


def dbf(fields: list[tuple[bytes, bytes, int, int]], rows: list[bytes], **lies: int) -> bytes:
    """A .dbf table; `lies` overwrite what its head says: records, header, record."""
    header = 32 + 32 * len(fields) + 1
    record = 1 + sum(width for _, _, width, _ in fields)
    told = {"records": len(rows), "header": header, "record": record} | lies
    head = struct.pack("<4BIHH20x", 3, 126, 1, 1, told["records"], told["header"], told["record"])
    columns = b"".join(
        struct.pack("<11sc4xBB14x", name, kind, width, decimals) for name, kind, width, decimals in fields
    )
    return head + columns + b"\r" + b"".join(b" " + row for row in rows) + b"\x1a"


def shp(records: list[bytes], kind: int = 1, **lies: int) -> dict[str, bytes]:
    """A .shp and .shx of these contents; `lies` overwrite the length the head says, in words of two bytes."""
    body = b"".join(
        struct.pack(">ii", n + 1, len(content) // 2) + content for n, content in enumerate(records)
    )

    def head(length: int) -> bytes:
        return struct.pack(">i20xi", 9994, length) + struct.pack("<ii8d", 1000, kind, *([0.0] * 8))

    index, at = b"", 50
    for content in records:
        index += struct.pack(">ii", at, len(content) // 2)
        at += 4 + len(content) // 2
    length = lies.get("length", (100 + len(body)) // 2)
    return {".shp": head(length) + body, ".shx": head((100 + len(index)) // 2) + index}


def all_seeds() -> dict[str, dict[str, bytes]]:
    """A heap of files for each format, by the name of the format."""
    shapes, polygons = shapefile(), shapefile(areal=True)
    return {
        "csv": {"a.csv": CSV},
        "csv_wkt": {"a.csv": b'name;wkt\na;"POLYGON ((0 0, 1 0, 1 1, 0 0))"\nb;POINT (1 2)\n'},
        "csv_gb18030": {"a.csv": CSV.decode().encode("gb18030")},
        "geojson": {"a.geojson": GEOJSON},
        "kml": {"a.kml": KML},
        "kmz": {"a.kmz": packed({"doc.kml": KML})},
        "geopackage": {"a.gpkg": geopackage()},
        "flatgeobuf": {"a.fgb": flatgeobuf()},
        "geoparquet": {"a.parquet": geoparquet()},
        "parquet": {"a.parquet": parquet()},
        "xlsx": {"a.xlsx": xlsx()},
        "dxf": {"a.dxf": dxf()},
        "geotiff": {"a.tif": geotiff()},
        "shapefile": {f"a{suffix}": content for suffix, content in shapes.items()},
        "shapefile_areas": {f"a{suffix}": content for suffix, content in polygons.items()},
        "dbf": {"a.dbf": shapes[".dbf"]},
        "zip_shapefile": {"a.zip": packed({f"泉/a{suffix}": content for suffix, content in shapes.items()})},
        "zip_stored": {"a.zip": packed({"a.csv": CSV, "b.geojson": GEOJSON}, zipfile.ZIP_STORED)},
    }

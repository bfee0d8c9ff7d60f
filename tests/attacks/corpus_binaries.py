"""FlatGeobuf, Parquet, GeoTIFF, DXF and OSM extracts: claims in heads, bombs inside, names of elsewhere."""

import io
import json
import pickle
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
import seeds
from affine import Affine
from attack import READ, Attack, Bait, of
from rasterio.control import GroundControlPoint


def _stored(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def _wkb(x: float = 117.0, y: float = 36.0) -> bytes:
    return struct.pack("<BIdd", 1, 1, x, y)


def _geo(
    column: dict[str, Any], shapes: pa.Array | None = None, primary: Any = "geometry", **more: Any
) -> bytes:
    """A GeoParquet of one row whose description says this of its column."""
    shapes = pa.array([_wkb()], pa.binary()) if shapes is None else shapes
    text = json.dumps({"version": "1.0.0", "primary_column": primary, "columns": {"geometry": column}} | more)
    table = pa.table({"a": pa.array(range(len(shapes))), "geometry": shapes})
    return _stored(table.replace_schema_metadata({"geo": text}))


def _with_crs(crs: Any) -> bytes:
    return _geo({"encoding": "WKB", "geometry_types": [], "crs": crs})


class _Opener:
    """What an object in a pickle would do when it is loaded."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return open, (self.path, "w")


def _pickled(bait: Bait) -> dict[str, bytes]:
    field = pa.field("a", pa.binary(), metadata={
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": pickle.dumps(_Opener(str(bait.folder / "was_here"))),
    })  # fmt: skip
    return {"a.parquet": _stored(pa.table([pa.array([b"x"])], schema=pa.schema([field])))}


def _repeated(rows: int, text: str) -> bytes:
    """Few bytes that stand for so many rows of a text."""
    indices = pa.array(np.zeros(rows, dtype=np.int32))
    column = pa.DictionaryArray.from_arrays(indices, pa.array([text]))
    return _stored(pa.table({"a": column}), compression="zstd")


def _end_lies(content: bytes, length: int) -> bytes:
    return content[:-8] + struct.pack("<I", length) + content[-4:]


_NESTED_WKB = pa.array([b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 20_000 + _wkb()], pa.binary())
_PLAIN = {"encoding": "WKB", "geometry_types": []}

_PARQUET = [
    of("20 M rows.parquet", lambda: _repeated(20_000_000, "x"), "too_many_rows", slow=True),
    of("2 M long texts.parquet", lambda: _repeated(2_000_000, "x" * 60_000), "memory"),
    of("9 M equal rows.parquet", lambda: _repeated(9_000_000, "x"), READ, slow=True),
    of("text too long.parquet", _repeated(10, "x" * 100_000), "long_text"),
    of("columns.parquet", _stored(pa.table({f"c{n}": [1] for n in range(600)})), "too_many_columns"),
    of("names repeated.parquet", _stored(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])), "column_twice"),
    of("end lies long.parquet", _end_lies(seeds.parquet(), 0x7FFFFFFF), "unreadable"),
    of("end lies nothing.parquet", _end_lies(seeds.parquet(), 0), "unreadable"),
    of("only marks.parquet", b"PAR1" + bytes(8) + b"PAR1", "unreadable"),
    of("no end.parquet", seeds.parquet()[:-4], "breaks_off"),
    of("encrypted.parquet", seeds.parquet()[:-4] + b"PARE", "breaks_off"),
    Attack("pickled type.parquet", _pickled, (READ,)),
    of("nested lists.parquet", _stored(pa.table({"a": [[[[[[1]]]]]] * 3})), READ),
    of("no utf-8.parquet", lambda: _stored(pa.table({"a": pa.array([b"\xff\xfe"]).view(pa.string())})), "unreadable"),
    of("bytes.parquet", _stored(pa.table({"a": [b"\xff\xfe"]})), READ),
    of("decimals.parquet", _stored(pa.table({"a": pa.array([1], pa.decimal128(38, 0))})), READ),
    of("times.parquet", _stored(pa.table({"a": pa.array([2**62], pa.timestamp("us"))})), READ),
    of("names of controls.parquet", _stored(pa.table({"\x1b[2J\x00": [1], "": [2]})), READ),
    of("geo nested.parquet", _geo(_PLAIN, _NESTED_WKB), "nested"),
    of("geo infinite.parquet", _geo(_PLAIN, pa.array([_wkb(float("inf")), _wkb(y=float("nan")), _wkb()], pa.binary())), READ),
    of("geo of a huge count.parquet", _geo(_PLAIN, pa.array([struct.pack("<BII", 1, 2, 0xFFFFFFF0)], pa.binary())), "geometry"),
    of("geo of huge parts.parquet", _geo(_PLAIN, pa.array([struct.pack("<BII", 1, 6, 0xFFFFFFF0)], pa.binary())), "geometry"),
    of("geo of unknown kind.parquet", _geo(_PLAIN, pa.array([struct.pack("<BI", 1, 999) + bytes(40)], pa.binary())), "geometry"),
    of("geo of no bytes.parquet", _geo(_PLAIN, pa.array([b""], pa.binary())), "geometry"),
    of("geo of numbers.parquet", _geo(_PLAIN, pa.array([1, 2])), "description"),
    of("geo of texts.parquet", _geo(_PLAIN, pa.array(["POINT (1 2)"])), "description"),
    of("geo of lists.parquet", _geo(_PLAIN, pa.array([[1.0, 2.0]])), "description"),
    of("geo of no column.parquet", _geo(_PLAIN, primary="other"), "description"),
    of("geo of a list for a name.parquet", _geo(_PLAIN, primary=["geometry"]), "description"),
    of("geo of an encoding nobody knows.parquet", _geo({"encoding": "evil", "geometry_types": []}), "description"),
    of("geo of another form.parquet", _geo({"encoding": "point", "geometry_types": []}), "description"),
    of("geo of an encoding that is a list.parquet", _geo({"encoding": ["WKB"], "geometry_types": []}), "description"),
    of("geo is a list.parquet", _stored(pa.table({"a": [1]}).replace_schema_metadata({"geo": "[]"})), "description"),
    of("geo is deep.parquet", _stored(pa.table({"a": [1]}).replace_schema_metadata({"geo": "[" * 100_000})), "description"),
    of("geo column is a list.parquet", _geo(["encoding"]), "description"),
    *(
        of(f"geo system {n}.parquet", _with_crs(crs), READ)
        for n, crs in enumerate((
            "+proj=longlat +nadgrids=/etc/passwd", "+proj=longlat +nadgrids=@/etc/passwd,null", "/etc/passwd",
            "@/etc/passwd", "+init=/etc/passwd:1", "file:///etc/passwd", {"type": "evil"}, {"a": [[[[]]]]}, [1], 5,
            "urn:ogc:def:crs:../../etc/passwd", {"$schema": "http://127.0.0.1:9/x", "type": "GeographicCRS"},
            "+proj=pipeline +step +proj=vgridshift +grids=/etc/passwd", True, "x" * 100_000,
            {"type": "BoundCRS", "source_crs": {}, "transformation": {"parameters": [{"name": "Latitude and longitude "
             "difference file", "value": "/etc/passwd"}]}},
        ))
    ),
]  # fmt: skip


_PLACE = Affine(0.001, 0, 117, 0, -0.001, 36)


def _tiff(**options: Any) -> bytes:
    with rasterio.MemoryFile() as file:
        with file.open(
            driver="GTiff",
            **({"count": 1, "dtype": "uint8", "width": 8, "height": 8, "transform": _PLACE} | options),
        ) as raster:
            if raster.width * raster.height < 1e6:
                raster.write(np.zeros((raster.count, raster.height, raster.width), raster.dtypes[0]))
        return file.read()


def _points_of_infinity() -> bytes:
    points = [
        GroundControlPoint(row, col, float("inf"), float("nan")) for row, col in ((0, 0), (0, 8), (8, 0))
    ]
    with rasterio.MemoryFile() as file:
        with file.open(driver="GTiff", count=1, dtype="uint8", width=8, height=8, transform=_PLACE) as raster:
            raster.gcps = (points, "EPSG:4326")
        return file.read()


def _tagged(bait: Bait) -> dict[str, bytes]:
    """Metadata that name other files, in the file and beside it."""
    band = f"<PAMDataset><PAMRasterBand band='1'><SourceFilename>{bait.file('.txt')}</SourceFilename></PAMRasterBand></PAMDataset>"
    with rasterio.MemoryFile() as file:
        with file.open(driver="GTiff", count=1, dtype="uint8", width=8, height=8, transform=_PLACE) as raster:
            raster.update_tags(SourceFilename=f"/vsicurl/{bait.url}", OVERVIEW_FILE=str(bait.file(".txt")))
            raster.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(bait.file(".txt")))
            raster.update_tags(ns="xml:VRT", X=band)
        content = file.read()
    vrt = f"<VRTDataset rasterXSize='1' rasterYSize='1'><VRTRasterBand band='1'><SimpleSource><SourceFilename>/vsicurl/{bait.url}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    beside = {"a.tif.ovr": vrt.encode(), "a.tif.aux.xml": band.encode(), "a.tfw": vrt.encode()}
    return {"a.tif": content} | beside


def _directory(*tags: tuple[int, int, int, int], more: int = 0) -> bytes:
    """A TIFF of one directory of these tags (tag, kind, count, value), the next directory at `more`."""
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\x00" + struct.pack("<IH", 8, len(tags)) + body + struct.pack("<I", more) + bytes(64)


_SIZES = ((256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1))

_RASTERS = [
    of("huge.tif", lambda: _tiff(width=200_000, height=200_000, SPARSE_OK="TRUE", TILED=True), "many_cells"),
    of("huge bands.tif", lambda: _tiff(width=20_000, height=20_000, count=200, SPARSE_OK="TRUE", TILED=True), "many_cells"),
    of("sparse.tif", lambda: _tiff(width=5000, height=5000, SPARSE_OK="TRUE", TILED=True), READ),
    of("sparse within the limit.tif", lambda: _tiff(width=31_000, height=31_000, SPARSE_OK="TRUE", TILED=True),
       READ, slow=True),
    of("one strip.tif", lambda: _tiff(width=20_000, height=20_000, SPARSE_OK="TRUE", BLOCKYSIZE=20_000),
       READ, slow=True),
    of("points of infinity.tif", lambda: _points_of_infinity(), READ),
    Attack("names elsewhere.tif", _tagged, (READ,)),
    of("cells of one bit.tif", lambda: _tiff(nbits=1), READ),
    of("cells of twelve bits.tif", lambda: _tiff(dtype="uint16", nbits=12), READ),
    of("complex.tif", lambda: _tiff(dtype="complex64"), "cell_kind"),
    of("directory on itself.tif", _directory(*_SIZES, (273, 4, 1, 8), (279, 4, 1, 64), more=8), READ),
    of("strip beyond.tif", _directory(*_SIZES, (273, 4, 1, 0xFFFFFFF0), (279, 4, 1, 64)), "unreadable"),
    of("strips of many bytes.tif", _directory(*_SIZES, (273, 4, 1, 8), (279, 4, 1, 0xFFFFFFF0)), READ),
    of("size of nothing.tif", _directory((256, 3, 1, 0), (257, 3, 1, 0)), "unreadable"),
    of("size of all.tif", _directory((256, 4, 1, 0xFFFFFFFF), (257, 4, 1, 0xFFFFFFFF), *_SIZES[2:], (273, 4, 1, 8)), "unreadable"),
    of("no directory.tif", b"II*\x00" + bytes(20), "unreadable"),
    of("directory beyond.tif", b"II*\x00\xff\xff\xff\xff", "unreadable"),
    of("big of noise.tif", b"II+\x00\x08\x00\x00\x00" + bytes(range(1, 200)), "unreadable"),
]  # fmt: skip


def _flat(at: int, content: bytes) -> bytes:
    made = bytearray(seeds.flatgeobuf())
    made[at : at + len(content)] = content
    return bytes(made)


_FLAT = [
    of("head of 4 GB.fgb", _flat(8, b"\xff\xff\xff\xff"), "not_as_it_looks"),
    of("head of nothing.fgb", _flat(8, b"\x00\x00\x00\x00"), "not_as_it_looks"),
    of("root beyond.fgb", _flat(12, b"\xff\xff\xff\x7f"), "not_as_it_looks"),
    of("half.fgb", seeds.flatgeobuf()[: len(seeds.flatgeobuf()) // 2], "not_as_it_looks"),
    of("head only.fgb", seeds.flatgeobuf()[:12], "not_as_it_looks"),
    of("features of noise.fgb", seeds.flatgeobuf()[:-400] + b"\xff" * 400, "unreadable"),
]


def _with_count(count: int) -> bytes:
    """The head claims so many features, wherever it keeps the number two."""
    content, size = bytearray(seeds.flatgeobuf()), struct.unpack_from("<I", seeds.flatgeobuf(), 8)[0]
    at = content.find(struct.pack("<Q", 2), 12, 12 + size)
    content[at : at + 8] = struct.pack("<Q", count)
    return bytes(content)


_COUNTS = [
    of("claims a million features.fgb", _with_count(10**6), READ),
    of("claims a billion features.fgb", _with_count(10**9), READ),
    of("claims 2**62 features.fgb", _with_count(2**62), "not_as_it_looks"),
    of("claims 2**64 - 1 features.fgb", _with_count(2**64 - 1), "not_as_it_looks"),
]


def _drawing(blocks: str, entities: str) -> bytes:
    parts = f"0\nSECTION\n2\nHEADER\n0\nENDSEC\n0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n0\nSECTION\n2\nENTITIES\n{entities}0\nENDSEC\n0\nEOF\n"
    return parts.encode()


def _block(name: str, inside: str) -> str:
    return f"0\nBLOCK\n8\n0\n2\n{name}\n10\n0\n20\n0\n{inside}0\nENDBLK\n8\n0\n"


def _insert(name: str, columns: int = 1, rows: int = 1) -> str:
    return f"0\nINSERT\n8\n0\n2\n{name}\n10\n0\n20\n0\n70\n{columns}\n71\n{rows}\n44\n1\n45\n1\n"


_LINE = "0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1\n"


def _tower(height: int, width: int) -> bytes:
    """Blocks of blocks: `width ** height` lines."""
    blocks = _block("B0", _LINE) + "".join(
        _block(f"B{n}", _insert(f"B{n - 1}") * width) for n in range(1, height + 1)
    )
    return _drawing(blocks, _insert(f"B{height}"))


_DRAWINGS = [
    of("tower of blocks.dxf", _tower(9, 10), "too_much_work", slow=True),
    of("blocks in themselves.dxf", _drawing(_block("A", _insert("A")), _insert("A")), "no_tables"),
    of("blocks in each other.dxf", _drawing(_block("A", _insert("B")) + _block("B", _insert("A")), _insert("A")),
       "no_tables"),
    of("chain of blocks.dxf", lambda: _tower(20_000, 1), "no_tables", slow=True),
    of("a billion copies.dxf", _drawing(_block("A", _LINE), _insert("A", 32767, 32767)),
       "too_much_work", slow=True),
    of("numbers of no number.dxf", _drawing("", _LINE.replace("10\n0\n", "10\nnan\n").replace("20\n0\n", "20\n1e999\n")), READ),
    of("codes of no code.dxf", _drawing("", "0\nLINE\n99999999999999\nx\n-5\ny\n"), "no_tables"),
    of("curve of many knots.dxf", _drawing("", "0\nSPLINE\n8\n0\n71\n999\n72\n2147483647\n73\n2147483647\n40\n0\n10\n0\n20\n0\n"),
       "no_tables"),
    of("hatch of many paths.dxf", _drawing("", "0\nHATCH\n8\n0\n91\n2147483647\n92\n2\n93\n2147483647\n10\n0\n20\n0\n"),
       READ),
    of("text of controls.dxf", _drawing("", "0\nTEXT\n8\n0\n10\n0\n20\n0\n1\n\x1b[2J%%d\\U+d800\n"), READ),
    of("no end.dxf", _drawing("", _LINE)[:-4], "breaks_off"),
    of("binary.dxf", b"AutoCAD Binary DXF\r\n\x1a\x00" + bytes(100), "dxf_binary"),
]  # fmt: skip


def _pbf(kind: bytes, said: int) -> bytes:
    blob = b"\x0a" + bytes([len(kind)]) + kind + b"\x18" + bytes([said & 0x7F | 0x80, 0x7F])
    return struct.pack(">I", len(blob)) + blob


_EXTRACTS = [
    of("head lies.osm.pbf", struct.pack(">I", 0x7FFFFFFF) + b"\x0a\x09OSMHeader" + bytes(40), "unreadable"),
    of("blob lies.osm.pbf", _pbf(b"OSMHeader", 0x7F) + bytes(40), "unreadable"),
    of(
        "noise.osm.pbf", struct.pack(">I", 13) + b"\x0a\x09OSMHeader\x18\x10" + bytes(range(16)), "unreadable"
    ),
]

ATTACKS = [*_PARQUET, *_RASTERS, *_FLAT, *_COUNTS, *_DRAWINGS, *_EXTRACTS]

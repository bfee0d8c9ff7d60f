"""Our reading of .dbf and .shp gives what GDAL gives for the same file, and more where GDAL gives up."""

import datetime
import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyogrio.raw import read_arrow
from shapely.geometry import LineString, Point

from geo import dbf, shp
from geo.errors import FileDamaged
from geo.readers import read

TEXTS = st.text(st.characters(codec="gb18030", exclude_characters="\x00"), max_size=12)


def table_of(path: Path, encoding: str) -> dbf.Dbf:
    dbf.check(path, path.name)
    return dbf.Columns(path, path.name).read(encoding)


def made(path: Path, fields: list[tuple[bytes, bytes, int, int]], rows: list[bytes]) -> Path:
    """A .dbf byte by byte: fields as name, kind, width, decimals; rows begin with their mark."""
    width = 1 + sum(field[2] for field in fields)
    assert all(len(row) == width for row in rows)
    head = struct.pack("<BBBBIHH20x", 3, 124, 1, 1, len(rows), 33 + 32 * len(fields), width)
    told = [
        struct.pack("<11sc4xBB14x", name, kind, width, decimals) for name, kind, width, decimals in fields
    ]
    path.write_bytes(head + b"".join(told) + b"\r" + b"".join(rows) + b"\x1a")
    return path


def assert_as_gdal(path: Path, encoding: str) -> None:
    """Every column equals that of the driver; a missing text and an empty one are one thing in a .dbf."""
    ours = table_of(path.with_suffix(".dbf"), encoding).table
    _, theirs = read_arrow(path, encoding=encoding)
    theirs = theirs.drop_columns(["wkb_geometry"])
    assert ours.column_names == theirs.column_names
    for name in ours.column_names:
        assert ours[name].type == theirs[name].type, name
        assert ours[name].to_pylist() == theirs[name].to_pylist(), name


def write(path: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding=encoding)
    return path


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030", "Big5"])
def test_all_kinds_of_columns_are_as_gdal_reads_them(tmp_path, encoding):
    frame = gpd.GeoDataFrame(
        {
            "名稱": ["泉城", "  a b  ", "", None, "大明湖" * 10],
            "code": ["0102", "0", "007", "-", "x"],
            "int": pd.array([1, -2, None, 2**31 - 1, 0], dtype="Int32"),
            "long": pd.array([2**40, None, -1, 0, 10**17], dtype="Int64"),
            "real": [0.1, np.nan, -1e10, 1e-7, 123456.789],
            "day": [
                datetime.date(2024, 2, 29),
                None,
                datetime.date(1949, 10, 1),
                None,
                datetime.date(2000, 1, 1),
            ],
            "yes": pd.array([True, False, None, True, False], dtype="boolean"),
        },
        geometry=[Point(1, 2), None, Point(3, 4), Point(5, 6), Point(7, 8)],
    )
    schema_path = write(tmp_path / "s.shp", frame, encoding)
    assert_as_gdal(schema_path, encoding)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=8), st.sampled_from(["UTF-8", "GB18030"]))
def test_any_texts_are_as_gdal_reads_them(tmp_path, texts, encoding):
    frame = gpd.GeoDataFrame({"t": texts}, geometry=[Point(0, 0)] * len(texts))
    assert_as_gdal(write(tmp_path / "s.shp", frame, encoding), encoding)


def test_a_character_cut_by_the_width_of_its_field_is_dropped(tmp_path):
    row = b" " + "趵突泉".encode("gb18030")[:5]
    path = made(tmp_path / "a.dbf", [(b"name", b"C", 5, 0)], [row, b" abc  "])
    assert table_of(path, "GB18030").table["name"].to_pylist() == ["趵突", "abc"]


def test_deleted_rows_are_left_out_and_said(tmp_path):
    path = made(tmp_path / "a.dbf", [(b"n", b"N", 3, 0)], [b"   1", b"*  2", b"   3"])
    found = table_of(path, "UTF-8")
    assert found.table["n"].to_pylist() == [1, 3]
    assert found.kept.tolist() == [True, False, True]
    assert [(note.code, note.fields) for note in found.notes] == [("rows_deleted", {"count": 1})]


def test_binary_kinds_and_those_that_cannot_be_read(tmp_path):
    """1970-01-02 00:00:01 is Julian day 2440589 and 1000 ms."""
    fields = [(b"i", b"I", 4, 0), (b"o", b"O", 8, 0), (b"t", b"@", 8, 0), (b"m", b"M", 10, 0)]
    row = b" " + struct.pack("<id", -5, 2.5) + struct.pack("<ii", 2440589, 1000) + b"         1"
    found = table_of(made(tmp_path / "a.dbf", fields, [row]), "UTF-8")
    assert found.table.to_pylist() == [
        {"i": -5, "o": 2.5, "t": datetime.datetime(1970, 1, 2, 0, 0, 1), "m": None}
    ]
    assert [(note.code, note.fields) for note in found.notes] == [("columns_unread", {"columns": "m"})]


def test_numbers_and_dates_that_are_none_are_missing_and_counted(tmp_path):
    fields = [(b"n", b"N", 5, 0), (b"r", b"N", 5, 2), (b"d", b"D", 8, 0)]
    rows = [b"    7 1.5020240101", b" abcd  +2.20240230", b"*****     00000000", b"              none"]
    path = made(tmp_path / "a.dbf", fields, [b" " + row for row in [rows[0], rows[1][:18], rows[2], rows[3]]])
    found = table_of(path, "UTF-8")
    assert found.table["n"].to_pylist() == [7, None, None, None]
    assert found.table["r"].to_pylist() == [1.5, 2.0, None, None]
    assert found.table["d"].to_pylist() == [datetime.date(2024, 1, 1), None, None, None]
    assert [(note.fields["column"], note.fields["count"]) for note in found.notes] == [("n", 1), ("d", 2)]


def test_whole_numbers_that_have_decimals_keep_them(tmp_path):
    path = made(tmp_path / "a.dbf", [(b"n", b"N", 5, 0)], [b"    12", b"   1.5"])
    assert table_of(path, "UTF-8").table["n"].to_pylist() == [12.0, 1.5]


def test_what_follows_a_nul_is_left_over(tmp_path):
    path = made(tmp_path / "a.dbf", [(b"t", b"C", 6, 0)], [b" ab\x00xyz", b" \x00\x00\x00\x00\x00\x00"])
    assert table_of(path, "UTF-8").table["t"].to_pylist() == ["ab", None]


@pytest.mark.parametrize("cut", [10, 40, 70])
def test_a_short_file_is_damaged(tmp_path, cut):
    path = made(tmp_path / "a.dbf", [(b"t", b"C", 6, 0)], [b" abcdef"] * 3)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileDamaged):
        table_of(path, "UTF-8")


def test_fields_wider_than_their_row_are_damage(tmp_path):
    path = made(tmp_path / "a.dbf", [(b"t", b"N", 6, 0)], [b"      1"])
    content = bytearray(path.read_bytes())
    content[32 + 16] = 9
    path.write_bytes(content)
    with pytest.raises(FileDamaged, match="longer than its rows"):
        table_of(path, "UTF-8")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "shapes",
    [
        [Point(1, 2), None, Point(3, 4)],
        [Point(1, 2, 3), Point(4, 5, 6)],
        [None, None],
    ],
)
def test_points_are_as_gdal_reads_them(tmp_path, shapes):
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes)
    path = tmp_path / "s.shp"
    pyogrio.write_dataframe(
        frame, path, geometry_type="Point Z" if shapes[0] and shapes[0].has_z else "Point"
    )
    start, length = shp.records(path, path.with_suffix(".shx"), "s.shp")
    ours = shp.points(path, start, length)
    assert ours is not None
    assert ours.cast(pa.binary()).to_pylist() == read_arrow(path)[1]["wkb_geometry"].to_pylist()


@pytest.mark.filterwarnings("ignore:Measured:UserWarning")
def test_measured_points_are_as_gdal_reads_them(tmp_path):
    """Two records of kind 21, which pyogrio does not write: x, y and a measure."""
    path = tmp_path / "m.shp"
    body = b"".join(struct.pack(">ii", n, 14) + struct.pack("<iddd", 21, n, 2.0, 0.5) for n in (1, 2))
    head = struct.pack(">i20xi", 9994, (100 + len(body)) // 2) + struct.pack("<ii8d", 1000, 21, *[0.0] * 8)
    path.write_bytes(head + body)
    assert shp.write_index(path, path.with_suffix(".shx"), "m.shp") == 2
    start, length = shp.records(path, path.with_suffix(".shx"), "m.shp")
    ours = shp.points(path, start, length)
    assert ours.cast(pa.binary()).to_pylist() == read_arrow(path)[1]["wkb_geometry"].to_pylist()


def test_an_index_made_again_equals_the_one_that_was_lost(tmp_path):
    lines = [LineString([(0, 0), (n, 1), (n, n)][: 2 + n % 2]) for n in range(1, 50)]
    frame = gpd.GeoDataFrame({"n": range(len(lines))}, geometry=lines, crs=4326)
    path = tmp_path / "s.shp"
    pyogrio.write_dataframe(frame, path)
    shp.write_index(path, tmp_path / "again.shx", "s.shp")
    assert (tmp_path / "again.shx").read_bytes() == (tmp_path / "s.shx").read_bytes()


def test_lines_lose_the_rows_that_are_deleted(tmp_path):
    lines = [LineString([(0, 0), (n, 1)]) for n in range(1, 5)]
    frame = gpd.GeoDataFrame({"n": [1, 2, 3, 4]}, geometry=lines, crs=4326)
    path = tmp_path / "s.shp"
    pyogrio.write_dataframe(frame, path)
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    _, header, record = struct.unpack("<IHH", content[4:12])
    content[header + record] = ord("*")
    path.with_suffix(".dbf").write_bytes(content)
    reading = read(path)
    known = pyogrio.read_dataframe(path)
    assert reading.frame["n"].tolist() == known["n"].tolist() == [1, 3, 4]
    assert shapely.equals_exact(reading.frame.geometry.to_numpy(), known.geometry.to_numpy()).all()
    assert [note.code for note in reading.notes] == ["rows_deleted"]

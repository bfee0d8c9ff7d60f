"""WKB looked at before GEOS parses it: the same counts as GEOS gives, and no crash at what ends GEOS."""

import struct

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, MultiPolygon, Point, Polygon, box

from geo.errors import FileDamaged, ReadTooLarge
from geo.readers import ReadLimits, read
from geo.wkb import Excess, WkbLimits, excess

PLENTY = WkbLimits(depth=8, parts=10_000, vertices=1_000_000)


def column(*blobs):
    return pa.chunked_array([pa.array(list(blobs), pa.large_binary())])


def nested(depth, order="<", kind=7):
    head = struct.pack(order + "BII", order == "<", kind, 1)
    return head * depth + struct.pack(order + "BIdd", order == "<", 1, 1.0, 2.0)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [4, 5, 6, 7, 9, 10, 11, 12, 15])
def test_nesting_has_a_limit_whatever_holds_whatever(order, kind):
    assert excess(column(nested(8, order, kind)), PLENTY) is None
    assert excess(column(nested(9, order, kind)), PLENTY) == Excess("depth", 1, 9)
    assert excess(column(None, nested(1, order, 7), nested(200_000, order, kind)), PLENTY).row == 3


def test_nesting_behind_other_parts_is_found():
    members = [Point(0, 0), MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)])]
    blob = GeometryCollection(members).wkb
    assert blob[5:9] == struct.pack("<I", 2)
    deeper = blob[:5] + struct.pack("<I", 3) + blob[9:] + nested(20)
    assert excess(column(deeper), PLENTY) == Excess("depth", 1, 9)


def test_parts_and_vertices_are_counted_over_the_whole_feature():
    squares = MultiPolygon([box(i, 0, i + 0.5, 1) for i in range(4)])  # 4 parts, 4 x 5 vertices
    assert excess(column(squares.wkb), WkbLimits(8, 4, 20)) is None
    assert excess(column(squares.wkb), WkbLimits(8, 3, 20)) == Excess("parts", 1, 4)
    assert excess(column(Point(0, 0).wkb, squares.wkb), WkbLimits(8, 4, 19)) == Excess("vertices", 2, 20)
    ring = Polygon([(0, 0), (9, 0), (9, 9)], [[(1, 0.1), (2, 0.1), (2, 0.2)]])  # 4 + 4 vertices
    assert excess(column(ring.wkb), WkbLimits(8, 1, 7)) == Excess("vertices", 1, 8)


def test_rows_count_over_chunks_and_slices():
    chunks = pa.chunked_array([[Point(0, 0).wkb] * 3, [Point(0, 0).wkb, nested(9)]], pa.large_binary())
    assert excess(chunks, PLENTY) == Excess("depth", 5, 9)
    assert excess(chunks.slice(2), PLENTY) == Excess("depth", 3, 9)
    assert excess(chunks.slice(2, 2), PLENTY) is None
    assert excess(pa.chunked_array([], pa.large_binary()), PLENTY) is None
    assert excess(column(None, b""), PLENTY) is None


coordinate = st.floats(-1e6, 1e6)
points = st.builds(Point, coordinate, coordinate) | st.builds(Point, coordinate, coordinate, coordinate)
squares = st.builds(lambda x, y: box(x, y, x + 1, y + 1), coordinate, coordinate)
shapes = st.recursive(
    points | squares | st.lists(squares, max_size=3).map(MultiPolygon),
    lambda inner: st.lists(inner, max_size=3).map(GeometryCollection),
    max_leaves=6,
)


def depth_of(shape):
    if not hasattr(shape, "geoms"):
        return 0
    return 1 + max((depth_of(part) for part in shape.geoms), default=0)


@settings(deadline=None)
@given(shapes, st.sampled_from([0, 1]), st.sampled_from(["iso", "extended"]), st.booleans())
def test_any_geometry_that_geos_writes_is_walked_to_its_end(shape, order, flavor, has_srid):
    has_srid = has_srid and flavor == "extended"
    placed = shapely.set_srid(shape, 4490) if has_srid else shape
    blob = shapely.to_wkb(placed, byte_order=order, flavor=flavor, include_srid=has_srid)
    vertices, depth = shapely.get_num_coordinates(shape), depth_of(shape)
    assert excess(column(blob), WkbLimits(depth, 100, vertices)) is None
    if vertices:
        found = excess(column(blob), WkbLimits(depth, 100, vertices - 1))
        assert found is not None or not hasattr(shape, "geoms")
        assert found is None or found.what == "vertices"


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_judged(blob):
    excess(column(blob), PLENTY)


@settings(deadline=None)
@given(shapes, st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_is_judged(shape, at, value):
    blob = bytearray(shape.wkb)
    blob[at % len(blob)] = value
    excess(column(bytes(blob)), PLENTY)


def geoparquet(path, *blobs):
    frame = gpd.GeoDataFrame({"a": range(len(blobs))}, geometry=[Point(0, 0)] * len(blobs), crs=4326)
    frame.to_parquet(path)
    table = pa.parquet.read_table(path)
    at = table.column_names.index("geometry")
    pa.parquet.write_table(table.set_column(at, table.schema.field(at), [pa.array(blobs, pa.binary())]), path)
    return path


@pytest.mark.parametrize("depth", [9, 20_000])
def test_nested_shapes_in_a_file_are_said_to_be_nested(tmp_path, depth):
    with pytest.raises(FileDamaged, match="nested too deeply"):
        read(geoparquet(tmp_path / "d.parquet", Point(1, 2).wkb, nested(depth)))


def test_one_feature_may_have_so_many_parts_and_vertices(tmp_path):
    shapes = [MultiPolygon([box(i, 0, i + 0.5, 1) for i in range(4)]).wkb, Point(1, 2).wkb]
    path = geoparquet(tmp_path / "d.parquet", *shapes)
    assert read(path).rows == 2
    with pytest.raises(ReadTooLarge, match="row 1 has 4 parts or more, the limit for one is 3"):
        read(path, limits=ReadLimits(feature_parts=3))
    with pytest.raises(ReadTooLarge, match="row 1 has 20 vertices, the limit for one is 19"):
        read(path, limits=ReadLimits(feature_vertices=19))


def test_texts_have_a_limit(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,x\n2," + "泉" * 30_000 + "\n")
    with pytest.raises(ReadTooLarge, match="row 2 has a text of 90000 bytes in 'b', the limit is 65536"):
        read(path)
    assert read(path, limits=ReadLimits(text_bytes=90_000)).rows == 2


def test_broken_shapes_are_one_sentence(tmp_path):
    for blob in (b"\x01\x07\x00\x00\x00", b"\x01\x63\x00\x00\x00\x00", np.random.default_rng(1).bytes(50)):
        with pytest.raises(FileDamaged, match="geometry is broken"):
            read(geoparquet(tmp_path / "d.parquet", blob))

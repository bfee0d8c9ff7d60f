"""Broken geometry of one row costs that row alone, and rings that are not closed are closed and listed."""

import json
import sqlite3
import struct
from contextlib import closing

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, Point, Polygon, box

from geo import decoding
from geo.errors import FileDamaged
from geo.readers import read

CORNERS = [(0, 0), (2, 0), (2, 3), (0, 3)]
SQUARE = Polygon(CORNERS)  # 2 x 3


def ring(corners):
    """WKB of a polygon with one ring of these corners, as they are."""
    head = struct.pack("<BIII", 1, 3, 1, len(corners))
    return head + b"".join(struct.pack("<dd", *corner) for corner in corners)


TORN = ring(CORNERS)[:30]
FLAT = ring(CORNERS[:2])


def blobs(*values):
    return np.array(values, dtype=object)


def test_an_open_ring_is_closed_and_the_rows_beside_it_stay_as_they_are():
    decoded = decoding.from_wkb(blobs(Point(1, 1).wkb, ring(CORNERS), None, ring([*CORNERS, (0, 0)])))
    assert decoded.geometry.tolist() == [Point(1, 1), SQUARE, None, SQUARE]
    assert decoded.closed.tolist() == [False, True, False, False]
    assert not decoded.unreadable.any()


def test_a_ring_of_two_corners_is_broken_not_closed():
    decoded = decoding.from_wkb(blobs(FLAT, ring(CORNERS)))
    assert decoded.unreadable.tolist() == [True, False]
    assert decoded.geometry[0] is None


def test_texts_are_taken_likewise():
    texts = ["POLYGON ((0 0, 2 0, 2 3, 0 3))", "POLYGON ((0 0, 2 0", "电话", None, "POINT (1 2)"]
    decoded = decoding.from_wkt(blobs(*texts))
    assert decoded.geometry.tolist() == [SQUARE, None, None, None, Point(1, 2)]
    assert decoded.closed.tolist() == [True, False, False, False, False]
    assert decoded.unreadable.tolist() == [False, True, True, False, False]


@given(st.lists(st.sampled_from([Point(1, 2).wkb, ring(CORNERS), TORN, FLAT, b"", None]), max_size=12))
def test_every_row_is_as_if_it_came_alone(values):
    together = decoding.from_wkb(blobs(*values)) if values else None
    for at, value in enumerate(values):
        alone = decoding.from_wkb(blobs(value))
        assert together.geometry[at] == alone.geometry[0]
        assert together.closed[at] == alone.closed[0]
        assert together.unreadable[at] == alone.unreadable[0]
        assert together.unreadable[at] == (value is not None and together.geometry[at] is None)


def test_the_depth_of_texts_is_that_of_their_collections():
    shape = GeometryCollection([box(0, 0, 1, 1)])
    for _ in range(8):
        shape = GeometryCollection([shape])
    assert decoding.depth([None, "POINT (1 2)"]) == 0
    assert decoding.depth([shape.wkt]) == 8  # nine of them, and two parentheses of the polygon: 11 - 3
    assert decoding.depth(["POINT (1 2)", "(" * 200_000]) == 200_000 - 3


def test_text_nested_without_end_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "n.csv"
    deep = "GEOMETRYCOLLECTION(" * 200_000 + "POINT(1 1)" + ")" * 200_000
    path.write_text(f'id,wkt\n1,"POINT (1 1)"\n2,"{deep}"\n')
    with pytest.raises(FileDamaged) as told:
        read(path, crs="EPSG:4326")
    assert told.value.cause == "nested"


def geoparquet(path, *values):
    columns = {"geometry": {"encoding": "WKB", "geometry_types": []}}
    meta = {"version": "1.0.0", "primary_column": "geometry", "columns": columns}
    table = pa.table({"n": range(len(values)), "geometry": pa.array(values, pa.binary())})
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(meta).encode()}), path)
    return path


def test_parquet_with_broken_rows_is_read(tmp_path):
    found = read(geoparquet(tmp_path / "p.parquet", ring(CORNERS), TORN, Point(1, 1).wkb, None, FLAT))
    assert found.frame.geometry.tolist() == [SQUARE, None, Point(1, 1), None, None]
    assert (found.closed, found.unreadable, found.nonfinite) == ((1,), (2, 5), ())


def test_a_file_without_any_readable_row_is_refused(tmp_path):
    with pytest.raises(FileDamaged, match="a geometry is broken"):
        read(geoparquet(tmp_path / "p.parquet", TORN, None, TORN))


def test_rings_of_a_geopackage_are_closed(tmp_path):
    path = tmp_path / "g.gpkg"
    gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=[box(0, 0, 1, 1)] * 3, crs=4326).to_file(path)
    with closing(sqlite3.connect(path)) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        (blob,) = database.execute("SELECT geom FROM g WHERE fid = 1").fetchone()
        head = blob[: len(blob) - len(shapely.to_wkb(box(0, 0, 1, 1)))]
        for fid, content in ((1, ring(CORNERS)), (2, TORN)):
            database.execute("UPDATE g SET geom = ? WHERE fid = ?", (head + content, fid))
        database.commit()
    found = read(path)
    assert found.closed == (1,)
    assert found.frame.geometry[0] == SQUARE
    assert found.frame.geometry.isna().tolist() == [False, True, False]


def test_rings_of_geojson_and_kml_are_closed(tmp_path):
    shapes = [{"type": "Polygon", "coordinates": [corners]} for corners in (CORNERS, [*CORNERS, (0, 0)])]
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    places = " ".join(f"{x},{y}" for x, y in CORNERS)
    (tmp_path / "a.kml").write_text(
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><Polygon>'
        f"<outerBoundaryIs><LinearRing><coordinates>{places}</coordinates></LinearRing></outerBoundaryIs>"
        "</Polygon></Placemark></Document></kml>"
    )
    for name in ("a.geojson", "a.kml"):
        found = read(tmp_path / name)
        assert found.closed == (1,)
        assert found.frame.geometry[0] == SQUARE

"""Sealed GeoPackages and their sidecars: equal bytes, nothing lost, nothing left beside them."""

import datetime as dt
import hashlib
import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from geo.crs import STORED, transform_xy
from geo.errors import CrsMissing, FileMissing, GeometryNotFinite, SourceLayerUnknown, WriteError
from geo.writers import read_geopackage, read_sidecar, write_geopackage, write_sidecar


def springs() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["趵突泉", "", None],
            "visits": pd.array([2**60 + 1, None, -3], dtype="Int64"),
            "level_m": [28.15, None, 27.01],
            "open": pd.array([True, None, False], dtype="boolean"),
            "since": [dt.date(1956, 1, 2), None, dt.date(2021, 1, 1)],
            "seen_at": pd.to_datetime(["2020-01-02T03:04:05.678Z", None, "2021-01-01T00:00:00.000Z"]),
        },
        geometry=[Point(117.015, 36.6613), None, box(117, 36, 118, 37)],
        crs=4326,
    )


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_table_comes_back_as_it_went(tmp_path):
    path = tmp_path / "part.gpkg"
    write_geopackage(path, {"features": springs()})
    back = read_geopackage(path, "features")
    assert back["name"].tolist()[:2] == ["趵突泉", ""]
    assert back["name"].isna().tolist() == [False, False, True]
    assert back["visits"].tolist() == [2**60 + 1, pd.NA, -3]
    assert back["open"].tolist() == [True, pd.NA, False]
    assert back["since"].tolist() == [dt.date(1956, 1, 2), None, dt.date(2021, 1, 1)]
    assert back["seen_at"][0] == pd.Timestamp("2020-01-02T03:04:05.678Z")
    assert back["level_m"].tolist()[0] == 28.15
    assert back.geometry[1] is None
    assert back.geometry[2].equals_exact(box(117, 36, 118, 37), 0)
    assert back.crs == CRS.from_epsg(4326)


def test_equal_content_is_equal_bytes_whatever_the_clock_says(tmp_path):
    first, second = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    write_geopackage(first, {"features": springs(), "codes": pd.DataFrame({"code": ["一"]})})
    with closing(sqlite3.connect(first)) as database:
        ((changed,),) = set(database.execute("SELECT DISTINCT last_change FROM gpkg_contents"))
    assert changed.startswith("2020-01-01")
    write_geopackage(second, {"features": springs(), "codes": pd.DataFrame({"code": ["一"]})})
    assert sha256(first) == sha256(second)


def test_other_content_is_other_bytes(tmp_path):
    first, second = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    write_geopackage(first, {"features": springs()})
    write_geopackage(second, {"features": springs().assign(level_m=[28.15, 1e-9, 27.01])})
    assert sha256(first) != sha256(second)


def test_a_sealed_file_is_read_without_a_trace(tmp_path):
    path = tmp_path / "part.gpkg"
    write_geopackage(path, {"features": springs()})
    before = sha256(path)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        read_geopackage(path, "features", bbox=(117, 36, 118, 37))
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        tmp_path.chmod(0o755)
    assert [each.name for each in tmp_path.iterdir()] == ["part.gpkg"]
    assert sha256(path) == before


def test_features_have_a_spatial_index(tmp_path):
    path = tmp_path / "part.gpkg"
    write_geopackage(path, {"features": springs()})
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM rtree_features_geometry").fetchone() == (2,)


@given(st.tuples(st.floats(0, 1), st.floats(0, 1)), st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)))
@settings(deadline=None, max_examples=25)
def test_a_box_query_is_what_testing_every_point_gives(tmp_path_factory, corner, size):
    path = tmp_path_factory.getbasetemp() / "thousand.gpkg"
    random = np.random.default_rng(3)
    xy = random.uniform(0, 1, (1000, 2))
    if not path.exists():
        frame = gpd.GeoDataFrame({"id": np.arange(1000)}, geometry=gpd.points_from_xy(*xy.T), crs=4326)
        write_geopackage(path, {"features": frame})
    west, south = corner
    east, north = west + size[0], south + size[1]
    got = read_geopackage(path, "features", bbox=(west, south, east, north), columns=["id"])
    inside = (xy >= [west, south]).all(axis=1) & (xy <= [east, north]).all(axis=1)
    assert got["id"].tolist() == np.flatnonzero(inside).tolist()  # in the order they were written


def test_names_that_a_geopackage_uses_itself_are_kept(tmp_path):
    frame = gpd.GeoDataFrame(
        {"fid": [7, 7], "geom": ["甲", "乙"]}, geometry=[Point(1, 2), Point(3, 4)], crs=4326
    )
    write_geopackage(tmp_path / "part.gpkg", {"features": frame})
    back = read_geopackage(tmp_path / "part.gpkg", "features")
    assert back["fid"].tolist() == [7, 7]
    assert back["geom"].tolist() == ["甲", "乙"]


def test_empty_tables_keep_their_columns(tmp_path):
    write_geopackage(tmp_path / "part.gpkg", {"features": springs().iloc[:0]})
    back = read_geopackage(tmp_path / "part.gpkg", "features")
    assert len(back) == 0
    assert list(back.columns) == list(springs().columns)
    assert back.crs == CRS.from_epsg(4326)


def test_a_plain_table_has_no_geometry(tmp_path):
    write_geopackage(tmp_path / "part.gpkg", {"people": pd.DataFrame({"id": ["a"], "people": [3]})})
    back = read_geopackage(tmp_path / "part.gpkg", "people")
    assert not isinstance(back, gpd.GeoDataFrame)
    assert back.to_dict("list") == {"id": ["a"], "people": [3]}


def test_mixed_kinds_and_heights_survive(tmp_path):
    shapes = [
        Polygon([(0, 0), (1, 0), (1, 1)]),
        MultiPolygon([box(2, 2, 3, 3)]),
        GeometryCollection([Point(1, 1)]),
    ]
    write_geopackage(tmp_path / "mixed.gpkg", {"features": gpd.GeoDataFrame(geometry=shapes, crs=4326)})
    assert read_geopackage(tmp_path / "mixed.gpkg", "features").geometry.tolist() == shapes
    high = gpd.GeoDataFrame(geometry=[Point(1, 2, 3), Point(4, 5, 6)], crs=4326)
    write_geopackage(tmp_path / "high.gpkg", {"features": high})
    assert read_geopackage(tmp_path / "high.gpkg", "features").geometry.has_z.all()


def test_a_systems_own_centre_survives(tmp_path):
    local = CRS.from_proj4("+proj=tmerc +lat_0=-30.05 +lon_0=-51.2 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m")
    write_geopackage(tmp_path / "p.gpkg", {"features": gpd.GeoDataFrame(geometry=[Point(1, 2)], crs=local)})
    back = read_geopackage(tmp_path / "p.gpkg", "features").crs
    place = np.array([[-51.1, -30.0]])
    assert transform_xy(place, STORED, back).tolist() == transform_xy(place, STORED, local).tolist()


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (gpd.GeoDataFrame(geometry=[Point(1, 2)]), CrsMissing),
        (gpd.GeoDataFrame(geometry=[Point(1, np.nan)], crs=4326), GeometryNotFinite),
        (gpd.GeoDataFrame(geometry=[LineString([(0, 0), (np.inf, 1)])], crs=4326), GeometryNotFinite),
        (pd.DataFrame({"Name": [1], "name": [2]}), WriteError),
    ],
)
def test_what_would_be_a_broken_part_is_refused(tmp_path, frame, error):
    with pytest.raises(error):
        write_geopackage(tmp_path / "part.gpkg", {"features": frame})


def test_nothing_is_overwritten_or_missing_in_silence(tmp_path):
    path = tmp_path / "part.gpkg"
    with pytest.raises(WriteError, match="no table"):
        write_geopackage(path, {})
    write_geopackage(path, {"features": springs()})
    with pytest.raises(WriteError, match="already there"):
        write_geopackage(path, {"features": springs()})
    with pytest.raises(SourceLayerUnknown, match="has no layer 'nodes'"):
        read_geopackage(path, "nodes")
    with pytest.raises(FileMissing):
        read_geopackage(tmp_path / "other.gpkg", "features")


def test_a_sidecar_is_the_same_frame_and_the_same_bytes(tmp_path):
    for name in ("a.parquet", "b.parquet"):
        write_sidecar(tmp_path / name, springs())
    assert sha256(tmp_path / "a.parquet") == sha256(tmp_path / "b.parquet")
    assert_geodataframe_equal(read_sidecar(tmp_path / "a.parquet"), springs(), check_dtype=False)
    write_sidecar(tmp_path / "t.parquet", pd.DataFrame({"k": ["泉"]}))
    assert read_sidecar(tmp_path / "t.parquet")["k"].tolist() == ["泉"]

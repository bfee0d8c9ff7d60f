"""Exports: read back by our own reader they are what was written, in the system asked for."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import LineString, MultiPoint, Point, box

from geo.crs import to_stored
from geo.errors import CrsMissing, GeometryNotFinite, WriteError
from geo.exports import export, short_names
from geo.readers import read

ZONE_39 = CRS.from_epsg(4527)


def springs() -> gpd.GeoDataFrame:
    random = np.random.default_rng(5)
    places = random.uniform([116.9, 36.6], [117.1, 36.7], (50, 2)).round(9)
    return gpd.GeoDataFrame(
        {
            "name": [f"泉{i}" for i in range(50)],
            "level_m": np.arange(50) / 8,
            "code": [f"{i:04d}" for i in range(50)],
        },
        geometry=gpd.points_from_xy(*places.T),
        crs=4326,
    )


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".shp", ".csv"])
@pytest.mark.parametrize("crs", [None, ZONE_39])
def test_an_export_read_back_is_equal_at_nine_decimals(tmp_path, suffix, crs):
    result = export(springs(), tmp_path / f"泉城{suffix}", crs=crs)
    assert result.files[0].name == f"泉城{suffix}"
    back = read(result.files[0], crs=crs if suffix == ".csv" else None)
    assert back.frame["name"].tolist() == springs()["name"].tolist()
    assert back.frame["level_m"].tolist() == springs()["level_m"].tolist()
    assert back.frame["code"].tolist() == springs()["code"].tolist()
    assert back.frame.crs.equals(crs or CRS.from_epsg(4326), ignore_axis_order=True)
    moved = to_stored(back.frame).geometry
    # metres are written with four decimals by the text formats: 0.1 mm is 1e-9 degrees
    tolerance = 2e-9 if crs is not None and suffix in (".geojson", ".csv") else 5e-10
    assert np.abs(moved.x - springs().geometry.x).max() <= tolerance
    assert np.abs(moved.y - springs().geometry.y).max() <= tolerance


def test_a_shapefile_has_all_its_files_and_says_its_encoding(tmp_path):
    result = export(springs(), tmp_path / "s.shp", encoding="GB18030")
    assert sorted(each.suffix for each in result.files) == [".cpg", ".dbf", ".prj", ".shp", ".shx"]
    assert "泉1".encode("gb18030") in (tmp_path / "s.dbf").read_bytes()
    assert read(tmp_path / "s.shp").encoding == "GB18030"


def test_long_fields_of_a_shapefile_are_renamed_and_named(tmp_path):
    frame = springs().rename(columns={"name": "行政区划代码名称", "level_m": "行政区划面积"})
    result = export(frame, tmp_path / "s.shp")
    assert result.renamed == {"行政区划代码名称": "行政区", "行政区划面积": "行政区1"}
    assert list(read(tmp_path / "s.shp").frame.columns) == ["行政区", "行政区1", "code", "geometry"]


@settings(deadline=None)
@given(
    st.lists(st.text("泉城aAbB_", min_size=1, max_size=14), unique=True, max_size=30),
    st.sampled_from(["UTF-8", "GB18030"]),
)
def test_short_names_fit_and_stay_apart(names, encoding):
    short = short_names(names, encoding)
    assert list(short) == names
    assert len({each.casefold() for each in short.values()}) == len(names)
    assert all(len(each.encode(encoding)) <= 10 for each in short.values())


def test_what_a_shapefile_cannot_hold_is_said(tmp_path):
    point = Point(117, 36)
    cases = [
        (gpd.GeoDataFrame(geometry=[point, LineString([(0, 0), (1, 1)])], crs=4326), "holds one kind"),
        (gpd.GeoDataFrame({"text": ["泉" * 100]}, geometry=[point], crs=4326), "254"),
    ]
    for frame, words in cases:
        with pytest.raises(WriteError, match=words):
            export(frame, tmp_path / "s.shp")
    with pytest.raises(WriteError, match="GBK lacks"):
        export(
            gpd.GeoDataFrame({"text": ["😀"]}, geometry=[point], crs=4326), tmp_path / "s.shp", encoding="GBK"
        )
    assert list(tmp_path.iterdir()) == []


def test_booleans_times_and_mixed_points_fit_a_shapefile(tmp_path):
    frame = gpd.GeoDataFrame(
        {
            "open": [True, False],
            "maybe": pd.array([True, None], dtype="boolean"),
            "at": pd.to_datetime(["2020-01-02T03:04:05", None]),
        },
        geometry=[Point(1, 2), MultiPoint([(3, 4), (5, 6)])],
        crs=4326,
    )
    export(frame, tmp_path / "s.shp")
    back = read(tmp_path / "s.shp").frame
    assert back["open"].tolist() == [1, 0]
    assert back["maybe"].tolist() == [1, pd.NA]
    assert back["at"].tolist()[0] == "2020-01-02T03:04:05"
    assert back.geometry.geom_type.tolist() == ["MultiPoint", "MultiPoint"]


def test_an_empty_layer_can_be_exported(tmp_path):
    for suffix in (".gpkg", ".geojson", ".parquet", ".shp", ".csv"):
        export(springs().iloc[:0], tmp_path / f"none{suffix}")
        assert read(tmp_path / f"none{suffix}").rows == 0


def test_csv_of_lines_has_wkt_and_formulas_are_defused(tmp_path):
    frame = gpd.GeoDataFrame(
        {"name": ["=1+1", "@x", "-5", "泉"], "n": [-1, 2, 3, 4]},
        geometry=[LineString([(0, 0), (1, 2)])] * 4,
        crs=4326,
    )
    export(frame, tmp_path / "safe.csv")
    text = (tmp_path / "safe.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "name,n,wkt"
    assert text.splitlines()[1].startswith("'=1+1,-1,")
    export(frame, tmp_path / "raw.csv", safe_for_spreadsheets=False)
    back = read(tmp_path / "raw.csv", crs="EPSG:4326").frame
    assert back["name"].tolist() == ["=1+1", "@x", "-5", "泉"]
    assert back.geometry[0].equals(frame.geometry[0])


def test_an_export_replaces_the_old_one_or_leaves_it(tmp_path):
    export(springs(), tmp_path / "s.gpkg")
    export(springs().iloc[:3], tmp_path / "s.gpkg")
    assert read(tmp_path / "s.gpkg").rows == 3
    broken = springs()
    broken.loc[0, "geometry"] = Point(np.nan, 1)
    with pytest.raises(GeometryNotFinite):
        export(broken, tmp_path / "s.gpkg")
    assert read(tmp_path / "s.gpkg").rows == 3
    assert [each.name for each in tmp_path.iterdir()] == ["s.gpkg"]


def test_unknown_formats_and_missing_systems_are_refused(tmp_path):
    with pytest.raises(WriteError, match="choose of"):
        export(springs(), tmp_path / "s.kml")
    with pytest.raises(WriteError, match="no geometry"):
        export(pd.DataFrame({"a": [1]}), tmp_path / "s.shp")
    with pytest.raises(CrsMissing):
        export(springs().set_crs(None, allow_override=True), tmp_path / "s.gpkg")


def test_polygons_survive_an_export_to_another_zone(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[box(117, 36, 117.1, 36.1)], crs=4326)
    export(frame, tmp_path / "p.shp", crs=ZONE_39)
    back = to_stored(read(tmp_path / "p.shp").frame).geometry[0]
    assert back.normalize().equals_exact(frame.geometry[0].normalize(), 1e-9)

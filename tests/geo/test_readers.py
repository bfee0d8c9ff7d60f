"""Reading real files of every format, made here, with Chinese names in them."""

import json
import os
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from pyproj import CRS
from shapely.geometry import Point, Polygon, box

from geo.errors import (
    ColumnsUnfit,
    CrsUnknown,
    EncodingUnfit,
    FileDamaged,
    FileEmpty,
    FileMissing,
    FormatUnknown,
    SourceLayerUnknown,
)
from geo.readers import format_of, layer_names, read, read_osm_network

ZONE = 4548
NAMES = ["历下区", "市中区", "天桥区"]


def districts(crs=ZONE) -> gpd.GeoDataFrame:
    squares = [box(500000 + 1000 * i, 4050000, 501000 + 1000 * i, 4051000) for i in range(3)]
    frame = gpd.GeoDataFrame(
        {"name": NAMES, "code": ["0102", "0103", "0105"], "people": [1, 2, 3]}, geometry=squares
    )
    return frame.set_crs(crs)


def write_shapefile(path, encoding="UTF-8", cpg=True, frame=None):
    pyogrio.write_dataframe(
        districts() if frame is None else frame, path, driver="ESRI Shapefile", encoding=encoding
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg:
        path.with_suffix(".cpg").write_text(encoding)
    return path


def assert_districts(reading, driver):
    assert reading.driver == driver
    assert reading.rows == len(reading.frame) == 3
    assert reading.frame["name"].tolist() == NAMES
    assert reading.frame["code"].tolist() == ["0102", "0103", "0105"]
    assert reading.frame["people"].tolist() == [1, 2, 3]
    assert reading.frame.crs.equals(CRS.from_epsg(ZONE), ignore_axis_order=True)
    assert reading.frame.area.tolist() == pytest.approx([1e6] * 3)
    assert reading.nonfinite == ()


def test_shapefile(tmp_path):
    reading = read(write_shapefile(tmp_path / "区县.shp"))
    assert_districts(reading, "ESRI Shapefile")
    assert (reading.layer, reading.encoding) == ("区县", "UTF-8")
    assert reading.crs_declared is not None


@pytest.mark.parametrize(("encoding", "cpg"), [("GB18030", True), ("GB18030", False), ("UTF-8", False)])
def test_shapefile_in_chinese_encodings(tmp_path, encoding, cpg):
    reading = read(write_shapefile(tmp_path / "s.shp", encoding, cpg))
    assert_districts(reading, "ESRI Shapefile")
    assert reading.encoding == encoding


def test_shapefile_code_page_numbers_are_understood(tmp_path):
    path = write_shapefile(tmp_path / "s.shp", "GB18030", cpg=False)
    path.with_suffix(".cpg").write_text("936\n")
    assert_districts(read(path), "ESRI Shapefile")


def test_the_callers_encoding_goes_before_the_cpg(tmp_path):
    path = write_shapefile(tmp_path / "s.shp", "GB18030", cpg=False)
    path.with_suffix(".cpg").write_text("UTF-8")
    reading = read(path)
    assert_districts(reading, "ESRI Shapefile")  # the bytes contradict the .cpg
    assert [each.why for each in reading.detected] == ["encoding_label_wrong"]
    said = read(path, encoding="gbk")
    assert_districts(said, "ESRI Shapefile")
    assert [each.why for each in said.detected] == ["encoding_said"]
    with pytest.raises(EncodingUnfit, match="not in UTF-8, as was declared"):
        read(path, encoding="UTF-8")
    with pytest.raises(EncodingUnfit, match="names no encoding"):
        read(path, encoding="klingon")


def test_shapefile_without_prj_has_no_system_until_the_caller_says(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    path.with_suffix(".prj").unlink()
    reading = read(path)
    assert reading.crs_declared is None
    assert reading.frame.crs is None
    assert_districts(read(path, crs="EPSG:4548"), "ESRI Shapefile")


def test_the_callers_system_goes_before_the_files(tmp_path):
    reading = read(write_shapefile(tmp_path / "s.shp"), crs="EPSG:4527")
    assert reading.frame.crs == CRS.from_epsg(4527)
    assert reading.crs_declared.equals(CRS.from_epsg(ZONE), ignore_axis_order=True)
    with pytest.raises(CrsUnknown):
        read(tmp_path / "s.shp", crs="济南坐标")


def test_a_missing_index_is_made_from_the_shapes_and_said(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    path.with_suffix(".shx").unlink()
    reading = read(path)
    assert_districts(reading, "ESRI Shapefile")
    assert [note.code for note in reading.notes] == ["shx_rebuilt"]
    assert not path.with_suffix(".shx").exists()


def test_without_a_table_there_are_shapes_only_and_that_is_said(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    path.with_suffix(".dbf").unlink()
    reading = read(path)
    assert list(reading.frame.columns) == ["geometry"]
    assert reading.frame.area.tolist() == pytest.approx([1e6] * 3)
    assert [note.code for note in reading.notes] == ["dbf_missing"]


def test_a_table_of_another_shapefile_is_refused(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    write_shapefile(tmp_path / "t.shp", frame=districts().iloc[:2])
    (tmp_path / "t.dbf").rename(tmp_path / "s.dbf")
    with pytest.raises(FileDamaged, match=r"3 shapes but its \.dbf has 2 rows"):
        read(path)


def test_companions_may_be_in_capitals(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    for suffix in (".dbf", ".shx", ".prj", ".cpg"):
        path.with_suffix(suffix).rename(path.with_suffix(suffix.upper()))
    assert_districts(read(path.rename(tmp_path / "s.SHP")), "ESRI Shapefile")


def test_geopackage_and_its_layers(tmp_path):
    path = tmp_path / "d.gpkg"
    pyogrio.write_dataframe(districts(), path, layer="区县")
    assert_districts(read(path), "GPKG")
    pyogrio.write_dataframe(pd.DataFrame({"k": ["甲"]}), path, layer="codes", append=True)
    assert layer_names(path) == ("区县", "codes")
    assert_districts(read(path, layer="区县"), "GPKG")
    table = read(path, layer="codes")
    assert not isinstance(table.frame, gpd.GeoDataFrame)
    assert table.frame["k"].tolist() == ["甲"]
    with pytest.raises(SourceLayerUnknown) as caught:
        read(path)
    assert caught.value.names == ["区县", "codes"]
    with pytest.raises(SourceLayerUnknown, match="has no layer 'x'"):
        read(path, layer="x")


def test_reading_a_geopackage_leaves_no_trace(tmp_path):
    path = tmp_path / "d.gpkg"
    pyogrio.write_dataframe(districts(), path)
    before = path.read_bytes()
    read(path)
    assert [each.name for each in tmp_path.iterdir()] == ["d.gpkg"]
    assert path.read_bytes() == before


def test_a_geopackage_somebody_still_writes_is_not_read_by_halves(tmp_path):
    path = tmp_path / "d.gpkg"
    pyogrio.write_dataframe(districts(), path)
    for journal in ("d.gpkg-wal", "d.gpkg-journal"):
        (tmp_path / journal).write_bytes(b"x" * 100)
        with pytest.raises(FileDamaged, match="close it in the program"):
            read(path)
        (tmp_path / journal).unlink()
    assert_districts(read(path), "GPKG")


def test_companions_that_are_links_or_pipes_are_refused_at_once(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    cpg = path.with_suffix(".cpg")
    (tmp_path / "secret").write_text("UTF-8")
    cpg.unlink()
    cpg.symlink_to(tmp_path / "secret")
    with pytest.raises(FileDamaged, match="is no plain file, but a link"):
        read(path)
    cpg.unlink()
    os.mkfifo(cpg)
    with pytest.raises(FileDamaged, match="is no plain file"):
        read(path)
    cpg.unlink()
    assert_districts(read(path), "ESRI Shapefile")


def test_geojson_declares_its_system(tmp_path):
    path = tmp_path / "d.geojson"
    districts().to_crs(4326).to_file(path, driver="GeoJSON")
    reading = read(path, crs=None)
    assert reading.driver == "GeoJSON"
    assert reading.crs_declared == CRS.from_epsg(4326)
    assert reading.frame["name"].tolist() == NAMES
    assert reading.frame["code"].tolist() == ["0102", "0103", "0105"]


def test_geojson_of_another_encoding_is_read_all_the_same(tmp_path):
    text = json.dumps(
        {
            "type": "Feature",
            "properties": {"name": "趵突泉"},
            "geometry": {"type": "Point", "coordinates": [117, 36]},
        },
        ensure_ascii=False,
    )
    path = tmp_path / "g.geojson"
    path.write_bytes(text.encode("gb18030"))
    with pytest.raises(EncodingUnfit, match="is not UTF-8: declare"):
        read(path, encoding="UTF-8")
    assert read(path).frame["name"].tolist() == ["趵突泉"]
    assert read(path, encoding="GB18030").frame["name"].tolist() == ["趵突泉"]
    assert path.read_bytes() == text.encode("gb18030")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read(path).frame["name"].tolist() == ["趵突泉"]


def test_geojson_with_missing_geometry_and_nested_properties(tmp_path):
    features = [
        {"type": "Feature", "properties": {"tags": ["a", "泉"], "n": 1}, "geometry": None},
        {
            "type": "Feature",
            "properties": {"tags": [], "n": None},
            "geometry": {"type": "Point", "coordinates": [1, 2]},
        },
    ]
    path = tmp_path / "g.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    frame = read(path).frame
    assert frame.geometry[0] is None
    assert frame.geometry[1] == Point(1, 2)
    assert json.loads(frame["tags"][0]) == ["a", "泉"]
    assert frame["n"].tolist() == [1, pd.NA]


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_geoparquet(tmp_path, encoding):
    path = tmp_path / "d.parquet"
    districts().rename_geometry("形状").to_parquet(path, geometry_encoding=encoding, schema_version="1.1.0")
    assert_districts(read(path), "Parquet")
    assert read(path).frame.geometry.name == "geometry"


def test_geoparquet_with_and_without_a_system(tmp_path):
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)])
    frame.to_parquet(tmp_path / "none.parquet")
    assert read(tmp_path / "none.parquet").crs_declared is None
    frame.set_crs("OGC:CRS84").to_parquet(tmp_path / "crs84.parquet")
    assert read(tmp_path / "crs84.parquet").crs_declared == CRS.from_epsg(4326)


def test_plain_parquet_is_a_table_or_has_points(tmp_path):
    table = pd.DataFrame({"code": ["0531"], "kind": pd.Categorical(["街道"])})
    table.to_parquet(tmp_path / "t.parquet")
    reading = read(tmp_path / "t.parquet")
    assert not isinstance(reading.frame, gpd.GeoDataFrame)
    assert reading.frame.to_dict("list") == {"code": ["0531"], "kind": ["街道"]}
    table.assign(lon=117.0, lat=36.6).to_parquet(tmp_path / "p.parquet")
    assert read(tmp_path / "p.parquet").frame.geometry.tolist() == [Point(117.0, 36.6)]


def test_fields_called_like_the_geometry_give_way(tmp_path):
    frame = gpd.GeoDataFrame({"geometry": ["几何"]}).set_geometry(gpd.GeoSeries([Point(1, 2)]))
    frame = gpd.GeoDataFrame(
        {"geometry": ["几何"], "geom": gpd.GeoSeries([Point(1, 2)], crs=4326)}
    ).set_geometry("geom")
    pyogrio.write_dataframe(frame, tmp_path / "d.gpkg", GEOMETRY_NAME="geom")
    back = read(tmp_path / "d.gpkg").frame
    assert back["geometry_field"].tolist() == ["几何"]
    assert back.geometry.tolist() == [Point(1, 2)]


@pytest.mark.parametrize(
    ("header", "declared"),
    [
        ("name,lon,lat", 4326),
        ("name,LNG,LAT", 4326),
        ("name,longitude,latitude", 4326),
        ("名称,经度,纬度", 4326),
        ("name,x,y", None),
    ],
)
def test_csv_with_pairs_of_coordinates(tmp_path, header, declared):
    path = tmp_path / "p.csv"
    path.write_text(f"{header}\n趵突泉,117.015,36.6613\n黑虎泉,117.03,36.66\n")
    reading = read(path)
    assert reading.crs_declared == (declared and CRS.from_epsg(declared))
    assert reading.frame.geometry.tolist() == [Point(117.015, 36.6613), Point(117.03, 36.66)]
    assert reading.frame.iloc[:, 0].tolist() == ["趵突泉", "黑虎泉"]
    assert read(path, crs="EPSG:4490").frame.crs == CRS.from_epsg(4490)


def test_csv_with_doubtful_pairs_asks_the_caller(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,lon_gcj02,lat_gcj02,lon_wgs84,lat_wgs84\na,117.02,36.66,117.01,36.65\n")
    with pytest.raises(ColumnsUnfit, match="lon_gcj02/lat_gcj02, lon_wgs84/lat_wgs84"):
        read(path)
    reading = read(path, x_column="lon_wgs84", y_column="lat_wgs84", crs="EPSG:4326")
    assert reading.frame.geometry.tolist() == [Point(117.01, 36.65)]
    assert reading.crs_declared is None
    for columns in ({"x_column": "lon"}, {"y_column": "lat_wgs84"}):
        with pytest.raises(ColumnsUnfit):
            read(path, **columns)
    path.write_text("id,lon,lat,x,y\na,117,36,500000,4050000\n")
    with pytest.raises(ColumnsUnfit, match="lon/lat, x/y"):
        read(path)


def test_csv_with_wkt(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text('name;wkt\n甲;POLYGON ((0 0, 1 0, 1 1, 0 0))\n乙;\n丙;"POINT (1 2)"\n丁;POLYGON ((0 0\n')
    reading = read(path, crs="EPSG:4548")
    assert reading.frame.geometry[0].equals(Polygon([(0, 0), (1, 0), (1, 1)]))
    assert reading.frame.geometry[1] is None
    assert reading.frame.geometry[2] == Point(1, 2)
    assert (reading.nonfinite, reading.unreadable) == ((), (4,))
    assert list(reading.frame.columns) == ["name", "geometry"]


def test_csv_rows_that_are_nowhere_are_listed(tmp_path):
    rows = ["117,36", ",", "1e400,36", "nan,36", "117,", "电话,36", "-inf,0", " +117.5 ,36", "9999999999,0"]
    path = tmp_path / "p.csv"
    path.write_text("lon,lat\n" + "\n".join(rows) + "\n")
    reading = read(path)
    assert reading.nonfinite == (3, 4, 5, 6, 7)
    assert reading.frame.geometry.isna().tolist() == [False, True, True, True, True, True, True, False, False]
    assert reading.frame.geometry[7] == Point(117.5, 36)


def test_csv_in_several_encodings(tmp_path):
    path, text = tmp_path / "t.csv", "名称,代码\n历下区,0102\n"
    for encoding, named in [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("gb18030", "GB18030"),
        ("utf-16", "UTF-16"),
    ]:
        path.write_text(text, encoding=encoding)
        reading = read(path)
        assert reading.encoding == named
        assert reading.frame.to_dict("list") == {"名称": ["历下区"], "代码": ["0102"]}
    path.write_text("名稱,代碼\n歷下區,0102\n", encoding="big5")
    assert read(path, encoding="big5").frame["名稱"].tolist() == ["歷下區"]
    path.write_bytes(b"a,b\n\xff\xfe\xfd,1\n")
    with pytest.raises(EncodingUnfit, match="declare the encoding"):
        read(path)
    with pytest.raises(EncodingUnfit, match="not UTF-8"):
        read(path, encoding="UTF-8")


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", FileEmpty, "no bytes"),
        (b" \n\n", FileEmpty, "only blanks"),
        (b"\x00\x01\x02", FormatUnknown, "no format that is read"),
        (b"PK\x03\x04xxxx", FormatUnknown, "ZIP"),
        (b"%PDF-1.7", FormatUnknown, "PDF"),
        (b"<gml/>", FormatUnknown, "XML"),
        (b"just a sentence\n", FormatUnknown, "without a comma"),
        (b"SQLite format 3\x00" + bytes(200), FormatUnknown, "no GeoPackage"),
        (b"a,b\n1,2\n3\n", FileDamaged, "uneven"),
        (b"a,a\n1,2\n", ColumnsUnfit, "called 'a'"),
        (b'{"type": "Topology"}', FormatUnknown, "is TopoJSON"),
        (b'{"type": "Feature"}\n{"type": "Feature"}\n', FormatUnknown, "sequence of GeoJSON"),
        (b'\x1e{"type": "Feature"}\n', FormatUnknown, "sequence of GeoJSON"),
        (b"AC1027\x00\x00", FormatUnknown, "save it as DXF"),
        (b"7z\xbc\xaf\x27\x1c", FormatUnknown, "7z"),
        (b"Rar!\x1a\x07\x00", FormatUnknown, "pack it as ZIP"),
        (b"\x1f\x8b\x08\x00", FormatUnknown, "gzip"),
        (b"\x89PNG\r\n", FormatUnknown, "is a picture"),
        (b'{"hello": 1}', FormatUnknown, "not the GeoJSON"),
        (b"PAR1\x00\x00", FileDamaged, "breaks off"),
    ],
)
def test_what_is_no_data_is_said_in_one_sentence(tmp_path, content, error, words):
    path = tmp_path / "数据.geojson"
    path.write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        read(path)
    assert str(caught.value).startswith("数据.geojson: ")
    assert str(tmp_path) not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileMissing, match=r"nothing\.gpkg"):
        read(tmp_path / "nothing.gpkg")
    with pytest.raises(FileMissing):
        read(tmp_path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".shp"])
def test_truncated_files_are_refused(tmp_path, suffix, share):
    whole = tmp_path / f"whole{suffix}"
    frame = pd.concat([districts(4326)] * 300, ignore_index=True)
    frame.geometry = gpd.points_from_xy(np.linspace(0, 1, 900), np.linspace(0, 1, 900), crs=4326)
    if suffix == ".parquet":
        frame.to_parquet(whole)
    else:
        frame.to_file(whole, encoding="UTF-8") if suffix == ".shp" else pyogrio.write_dataframe(frame, whole)
    content = whole.read_bytes()
    whole.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileDamaged):
        read(whole)


def test_a_truncated_dbf_is_refused(tmp_path):
    path = write_shapefile(tmp_path / "s.shp")
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:-60])
    with pytest.raises(FileDamaged, match=r"s\.dbf: the file is shorter"):
        read(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_vertices_are_listed_by_row(tmp_path, value):
    with np.errstate(invalid="ignore"):
        broken = Polygon([(0, 0), (value, 0), (1, 1), (0, 0)])
    shapes = [Point(117, 36), broken, None, Point(1, 2)]
    frame = gpd.GeoDataFrame({"n": range(4)}, geometry=shapes, crs=4326)
    frame.to_parquet(tmp_path / "d.parquet")
    pyogrio.write_dataframe(frame, tmp_path / "d.gpkg")
    for name in ("d.parquet", "d.gpkg"):
        reading = read(tmp_path / name)
        assert reading.nonfinite == (2,)
        assert reading.frame.geometry.isna().tolist() == [False, True, True, False]
        assert reading.frame["n"].tolist() == [0, 1, 2, 3]


def test_empty_layers_are_read_as_such(tmp_path):
    empty = districts().iloc[:0]
    pyogrio.write_dataframe(empty, tmp_path / "d.gpkg", geometry_type="Polygon")
    empty.to_parquet(tmp_path / "d.parquet")
    (tmp_path / "d.csv").write_text("name,lon,lat\n")
    (tmp_path / "d.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    for name in ("d.gpkg", "d.parquet", "d.csv", "d.geojson"):
        assert read(tmp_path / name).rows == 0


def test_the_name_of_a_file_decides_nothing(tmp_path):
    pyogrio.write_dataframe(districts(), tmp_path / "d.gpkg")
    shutil.copy(tmp_path / "d.gpkg", tmp_path / "d.csv")
    assert format_of(tmp_path / "d.csv") == "GPKG"
    assert_districts(read(tmp_path / "d.csv"), "GPKG")


@pytest.mark.shared
def test_real_files_are_read(shared):
    data = shared / "data"
    assert (
        read(data / "boundaries/jinan_districts_wgs84.geojson").frame["name"].str.endswith(("区", "县")).all()
    )
    roads = read(data / "network/jinan_road_edges.parquet")
    assert (roads.rows, roads.crs_declared) == (28597, CRS.from_epsg(4326))
    core = read(data / "network/jinan_core_roads.gpkg", layer="edges")
    assert core.rows == 5718
    hexes = read(data / "raster/porto_alegre_hexgrid.csv")
    assert hexes.frame["population"].sum() == 812935
    codes = read(data / "admin/jinan_communities.csv").frame
    assert codes["code"].astype("str").str.len().eq(12).all()
    dirty = read(data / "poi/jinan_charging_stations_raw.csv")
    assert dirty.rows == 992
    assert dirty.frame.geometry.x.max() == 9999999999


@pytest.mark.shared
def test_the_extract_of_porto_alegre_gives_the_prepared_network(shared):
    """The same nodes and edges in the same order as the Parquet files made from it with another tool."""
    folder = shared / "data/network"
    nodes, edges = read_osm_network(folder / "porto_alegre.osm.pbf")
    known_nodes = pd.read_parquet(folder / "porto_alegre_walk_nodes.parquet")
    known_edges = pd.read_parquet(folder / "porto_alegre_walk_edges.parquet")
    for column in ("node_id", "osm_node_id", "lon", "lat"):
        assert (nodes[column].to_numpy() == known_nodes[column].to_numpy()).all()
    for column in ("u", "v", "osm_way_id"):
        assert (edges[column].to_numpy() == known_edges[column].to_numpy()).all()
    assert edges["highway"].tolist() == known_edges["highway"].tolist()
    assert (
        nodes["access"].isin(["no", "private"]).sum() == 29  # gates that shut walkers out
    )  # gates, lifts and the like that shut walkers out
    assert not edges["access"].isin(["no", "private"]).any()  # such streets are left out
    ends = gpd.points_from_xy(nodes["lon"], nodes["lat"], crs=4326).to_crs(31982)
    km = ends[edges["u"]].distance(ends[edges["v"]]).sum() / 1000
    assert km == pytest.approx(1840, rel=1e-3)


@pytest.mark.shared
def test_holes_in_an_extract_are_not_bridged(shared):
    """Helsinki's extract lacks vertices at its edge: the prepared table joins across: 8 more edges."""
    nodes, edges = read_osm_network(shared / "data/network/helsinki_centre.osm.pbf")
    assert (len(nodes), len(edges)) == (6573 - 5, 7782 - 8)
    with pytest.raises(FormatUnknown, match="read it as a network"):
        read(shared / "data/network/helsinki_centre.osm.pbf")


def test_only_extracts_are_networks(tmp_path):
    (tmp_path / "p.csv").write_text("lon,lat\n1,2\n")
    with pytest.raises(FormatUnknown, match="no OpenStreetMap extract"):
        read_osm_network(tmp_path / "p.csv")


def test_a_shapefile_in_big5_and_one_in_a_local_system_say_so(tmp_path):
    frame = gpd.GeoDataFrame(
        {"name": ["臺北市中正區重慶南路一段", "高雄市前鎮區中華五路停車場"]},
        geometry=[Point(500_000, 4_058_000), Point(501_000, 4_058_000)],
        crs=4548,
    )
    path = write_shapefile(tmp_path / "s.shp", "BIG5", cpg=False, frame=frame)
    path.with_suffix(".prj").write_text('LOCAL_CS["济南城市坐标系",UNIT["metre",1]]', encoding="utf-8")
    reading = read(path)
    assert reading.frame["name"].tolist() == frame["name"].tolist()
    assert reading.crs_declared is None
    assert [(each.value, each.why) for each in reading.detected] == [
        ("Big5", "encoding_bytes"),
        ("", "crs_label_unknown"),
    ]

"""KML, KMZ and DXF written by the test, and FlatGeobuf: layers, Chinese texts, damaged files."""

import struct
import zipfile

import geopandas as gpd
import pyogrio
import pytest
from pyproj import CRS
from shapely.geometry import LineString, Point, Polygon

from geo.errors import FileDamaged, FileEmpty, FormatUnknown, ReadError, ReadTooLarge, SourceLayerUnknown
from geo.readers import format_of, layer_names, read

SPRING = """<Placemark><name>趵突泉</name><description>天下第一泉</description><ExtendedData>
<Data name="code"><value>0102</value></Data></ExtendedData>
<Point><coordinates>117.01,36.66</coordinates></Point></Placemark>"""
PARK = """<Placemark><name>大明湖</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
117,36 118,36 118,37 117,36</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"""


def kml(*folders, encoding="UTF-8"):
    body = "".join(f"<Folder><name>{name}</name>{content}</Folder>" for name, content in folders)
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
    return f"{text}<Document><name>济南</name>{body}</Document></kml>".encode(encoding)


def dxf(*entities, header=""):
    groups = ["0", "SECTION", "2", "HEADER", *header.split(), "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES"]
    return [*groups, *(str(each) for entity in entities for each in entity), "0", "ENDSEC", "0", "EOF", ""]


LINE = (0, "LINE", 8, "停车线", 62, 1, 10, 500000.0, 20, 4050000.0, 11, 500010.0, 21, 4050000.0)
TEXT = (0, "TEXT", 8, "注记", 10, 500000.0, 20, 4050000.0, 40, 2.5, 1, "趵突泉停车场")


def test_kml_folders_are_layers(tmp_path):
    path = tmp_path / "d.kml"
    path.write_bytes(kml(("泉水", SPRING), ("公园", PARK)))
    assert layer_names(path) == ("泉水", "公园")
    with pytest.raises(SourceLayerUnknown):
        read(path)
    reading = read(path, layer="泉水")
    assert reading.crs_declared == CRS.from_epsg(4326)
    assert list(reading.frame.columns) == ["Name", "description", "code", "folder", "geometry"]
    assert reading.frame["folder"].tolist() == ["泉水"]
    assert reading.frame["code"].tolist() == ["0102"]
    assert reading.frame.geometry.tolist() == [Point(117.01, 36.66)]
    assert read(path, layer="公园").frame.geometry.tolist() == [Polygon([(117, 36), (118, 36), (118, 37)])]


FIELDS = ("类别", "备注 1", "a&amp;b", "plain", "名称")


def test_data_of_a_kml_keep_their_names(tmp_path):
    data = "".join(f'<Data name="{name}"><value>v{at}</value></Data>' for at, name in enumerate(FIELDS))
    point = "<Point><coordinates>117,36.6</coordinates></Point>"
    mark = f"<Placemark><name>泉</name><ExtendedData>{data}</ExtendedData>{point}</Placemark>"
    path = tmp_path / "d.kml"
    path.write_bytes(kml(("泉水", mark)))
    row = read(path).frame.iloc[0]
    assert [row[name] for name in ("类别", "备注 1", "a&b", "plain", "名称")] == [
        "v0",
        "v1",
        "v2",
        "v3",
        "v4",
    ]


def test_fields_of_a_schema_keep_their_names(tmp_path):
    """As ArcGIS and ogr2ogr write them: a schema with types in front, values in the placemarks."""
    schema = (
        '<Schema name="泉" id="s"><SimpleField type="string" name="类别"></SimpleField>'
        "<SimpleField name='水位' type='float'></SimpleField></Schema>"
    )
    values = '<SimpleData name="类别">名泉</SimpleData><SimpleData name="水位">28.5</SimpleData>'
    data = f'<ExtendedData><SchemaData schemaUrl="#s">{values}</SchemaData></ExtendedData>'
    mark = f"<Placemark>{data}<Point><coordinates>117,36.6</coordinates></Point></Placemark>"
    text = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{schema}{mark}</Document></kml>'
    path = tmp_path / "d.kml"
    path.write_text(text, encoding="utf-8")
    frame = read(path).frame
    assert (frame["类别"].tolist(), frame["水位"].tolist()) == (["名泉"], [28.5])
    assert "folder" not in frame  # the document is no folder


def test_a_column_called_folder_stays_the_files(tmp_path):
    own = SPRING.replace('name="code"', 'name="Folder"')
    path = tmp_path / "d.kml"
    path.write_bytes(kml(("泉水", own)))
    frame = read(path).frame
    assert frame["Folder"].tolist() == ["0102"]
    assert "folder" not in frame


def test_kml_in_another_encoding(tmp_path):
    path = tmp_path / "d.kml"
    path.write_bytes(kml(("泉水", SPRING), encoding="GB18030"))
    reading = read(path)
    assert (reading.layer, reading.encoding) == ("泉水", "GB18030")
    assert reading.frame["Name"].tolist() == ["趵突泉"]


def test_kmz(tmp_path):
    path = tmp_path / "d.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("files/a.png", b"\x89PNG")
        archive.writestr("other.kml", kml(("公园", PARK)))
        archive.writestr("doc.kml", kml(("泉水", SPRING)))
    assert format_of(path) == "LIBKML"
    assert layer_names(path) == ("泉水",)
    assert read(path).frame["Name"].tolist() == ["趵突泉"]


def test_a_kmz_that_swells_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", kml(("泉水", SPRING + " " * 5_000_000)))
    with pytest.raises(ReadTooLarge, match="over 200 times"):
        read(tmp_path / "d.kmz")


def test_damaged_kml_is_refused(tmp_path):
    path = tmp_path / "d.kml"
    path.write_bytes(kml(("泉水", SPRING * 50))[:3000])
    with pytest.raises(FileDamaged):
        read(path)
    path.write_bytes(kml())
    with pytest.raises((FileEmpty, ReadError)):
        read(path, layer="x")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_dxf_layers_texts_and_colours(tmp_path, newline, encoding):
    path = tmp_path / "图.dxf"
    path.write_bytes(newline.join(dxf(LINE, TEXT)).encode(encoding))
    assert format_of(path) == "DXF"
    assert layer_names(path) == ("停车线", "注记")
    lines = read(path, layer="停车线")
    assert lines.crs_declared is None
    assert lines.frame.geometry.tolist() == [LineString([(500000, 4050000), (500010, 4050000)])]
    assert lines.frame["colour"].tolist() == ["#ff0000"]
    texts = read(path, layer="注记", crs="EPSG:4548").frame
    assert texts["text"].tolist() == ["趵突泉停车场"]
    assert texts["layer"].tolist() == ["注记"]
    assert texts.crs == CRS.from_epsg(4548)


def test_blocks_of_a_dxf_are_taken_apart(tmp_path):
    """A block of one line of length 3, put at (10, 20)."""
    block = ["0", "SECTION", "2", "BLOCKS", "0", "BLOCK", "8", "0", "2", "B", "10", "0", "20", "0"]
    block += ["0", "LINE", "8", "a", "10", "0", "20", "0", "11", "3", "21", "0", "0", "ENDBLK", "0", "ENDSEC"]
    insert = (0, "INSERT", 8, "a", 2, "B", 10, 10, 20, 20)
    path = tmp_path / "b.dxf"
    groups = dxf(insert)
    entities = groups.index("ENDSEC") + 1
    path.write_text("\n".join([*groups[:entities], *block, *groups[entities:]]))
    shapes = read(path).frame.geometry
    assert shapes.length.sum() == 3
    assert shapes.total_bounds.tolist() == [10, 20, 13, 20]


def test_damaged_and_binary_dxf_are_refused(tmp_path):
    path = tmp_path / "d.dxf"
    path.write_text("\n".join(dxf(LINE, TEXT))[:150])
    with pytest.raises(FileDamaged):
        read(path)
    path.write_bytes(b"AutoCAD Binary DXF\r\n\x1a\x00" + struct.pack("<B", 0) + b"SECTION\x00")
    with pytest.raises(FormatUnknown, match="binary form"):
        read(path)


def test_flatgeobuf(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["趵突泉", "黑虎泉"]}, geometry=[Point(1, 2), Point(3, 4)], crs=4490)
    path = tmp_path / "d.fgb"
    pyogrio.write_dataframe(frame, path, SPATIAL_INDEX="NO")
    reading = read(path)
    assert (reading.driver, reading.crs_declared) == ("FlatGeobuf", CRS.from_epsg(4490))
    assert reading.frame["name"].tolist() == ["趵突泉", "黑虎泉"]
    assert reading.frame.geometry.tolist() == [Point(1, 2), Point(3, 4)]
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FileDamaged):
        read(path)


def test_a_damaged_geodatabase_is_refused(tmp_path):
    folder = tmp_path / "d.gdb"
    frame = gpd.GeoDataFrame({"name": ["趵突泉"] * 100}, geometry=[Point(1, 2)] * 100, crs=4326)
    pyogrio.write_dataframe(frame, folder, layer="泉", driver="OpenFileGDB")
    assert read(folder).rows == 100
    largest = max(folder.glob("*.gdbtable"), key=lambda path: path.stat().st_size)
    catalog = folder / "a00000001.gdbtable"
    for path in (largest, catalog):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(ReadError):
        read(folder)

"""What an uploader sent, sorted into data sets: content tells the format, names what belongs together."""

import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point

from geo.errors import FileDamaged
from geo.formats import NamedFile, datasets, detect, group, is_archive
from geo.readers import layer_names, read


def frame(names=("趵突泉", "黑虎泉")) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": list(names)}, geometry=[Point(117 + i, 36) for i in range(len(names))], crs=4326
    )


def stored(folder: Path, names: dict[str, Path]) -> list[NamedFile]:
    """Files as the server keeps them: under numbers; their own names are only said."""
    files = []
    for number, (name, path) in enumerate(names.items()):
        place = folder / str(number)
        place.write_bytes(path.read_bytes())
        files.append(NamedFile(name, place))
    return files


@pytest.fixture
def shapefile(tmp_path) -> Path:
    folder = tmp_path / "made"
    folder.mkdir()
    pyogrio.write_dataframe(frame(), folder / "s.shp", encoding="UTF-8")
    return folder / "s.shp"


@pytest.fixture
def place(tmp_path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def named(shapefile: Path, stem: str, suffixes=("shp", "shx", "dbf", "prj", "cpg")) -> dict[str, Path]:
    return {f"{stem}.{suffix}": shapefile.with_suffix(f".{suffix.lower()}") for suffix in suffixes}


def test_several_shapefiles_in_folders_keep_their_companions(shapefile, place):
    names = named(shapefile, "上报/停车场") | named(shapefile, "上报/泉/泉水", ("SHP", "Shx", "DBF", "prj"))
    found = group(stored(place, names))
    assert [source.name for source in found.sources] == ["停车场.shp", "泉水.SHP"]
    assert found.unfit == ()
    assert sorted(found.sources[1].parts) == ["dbf", "prj", "shp", "shx"]
    for source in found.sources:
        reading = read(source)
        assert reading.frame["name"].tolist() == ["趵突泉", "黑虎泉"]
        assert reading.layer == Path(source.name).stem


def test_data_sets_of_one_name_are_told_apart_by_their_folders(shapefile, place):
    found = datasets(stored(place, named(shapefile, "历下/s") | named(shapefile, "市中/s")))
    assert [source.name for source in found] == ["历下/s.shp", "市中/s.shp"]
    assert not set(found[0].parts.values()) & set(found[1].parts.values())


def test_a_companion_whose_stem_differs_in_case_only_is_used_where_there_is_no_other(shapefile, place):
    names = named(shapefile, "Parks", ("shp", "shx", "dbf")) | named(shapefile, "PARKS", ("prj", "dbf"))
    files = stored(place, names)
    shapes, table = datasets(files)
    assert shapes.parts["dbf"] == next(file.path for file in files if file.name == "Parks.dbf")
    assert shapes.parts["prj"] == next(file.path for file in files if file.name == "PARKS.prj")
    assert (table.name, table.driver) == ("PARKS.dbf", "dBASE")
    assert read(table).frame["name"].tolist() == ["趵突泉", "黑虎泉"]


def test_what_programs_leave_behind_is_ignored(shapefile, place, tmp_path):
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x00\x01\x02\x03")
    names = named(shapefile, "s")
    for name in (
        *("__MACOSX/._s.shp", ".DS_Store", "a/Thumbs.db", "desktop.ini", "s.qpj", "s.shp.xml", "s.sbn"),
        *("S.SBX", "~$台账.xlsx", "._s.dbf"),
    ):
        names[name] = junk
    found = group(stored(place, names))
    assert [source.name for source in found.sources] == ["s.shp"]
    assert found.unfit == ()


def test_what_fits_nothing_is_reported_with_its_cause(shapefile, place, tmp_path):
    texts = {
        "说明.pdf": b"%PDF-1.7",
        "空.csv": b"",
        "图.dwg": b"AC1032...",
        "坏.shp": b"\x00\x00\x27\x0a\x00",
    }
    names = named(shapefile, "别处/道路", ("shx", "prj"))
    for name, content in texts.items():
        path = tmp_path / f"made{len(names)}"
        path.write_bytes(content)
        names[name] = path
    found = group(stored(place, names))
    assert found.sources == ()
    assert {each.file.name: each.error.cause for each in found.unfit} == {
        "说明.pdf": "pdf",
        "空.csv": "no_bytes",
        "图.dwg": "dwg",
        "坏.shp": "too_short",
        "别处/道路.shx": "companion",
        "别处/道路.prj": "companion",
    }


def test_a_shapefile_is_told_by_its_content(shapefile, place):
    (source,) = datasets(stored(place, {"s.dat": shapefile, "s.dbf": shapefile.with_suffix(".dbf")}))
    assert source.driver == "ESRI Shapefile"
    reading = read(source)
    assert reading.frame["name"].tolist() == ["趵突泉", "黑虎泉"]
    assert [note.code for note in reading.notes] == ["shx_rebuilt"]


def test_a_file_geodatabase_is_one_data_set(tmp_path, place):
    folder = tmp_path / "made.gdb"
    pyogrio.write_dataframe(frame(), folder, layer="泉水", driver="OpenFileGDB")
    pyogrio.write_dataframe(frame(("公园",)), folder, layer="公园", driver="OpenFileGDB", append=True)
    names = {f"数据/济南.gdb/{path.name}": path for path in sorted(folder.iterdir())}
    found = group(stored(place, names))
    (source,) = found.sources
    assert (source.name, source.driver, found.unfit) == ("济南.gdb", "OpenFileGDB", ())
    assert layer_names(source) == ("泉水", "公园")
    assert read(source, layer="公园").frame["name"].tolist() == ["公园"]
    assert read(folder, layer="泉水").frame["name"].tolist() == ["趵突泉", "黑虎泉"]


def test_two_files_of_one_name_are_two_data_sets(tmp_path):
    files = []
    for number in range(2):
        path = tmp_path / str(number)
        path.write_text(f"a,b\n{number},2\n")
        files.append(NamedFile("表.csv", path))
    assert [source.path for source in datasets(files)] == [file.path for file in files]


def test_a_geopackage_somebody_still_writes_is_reported(tmp_path, place):
    pyogrio.write_dataframe(frame(), tmp_path / "d.gpkg")
    (tmp_path / "wal").write_bytes(b"x" * 100)
    names = {"d.gpkg": tmp_path / "d.gpkg", "d.gpkg-wal": tmp_path / "wal", "d.gpkg-shm": tmp_path / "wal"}
    found = group(stored(place, names))
    assert found.sources == ()
    assert {each.file.name: each.error.cause for each in found.unfit}["d.gpkg"] == "still_open"


def test_detect_finds_companions_beside_the_file(shapefile):
    source = detect(shapefile)
    assert source.name == "s.shp"
    assert sorted(source.parts) == ["cpg", "dbf", "prj", "shp", "shx"]


def test_archives_are_told_from_spreadsheets_and_documents(tmp_path):
    def packed(name, *members):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member in members:
                archive.writestr(member, "x")
        return tmp_path / name

    assert is_archive(packed("a.xlsx", "s.shp", "s.dbf"))
    assert is_archive(packed("nested.zip", "a/xl/workbook.xml"))
    assert not is_archive(packed("b.zip", "[Content_Types].xml", "xl/workbook.xml"))
    assert not is_archive(packed("c.zip", "[Content_Types].xml", "word/document.xml"))
    assert not is_archive(packed("d.zip", "doc.kml", "files/a.png"))
    assert not is_archive(packed("e.zip", "mimetype", "content.xml"))


def test_a_link_is_followed_where_the_caller_names_it_and_nowhere_else(tmp_path):
    (tmp_path / "real.csv").write_text("name,lon,lat\na,117,36\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    reading = read(tmp_path / "link.csv")
    assert (reading.rows, reading.layer) == (1, "link")
    (source,) = datasets([NamedFile("a.csv", tmp_path / "link.csv")])
    with pytest.raises(FileDamaged, match="no plain file"):
        read(source)

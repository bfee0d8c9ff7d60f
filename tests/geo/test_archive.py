"""Archives of others: members come out under numbers, and whatever could do harm is refused whole."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Point

from geo.errors import FileDamaged, FileEmpty, ReadError, ReadTooLarge
from geo.formats import NamedFile, datasets
from geo.readers import ReadLimits, read, unpack


@pytest.fixture
def into(tmp_path) -> Path:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder


def packed(path: Path, members: dict[str, bytes], method=zipfile.ZIP_DEFLATED) -> NamedFile:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return NamedFile("上报.zip", path)


def shapefile(folder: Path, encoding="GB18030") -> dict[str, bytes]:
    frame = gpd.GeoDataFrame({"name": ["趵突泉"]}, geometry=[Point(117, 36)], crs=4326)
    pyogrio.write_dataframe(frame, folder / "s.shp", encoding=encoding)
    return {path.suffix: path.read_bytes() for path in folder.glob("s.*")}


def renamed(path: Path, old: bytes, new: bytes) -> None:
    """Put other bytes of equal length where a name is, in the heads and in the directory."""
    content = path.read_bytes()
    assert len(old) == len(new)
    assert content.count(old) >= 2
    path.write_bytes(content.replace(old, new))


def test_members_get_numbers_and_keep_their_names(tmp_path, into):
    members = {f"泉城/泉水{suffix}": content for suffix, content in shapefile(tmp_path).items()}
    files = unpack(packed(tmp_path / "a", members | {"__MACOSX/._x": b"junk", "泉城/": b""}), into)
    assert [file.name for file in files] == [f"上报.zip/{name}" for name in members]
    assert sorted(path.name for path in into.iterdir()) == sorted(str(n) for n in range(len(members)))
    (source,) = datasets(files)
    assert source.name == "泉水.shp"
    assert read(source).frame["name"].tolist() == ["趵突泉"]


def test_two_archives_may_be_unpacked_to_one_folder(tmp_path, into):
    first = unpack(packed(tmp_path / "a", {"a.csv": b"a,b\n1,2\n"}), into)
    second = unpack(packed(tmp_path / "b", {"a.csv": b"a,b\n3,4\n"}), into)
    assert first[0].path.read_bytes() != second[0].path.read_bytes()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_without_a_flag_are_chinese_where_that_fits(tmp_path, into, encoding):
    name = "济南停车场.csv".encode(encoding)
    file = packed(tmp_path / "a", {"x" * len(name): b"a,b\n1,2\n"})
    renamed(file.path, b"x" * len(name), name)
    assert [each.name for each in unpack(file, into)] == ["上报.zip/济南停车场.csv"]


def test_other_names_without_a_flag_are_of_the_first_code_page(tmp_path, into):
    file = packed(tmp_path / "a", {"xxxx.csv": b"a,b\n1,2\n"})
    renamed(file.path, b"xxxx.csv", b"caf\x82.csv")
    assert [each.name for each in unpack(file, into)] == ["上报.zip/café.csv"]


@pytest.mark.parametrize(
    "name", ["../a.csv", "/a.csv", "a/../b.csv", "a\\b.csv", "C:/a.csv", "a//b.csv", "./a.csv"]
)
def test_names_that_lead_out_are_refused(tmp_path, into, name):
    with pytest.raises(FileDamaged, match="unsafe name"):
        unpack(packed(tmp_path / "a", {name: b"a,b\n"}), into)
    assert list(into.iterdir()) == []


def test_a_nul_in_a_name_is_refused(tmp_path, into):
    file = packed(tmp_path / "a", {"a.csvXtxt": b"a,b\n"})
    renamed(file.path, b"a.csvXtxt", b"a.csv\x00txt")
    with pytest.raises(FileDamaged):
        unpack(file, into)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path, into, kind):
    info = zipfile.ZipInfo("a.csv")
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(FileDamaged, match="no plain file"):
        unpack(NamedFile("a.zip", tmp_path / "a"), into)


def test_names_that_differ_only_in_case_are_refused(tmp_path, into):
    with pytest.raises(FileDamaged, match="two members"):
        unpack(packed(tmp_path / "a", {"a.csv": b"a,b\n", "A.CSV": b"a,b\n"}), into)


def test_a_password_is_said(tmp_path, into):
    file = packed(tmp_path / "a", {"a.csv": b"a,b\n1,2\n"})
    content = bytearray(file.path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 8] |= 1
    content[6] |= 1
    file.path.write_bytes(content)
    with pytest.raises(FileDamaged, match="password"):
        unpack(file, into)


@pytest.mark.parametrize("head", [b"\x1f\x8b\x08\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\x00"])
def test_archives_of_other_kinds_inside_are_refused(tmp_path, into, head):
    with pytest.raises(FileDamaged, match="another in it"):
        unpack(packed(tmp_path / "a", {"a.csv": b"a,b\n", "b": head + bytes(50)}), into)


def test_an_archive_in_an_archive_is_refused_and_a_workbook_is_not(tmp_path, into):
    inner = packed(tmp_path / "inner", {"a.csv": b"a,b\n"}).path.read_bytes()
    with pytest.raises(FileDamaged, match=r"another in it: 'x/inner\.zip'"):
        unpack(packed(tmp_path / "a", {"x/inner.zip": inner}), into)
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("xl/workbook.xml", "x")
    assert len(unpack(packed(tmp_path / "b", {"台账.xlsx": book.getvalue()}), into)) == 1


def test_a_member_that_swells_is_stopped_while_it_is_unpacked(tmp_path, into):
    file = packed(tmp_path / "a", {"a.csv": b" " * 4_000_000})
    with pytest.raises(ReadTooLarge, match="over 200 times"):
        unpack(file, into)
    assert list(into.iterdir()) == []


def test_a_size_in_the_head_that_lies_does_not_help(tmp_path, into):
    """The directory says ten bytes: the member is then cut there, and its checksum tells."""
    file = packed(tmp_path / "a", {"a.csv": b" " * 4_000_000})
    content = bytearray(file.path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 10)
    file.path.write_bytes(content)
    with pytest.raises(FileDamaged, match="archive is damaged"):
        unpack(file, into)


def test_the_sum_of_all_members_is_limited(tmp_path, into):
    file = packed(tmp_path / "a", {f"{n}.csv": b"a,b\n" * 100 for n in range(5)})
    assert len(unpack(file, into, limits=ReadLimits(unpacked_bytes=2000))) == 5
    with pytest.raises(ReadTooLarge, match="more than 1999 bytes"):
        unpack(file, into, limits=ReadLimits(unpacked_bytes=1999))


def test_members_are_counted_and_geodatabases_may_have_more(tmp_path, into):
    with pytest.raises(ReadTooLarge, match="101 members, the limit is 100"):
        unpack(packed(tmp_path / "a", {f"{n}.csv": b"a,b\n" for n in range(101)}), into)
    inside = {f"x.gdb/a{n:08x}.gdbtable": b"x" for n in range(300)}
    assert len(unpack(packed(tmp_path / "b", inside), into)) == 300


def test_members_that_overlap_are_refused(tmp_path, into):
    """A quine or a bomb of overlapping members: two entries of the directory name the same bytes."""
    content = packed(tmp_path / "a", {"a.csv": b"a,b\n1,2\n"}).path.read_bytes()
    at, end = content.rfind(b"PK\x01\x02"), content.rfind(b"PK\x05\x06")
    entry = content[at:end]
    twice = content[:end] + entry.replace(b"a.csv", b"b.csv")
    tail = bytearray(content[end:])
    tail[8:12] = struct.pack("<HH", 2, 2)
    tail[12:16] = struct.pack("<I", 2 * len(entry))
    (tmp_path / "b").write_bytes(twice + tail)
    with pytest.raises(FileDamaged, match="overlap"):
        unpack(NamedFile("b.zip", tmp_path / "b"), into)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(tmp_path, into, method):
    with pytest.raises(FileDamaged, match="plain ZIP"):
        unpack(packed(tmp_path / "a", {"a.csv": b"a,b\n"}, method), into)


def test_an_archive_of_nothing_is_said(tmp_path, into):
    with pytest.raises(FileEmpty, match="no file with data"):
        unpack(packed(tmp_path / "a", {".DS_Store": b"x"}), into)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_archive_is_damaged(tmp_path, into, share):
    file = packed(tmp_path / "a", {f"{n}.csv": bytes(range(256)) * 9 for n in range(9)})
    content = file.path.read_bytes()
    file.path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ReadError, match="damaged"):
        unpack(file, into)
    assert list(into.iterdir()) == []

"""Archives, workbooks and KMZ that swell, overlap, lie, link, lead out, or name what is elsewhere."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable

import seeds
from attack import READ, Attack, Bait, of

_MEGA = 1 << 20


def _entry(name: bytes, packed: bytes, size: int, offset: int, method: int = 8, crc: int = 0) -> bytes:
    """A line of the directory."""
    head = struct.pack("<4s4B4H3I5H2I", b"PK\x01\x02", 20, 3, 20, 0, 0, method, 0, 0x21, crc, len(packed), size,
                       len(name), 0, 0, 0, 0, 0, offset)  # fmt: skip
    return head + name


def _local(name: bytes, packed: bytes, size: int, method: int = 8, crc: int = 0, extra: bytes = b"") -> bytes:
    head = struct.pack("<4s2B4H3I2H", b"PK\x03\x04", 20, 0, 0, method, 0, 0x21, crc, len(packed), size,
                       len(name), len(extra))  # fmt: skip
    return head + name + extra


def _end(count: int, directory: bytes, start: int) -> bytes:
    return struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, min(count, 65535), min(count, 65535), len(directory), start, 0
    )


def _deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def _one_kernel(count: int) -> bytes:
    """A bomb of one packed kernel that every entry of the directory names as its own."""
    kernel = _deflated(bytes(16 * _MEGA))
    crc = zlib.crc32(bytes(16 * _MEGA))
    body = _local(b"a.csv", kernel, 16 * _MEGA, crc=crc) + kernel
    lines = b"".join(_entry(b"%d.csv" % n, kernel, 16 * _MEGA, 0, crc=crc) for n in range(count))
    return body + lines + _end(count, lines, len(body))


def _quoted_kernel(count: int) -> bytes:
    """A bomb whose members quote the heads of those behind them, so that each packs all of the rest."""
    kernel = _deflated(bytes(16 * _MEGA))
    parts = [_local(b"%d.csv" % n, kernel, 16 * _MEGA) for n in range(count)]
    offsets, at = [], 0
    for part in parts:
        offsets.append(at)
        at += len(part)
    body = b"".join(parts) + kernel
    lines = b"".join(
        _entry(b"%d.csv" % n, bytes(len(body) - offset - len(part)), 16 * _MEGA, offset)
        for n, (offset, part) in enumerate(zip(offsets, parts, strict=True))
    )
    return body + lines + _end(count, lines, len(body))


def _many(count: int) -> bytes:
    """So many empty members, directory and all."""
    body = b"".join(_local(b"%07d" % n, b"", 0, method=0) for n in range(count))
    step = len(body) // count
    lines = b"".join(_entry(b"%07d" % n, b"", 0, n * step, method=0) for n in range(count))
    return body + lines + _zip64_end(count, lines, len(body))


def _zip64_end(count: int, directory: bytes, start: int) -> bytes:
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start + len(directory), 1)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return record + locator + last


def _special(kind: int, target: Callable[[Bait], str]) -> Callable[[Bait], dict[str, bytes]]:
    def make(bait: Bait) -> dict[str, bytes]:
        sink, info = io.BytesIO(), zipfile.ZipInfo("a.csv")
        info.external_attr = (kind | 0o777) << 16
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr(info, target(bait))
        return {"a.zip": sink.getvalue()}

    return make


def _named(name: str) -> Callable[[Bait], dict[str, bytes]]:
    return lambda bait: {"a.zip": seeds.packed({name.format(file=bait.file(".csv")): seeds.CSV})}


def _twice() -> bytes:
    content = seeds.packed({"a.csv": seeds.CSV, "b.csv": b"a,b\n3,4\n"})
    return content.replace(b"b.csv", b"a.csv")


def _two_names() -> bytes:
    """The head of the member names another file than the directory does."""
    content = seeds.packed({"good.csv": seeds.CSV})
    return content.replace(b"good.csv", b"evil.exe", 1)


def _locked() -> bytes:
    content = bytearray(seeds.packed({"a.csv": seeds.CSV}))
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _with_head(**lies: int) -> bytes:
    """The directory lies: about the size packed, the size, the place or the checksum."""
    content = bytearray(seeds.packed({"a.csv": seeds.CSV * 100}))
    at = content.rfind(b"PK\x01\x02")
    for name, value in lies.items():
        place = at + {"crc": 16, "packed": 20, "size": 24, "offset": 42}[name]
        content[place : place + 4] = struct.pack("<I", value)
    return bytes(content)


def _with_end(**lies: int) -> bytes:
    content = bytearray(seeds.packed({"a.csv": seeds.CSV}))
    at = content.rfind(b"PK\x05\x06")
    for name, value in lies.items():
        place = at + {"length": 12, "start": 16}[name]
        content[place : place + 4] = struct.pack("<I", value)
    return bytes(content)


def _nested(depth: int) -> bytes:
    content = seeds.packed({"a.csv": seeds.CSV})
    for _ in range(depth):
        content = seeds.packed({"inner.zip": content})
    return content


def _quine() -> bytes:
    """An archive that holds an archive of its own size under its own name."""
    size, content = 0, b""
    while len(content) != size or not size:
        size = len(content)
        inner = b"PK\x03\x04" + bytes(max(0, size - 4))
        content = seeds.packed({"quine.zip": inner}, zipfile.ZIP_STORED)
        if len(content) != size and size > 4096:
            break
        size = len(content)
        content = seeds.packed({"quine.zip": (b"PK\x03\x04" + bytes(size))[:size]}, zipfile.ZIP_STORED)
        break
    return content


_ZIPS = [
    of("flat bomb.zip", lambda: seeds.packed({"a.csv": bytes(64 * _MEGA)}), "archive_ratio"),
    of("bomb of many.zip", lambda: seeds.packed({f"{n}.csv": bytes(8 * _MEGA) for n in range(8)}), "archive_ratio"),
    of("one kernel.zip", lambda: _one_kernel(90), "archive_overlap"),
    of("quoted kernel.zip", lambda: _quoted_kernel(90), "archive_overlap"),
    of("nested.zip", _nested(1), "archive_nested"),
    of("nested deep.zip", lambda: _nested(50), "archive_nested"),
    of("quine.zip", _quine(), "archive_nested"),
    of("a thousand.zip", _many(1000), "archive_count"),
    of("a million.zip", lambda: _many(1_000_000), "archive_count", slow=True),
    of("twice.zip", _twice(), "archive_twice"),
    of("two names.zip", _two_names(), "archive"),
    of("case.zip", seeds.packed({"a.csv": seeds.CSV, "A.CSV": seeds.CSV}), "archive_twice"),
    of("locked.zip", _locked(), "archive_locked"),
    of("size lies small.zip", _with_head(size=10), "archive"),
    of("size lies large.zip", _with_head(size=0xFFFFFFF0), READ),
    of("packed lies.zip", _with_head(packed=0x7FFFFFFF), "archive_overlap"),
    of("offset lies.zip", _with_head(offset=0x7FFFFFFF), "archive"),
    of("crc lies.zip", _with_head(crc=1), "archive"),
    of("directory far.zip", _with_end(start=0x7FFFFFFF), "archive_overlap"),
    of("directory long.zip", _with_end(length=0x7FFFFFFF), "archive"),
    of("bzip2.zip", seeds.packed({"a.csv": seeds.CSV}, zipfile.ZIP_BZIP2), "archive_method"),
    of("lzma.zip", seeds.packed({"a.csv": seeds.CSV}, zipfile.ZIP_LZMA), "archive_method"),
    of("comment.zip", seeds.packed({"a.csv": seeds.CSV})[:-2] + struct.pack("<H", 65535) + bytes(65535), READ),
    of("vrt inside.zip", seeds.packed({"a.vrt": b"<OGRVRTDataSource/>", "b.csv": seeds.CSV}), "xml", READ),
    of("only junk.zip", seeds.packed({"__MACOSX/._a": b"x", ".DS_Store": b"x"}), "archive_empty"),
    of("gzip inside.zip", seeds.packed({"a.gz": b"\x1f\x8b\x08" + bytes(9)}), "archive_nested"),
    of("tar.zip", b"PK\x03\x04" + bytes(2000), "archive"),
    of("empty.zip", _end(0, b"", 0), "binary"),
    *(
        Attack(f"member {what}", _special(kind, lambda bait: str(bait.file(".csv"))), ("archive_link",))
        for what, kind in (
            ("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("device", stat.S_IFBLK),
            ("socket", stat.S_IFSOCK), ("terminal", stat.S_IFCHR),
        )
    ),
    *(
        Attack(f"member named {name[:20]!r}", _named(name), ("archive_path",))
        for name in ("{file}", "../a.csv", "a/../../b.csv", "..\\a.csv", "C:\\a.csv", "C:/a.csv", "a//b.csv", "./a",
                     "\\\\host\\share\\a.csv", "x" * 1001, "a/./b.csv")
    ),
    *(
        Attack(f"member called {name[:20]!r}", _named(name), (READ,))
        for name in ("-rf *.csv", "$(touch x).csv", "a\nb.csv", "\x1b[2J.csv", "con.csv", "<img src=x>.csv", "泉" * 300)
    ),
]  # fmt: skip


def _book(**parts: bytes) -> bytes:
    """A good workbook with some of its parts replaced or added; `sheet`, `strings`, `book`, `rels`."""
    names = {
        "sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "book": "xl/workbook.xml",
        "rels": "xl/_rels/workbook.xml.rels", "link": "xl/externalLinks/externalLink1.xml",
        "link_rels": "xl/externalLinks/_rels/externalLink1.xml.rels", "types": "[Content_Types].xml",
    }  # fmt: skip
    return seeds.packed(
        seeds.unpacked(seeds.xlsx()) | {names[part]: content for part, content in parts.items()}
    )


_HEAD = '<?xml version="1.0"?>'
_SHEET_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _entity(bait: Bait) -> str:
    return f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{bait.file(".txt")}"><!ENTITY u SYSTEM "{bait.url}">]>'


_LAUGHS = "<!DOCTYPE x [" + '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip
_QUADRATIC = f'<!DOCTYPE x [<!ENTITY e "{"a" * 100_000}">]>'


def _strings(inside: str, before: str = "") -> bytes:
    return (
        f"{_HEAD}{before}<sst {_SHEET_NS} count='1' uniqueCount='1'><si><t>{inside}</t></si></sst>".encode()
    )


def _rows(count: int) -> bytes:
    cells = f"{_HEAD}<worksheet {_SHEET_NS}><sheetData>".encode()
    return cells + b'<row><c t="n"><v>1</v></c></row>' * count + b"</sheetData></worksheet>"


def _cell(place: str) -> bytes:
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row><row><c r="{place}"><v>1</v></c></row>'
    return f"{_HEAD}<worksheet {_SHEET_NS}><sheetData>{rows}</sheetData></worksheet>".encode()


def _external(bait: Bait) -> dict[str, bytes]:
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"'
        f' Target="{bait.url}" TargetMode="External"/></Relationships>'
    )
    link = f"<externalLink {_SHEET_NS}><externalBook/></externalLink>"
    return {"a.xlsx": _book(link=link.encode(), link_rels=rels.encode())}


def _rel_outside(bait: Bait) -> dict[str, bytes]:
    parts = seeds.unpacked(seeds.xlsx())
    rels = parts["xl/_rels/workbook.xml.rels"].replace(
        b"worksheets/sheet1.xml", f"../../../{bait.file('.csv')}".encode()
    )
    return {"a.xlsx": _book(rels=rels)}


_BOOKS = [
    of("10 M rows.xlsx", lambda: _book(sheet=_rows(2_000_000)), "archive_ratio"),
    of("rows within the ratio.xlsx", _book(sheet=_rows(30_000)), "no_header"),
    of("strings bomb.xlsx", lambda: _book(strings=_strings("a" * 64 * _MEGA)), "archive_ratio"),
    of("laughs.xlsx", _book(strings=_strings("&a9;", _LAUGHS)), "unreadable"),
    of("quadratic.xlsx", _book(strings=_strings("&e;" * 10_000, _QUADRATIC)), "unreadable"),
    Attack("entity.xlsx", lambda bait: {"a.xlsx": _book(strings=_strings("&e;&u;", _entity(bait)))},
           ("unreadable",)),
    Attack("external link.xlsx", _external, (READ,)),
    Attack("relation outside.xlsx", _rel_outside, ("unreadable",)),
    of("far cell.xlsx", _book(sheet=_cell("XFD1048576")), "memory"),
    of("farther cell.xlsx", _book(sheet=_cell("ZZZZZZ4294967295")), "unreadable"),
    of("far row.xlsx", _book(sheet=_cell("A1048576")), "no_header"),
    of("no sheet.xlsx", _book(sheet=b""), "unreadable"),
    of("unclosed.xlsx", _book(sheet=b"<worksheet><sheetData><row><c><v>"), "unreadable"),
    of("deep.xlsx", _book(sheet=b"<worksheet>" + b"<a>" * 200_000), "no_sheets"),
    of("locked.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"), "office"),
    of("broken.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "Workbook".encode("utf-16-le"), "unreadable"),
    of("bomb.ods", seeds.packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
       "content.xml": b"<a>" + b" " * (64 * _MEGA)}), "archive_ratio"),
    of("repeated.ods", seeds.packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": (
       b'<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
       b'<table:table table:name="s"><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
       b'office:value-type="string" table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
       b"</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>")}),
       "unreadable", slow=True),
]  # fmt: skip


def _kml(body: str, before: str = "") -> bytes:
    point = "<Point><coordinates>117,36</coordinates></Point>"
    return (
        f'<?xml version="1.0"?>{before}<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>f</name>'
        f"<Placemark><name>{body}</name>{point}</Placemark></Folder></Document></kml>"
    ).encode()


def _linked(bait: Bait) -> dict[str, bytes]:
    link = f"<NetworkLink><Link><href>{bait.url}</href></Link></NetworkLink>"
    style = f"<styleUrl>{bait.url}#a</styleUrl>"
    return {
        "a.kml": _kml("x")
        .replace(b"<Folder>", f"{link}<Folder>".encode())
        .replace(b"<Point>", f"{style}<Point>".encode())
    }


_DRAWINGS = [
    Attack("entity.kml", lambda bait: {"a.kml": _kml("&e;&u;", _entity(bait).replace("x [", "kml ["))},
           ("xml",)),
    Attack("entity.kmz", lambda bait: {"a.kmz": seeds.packed({"doc.kml": _kml("&e;&u;", _entity(bait))})},
           ("unreadable",)),
    of("laughs.kml", _kml("&a9;", _LAUGHS), "xml"),
    of("laughs.kmz", seeds.packed({"doc.kml": _kml("&a9;", _LAUGHS)}), "unreadable"),
    of("quadratic.kmz", seeds.packed({"doc.kml": _kml("&e;" * 10_000, _QUADRATIC)}),
       "unreadable"),
    Attack("links.kml", _linked, (READ,)),
    of("deep.kml", _kml("x").replace(b"<Folder>", b"<Folder>" * 20_000), "unreadable"),
    of("bomb.kmz", seeds.packed({"doc.kml": _kml("x") + b" " * (64 * _MEGA)}), "archive_ratio"),
    of("outside.kmz", seeds.packed({"../doc.kml": _kml("x"), "doc.kml": _kml("y")}), "archive_path"),
    *(
        Attack(f"entity{suffix}", lambda bait, suffix=suffix, root=root: {
            f"a{suffix}": f"{_HEAD}{_entity(bait)}<{root}>&e;&u;</{root}>".encode()}, ("xml",))
        for suffix, root in ((".gml", "gml:FeatureCollection"), (".gpx", "gpx"), (".qgs", "qgis"), (".svg", "svg"))
    ),
    *(
        of(f"laughs{suffix}", f"{_HEAD}{_LAUGHS}<{root}>&a9;</{root}>".encode(), "xml")
        for suffix, root in ((".gml", "gml:FeatureCollection"), (".gpx", "gpx"), (".qgs", "qgis"))
    ),
]  # fmt: skip

ATTACKS = [*_ZIPS, *_BOOKS, *_DRAWINGS]

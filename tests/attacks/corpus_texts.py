"""CSV and GeoJSON: numbers that are none, nesting, claims, encodings that are no encodings."""

import json

import seeds
from attack import READ, Attack, of


def _feature(geometry: str, properties: str = "{}") -> bytes:
    return (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", '
        f'"properties": {properties}, "geometry": {geometry}}}]}}'
    ).encode()


def _nested_json(depth: int) -> str:
    return '{"a": ' * depth + "1" + "}" * depth


def _collections(depth: int) -> str:
    start = '{"type": "GeometryCollection", "geometries": ['
    return start * depth + '{"type": "Point", "coordinates": [1, 2]}' + "]}" * depth


def _nested_wkt(depth: int) -> bytes:
    return (
        "name;wkt\na;POINT (1 2)\nb;" + "GEOMETRYCOLLECTION (" * depth + "POINT (1 2)" + ")" * depth + "\n"
    ).encode()


_TEXTS = [
    of("not numbers.csv", b"a;wkt\n1;POINT (nan nan)\n2;POINT (inf 1)\n3;LINESTRING (0 0, 1e999 1)\n", READ),
    of("not numbers in pairs.csv", b"lon,lat\nnan,1\ninf,2\n1e400,3\n0x10,4\n1_000,5\n", READ),
    of("1e400.geojson", _feature('{"type": "Point", "coordinates": [1e400, 1]}'), "unreadable"),
    of("Infinity.geojson", _feature('{"type": "Point", "coordinates": [Infinity, 1]}'), READ),
    of("NaN.geojson", _feature('{"type": "Point", "coordinates": [NaN, 1]}'), READ),
    of("texts for numbers.geojson", _feature('{"type": "Point", "coordinates": ["a", {}]}'), READ),
    of("properties nested 20,000 deep.geojson", _feature("null", _nested_json(20_000)), "unreadable"),
    of("properties nested 500 deep.geojson", _feature("null", _nested_json(500)), READ),
    of("lists nested 20,000 deep.geojson", _feature('{"type": "Point", "coordinates": ' + "[" * 20_000 + "]" * 20_000 + "}"),
       "unreadable"),
    of("collections nested 200 deep.geojson", _feature(_collections(200)), "nested"),
    of("collections nested 20 deep.geojson", _feature(_collections(20)), "nested"),
    of("unclosed.geojson", b'{"type": "FeatureCollection", "features": [' + b'{"type": "Feature",' * 1000, "unreadable"),
    of("only the type.geojson", b'{"type": "FeatureCollection"}', "unreadable"),
    of("key of a megabyte.geojson", _feature("null", '{"' + "k" * 1_000_000 + '": 1}'), READ),
    of("text of a megabyte.geojson", _feature("null", '{"a": "' + "k" * 1_000_000 + '"}'), "long_text"),
    of("2,000 columns.geojson", _feature("null", json.dumps({f"c{n}": n for n in range(2000)})), "too_many_columns"),
    of("system names a file.geojson", _feature("null").replace(
        b"{", b'{"crs": {"type": "name", "properties": {"name": "/etc/passwd"}}, ', 1), READ),
    of("system names a grid.geojson", _feature("null").replace(
        b"{", b'{"crs": {"type": "name", "properties": {"name": "+proj=longlat +nadgrids=/etc/passwd"}}, ', 1), READ),
    of("half a surrogate.geojson", _feature("null", '{"a": "\\ud800"}'), READ),
    of("nul in a text.geojson", _feature("null", '{"a": "x\\u0000y"}'), READ),
    of("nul byte.geojson", _feature("null", '{"a": "x\x00y"}'), "binary"),
    of("twice the same key.geojson", _feature("null", '{"a": 1, "a": "b"}'), READ),
    of("wkt nested 20.csv", _nested_wkt(20), "nested"),
    of("wkt nested 1,000.csv", _nested_wkt(1000), "nested"),
    of("wkt nested 20,000.csv", _nested_wkt(20_000), "nested"),
    of("wkt nested 200,000.csv", _nested_wkt(200_000), "nested"),
    of("unclosed quote.csv", b'a,b\n"' + b"x" * 5_000_000, "uneven_rows"),
    of("a million columns.csv", b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n" + b"1," * 999_999 + b"1\n",
       "too_many_columns", slow=True),
    of("names repeated.csv", b"a,a\n1,2\n", "column_twice"),
    of("names by blanks.csv", b"a, a\n1,2\n", "column_twice"),
    of("only commas.csv", b"," * 100_000, "too_many_columns"),
    of("long line.csv", b"a,b\n1," + b"x" * 40_000_000 + b"\n", "uneven_rows"),
    of("formulas.csv", b"a,b\n=cmd|'/c calc'!A1,@SUM(1)\n", READ),
    of("integers beyond.csv", b"a,lon,lat\n" + b"9" * 400 + b",1,2\n", READ),
    of("utf-16 with half a pair.csv", b"\xff\xfea\x00,\x00\x00\xd8\n\x00", "bytes_unfit"),
    of("utf-16 of odd length.csv", b"\xff\xfea\x00,\x00b\x00\n\x00\x31", "bytes_unfit"),
    of("mark and then no utf-8.csv", b"\xef\xbb\xbfa,b\n\xff\xfe,1\n", "bytes_unfit"),
    of("utf-7.csv", b"a,b\n+ADw-script+AD4-,1\n", READ),
    of("overlong utf-8.csv", b"a,b\n\xc0\xaf\xc0\xae,1\n", READ),
]  # fmt: skip

_NO_ENCODINGS = (
    *("zlib_codec", "rot13", "hex", "base64", "bz2", "uu", "quopri", "undefined", "idna", "punycode"),
    *(
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "../../etc/passwd",
        "os",
        "aliases",
        "x" * 4000,
        "a\x00b",
        "",
    ),
    *("encodings.utf_8", "mbcs", "oem", "\u2028", "é", "utf-8-sig\n", "charmap"),
)
"""Names that Python knows as codecs, and names that are none; none of them is how a table is written."""


def _said() -> list[Attack]:
    """The uploader says it is the encoding."""
    return [
        of(
            f"said to be {name[:20]!r}.csv",
            "名,b\\ud800\n\x2bAD,1\n".encode("gb18030"),
            "no_encoding",
            encoding=name,
        )
        for name in _NO_ENCODINGS
        if name not in ("", "utf-8-sig\n")
    ]


def _labelled() -> list[Attack]:
    """The .cpg beside a .dbf says it is: a label that names none is passed over."""
    table = seeds.dbf([(b"name", b"C", 8, 0)], ["趵突泉".encode("gb18030").ljust(8)])
    return [
        Attack(
            f"labelled {name[:20]!r}.dbf",
            lambda _, name=name: {"a.dbf": table, "a.cpg": name.encode("utf-8", errors="replace")},
            (READ,),
        )
        for name in (*_NO_ENCODINGS, "8859" + "9" * 50, "9" * 60, "OEM " * 20, "ANSI \x00")
    ]


ATTACKS = [*_TEXTS, *_said(), *_labelled()]

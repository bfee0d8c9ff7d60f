"""GeoPackages whose schema is a program, or whose pages lie."""

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing

import seeds
from attack import READ, Attack, Bait, of

_ENDLESS = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c"


def changed(*statements: str, trusting: bool = False) -> bytes:
    """A good GeoPackage after these statements; `trusting` lets them write the schema itself."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(seeds.geopackage(indexed=False))
        if trusting:
            database.execute("PRAGMA writable_schema=ON")
        for statement in statements:
            database.execute(statement)
        database.commit()
        return database.serialize()


def _declared(name: str, kind: str = "attributes") -> str:
    return (
        f"INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('{name}', '{kind}', '{name}')"
    )


def _view(select: str) -> bytes:
    return changed(f"CREATE VIEW evil AS {select}", _declared("evil"))


def _instead(select: str) -> bytes:
    """Only the view is declared: there is nothing else to read."""
    return changed(
        f"CREATE VIEW evil AS {select}",
        "DELETE FROM gpkg_ogr_contents",
        "DELETE FROM gpkg_geometry_columns",
        "DELETE FROM gpkg_contents",
        _declared("evil"),
    )


def _schema(sql: str, kind: str = "table") -> bytes:
    """The schema has this statement for `springs`, which has no page."""
    quoted = sql.replace("'", "''")
    line = f"INSERT INTO sqlite_master VALUES ('{kind}', 'springs', 'springs', 0, '{quoted}')"
    return changed("DROP TABLE springs", line, trusting=True)


def _generated(expression: str) -> bytes:
    return changed(
        f"CREATE TABLE evil (a INTEGER PRIMARY KEY, b TEXT AS ({expression}) VIRTUAL)",
        "INSERT INTO evil (a) VALUES (1), (2)",
        _declared("evil"),
        "DELETE FROM gpkg_geometry_columns",
        "DELETE FROM gpkg_ogr_contents",
        "DELETE FROM gpkg_contents WHERE table_name = 'springs'",
    )


def _checked(expression: str) -> bytes:
    """A condition that came after the rows were written."""
    change = f"substr(sql, 1, length(sql) - 1) || ', CHECK ({expression}))'"
    return changed(f"UPDATE sqlite_master SET sql = {change} WHERE name = 'springs'", trusting=True)


def _patched(at: int, content: bytes) -> bytes:
    made = bytearray(seeds.geopackage())
    made[at : at + len(content)] = content
    return bytes(made)


def _from_bait(make: Callable[[Bait], bytes]) -> Callable[[Bait], dict[str, bytes]]:
    return lambda bait: {"a.gpkg": make(bait)}


def _geometry(blob: bytes) -> bytes:
    return changed(
        f"UPDATE springs SET geom = x'{blob.hex()}' WHERE fid = 1",
    )


_BLOB = b"GP\x00\x01" + struct.pack("<i", 4326)
_WIDE_SELECT = "SELECT " + ", ".join(f"{n} AS c{n}" for n in range(600))

ATTACKS = [
    of("endless view.gpkg", _view(_ENDLESS), READ),
    of("endless view alone.gpkg", _instead(_ENDLESS), "no_tables"),
    of("load extension.gpkg", _view("SELECT load_extension('/tmp/x.so') AS a"), READ),
    of("load extension alone.gpkg", _instead("SELECT load_extension('/tmp/x.so') AS a"), "no_tables"),
    Attack("load layers", _from_bait(
        lambda bait: _instead(f"SELECT ogr_datasource_load_layers('{bait.file('.geojson')}') AS a")), ("no_tables",)),
    Attack("geocode", _from_bait(lambda bait: _instead(f"SELECT ogr_geocode('{bait.url}') AS a")), ("no_tables",)),
    Attack("virtual ogr", _from_bait(lambda bait: _schema(
        f"CREATE VIRTUAL TABLE springs USING VirtualOGR('{bait.file('.geojson')}')")), ("no_tables",)),
    Attack("virtual csv", _from_bait(lambda bait: _schema(
        f"CREATE VIRTUAL TABLE springs USING csv(filename='{bait.file('.csv')}')")), ("no_tables",)),
    of("virtual module unknown.gpkg", _schema("CREATE VIRTUAL TABLE springs USING evil(x)"), "no_tables"),
    of("virtual stat.gpkg", _schema("CREATE VIRTUAL TABLE springs USING dbstat"), "no_tables"),
    of("virtual text search.gpkg", changed("CREATE VIRTUAL TABLE evil USING fts5(a)", _declared("evil")), READ),
    of("schema is a view.gpkg", _schema(f"CREATE VIEW springs AS {_ENDLESS}", "view"), "no_tables"),
    of("schema says table, statement says view.gpkg", _schema(f"CREATE VIEW springs AS {_ENDLESS}"),
       "database"),
    of("schema is nonsense.gpkg", _schema("CREATE TABLE springs ((("), "database"),
    of("schema of thousand columns.gpkg", changed(
        f"CREATE TABLE evil AS {_WIDE_SELECT}", _declared("evil"), "DELETE FROM gpkg_geometry_columns",
        "DELETE FROM gpkg_ogr_contents",
        "DELETE FROM gpkg_contents WHERE table_name = 'springs'"), "too_many_columns"),
    of("root page elsewhere.gpkg", changed(
        "UPDATE sqlite_master SET rootpage = 1 WHERE name = 'springs'", trusting=True), "database"),
    of("root page beyond.gpkg", changed(
        "UPDATE sqlite_master SET rootpage = 999999 WHERE name = 'springs'", trusting=True), "database"),
    of("trigger that deletes.gpkg", changed(
        "CREATE TRIGGER evil AFTER UPDATE ON springs BEGIN DELETE FROM gpkg_contents; END"), READ),
    Attack("trigger that attaches", _from_bait(lambda bait: _schema(
        f"ATTACH '{bait.file('.gpkg')}' AS x", "trigger")), ("database",)),
    of("generated bomb.gpkg", _generated("printf('%.*c', 100000000, 'x')"), "long_text"),
    of("generated text.gpkg", _generated("printf('%.*c', 100000, 'x')"), "long_text"),
    of("generated loader.gpkg", _generated("hex(a)"), READ),
    of("condition of work.gpkg", _checked("length(hex(zeroblob(100000000))) > 0"), READ),
    of("condition false.gpkg", _checked("0"), READ),
    of("page size 0.gpkg", _patched(16, b"\x00\x00"), "database"),
    of("page size 1.gpkg", _patched(16, b"\x00\x01"), "database"),
    of("page size 512.gpkg", _patched(16, b"\x02\x00"), "database"),
    of("page size 3.gpkg", _patched(16, b"\x00\x03"), "database"),
    of("reserved 255.gpkg", _patched(20, b"\xff"), "database"),
    of("wal header.gpkg", _patched(18, b"\x02\x02"), READ),
    of("format from the future.gpkg", _patched(18, b"\x09\x09"), "database"),
    of("size lies.gpkg", _patched(28, b"\xff\xff\xff\xff"), "database"),
    of("free list lies.gpkg", _patched(32, b"\x7f\xff\xff\xff\x7f\xff\xff\xff"), "database"),
    of("schema format.gpkg", _patched(44, b"\x00\x00\x00\x63"), "database"),
    of("texts in utf-16.gpkg", _patched(56, b"\x00\x00\x00\x02"), "database"),
    of("other application.gpkg", _patched(68, b"EVIL"), "sqlite"),
    of("half.gpkg", seeds.geopackage()[: len(seeds.geopackage()) // 2], "database"),
    of("only a header.gpkg", seeds.geopackage()[:100], "database"),
    of("pages of noise.gpkg", seeds.geopackage()[:4096] + bytes(range(256)) * 400, "database"),
    of("table named as a statement.gpkg", changed(
        "ALTER TABLE springs RENAME TO \"a; DROP TABLE gpkg_contents--\"",
        "UPDATE gpkg_contents SET table_name = 'a; DROP TABLE gpkg_contents--'",
        "UPDATE gpkg_geometry_columns SET table_name = 'a; DROP TABLE gpkg_contents--'",
        "DELETE FROM gpkg_ogr_contents"), READ),
    of("no contents.gpkg", changed("DELETE FROM gpkg_contents"), "no_tables"),
    of("no such table.gpkg", changed("UPDATE gpkg_contents SET table_name = 'sqlite_master'"), "no_tables"),
    of("contents of the schema.gpkg", changed("UPDATE gpkg_contents SET table_name = 'gpkg_contents'"), "unreadable"),
    of("geometry nested.gpkg", _geometry(
        _BLOB + b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 20_000 + b"\x01\x01\x00\x00\x00" + bytes(16)), "nested"),
    of("geometry of infinite.gpkg", _geometry(
        _BLOB + struct.pack("<BIdd", 1, 1, float("inf"), 1.0)), READ),
    of("geometry of a huge count.gpkg", _geometry(
        _BLOB + struct.pack("<BII", 1, 2, 0xFFFFFFF0)), READ),
    of("geometry of nothing.gpkg", _geometry(b"GP"), READ),
    of("geometry with an unknown box.gpkg", _geometry(b"GP\x00\x0f" + bytes(4) + bytes(16)), READ),
    of("system with a grid.gpkg", changed(
        "UPDATE gpkg_spatial_ref_sys SET organization = 'NONE', organization_coordsys_id = 1, "
        "definition = 'PROJCS[\"x\",EXTENSION[\"PROJ4\",\"+proj=longlat +nadgrids=/etc/passwd\"]]'"),
       READ),
]  # fmt: skip

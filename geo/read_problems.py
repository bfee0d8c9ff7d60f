"""Everything that can be wrong with a file that is read: a table of causes, each with words and a cure.

A cause has a name that never changes and fields; `api` words them in other languages. Errors cross from the
reading process to its caller as name and fields.
"""

from typing import Any

from geo.errors import (
    ColumnsUnfit,
    EncodingUnfit,
    FileDamaged,
    FileEmpty,
    FileMissing,
    FormatUnknown,
    ReaderCrashed,
    ReadError,
    ReadTimeout,
    ReadTooLarge,
    SourceLayerUnknown,
)

_AS = "Shapefile (.shp with its .shx and .dbf), GeoPackage, GeoJSON, GeoParquet or CSV"

PROBLEMS: dict[str, tuple[type[ReadError], str, str]] = {
    "missing": (FileMissing, "there is no such file", "check the path"),
    "not_regular": (
        FileDamaged,
        "is no plain file, but a link, a folder or a device",
        "send the file itself",
    ),
    "not_opened": (FileMissing, "cannot be opened ({reason})", "let this account read it"),
    "no_bytes": (FileEmpty, "the file has no bytes", "export or upload it again"),
    "only_blanks": (FileEmpty, "the file has only blanks", "export or upload it again"),
    "no_tables": (FileEmpty, "the GeoPackage has no table of features or attributes", "export it again"),
    "binary": (FormatUnknown, "the content is no format that is read here", f"export it as {_AS}"),
    "sqlite": (FormatUnknown, "is an SQLite database but no GeoPackage", f"export it as {_AS}"),
    "zip": (FormatUnknown, "is a ZIP archive or a spreadsheet", "unpack it, or save the sheet as CSV"),
    "office": (FormatUnknown, "is an old Excel or Office file", "save it as CSV"),
    "pdf": (FormatUnknown, "is a PDF", f"export the data as {_AS}"),
    "gzip": (FormatUnknown, "is packed with gzip", "unpack it"),
    "xml": (FormatUnknown, "is XML, not a format that is read here", f"export it as {_AS}"),
    "json_list": (FormatUnknown, "is a JSON list, not a format that is read here", f"export it as {_AS}"),
    "no_separator": (
        FormatUnknown,
        "is text without a comma, semicolon or tab in its first line",
        f"export it as {_AS}",
    ),
    "not_as_it_looks": (FormatUnknown, "is not the {driver} it looks like", "export or copy it again"),
    "extract": (FormatUnknown, "is an OpenStreetMap extract", "read it as a network layer"),
    "no_extract": (FormatUnknown, "is {driver}, no OpenStreetMap extract", "give a .osm.pbf"),
    "breaks_off": (FileDamaged, "breaks off before its end", "copy it again"),
    "too_short": (FileDamaged, "the file is shorter than its head says", "copy it again"),
    "companion": (FileDamaged, "its .{role} file is not beside it", "send .shp, .shx and .dbf together"),
    "still_open": (
        FileDamaged,
        "has changes that are still in {journal}",
        "close it in the program that has it open",
    ),
    "database": (FileDamaged, "the database is damaged ({reason})", "export it again"),
    "unreadable": (FileDamaged, "cannot be read to its end ({reason})", "export or copy it again"),
    "uneven_rows": (FileDamaged, "the rows are uneven ({reason})", "give every row the same columns"),
    "description": (FileDamaged, "its GeoParquet description is broken", "export it again"),
    "geometry": (FileDamaged, "a geometry is broken ({reason})", "export it again"),
    "nested": (FileDamaged, "has collections nested too deeply", "take them apart"),
    "bytes_unfit": (EncodingUnfit, "byte {byte} is not {encoding}", "declare the encoding, such as GB18030"),
    "texts_unfit": (
        EncodingUnfit,
        "its texts are not in {encoding}, as was declared",
        "declare the encoding they are in, such as GB18030",
    ),
    "cpg_unfit": (
        EncodingUnfit,
        "its texts are not in {encoding}, as its .cpg file says",
        "declare the encoding they are in, such as GB18030",
    ),
    "texts_unknown": (
        EncodingUnfit,
        "its texts are neither UTF-8 nor GB18030",
        "declare the encoding they are in",
    ),
    "no_encoding": (
        EncodingUnfit,
        "{encoding!r} names no encoding",
        "declare another, such as UTF-8 or GB18030",
    ),
    "no_layer": (SourceLayerUnknown, "has no layer {layer!r}", "choose of {listed}"),
    "several_layers": (SourceLayerUnknown, "has {count} layers", "name one of {listed}"),
    "several_places": (
        ColumnsUnfit,
        "these columns may hold coordinates: {columns}",
        "say which are lon and lat",
    ),
    "half_a_place": (ColumnsUnfit, "{column!r} is named as one coordinate only", "name both, x and y"),
    "no_column": (ColumnsUnfit, "there is no column {column!r}", "choose of {listed}"),
    "column_twice": (ColumnsUnfit, "two columns are called {column!r}", "rename one"),
    "too_many_rows": (ReadTooLarge, "has {count} rows, the limit is {limit}", "split it, or raise the limit"),
    "too_many_columns": (ReadTooLarge, "has {count} columns, the limit is {limit}", "leave some out"),
    "too_many_vertices": (
        ReadTooLarge,
        "has {count} vertices, the limit is {limit}",
        "split it, or raise the limit",
    ),
    "memory": (ReadTooLarge, "needs more memory than the limit", "split it, or raise the limit"),
    "output": (ReadTooLarge, "gives more data than the limit", "split it, or raise the limit"),
    "too_slow": (ReadTimeout, "was not read within {limit} s", "split it, or raise the limit"),
    "too_much_work": (
        ReadTimeout,
        "was not read within {limit} s of processor time",
        "split it, or raise the limit",
    ),
    "crash": (ReaderCrashed, "ended its reader ({reason})", "the file is damaged: export it again"),
}


def problem(cause: str, file: str, **fields: Any) -> ReadError:
    """The error of a cause, to be raised; `fields` fill its words and stay with it."""
    kind, what, mend = PROBLEMS[cause]
    return kind(file, what.format(**fields), mend.format(**fields), cause, **fields)

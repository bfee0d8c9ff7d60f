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

_AS = "Shapefile (.shp with its .shx and .dbf), GeoPackage, GeoJSON, GeoParquet, XLSX or CSV"

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
    "no_tables": (FileEmpty, "it has no table of features or attributes", "export it again"),
    "binary": (FormatUnknown, "the content is no format that is read here", f"export it as {_AS}"),
    "sqlite": (FormatUnknown, "is an SQLite database but no GeoPackage", f"export it as {_AS}"),
    "zip": (FormatUnknown, "is a ZIP archive", "unpack it"),
    "office": (
        FormatUnknown,
        "is an Office document, no workbook, or one with a password",
        "save it as XLSX or CSV",
    ),
    "packed": (FormatUnknown, "is packed as 7z, RAR, bzip2 or xz", "unpack it, or pack it as ZIP"),
    "dwg": (FormatUnknown, "is an AutoCAD drawing (DWG)", "save it as DXF"),
    "picture": (FormatUnknown, "is a picture", "send the data it was drawn from"),
    "dxf_binary": (FormatUnknown, "is a DXF in its binary form", "save it as DXF in text form (ASCII)"),
    "topojson": (FormatUnknown, "is TopoJSON", "export it as GeoJSON"),
    "json_lines": (FormatUnknown, "is a sequence of GeoJSON features", "export it as one FeatureCollection"),
    "raster": (FormatUnknown, "is a raster", "read it as a raster layer"),
    "no_raster": (FormatUnknown, "is {driver}, no raster", "give a GeoTIFF"),
    "pdf": (FormatUnknown, "is a PDF", f"export the data as {_AS}"),
    "gzip": (FormatUnknown, "is packed with gzip", "unpack it"),
    "xml": (FormatUnknown, "is XML, not a format that is read here", f"export it as {_AS}"),
    "json_list": (FormatUnknown, "is a JSON list, not a format that is read here", f"export it as {_AS}"),
    "no_separator": (
        FormatUnknown,
        "is text without a comma, semicolon or tab in its first lines",
        f"export it as {_AS}",
    ),
    "not_as_it_looks": (FormatUnknown, "is not the {driver} it looks like", "export or copy it again"),
    "extract": (FormatUnknown, "is an OpenStreetMap extract", "read it as a network layer"),
    "no_extract": (FormatUnknown, "is {driver}, no OpenStreetMap extract", "give a .osm.pbf"),
    "breaks_off": (FileDamaged, "breaks off before its end", "copy it again"),
    "too_short": (FileDamaged, "the file is shorter than its head says", "copy it again"),
    "companion": (FileDamaged, "its .{role} file is not beside it", "send the files of a data set together"),
    "archive": (FileDamaged, "the archive is damaged ({reason})", "pack it again"),
    "archive_path": (FileDamaged, "the archive has a member {member!r} with an unsafe name", "pack it again"),
    "archive_link": (
        FileDamaged,
        "the archive has a member {member!r} that is no plain file",
        "pack files only",
    ),
    "archive_twice": (FileDamaged, "the archive has two members called {member!r}", "pack it again"),
    "archive_overlap": (FileDamaged, "members of the archive overlap", "pack it again"),
    "archive_locked": (FileDamaged, "the archive is protected by a password", "pack it without one"),
    "archive_nested": (FileDamaged, "the archive has another in it: {member!r}", "unpack that one first"),
    "archive_method": (
        FileDamaged,
        "the archive is packed in a way that is not read here",
        "pack it as plain ZIP",
    ),
    "archive_empty": (FileEmpty, "the archive has no file with data", "pack the data"),
    "archive_count": (
        ReadTooLarge,
        "the archive has {count} members, the limit is {limit}",
        "pack only the data",
    ),
    "archive_size": (ReadTooLarge, "unpacks to more than {limit} bytes", "split it"),
    "archive_ratio": (
        ReadTooLarge,
        "a member, {member!r}, unpacks to over {limit} times its size",
        "pack it anew",
    ),
    "locked": (FileDamaged, "is protected by a password", "save it without one"),
    "no_sheets": (FileEmpty, "the workbook has no sheet with rows", "fill in a sheet"),
    "no_header": (
        ColumnsUnfit,
        "no row of sheet {layer!r} looks like the names of columns",
        "name every column",
    ),
    "no_kml": (FileEmpty, "the KMZ holds no KML", "export it again"),
    "cell_kind": (FormatUnknown, "its cells are {kind}", "convert them to whole or real numbers"),
    "cell_scale": (
        FormatUnknown,
        "band {band} has the scale {scale} and the offset {offset}",
        "write finite ones into the file, the scale not 0",
    ),
    "many_cells": (ReadTooLarge, "has {count} cells, the limit is {limit}", "cut it into pieces"),
    "still_open": (
        FileDamaged,
        "has changes that are still in {journal}",
        "close it in the program that has it open",
    ),
    "database": (FileDamaged, "the database is damaged ({reason})", "export it again"),
    "unreadable": (FileDamaged, "cannot be read to its end ({reason})", "export or copy it again"),
    "uneven_rows": (FileDamaged, "the rows are uneven ({reason})", "give every row the same columns"),
    "description": (FileDamaged, "its GeoParquet description is broken", "export it again"),
    "description_dbf": (FileDamaged, "its fields are longer than its rows", "export it again"),
    "records_differ": (
        FileDamaged,
        "has {shapes} shapes but its .dbf has {rows} rows",
        "export it again, or send the .shp and .dbf that belong together",
    ),
    "geometry": (FileDamaged, "a geometry is broken ({reason})", "export it again"),
    "nested": (FileDamaged, "has collections nested too deeply", "take them apart"),
    "bytes_unfit": (EncodingUnfit, "byte {byte} is not {encoding}", "declare the encoding, such as GB18030"),
    "texts_unfit": (
        EncodingUnfit,
        "its texts are not in {encoding}, as was declared",
        "declare the encoding they are in, such as GB18030",
    ),
    "texts_unknown": (
        EncodingUnfit,
        "its texts are in no encoding that is known here",
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
    "feature_vertices": (
        ReadTooLarge,
        "row {row} has {count} vertices, the limit for one is {limit}",
        "simplify or split it",
    ),
    "feature_parts": (
        ReadTooLarge,
        "row {row} has {count} parts or more, the limit for one is {limit}",
        "split it",
    ),
    "long_text": (
        ReadTooLarge,
        "row {row} has a text of {count} bytes in {column!r}, the limit is {limit}",
        "shorten it or leave the column out",
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

"""How each format is opened inside the reading process."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo import encodings, formats, reader_drawings, reader_gdal, reader_result, reader_shapefile, tables
from geo.notes import Note
from geo.read_problems import problem
from geo.reader_task import Task


def read(task: Task, layer: str) -> dict[str, Any]:
    """Read one layer into `out.arrow`; the outcome says what was found."""
    if task.driver == formats.SHAPEFILE:
        return reader_shapefile.read(task)
    if task.driver == formats.CSV:
        return _csv(task)
    if task.driver == formats.PARQUET:
        return _parquet(task)
    if task.driver == formats.DBF:
        return _dbf(task)
    if task.driver == formats.SPREADSHEET:
        return _spreadsheet(task, layer)
    if task.driver in (formats.KML, formats.DXF):
        return _drawing(task, layer)
    return _by_gdal(task, layer)


def _by_gdal(task: Task, layer: str) -> dict[str, Any]:
    encoding = encodings.BY_FORMAT
    options: dict[str, Any] = {}
    if task.driver == formats.GEOJSON:
        encoding = reader_gdal.rewrite_as_utf8(task, Path("in.geojson"))
    elif task.driver == formats.GEOPACKAGE:
        options = {"layer": layer, "IMMUTABLE": "YES"}
    elif task.driver == formats.FILE_GEODATABASE:
        options = {"layer": layer}
    meta, table, column = reader_gdal.table(task, **options)
    return reader_result.finish(task, table, column, meta["crs"]) | reader_result.encoded(encoding)


def _drawing(task: Task, layer: str) -> dict[str, Any]:
    encoding = reader_drawings.ready(task)
    read_layer = reader_drawings.kml if task.driver == formats.KML else reader_drawings.dxf
    meta, table, column = read_layer(task, layer)
    return reader_result.finish(task, table, column, meta["crs"]) | reader_result.encoded(encoding)


def _spreadsheet(task: Task, layer: str) -> dict[str, Any]:
    from geo import spreadsheet

    table, notes = spreadsheet.read(task, layer)
    return _place(task, table, notes) | reader_result.encoded(encodings.BY_FORMAT)


def _dbf(task: Task) -> dict[str, Any]:
    encoding, content = reader_shapefile.read_table(task, Path("table.dbf"), encodings.of_cpg(Path("in.cpg")))
    return _place(task, content.table, content.notes) | reader_result.encoded(encoding)


def _csv(task: Task) -> dict[str, Any]:
    text, encoding = encodings.decode(task.file, Path("in.csv").read_bytes(), task.encoding)
    table, notes = tables.read_csv(task.file, text, task.limits.columns)
    return _place(task, table, notes) | reader_result.encoded(encoding)


def _parquet(task: Task) -> dict[str, Any]:
    try:
        with pq.ParquetFile("in.parquet") as file:
            reader_result.check_count(task, file.metadata.num_rows, "rows")
            table = file.read(use_threads=False)
        table.validate(full=True)  # texts that are no UTF-8 are told here, not by whoever takes it over
    except (pa.ArrowInvalid, OSError) as error:
        raise problem("unreadable", task.file, reason=str(error)[:300]) from error
    text = (table.schema.metadata or {}).get(b"geo")
    outcome = _place(task, table) if text is None else _geoparquet(task, table, text)
    return outcome | reader_result.encoded(encodings.BY_FORMAT)


def _geoparquet(task: Task, table: pa.Table, text: bytes) -> dict[str, Any]:
    try:
        meta = json.loads(text)
        primary = meta["primary_column"]
        column = meta["columns"][primary]
        native = column["encoding"] != "WKB"
        named = column.get("crs", "OGC:CRS84")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise problem("description", task.file) from error
    if primary not in table.column_names:
        raise problem("description", task.file)
    if native:
        table = _native_as_wkb(task, table, primary)
    elif not _is_bytes(table.schema.field(primary).type):
        raise problem("description", task.file)
    crs = named if named == "OGC:CRS84" else json.dumps(named) if named else None
    return reader_result.finish(task, table, primary, crs)


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _native_as_wkb(task: Task, table: pa.Table, primary: str) -> pa.Table:
    import sys

    del sys.meta_path[0]  # `reader_child.Without`: this rare form is worth the slow import
    import geopandas as gpd

    try:
        geometry = gpd.read_parquet("in.parquet", columns=[primary]).geometry.to_wkb()
    except (ValueError, TypeError, KeyError, AttributeError, pa.ArrowException) as error:
        raise problem("description", task.file) from error
    return table.set_column(table.column_names.index(primary), primary, pa.array(geometry, pa.binary()))


def _place(task: Task, table: pa.Table, notes: Sequence[Note] = ()) -> dict[str, Any]:
    """Make points of coordinate columns, if there are any."""
    where = tables.find_coordinates(task.file, table, task.x_column, task.y_column)
    if where is None:
        return reader_result.finish(task, table, None, None, notes=notes)
    decoded = tables.points(task.file, table, where, most_nested=task.limits.depth)
    if where.y is None:
        table = table.drop_columns([where.x])
    return reader_result.finish(task, table, None, where.crs, decoded, notes)

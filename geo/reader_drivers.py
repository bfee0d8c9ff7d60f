"""How each format is opened inside the reading process."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from geo import encodings, formats, reader_result, tables
from geo.read_problems import problem
from geo.reader_task import Task


def read(task: Task, layer: str) -> dict[str, Any]:
    """Read one layer into `out.arrow`; the outcome says what was found."""
    if task.driver == formats.CSV:
        return _csv(task)
    if task.driver == formats.PARQUET:
        return _parquet(task)
    return _by_gdal(task, layer)


def _by_gdal(task: Task, layer: str) -> dict[str, Any]:
    import pyogrio
    import pyogrio.raw
    from pyogrio.errors import DataLayerError, DataSourceError

    if not set(pyogrio.list_drivers()) <= {task.driver, "MEM"}:
        raise RuntimeError("GDAL has drivers that were to be left out")
    name = formats.BY_GDAL[task.driver]
    encoding, options = _encoding(task, Path(name)), {}
    if task.driver == formats.GEOPACKAGE:
        options = {"layer": layer, "IMMUTABLE": "YES"}
    elif task.driver == formats.SHAPEFILE:
        options = {"encoding": encoding.upper()}
    try:
        meta, table = pyogrio.raw.read_arrow(name, **options)
    except DataSourceError as error:
        if "not recognized" in str(error):
            raise problem("not_as_it_looks", task.file, driver=task.driver) from error
        raise problem("unreadable", task.file, reason=_words(task, error)) from error
    except (DataLayerError, RuntimeError, OSError, UnicodeDecodeError) as error:
        raise problem("unreadable", task.file, reason=_words(task, error)) from error
    column = (meta["geometry_name"] or "wkb_geometry") if meta["geometry_type"] else None
    return reader_result.finish(task, table, column, meta["crs"]) | {"encoding": encoding}


def _words(task: Task, error: Exception) -> str:
    words = str(error).split("\n")[0].replace(formats.BY_GDAL[task.driver], task.file)
    return words[:300]


def _encoding(task: Task, path: Path) -> str:
    if task.driver == formats.SHAPEFILE:
        return encodings.of_dbf(Path("in.dbf"), task.file, task.encoding, encodings.of_cpg(Path("in.cpg")))
    if task.driver == formats.GEOJSON:
        return _geojson_as_utf8(task, path)
    return encodings.UTF8


def _geojson_as_utf8(task: Task, path: Path) -> str:
    """GeoJSON is UTF-8; one that is not is rewritten if its encoding is declared."""
    content = path.read_bytes()
    if task.encoding is not None:
        text, encoding = encodings.decode(task.file, content, task.encoding)
        path.unlink()
        path.write_text(text, encoding="utf-8")
        return encoding
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise problem("bytes_unfit", task.file, byte=error.start + 1, encoding="UTF-8") from error
    return encodings.UTF8


def _csv(task: Task) -> dict[str, Any]:
    text, encoding = encodings.decode(task.file, Path("in.csv").read_bytes(), task.encoding)
    return _place(task, tables.read_csv(task.file, text)) | {"encoding": encoding}


def _parquet(task: Task) -> dict[str, Any]:
    try:
        with pq.ParquetFile("in.parquet") as file:
            reader_result.check_count(task, file.metadata.num_rows, "rows")
            table = file.read(use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise problem("unreadable", task.file, reason=str(error)[:300]) from error
    text = (table.schema.metadata or {}).get(b"geo")
    outcome = _place(task, table) if text is None else _geoparquet(task, table, text)
    return outcome | {"encoding": encodings.UTF8}


def _geoparquet(task: Task, table: pa.Table, text: bytes) -> dict[str, Any]:
    try:
        meta = json.loads(text)
        primary = meta["primary_column"]
        column = meta["columns"][primary]
        native = column["encoding"] != "WKB"
    except (ValueError, KeyError, TypeError) as error:
        raise problem("description", task.file) from error
    if primary not in table.column_names:
        raise problem("description", task.file)
    if native:
        table = _native_as_wkb(table, primary)
    crs = json.dumps(column["crs"]) if column.get("crs") else None if "crs" in column else "OGC:CRS84"
    return reader_result.finish(task, table, primary, crs)


def _native_as_wkb(table: pa.Table, primary: str) -> pa.Table:
    import sys

    del sys.meta_path[0]  # `reader_child.Without`: this rare form is worth the slow import
    import geopandas as gpd

    geometry = gpd.read_parquet("in.parquet", columns=[primary]).geometry.to_wkb()
    return table.set_column(table.column_names.index(primary), primary, pa.array(geometry, pa.binary()))


def _place(task: Task, table: pa.Table) -> dict[str, Any]:
    """Make points of coordinate columns, if there are any."""
    where = tables.find_coordinates(task.file, table, task.x_column, task.y_column)
    if where is None:
        return reader_result.finish(task, table, None, None)
    geometry, bad = tables.points(table, where)
    if where.y is None:
        table = table.drop_columns([where.x])
    return reader_result.finish(task, table, None, where.crs, geometry, bad)

"""What leaves the reading process: an Arrow table whose sizes, names and coordinates were checked."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from geo import decoding, wkb
from geo.decoding import Decoded
from geo.detected import Detected
from geo.notes import Note
from geo.read_problems import problem
from geo.reader_task import Task

GEOMETRY = "geometry"


def finish(
    task: Task,
    table: pa.Table,
    column: str | None,
    crs: str | None,
    decoded: Decoded | None = None,
    notes: Sequence[Note] = (),
) -> dict[str, Any]:
    """Check and write `out.arrow`, geometry as WKB in its last column.

    The geometry is that of the WKB column `column`, else `decoded`, else there is none. Rows whose geometry
    cannot be read, or has NaN or infinite coordinates, are listed and have none; rows whose rings had to be
    closed are listed too.
    """
    check_count(task, table.num_rows, "rows")
    check_count(task, table.num_columns, "columns")
    shapes = None
    if column is not None:
        at = table.column_names.index(column)
        shapes = table.column(at)
        decoded = _parse(task, shapes)
        table = table.remove_column(at)
    names = _distinct(task, table.column_names, taken=decoded is not None)
    columns = [_plain(each) for each in table.columns]
    _check_texts(task, columns, names)
    count = len(decoded.geometry) if decoded is not None else table.num_rows
    if decoded is not None:
        _check_shape(task, decoded.geometry)
        decoded = decoded.without(_infinite(decoded.geometry))
        if shapes is None or (decoded.unusable | decoded.unreadable | decoded.closed).any():
            shapes = pa.chunked_array([pa.array(shapely.to_wkb(decoded.geometry), pa.large_binary())])
            _refuse(task, wkb.excess(shapes, _most(task)))
        columns, names = [*columns, shapes.cast(pa.large_binary())], [*names, GEOMETRY]
    write(pa.table(columns, names=names), "out.arrow")
    return {
        "crs": crs,
        "rows": count,
        "has_geometry": decoded is not None,
        "nonfinite": [] if decoded is None else _rows(decoded.unusable),
        "unreadable": [] if decoded is None else _rows(decoded.unreadable),
        "closed": [] if decoded is None else _rows(decoded.closed),
        "notes": [[note.code, note.fields] for note in notes],
    }


def encoded(encoding: Detected) -> dict[str, Any]:
    """The encoding of the texts and how it was concluded, as an outcome carries them."""
    return {"encoding": encoding.value, "detected": [asdict(encoding)]}


def check_count(task: Task, count: int, what: str) -> None:
    """Refuse more rows, columns or vertices than the limit."""
    limit = getattr(task.limits, what)
    if count > limit:
        raise problem(f"too_many_{what}", task.file, count=count, limit=limit)


def write(table: pa.Table, name: str) -> None:
    """Write an Arrow file."""
    with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _rows(marked: NDArray[np.bool_]) -> list[int]:
    found: list[int] = (np.flatnonzero(marked) + 1).tolist()
    return found


def _parse(task: Task, column: pa.ChunkedArray) -> Decoded:
    """The geometry of WKB; a row of broken bytes is marked, but a column of nothing else is refused."""
    broken = np.zeros(len(column), dtype=bool)
    for found in wkb.excesses(column, _most(task)):
        if found.what != "broken":
            _refuse(task, found)
        broken[found.row - 1] = True
    values = column.to_numpy(zero_copy_only=False)
    if broken.any():
        values = np.where(broken, None, values)
    decoded = decoding.from_wkb(values)
    decoded = replace(decoded, unreadable=decoded.unreadable | broken)
    present = column.is_valid().to_numpy(zero_copy_only=False)
    if decoded.unreadable.any() and decoded.unreadable[present].all():
        raise problem("geometry", task.file, reason=f"{int(decoded.unreadable.sum())} of {present.sum()}")
    return decoded


def _most(task: Task) -> wkb.WkbLimits:
    return wkb.WkbLimits(task.limits.depth, task.limits.feature_parts, task.limits.feature_vertices)


def _refuse(task: Task, found: wkb.Excess | None) -> None:
    """Refuse what would end GEOS or keep it busy, before it parses it."""
    if found is None:
        return
    if found.what == "depth":
        raise problem("nested", task.file)
    cause = f"feature_{found.what}"
    raise problem(cause, task.file, row=found.row, count=found.count, limit=getattr(task.limits, cause))


def _check_texts(task: Task, columns: Sequence[pa.ChunkedArray | pa.Array], names: Sequence[str]) -> None:
    for column, name in zip(columns, names, strict=True):
        if _is_text(column.type) and len(column):
            sizes = pc.binary_length(column)
            longest = pc.max(sizes).as_py() or 0
            if longest > task.limits.text_bytes:
                row = pc.index(sizes, longest).as_py() + 1
                fields = {"row": row, "count": longest, "limit": task.limits.text_bytes}
                raise problem("long_text", task.file, column=name, **fields)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _check_shape(task: Task, geometry: NDArray[np.object_]) -> None:
    check_count(task, int(shapely.get_num_coordinates(geometry).sum()), "vertices")
    nested = geometry
    for _ in range(task.limits.depth):
        nested = nested[shapely.get_type_id(nested) == shapely.GeometryType.GEOMETRYCOLLECTION]
        nested = shapely.get_parts(nested)
    if len(nested):
        raise problem("nested", task.file)


def _infinite(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    xy, row = shapely.get_coordinates(geometry, return_index=True)
    bad = np.zeros(len(geometry), dtype=bool)
    bad[row[~np.isfinite(xy).all(axis=1)]] = True
    return bad


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """A column that frames and GeoPackages can hold: dictionaries resolved, lists and structures as JSON."""
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        texts = (
            None if each is None else json.dumps(each, ensure_ascii=False, default=str)
            for each in column.to_pylist()
        )
        return pa.array(list(texts), pa.string())
    return column


def _distinct(task: Task, names: list[str], *, taken: bool) -> list[str]:
    """The names; a field called like the geometry gives way to it."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise problem("column_twice", task.file, column=twice)
    return [f"{name}_field" if taken and name == GEOMETRY else name for name in names]

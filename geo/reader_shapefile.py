"""How a Shapefile is opened inside the reading process: its table and its points by us, other shapes by GDAL.

A missing index is made from the records; without a .dbf there are shapes only. Both are said in the notes.
"""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa

from geo import dbf, encodings, reader_gdal, reader_result, shp
from geo.detected import Detected
from geo.notes import Note
from geo.read_problems import problem
from geo.reader_task import Task

_SHP, _SHX, _DBF, _PRJ = (Path(name) for name in ("in.shp", "in.shx", "table.dbf", "in.prj"))
_LONGEST_SYSTEM = 32_768  # as `geo.crs_text` has it, which needs PROJ


def read(task: Task) -> dict[str, Any]:
    """Read shapes and table into `out.arrow`; both must have the same number of rows."""
    notes: list[Note] = []
    if not _SHX.exists():
        shp.write_index(_SHP, _SHX, task.file)
        notes.append(Note("shx_rebuilt"))
    start, length = shp.records(_SHP, _SHX, task.file)
    reader_result.check_count(task, len(start), "rows")
    encoding, table, kept = encodings.BY_FORMAT, None, np.ones(len(start), dtype=np.bool_)
    if _DBF.exists():
        encoding, content = read_table(task, _DBF, encodings.of_cpg(Path("in.cpg")))
        if len(content.kept) != len(start):
            raise problem("records_differ", task.file, shapes=len(start), rows=len(content.kept))
        table, kept = content.table, content.kept
        notes.extend(content.notes)
    else:
        notes.append(Note("dbf_missing"))
    unread = _system() if _is_system_too_long() else None
    points = shp.points(_SHP, start, length)
    try:
        crs, wkb = reader_gdal.shapes(task, points, len(start))
    except UnboundLocalError:  # pyogrio, over a system that GDAL reads and cannot write
        unread = _system()
        crs, wkb = reader_gdal.shapes(task, points, len(start))
    crs = unread or crs
    if not kept.all():
        wkb = wkb.filter(pa.array(kept))
    table = pa.table({}) if table is None else table
    names = [*(f"{name}_field" if name == _WKB else name for name in table.column_names), _WKB]
    columns = [*table.columns, wkb if isinstance(wkb, pa.ChunkedArray) else pa.chunked_array([wkb])]
    outcome = reader_result.finish(task, pa.table(columns, names=names), _WKB, crs, notes=notes)
    return outcome | reader_result.encoded(encoding)


_WKB = "wkb of the shapes"


def _is_system_too_long() -> bool:
    return _PRJ.exists() and _PRJ.stat().st_size > _LONGEST_SYSTEM


def _system() -> str:
    """What the .prj begins with; it is taken away, since GDAL would refuse the shapes with it."""
    with _PRJ.open("rb") as file:
        begins = file.read(_LONGEST_SYSTEM + 1).decode("latin-1")
    _PRJ.unlink()
    return begins


def read_table(task: Task, path: Path, stated: str | None) -> tuple[Detected, dbf.Dbf]:
    """A .dbf and its encoding: the caller's word, else the .cpg's, else the one that fits."""
    name = str(PurePosixPath(task.file).with_suffix(".dbf"))
    dbf.check(path, name)
    columns = dbf.Columns(path, name)
    encoding = encodings.of_dbf(path, task.file, task.encoding, stated, fits=columns.fits)
    return encoding, columns.read(encoding.value)

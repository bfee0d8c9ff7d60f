"""KML, KMZ and DXF inside the reading process: made ready for their driver, and freed of what it adds.

A drawing's layers are the layers of the file. DXF tells of each element its layer, text, colour and line
type; blocks are taken apart by the driver. Neither colour nor layer says what a thing is.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo import archive, encodings, formats, kml_names, reader_gdal
from geo.detected import Detected
from geo.formats import NamedFile
from geo.read_problems import problem
from geo.reader_task import Task

_KML, _KMZ, _DXF = Path("in.kml"), Path("in.kmz"), Path("in.dxf")
_XML_ENCODING = re.compile(r"""^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["'][\w.-]+["']""")
_KML_OWN = {
    **dict.fromkeys(("id", "timestamp", "begin", "end", "altitudeMode", "drawOrder", "icon"), None),
    **dict.fromkeys(("tessellate", "visibility"), -1),
    "extrude": 0,
}
"""Columns the driver gives every placemark, and the value that says nothing."""

_DXF_COLUMNS = {"Layer": "layer", "Text": "text", "Linetype": "line_type", "EntityHandle": "handle"}
_COLOUR = r"c:(?P<colour>#[0-9A-Fa-f]{6})"


@dataclass(frozen=True)
class _Ready:
    """The encoding a drawing was in, what stands for names of a KML, and its folders."""

    encoding: Detected
    names: dict[str, str] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()


def ready(task: Task) -> Detected:
    """Put the text of the drawing in place as UTF-8, once; the encoding it was in."""
    return _ready(task).encoding


@cache
def _ready(task: Task) -> _Ready:
    if task.driver == formats.KML and not _KML.exists():
        archive.take_kml(NamedFile(task.file, _KMZ), _KML, limits=task.limits)
    path = _KML if task.driver == formats.KML else _DXF
    if path == _DXF and formats.is_binary_dxf(path):
        raise problem("dxf_binary", task.file)
    text, encoding = encodings.decode(task.file, path.read_bytes(), task.encoding)
    if path == _DXF and text.rstrip()[-3:] != "EOF":
        raise problem("breaks_off", task.file)
    made = _Ready(encoding)
    if path == _KML:
        text, names = kml_names.stand_in(_XML_ENCODING.sub(r"\1", text))
        made = _Ready(encoding, names, kml_names.folders(text))
    path.unlink()
    path.write_text(text, encoding="utf-8", newline="")
    return made


def kml_layers(task: Task) -> list[str]:
    """The folders with placemarks."""
    ready(task)
    return reader_gdal.layers(task)


def dxf_layers(task: Task) -> list[str]:
    """The layers with elements, in the order of their first."""
    ready(task)
    _, rows, _ = _elements(task)
    return [str(name) for name in pc.unique(rows["Layer"]).to_pylist() if name is not None]


def kml(task: Task, layer: str) -> tuple[dict[str, Any], pa.Table, str | None]:
    """The placemarks of a folder, without the driver's columns that say nothing, and the folder's name."""
    made = _ready(task)
    meta, rows, column = reader_gdal.table(task, layer=layer)
    silent = [
        name for name, value in _KML_OWN.items() if name in rows.column_names and _says(rows[name], value)
    ]
    rows = kml_names.restored(rows.drop_columns(silent), made.names)
    return meta, kml_names.in_folder(rows, layer) if layer in made.folders else rows, column


def dxf(task: Task, layer: str) -> tuple[dict[str, Any], pa.Table, str | None]:
    """The elements of a layer of a drawing."""
    meta, rows, column = _elements(task)
    rows = rows.filter(pc.equal(rows["Layer"], layer))
    found = {new: rows[old] for old, new in _DXF_COLUMNS.items() if old in rows.column_names}
    styles = pc.extract_regex(rows["OGR_STYLE"], _COLOUR)
    found["colour"] = pc.struct_field(styles, "colour")
    return meta, pa.table(found | ({column: rows[column]} if column else {})), column


def _elements(task: Task) -> tuple[dict[str, Any], pa.Table, str | None]:
    # the driver offers an element's style only where a statement asks for it; this one is ours, whole
    return reader_gdal.table(
        task,
        sql="SELECT *, OGR_STYLE FROM entities",
        sql_dialect="OGRSQL",
        settings={"DXF_ENCODING": "UTF-8"},
    )


def _says(column: pa.ChunkedArray, nothing: object) -> bool:
    """Whether every value of a column is the one that says nothing."""
    if column.null_count == len(column):
        return True
    return nothing is not None and bool(pc.all(pc.equal(column, nothing), min_count=0).as_py())

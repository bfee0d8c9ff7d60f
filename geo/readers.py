"""Reading files of others: each is opened by a process of its own that can be killed.

This process never hands such a file to a driver. It looks at the first bytes, tells a child which single
driver to use, waits, and takes over a checked Arrow table.
"""

import json
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from pyproj import CRS

from geo import bubblewrap, formats, read_client
from geo.crs import STORED, parse
from geo.crs_families import label_unknown
from geo.detected import Detected, detected_from
from geo.errors import CrsUnknown
from geo.formats import NamedFile, Source
from geo.notes import Note
from geo.read_client import ServerLost
from geo.read_problems import problem
from geo.reader_task import ReadLimits, Task
from geo.regular import open_regular
from geo.sandbox import protections
from geo.task_folders import task_folder
from geo.writers import frame_from_arrow

__all__ = ["ReadLimits", "Reading", "format_of", "layer_names", "read", "read_osm_network", "unpack"]

_NAMES = {"pbf": "in.osm.pbf", "dbf": "table.dbf"}  # GDAL is not to see the table, which we read
_LONGEST_OUTCOME = 256 * 1024**2
_CRS84 = CRS.from_user_input("OGC:CRS84")


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    Attributes
    ----------
    frame
        GeoDataFrame in the caller's CRS, else the declared one, else none; a DataFrame where rows have
        no place.
    driver, layer, encoding
        The format by content, the layer read, and the encoding its texts were in.
    crs_declared
        What the file itself says (lon/lat columns of a table say EPSG:4326), whatever the caller said.
    rows
        How many features or rows.
    nonfinite
        Rows, from 1, whose coordinates are NaN, infinite, half a pair, no number or no WKT; their geometry
        is None in the frame. Rows without any coordinates are None too and not listed.
    notes
        What was decided because the file was not quite whole or not quite a table.
    detected
        What was concluded while reading: the encoding, and that the coordinate system is named in words that
        nobody knows.
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    driver: str
    layer: str
    encoding: str
    crs_declared: CRS | None
    rows: int
    nonfinite: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    detected: tuple[Detected, ...] = ()


def format_of(path: Path | str) -> str:
    """The format of a file by its content: one of the names in `geo.formats`."""
    return formats.detect(Path(path)).driver


def layer_names(
    path: Path | str | Source,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> tuple[str, ...]:
    """The layers of a file; formats of one layer name it after the file."""
    source = _source(path)
    with task_folder() as folder:
        outcome = _run(source, Task("layers", source.name, source.driver, limits=limits), folder)
    return tuple(str(name) for name in outcome["layers"])


def read(
    path: Path | str | Source,
    *,
    layer: str | None = None,
    crs: CRS | str | None = None,
    encoding: str | None = None,
    x_column: str | None = None,
    y_column: str | None = None,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> Reading:
    """Read a data set of any format that `geo.formats` knows, but for extracts and rasters.

    Parameters
    ----------
    path
        A file, a `.gdb` folder, or a data set found by `geo.formats.datasets`.
    layer
        Needed where the file has several.
    crs
        The caller's word on the coordinate system; it goes before what the file declares.
    encoding
        The caller's word on the texts; checked against the bytes. Without it a Shapefile's .cpg counts, then
        UTF-8 or GB18030, whichever fits.
    x_column, y_column
        Columns of coordinates in a table, where their names leave a doubt; x alone is a column of WKT.
    """
    stated = None if crs is None else parse(crs)
    source = _source(path)
    if source.driver in (formats.OSM, formats.GEOTIFF):
        raise problem("extract" if source.driver == formats.OSM else "raster", source.name)
    task = Task("read", source.name, source.driver, layer, encoding, x_column, y_column, limits)
    with task_folder() as folder:
        outcome = _run(source, task, folder)
        content = _table(folder / "work" / "out.arrow", task, outcome["rows"])
    declared, unknown = _declared(outcome["crs"])
    geometry = "geometry" if outcome["has_geometry"] else None
    return Reading(
        frame=frame_from_arrow(content, geometry, stated or declared),
        driver=source.driver,
        layer=str(outcome["layer"]),
        encoding=str(outcome["encoding"]),
        crs_declared=declared,
        rows=content.num_rows,
        nonfinite=tuple(int(row) for row in outcome["nonfinite"]),
        notes=tuple(Note(str(code), dict(fields)) for code, fields in outcome["notes"]),
        detected=(*(detected_from(each) for each in outcome["detected"]), *unknown),
    )


def unpack(
    file: NamedFile,
    into: Path,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> tuple[NamedFile, ...]:
    """The members of a ZIP archive (see `geo.archive`), as files of server-made names in the folder `into`.

    Their own names have the archive's in front, as a folder would: "上报.zip/停车场.shp".
    """
    source = Source(file.path, "ZIP", {"zip": file.path}, file.name)
    first = len(list(into.iterdir()))
    with task_folder(into) as folder:
        outcome = _run(source, Task("unpack", file.name, "ZIP", limits=limits), folder)
        return tuple(
            _taken(file, str(name), folder / "work" / "members" / str(at), into / str(first + at))
            for at, name in enumerate(outcome["members"])
        )


def _taken(archive: NamedFile, name: str, found: Path, place: Path) -> NamedFile:
    """Move a member to its place, if it is the plain file the process was to leave."""
    if found.is_symlink() or not found.is_file() or place.exists():
        raise problem("crash", archive.name, reason="no plain file")
    found.rename(place)
    return NamedFile(f"{archive.name}/{name}", place)


def read_osm_network(
    path: Path | str | Source,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The walking network of an OpenStreetMap extract (.pbf), by the convention of `geo.osm`.

    Returns
    -------
    Nodes with `node_id`, `osm_node_id`, `lon`, `lat` (EPSG:4326), and undirected edges with `edge_id`, `u`,
    `v`, `osm_way_id`, `highway`, `name`; edges are straight between their nodes.
    """
    source = _source(path)
    if source.driver != formats.OSM:
        raise problem("no_extract", source.name, driver=source.driver)
    task = Task("network", source.name, source.driver, limits=limits)
    with task_folder() as folder:
        outcome = _run(source, task, folder)
        nodes = _table(folder / "work" / "out.arrow", task, outcome["rows"])
        edges = _table(folder / "work" / "edges.arrow", task, outcome["edges"])
    return frame_from_arrow(nodes, None, None), frame_from_arrow(edges, None, None)


def _source(path: Path | str | Source) -> Source:
    return path if isinstance(path, Source) else formats.detect(Path(path))


def _run(source: Source, task: Task, folder: Path) -> dict[str, Any]:
    """Have the task done in its folder by a process of its own, and return what that process says."""
    work = folder / "work"
    with ExitStack() as opened:
        inputs = []
        for role, path in source.parts.items():
            inputs.append(open_regular(path, follow=path == source.path))
            opened.callback(os.close, inputs[-1])
            place = work / _name(role)
            place.parent.mkdir(exist_ok=True)
            place.symlink_to(path.resolve())
        (work / "task.json").write_text(task.to_json(), encoding="utf-8")
        try:
            code = _ended(folder, source, inputs, task)
        except ServerLost as error:
            raise problem("crash", task.file, reason=str(error)[:300]) from error
    if code is None:
        raise problem("too_slow", task.file, limit=task.limits.wall_s)
    return _outcome(task, code, work)


def _ended(folder: Path, source: formats.Source, inputs: list[int], task: Task) -> int | None:
    offered, wall_s = protections(), task.limits.wall_s
    if offered.way == "bubblewrap":
        return bubblewrap.ask(folder, list(source.parts.values()), wall_s, offered)
    return read_client.ask(folder, inputs, wall_s, offered)


def _name(role: str) -> str:
    """The name of a part where it is read; those of a geodatabase keep theirs, in a folder of ours."""
    return _NAMES.get(role, f"in.{role}")


def _outcome(task: Task, code: int, folder: Path) -> dict[str, Any]:
    if code == -signal.SIGXCPU:
        raise problem("too_much_work", task.file, limit=task.limits.cpu_s)
    if code < 0:
        raise problem("crash", task.file, reason=signal.Signals(-code).name)
    path = folder / "outcome.json"
    if code != 0 or not path.is_file():
        raise problem("crash", task.file, reason=_last_words(folder))
    if path.stat().st_size > _LONGEST_OUTCOME:
        raise problem("output", task.file)
    outcome = json.loads(path.read_text(encoding="utf-8"))
    if "error" in outcome:
        raise problem(**outcome["error"])
    return outcome


def _last_words(folder: Path) -> str:
    words = (folder / "stderr").read_bytes()[-4000:].decode("utf-8", errors="replace").strip()
    return words.splitlines()[-1][:300] if words else "without a word"


def _table(path: Path, task: Task, rows: int) -> pa.Table:
    """An Arrow file of the child, taken as untrusted: fully validated, and as long as it said."""
    try:
        with pa.OSFile(str(path), "rb") as source:
            content = pa.ipc.open_file(source).read_all()
        content.validate(full=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise problem("crash", task.file, reason=f"no readable table: {error}") from error
    if content.num_rows != rows:
        raise problem("crash", task.file, reason=f"{content.num_rows} rows of {rows}")
    return content


def _declared(text: str | None) -> tuple[CRS | None, tuple[Detected, ...]]:
    """The system a file names; a local one in words of its own is told, and the file has none."""
    if text is None:
        return None, ()
    try:
        crs = parse(text)
    except CrsUnknown:
        return None, (label_unknown(text),)
    return STORED if crs == _CRS84 else crs, ()

"""The process that opens one file of somebody else's and then ends.

It limits itself before it imports anything heavy, has no GDAL driver but the one it is told, reads files
under names of our making in a folder of its own, and leaves two things there: `out.arrow` (and for a
network `edges.arrow`) and `outcome.json`. A hostile file can end this process, and nothing else.
"""

import errno
import importlib
import json
import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path, PurePosixPath
from typing import Any

from geo import formats, gdal_drivers, sandbox
from geo.errors import ReadError
from geo.read_problems import problem
from geo.reader_task import Task
from geo.sandbox import Protections, Room

_AHEAD = (
    *("sqlite3", "mmap", "numpy.ma", "dateutil.relativedelta"),
    *("pyogrio.raw", "geo.osm", "geo.reader_drivers", "geo.reader_gdal", "geo.reader_shapefile"),
)
"""What small files of common formats need; the rest is imported when it is needed."""


class Without(MetaPathFinder):
    """Lets packages seem not installed: pyogrio imports pandas if it can, which is half of the start."""

    def __init__(self, *packages: str) -> None:
        self.packages = packages

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Refuse the named packages, leave the others to the next finder."""
        if fullname in self.packages:
            raise ModuleNotFoundError(f"{fullname} is left out here", name=fullname)


def main() -> None:
    """Do the task of the folder `work` below this one, by itself; the first argument says what confines."""
    prepare()
    folder = Path.cwd()
    os.chdir("work")
    do(Room(folder / "work", (), folder / "outside"), Protections(**json.loads(sys.argv[1])))


def prepare() -> None:
    """Import what reading takes, so that forked children have it."""
    sys.meta_path.insert(0, Without("geopandas", "pandas"))
    for name in _AHEAD:
        importlib.import_module(name)
    from geo import encodings

    encodings.decode("", "泉城".encode("gb18030"), None)  # loads the tables of every encoding that is tried


def do(room: Room, offered: Protections) -> None:
    """Do the task in `task.json` of the working folder, confined to its room."""
    task = Task.from_json(Path("task.json").read_text(encoding="utf-8"))
    limits = task.limits
    os.environ["TMPDIR"] = str(Path.cwd())
    sandbox.limit(limits.memory_bytes, limits.cpu_s, limits.output_bytes)
    gdal_drivers.keep_only({task.driver, "MEM"})
    sandbox.confine(room, offered)
    try:
        outcome = ACTIONS[task.action](task)
    except ReadError as error:
        outcome = _failure(error)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        outcome = _failure(problem("output", task.file))
    except MemoryError:
        outcome = _failure(problem("memory", task.file))
    Path("outcome.json").write_text(json.dumps(outcome), encoding="utf-8")


def _failure(error: ReadError) -> dict[str, Any]:
    known = {"what", "mend"}  # made again by the caller, from the cause
    return {"error": {name: value for name, value in vars(error).items() if name not in known}}


def _layers(task: Task) -> dict[str, Any]:
    return {"layers": _layer_names(task)}


def _layer_names(task: Task) -> list[str]:
    if task.driver == formats.GEOPACKAGE:
        return _geopackage_tables(task.file)
    if task.driver in formats.OF_LAYERS:
        from geo import reader_layers

        return reader_layers.names(task)
    return [PurePosixPath(task.file).stem]


def _geopackage_tables(file: str) -> list[str]:
    """Real tables only: a view may run for ever, and a virtual table is a program (it has no page)."""
    import sqlite3
    from contextlib import closing

    try:
        with closing(sqlite3.connect("file:in.gpkg?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if state != "ok":
                raise problem("database", file, reason=str(state)[:300])
            rows = database.execute(
                "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m ON m.name = c.table_name "
                "WHERE m.type = 'table' AND m.rootpage > 0 AND c.data_type IN ('features', 'attributes') "
                "ORDER BY m.rowid"
            ).fetchall()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # SQLite quotes the file in its complaints
        raise problem("database", file, reason=str(error)[:300]) from error
    if not rows:
        raise problem("no_tables", file)
    return [name for (name,) in rows]


def _choose_layer(task: Task) -> str:
    names = _layer_names(task)
    listed = ", ".join(names)
    if task.layer is not None and task.layer not in names:
        raise problem("no_layer", task.file, layer=task.layer, names=names, listed=listed)
    if task.layer is None and len(names) > 1:
        raise problem("several_layers", task.file, count=len(names), names=names, listed=listed)
    return task.layer or names[0]


def _read(task: Task) -> dict[str, Any]:
    from geo import reader_drivers

    layer = _choose_layer(task)
    return reader_drivers.read(task, layer) | {"layer": layer}


def _network(task: Task) -> dict[str, Any]:
    from geo import osm, reader_result

    nodes, edges = osm.walking_network(Path("in.osm.pbf"), task.file)
    reader_result.write(nodes, "out.arrow")
    reader_result.write(edges, "edges.arrow")
    return {"rows": nodes.num_rows, "edges": edges.num_rows}


def _unpack(task: Task) -> dict[str, Any]:
    from geo import archive

    place = Path("members")
    place.mkdir()
    members = archive.unpack(formats.NamedFile(task.file, Path("in.zip")), place, limits=task.limits)
    return {"members": [member.name for member in members]}


def _raster(task: Task) -> dict[str, Any]:
    from geo import reader_raster

    return reader_raster.read(task)


def _look(task: Task) -> dict[str, Any]:
    from geo import reader_raster

    return reader_raster.look(task)


def _repair(task: Task) -> dict[str, Any]:
    from geo import repair

    return repair.serve(task)


ACTIONS = {
    "layers": _layers,
    "read": _read,
    "network": _network,
    "unpack": _unpack,
    "raster": _raster,
    "look": _look,
    "repair": _repair,
}

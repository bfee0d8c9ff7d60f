"""Reading files of others: each is opened by a process of its own that can be killed.

This process never hands such a file to a driver. It looks at the first bytes, tells a child which single
driver to use, waits, and takes over a checked Arrow table.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
from pyproj import CRS

from geo import formats
from geo.crs import STORED, parse
from geo.read_problems import problem
from geo.reader_task import ReadLimits, Task
from geo.writers import frame_from_arrow

__all__ = ["ReadLimits", "Reading", "format_of", "layer_names", "read", "read_osm_network"]

_START = "import sys; sys.path.insert(0, {root!r}); from geo.reader_child import main; main()"
_CAREFUL = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",  # nothing listens there: a file that links to an address gets no answer
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": "64",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
}
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
    """

    frame: gpd.GeoDataFrame | pd.DataFrame
    driver: str
    layer: str
    encoding: str
    crs_declared: CRS | None
    rows: int
    nonfinite: tuple[int, ...] = ()


def format_of(path: Path | str) -> str:
    """The format of a file by its content: one of the names in `geo.formats`."""
    return formats.detect(Path(path)).driver


def layer_names(path: Path | str, *, limits: ReadLimits = ReadLimits()) -> tuple[str, ...]:  # noqa: B008 - frozen
    """The layers of a file; formats of one layer name it after the file."""
    source = formats.detect(Path(path))
    with tempfile.TemporaryDirectory(prefix="quantu-read-") as folder:
        outcome = _run(source, Task("layers", source.path.name, source.driver, limits=limits), Path(folder))
    return tuple(str(name) for name in outcome["layers"])


def read(
    path: Path | str,
    *,
    layer: str | None = None,
    crs: CRS | str | None = None,
    encoding: str | None = None,
    x_column: str | None = None,
    y_column: str | None = None,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> Reading:
    """Read a Shapefile, GeoPackage, GeoJSON, GeoParquet, Parquet or CSV file.

    Parameters
    ----------
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
    source = formats.detect(Path(path))
    if source.driver == formats.OSM:
        raise problem("extract", source.path.name)
    task = Task("read", source.path.name, source.driver, layer, encoding, x_column, y_column, limits)
    with tempfile.TemporaryDirectory(prefix="quantu-read-") as folder:
        outcome = _run(source, task, Path(folder))
        content = _table(Path(folder) / "out.arrow", task, outcome["rows"])
    declared = _declared(outcome["crs"])
    geometry = "geometry" if outcome["has_geometry"] else None
    return Reading(
        frame=frame_from_arrow(content, geometry, stated or declared),
        driver=source.driver,
        layer=str(outcome["layer"]),
        encoding=str(outcome["encoding"]),
        crs_declared=declared,
        rows=content.num_rows,
        nonfinite=tuple(int(row) for row in outcome["nonfinite"]),
    )


def read_osm_network(
    path: Path | str,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The walking network of an OpenStreetMap extract (.pbf), by the convention of `geo.osm`.

    Returns
    -------
    Nodes with `node_id`, `osm_node_id`, `lon`, `lat` (EPSG:4326), and undirected edges with `edge_id`, `u`,
    `v`, `osm_way_id`, `highway`, `name`; edges are straight between their nodes.
    """
    source = formats.detect(Path(path))
    if source.driver != formats.OSM:
        raise problem("no_extract", source.path.name, driver=source.driver)
    task = Task("network", source.path.name, source.driver, limits=limits)
    with tempfile.TemporaryDirectory(prefix="quantu-read-") as folder:
        outcome = _run(source, task, Path(folder))
        nodes = _table(Path(folder) / "out.arrow", task, outcome["rows"])
        edges = _table(Path(folder) / "edges.arrow", task, outcome["edges"])
    return frame_from_arrow(nodes, None, None), frame_from_arrow(edges, None, None)


def _run(source: formats.Source, task: Task, folder: Path) -> dict[str, Any]:
    """Start the child in its folder, wait for it, and return what it says."""
    for role, path in source.parts.items():
        (folder / _name(role)).symlink_to(path.resolve())
    (folder / "task.json").write_text(task.to_json(), encoding="utf-8")
    root = str(Path(__file__).resolve().parents[1])
    with (folder / "stderr").open("wb") as words:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and code, no text of the user
            [sys.executable, "-I", "-c", _START.format(root=root)],
            cwd=folder,
            env=_environment(source.driver, folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=words,
        )
        try:
            code = child.wait(timeout=task.limits.wall_s)
        except subprocess.TimeoutExpired:
            raise problem("too_slow", task.file, limit=task.limits.wall_s) from None
        finally:
            child.kill()
            child.wait()
    return _outcome(task, code, folder)


def _name(role: str) -> str:
    return "in.osm.pbf" if role == "pbf" else f"in.{role}"


def _environment(driver: str, folder: Path) -> dict[str, str]:
    skipped = sorted(set(pyogrio.list_drivers()) - {driver, "MEM"})
    kept = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ
    }
    own = {"GDAL_SKIP": ",".join(skipped), "TMPDIR": str(folder), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    return kept | own | _CAREFUL


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


def _declared(text: str | None) -> CRS | None:
    if text is None:
        return None
    crs = parse(text)
    return STORED if crs == _CRS84 else crs

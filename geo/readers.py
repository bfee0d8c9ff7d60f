"""Reading files of others: each is opened by a process of its own that can be killed.

This process never hands such a file to a driver. It looks at the first bytes, tells a child which single
driver to use, waits, and takes over a checked Arrow table.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from shapely.errors import GEOSException

from geo import formats, reader_run
from geo.crs import STORED, parse
from geo.crs_families import label_unknown
from geo.detected import Detected, detected_from
from geo.errors import CrsUnknown
from geo.formats import NamedFile, Source
from geo.notes import Note
from geo.raster_reading import RasterReading, band_from, load_preview
from geo.read_problems import problem
from geo.reader_task import ReadLimits, Task
from geo.task_folders import task_folder
from geo.writers import frame_from_arrow

__all__ = [
    "ReadLimits",
    "Reading",
    "format_of",
    "layer_names",
    "look_at_raster",
    "read",
    "read_osm_network",
    "read_raster",
    "unpack",
]

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
        Rows, from 1, whose coordinates are NaN, infinite, half a pair or no number; their geometry is None
        in the frame. Rows without any coordinates are None too and not listed.
    unreadable
        Rows whose WKB or WKT is broken; their geometry is None in the frame.
    closed
        Rows with rings that did not end where they began and were closed.
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
    unreadable: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()
    detected: tuple[Detected, ...] = ()


def format_of(path: Path | str) -> str:
    """The format of a file by its content: one of the names in `geo.formats`."""
    return formats.detect(Path(path)).driver


def layer_names(
    path: Path | str | Source,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
    work_in: Path | None = None,
) -> tuple[str, ...]:
    """The layers of a file; formats of one layer name it after the file."""
    source = _source(path)
    with task_folder(work_in) as folder:
        outcome = reader_run.run(source, Task("layers", source.name, source.driver, limits=limits), folder)
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
    work_in: Path | None = None,
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
    work_in
        Where the folder of the task is made, removed afterwards; the system's place for such things if None.
    """
    stated = None if crs is None else parse(crs)
    source = _source(path)
    if source.driver in (formats.OSM, formats.GEOTIFF):
        raise problem("extract" if source.driver == formats.OSM else "raster", source.name)
    task = Task("read", source.name, source.driver, layer, encoding, x_column, y_column, limits)
    with task_folder(work_in) as folder:
        outcome = reader_run.run(source, task, folder)
        shapes = outcome["has_geometry"]
        content = reader_run.table(folder, "out.arrow", task, outcome["rows"], shapes=shapes)
    declared, unknown = _declared(outcome["crs"])
    geometry = "geometry" if outcome["has_geometry"] else None
    try:
        frame = frame_from_arrow(content, geometry, stated or declared)
    except GEOSException as error:
        raise problem("crash", source.name, reason=str(error)[:200]) from error
    return Reading(
        frame=frame,
        driver=source.driver,
        layer=str(outcome["layer"]),
        encoding=str(outcome["encoding"]),
        crs_declared=declared,
        rows=content.num_rows,
        nonfinite=tuple(outcome["nonfinite"]),
        unreadable=tuple(outcome["unreadable"]),
        closed=tuple(outcome["closed"]),
        notes=_notes(outcome),
        detected=(*(detected_from(each) for each in outcome["detected"]), *unknown),
    )


def read_raster(
    path: Path | str | Source,
    *,
    into: Path,
    crs: CRS | str | None = None,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
) -> RasterReading:
    """Describe a GeoTIFF and leave a Cloud Optimized copy of it at `into`, which must not exist yet.

    `crs` is the caller's word: the copy is of that system, and `crs_declared` says so too.
    """
    source = _source(path)
    if source.driver != formats.GEOTIFF:
        raise problem("no_raster", source.name, driver=source.driver)
    if into.exists():
        raise FileExistsError(f"{into} exists: a raster is written to a new file")
    said = None if crs is None else parse(crs).to_wkt("WKT2_2019")
    task = Task("raster", source.name, source.driver, crs=said, limits=limits)
    with task_folder(into.parent) as folder:
        found = _raster(source, task, folder, into)
        _move(task.file, folder / "work" / "out.tif", into)
    return found


def look_at_raster(
    path: Path | str | Source,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
    work_in: Path | None = None,
) -> RasterReading:
    """Describe a GeoTIFF where it lies, without a copy: of a copy that `read_raster` left, all the same."""
    source = _source(path)
    if source.driver != formats.GEOTIFF:
        raise problem("no_raster", source.name, driver=source.driver)
    with task_folder(work_in) as folder:
        return _raster(source, Task("look", source.name, source.driver, limits=limits), folder, source.path)


def _raster(source: Source, task: Task, folder: Path, path: Path) -> RasterReading:
    """Have the process do it, and take what it tells of the raster that lies, or will lie, at `path`."""
    outcome = reader_run.run(source, task, folder)
    try:
        preview = load_preview(folder / "work" / "preview.npy")
        bands = tuple(band_from(band) for band in outcome["bands"])
        place = (*outcome["transform"], *outcome["bounds"], outcome["width"], outcome["height"])
        if len(place) != 12 or not np.isfinite(place).all() or min(place[-2:]) < 1 or not bands:
            raise ValueError("the raster is not described as it should be")
    except (ValueError, TypeError, OSError) as error:
        raise problem("crash", task.file, reason=str(error)[:300]) from error
    declared, _ = _declared(outcome["crs"])
    return RasterReading(
        path=path,
        driver=source.driver,
        name=source.name,
        crs_declared=declared,
        width=int(outcome["width"]),
        height=int(outcome["height"]),
        transform=tuple(map(float, outcome["transform"])),
        bounds=tuple(map(float, outcome["bounds"])),
        bands=bands,
        preview=preview,
        notes=_notes(outcome),
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
        outcome = reader_run.run(source, Task("unpack", file.name, "ZIP", limits=limits), folder)
        members = []
        for at, name in enumerate(outcome["members"]):
            members.append(NamedFile(f"{file.name}/{name}", into / str(first + at)))
            _move(file.name, folder / "work" / "members" / str(at), members[-1].path)
    return tuple(members)


def _move(file: str, found: Path, place: Path) -> None:
    """Move what the process left to its place, if it is the plain file it was to leave."""
    if found.parent.is_symlink() or found.is_symlink() or not found.is_file() or place.exists():
        raise problem("crash", file, reason="no plain file")
    found.rename(place)


def read_osm_network(
    path: Path | str | Source,
    *,
    limits: ReadLimits = ReadLimits(),  # noqa: B008 - frozen
    work_in: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The walking network of an OpenStreetMap extract (.pbf), by the convention of `geo.osm`.

    Returns
    -------
    Nodes with `node_id`, `osm_node_id`, `lon`, `lat` (EPSG:4326), `barrier` and `access`, and undirected
    edges with `edge_id`, `u`, `v`, `osm_way_id`, `highway`, `name`, `access`; edges are straight between
    their nodes.
    """
    source = _source(path)
    if source.driver != formats.OSM:
        raise problem("no_extract", source.name, driver=source.driver)
    task = Task("network", source.name, source.driver, limits=limits)
    with task_folder(work_in) as folder:
        outcome = reader_run.run(source, task, folder)
        nodes = reader_run.table(folder, "out.arrow", task, outcome["rows"])
        edges = reader_run.table(folder, "edges.arrow", task, outcome["edges"])
    return frame_from_arrow(nodes, None, None), frame_from_arrow(edges, None, None)


def _source(path: Path | str | Source) -> Source:
    return path if isinstance(path, Source) else formats.detect(Path(path))


def _notes(outcome: dict[str, Any]) -> tuple[Note, ...]:
    return tuple(Note(str(code), dict(fields)) for code, fields in outcome["notes"])


def _declared(text: str | None) -> tuple[CRS | None, tuple[Detected, ...]]:
    """The system a file names; a local one in words of its own is told, and the file has none."""
    if text is None:
        return None, ()
    try:
        crs = parse(text)
    except CrsUnknown:
        return None, (label_unknown(text),)
    return STORED if crs == _CRS84 else crs, ()

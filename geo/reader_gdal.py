"""Formats opened by GDAL inside the reading process, each by its own driver and under a name of ours."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from geo import encodings, formats
from geo.detected import Detected
from geo.errors import ReadError
from geo.read_problems import problem
from geo.reader_task import Task


def layers(task: Task) -> list[str]:
    """The layers the driver finds, in its order."""
    pyogrio = _pyogrio(task)
    from pyogrio.errors import DataSourceError

    try:
        found = pyogrio.list_layers(formats.BY_GDAL[task.driver])
    except (DataSourceError, RuntimeError, OSError) as error:
        raise _told(task, error) from error
    return [str(name) for name in found[:, 0]]


def table(
    task: Task, *, settings: dict[str, str] | None = None, **options: Any
) -> tuple[dict[str, Any], pa.Table, str | None]:
    """What the driver says of a layer, its rows, and the column of WKB (None without geometry)."""
    pyogrio = _pyogrio(task)
    pyogrio.set_gdal_config_options(settings or {})
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read_arrow

    try:
        meta, rows = read_arrow(formats.BY_GDAL[task.driver], **options)
        rows.validate(full=True)  # a damaged file gives offsets beyond its bytes, and texts that are none
    except pa.ArrowInvalid as error:
        raise problem("unreadable", task.file, reason=str(error)[:300]) from error
    except (DataSourceError, DataLayerError, RuntimeError, OSError, UnicodeDecodeError) as error:
        raise _told(task, error) from error
    except IndexError as error:  # the driver opened it and found no layer
        raise problem("not_as_it_looks", task.file, driver=task.driver) from error
    if not meta["geometry_type"]:
        return meta, rows, None
    return (
        meta,
        rows,
        meta["geometry_name"] or rows.column_names[-1],
    )  # without a name of its own it comes last


def shapes(task: Task, points: pa.Array | None, count: int) -> tuple[str | None, pa.Array | pa.ChunkedArray]:
    """The coordinate system of a Shapefile, and its shapes unless they are known already.

    The table lies under another name, so that GDAL takes every record, also those marked as deleted.
    """
    pyogrio = _pyogrio(task)
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read_arrow

    name = formats.BY_GDAL[formats.SHAPEFILE]
    try:
        if points is not None:
            return pyogrio.read_info(name)["crs"], points
        meta, rows = read_arrow(name, columns=[])
    except (DataSourceError, DataLayerError, RuntimeError, OSError) as error:
        raise _told(task, error) from error
    if rows.num_rows != count:
        raise problem("unreadable", task.file, reason=f"{rows.num_rows} shapes of {count}")
    return meta["crs"], rows[meta["geometry_name"] or "wkb_geometry"]


def rewrite_as_utf8(task: Task, path: Path) -> Detected:
    """Replace a text in another encoding by one in UTF-8, the only one the driver reads."""
    text, encoding = encodings.decode(task.file, path.read_bytes(), task.encoding)
    if encoding.value != encodings.UTF8:
        path.unlink()
        path.write_text(text, encoding="utf-8")
    return encoding


def _pyogrio(task: Task) -> Any:
    import pyogrio

    if not set(pyogrio.list_drivers()) <= {task.driver, "MEM"}:
        raise RuntimeError("GDAL has drivers that were to be left out")
    return pyogrio


def _told(task: Task, error: Exception) -> ReadError:
    if "not recognized" in str(error):
        return problem("not_as_it_looks", task.file, driver=task.driver)
    words = str(error).split("\n")[0].replace(formats.BY_GDAL[task.driver], task.file)
    return problem("unreadable", task.file, reason=words[:300])

"""Reading sealed parts: whole tables through the Parquet sidecar, small boxes through the part's R-tree.

A sidecar is trusted when its size and CRC-32 are those noted beside it; otherwise it is made again from the
part, which is what counts.
"""

import contextlib
import datetime as dt
import json
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import STORED
from geo.errors import GeoError
from geo.writers import read_geopackage, read_sidecar, write_sidecar
from layers.errors import StoreDamaged
from layers.failpoint import failpoint
from layers.fields import missing, normal
from layers.ledger import Version
from layers.spec import Dates, FieldSpec, LayerSpec
from layers.staging import staged
from layers.workspace import Workspace

Box = tuple[float, float, float, float]


def read_part(
    workspace: Workspace,
    version: Version,
    spec: LayerSpec,
    table: str,
    *,
    bbox: Box | None = None,
    columns: list[str] | None = None,
) -> pd.DataFrame:
    """A table of a version's part in normal form, in stored order, index from 0.

    `spec` is the one of the version. With `columns`, geometry is read too where there is any.
    """
    fields = {field.name: field for field in (spec.nodes if table == "nodes" else spec.fields)}
    wanted = None if columns is None else [name for name in columns if name in fields]
    if bbox is not None:
        frame = _from_part(workspace, version.part_hash, table, bbox=bbox, columns=wanted)
    else:
        frame = _whole(workspace, version.part_hash, table, wanted)
    return in_normal_form(frame, fields)


def in_normal_form(frame: pd.DataFrame, fields: dict[str, FieldSpec]) -> pd.DataFrame:
    """Every column in the dtype of its field, whatever the file gave."""
    return frame.assign(
        **{name: normal(frame[name], fields[name]) for name in frame.columns if name in fields}
    )


def decode(workspace: Workspace, digest: str, table: str, fields: dict[str, FieldSpec]) -> pd.DataFrame:
    """A whole table straight from the part, in normal form."""
    return in_normal_form(_from_part(workspace, digest, table), fields)


def _from_part(
    workspace: Workspace,
    digest: str,
    table: str,
    *,
    bbox: Box | None = None,
    columns: list[str] | None = None,
) -> pd.DataFrame:
    try:
        return read_geopackage(workspace.part(digest), table, bbox=bbox, columns=columns)
    except (GeoError, OSError, RuntimeError, ValueError) as error:
        raise StoreDamaged(digest, str(error)) from error


def _whole(workspace: Workspace, digest: str, table: str, columns: list[str] | None) -> pd.DataFrame:
    path = sidecar_path(workspace, digest, table)
    if _is_whole(path):
        with contextlib.suppress(OSError):  # it went away, or the disk fails: the part is what counts
            return _twin(path, columns)
    frame = _from_part(workspace, digest, table)
    frame = with_places(frame) if table == "nodes" else frame
    keep_sidecar(workspace, digest, table, frame)
    return frame if columns is None else frame[[c for c in frame if c in columns or c == "geometry"]]


def _twin(path: Path, columns: list[str] | None) -> pd.DataFrame:
    if columns is None:
        return read_sidecar(path)
    with_geometry = json.loads(_note(path).read_text())["geometry"]
    return read_sidecar(path, [*columns, "geometry"] if with_geometry else columns)


def sidecar_path(workspace: Workspace, digest: str, table: str) -> Path:
    """Where the Parquet twin of a part's table is kept."""
    return workspace.cache / f"{digest}.{table}.parquet"


def kept_twin(
    workspace: Workspace, digest: str, table: str, fields: dict[str, FieldSpec]
) -> pd.DataFrame | None:
    """The twin of a part's table as readings would take it, None where they would make it again."""
    path = sidecar_path(workspace, digest, table)
    return in_normal_form(read_sidecar(path), fields) if _is_whole(path) else None


def _note(path: Path) -> Path:
    return path.with_suffix(".json")


def keep_sidecar(workspace: Workspace, digest: str, table: str, frame: pd.DataFrame) -> None:
    """Write the twin and, last, its note: a twin whose note is of another is not read.

    It is a cache: where there is no room for it, reading goes on without.
    """
    path = sidecar_path(workspace, digest, table)
    with contextlib.suppress(OSError), staged(workspace.staging, "sidecar") as stage:
        made = stage / path.name
        write_sidecar(made, frame)
        data = made.read_bytes()
        note = {
            "bytes": len(data),
            "crc32": zlib.crc32(data),
            "geometry": isinstance(frame, gpd.GeoDataFrame),
        }
        (stage / _note(path).name).write_text(json.dumps(note))
        made.rename(path)
        failpoint("sidecar_written")
        (stage / _note(path).name).rename(_note(path))


def _is_whole(path: Path) -> bool:
    try:
        note = json.loads(_note(path).read_text())
        data = path.read_bytes()
        return len(data) == note["bytes"] and zlib.crc32(data) == note["crc32"] and "geometry" in note
    except (OSError, ValueError, KeyError, TypeError):
        return False


def exists_at(frame: pd.DataFrame, dates: Dates, day: dt.date) -> np.ndarray:
    """Which features exist on that day, by the rule of `Dates`; a mask of shape (n,)."""
    at = np.datetime64(day, "s")

    def column(name: str | None) -> pd.Series:
        return frame[name] if name else pd.Series(np.full(len(frame), np.datetime64("NaT", "s")))

    completed, removed = column(dates.completed), column(dates.removed)
    announced = (column(dates.planned).notna() | column(dates.started).notna()).to_numpy()
    unfinished = completed.isna().to_numpy() & announced
    return ~((removed <= at).to_numpy() | (completed > at).to_numpy() | unfinished)


def with_places(nodes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Nodes with `lon` and `lat` columns in place of points."""
    xy = shapely.get_coordinates(nodes.geometry.array)
    return pd.DataFrame(nodes.drop(columns="geometry")).assign(lon=xy[:, 0], lat=xy[:, 1])


def joined(
    frames: list[pd.DataFrame], specs: list[LayerSpec], *, spatial: bool, nodes: bool = False
) -> pd.DataFrame:
    """Frames of several agencies under one another, with the columns of all, index from 0."""
    fields: dict[str, FieldSpec] = {}
    for spec in specs:
        for field in spec.nodes if nodes else spec.fields:
            fields.setdefault(field.name, field)
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    frames = [
        frame if "geometry" in frame or "geometry" not in names else frame.assign(geometry=None)
        for frame in frames
    ]
    full = [
        frame.assign(
            **{
                name: missing(len(frame), fields[name])
                for name in names
                if name not in frame and name in fields
            }
        )
        for frame in frames
    ]
    if len(full) == 1:
        result = full[0]
    else:
        plain = [pd.DataFrame(frame)[names] for frame in full]
        result = pd.concat(plain, ignore_index=True)
        for name in set(names) & set(fields):
            result[name] = normal(result[name], fields[name])
    if spatial and not isinstance(result, gpd.GeoDataFrame):
        result = gpd.GeoDataFrame(result, geometry="geometry", crs=STORED)
    return result

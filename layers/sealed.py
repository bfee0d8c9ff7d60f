"""Sealed parts: one read-only GeoPackage for each state of an agency's data, named by the hash of its bytes.

Rows lie along a Hilbert curve, ties in key order, so that equal content gives equal bytes whatever order it
came in. The logical hash is of the content alone and survives another GDAL; a Parquet sidecar in the cache
serves analysis and is made again whenever it is missing or not whole.
"""

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from geo.writers import write_geopackage
from layers.disk import unwritten
from layers.failpoint import failpoint
from layers.fields import DATE
from layers.staging import fsync_file

LOGICAL_FORMAT = b"quantu-logical-1"
_CHUNK = 1 << 22


@dataclass(frozen=True)
class Sealed:
    """A part still in staging. `tables` gives the rows of each table."""

    path: Path
    hash: str
    logical_hash: str
    bytes: int
    tables: dict[str, int]
    bbox: tuple[float, float, float, float] | None


def seal(stage: Path, tables: dict[str, pd.DataFrame]) -> Sealed:
    """Write, close, check, sync and hash a part inside the staging folder. Frames come in stored order."""
    path = stage / "part.gpkg"
    with ThreadPoolExecutor(1) as aside:  # hashing and GDAL's writing both let go of the interpreter
        logical = aside.submit(logical_hash, tables)
        try:
            write_geopackage(path, {name: _writable(frame) for name, frame in tables.items()})
        except RuntimeError as error:  # GDAL's, whose words name the file
            raise unwritten(str(error).replace(str(path), path.name), stage) from error
        failpoint("part_written")
        problem = damage(path, quick=True)
        if problem:
            raise unwritten(f"the file just written is not whole ({problem})", stage)
        path.chmod(0o444)
        fsync_file(path)
        digest = file_hash(path)
        failpoint("part_hashed")
    return Sealed(
        path=path,
        hash=digest,
        logical_hash=logical.result(),
        bytes=path.stat().st_size,
        tables={name: len(frame) for name, frame in tables.items()},
        bbox=bbox_of(tables),
    )


def in_stored_order(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """Along a Hilbert curve over the frame's own box, ties and what has no geometry by key."""
    by_key = frame.sort_values(key, kind="stable", ignore_index=True)
    if not isinstance(by_key, gpd.GeoDataFrame):
        return by_key
    present = np.flatnonzero(
        ~(shapely.is_missing(by_key.geometry.array) | shapely.is_empty(by_key.geometry.array))
    )
    if len(present) < 2:
        return by_key
    distance = np.full(len(by_key), -1, dtype=np.int64)
    distance[present] = by_key.geometry.iloc[present].hilbert_distance(level=16).to_numpy()
    return by_key.iloc[np.argsort(distance, kind="stable")].reset_index(drop=True)


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def damage(path: Path, *, quick: bool = False) -> str | None:
    """What SQLite says is wrong with the file, None if nothing; `quick` leaves out the indexes."""
    check = "quick_check" if quick else "integrity_check"
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            answer = connection.execute(f"PRAGMA {check}(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if answer == "ok" else str(answer)


def logical_hash(tables: dict[str, pd.DataFrame]) -> str:
    """A hash of names, types and values, free of the file format, the row order being the stored one."""
    digest = hashlib.sha256(LOGICAL_FORMAT)

    def add(data: bytes | memoryview) -> None:
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)

    for name in sorted(tables):
        frame = tables[name]
        add(f"{name} {len(frame)}".encode())
        for column in sorted(map(str, frame.columns)):
            add(column.encode())
            for piece in _canonical(frame[column]):
                add(piece)
    return digest.hexdigest()


def _canonical(column: pd.Series) -> list[bytes]:
    """A column as bytes: its type, which values are missing, and the values that are not."""
    if isinstance(column, gpd.GeoSeries):
        return _of_geometry(column.to_numpy())
    kind = column.dtype.kind
    missing = column.isna().to_numpy()
    present = column[~missing]
    if kind == "M":
        values = present.astype(DATE).to_numpy().astype("datetime64[D]").astype("<i8").tobytes()
        return [b"date", missing.tobytes(), values]
    if kind == "b":
        return [b"boolean", missing.tobytes(), present.to_numpy(dtype=bool).tobytes()]
    if kind in "iu":
        return [b"integer", missing.tobytes(), present.to_numpy(dtype="<i8").tobytes()]
    if kind == "f":
        return [b"number", missing.tobytes(), (present.to_numpy(dtype="<f8") + 0.0).tobytes()]
    return _of_variable(b"text", pa.array(column, pa.large_string(), from_pandas=True))


def _of_geometry(geometry: NDArray[np.object_]) -> list[bytes]:
    """WKB, little-endian; of points it is laid out in one array, without an object for each."""
    missing = shapely.is_missing(geometry)
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    points = (shapely.get_type_id(geometry) == 0) | missing
    if not points.all() or shapely.has_z(geometry).any() or len(owner) != (~missing).sum():
        blobs = shapely.to_wkb(geometry, byte_order=1, include_srid=False)
        return _of_variable(b"geometry", pa.array(blobs, pa.large_binary()))
    layout = np.zeros(len(xy), dtype=[("order", "u1"), ("kind", "<u4"), ("xy", "<f8", 2)])
    layout["order"], layout["kind"], layout["xy"] = 1, 1, xy
    lengths = np.full(len(xy), layout.itemsize, dtype="<i8")
    return [b"geometry", missing.tobytes(), lengths.tobytes(), layout.tobytes()]


def _of_variable(name: bytes, values: pa.Array) -> list[bytes]:
    """Type, mask, lengths and joined bytes of the values present."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    mask = values.is_null().to_numpy(zero_copy_only=False)
    present = values.drop_null()
    offsets = np.frombuffer(present.buffers()[1], dtype="<i8")[
        present.offset : present.offset + len(present) + 1
    ]
    data = present.buffers()[2]
    joined = b"" if data is None or not len(present) else memoryview(data)[offsets[0] : offsets[-1]].tobytes()
    return [name, mask.tobytes(), np.diff(offsets).astype("<i8").tobytes(), joined]


def _writable(frame: pd.DataFrame) -> pd.DataFrame:
    """Dates as Arrow dates, so that the file says date and not time."""
    day = pd.ArrowDtype(pa.date32())
    dates = {str(name): frame[name].astype(day) for name in frame if frame[name].dtype.kind == "M"}
    return frame.assign(**dates)


def bbox_of(tables: dict[str, pd.DataFrame]) -> tuple[float, float, float, float] | None:
    """Around all geometry of all tables; None if there is none."""
    boxes = [frame.total_bounds for frame in tables.values() if isinstance(frame, gpd.GeoDataFrame)]
    boxes = [box for box in boxes if np.isfinite(box).all()]
    if not boxes:
        return None
    low, high = np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])

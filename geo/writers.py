"""Writing frames: sealed GeoPackages with the same bytes every time, and their GeoParquet sidecars."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.raw
import shapely
from pyproj import CRS

from geo.crs import check_finite, require
from geo.read_problems import problem
from geo.write_problems import write_problem

_SEALED_DATE = "2020-01-01T00:00:00.000Z"  # GDAL writes this instead of the clock: equal content, equal bytes


def write_geopackage(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write a new GeoPackage with one table for each entry, features and plain tables alike.

    Equal frames give equal bytes under one GDAL and SQLite. Rows keep their order (`fid` counts from 1),
    geometry its exact coordinates, dates, booleans and whole numbers their types, missing values stay
    missing; times come back in UTC. Feature tables get an R-tree. The file is in delete-journal mode and so
    can be opened read-only and immutable. Non-finite coordinates and a missing CRS are refused. Nothing is
    synced to disk here.
    """
    if path.exists():
        raise write_problem("there_already", path.name)
    if not tables:
        raise write_problem("no_table", path.name)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _SEALED_DATE})
    for position, (table, frame) in enumerate(tables.items()):
        _check_columns(path, frame)
        options: dict[str, Any] = {"FID": _free(frame, "fid", "fid_row", "quantu_fid")}
        if isinstance(frame, gpd.GeoDataFrame):
            check_writable(frame, f"table {table!r}")
            options |= {
                "geometry_type": geometry_type(frame.geometry),
                "GEOMETRY_NAME": _free(frame.drop(columns=frame.geometry.name), "geometry", "geom", "shape"),
                "SPATIAL_INDEX": "YES",
            }
        pyogrio.write_dataframe(
            frame.reset_index(drop=True),
            path,
            layer=table,
            driver="GPKG",
            use_arrow=True,
            append=position > 0,
            promote_to_multi=False,
            **options,
        )


def read_geopackage(
    path: Path,
    table: str,
    bbox: tuple[float, float, float, float] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read a table of a GeoPackage of our own making, without writing a byte beside it.

    Not for files of others: `geo.readers` opens those, in a process of its own. `bbox` (west, south, east,
    north in the table's CRS) keeps the features that meet it. Rows come in the order they were written,
    index from 0. Whole numbers and booleans with missing values come as pandas' nullable types, dates as
    `datetime.date`.
    """
    if not path.is_file():
        raise problem("missing", path.name)
    names = pyogrio.list_layers(path)[:, 0].tolist()
    if table not in names:
        raise problem("no_layer", path.name, layer=table, names=names, listed=", ".join(names))
    meta, content = pyogrio.raw.read_arrow(
        path, layer=table, bbox=bbox, columns=columns, return_fids=True, IMMUTABLE="YES"
    )
    fid = content.schema.names[0]
    if bbox is not None:
        content = content.sort_by(fid)
    return frame_from_arrow(content.drop_columns([fid]), meta["geometry_name"] or None, meta["crs"])


def write_sidecar(path: Path, frame: pd.DataFrame) -> None:
    """Write the GeoParquet (or for a plain table Parquet) twin of a table: a cache that can be made again."""
    frame.reset_index(drop=True).to_parquet(path, compression="zstd", index=False)


def read_sidecar(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read what `write_sidecar` wrote; with `columns`, name the geometry too to get it.

    Does what geopandas does, with the coordinate system's text parsed once a process: that alone takes 15 ms
    a file, and a report reads dozens.
    """
    content = pq.read_table(path, columns=columns)
    metadata = json.loads((content.schema.metadata or {}).get(b"geo", b"null"))
    name = metadata and metadata["primary_column"]
    if name not in content.column_names:
        return content.to_pandas()
    described = metadata["columns"][name]
    if described["encoding"] != "WKB" or "crs" not in described:
        return gpd.read_parquet(path, columns=columns)
    crs = _parsed(json.dumps(described["crs"])) if described["crs"] else None
    shapes = shapely.from_wkb(content[name].to_numpy(zero_copy_only=False))
    position = content.column_names.index(name)
    frame = content.drop_columns([name]).to_pandas()
    frame.insert(position, name, gpd.GeoSeries(shapes, index=frame.index, crs=crs))
    return frame.set_geometry(name)


@cache
def _parsed(projjson: str) -> CRS:
    return CRS.from_json(projjson)


def frame_from_arrow(content: pa.Table, geometry: str | None, crs: CRS | str | None) -> pd.DataFrame:
    """A frame of an Arrow table whose `geometry` column is WKB; types survive missing values."""
    columns: dict[str, Any] = {}
    names = content.column_names
    # GDAL calls the geometry by its own name where the file has none for it; a column of data never counts.
    shapes = next((each for each in (geometry, "wkb_geometry", "") if geometry and each in names), None)
    for column in names:
        values = content[column]
        if column == shapes and shapes is not None:
            columns["geometry"] = gpd.GeoSeries(
                shapely.from_wkb(np.asarray(values.to_numpy(zero_copy_only=False), dtype=object)), crs=crs
            )
        elif values.null_count and pa.types.is_integer(values.type):
            columns[column] = values.cast(pa.int64()).to_pandas(
                types_mapper={pa.int64(): pd.Int64Dtype()}.get
            )
        elif values.null_count and pa.types.is_boolean(values.type):
            columns[column] = values.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
        else:
            columns[column] = values.to_pandas()
    if geometry is None:
        return pd.DataFrame(columns, index=pd.RangeIndex(content.num_rows))
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=crs, index=pd.RangeIndex(content.num_rows))


def check_writable(frame: gpd.GeoDataFrame, subject: str) -> None:
    """Refuse a frame without CRS or with NaN or infinite coordinates."""
    require(frame, subject)
    xy, row = shapely.get_coordinates(frame.geometry.array, return_index=True)
    check_finite(xy, row, subject)


def geometry_type(geometry: gpd.GeoSeries) -> str:
    """The type a file declares: the only one present, with Z if any has it, else "Unknown"."""
    kinds = geometry.geom_type.dropna().unique()
    if len(kinds) != 1:
        return "Unknown"
    return f"{kinds[0]} Z" if geometry.has_z.any() else str(kinds[0])


def _check_columns(path: Path, frame: pd.DataFrame) -> None:
    folded = pd.Series([str(column).casefold() for column in frame.columns])
    if folded.duplicated().any():
        name = folded[folded.duplicated()].iloc[0]
        raise write_problem("column_twice", path.name, column=str(name))


def _free(frame: pd.DataFrame, *names: str) -> str:
    taken = {str(column).casefold() for column in frame.columns}
    return next(name for name in names if name not in taken)

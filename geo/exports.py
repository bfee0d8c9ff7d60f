"""Files for others: GeoPackage, GeoJSON, GeoParquet, Shapefile or CSV in the system they ask for."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from geo.crs import STORED, to_crs
from geo.write_problems import write_problem
from geo.writers import check_writable, geometry_type, write_geopackage, write_sidecar

DEGREE_DECIMALS = 9
"""Nine decimals of a degree are a tenth of a millimetre."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")
_NAME_BYTES, _TEXT_BYTES = 10, 254  # what the dBASE file of a Shapefile can hold


@dataclass(frozen=True)
class Export:
    """The files written, the first being the one to open, and fields that had to be renamed (old to new)."""

    files: tuple[Path, ...]
    renamed: dict[str, str]


def export(
    frame: pd.DataFrame,
    path: Path,
    *,
    crs: CRS | None = None,
    encoding: str = "UTF-8",
    safe_for_spreadsheets: bool = True,
) -> Export:
    """Write a frame in the format of the path's suffix: .gpkg, .geojson, .parquet, .shp or .csv.

    Parameters
    ----------
    frame
        Features, or a plain table (.gpkg, .parquet and .csv only).
    crs
        The system to write in; the frame's own without it.
    encoding
        Of a Shapefile's texts; GB18030 for programs that expect it. A .cpg file says which.
    safe_for_spreadsheets
        In CSV, texts that a spreadsheet would run as a formula get an apostrophe in front. Turn it off for
        machines: the apostrophe breaks round trips.

    Files appear whole or not at all; those of the same name are replaced.
    """
    write = _FORMATS.get(path.suffix.lower())
    if write is None:
        known = ", ".join(_FORMATS)
        raise write_problem("format", path.name, suffix=path.suffix, listed=known)
    if not path.parent.is_dir():
        raise write_problem("no_folder", path.name, folder=str(path.parent))
    if isinstance(frame, gpd.GeoDataFrame):
        check_writable(frame, path.name)
        frame = frame if crs is None or frame.crs == crs else to_crs(frame, crs)
    elif path.suffix.lower() in (".geojson", ".shp"):
        raise write_problem("no_geometry", path.name)
    frame = frame.reset_index(drop=True)
    with tempfile.TemporaryDirectory(prefix=".quantu-export-", dir=path.parent) as folder:
        staged = Path(folder) / path.name
        renamed = write(frame, staged, _Options(encoding, safe_for_spreadsheets))
        made = sorted(Path(folder).iterdir(), key=lambda each: (each.name != path.name, each.name))
        files = tuple(path.with_name(each.name) for each in made)
        for each, target in zip(made, files, strict=True):
            os.replace(each, target)
    return Export(files, renamed)


@dataclass(frozen=True)
class _Options:
    encoding: str
    safe_for_spreadsheets: bool


def _geopackage(frame: pd.DataFrame, path: Path, options: _Options) -> dict[str, str]:
    write_geopackage(path, {path.stem: frame})
    return {}


def _geoparquet(frame: pd.DataFrame, path: Path, options: _Options) -> dict[str, str]:
    write_sidecar(path, frame)
    return {}


def _geojson(frame: gpd.GeoDataFrame, path: Path, options: _Options) -> dict[str, str]:
    """In WGS 84 as the standard has it; in another system with the older `crs` member."""
    decimals = DEGREE_DECIMALS if frame.crs.is_geographic else 4
    pyogrio.write_dataframe(
        frame,
        path,
        driver="GeoJSON",
        layer=path.stem,
        COORDINATE_PRECISION=str(decimals),
        RFC7946="YES" if frame.crs == STORED else "NO",
        WRITE_NAME="NO",
    )
    return {}


def _shapefile(frame: gpd.GeoDataFrame, path: Path, options: _Options) -> dict[str, str]:
    kinds = set(frame.geometry.geom_type.dropna())
    singles = {kind.removeprefix("Multi") for kind in kinds}
    if len(singles) > 1:
        raise write_problem("kinds", path.name, kinds=", ".join(sorted(kinds)))
    fields = frame.drop(columns=frame.geometry.name)
    renamed = short_names(list(fields.columns), options.encoding)
    fields = pd.DataFrame({renamed[name]: _for_dbf(fields[name], path, options) for name in fields.columns})
    multi = len(kinds) > 1
    declared = f"Multi{singles.pop()}" if multi else geometry_type(frame.geometry)
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(fields, geometry=frame.geometry.array, crs=frame.crs),
        path,
        driver="ESRI Shapefile",
        encoding=options.encoding,
        geometry_type="Point" if declared == "Unknown" else declared,
        promote_to_multi=multi,
    )
    path.with_suffix(".cpg").write_text(options.encoding, encoding="ascii")
    return {old: new for old, new in renamed.items() if old != new}


def short_names(names: list[str], encoding: str) -> dict[str, str]:
    """Names of at most ten bytes that differ, capitals aside: the start of each, numbered if it is taken."""
    result: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        short, number = _cut(name, encoding, _NAME_BYTES), 0
        while short.casefold() in taken:
            number += 1
            short = _cut(name, encoding, _NAME_BYTES - len(str(number))) + str(number)
        taken.add(short.casefold())
        result[name] = short
    return result


def _cut(text: str, encoding: str, size: int) -> str:
    while len(text.encode(encoding, errors="replace")) > size:
        text = text[:-1]
    return text


def _for_dbf(values: pd.Series, path: Path, options: _Options) -> pd.Series:
    """What a .dbf can hold: booleans as 0 and 1, times as text, texts that fit."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype("Int32" if values.hasnans else "int32")
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.map(lambda time: time.isoformat(), na_action="ignore").astype("str")
    if isinstance(values.dtype, pd.StringDtype):
        try:
            widest = max((len(text.encode(options.encoding)) for text in values.dropna()), default=0)
        except UnicodeEncodeError as error:
            lacking = {"character": error.object[error.start], "encoding": options.encoding}
            raise write_problem("character", path.name, column=str(values.name), **lacking) from error
        if widest > _TEXT_BYTES:
            sizes = {"count": widest, "limit": _TEXT_BYTES}
            raise write_problem("long_text", path.name, column=str(values.name), **sizes)
    return values


def _csv(frame: pd.DataFrame, path: Path, options: _Options) -> dict[str, str]:
    """UTF-8 with a mark that Excel needs; points as lon, lat or x, y, other geometry as WKT."""
    table = pd.DataFrame(frame)
    if isinstance(frame, gpd.GeoDataFrame):
        table = table.drop(columns=frame.geometry.name).assign(**_places(frame))
    if options.safe_for_spreadsheets:
        table = table.apply(_without_formulas)
        table.columns = _without_formulas(pd.Series(table.columns, dtype="str")).tolist()
    table.to_csv(path, index=False, encoding="utf-8-sig")
    return {}


def _places(frame: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    geometry = frame.geometry.to_numpy()
    decimals = DEGREE_DECIMALS if frame.crs.is_geographic else 4
    if not (set(frame.geometry.geom_type.dropna()) <= {"Point"}):
        return {"wkt": shapely.to_wkt(geometry, rounding_precision=decimals)}
    x, y = ("lon", "lat") if frame.crs.is_geographic else ("x", "y")
    return {x: shapely.get_x(geometry).round(decimals), y: shapely.get_y(geometry).round(decimals)}


def _without_formulas(values: pd.Series) -> pd.Series:
    if not isinstance(values.dtype, pd.StringDtype) and values.dtype != object:
        return values
    return values.map(
        lambda value: f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
    )


_FORMATS: dict[str, Callable[[pd.DataFrame, Path, _Options], dict[str, str]]] = {
    ".gpkg": _geopackage,
    ".geojson": _geojson,
    ".parquet": _geoparquet,
    ".shp": _shapefile,
    ".csv": _csv,
}

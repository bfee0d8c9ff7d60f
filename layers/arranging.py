"""The file's rows as the uploader means them: columns matched, cells corrected, rows left out, units applied.

Takes a frame as it was read and placed, and what the uploader says; gives the frame that is validated. Owns
what of `Said` is about rows and columns.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.crs import STORED, transform_xy
from geo.detected import Detected
from geo.errors import GeoError
from layers.columns import PLACE_HEADERS, Match, arranged, match
from layers.errors import SourceUnusable
from layers.fields import as_text
from layers.findings import Finding
from layers.said import Edit, Said
from layers.spec import LayerSpec

GEOMETRY = "geometry"
AGENCY = "agency"
"""The column in which an export of a layer says whose each feature is."""
SAMPLES = 3


@dataclass(frozen=True)
class Column:
    """One column of the file: the field it serves (None: none), how it was matched, and a few values."""

    column: str
    field: str | None
    how: str
    sample: tuple[str, ...]


@dataclass(frozen=True)
class Owner:
    """Whose rows they are to be, among all agencies of the city."""

    agency: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Arranged:
    """Rows ready to be validated.

    `rows` are their numbers in the file, from 1; `present` the fields the file has a column or a constant
    for; `factors` the fields whose header named another unit; `moved` the rows that were given a place by the
    uploader.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    columns: tuple[Column, ...]
    present: frozenset[str]
    factors: frozenset[str] = frozenset()
    detected: tuple[Detected, ...] = ()
    findings: tuple[Finding, ...] = ()
    moved: frozenset[int] = frozenset()


def arrange(
    frame: pd.DataFrame, source: str, spec: LayerSpec, said: Said, owner: Owner | None = None
) -> Arranged:
    """Apply `where`, `rename`, `constants`, `left_out` and `edits`, in this order, to own rows only.

    SourceUnusable names a column or a row the file does not have.
    """
    kept, rows = arranged(frame, source, where=said.where, rename=said.rename, constants=said.constants)
    kept, rows, findings = _own_rows(kept, rows, spec, owner)
    if said.left_out:
        _require_rows(said.left_out, rows, source)
        keep = ~np.isin(rows, np.array(said.left_out, dtype=np.int64))
        kept, rows = kept.loc[keep].reset_index(drop=True), rows[keep]
    names = [str(column) for column in kept.columns if column != _geometry_of(kept)]
    found = match(spec.fields, names)
    kept = _edited(kept, rows, found, spec, said.edits, source)
    present = frozenset(found.columns)
    return Arranged(
        kept,
        rows,
        _columns(frame, kept, found, said),
        present,
        factors=frozenset(found.factors),
        detected=found.detected,
        findings=findings,
        moved=frozenset(edit.row for edit in said.edits if edit.field == GEOMETRY),
    )


def _own_rows(
    frame: pd.DataFrame, rows: NDArray[np.int64], spec: LayerSpec, owner: Owner | None
) -> tuple[pd.DataFrame, NDArray[np.int64], tuple[Finding, ...]]:
    """An export of a layer names each row's agency: what others own is not this agency's to publish."""
    if owner is None or AGENCY in spec.by_name or AGENCY not in frame.columns:
        return frame, rows, ()
    codes = frame[AGENCY].astype(object)
    others = (codes.isin(owner.codes) & (codes != owner.agency)).to_numpy(dtype=bool)
    if not others.any():
        return frame, rows, ()
    named = sorted(set(codes[others]))
    fields = {"count": int(others.sum()), "agencies": named}
    told = Finding("rows_of_others", "warning", spec.name, field=AGENCY, fields=fields)
    return frame.loc[~others].reset_index(drop=True), rows[~others], (told,)


def _geometry_of(frame: pd.DataFrame) -> str | None:
    return frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None


def _require_rows(wanted: tuple[int, ...], rows: NDArray[np.int64], source: str) -> None:
    absent = sorted(set(wanted) - set(rows.tolist()))
    if absent:
        raise SourceUnusable(source, f"has no row {absent[0]}")


def _edited(
    frame: pd.DataFrame,
    rows: NDArray[np.int64],
    found: Match,
    spec: LayerSpec,
    edits: tuple[Edit, ...],
    source: str,
) -> pd.DataFrame:
    """The frame with the corrected cells; a column that was not there is added."""
    if not edits:
        return frame
    _require_rows(tuple(edit.row for edit in edits), rows, source)
    place = {int(row): at for at, row in enumerate(rows)}
    result = frame.copy()
    for edit in edits:
        at = place[edit.row]
        if edit.field == GEOMETRY:
            result = _moved(result, at, edit, source)
            continue
        column = found.columns.get(edit.field, edit.field)
        if column not in result.columns and edit.field not in spec.by_name:
            raise SourceUnusable(source, f"has no column {edit.field!r} to correct in row {edit.row}")
        values = (
            result[column].astype(object)
            if column in result.columns
            else pd.Series([None] * len(result), dtype=object, index=result.index)
        )
        values.iloc[at] = edit.value
        result[column] = values
    return result


def _moved(frame: pd.DataFrame, at: int, edit: Edit, source: str) -> pd.DataFrame:
    """The frame with the feature at another point, given as "longitude, latitude"."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise SourceUnusable(source, f"has no places: row {edit.row} cannot be given one")
    geometry = frame.geometry.array.to_numpy().copy()
    if edit.value is None:
        geometry[at] = None
    else:
        try:
            lon, lat = (float(part) for part in edit.value.replace("，", ",").split(","))
            xy = transform_xy(np.array([[lon, lat]]), STORED, frame.crs)
        except (ValueError, GeoError) as error:
            problem = f"row {edit.row}: {edit.value!r} is no place, write longitude, latitude in degrees"
            raise SourceUnusable(source, problem) from error
        geometry[at] = shapely.points(xy)[0]
    return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs))


def _columns(before: pd.DataFrame, frame: pd.DataFrame, found: Match, said: Said) -> tuple[Column, ...]:
    """Every column of the file in its order, under its own name."""
    serves = {column: name for name, column in found.columns.items()}
    geometry = _geometry_of(before)
    made = []
    for column in before.columns:
        if column == geometry:
            continue
        name = str(column)
        now = said.rename.get(name, name)
        field = serves.get(now)
        if name in said.rename:
            how = "said"
        elif field is None:
            how = "place" if name.strip().casefold() in PLACE_HEADERS and geometry else "unknown"
        else:
            how = found.how[field]
        made.append(Column(name, field, how, _sample(before[column])))
    return tuple(made)


def _sample(values: pd.Series) -> tuple[str, ...]:
    """The first few different values, as text."""
    some = values.head(2000).dropna().drop_duplicates().head(SAMPLES)
    return tuple(as_text(value)[:80] for value in some)

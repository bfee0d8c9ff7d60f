"""Portions as a table, kept beside a result: maps, siting and incremental runs read them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import STORED, transform_xy
from inventory.coverage_rules import Unit
from inventory.figures import BEYOND, THOUSANDTHS, millimetres, thousandths
from inventory.portions import Portions

MILLIMETRES = 1000.0


def portion_table(portions: Portions, codes: list[str], crs: CRS) -> pa.Table:
    """One row a piece; `codes` are the zones' in the order of rows, outside is null.

    Columns `zone`, `amount`, `met` (null of a supply), and where the measure says them `met_straight`,
    `attached`, `known`, `group`, `walk_m` (null beyond the search), `ratio`, `id`, `x`, `y`, `lon`, `lat`.
    """
    columns: dict[str, pa.Array] = {
        "zone": _named(portions.zone, codes),
        "amount": pa.array(portions.amount / THOUSANDTHS),
    }
    for name in ("met", "met_straight"):
        value = getattr(portions, name)
        if value is not None:
            columns[name] = pa.array(value / THOUSANDTHS)
    for name in ("attached", "known", "ratio"):
        value = getattr(portions, name)
        if value is not None:
            columns[name] = pa.array(value)
    if portions.group is not None:
        columns["group"] = _named(portions.group, list(portions.groups))
    if portions.walk_mm is not None:
        columns["walk_m"] = pa.array(
            portions.walk_mm / MILLIMETRES, mask=portions.walk_mm == BEYOND, type=pa.float64()
        )
    if portions.id is not None:
        columns["id"] = pa.array(portions.id.astype(str))
    if portions.xy is not None:
        degrees = transform_xy(portions.xy, crs, STORED)
        for name, values in zip(("x", "y", "lon", "lat"), (*portions.xy.T, *degrees.T), strict=True):
            columns[name] = pa.array(values)
    about = {"unit": portions.unit, "groups": json.dumps(portions.groups, ensure_ascii=False)}
    return pa.table(columns, metadata=about)


def read_portions(path: Path, codes: list[str]) -> Portions:
    """The portions of a table that was kept; `codes` are the zones' in the order rows shall have."""
    table = pq.read_table(path)
    about = table.schema.metadata or {}
    unit: Unit = about[b"unit"].decode()
    have = set(table.column_names)

    def values(name: str) -> Any:
        return table[name].to_numpy() if name in have else None

    def amounts(name: str) -> Any:
        return thousandths(values(name)) if name in have else None

    groups = tuple(json.loads(about[b"groups"]))  # also those no piece is left of
    return Portions(
        unit,
        zone=_rows(table["zone"], codes),
        amount=amounts("amount"),
        met=amounts("met"),
        met_straight=amounts("met_straight"),
        attached=values("attached"),
        known=values("known"),
        group=_rows(table["group"], list(groups)) if "group" in have else None,
        groups=groups,
        walk_mm=millimetres(np.where(np.isnan(values("walk_m")), np.inf, values("walk_m")))
        if "walk_m" in have
        else None,
        ratio=values("ratio"),
        id=None if "id" not in have else np.array(table["id"].to_pylist(), object),
        xy=np.column_stack([values("x"), values("y")]) if "x" in have else None,
    )


def _named(row: NDArray[np.int32], names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(row, mask=row < 0), pa.array(names, pa.string()))


def _rows(column: pa.ChunkedArray, names: list[str]) -> NDArray[np.int32]:
    """Of each value its place among the names, -1 of none."""
    place = {name: number for number, name in enumerate(names)}
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):  # of no chunk at all
        coded = coded.combine_chunks()
    row = np.array([*(place[name] for name in coded.dictionary.to_pylist()), -1], np.int32)
    return row[coded.indices.fill_null(len(row) - 1).to_numpy()]

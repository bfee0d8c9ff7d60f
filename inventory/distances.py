"""The walks of every demand point, kept beside a result: gaps, siting and the next result read them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import STORED, transform_xy
from inventory.assessment import Assessment
from inventory.figures import BEYOND, THOUSANDTHS, thousandths

WALK, STRAIGHT = "walk_mm_", "straight_mm_"
CODES = b"codes"  # of a file's own notes: the codes of all zones, of which some hold no point


@dataclass(frozen=True)
class Distances:
    """One row per demand point.

    id: texts. xy: metres in the working CRS, shape (n, 2); lon_lat: degrees. amount: thousandths. walk_mm,
    straight_mm: as in `Walks`, shape (categories, n). missing_count: how many measured categories are not
    within their distance.
    """

    id: pa.Array
    xy: NDArray[np.float64]
    lon_lat: NDArray[np.float64]
    amount: NDArray[np.int64]
    attached: NDArray[np.bool_]
    categories: tuple[str, ...]
    walk_mm: NDArray[np.int32]
    straight_mm: NDArray[np.int32]
    missing_count: NDArray[np.uint16]

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Who has all measured categories; nobody where nothing was measured."""
        return (self.missing_count == 0) & bool(self.categories)

    @cached_property
    def table(self) -> pa.Table:
        """Columns id, x, y, lon, lat, amount, attached, complete, missing_count, and for each category
        walk_mm_ID and straight_mm_ID (null beyond)."""
        columns: dict[str, Any] = {
            "id": self.id,
            "x": self.xy[:, 0],
            "y": self.xy[:, 1],
            "lon": self.lon_lat[:, 0],
            "lat": self.lon_lat[:, 1],
            "amount": self.amount / THOUSANDTHS,
            "attached": self.attached,
            "complete": self.complete,
            "missing_count": self.missing_count,
        }
        for prefix, values in ((WALK, self.walk_mm), (STRAIGHT, self.straight_mm)):
            for name, walk in zip(self.categories, values, strict=True):
                columns[prefix + name] = pa.array(walk, mask=walk == BEYOND)
        return pa.table(columns)


@dataclass(frozen=True)
class PointZones:
    """The zone of each demand point: position in `codes`, those of all zones of the layer; -1 outside."""

    zone: NDArray[np.int32]
    codes: tuple[str, ...]

    @cached_property
    def table(self) -> pa.Table:
        """One column, zone: the code, null outside."""
        zone = pa.DictionaryArray.from_arrays(
            pa.array(self.zone, mask=self.zone < 0), pa.array(self.codes, pa.string())
        )
        return pa.table({"zone": zone}, metadata={CODES: json.dumps(self.codes, ensure_ascii=False).encode()})


def distances(assessment: Assessment, crs: CRS) -> Distances:
    """The distances of an assessment that was measured in `crs`."""
    demand, walks = assessment.demand, assessment.walks
    return Distances(
        id=pa.array(demand.id.astype(str), pa.string()),
        xy=demand.xy,
        lon_lat=transform_xy(demand.xy, crs, STORED),
        amount=demand.amount,
        attached=walks.attached,
        categories=tuple(row.id for row in assessment.sites.measured),
        walk_mm=walks.walk_mm,
        straight_mm=walks.straight_mm,
        missing_count=assessment.tally.missing,
    )


def read_distances(path: Path) -> Distances:
    """Distances whose table was kept there."""
    table = pq.read_table(path)
    names = table.column_names
    categories = tuple(name.removeprefix(WALK) for name in names if name.startswith(WALK))

    def numbers(name: str) -> NDArray[Any]:
        return table[name].to_numpy()

    def walks(prefix: str) -> NDArray[np.int32]:
        found = [table[prefix + name].fill_null(int(BEYOND)).to_numpy() for name in categories]
        return np.array(found, dtype=np.int32).reshape(len(categories), table.num_rows)

    return Distances(
        id=_whole(table["id"]),
        xy=np.column_stack([numbers("x"), numbers("y")]),
        lon_lat=np.column_stack([numbers("lon"), numbers("lat")]),
        amount=thousandths(numbers("amount")),
        attached=numbers("attached"),
        categories=categories,
        walk_mm=walks(WALK),
        straight_mm=walks(STRAIGHT),
        missing_count=numbers("missing_count"),
    )


def read_zones(path: Path) -> PointZones:
    """Zones whose table was kept there: a file holds those that are met, in any order."""
    table = pq.read_table(path, read_dictionary=["zone"])
    codes = tuple(json.loads((table.schema.metadata or {})[CODES]))
    values = _whole(table["zone"])
    place = {code: number for number, code in enumerate(codes)}
    known = np.array([*(place[code] for code in values.dictionary.to_pylist()), -1], dtype=np.int32)
    return PointZones(known[values.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)], codes)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    found = column.unify_dictionaries().combine_chunks()
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found

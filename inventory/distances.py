"""The walks of every demand point, kept beside a result: gaps, siting and incremental runs read them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyproj import CRS

from geo.crs import STORED, transform_xy
from inventory.assessment import Assessment
from inventory.figures import BEYOND, THOUSANDTHS


@dataclass(frozen=True)
class Distances:
    """One row per demand point.

    xy: metres in the working CRS; lon_lat: degrees. walk_m: shape (categories, n), float32, NaN beyond the
    search. missing_count: how many measured categories are not within their distance.
    """

    id: NDArray[np.object_]
    xy: NDArray[np.float64]
    lon_lat: NDArray[np.float64]
    amount: NDArray[np.float64]
    zone: NDArray[np.object_]
    attached: NDArray[np.bool_]
    categories: tuple[str, ...]
    walk_m: NDArray[np.float32]
    complete: NDArray[np.bool_]
    missing_count: NDArray[np.uint16]

    def table(self) -> pa.Table:
        """Columns id, x, y, lon, lat, amount, zone, attached, one per category (null beyond), complete,
        missing_count."""
        columns: dict[str, pa.Array] = {
            "id": pa.array(self.id.astype(str)),
            "x": pa.array(self.xy[:, 0]),
            "y": pa.array(self.xy[:, 1]),
            "lon": pa.array(self.lon_lat[:, 0]),
            "lat": pa.array(self.lon_lat[:, 1]),
            "amount": pa.array(self.amount),
            "zone": pa.array(self.zone).dictionary_encode(),
            "attached": pa.array(self.attached),
            "complete": pa.array(self.complete),
            "missing_count": pa.array(self.missing_count),
        }
        for name, walk in zip(self.categories, self.walk_m, strict=True):
            columns[f"walk_m_{name}"] = pa.array(walk, mask=np.isnan(walk))
        return pa.table(columns)


def distances(assessment: Assessment, codes: list[str], crs: CRS) -> Distances:
    """The distances of an assessment; `codes` are the zones' in its order, outside is null."""
    demand, walk_mm = assessment.demand, assessment.walks.walk_mm
    named = np.array([*codes, None], dtype=object)
    metres = np.where(walk_mm == BEYOND, np.nan, walk_mm / 1000.0).astype(np.float32)
    missing = assessment.tally.missing
    return Distances(
        id=demand.id,
        xy=demand.xy,
        lon_lat=transform_xy(demand.xy, crs, STORED),
        amount=demand.amount / THOUSANDTHS,
        zone=named[assessment.zone],
        attached=assessment.walks.attached,
        categories=tuple(row.id for row in assessment.sites.measured),
        walk_m=metres,
        complete=(missing == 0) & bool(assessment.sites.measured),
        missing_count=missing,
    )

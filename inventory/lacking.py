"""What a coverage rule leaves unserved, for maps and lists: places of pieces, stretches of roads."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from geo.crs import to_stored
from inventory.coverage_rules import CoverageRule
from inventory.inputs import Inputs
from inventory.measures.along import unserved
from inventory.pins import Recipe
from inventory.results import Kept
from inventory.zone_frames import KEY, zones_of
from layers.catalog import Store


@dataclass(frozen=True, eq=False)
class Places:
    """Pieces in longitude and latitude, each with how much of it is unserved, in the demand's unit."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    amount: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.lon)


def places(kept: Kept, demand: str) -> Places | None:
    """What is not met of a demand, and known; None of areas and of a supply, which have no places."""
    path = kept.portions(demand)
    if not path.is_file():
        return None
    table = pq.read_table(path)
    if not {"met", "lon", "lat"} <= set(table.column_names):
        return None
    missing = table["amount"].to_numpy() - table["met"].to_numpy()
    some = missing > 0
    if "known" in table.column_names:
        some &= table["known"].to_numpy()
    return Places(table["lon"].to_numpy()[some], table["lat"].to_numpy()[some], missing[some])


def stretches(store: Store, recipe: Recipe, demand: str) -> gpd.GeoDataFrame:
    """The pieces of roads that nothing serves, as lines in longitude and latitude, with `length_m`.

    Only of rules along lines.
    """
    rule: CoverageRule = recipe.rule
    inputs = Inputs(store, recipe, rule, zones_of(store, recipe), KEY)
    return to_stored(unserved(inputs, rule.demand(demand)))


UNATTACHED = ("zone", "id", "lon", "lat", "amount")


def unattached(kept: Kept, demand: str) -> pa.Table:
    """The pieces of a demand that stand on no street: columns `UNATTACHED`; none where nobody walks."""
    path = kept.portions(demand)
    if path.is_file():
        table = pq.read_table(path)
        if "attached" in table.column_names:
            lost = table.filter(pa.array(~table["attached"].to_numpy()))
            have = [name for name in UNATTACHED if name in lost.column_names]
            return lost.select(have)
    return pa.table({name: pa.array([], pa.string()) for name in UNATTACHED})

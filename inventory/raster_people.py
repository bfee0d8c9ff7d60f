"""People as the cells of a raster layer: each cell stands at its middle, with its people in thousandths.

Of several agencies' rasters the first by agency code counts where they overlap: a cell of a later one whose
middle lies in a cell with a value of an earlier one counts nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.raster_points import points
from inventory.coverage_rules import DemandOf
from inventory.errors import DemandInvalid, RuleError
from inventory.inputs import Inputs
from inventory.rule_features import AMOUNT_MOST
from layers.catalog import RasterPart


@dataclass(frozen=True, eq=False)
class RasterPeople:
    """n cells with people: xy in the working CRS, shape (n, 2); amount in thousandths, above zero."""

    xy: NDArray[np.float64]
    amount: NDArray[np.int64]


def raster_people(inputs: Inputs, demand: DemandOf) -> RasterPeople | None:
    """The people of a demand whose layer is a raster; None if nobody has published it.

    Cells beyond the box around all zones are not read: a country's raster counts a city's people. RuleError
    where the demand filters or groups cells, which have no columns; RasterError where a raster cannot be
    used; DemandInvalid where there are too many people to be summed exactly.
    """
    assert demand.layer is not None  # noqa: S101 - only land has none
    for key, given in (("where", demand.filter.columns), ("group", demand.group), ("amount", demand.amount)):
        if given:
            raise RuleError(inputs.rule.id, f"{demand.id}.{key}", "cells of a raster have no columns")
    parts = inputs.raster(demand.layer)
    if not parts:
        return None
    west, south, east, north = inputs.zones.total_bounds.tolist()
    found = points(
        [part.path for part in parts],
        inputs.crs,
        within=(west, south, east, north),
        names=names_of(demand.layer, parts),
    )
    if float(found.amount.sum(dtype=np.float64)) > AMOUNT_MOST:
        raise DemandInvalid(demand.layer, "cells", float(found.amount.max()) / 1000)
    return RasterPeople(found.xy, found.amount)


def names_of(layer: str, parts: Sequence[RasterPart]) -> list[str]:
    """What errors call the rasters of a layer: its name and whose each is."""
    return [f"{layer} ({part.agency})" for part in parts]

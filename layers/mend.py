"""Judges polygons and makes invalid ones valid, in the confined process of `geo.repair`: never here."""

import numpy as np
from numpy.typing import NDArray

from geo.repair import Repaired, RepairLimits, repair

SECONDS_A_FEATURE = 5.0
SECONDS_A_FILE = 120.0


def mend(
    geometry: NDArray[np.object_],
    *,
    seconds_a_feature: float = SECONDS_A_FEATURE,
    seconds_a_file: float = SECONDS_A_FILE,
) -> Repaired:
    """Valid geometry of the same kind on the same ground, None where there is none in reasonable time."""
    return repair(geometry, RepairLimits(seconds_a_feature, seconds_a_file))

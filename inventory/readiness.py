"""Loading the compiled kernels ahead of their use, which takes a process a second or two."""

from functools import cache

import numpy as np
import pandas as pd
from pyproj import CRS

from geo.near import Walkers, near, nearest_of
from geo.nearest import straight_nearest_m
from geo.network import build
from geo.reach import attach, nearest_by_category
from inventory.tally import List, tally

METRES = CRS.from_epsg(4548)


@cache
def ready() -> None:
    """Load what results are computed with, by measuring one street. Done once in a process."""
    nodes = pd.DataFrame({"node_id": [1, 2], "lon": [117.0, 117.001], "lat": [36.6, 36.6]})
    street = build(nodes, pd.DataFrame({"u": [1], "v": [2]}), crs=METRES)
    on = attach(street, street.xy, min_component_m=0.0)
    walkers = Walkers.on(street, on)
    near(walkers, on, limit_m=1.0)
    nearest_of(walkers, [0], on, limit_m=1.0)
    nearest_by_category(street, on, on, [0, 0], 1, limit_m=1.0, threads=1)
    straight_nearest_m(street.xy, street.xy, limit_m=1.0)
    walk_mm, amount, zone = np.zeros((1, 2), np.int32), np.ones(2, np.int64), np.zeros(2, np.int32)
    everybody = List(((0, 1),))
    tally(walk_mm, walk_mm, amount, zone, 1, on.attached, [1], [everybody], [everybody], threads=1)

"""How far everybody walks to the nearest site of each category, on foot and straight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.nearest import straight_nearest_by_category
from geo.network import Network
from geo.reach import Attachment, attach, nearest_by_category
from inventory.demand import Demand
from inventory.errors import NothingAttaches
from inventory.figures import millimetres
from inventory.rules import RuleSet
from inventory.sites import Sites


@dataclass(frozen=True)
class Walks:
    """Whole millimetres, shape (categories, n), `figures.BEYOND` where none was found.

    straight_mm is only searched to just over the largest distance of the rules: farther is `BEYOND`.
    attached, sites_attached: whether each demand point and each site stands on a street.
    """

    walk_mm: NDArray[np.int32]
    straight_mm: NDArray[np.int32]
    attached: NDArray[np.bool_]
    sites_attached: NDArray[np.bool_]


def walks(
    network: Network, demand: Demand, sites: Sites, rules: RuleSet, *, threads: int | None = None
) -> Walks:
    """Walks and straight lines in the working CRS.

    The straight line needs no street: it also counts for demand and sites that attach to none, as a plain
    buffer would.
    """
    attachment = demand.attachment or _attach(network, demand.xy, rules)
    if not attachment.attached.any():
        raise NothingAttaches(len(demand.xy), rules.attach_limit_m, rules.min_component_m)
    places = _attach(network, sites.xy, rules)
    kinds = len(sites.measured)
    walk_m = nearest_by_category(
        network, attachment, places, sites.category, kinds, limit_m=rules.search_m, threads=threads
    )
    farthest = max((row.distance_m for row in sites.measured), default=0.0) + 1.0
    straight_m = straight_nearest_by_category(demand.xy, sites.xy, sites.category, kinds, limit_m=farthest)
    return Walks(millimetres(walk_m.T), millimetres(straight_m.T), attachment.attached, places.attached)


def _attach(network: Network, xy: NDArray[np.float64], rules: RuleSet) -> Attachment:
    return attach(network, xy, limit_m=rules.attach_limit_m, min_component_m=rules.min_component_m)

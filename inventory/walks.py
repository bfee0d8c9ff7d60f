"""How far everybody walks to the nearest site of each category, on foot and straight."""

from concurrent.futures import ThreadPoolExecutor
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

    straight_mm is only searched to just over the category's distance: farther is `BEYOND`.
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
    straight_m = _straight(demand.xy, sites, threads)
    return Walks(millimetres(walk_m.T), millimetres(straight_m), attachment.attached, places.attached)


def _straight(xy: NDArray[np.float64], sites: Sites, threads: int | None) -> NDArray[np.float64]:
    """Straight metres, shape (categories, n), searched a metre farther than each category's distance."""
    found = np.full((len(sites.measured), len(xy)), np.inf)

    def search(distance_m: float) -> None:
        wanted = [number for number, row in enumerate(sites.measured) if row.distance_m == distance_m]
        place = np.full(len(sites.measured), -1, dtype=np.int32)
        place[wanted] = np.arange(len(wanted), dtype=np.int32)
        category = place[sites.category]
        chosen = category >= 0
        near = straight_nearest_by_category(
            xy, sites.xy[chosen], category[chosen], len(wanted), limit_m=distance_m + 1.0
        )
        found[wanted] = near.T

    distances = sorted({row.distance_m for row in sites.measured}, reverse=True)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(search, distances))
    return found


def _attach(network: Network, xy: NDArray[np.float64], rules: RuleSet) -> Attachment:
    return attach(network, xy, limit_m=rules.attach_limit_m, min_component_m=rules.min_component_m)

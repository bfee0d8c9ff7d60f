"""How far everybody walks to the nearest site of each category, on foot and straight."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo.nearest import straight_nearest_by_category
from geo.network import Network
from geo.reach import Attachment, attach, nearest_by_category
from inventory.demand import Demand
from inventory.errors import NothingAttaches
from inventory.figures import millimetres
from inventory.rewalks import STRAIGHT_BEYOND_M
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


@dataclass(frozen=True)
class Walked:
    """Sites and the walks to them, of one network, demand and way of attaching."""

    sites: Sites
    walks: Walks


def attached(network: Network, demand: Demand, rules: RuleSet) -> Demand:
    """The demand with its places on the network; NothingAttaches if it has none."""
    attachment = demand.attachment or _attach(network, demand.xy, rules)
    if not attachment.attached.any():
        raise NothingAttaches(len(demand.xy), rules.attach_limit_m, rules.min_component_m)
    return replace(demand, attachment=attachment)


def walks(
    network: Network,
    demand: Demand,
    sites: Sites,
    rules: RuleSet,
    *,
    known: Sequence[Walked] = (),
    threads: int | None = None,
) -> Walks:
    """Walks and straight lines in the working CRS.

    The straight line needs no street: it also counts for demand and sites that attach to none, as a plain
    buffer would. `known` are walks of the same network, demand, search and way of attaching: categories whose
    sites are in one of them are taken from there, as searches of categories do not touch each other.
    """
    demand = attached(network, demand, rules)
    assert demand.attachment is not None  # noqa: S101 - `attached` gives one
    places = _attach(network, sites.xy, rules)
    shape = (len(sites.measured), len(demand.xy))
    walk_mm, straight_mm = np.empty(shape, np.int32), np.empty(shape, np.int32)
    fresh = []
    for number in range(len(sites.measured)):
        kept = next((found for each in known if (found := _same(sites, number, each)) is not None), None)
        if kept is None:
            fresh.append(number)
        else:
            walk_mm[number], straight_mm[number] = kept
    if fresh:
        place = np.full(len(sites.measured), -1, np.int32)
        place[fresh] = np.arange(len(fresh), dtype=np.int32)
        chosen = place[sites.category] >= 0
        kind = place[sites.category[chosen]]
        walk_m = nearest_by_category(
            network,
            demand.attachment,
            places.take(chosen),
            kind,
            len(fresh),
            limit_m=rules.search_m,
            threads=threads,
        )
        walk_mm[fresh] = millimetres(walk_m.T)
        limits = [sites.measured[number].distance_m for number in fresh]
        straight_mm[fresh] = millimetres(_straight(demand.xy, sites.xy[chosen], kind, limits, threads))
    return Walks(walk_mm, straight_mm, demand.attachment.attached, places.attached)


def _same(sites: Sites, number: int, known: Walked) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """The walks to a category's sites, if `known` has a category with these sites and this distance."""
    own = sites.xy[sites.category == number]
    for other, row in enumerate(known.sites.measured):
        if row.distance_m == sites.measured[number].distance_m and np.array_equal(
            own, known.sites.xy[known.sites.category == other]
        ):
            return known.walks.walk_mm[other], known.walks.straight_mm[other]
    return None


def _straight(
    xy: NDArray[np.float64],
    sites_xy: NDArray[np.float64],
    kind: NDArray[np.int32],
    limits_m: Sequence[float],
    threads: int | None,
) -> NDArray[np.float64]:
    """Straight metres, shape (categories, n), searched a metre farther than each category's distance."""
    found = np.full((len(limits_m), len(xy)), np.inf)

    def search(distance_m: float) -> None:
        wanted = [number for number, limit_m in enumerate(limits_m) if limit_m == distance_m]
        place = np.full(len(limits_m), -1, dtype=np.int32)
        place[wanted] = np.arange(len(wanted), dtype=np.int32)
        category = place[kind]
        chosen = category >= 0
        near = straight_nearest_by_category(
            xy, sites_xy[chosen], category[chosen], len(wanted), limit_m=distance_m + STRAIGHT_BEYOND_M
        )
        found[wanted] = near.T

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(search, sorted(set(limits_m), reverse=True)))
    return found


def _attach(network: Network, xy: NDArray[np.float64], rules: RuleSet) -> Attachment:
    return attach(network, xy, limit_m=rules.attach_limit_m, min_component_m=rules.min_component_m)

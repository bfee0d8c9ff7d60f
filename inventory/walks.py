"""How far everybody walks to the nearest site of each category, on foot and straight."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.nearest import straight_nearest_by_category
from geo.reach import nearest_by_category
from inventory.demand import Demand
from inventory.errors import NothingAttaches
from inventory.figures import millimetres
from inventory.rewalks import STRAIGHT_BEYOND_M
from inventory.sites import Sites
from inventory.walking import Walking


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
    """Sites and the walks to them, of one demand on the same streets."""

    sites: Sites
    walks: Walks


def attached(streets: Walking, demand: Demand) -> Demand:
    """The demand with its places on the streets; NothingAttaches if it has none."""
    attachment = demand.attachment or streets.attach(demand.xy)
    if not attachment.attached.any():
        raise NothingAttaches(len(demand.xy), streets.rule.limit_m, streets.rule.min_component_m)
    return replace(demand, attachment=attachment)


def walks(
    streets: Walking,
    demand: Demand,
    sites: Sites,
    *,
    known: Sequence[Walked] = (),
    threads: int | None = None,
) -> Walks:
    """Walks and straight lines in the working CRS.

    On foot an area is entered where streets lead into it; straight lines lead to a point in it and need no
    street: they also count for demand and sites that attach to none, as a plain buffer would. `known` are
    walks of the same streets and demand: categories whose sites are in one of them are taken from there, as
    searches of categories do not touch each other.
    """
    demand = attached(streets, demand)
    assert demand.attachment is not None  # noqa: S101 - `attached` gives one
    doors = streets.arrive(sites.shape)
    reached = np.zeros(len(sites.shape), np.bool_)
    reached[doors.row[doors.places.attached]] = True
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
        kind = place[sites.category]
        door = kind[doors.row]
        walk_m = nearest_by_category(
            streets.network,
            demand.attachment,
            doors.places.take(door >= 0),
            door[door >= 0],
            len(fresh),
            limit_m=streets.rule.search_m,
            threads=threads,
            effort=streets.effort,
        )
        walk_mm[fresh] = millimetres(walk_m.T)
        limits = [sites.measured[number].distance_m for number in fresh]
        straight_mm[fresh] = millimetres(_straight(demand.xy, sites.xy, kind, limits, threads))
    return Walks(walk_mm, straight_mm, demand.attachment.attached, reached)


def _same(sites: Sites, number: int, known: Walked) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """The walks to a category's sites, if `known` has a category with these sites and this distance."""
    own = sites.shape[sites.category == number]
    for other, row in enumerate(known.sites.measured):
        its = known.sites.shape[known.sites.category == other]
        if (
            row.distance_m == sites.measured[number].distance_m
            and len(its) == len(own)
            and shapely.equals_identical(own, its).all()
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
        category = np.where(kind >= 0, place[kind], -1)
        chosen = category >= 0
        near = straight_nearest_by_category(
            xy, sites_xy[chosen], category[chosen], len(wanted), limit_m=distance_m + STRAIGHT_BEYOND_M
        )
        found[wanted] = near.T

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(search, sorted(set(limits_m), reverse=True)))
    return found

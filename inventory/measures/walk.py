"""What is served on foot: within a distance along the streets, the way to and from them counted."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.nearest import straight_nearest_m
from geo.reach import nearest_by_category
from inventory.coverage_rules import DemandOf, Unit
from inventory.demand_places import Places, places_of
from inventory.figures import BEYOND, millimetres
from inventory.inputs import Inputs
from inventory.portions import Portions
from inventory.walk_sites import WalkSites, walk_sites

HALF_MILLIMETRE = 0.0005
"""Walks are rounded to millimetres, so a straight line may be that much longer than a walk that is within."""

POINT = 0  # shapely's type


@dataclass(frozen=True, eq=False)
class Answers:
    """Of n places: whether a service lies within its distance on foot and by straight line, whether each is
    on a street, the walk to the nearest service. Each follows from the place alone."""

    met: NDArray[np.bool_]
    straight: NDArray[np.bool_]
    attached: NDArray[np.bool_]
    walk_mm: NDArray[np.int32]


def measure(inputs: Inputs, demand: DemandOf) -> Portions:
    """A place is met whole or not at all: if a service lies within its own distance on foot.

    What stands on no street is not met, and stays in the denominator.
    """
    places = places_of(inputs, demand)
    return portions_at(demand.unit, places, answers(inputs, places.xy, walk_sites(inputs)))


def portions_at(unit: Unit, places: Places, found: Answers) -> Portions:
    """Places with their answers."""
    return Portions(
        unit,
        zone=places.zone,
        amount=places.amount,
        met=np.where(found.met, places.amount, 0),
        met_straight=np.where(found.straight, places.amount, 0),
        attached=found.attached,
        group=places.group,
        groups=places.groups,
        walk_mm=found.walk_mm,
        id=places.id,
        xy=places.xy,
    )


def answers(inputs: Inputs, xy: NDArray[np.float64], sites: WalkSites) -> Answers:
    """What the rule's services are to these places, shape (n, 2)."""
    walking = inputs.walking()
    services, rule = inputs.rule.services, walking.rule
    standing = walking.attach(xy)
    walk_m = nearest_by_category(
        walking.network,
        standing,
        sites.places,
        sites.service,
        len(services),
        limit_m=rule.search_m,
        threads=inputs.threads,
        effort=walking.effort,
    )
    walk_mm = millimetres(walk_m.T)
    limit_mm = np.array([round((each.distance_m or 0.0) * 1000) for each in services], np.int64)
    return Answers(
        met=np.asarray((walk_mm <= limit_mm[:, None]).any(axis=0)),
        straight=_straight(xy, sites, limit_mm / 1000.0),
        attached=standing.attached,
        walk_mm=walk_mm.min(axis=0, initial=BEYOND).astype(np.int32),
    )


def _straight(xy: NDArray[np.float64], sites: WalkSites, limit_m: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether any service lies within its distance as the crow flies, streets or not, shape (n,)."""
    found = np.zeros(len(xy), np.bool_)
    tree = None
    for number, distance_m in enumerate(limit_m.tolist()):
        shapes = sites.geometry[sites.of == number]
        within_m = distance_m + HALF_MILLIMETRE
        if (shapely.get_type_id(shapes) == POINT).all():
            near = straight_nearest_m(xy, shapely.get_coordinates(shapes), limit_m=distance_m + 1.0)
            found |= near <= within_m
        else:
            tree = tree or shapely.STRtree(shapely.points(xy))
            found[tree.query(shapes, predicate="dwithin", distance=within_m)[1]] = True
    return found

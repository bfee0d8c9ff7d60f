"""Supply: what the places within a walk offer to each of those who can walk there (see `geo.floating`)."""

import numpy as np
from numpy.typing import NDArray

from geo.attach import Attachment
from geo.floating import Pairs, gaussian, pairs_within, step, two_step
from inventory.coverage_rules import DemandOf, Service
from inventory.demand_places import places_of
from inventory.errors import DemandInvalid
from inventory.figures import THOUSANDTHS
from inventory.filters import numbers
from inventory.inputs import Inputs
from inventory.measures.walk import HALF_MILLIMETRE
from inventory.portions import Portions
from inventory.rule_features import serving
from inventory.walk_sites import WalkSites, walk_sites


def measure(inputs: Inputs, demand: DemandOf) -> Portions:
    """Places, beds or spaces that fall to one person at each point.

    Every feature of every service shares its own capacity among the demand within the service's distance. One
    that does not say its capacity offers nothing. What stands on no street has 0 and stays in the mean.
    DemandInvalid where a capacity is below zero or infinite.
    """
    places, sites = places_of(inputs, demand), walk_sites(inputs)
    standing = inputs.walking().attach(places.xy)
    capacity, pairs, weights = [], [], []
    offered = 0
    for number, service in enumerate(inputs.rule.services):
        found = _capacity(inputs, service)
        near = _near(inputs, standing, sites, number)
        capacity.append(found)
        pairs.append(near._replace(site=near.site + offered))
        weights.append(_weights(inputs, service, near.metres))
        offered += len(found)
    shared = two_step(
        places.amount / THOUSANDTHS,
        np.concatenate(capacity),
        Pairs(*(np.concatenate(columns) for columns in zip(*pairs, strict=True))),
        np.concatenate(weights),
    )
    return Portions(
        demand.unit,
        zone=places.zone,
        amount=places.amount,
        met=None,
        ratio=shared.accessibility,
        attached=standing.attached,
        group=places.group,
        groups=places.groups,
        id=places.id,
        xy=places.xy,
    )


def _capacity(inputs: Inputs, service: Service) -> NDArray[np.float64]:
    """Of each feature of a service, 0 where it is missing; none without data."""
    frame = serving(inputs, service)
    if frame is None:
        return np.empty(0)
    assert service.capacity is not None  # noqa: S101 - the reader gives every service of a supply one
    found = numbers(frame, service.capacity, rule=inputs.rule.id, layer=service.layer)
    found = np.nan_to_num(found, nan=0.0, posinf=np.inf, neginf=-np.inf)
    bad = ~np.isfinite(found) | (found < 0)
    if bad.any():
        raise DemandInvalid(service.layer, service.capacity, float(found[bad][0]))
    return found


def _near(inputs: Inputs, standing: Attachment, sites: WalkSites, number: int) -> Pairs:
    """Points and features of one service within its distance, by the nearest entrance, to the millimetre."""
    walking, distance_m = inputs.walking(), inputs.rule.services[number].distance_m
    assert distance_m is not None  # noqa: S101 - only services along a line have none
    own = sites.service == number
    found = pairs_within(
        walking.network,
        standing,
        sites.places.take(own),
        distance_m + HALF_MILLIMETRE,
        threads=inputs.threads,
        effort=walking.effort,
    )
    feature = sites.feature[own][found.site].astype(np.int32)
    metres = np.round(found.metres, 3)
    order = np.lexsort((metres, feature, found.point))
    point, feature, metres = found.point[order], feature[order], metres[order]
    nearest = np.ones(len(order), np.bool_)
    nearest[1:] = (point[1:] != point[:-1]) | (feature[1:] != feature[:-1])
    nearest &= metres <= round(distance_m, 3)
    return Pairs(point[nearest], feature[nearest], metres[nearest])


def _weights(inputs: Inputs, service: Service, metres: NDArray[np.float64]) -> NDArray[np.float64]:
    rule = inputs.rule.supply
    assert rule is not None  # noqa: S101 - the reader gives every rule of this catchment one
    assert service.distance_m is not None  # noqa: S101 - likewise
    if rule.weights == "step":
        return step(metres, rule.bands)
    if rule.weights == "gaussian":
        return gaussian(metres, service.distance_m)
    return np.ones(len(metres))

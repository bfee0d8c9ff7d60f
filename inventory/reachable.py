"""What is reached from a place on foot: of each category of a rule set the nearest facilities, or none.

The same streets, costs, attachment and distances as the circles report, for one place: a facility listed as
within its distance is one that the report would count for somebody who lives there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.crs import STORED, transform_xy
from geo.entrances import Entrances
from geo.isochrone import Isochrone, isochrone
from geo.reach import Attachment
from inventory.demand import Demand
from inventory.errors import NoStreetAround, NoStreetNear, PlaceOutside
from inventory.memory import Remembered, day_of, versions_of
from inventory.pins import Recipe
from inventory.rules import Requirement
from inventory.sites import Sites, sites_of
from inventory.streets import streets_of
from inventory.walking import Walking
from layers.catalog import Store
from layers.errors import LayerKindError

LOOK_M = 5000.0
"""How far a street is looked for, to say how far the nearest is."""
SLACK_M = 1.0
"""A straight line between places on streets may exceed the walk between them by rounding, never by this."""


@dataclass(frozen=True)
class Facility:
    """One feature of a category. `name` is None where it has none; `lon`, `lat` where it stands."""

    name: str | None
    name_en: str | None
    walk_m: float
    lon: float
    lat: float


@dataclass(frozen=True)
class Reached:
    """A category as seen from a place: its nearest facilities within the search, nearest first."""

    requirement: Requirement
    status: Literal["measured", "no_data"]
    nearest: tuple[Facility, ...]

    @property
    def within(self) -> bool:
        """Whether the nearest is within the category's own distance."""
        return bool(self.nearest) and self.nearest[0].walk_m <= self.requirement.distance_m


@dataclass(frozen=True)
class Facilities:
    """The facilities of a rule set on the streets: what a click looks up; `doors` are where one arrives."""

    sites: Sites
    doors: Entrances
    lon_lat: NDArray[np.float64]
    name: NDArray[np.object_]
    name_en: NDArray[np.object_]


_facilities: Remembered[Facilities] = Remembered(2)


def origin_of(recipe: Recipe, streets: Walking, lon: float, lat: float) -> Attachment:
    """Where somebody at these degrees meets the streets, as people do.

    PlaceOutside where it is no place of the city's system, NoStreetNear and NoStreetAround where no street is
    within the rule set's limit, or only behind its barriers.
    """
    if not (np.isfinite([lon, lat]).all() and abs(lon) <= 180 and abs(lat) <= 90):
        raise PlaceOutside(lon, lat)
    xy = transform_xy(np.array([[lon, lat]], dtype=np.float64), STORED, recipe.crs)
    if not np.isfinite(xy).all():
        raise PlaceOutside(lon, lat)
    found = streets.attach(xy)
    if not found.attached[0]:
        far = replace(streets, rule=replace(streets.rule, limit_m=LOOK_M)).attach(xy)
        if not far.attached[0]:
            raise NoStreetAround(lon, lat, LOOK_M)
        raise NoStreetNear(lon, lat, streets.rule.limit_m, float(far.access_m[0]))
    return found


def reachable(
    store: Store,
    recipe: Recipe,
    origin: Attachment,
    *,
    most: int = 1,
    categories: Sequence[str] | None = None,
) -> list[Reached]:
    """Each category's nearest facilities from one place, up to `most`, in the order of the rule set.

    origin: on `streets_of(store, recipe)`. categories: ids, all if not given. The search goes as far as
    the rule set's.
    """
    rules = recipe.rules
    streets = streets_of(store, recipe)
    known = facilities_on(store, recipe, streets)
    reach = isochrone(streets.network, origin, [rules.search_m], streets.effort)
    walk = walks_to(known, origin, reach)
    found = []
    for row in rules.categories:
        if categories is not None and row.id not in categories:
            continue
        if row not in known.sites.measured:
            found.append(Reached(row, "no_data", ()))
            continue
        own = known.sites.category == known.sites.measured.index(row)
        sites = np.flatnonzero(own & np.isfinite(walk))
        nearest = sites[np.argsort(walk[sites], kind="stable")[:most]]
        found.append(
            Reached(row, "measured", tuple(_facility(known, int(i), float(walk[i])) for i in nearest))
        )
    return found


def walks_to(known: Facilities, origin: Attachment, reach: Isochrone) -> NDArray[np.float64]:
    """The walk to each facility, infinite beyond the reach from one place; only those near are looked at."""
    walk = np.full(len(known.sites.xy), np.inf)
    places, of = known.doors
    near = _within(reach, origin, places)
    np.minimum.at(walk, of[near], reach.walk_at(places.take(near)))
    return walk


def _within(reach: Isochrone, origin: Attachment, places: Attachment) -> NDArray[np.intp]:
    """Rows of the places that a reach may hold: no walk costs less than the least of the straight line."""
    least = 1.0 if reach.effort is None else reach.effort.least
    aside = np.abs(places.xy - origin.xy[0]).max(axis=1)
    return np.flatnonzero(aside <= reach.limits_m[-1] / least + SLACK_M)


def facilities_on(store: Store, recipe: Recipe, streets: Walking) -> Facilities:
    """The facilities of the versions a recipe pins, on the streets they give; remembered."""
    rules = recipe.rules
    layers = (*rules.walk.layers, *rules.layers)
    days = tuple(day_of(store, recipe, layer) for layer in layers)
    versions = versions_of(recipe, *layers)
    key = (store.workspace.workspace_id, versions, days, recipe.crs.to_string(), rules.hash)
    return _facilities.get(key, lambda: _read(store, recipe, streets))


def _read(store: Store, recipe: Recipe, streets: Walking) -> Facilities:
    rules = recipe.rules
    frames = {layer: _frame(store, recipe, layer) for layer in rules.layers}
    sites = sites_of(rules, frames, recipe.crs)
    names = {column: np.full(len(sites.xy), None, dtype=object) for column in ("name", "name_en")}
    for number, row in enumerate(sites.measured):
        frame, own = frames[row.layer], sites.category == number
        for column, values in names.items():
            if frame is not None and column in frame.columns:
                values[own] = _texts(frame[column].iloc[sites.row[own]])
    lon_lat = transform_xy(sites.xy, recipe.crs, STORED)
    return Facilities(sites, streets.arrive(sites.shape), lon_lat, **names)


def _frame(store: Store, recipe: Recipe, layer: str) -> gpd.GeoDataFrame | None:
    """What the rules look at and the names, None if no agency had published the layer."""
    if not versions_of(recipe, layer):
        return None
    columns = [*recipe.rules.columns(layer), "name", "name_en"]
    frame = store.read(layer, at=recipe.day, as_of=recipe.sequence, columns=columns)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerKindError(layer, "table", "features")
    return frame


def _texts(values: pd.Series) -> NDArray[np.object_]:
    return np.array([each if isinstance(each, str) and each else None for each in values], dtype=object)


def _facility(known: Facilities, site: int, walk_m: float) -> Facility:
    lon, lat = known.lon_lat[site].tolist()
    name: Any = known.name[site]
    name_en: Any = known.name_en[site]
    return Facility(name, name_en, walk_m, lon, lat)


def amount_within(demand: Demand, origin: Attachment, reach: Isochrone) -> list[int]:
    """Thousandths of the demand within each limit of the reach of one place."""
    assert demand.attachment is not None  # noqa: S101 - demand on a network has one
    near = _within(reach, origin, demand.attachment)
    walk = reach.walk_at(demand.attachment.take(near))
    return [int(demand.amount[near][walk <= limit].sum()) for limit in reach.limits_m]

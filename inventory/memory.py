"""What a process remembers between runs: streets, demand upon them, and the last walks.

The streets of a city change far less often than its facilities, and walks do not depend on how the city is
cut into zones: a report by subdistrict after one by district only has to count, and after one more market was
published only the walks to markets are searched again.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Generic, TypeVar

import geopandas as gpd

from geo.attach import Attachment
from geo.near import Walkers
from inventory.demand import Demand
from inventory.pins import Recipe
from inventory.sites import Sites
from inventory.walk_rules import WalkRule
from inventory.walking import Walking
from inventory.walks import Walked, Walks
from layers.catalog import Store
from layers.spec import LayerSpec

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """The last few values by key; who asks for one that is being made waits for it, and shares its error."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, Future[Value]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            under_way = self._making.get(key)
            mine: Future[Value] = Future()
            if under_way is None:
                self._making[key] = mine
        if under_way is not None:
            return under_way.result()
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._making[key]
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        mine.set_result(value)
        return value

    def clear(self) -> None:
        """Forget all that was made."""
        with self._lock:
            self._values.clear()

    def known(self, key: Hashable) -> Value | None:
        """The value if it is remembered."""
        with self._lock:
            return self._values.get(key)

    def values(self) -> list[Value]:
        """What is remembered, the last used first."""
        with self._lock:
            return list(reversed(self._values.values()))


@dataclass(frozen=True)
class Measured:
    """All of a run that does not depend on zones. Its demand knows where it lies on the streets."""

    streets: Walking
    demand: Demand
    sites: Sites
    walks: Walks


_walkings: Remembered[Walking] = Remembered(3)  # a city's streets are some tens of megabytes
_demands: Remembered[Demand] = Remembered(2)
_walkers: Remembered[Walkers] = Remembered(2)
_frames: Remembered[gpd.GeoDataFrame | None] = Remembered(24)  # a city's facilities are some 30 MB
_walks: Remembered[Measured] = Remembered(2)  # 24 categories of 114,000 points: 22 MB


def measured(store: Store, recipe: Recipe, make: Callable[[], Measured]) -> Measured:
    """The walks of the versions a recipe pins, but for its zones."""
    return _walks.get(walks_key(store, recipe), make)


def walks_key(store: Store, recipe: Recipe) -> Hashable:
    """Equal for recipes with the same walks: they may differ in their zones."""
    layers = {*recipe.rules.walk.layers, recipe.rules.demand.layer, *recipe.rules.layers}
    versions = versions_of(recipe, *layers)
    days = tuple(day_of(store, recipe, layer) for layer in sorted(layers))
    return (store.workspace.workspace_id, versions, recipe.crs.to_string(), recipe.rules.hash, days)


def facilities(
    store: Store, recipe: Recipe, layer: str, make: Callable[[], gpd.GeoDataFrame | None]
) -> gpd.GeoDataFrame | None:
    """A facility layer as a recipe reads it; not to be changed."""
    columns = tuple(recipe.rules.columns(layer))
    versions, day = versions_of(recipe, layer), day_of(store, recipe, layer)
    return _frames.get((store.workspace.workspace_id, layer, versions, day, columns), make)


def walked(streets: Walking, demand: Demand) -> Sequence[Walked]:
    """Walks that are remembered of these very streets and demand."""
    return [
        Walked(each.sites, each.walks)
        for each in _walks.values()
        if each.streets is streets and each.demand is demand
    ]


def demand_on(store: Store, recipe: Recipe, make: Callable[[], Demand]) -> Demand:
    """The demand of the versions a recipe pins, as it lies on the streets they give."""
    return _demands.get(_demand_key(store, recipe), make)


def walkers(store: Store, recipe: Recipe, streets: Walking, attach: Callable[[], Attachment]) -> Walkers:
    """The same as those who can be found by place; `attach` where they are not on the streets yet."""
    key = _demand_key(store, recipe)

    def made() -> Walkers:
        demand = _demands.known(key)
        place = None if demand is None else demand.attachment
        return Walkers.on(streets.network, place or attach(), streets.effort)

    return _walkers.get(key, made)


def _demand_key(store: Store, recipe: Recipe) -> Hashable:
    rules = recipe.rules
    return (
        _walking_key(store, recipe, rules.walk),
        versions_of(recipe, rules.demand.layer),
        day_of(store, recipe, rules.demand.layer),
        rules.demand,
    )


def walking_on(store: Store, recipe: Recipe, rule: WalkRule, make: Callable[[], Walking]) -> Walking:
    """The streets of the versions a recipe pins, as a rule has them walked."""
    return _walkings.get(_walking_key(store, recipe, rule), make)


def _walking_key(store: Store, recipe: Recipe, rule: WalkRule) -> Hashable:
    """A walking speed changes nothing on the streets."""
    return (
        store.workspace.workspace_id,
        tuple(versions_of(recipe, layer) for layer in rule.layers),
        tuple(day_of(store, recipe, layer) for layer in rule.layers),
        recipe.crs.to_string(),
        str(replace(rule, speed_km_h=1.0)),
    )


def versions_of(recipe: Recipe, *layers: str) -> tuple[str, ...]:
    """The versions a recipe pins of some layers."""
    return tuple(pinned["version"] for pinned in recipe.inputs if pinned["layer"] in layers)


def day_of(store: Store, recipe: Recipe, layer: str) -> date | None:
    """The date a layer is read at, None where its features have no dates and every day gives the same."""
    specs = (_spec(store, pinned) for pinned in recipe.inputs if pinned["layer"] == layer)
    return recipe.day if any(spec.dates.names() for spec in specs) else None


def _spec(store: Store, pinned: Mapping[str, str]) -> LayerSpec:
    found = store.workspace.specs.get(pinned["layer"])
    if found is not None and found.spec_hash == pinned["spec_hash"]:
        return found
    return store.spec_of(store.version(pinned["version"]))

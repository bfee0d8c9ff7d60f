"""What a process remembers between runs: built networks, and the last walks.

The streets of a city change far less often than its facilities, and walks do not depend on how the city is
cut into zones: a report by subdistrict after one by district only has to count.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from geo.errors import NetworkError
from geo.network import Network, build
from inventory.demand import Demand
from inventory.errors import NoNetwork
from inventory.pins import Recipe
from inventory.sites import Sites
from inventory.walks import Walks
from layers.catalog import Store

Value = TypeVar("Value")


class _Kept(Generic[Value]):
    """The last few values by key; who asks for one that is being made waits for it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key not in self._values:
                self._values[key] = make()
                while len(self._values) > self._most:
                    self._values.popitem(last=False)
            self._values.move_to_end(key)
            return self._values[key]


@dataclass(frozen=True)
class Measured:
    """All of a run that does not depend on zones."""

    network: Network
    demand: Demand
    sites: Sites
    walks: Walks


_networks: _Kept[Network] = _Kept(2)  # a city's is some tens of megabytes
_walks: _Kept[Measured] = _Kept(1)  # 24 categories of 114,000 points: 22 MB


def measured(store: Store, recipe: Recipe, make: Callable[[], Measured]) -> Measured:
    """The walks of the versions a recipe pins, but for its zones."""
    layers = {recipe.rules.network.layer, recipe.rules.demand.layer, *recipe.rules.layers}
    versions = tuple(pinned["version"] for pinned in recipe.inputs if pinned["layer"] in layers)
    key = (store.workspace.workspace_id, versions, recipe.crs.to_string(), recipe.rules.hash, recipe.day)
    return _walks.get(key, make)


def walking_network(store: Store, recipe: Recipe) -> Network:
    """The network of the versions a recipe pins, without the streets its rules close to walkers."""
    rule = recipe.rules.network
    versions = tuple(pinned["version"] for pinned in recipe.inputs if pinned["layer"] == rule.layer)
    if not versions:
        raise NoNetwork(rule.layer)
    closed = (rule.not_walkable, recipe.rules.min_component_m)
    key = (store.workspace.workspace_id, versions, recipe.crs.to_string(), closed, recipe.day)
    return _networks.get(key, lambda: _build(store, recipe))


def _build(store: Store, recipe: Recipe) -> Network:
    rule = recipe.rules.network
    frames = store.read_network(rule.layer, at=recipe.day, as_of=recipe.sequence)
    if not len(frames.edges):
        raise NoNetwork(rule.layer, "it is published without a street")
    try:
        network = build(
            frames.nodes,
            frames.edges,
            crs=recipe.crs,
            directed=frames.directed,
            not_walkable=rule.not_walkable,
        )
    except NetworkError as error:
        raise NoNetwork(rule.layer, str(error)) from error
    if not (network.component_length_m >= recipe.rules.min_component_m).any():
        longest = float(network.component_length_m.max(initial=0.0))
        raise NoNetwork(rule.layer, f"its longest connected part has {longest:.0f} m")
    return network

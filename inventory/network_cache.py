"""Built networks, kept in the process: the streets of a city change far less often than its facilities."""

from collections import OrderedDict
from threading import Lock

from geo.errors import NetworkError
from geo.network import Network, build
from inventory.errors import NoNetwork
from inventory.pins import Recipe
from layers.catalog import Store

KEPT = 2  # a city's network is some tens of megabytes

_built: OrderedDict[tuple[object, ...], Network] = OrderedDict()
_lock = Lock()


def walking_network(store: Store, recipe: Recipe) -> Network:
    """The network of the versions a recipe pins, without the streets its rules close to walkers."""
    rule = recipe.rules.network
    versions = tuple(pinned["version"] for pinned in recipe.inputs if pinned["layer"] == rule.layer)
    if not versions:
        raise NoNetwork(rule.layer)
    closed = (rule.not_walkable, recipe.rules.min_component_m)
    key = (store.workspace.workspace_id, versions, recipe.crs.to_string(), closed, recipe.day)
    with _lock:  # a second request for the same streets waits for the first instead of building them too
        if key not in _built:
            _built[key] = _build(store, recipe)
            while len(_built) > KEPT:
                _built.popitem(last=False)
        _built.move_to_end(key)
        return _built[key]


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

"""Whether the layers that a rule names are of the kind it needs, before anything is read or measured."""

from collections.abc import Iterator

from inventory.coverage_rules import CoverageRule, DemandOf
from inventory.errors import RuleError
from inventory.inputs import Inputs

FEATURES, NETWORK, RASTER = "features", "network", "raster"
DRAWN = (FEATURES, NETWORK)
"""What has shapes; of a network its streets."""
_OF_DEMAND = {
    "people": (FEATURES, RASTER),
    "residential_land": (FEATURES,),
    "buildings": (FEATURES,),
    "features": DRAWN,
    "road_length": DRAWN,
}
_SHAPES = {"residential_land": ("polygon", "any"), "road_length": ("line", "any")}


def check_layers(inputs: Inputs) -> None:
    """RuleError names the key of the first layer with data that the rule cannot be measured by.

    Otherwise a raster would be counted as people, or a measure would fail far from the key that is to blame.
    """
    for key, layer, kinds in _named(inputs.rule):
        if not inputs.has(layer):
            continue
        kind = inputs.kind(layer)
        if kind not in kinds:
            problem = f"layer {layer!r} is of kind {kind}, this needs {' or '.join(kinds)}"
            raise RuleError(inputs.rule.id, key, problem)
    for number, demand in enumerate(inputs.rule.demands, start=1):
        _check_shapes(inputs, demand, f"demands[{number}].layer")


def _check_shapes(inputs: Inputs, demand: DemandOf, key: str) -> None:
    wanted = _SHAPES.get(demand.kind)
    if wanted is None or demand.layer is None or not inputs.has(demand.layer):
        return
    spec = inputs.store.spec(demand.layer)
    if spec.kind == FEATURES and spec.geometry not in wanted:
        problem = f"layer {demand.layer!r} holds features of geometry {spec.geometry}, not {wanted[0]}"
        raise RuleError(inputs.rule.id, key, problem)


def _named(rule: CoverageRule) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Key, layer and admitted kinds of every layer the rule names, in the order of a file."""
    for number, service in enumerate(rule.services, start=1):
        yield f"services[{number}].layer", service.layer, DRAWN
        if service.entrances is not None:
            yield f"services[{number}].entrances", service.entrances, (FEATURES,)
    if rule.walk is not None:
        yield "walk.layer", rule.walk.layer, (NETWORK,)
        if rule.walk.slope is not None:
            yield "walk.slope", rule.walk.slope, (RASTER,)
        for layer in rule.walk.barriers:
            yield "walk.barriers", layer, DRAWN
    if rule.status is not None and rule.status.without is not None:
        yield "status.without.layer", rule.status.without.layer, DRAWN
    if rule.raster is not None:
        yield "raster.layer", rule.raster.layer, (RASTER,)
    for number, demand in enumerate(rule.demands, start=1):
        if demand.layer is not None:
            yield f"demands[{number}].layer", demand.layer, _OF_DEMAND[demand.kind]

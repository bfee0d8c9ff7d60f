"""How each catchment is measured: one module a catchment, loaded when it is asked for.

A measure is `measure(inputs, demand) -> Portions`; the rule stands in the inputs.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from inventory.coverage_rules import DemandOf
from inventory.errors import MeasureMissing
from inventory.inputs import Inputs
from inventory.portions import Portions

Measure = Callable[[Inputs, DemandOf], Portions]


def _loaded(catchment: str) -> Measure:
    def measure(inputs: Inputs, demand: DemandOf) -> Portions:
        name = f"{__name__}.{catchment}"
        if find_spec(name) is None:
            raise MeasureMissing(catchment)
        found: Measure = import_module(name).measure
        return found(inputs, demand)

    return measure


MEASURES: dict[str, Measure] = {
    name: _loaded(name) for name in ("straight", "walk", "along", "status", "raster", "supply")
}

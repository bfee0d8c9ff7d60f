"""Whose part of a layer is not there yet: in their zones nothing is known, which is not nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inventory.agencies import Agencies
from inventory.inputs import Inputs
from inventory.pins import Recipe


def awaited(recipe: Recipe, layer: str) -> tuple[str, ...]:
    """Codes of those who should publish their part of a layer and have not, where the city says who."""
    there = {pinned["agency"] for pinned in recipe.inputs if pinned["layer"] == layer}
    return tuple(code for code in recipe.expected.get(layer, ()) if code not in there)


def missing(recipe: Recipe, layers: Sequence[str]) -> list[dict[str, Any]]:
    """The layers that are not there, as plain values: `agencies` is null where nobody has published."""
    known = {each.code: each for each in recipe.agencies}
    published = {pinned["layer"] for pinned in recipe.inputs}
    found: list[dict[str, Any]] = []
    for layer in layers:
        codes = awaited(recipe, layer)
        if layer not in published:
            found.append({"layer": layer, "agencies": None})
        elif codes:
            named = [known[code] for code in codes if code in known]
            agencies = [{"code": e.code, "name_zh": e.name_zh, "name_en": e.name_en} for e in named]
            found.append({"layer": layer, "agencies": agencies})
    return found


def blind_zones(inputs: Inputs, layers: Sequence[str]) -> NDArray[np.bool_]:
    """Zones whose agency has published its part of none of these layers, though it should, shape (zones,).

    Of a layer that one agency publishes for all, and of a drawn area, nobody's part is awaited.
    """
    blind = np.zeros(len(inputs.zones), np.bool_)
    late = {layer: set(awaited(inputs.recipe, layer)) for layer in layers if inputs.has(layer)}
    if inputs.recipe.area is not None or not any(late.values()):
        return blind
    agencies = Agencies(inputs.recipe.agencies)
    for number, code in enumerate(inputs.zones[inputs.key]):
        agency = agencies.responsible_for(code)
        blind[number] = agency is not None and all(agency.code in codes for codes in late.values())
    return blind

"""From a recipe of a coverage rule to figures: read what it pins, measure each demand, tally, report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import pyarrow as pa

from inventory.absent import blind_zones, missing
from inventory.canonical import canonical
from inventory.coverage_report import Found, ServiceSites, report
from inventory.coverage_rules import WALKED, CoverageRule, DemandOf
from inventory.coverage_tally import CoverageTally, tally
from inventory.errors import NoDemand, NothingAttaches, RuleWithoutData
from inventory.inputs import Inputs
from inventory.measures import MEASURES
from inventory.parameters import parameters
from inventory.pins import Recipe
from inventory.portion_tables import portion_table
from inventory.portions import Portions, inside, without
from inventory.report import ZoneName
from inventory.results import portions_file
from inventory.rule_features import serving
from inventory.rule_layers import check_layers
from inventory.street_zones import has_streets
from inventory.walk_sites import walk_sites
from inventory.zone_frames import CODE, KEY, NAME, NAME_EN, zones_of
from layers.catalog import Store


@dataclass(frozen=True)
class CoverageRun:
    """A result, what it was made of, and the pieces under it; `zones` are the codes of their rows.

    taken: how each demand was come by, where a kept result helped.
    """

    recipe: Recipe
    result: Mapping[str, Any]
    portions: Mapping[str, Portions]
    zones: Sequence[str]
    taken: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The canonical result: equal inputs give equal bytes."""
        return canonical(self.result)

    @cached_property
    def tables(self) -> dict[str, pa.Table]:
        """What is kept beside the result, by file name."""
        codes = list(self.zones)
        return {
            portions_file(id_): portion_table(each, codes, self.recipe.crs)
            for id_, each in self.portions.items()
        }


def measure_demand(inputs: Inputs, demand: DemandOf) -> Portions:
    """One demand as the rule's catchment measures it."""
    return MEASURES[inputs.rule.catchment](inputs, demand)


def count_services(inputs: Inputs) -> list[ServiceSites]:
    """How many sites each service of the rule has."""
    if inputs.rule.catchment in WALKED:
        sites = walk_sites(inputs)
        return [ServiceSites(*each) for each in zip(sites.sites, sites.unattached, strict=True)]
    frames = [serving(inputs, each) for each in inputs.rule.services]
    return [ServiceSites(None if frame is None else len(frame)) for frame in frames]


def run_coverage(
    store: Store,
    recipe: Recipe,
    *,
    threads: int | None = None,
    portions_of: Callable[[Inputs, DemandOf], Portions] = measure_demand,
    services_of: Callable[[Inputs], list[ServiceSites]] = count_services,
) -> CoverageRun:
    """Compute what a recipe asks for, from the versions it pins and nothing else.

    `portions_of` and `services_of` may know shorter ways to the same values. RuleError where a layer is of
    another kind than the rule needs; RuleWithoutData where nobody has published what the rule measures by, or
    anything it is measured for; NoDemand where there is nothing to be covered, NoNetwork and NothingAttaches
    where nobody can walk.
    """
    rule = recipe.rule
    inputs = Inputs(store, recipe, rule, zones_of(store, recipe), KEY, threads)
    check_layers(inputs)
    demands = _with_data(inputs)
    unserved = blind_zones(inputs, sorted({each.layer for each in rule.services}))
    portions = {each.id: without(portions_of(inputs, each), unserved) for each in demands}
    if recipe.area is not None:
        portions = {id_: inside(each) for id_, each in portions.items()}
    else:
        _check(rule, demands, portions)  # an area may hold nothing
    names = _names(inputs.zones)
    tallies = {id_: tally(each, len(names)) for id_, each in portions.items()}
    found = {each.id: _found(inputs, each, tallies.get(each.id)) for each in rule.demands}
    figures = report(rule, names, services_of(inputs), found, _titles(inputs))
    return CoverageRun(recipe, _heading(inputs) | figures, portions, [name.code for name in names])


def _with_data(inputs: Inputs) -> list[DemandOf]:
    """The demands that can be measured; what a rule cannot do without is an error."""
    rule = inputs.rule
    streets = rule.walk.layer if rule.walk is not None else None  # without which there is an error of its own
    lacking = [layer for layer in rule.needed if layer != streets and not inputs.has(layer)]
    if lacking:
        raise RuleWithoutData(rule.id, lacking)
    if rule.services and not any(inputs.has(each.layer) for each in rule.services):
        raise RuleWithoutData(rule.id, sorted({each.layer for each in rule.services}))
    demands = [each for each in rule.demands if each.layer is None or inputs.has(each.layer)]
    if not demands:
        raise RuleWithoutData(rule.id, sorted({each.layer or "" for each in rule.demands}))
    return demands


def _check(rule: CoverageRule, demands: Sequence[DemandOf], portions: Mapping[str, Portions]) -> None:
    if not any(each.amount.any() for each in portions.values()):
        raise NoDemand(demands[0].layer or demands[0].kind, demands[0].amount)
    standing = [each.attached for each in portions.values()]
    if rule.walk is not None and not any(flags is not None and flags.any() for flags in standing):
        points = sum(len(each) for each in portions.values())
        raise NothingAttaches(points, rule.walk.limit_m, rule.walk.min_component_m)


def _found(inputs: Inputs, demand: DemandOf, counted: CoverageTally | None) -> Found:
    walk = inputs.rule.walk
    blind = blind_zones(inputs, [demand.layer]) if demand.layer else None
    if counted is None or counted.unattached is None or walk is None:
        return Found(counted, blind=blind)
    streets = has_streets(
        lambda: inputs.walking().network,
        inputs.zones,
        counted.all.demand,
        counted.unattached,
        min_component_m=walk.min_component_m,
    )
    return Found(counted, streets, blind)


def _names(zones: gpd.GeoDataFrame) -> list[ZoneName]:
    return [ZoneName(*each) for each in zip(zones[CODE], zones[NAME], zones[NAME_EN], strict=True)]


def _titles(inputs: Inputs) -> dict[str, tuple[str | None, str | None]]:
    """Titles of layers as their pinned versions have them; none of a layer without data."""
    found: dict[str, tuple[str | None, str | None]] = dict.fromkeys(inputs.rule.layers, (None, None))
    for pinned in inputs.recipe.inputs:
        if pinned["layer"] in found:
            spec = inputs.store.spec_of(inputs.store.version(pinned["version"]))
            found[pinned["layer"]] = (spec.title_zh, spec.title_en)
    return found


def _heading(inputs: Inputs) -> dict[str, Any]:
    recipe, rule = inputs.recipe, inputs.rule
    document = recipe.document
    closes = rule.walk is not None and rule.walk.closed
    return {
        "kind": recipe.kind,
        "rule": {
            "id": rule.id,
            "title_zh": rule.title_zh,
            "title_en": rule.title_en,
            "clause": rule.clause,
            "clause_zh": rule.clause_zh,
            "source": rule.source,
            "source_zh": rule.source_zh,
            "standing": rule.standing,
            "catchment": rule.catchment,
            "hash": rule.hash,
        },
        "by": document["by"],
        "area": document["area"],
        "place": {key: document["city"][key] for key in ("id", "name_zh", "name_en", "synthetic")},
        "at": document["at"],
        "date": document["date"],
        "sequence": recipe.sequence,
        "inputs": [
            {key: value for key, value in pinned.items() if key != "spec_hash"} for pinned in recipe.inputs
        ],
        "inputs_missing": missing(recipe, rule.layers),
        **({"untagged": list(inputs.walking().untagged)} if closes else {}),
        "parameters": parameters(rule, document["city"]["working_crs"]),
    }

"""The result of a coverage rule from a kept one: what no change touched is taken over from its pieces.

A demand whose layers are all what they were is taken whole, also when another demand of the rule changed. On
foot, and of points by straight line, a demand is asked again only near the services that moved, and where it
is new itself. Whatever else changed is measured in full. Either way sums and shares are counted anew from the
pieces, so the result is the one of a full run, byte for byte.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from inventory.coverage_bases import CoverageBase, coverage_base, ground, read_for, serving
from inventory.coverage_report import ServiceSites
from inventory.coverage_rules import Catchment, DemandOf
from inventory.coverage_run import CoverageRun, count_services, measure_demand, run_coverage
from inventory.inputs import Inputs
from inventory.moved_places import Before, recounted, straight, walked
from inventory.pins import Recipe
from inventory.portion_tables import read_portions
from inventory.portions import Portions
from layers.catalog import Store
from layers.errors import VersionWithdrawn

WHOLE, NEAR, FULL = "whole", "near", "full"
"""How a demand was come by: taken over, asked again where something moved, measured in full."""

AGAIN: Mapping[Catchment, Callable[[Inputs, DemandOf, Before], Portions | None]] = {
    "walk": walked,
    "straight": straight,
}


def compute_coverage(store: Store, recipe: Recipe, *, threads: int | None = None) -> CoverageRun:
    """The result of a recipe, from a kept one where there is one that can be used, else by a full run.

    Raises what `run_coverage` raises.
    """
    return refreshed_coverage(store, recipe, threads=threads) or run_coverage(store, recipe, threads=threads)


def refreshed_coverage(store: Store, recipe: Recipe, *, threads: int | None = None) -> CoverageRun | None:
    """The result of a recipe from a kept one; None if none can be used."""
    try:
        base = coverage_base(store, recipe)
        if base is None:
            return None
        taking = _Taking(base)
        run = run_coverage(
            store, recipe, threads=threads, portions_of=taking.portions, services_of=taking.services
        )
    except VersionWithdrawn:  # a version of the kept one; if it is one of the recipe's, a full run says so
        return None
    return replace(run, taken=taking.how)


@dataclass(frozen=True)
class _Taking:
    """Demands and services as far as the kept result has them; `how` notes what became of each demand."""

    base: CoverageBase
    how: dict[str, str] = field(default_factory=dict)

    def portions(self, inputs: Inputs, demand: DemandOf) -> Portions:
        kept = self._kept(inputs, demand)
        found = None
        if kept is not None and not self.base.changed & read_for(inputs.rule, demand):
            self.how[demand.id] = WHOLE
            return kept
        again = AGAIN.get(inputs.rule.catchment)
        if kept is not None and again is not None and not self.base.changed & ground(inputs.rule):
            old = replace(inputs, recipe=self.base.kept.recipe)
            found = again(inputs, demand, Before(old, kept, demand.layer not in self.base.changed))
        self.how[demand.id] = FULL if found is None else NEAR
        return measure_demand(inputs, demand) if found is None else found

    def services(self, inputs: Inputs) -> list[ServiceSites]:
        changed, rule = self.base.changed, inputs.rule
        rows = self._result["services"]
        known = [ServiceSites(row["sites"], row["sites_unattached"]) for row in rows]
        if not changed & (serving(rule) | ground(rule)):
            return known
        if rule.catchment == "walk" and not changed & ground(rule):
            return recounted(inputs, replace(inputs, recipe=self.base.kept.recipe), known)
        return count_services(inputs)

    @cached_property
    def _result(self) -> Mapping[str, list[Mapping[str, int | None]]]:
        return self.base.kept.result

    def _kept(self, inputs: Inputs, demand: DemandOf) -> Portions | None:
        """The pieces of the kept result; None where they are not whole."""
        path = self.base.kept.portions(demand.id)
        if not self.base.kept.holds_whole(path.name):
            return None
        return read_portions(path, list(inputs.zones[inputs.key]))

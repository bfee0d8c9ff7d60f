"""What a worker does after a publish: make the results anew that readers look at."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from api.refresh_queue import REFRESH
from api.worker_registry import Context, handles
from inventory.bases import kept_zones
from inventory.pins import pin
from inventory.refresh import Refreshed, compute
from inventory.results import find_recipe, keep
from inventory.run import DISTANCES


@handles(REFRESH)
def handle(context: Context) -> Mapping[str, Any]:
    """The circles of today by each of the zones that some result is kept of.

    What was made already is left alone. The outcome says of each new one which recipe it has, and how many
    zones were counted again: null where all were, in a full run.
    """
    store = context.store
    in_use = kept_zones(store)
    zones = [by for by in store.workspace.city.zones if by in in_use]
    made: dict[str, Any] = {}
    walks: list[tuple[pa.Table, Path]] = []  # which walks are kept where, by this job
    for number, by in enumerate(zones):
        context.progress(step="coverage", zones=by, share=number / len(zones))
        recipe = pin(store, by=by)
        if find_recipe(store, recipe) is not None:
            continue
        found = compute(store, recipe)
        table = found.tables[DISTANCES]
        there = next((folder for other, folder in walks if other is table), None)
        links = {} if there is None else {DISTANCES: there}
        walks.append((table, keep(store, found, links=links)))
        counted = len(found.counted) if isinstance(found, Refreshed) else None
        made[by] = {"recipe": recipe.hash, "counted": counted}
    return {"results": made}

"""What a worker does after a publish: make the results anew that readers look at."""

from collections.abc import Mapping
from typing import Any

from api.refresh_queue import REFRESH
from api.worker_registry import Context, handles
from inventory.bases import kept_zones
from inventory.readiness import ready
from inventory.renewal import renew


@handles(REFRESH, prepare=ready)
def handle(context: Context) -> Mapping[str, Any]:
    """The circles of today by each of the zones that some result is kept of.

    What was made already is left alone. The outcome says of each new one which recipe it has, and how many
    zones were counted again: null where all were, in a full run.
    """
    store = context.store
    in_use = kept_zones(store)
    zones = [by for by in store.workspace.city.zones if by in in_use]
    context.progress(step="coverage", share=0.0)
    made = {}
    for each in renew(store, zones):
        made[each.recipe.by] = {"recipe": each.recipe.hash, "counted": each.counted}
        context.progress(step="coverage", share=len(made) / len(zones))
    return {"results": made}

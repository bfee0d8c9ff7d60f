"""What a worker does after a publish: make the results anew that readers look at."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from api.refresh_queue import REFRESH
from api.worker_registry import Context, handles
from inventory.bases import kept_zones
from inventory.readiness import ready
from inventory.renewal import renew
from inventory.rule_renewal import kept_questions, renew_rules

MOST_RULES = 60
"""How many rules by zones one job makes anew: a city has a dozen rules, and a few ways to cut."""


@handles(REFRESH, prepare=ready)
def handle(context: Context) -> Mapping[str, Any]:
    """The circles of today by each of the zones that some result is kept of, then coverage rules likewise.

    What was made already is left alone. The outcome says of each new one which recipe it has, and what was
    measured again: of circles how many zones (null: all, in a full run), of a rule how each demand was come
    by (nothing: a full run) or the code of what stands against it. At most `MOST_RULES` are made, those
    soonest made first; `left` are for those who ask.
    """
    store = context.store
    in_use = kept_zones(store)
    zones = [by for by in store.workspace.city.zones if by in in_use]
    asked = kept_questions(store)
    steps = len(zones) + len(asked[:MOST_RULES])
    context.progress(step="coverage", share=0.0)
    made = {}
    for each in renew(store, zones):
        made[each.recipe.by] = {"recipe": each.recipe.hash, "counted": each.counted}
        context.progress(step="coverage", share=len(made) / steps)
    rules = []
    for number, rule in enumerate(renew_rules(store, asked[:MOST_RULES]), len(zones) + 1):
        rules += [] if rule is None else [asdict(rule)]
        context.progress(step="coverage", share=number / steps)
    return {"results": made, "rules": rules, "left": len(asked[MOST_RULES:])}

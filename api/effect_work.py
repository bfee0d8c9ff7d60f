"""What a worker does about coverage: say what an upload would do to it."""

from collections.abc import Mapping
from typing import Any

from api.worker_registry import Context, handles
from inventory.effect import effect
from inventory.readiness import ready
from inventory.rule_effect import rule_effects
from layers import examined
from layers.upload_errors import UploadNotFound
from layers.upload_folder import examination

EFFECT = "effect"


@handles(EFFECT, prepare=ready)
def handle(context: Context) -> Mapping[str, Any]:
    """The effect of an examination's state on circles, as `Effect.as_values`; on coverage rules in `rules`.

    The payload is `{"upload": id, "examination": n}`. UploadNotFound when the examination is gone, as it is
    once the upload was published or dropped.
    """
    store, payload = context.store, context.job.payload
    folder = examination(store.workspace, payload["upload"], payload["examination"])
    context.progress(step="coverage")
    try:
        saved = examined.load(folder)
        layer, agency, state = saved.report["layer"], saved.report["agency"], saved.state(store)
    except FileNotFoundError as error:
        raise UploadNotFound(payload["upload"]) from error
    circles = effect(store, layer, agency, state).as_values()
    rules = []
    for each in rule_effects(store, layer, agency, state):
        rules.append(each.as_values())
        context.progress(step="coverage", rules=len(rules))
    return {**circles, "rules": rules}

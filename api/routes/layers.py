"""Pages on the layers: what is published, by whom, and what happened to it."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import facilities
from api.access import actor_of
from api.deps import StoreDep, WhenDep
from api.pages import reader, render
from api.params import When
from api.routes.api_layers import layer_for, layers_for
from layers.catalog import LayerSummary, Store

router = APIRouter(prefix="/layers", include_in_schema=False)
SAMPLE_ROWS = 25
HISTORY_ROWS = 200
NAMED_AGENCIES = 2


@router.get("")
def read_layers(request: Request, store: StoreDep) -> Response:
    known = layers_for(store, actor_of(request))
    words = reader(request).words
    names = {each.code: words.title(each, "name") for each in store.workspace.city.agencies}

    def publishers(layer: LayerSummary) -> str:
        if len(layer.heads) > NAMED_AGENCIES:
            return words.say("agencies_n", n=len(layer.heads))
        return words.say("list_join").join(names.get(code, code) for code in sorted(layer.heads))

    return render(
        request,
        "layers.html",
        published=[each for each in known if each.heads],
        waiting=[each for each in known if not each.heads],
        sequence=store.sequence(),
        publishers=publishers,
    )


@router.get("/{name}")
def read_layer(request: Request, store: StoreDep, when: WhenDep, name: str) -> Response:
    layer = layer_for(store, name, actor_of(request))
    return render(
        request,
        "layer.html",
        layer=layer,
        agencies={each.code: each for each in store.workspace.city.agencies},
        history=store.history(name)[:HISTORY_ROWS],
        versions={each.version: store.version(each.version) for each in store.history(name)[:HISTORY_ROWS]},
        fields=facilities.shown_fields(layer.spec, actor_of(request)),
        counts=category_counts(store, layer, when),
        sample=sample(request, store, layer, when),
    )


def category_counts(store: Store, layer: LayerSummary, when: When) -> list[tuple[tuple[str, str], int]]:
    """How many features each category has, in the spec's order; empty for layers without categories."""
    field = facilities.category_field(layer.spec)
    if field is None or not layer.heads:
        return []
    counted = store.read(layer.name, at=when.at, as_of=when.as_of, columns=["category"])[
        "category"
    ].value_counts()
    return [(facilities.titles_of(field, each), int(counted.get(each, 0))) for each in field.domain]


def sample(request: Request, store: Store, layer: LayerSummary, when: When) -> list[list[str]]:
    """The first rows of a layer of features, as text."""
    if not layer.heads or layer.spec.kind not in ("features", "table"):
        return []
    words = reader(request).words
    fields = facilities.shown_fields(layer.spec, actor_of(request))
    frame = store.read(layer.name, at=when.at, as_of=when.as_of, columns=[each.name for each in fields])
    return [
        [facilities.value_text(row.get(each.name), each, words) for each in fields]
        for row in frame.head(SAMPLE_ROWS).to_dict("records")
    ]

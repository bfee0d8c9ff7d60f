"""JSON of what would change, or did, for the part of the map in view."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.access import actor_of, may
from api.changes import KINDS, Changes, in_view, side_in_view
from api.changes_page import state_in
from api.deps import SiteDep, StoreDep, WhenDep
from api.history_page import between
from api.layer_page import collection, read
from api.pages import VARY, reader
from api.params import PageNotFound, ParameterInvalid, parse_bbox, parse_version
from api.respond import answer
from api.routes.api_layers import layer_for
from api.upload_context import changes_in, examined
from layers import uploads
from layers.catalog import Store
from layers.errors import LayerKindError
from maps.shapes import dumps

router = APIRouter(prefix="/api", responses=schemas.PROBLEMS)
GEOJSON = "application/geo+json"
SIDES = ("before", "after")
BBOX = Query(description="west,south,east,north in degrees")
KIND = Query(description="Only these: added, changed or removed.")
SIDE = Query(description="One of the two states with what is the same in both: before or after.")


@router.get(
    "/uploads/{upload_id}/changes",
    summary="What an upload would change, by view",
    tags=["uploads"],
    response_model=schemas.FeatureCollection,
    dependencies=[Depends(may("read_upload"))],
)
def read_changes(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    upload_id: str,
    bbox: Annotated[str | None, BBOX] = None,
    kind: Annotated[str | None, KIND] = None,
    side: Annotated[str | None, SIDE] = None,
) -> Response:
    found = uploads.find(store, upload_id)
    saved = examined(store, found)
    changes = changes_in(site, store, found, saved) if saved else None
    if changes is None:
        raise PageNotFound(request.url.path)
    made = shown(request, store, changes, bbox=bbox, kind=kind, side=side, as_of=None)
    return answer(request, dumps(made).encode(), GEOJSON, vary=VARY)


@router.get(
    "/layers/{name}/diff",
    summary="What turns one version into another, by view",
    tags=["layers"],
    response_model=schemas.FeatureCollection,
    dependencies=[Depends(may("read"))],
)
def read_diff(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    name: str,
    before: Annotated[str, Query(alias="from", max_length=32, description="The older version's id.")],
    after: Annotated[str, Query(alias="to", max_length=32, description="The newer version's id.")],
    bbox: Annotated[str | None, BBOX] = None,
    kind: Annotated[str | None, KIND] = None,
    side: Annotated[str | None, SIDE] = None,
) -> Response:
    layer_for(store, name, actor_of(request))
    changes = between(site, store, name, parse_version(before), parse_version(after))
    as_of = store.sequence_of(before)
    made = {**shown(request, store, changes, bbox=bbox, kind=kind, side=side, as_of=as_of), **changes.counts}
    return answer(request, dumps(made).encode(), GEOJSON, vary=VARY)


@router.get(
    "/layers/{name}/view",
    summary="A layer as it was, by view: keys and names",
    tags=["layers"],
    response_model=schemas.FeatureCollection,
    dependencies=[Depends(may("read"))],
)
def read_view(
    request: Request, store: StoreDep, when: WhenDep, name: str, bbox: Annotated[str | None, BBOX] = None
) -> Response:
    spec = layer_for(store, name, actor_of(request)).spec
    if spec.kind != "features":
        raise LayerKindError(name, spec.kind, "features")
    box = parse_bbox(bbox) if bbox else None
    made = collection(read(store, spec, when, box), spec, reader(request).words, box)
    return answer(request, dumps(made).encode(), GEOJSON, vary=VARY)


def shown(
    request: Request,
    store: Store,
    changes: Changes,
    *,
    bbox: str | None,
    kind: str | None,
    side: str | None,
    as_of: int | None,
) -> dict[str, Any]:
    """The changes of a view, or one of the two states there."""
    words = reader(request).words
    box = parse_bbox(bbox) if bbox else None
    for name, value, known in (("kind", kind, KINDS), ("side", side, SIDES)):
        if value and value not in known:
            raise ParameterInvalid(name, value, ", ".join(known))
    if not side:
        return in_view(changes, words, kind=kind or None, bbox=box)
    view = box or changes.bounds
    state = state_in(store, changes, view, as_of) if view else changes.added.iloc[:0]
    return side_in_view(changes, state, words, side=side, bbox=box)

"""JSON on the city, its layers, their features and history."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import facilities, schemas
from api.access import Actor, actor_of, decide
from api.deps import StoreDep, WhenDep
from api.pages import VARY, reader
from api.params import parse_bbox
from api.respond import answer
from layers.catalog import LayerSummary, Store
from layers.errors import LayerNotFound
from layers.ledger import Version
from layers.spec import LayerSpec
from maps.shapes import dumps

router = APIRouter(prefix="/api", responses=schemas.PROBLEMS)
GEOJSON = "application/geo+json"
FEATURES_DEFAULT, FEATURES_MOST = 1000, 5000


@router.get("/city", summary="The city of this server", tags=["city"])
def read_city(store: StoreDep) -> schemas.City:
    city = store.workspace.city
    return schemas.City(
        id=city.id,
        name_zh=city.name_zh,
        name_en=city.name_en,
        bbox=city.bbox,
        working_crs=city.working_crs,
        languages=list(city.languages),
        approval_number=city.approval_number,
        synthetic=city.synthetic,
        zones=[schemas.ZoneKind(name=name, layer=z.layer, key=z.key) for name, z in city.zones.items()],
        agencies=[
            schemas.Agency(
                code=a.code, name_zh=a.name_zh, name_en=a.name_en, kind=a.kind, members=list(a.members)
            )
            for a in city.agencies
        ],
        sequence=store.sequence(),
    )


@router.get("/layers", summary="All layers and what is published of them", tags=["layers"])
def read_layers(request: Request, store: StoreDep) -> list[schemas.Layer]:
    return [summary(each) for each in layers_for(store, actor_of(request))]


@router.get("/layers/{name}", summary="One layer, its fields and heads", tags=["layers"])
def read_layer(request: Request, store: StoreDep, name: str) -> schemas.LayerDetail:
    found = layer_for(store, name, actor_of(request))
    fields = [
        schemas.FieldOut(
            name=f.name,
            type=f.type,
            title_zh=f.title_zh,
            title_en=f.title_en,
            unit=f.unit,
            required=f.required,
            domain=list(f.domain),
        )
        for f in facilities.shown_fields(found.spec, actor_of(request))
    ]
    return schemas.LayerDetail(**dict(summary(found)), fields=fields)


@router.get("/layers/{name}/history", summary="What happened to a layer, newest first", tags=["layers"])
def read_history(
    request: Request,
    store: StoreDep,
    name: str,
    agency: Annotated[str | None, Query(description="Only this agency.")] = None,
) -> list[schemas.Move]:
    actor = actor_of(request)
    layer_for(store, name, actor)
    return [
        schemas.Move(
            sequence=each.sequence,
            moved_at=each.moved_at,
            action=each.action,
            agency=each.agency,
            version=each.version,
            previous=each.previous,
            author=each.author,
            note=each.note,
        )
        for each in store.history(name, agency, auditor=decide(actor, "read_withdrawn"))
    ]


@router.get(
    "/layers/{name}/features",
    summary="Features of a layer, by view",
    tags=["layers"],
    response_model=schemas.FeatureCollection,
)
def read_features(
    request: Request,
    store: StoreDep,
    when: WhenDep,
    name: str,
    bbox: Annotated[str | None, Query(description="west,south,east,north in degrees")] = None,
    category: Annotated[str | None, Query(description="Only these categories, separated by commas.")] = None,
    limit: Annotated[int, Query(ge=1, le=FEATURES_MOST)] = FEATURES_DEFAULT,
) -> Response:
    spec = spec_for(store, name, actor_of(request))
    found = facilities.in_view(
        store,
        spec,
        bbox=parse_bbox(bbox) if bbox else None,
        categories=[each for each in (category or "").split(",") if each],
        limit=limit,
        when=when,
        words=reader(request).words,
        actor=actor_of(request),
    )
    return answer(request, dumps(found).encode(), GEOJSON, vary=VARY)


def layers_for(store: Store, actor: Actor) -> list[LayerSummary]:
    """The layers the actor may see."""
    return [each for each in store.layers() if decide(actor, "read_layer", each.spec)]


def layer_for(store: Store, name: str, actor: Actor) -> LayerSummary:
    """One of them; a layer that is not for the actor is told like one that is not there."""
    found = next((each for each in layers_for(store, actor) if each.name == name), None)
    if found is None:
        raise LayerNotFound(name)
    return found


def spec_for(store: Store, name: str, actor: Actor) -> LayerSpec:
    """The spec of a layer the actor may see."""
    spec = store.spec(name)
    if not decide(actor, "read_layer", spec):
        raise LayerNotFound(name)
    return spec


def summary(layer: LayerSummary) -> schemas.Layer:
    """A layer and its heads."""
    spec = layer.spec
    return schemas.Layer(
        name=layer.name,
        title_zh=spec.title_zh,
        title_en=spec.title_en,
        kind=spec.kind,
        geometry=spec.geometry,
        key=spec.key,
        rows=layer.rows,
        sequence=layer.sequence,
        changed_at=layer.changed_at,
        heads=[head(version) for _, version in sorted(layer.heads.items())],
    )


def head(version: Version) -> schemas.Head:
    """What people may know of a version."""
    return schemas.Head(
        id=version.id,
        agency=version.agency,
        rows=version.rows,
        created_at=version.created_at,
        author=version.author,
        note=version.note,
        logical_hash=version.logical_hash,
        bbox=version.bbox,
        raster=raster_facts(version) if version.kind == "raster" else None,
    )


def raster_facts(version: Version) -> dict[str, object]:
    """What is known of a raster, but for the name of the file it came in."""
    return {name: value for name, value in version.facts.items() if name != "file"}

"""JSON on the city, its layers, their features and history."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import facilities, schemas
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
def read_layers(store: StoreDep) -> list[schemas.Layer]:
    return [summary(each) for each in public_layers(store)]


@router.get("/layers/{name}", summary="One layer, its fields and heads", tags=["layers"])
def read_layer(store: StoreDep, name: str) -> schemas.LayerDetail:
    found = public_layer(store, name)
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
        for f in facilities.public_fields(found.spec)
    ]
    return schemas.LayerDetail(**dict(summary(found)), fields=fields)


@router.get("/layers/{name}/history", summary="What happened to a layer, newest first", tags=["layers"])
def read_history(
    store: StoreDep, name: str, agency: Annotated[str | None, Query(description="Only this agency.")] = None
) -> list[schemas.Move]:
    public_layer(store, name)
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
        for each in store.history(name, agency)
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
    spec = public_spec(store, name)
    found = facilities.in_view(
        store,
        spec,
        bbox=parse_bbox(bbox) if bbox else None,
        categories=[each for each in (category or "").split(",") if each],
        limit=limit,
        when=when,
        words=reader(request).words,
    )
    return answer(request, dumps(found).encode(), GEOJSON, vary=VARY)


def public_layers(store: Store) -> list[LayerSummary]:
    """The layers everyone may see."""
    return [each for each in store.layers() if facilities.is_public(each.spec)]


def public_layer(store: Store, name: str) -> LayerSummary:
    """One of them; a layer that is not public is told like one that is not there."""
    found = next((each for each in public_layers(store) if each.name == name), None)
    if found is None:
        raise LayerNotFound(name)
    return found


def public_spec(store: Store, name: str) -> LayerSpec:
    """The spec of a public layer."""
    spec = store.spec(name)
    if not facilities.is_public(spec):
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
    )

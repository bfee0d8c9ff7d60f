"""Pages on the layers: what is published, by whom, and what happened to it."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import changes_page, facilities, history_page
from api.access import actor_of
from api.deps import SiteDep, StoreDep, WhenDep
from api.layer_page import map_of, state_of
from api.map_page import when_text
from api.pages import link, reader, render
from api.params import ParameterInvalid, When
from api.raster_view import RasterView, raster_view
from api.routes.api_layers import layer_for, layers_for
from api.rule_list import PAGE, reading
from api.words import unit_text
from layers.catalog import LayerSummary, Store

router = APIRouter(prefix="/layers", include_in_schema=False)
SAMPLE_ROWS = 25
HISTORY_ROWS = 200
NAMED_AGENCIES = 2
FORMATS = (
    ("gpkg", "GeoPackage"),
    ("zip", "Shapefile (.zip)"),
    ("geojson", "GeoJSON"),
    ("csv", "CSV"),
    ("parquet", "GeoParquet"),
)
SYSTEMS = (
    ("EPSG:4490", "CGCS2000"),
    ("EPSG:4548", "CGCS2000 / 117E (EPSG:4548)"),
    ("EPSG:4527", "CGCS2000 / zone 39 (EPSG:4527)"),
    ("EPSG:3857", "Web Mercator (EPSG:3857)"),
)


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
def read_layer(request: Request, site: SiteDep, store: StoreDep, when: WhenDep, name: str) -> Response:
    layer = layer_for(store, name, actor_of(request))
    state = state_of(store, layer, when)
    return render(
        request,
        "layer.html",
        layer=layer,
        state=state,
        map=map_of(site, store, reader(request).words, layer, state, when),
        map_head=changes_page.head(site),
        at=when.at.isoformat() if when.at else "",
        dated=any(each.type == "date" for each in layer.spec.fields),
        agencies={each.code: each for each in store.workspace.city.agencies},
        history=history_page.lines(site, store, reader(request).words, actor_of(request), name, HISTORY_ROWS),
        when_text=when_text(reader(request).words, when),
        when_query=when.query(),
        formats=FORMATS,
        systems=SYSTEMS,
        rasters=rasters(request, store, layer, when) if state.heads else [],
        rules=[(rule, link(f"{PAGE}/{rule.id}", **when.query())) for rule in reading(store, name)],
        fields=facilities.shown_fields(layer.spec, actor_of(request)),
        unit=unit_text,
        counts=category_counts(store, layer, when) if state.heads else [],
        sample=sample(request, store, layer, when) if state.heads else [],
    )


@router.get("/{name}/export")
def export_layer(
    request: Request,
    store: StoreDep,
    when: WhenDep,
    name: str,
    form: Annotated[str, Query(alias="format")] = "gpkg",
    crs: Annotated[str, Query(max_length=400)] = "",
    encoding: str = "",
) -> Response:
    """What the page's form asks for, as the address of the file."""
    layer_for(store, name, actor_of(request))
    if form not in dict(FORMATS):
        raise ParameterInvalid("format", form, ", ".join(dict(FORMATS)))
    encoding = encoding if form == "zip" else ""
    address = link(f"/api/layers/{name}/export.{form}", crs=crs, encoding=encoding, **when.query())
    return RedirectResponse(address, status_code=303)


def category_counts(store: Store, layer: LayerSummary, when: When) -> list[tuple[tuple[str, str], int]]:
    """How many features each category has, in the spec's order; empty for layers without categories."""
    field = facilities.category_field(layer.spec)
    if field is None or not layer.heads:
        return []
    counted = store.read(layer.name, at=when.at, as_of=when.as_of, columns=["category"])[
        "category"
    ].value_counts()
    return [(facilities.titles_of(field, each), int(counted.get(each, 0))) for each in field.domain]


def rasters(request: Request, store: Store, layer: LayerSummary, when: When) -> list[RasterView]:
    """Each agency's raster, with the address of its file; none of other layers."""
    if layer.spec.kind != "raster" or not layer.heads:
        return []
    words = reader(request).words
    names = {each.code: words.title(each, "name") for each in store.workspace.city.agencies}
    views = [
        raster_view(
            words,
            layer.spec,
            version.facts,
            agency=names.get(code, code),
            download=link(f"/api/layers/{layer.name}/export.tif", agency=code, **when.query()),
        )
        for code, version in sorted(store.heads(layer.name, as_of=when.as_of).items())
    ]
    return [each for each in views if each is not None]


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

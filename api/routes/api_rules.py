"""JSON on coverage rules: which there are, the result of one, its files."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api import coverage_files, rule_map, rule_page, rule_uncovered, schemas
from api.access import actor_of
from api.asked import AskedDep
from api.deps import SiteDep, StoreDep, WhenDep
from api.pages import VARY, reader
from api.params import parse_bbox
from api.respond import answer
from api.results import Result
from api.routes.api_layers import spec_for
from api.rule_list import rule_list
from api.rule_words import chosen_demand
from api.words import Words
from inventory.canonical import canonical
from layers.catalog import Store
from maps.shapes import dumps

router = APIRouter(prefix="/api", tags=["coverage"], responses=schemas.PROBLEMS)
JSON, GEOJSON, CSV = "application/json", "application/geo+json", "text/csv; charset=utf-8"
Demand = Annotated[str, Query(max_length=60, description="Id of a demand; by default the headline's.")]
Suffix = Literal["json", "csv", "xlsx"]
WRITERS: dict[str, tuple[str, Callable[[Result, Words], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", lambda found, words: coverage_files.as_csv(found.values, words)),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda found, words: coverage_files.as_xlsx(found.values, words, recipe=found.recipe),
    ),
}


@router.get("/coverage", summary="What can be measured: rules, and the city's figure where one is kept")
def read_rules(request: Request, site: SiteDep, store: StoreDep, when: WhenDep) -> Response:
    body: dict[str, Any] = rule_page.list_values(rule_list(store, site.results, when))
    return answer(request, canonical(body), JSON)


@router.get("/coverage/{rule}/zones", summary="Generalised zones with their shares as GeoJSON")
def read_zones(
    request: Request, site: SiteDep, store: StoreDep, when: WhenDep, asked: AskedDep, demand: Demand = ""
) -> Response:
    found = site.results.coverage(store, asked, when)
    body = rule_map.read(site, store, found, when, reader(request).words, demand).collection
    return answer(request, dumps(body).encode(), GEOJSON, vary=VARY)


@router.get("/coverage/{rule}/uncovered", summary="Places, cells or stretches that lack a service, by view")
def read_uncovered(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    asked: AskedDep,
    bbox: Annotated[str, Query(description="west,south,east,north in degrees")],
    zoom: Annotated[int, Query(ge=0, le=22, description="Zoom of the map, for the size of cells.")] = 12,
    demand: Demand = "",
) -> Response:
    box = parse_bbox(bbox)
    found = site.results.coverage(store, asked, when)
    see(request, store, found, demand)
    parts = site.uncovered(store, found, demand)
    body = rule_uncovered.in_view(parts, bbox=box, zoom=zoom, words=reader(request).words)
    return answer(request, dumps(body).encode(), GEOJSON, vary=VARY)


@router.get("/coverage/{rule}/unattached.csv", summary="What stands on no street, and so is not covered")
def read_unattached(
    request: Request, site: SiteDep, store: StoreDep, when: WhenDep, asked: AskedDep, demand: Demand = ""
) -> Response:
    found = site.results.coverage(store, asked, when)
    see(request, store, found, demand)
    chosen = chosen_demand(found.values, demand)["id"]
    body = coverage_files.unattached_csv(found.kept, chosen)
    name = coverage_files.filename(found.as_of_day(when).values, "csv", of=f"{chosen}-unattached")
    return answer(request, body, CSV, filename=name)


@router.get("/coverage/{rule}.{suffix}", summary="The result of a rule as a file")
def read_file(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    asked: AskedDep,
    suffix: Annotated[Suffix, Path()],
) -> Response:
    found = site.results.coverage(store, asked, when)
    if suffix == "json":
        name = coverage_files.filename(found.as_of_day(when).values, suffix)
        return answer(request, found.bytes, JSON, etag=_tag(found), filename=name)
    media_type, write = WRITERS[suffix]
    found = found.as_of_day(when)
    name = coverage_files.filename(found.values, suffix)
    return answer(request, write(found, reader(request).words), media_type, vary=VARY, filename=name)


@router.get("/coverage/{rule}", summary="How much of each demand a rule covers, by zone (canonical JSON)")
def read_rule(request: Request, site: SiteDep, store: StoreDep, when: WhenDep, asked: AskedDep) -> Response:
    found = site.results.coverage(store, asked, when)
    return answer(request, found.bytes, JSON, etag=_tag(found))


def see(request: Request, store: Store, found: Result, demand: str) -> None:
    """Single places and features are for those who may see their layer; LayerNotFound for others."""
    layer = chosen_demand(found.values, demand)["layer"]
    if layer is not None:
        spec_for(store, layer, actor_of(request))


def _tag(found: Result) -> str:
    return f'W/"{found.recipe[:32]}"'

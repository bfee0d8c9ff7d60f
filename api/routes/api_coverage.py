"""JSON on coverage: the circle result, its exports, the people who lack something, the map's backdrop."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import report_files, reports, schemas, uncovered
from api.deps import SiteDep, StoreDep, WhenDep
from api.overview import Overviews
from api.pages import VARY, reader
from api.params import parse_bbox
from api.respond import IMMUTABLE, REVALIDATE, answer
from api.zones import coarsest
from maps import style
from maps.shapes import dumps

router = APIRouter(prefix="/api", tags=["coverage"], responses=schemas.PROBLEMS)
JSON, GEOJSON = "application/json", "application/geo+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
By = Annotated[str, Query(description="Zones: district, subdistrict, community, or another of the city.")]


@router.get("/coverage/circles", summary="Who has all they need within a walk, by zone (canonical JSON)")
@router.get("/coverage/circles.json", summary="The same, as a download")
def read_circles(
    request: Request, site: SiteDep, store: StoreDep, when: WhenDep, by: By = "district"
) -> Response:
    found = site.results.get(store, by, when)
    name = (
        reports.filename(found.as_of_day(when).values, "json") if request.url.path.endswith(".json") else None
    )
    return answer(request, found.bytes, JSON, etag=f'W/"{found.recipe[:32]}"', filename=name)


@router.get("/coverage/circles.csv", summary="The zones as CSV for a spreadsheet")
def read_circles_csv(
    request: Request, site: SiteDep, store: StoreDep, when: WhenDep, by: By = "district"
) -> Response:
    found = site.results.get(store, by, when).as_of_day(when)
    body = report_files.as_csv(found.values, reader(request).words)
    return answer(
        request, body, "text/csv; charset=utf-8", vary=VARY, filename=reports.filename(found.values, "csv")
    )


@router.get("/coverage/circles.xlsx", summary="The whole report as a workbook")
def read_circles_xlsx(
    request: Request, site: SiteDep, store: StoreDep, when: WhenDep, by: By = "district"
) -> Response:
    found = site.results.get(store, by, when).as_of_day(when)
    body = report_files.as_xlsx(found.values, reader(request).words, recipe=found.recipe)
    return answer(request, body, XLSX, vary=VARY, filename=reports.filename(found.values, "xlsx"))


@router.get("/coverage/circles/zones", summary="Generalised zones with their shares as GeoJSON")
def read_zones(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    by: By = "district",
    within: Annotated[str | None, Query(description="Code of the zone around them.")] = None,
) -> Response:
    overviews = Overviews(store, site.results, site.book(when), when)
    look = style.load("circles", store.workspace.home / "styles")
    body = overviews.collection(by, within, reader(request).words, look)
    return answer(request, dumps(body).encode(), GEOJSON, vary=VARY)


@router.get("/coverage/circles/uncovered", summary="Places or cells of people who lack something, by view")
def read_uncovered(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    bbox: Annotated[str, Query(description="west,south,east,north in degrees")],
    zoom: Annotated[int, Query(ge=0, le=22, description="Zoom of the map, for the size of cells.")] = 12,
) -> Response:
    found = site.results.get(store, coarsest(list(store.workspace.city.zones)), when)
    body = uncovered.in_view(
        site.lacking(found), found, bbox=parse_bbox(bbox), zoom=zoom, words=reader(request).words
    )
    return answer(request, dumps(body).encode(), GEOJSON, vary=VARY)


@router.get("/backdrop", summary="Water and railways, or main roads, generalised for the map", tags=["city"])
def read_backdrop(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    kind: Annotated[
        Literal["quiet", "roads"], Query(description="Water and railways, or main roads.")
    ] = "quiet",
    v: Annotated[str, Query(description="Its key.")] = "",
) -> Response:
    key, body = site.backdrops.get(store, kind, style.load("circles", store.workspace.home / "styles"))
    return answer(request, body, JSON, cache=IMMUTABLE if v == key else REVALIDATE, etag=f'W/"{key}"')

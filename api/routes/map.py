"""The planner's map at `/`, and finding a zone by name."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import map_page, walk_from, walk_panel
from api.deps import Site, SiteDep, StoreDep, WhenDep
from api.overview import Overviews, zone_link
from api.pages import VARY, html, link, reader, remembered, render, respond
from api.params import When
from layers.catalog import Store
from maps import style

router = APIRouter(include_in_schema=False)
FOUND_MOST = 30


@router.get("/")
def read_map(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    zone: Annotated[str, Query(max_length=40)] = "",
    layers: Annotated[str, Query(max_length=2000)] = "",
    uncovered: str = "",
    place: Annotated[str, Query(alias="from", max_length=60)] = "",
    to: bool = False,
) -> Response:
    who = reader(request)
    look = style.load("circles", store.workspace.home / "styles")
    overviews = Overviews(store, site.results, site.book(when), when)

    def make() -> str:
        switched = frozenset(each for each in layers.split(",") if each)
        context = map_page.context(site, store, who, overviews, zone or None, look, switched)
        opened = bool(switched or uncovered)
        close = link("/", zone=zone, layers=layers, uncovered=uncovered, **when.query())
        walk = (
            walk_panel.context(request, site, store, when, place, inward=to, close=close) if place else None
        )
        return html(request, "map.html", switched=opened, uncovered_on=bool(uncovered), walk=walk, **context)

    if place:  # there is no end of places to remember
        response = respond(request, make().encode())
    else:
        response = remembered(request, (store.sequence(), look.hash), make)
    if when.is_now:  # there is no end of pasts to prepare
        response.background = BackgroundTask(_prepare, site, store, overviews.finer(zone or None), when)
    return response


def _prepare(site: Site, store: Store, finer: str | None, when: When) -> None:
    """What the reader may ask for next: the zones within, and what is reached from where she clicks."""
    if finer is not None:
        site.results.prepare(store, finer, when)
    walk_from.prepare(store, site.results, when)


@router.get("/find")
def find_zone(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    q: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    found = site.book(when).matching(q) if q.strip() else []
    exact = [zone for zone in found if q.strip().casefold() in ((zone.name or "").casefold(), zone.code)]
    if len(found) == 1 or len(exact) == 1:
        address = zone_link((exact or found)[0].code, when)
        return RedirectResponse(address, status_code=303, headers={"Vary": VARY})
    links = [(zone, zone_link(zone.code, when)) for zone in found[:FOUND_MOST]]
    return render(request, "find.html", q=q, found=links, count=len(found))

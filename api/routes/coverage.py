"""The circle report as a page."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import report_page
from api.deps import SiteDep, StoreDep, WhenDep
from api.pages import html, reader, remembered
from api.zones import coarsest

router = APIRouter(include_in_schema=False)


@router.get("/coverage/circles")
def read_circles(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    by: Annotated[str, Query(max_length=40)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    levels = list(store.workspace.city.zones)
    found = site.results.get(store, by or coarsest(levels), when).as_of_day(when)

    def make() -> str:
        words = reader(request).words
        said = report_page.context(found, words, when, levels, category)
        return html(request, "circles.html", known_at=found.known_at(store), **said)

    return remembered(request, (found.recipe,), make)

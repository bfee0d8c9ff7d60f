"""A page of its own about one place: the streets reached on foot, what is there and what is not.

The map takes its panel and its streets from here when a reader clicks, and a reader without script reads it.
"""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import walk_panel
from api.deps import SiteDep, StoreDep, WhenDep
from api.pages import link, render

router = APIRouter(include_in_schema=False)


@router.get("/walk")
def read_walk(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    place: Annotated[str, Query(alias="from", max_length=60)],
    to: Annotated[bool, Query()] = False,
) -> Response:
    close = link("/", **when.query())
    walk = walk_panel.context(request, site, store, when, place, inward=to, close=close)
    return render(request, "walk.html", walk=walk)

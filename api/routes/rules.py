"""Pages of coverage rules: which there are, and what one gives."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import rule_page
from api.asked import AskedDep
from api.deps import SiteDep, StoreDep, WhenDep
from api.pages import html, reader, remembered, render
from api.rule_list import rule_list

router = APIRouter(include_in_schema=False)


@router.get("/coverage")
def read_rules(request: Request, site: SiteDep, store: StoreDep, when: WhenDep) -> Response:
    listed = rule_list(store, site.results, when)
    context = rule_page.list_context(store, listed, reader(request).words, when)
    return render(request, "coverage.html", **context)


@router.get("/coverage/{rule}")
def read_rule(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    asked: AskedDep,
    demand: Annotated[str, Query(max_length=60)] = "",
    uncovered: Annotated[str, Query(max_length=5)] = "",
) -> Response:
    found = site.results.coverage(store, asked, when).as_of_day(when)

    def make() -> str:
        words = reader(request).words
        said = rule_page.context(site, store, found, asked, when, words, demand, switched=bool(uncovered))
        return html(request, "rule.html", known_at=found.known_at(store), **said)

    return remembered(request, (found.recipe,), make)

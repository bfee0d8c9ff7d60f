"""The circle report as a page."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import charts
from api.deps import SiteDep, StoreDep, WhenDep
from api.overview import zone_link
from api.pages import link, reader, render
from api.reports import CirclesReport, longest_walk, lowest, mean_walk_m
from api.routes.map import sentence

router = APIRouter(include_in_schema=False)
CHART_MOST = 24
TABLE_MOST = 400


@router.get("/coverage")
def read_coverage() -> Response:
    return RedirectResponse("/coverage/circles", status_code=307)


@router.get("/coverage/circles")
def read_circles(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    by: Annotated[str, Query(max_length=40)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    words = reader(request).words
    levels = list(store.workspace.city.zones)
    found = site.results.get(store, by or levels[0], when)
    report = CirclesReport(found.values, words)
    charted = lowest(report.rows, CHART_MOST)
    shown = report.rows if len(report.rows) <= TABLE_MOST else lowest(report.rows, TABLE_MOST)
    bars = [
        (
            report.name(row),
            row["share"],
            row["share_straight"],
            f"{words.percent(row['share'])} / {words.percent(row['share_straight'])}",
        )
        for row in charted
    ]
    chosen = next((each for each in report.result["categories"] if each["id"] == category), None)
    if chosen is not None and chosen["status"] != "measured":
        chosen = None

    def gap_href(gap: dict[str, object]) -> str:
        view = f"14,{gap['lat']},{gap['lon']}"
        return link("/", view=view, uncovered=1, **when.query())

    return render(
        request,
        "circles.html",
        report=report,
        shown=shown,
        recipe=found.recipe,
        sentence=sentence(words, report.unit, report.city, report.minutes),
        levels=[(name, link("/coverage/circles", by=name, **when.query())) for name in levels],
        downloads=[
            (
                suffix,
                link(
                    f"/api/coverage/circles.{suffix}", by=report.result["by"], lang=words.lang, **when.query()
                ),
            )
            for suffix in ("xlsx", "csv", "json")
        ],
        chart=charts.zone_chart(bars, {"title": words.say("chart_title")}) if bars else "",
        chart_cut=len(charted) < len([row for row in report.rows if row["share"] is not None]),
        chosen=chosen,
        when_query=when.query(),
        mean_walk_m=mean_walk_m,
        longest_walk=longest_walk,
        zone_href=lambda code: zone_link(code, when),
        gap_href=gap_href,
        search_m=report.result["parameters"]["search_m"],
    )

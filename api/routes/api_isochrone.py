"""JSON of one place: the streets reached on foot from it, what is there and what is not."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas, walk_from
from api.access import actor_of
from api.deps import SiteDep, StoreDep, WhenDep
from api.pages import VARY, reader
from api.respond import answer
from maps.shapes import dumps

router = APIRouter(prefix="/api", tags=["coverage"], responses=schemas.PROBLEMS)
GEOJSON = "application/geo+json"


@router.get("/isochrone", summary="Streets within a walk of a place, what is there and what is not (GeoJSON)")
def read_isochrone(
    request: Request,
    site: SiteDep,
    store: StoreDep,
    when: WhenDep,
    lon: Annotated[float, Query(description="Longitude in degrees.", allow_inf_nan=False)],
    lat: Annotated[float, Query(description="Latitude in degrees.", allow_inf_nan=False)],
    minutes: Annotated[
        str, Query(max_length=100, description="Minutes, such as 5,10,15; by default the tiers' own.")
    ] = "",
    speed: Annotated[
        str, Query(max_length=40, description="km/h, by default the rule set's; at most 5 km are walked.")
    ] = "",
    inward: Annotated[
        bool, Query(description="Who walks to the place, instead of what is reached from it.")
    ] = False,
) -> Response:
    recipe = walk_from.recipe_of(store, site.results, when)
    ask = walk_from.parse_ask(lon, lat, minutes, speed, inward, recipe.rules)
    walk = walk_from.walk_from(store, recipe, when, ask)
    body = walk_from.geojson(walk, store, reader(request).words, actor_of(request))
    return answer(request, dumps(body).encode(), GEOJSON, vary=VARY)

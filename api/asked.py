"""What an address asks of a coverage rule: the rule, zones or a drawn area, a walking speed."""

import json
from collections.abc import Sequence
from math import isfinite
from typing import Annotated, Any

from fastapi import Depends, Query

from api.deps import StoreDep
from api.params import ParameterInvalid
from api.results import Asked
from inventory.area import Area, area_of, area_of_geojson
from inventory.coverage_rule_file import coverage_rule
from layers.catalog import Store

AREA_MOST = 12_000
"""Characters of a drawn area in an address: 500 corners."""
CORNER, NUMBER = ";", ","


def asked_of(
    store: StoreDep,
    rule: str,
    by: Annotated[
        str, Query(max_length=40, description="Zones: district, subdistrict, community, agency, ...")
    ] = "",
    area: Annotated[
        str,
        Query(
            max_length=AREA_MOST,
            description="A drawn area instead: lon,lat;lon,lat;... or a GeoJSON polygon.",
        ),
    ] = "",
    speed: Annotated[
        str, Query(max_length=20, description="Walking speed in km/h, of rules that state minutes.")
    ] = "",
) -> Asked:
    """The question of an address, times aside; RuleNotFound, AreaInvalid, ParameterInvalid."""
    found = coverage_rule(rule, store.workspace.home)
    drawn = read_area(store, area) if area else None
    return Asked(found, by or None, drawn, read_speed(speed) if speed else None)


AskedDep = Annotated[Asked, Depends(asked_of)]


def read_area(store: Store, text: str) -> Area:
    """The area of a list of corners or of GeoJSON; AreaInvalid says what was expected."""
    bbox = store.workspace.city.bbox
    if text.lstrip().startswith("{"):
        try:
            return area_of_geojson(json.loads(text), bbox)
        except (ValueError, RecursionError) as error:
            raise ParameterInvalid("area", text[:60], "area") from error
    return area_of([_corner(each) for each in text.strip().strip(CORNER).split(CORNER)], bbox)


def write_area(rings: Sequence[Sequence[Sequence[float]]]) -> str:
    """An area as it stands in an address; one with holes is GeoJSON."""
    if len(rings) > 1:
        return json.dumps({"type": "Polygon", "coordinates": rings}, separators=(",", ":"))
    return CORNER.join(f"{lon}{NUMBER}{lat}" for lon, lat in rings[0][:-1])


def read_speed(text: str) -> float:
    """A speed in km/h; whether the rule can take it is said by the question."""
    try:
        speed = float(text)
    except ValueError as error:
        raise ParameterInvalid("speed", text, "walking_speed") from error
    if not isfinite(speed):  # no JSON can say it back
        raise ParameterInvalid("speed", text, "walking_speed")
    return speed


def _corner(text: str) -> list[Any]:
    try:
        return [float(each) for each in text.split(NUMBER)]
    except ValueError as error:
        raise ParameterInvalid("area", text[:60], "area") from error

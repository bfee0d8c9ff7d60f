"""Rules and layers for the tiny city, beside those that circles need.

P is a park, 100 m square from (100, 220) to (200, 320): 20 m north of the north road.

person  to P straight                      to P on foot, entered at its corner (200, 220)
near    sqrt(580^2 + 10^2) = 580.1         10 + 580 + 20 = 610
just    590.1                              620
across  sqrt(300^2 + 230^2) = 378.0        10+2500+200+2800+20 = 5530 (> 5000)
out     sqrt(400^2 + 320^2) = 512.2        100+2400+200+2800+20 = 5520 (> 5000)
the others more than 1000 m
"""

import geopandas as gpd
import numpy as np
import tiny_city as city
import tiny_world as world
from shapely import Polygon, box

from layers.catalog import Store

HEAD = """
kind = "coverage"
id = "own"
title_zh = "公园"
title_en = "Parks"
clause = "1"
source = "tests"
standing = "assumed"
"""
PEOPLE = """
[[demands]]
kind = "people"
layer = "people"
amount = "people"
"""
PARK_OR_SCHOOL = f"""{HEAD}
catchment = "walk"
[[services]]
layer = "parks"
distance_m = 500
[[services]]
layer = "education"
where = {{ category = "primary_school" }}
distance_m = 500
{PEOPLE}"""
SCHOOL = f'{HEAD}catchment = "walk"\n' + PARK_OR_SCHOOL[PARK_OR_SCHOOL.rindex("[[services]]") :]
LIBRARY = """
[[services]]
layer = "culture_sport"
distance_m = 500
"""


def triangle() -> gpd.GeoDataFrame:
    """The park P."""
    shape = Polygon(np.array([(200, 220), (200, 320), (100, 320)]) + world.ORIGIN)
    columns = {"id": ["P"], "name": ["P"], "kind": ["park"], "area_m2": [5000.0]}
    return gpd.GeoDataFrame(columns, geometry=[shape], crs=world.METRES)


def square(x: float, y: float, side: float, name: str = "P", kind: str = "park") -> gpd.GeoDataFrame:
    """A park whose south-western corner is at (x, y)."""
    west, south = np.array([x, y]) + world.ORIGIN
    columns = {"id": [name], "name": [name], "kind": [kind], "area_m2": [side * side]}
    return gpd.GeoDataFrame(columns, geometry=[box(west, south, west + side, south + side)], crs=world.METRES)


def published(store: Store) -> None:
    """The tiny city with its park."""
    city.publish_all(store)
    city.publish(store, "parks", triangle())


def rows(result, demand: str = "people"):
    """The figures of one demand by zone."""
    listed = (*result["zones"], result["outside"], result["city"])
    return {row["code"]: row["figures"][demand] for row in listed}

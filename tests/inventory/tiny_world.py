"""A tiny world whose answer can be worked out by hand.

Two roads of 3000 m run east, the south road at y = 0 and the north road at y = 200, with a river between
them. One bridge joins them, at x = 3000. All streets together: 3000 + 3000 + 200 = 6200 m. Coordinates are
metres east and north of (500000, 4060000) in EPSG:4548.

    north  y=200   ----------- K (500,210) ------------- S (2000,210) ------+
    river          ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~  | bridge x=3000
    south  y=0     ----------------------------------------------------------+

K is the kindergarten (300 m), S the school (500 m); the library's layer is nowhere published.

    person  where        people  zone     to K on foot                         straight  to S on foot
    near    (780, 210)       10  west     10 + 280 + 10 = 300                  280       10+1220+10 = 1240
    just    (790, 210)       20  west     10 + 290 + 10 = 310                  290       1230
    across  (500, -10)       40  west     10+2500+200+2500+10 = 5220 (> 5000)  220       3720
    both    (1790, 210)       5  east     1310                                 1290      10+210+10 = 230
    bridge  (2900, -10)      80  east     10+100+200+2500+10 = 2820            2410      1320
    far     (1000, 500)     160  west     not attached: 300 m from the road    580       -
    out     (600, -100)     320  outside  100+2400+200+2500+10 = 5210          326       3710

So K serves near (10 of 230 in the west); S serves both (5 of 85 in the east); nobody has the two.
"""

import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from shapely import Point, box

from geo.network import Network, build
from inventory.demand import Demand, people
from inventory.rule_file import from_document
from inventory.rules import RuleSet
from inventory.sites import Sites, sites_of

METRES = CRS.from_epsg(4548)
ORIGIN = np.array([500_000.0, 4_060_000.0])
NODES = {1: (0, 0), 2: (1000, 0), 3: (3000, 0), 4: (0, 200), 5: (3000, 200)}
EDGES = [(1, 2), (2, 3), (3, 5), (4, 5)]
PEOPLE = {
    "near": (780, 210, 10),
    "just": (790, 210, 20),
    "across": (500, -10, 40),
    "both": (1790, 210, 5),
    "bridge": (2900, -10, 80),
    "far": (1000, 500, 160),
    "out": (600, -100, 320),
}
SITES = {"K": (500, 210, "kindergarten"), "S": (2000, 210, "primary_school")}
ZONES = {"west": (0, -50, 1500, 600), "east": (1500, -50, 3100, 600)}

RULES = """
id = "tiny"
title_zh = "小世界"
title_en = "Tiny world"
source = "tests"
standing = "assumed"
walk_speed_km_h = 4.0
search_m = 5000.0
[network]
layer = "walk_network"
not_walkable = ["motorway"]
[demand]
kind = "people"
layer = "people"
amount = "people"
[attach]
limit_m = 200.0
min_component_m = 5000.0
[gaps]
cell_m = 250.0
spread_m = 1000.0
top = 20
[[tiers]]
minutes = 10
walk_m = 500
source = "tests"
standing = "assumed"
[[tiers.categories]]
id = "primary_school"
title_zh = "小学"
title_en = "Primary school"
layer = "education"
where = { category = "primary_school" }
distance_m = 500
clause = "1"
source = "tests"
standing = "assumed"
[[tiers.categories]]
id = "library"
title_zh = "图书馆"
title_en = "Library"
layer = "culture_sport"
where = { category = "library" }
distance_m = 500
clause = "2"
source = "tests"
standing = "assumed"
[[tiers]]
minutes = 5
walk_m = 300
source = "tests"
standing = "assumed"
[[tiers.categories]]
id = "kindergarten"
title_zh = "幼儿园"
title_en = "Kindergarten"
layer = "education"
where = { category = "kindergarten" }
distance_m = 300
clause = "3"
source = "tests"
standing = "assumed"
"""


def tiny_rules(**changes: object) -> RuleSet:
    """The rules above, with whole tables or values replaced."""
    return from_document(tomllib.loads(RULES) | changes, "tiny.toml")


def at(x: float, y: float) -> Point:
    return Point(ORIGIN[0] + x, ORIGIN[1] + y)


def nodes_frame() -> gpd.GeoDataFrame:
    points = [at(x, y) for x, y in NODES.values()]
    return gpd.GeoDataFrame({"node_id": list(NODES)}, geometry=points, crs=METRES)


def edges_frame() -> pd.DataFrame:
    frame = pd.DataFrame(EDGES, columns=["u", "v"])
    return frame.assign(edge_id=range(len(frame)), highway="residential")


def network() -> Network:
    return build(nodes_frame(), edges_frame(), crs=METRES, not_walkable=["motorway"])


def people_frame(rows: dict[str, tuple[float, float, float]] = PEOPLE) -> gpd.GeoDataFrame:
    amount = [float(row[2]) for row in rows.values()]
    points = [at(x, y) for x, y, _ in rows.values()]
    return gpd.GeoDataFrame({"id": list(rows), "people": amount}, geometry=points, crs=METRES)


def education_frame(rows: dict[str, tuple[float, float, str]] = SITES) -> gpd.GeoDataFrame:
    columns = {"id": list(rows), "name": list(rows), "category": [row[2] for row in rows.values()]}
    return gpd.GeoDataFrame(columns, geometry=[at(x, y) for x, y, _ in rows.values()], crs=METRES)


def zones_frame(rows: dict[str, tuple[float, float, float, float]] = ZONES) -> gpd.GeoDataFrame:
    shapes = [box(*(np.array(corners) + np.tile(ORIGIN, 2))) for corners in rows.values()]
    return gpd.GeoDataFrame({"code": list(rows), "name": list(rows)}, geometry=shapes, crs=METRES)


def demand(rows: dict[str, tuple[float, float, float]] = PEOPLE) -> Demand:
    return people(people_frame(rows), layer="people", key="id", column="people", crs=METRES, search_m=5000.0)


def sites(rules: RuleSet, rows: dict[str, tuple[float, float, str]] = SITES) -> Sites:
    return sites_of(rules, {"education": education_frame(rows), "culture_sport": None}, METRES)

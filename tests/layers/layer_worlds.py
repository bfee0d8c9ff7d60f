"""Tiny worlds for the tests of `layers`: a city of one square degree with two districts and a bureau."""

import geopandas as gpd
import pandas as pd

from layers.catalog import Store
from layers.workspace import Workspace

CITY = """
id = "tiny"
name_zh = "小城"
name_en = "Tiny"
bbox = [117.0, 36.0, 118.0, 37.0]
synthetic = true

[[agencies]]
code = "east"
name_zh = "东区"
name_en = "East"

[[agencies]]
code = "west"
name_zh = "西区"
name_en = "West"

[[agencies]]
code = "bureau"
name_zh = "规划局"
name_en = "Planning bureau"
kind = "bureau"

[zones.district]
layer = "districts"
"""


def points(places, **columns):
    """Features at (longitude, latitude) places in WGS 84, with an `id` of their own unless given."""
    columns.setdefault("id", [f"p{number}" for number in range(1, len(places) + 1)])
    lon, lat = [place[0] for place in places], [place[1] for place in places]
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def people(*amounts, first=0, lat=36.5):
    """Homes 0.01 degrees apart from 117.1 east on, with these numbers of people."""
    places = [(117.1 + 0.01 * (first + number), lat) for number in range(len(amounts))]
    return points(
        places, id=[f"h{first + n}" for n in range(len(amounts))], people=[float(a) for a in amounts]
    )


def schools(**columns):
    """Three schools, with whatever other columns are given."""
    given = {"id": ["s1", "s2", "s3"], "category": ["kindergarten", "primary_school", "secondary_school"]}
    return points([(117.1, 36.1), (117.2, 36.2), (117.3, 36.3)], **{**given, **columns})


def square_network(first=1):
    """Four nodes on a square of 0.01 degrees and four straight edges around it; ids count from `first`."""
    nodes = pd.DataFrame(
        {
            "node_id": [first, first + 1, first + 2, first + 3],
            "lon": [117.5, 117.51, 117.51, 117.5],
            "lat": [36.5, 36.5, 36.51, 36.51],
        }
    )
    edges = pd.DataFrame(
        {
            "edge_id": [first * 10 + n for n in range(4)],
            "u": [first, first + 1, first + 2, first + 3],
            "v": [first + 1, first + 2, first + 3, first],
            "highway": ["residential", "residential", "footway", None],
        }
    )
    return nodes, edges


def open_store(home, database_url=None):
    """The store of a tiny city in that folder, made if need be."""
    workspace = Workspace.open(home) if (home / "city.toml").exists() else Workspace.init(home, CITY)
    return Store.open(workspace, database_url)


def rules(findings):
    """Rule codes in order, each with the row it is about."""
    return [(finding.rule, finding.feature) for finding in findings]

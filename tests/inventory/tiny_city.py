"""The tiny world as a city on disk: a workspace, its rules, and its layers published."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import tiny_world as world

from geo.crs import to_stored
from layers.catalog import NetworkFrames, Store
from layers.ledger import Version
from layers.networks import prepare_network, publish_network
from layers.publish import publish_frame
from layers.validate import prepare
from layers.workspace import Workspace

CITY = """
id = "tiny"
name_zh = "小城"
name_en = "Tiny"
bbox = [116.9, 36.6, 117.1, 36.8]
working_crs = "EPSG:4548"
rule_set = "tiny"
[[agencies]]
code = "city"
name_zh = "市"
name_en = "City"
kind = "city"
[[agencies]]
code = "schools"
name_zh = "教育局"
name_en = "Schools"
kind = "bureau"
[zones.district]
layer = "districts"
[zones.subdistrict]
layer = "subdistricts"
"""


def workspace(home: Path) -> Workspace:
    """An empty city with the tiny rules."""
    made = Workspace.init(home, CITY)
    (made.home / "rules" / "tiny.toml").write_text(world.RULES, "utf-8")
    return made


def publish(store: Store, layer: str, frame: gpd.GeoDataFrame, agency: str = "city") -> Version:
    return publish_frame(store, layer, agency, to_stored(frame), author="test")


def nodes() -> pd.DataFrame:
    stored = to_stored(world.nodes_frame())
    return stored.assign(lon=stored.geometry.x, lat=stored.geometry.y).drop(columns="geometry")


def publish_streets(store: Store, edges: pd.DataFrame | None = None) -> Version:
    edges = world.edges_frame() if edges is None else edges
    return publish_network(store, "walk_network", "city", nodes(), edges, author="test")


def publish_all(store: Store) -> None:
    """Streets, districts, people, and the school S; the kindergarten K is not there yet."""
    publish_streets(store)
    publish(store, "districts", world.zones_frame())
    publish(store, "people", world.people_frame())
    publish(store, "education", world.education_frame({"S": world.SITES["S"]}))


def state(store: Store, layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A frame in the form of its spec, as an upload has it when it is looked at."""
    prepared = prepare(to_stored(frame), store.spec(layer), store.workspace.city)
    assert isinstance(prepared.frame, gpd.GeoDataFrame)
    return prepared.frame


def street_state(store: Store, edges: pd.DataFrame) -> NetworkFrames:
    """The tiny nodes with other streets, in the form of their spec."""
    prepared = prepare_network(nodes(), edges, store.spec("walk_network"), store.workspace.city)
    return NetworkFrames(prepared.nodes.frame, prepared.edges.frame, False)

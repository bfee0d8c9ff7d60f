"""The streets a `[walk]` table gives."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geo.reach import BEHIND_BARRIER, nearest_m
from inventory import rule_keys
from inventory.errors import NoNetwork, RuleError
from inventory.rule_catchments import walk_rule
from inventory.walking import walking
from layers.toml_table import TomlTable

FLAT = CRS.from_epsg(4548)
EAST, NORTH = 500_000.0, 4_000_000.0


def ruled(**walk):
    """The rule of such a table, with streets of any length."""
    return walk_rule(TomlTable({"min_component_m": 0, **walk}, "park.toml", rule_keys.fault, "walk."))


@pytest.mark.parametrize(
    ("walk", "key"),
    [
        ({"speed_km_h": 0}, "walk.speed_km_h"),
        ({"factors": {"steps": 0}}, "walk.factors.steps"),
        ({"factors": {"steps": -2}}, "walk.factors.steps"),
        ({"factors": {"steps": 2}, "not_walkable": ["steps"]}, "walk.factors.steps"),
        ({"closed": {"access": []}}, "walk.closed.access"),
        ({"speed": 4}, "walk.speed"),
    ],
)
def test_what_cannot_be_walked_is_told_with_file_and_key(walk, key):
    with pytest.raises(RuleError) as raised:
        ruled(**walk)
    assert (raised.value.file, raised.value.key) == ("park.toml", key)


def streets(**columns):
    """A street of 1 km to the east in two halves."""
    nodes = gpd.GeoDataFrame(
        {"node_id": [0, 1, 2]},
        geometry=shapely.points([(EAST, NORTH), (EAST + 500, NORTH), (EAST + 1000, NORTH)]),
        crs=FLAT,
    )
    return nodes, pd.DataFrame({"u": [0, 1], "v": [1, 2], **columns})


def test_walking_has_what_the_rule_says():
    nodes, edges = streets(highway=["footway", "steps"])
    rule = ruled(factors={"steps": 2.0}, closed={"gate": ["locked"]})
    found = walking(nodes, edges, rule, crs=FLAT, heights=lambda xy: 0.1 * (xy[:, 0] - EAST))
    ends = found.attach([(EAST, NORTH + 10), (EAST + 1000, NORTH)])
    down = nearest_m(found.network, ends.take([1]), ends.take([0]), effort=found.effort)
    assert down == pytest.approx([1510.0])  # 500 * 2 + 500 at -0.1, which counts as on the flat, and 10
    assert found.untagged == ("gate",)


def test_nobody_walks_through_a_barrier_to_a_street():
    wall = shapely.LineString([(EAST - 9, NORTH + 5), (EAST + 1009, NORTH + 5)])
    found = walking(*streets(), ruled(limit_m=50), crs=FLAT, barriers=[wall])
    at = found.attach([(EAST + 100, NORTH + 10), (EAST + 100, NORTH - 10)])
    assert at.attached.tolist() == [False, True]
    assert at.reason[0] == BEHIND_BARRIER


def test_plain_walking_has_no_effort():
    found = walking(*streets(), ruled(), crs=FLAT)
    assert found.effort is None
    assert found.barriers is None


def test_without_streets_to_walk_on_there_is_no_network():
    nodes, edges = streets(access=["no", "no"])
    for rule in (
        ruled(closed={"access": ["no"]}),
        ruled(factors={"steps": 2.0}),  # streets without a class
        ruled(min_component_m=5000),
    ):
        with pytest.raises(NoNetwork) as raised:
            walking(nodes, edges, rule, crs=FLAT)
        assert raised.value.layer == "walk_network"

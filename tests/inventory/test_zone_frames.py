"""Zones of a recipe: what each agency answers for, and a drawn area."""

import coverage_world as parks
import geopandas as gpd
import numpy as np
import pytest
import tiny_city as city
import tiny_world as world
from shapely import box

from geo.crs import STORED, transform_xy
from inventory.area import area_of
from inventory.coverage import coverage, keep
from inventory.coverage_rule_file import parse
from inventory.errors import ZonesMissing
from inventory.recipe import replay
from layers.catalog import Store
from layers.workspace import Workspace

AGENCIES = (
    city.CITY
    + """
[[agencies]]
code = "1"
name_zh = "西区"
name_en = "West"
[[agencies]]
code = "2"
name_zh = "东区"
name_en = "East"
[[agencies]]
code = "9"
name_zh = "高新区"
name_en = "High-tech Zone"
kind = "functional_zone"
members = ["1002"]
"""
)
# 1001, 1002 lie in the west, 1002 belongs to the high-tech zone; 2001 in the east; nobody answers for 7001.
SUBDISTRICTS = {
    "1001": (0, -50, 785, 600),
    "1002": (785, -50, 1500, 600),
    "2001": (1500, -50, 2500, 600),
    "7001": (2500, -50, 3100, 600),
}


def publish_subdistricts(store):
    corners = [box(*(np.array(each) + np.tile(world.ORIGIN, 2))) for each in SUBDISTRICTS.values()]
    columns = {"code": list(SUBDISTRICTS), "name": list(SUBDISTRICTS), "district_code": "1"}
    city.publish(store, "subdistricts", gpd.GeoDataFrame(columns, geometry=corners, crs=world.METRES))


@pytest.fixture
def store(tmp_path):
    made = Workspace.init(tmp_path / "home", AGENCIES)
    (made.home / "rules" / "tiny.toml").write_text(world.RULES, "utf-8")
    with Store.open(made) as store:
        parks.published(store)
        publish_subdistricts(store)
        yield store


def rule():
    return parse(parks.PARK_OR_SCHOOL.encode(), "own.toml")


def test_a_functional_zones_members_are_taken_out_of_the_district_around_them(store):
    """near (780) lives in 1001, just (790) in 1002; bridge (2900) in 7001, which nobody answers for."""
    result = coverage(store, rule(), by="agency").result
    found = parks.rows(result)
    assert {code: row["demand"] for code, row in found.items()} == {
        "1": 10 + 40,
        "2": 5,
        "9": 20 + 160,
        "outside": 320 + 80,
        "city": 635,
    }
    names = {row["code"]: (row["name"], row["name_en"]) for row in result["zones"]}
    assert names["9"] == ("高新区", "High-tech Zone")


def test_a_result_by_agency_is_replayed_from_what_its_recipe_says_of_agencies(store):
    folder = keep(store, coverage(store, rule(), by="agency"))
    renamed = AGENCIES.replace("高新区", "别的区").replace('members = ["1002"]', 'members = ["1001"]')
    home = store.workspace.home
    (home / "city.toml").write_text(renamed, "utf-8")
    with Store.open(Workspace.open(home)) as other:
        assert replay(other, folder).identical
        assert parks.rows(coverage(other, rule(), by="agency").result)["9"]["demand"] == 10 + 40


def test_without_zones_that_an_agency_answers_for_there_is_no_report_by_agency(store):
    strangers = {"code": ["7001"], "name": ["7001"], "district_code": "7"}
    shape = [box(*(np.array(SUBDISTRICTS["7001"]) + np.tile(world.ORIGIN, 2)))]
    city.publish(store, "subdistricts", gpd.GeoDataFrame(strangers, geometry=shape, crs=world.METRES))
    with pytest.raises(ZonesMissing):
        coverage(store, rule(), by="agency")


def drawn(*corners):
    xy = transform_xy(np.array(corners, float) + world.ORIGIN, world.METRES, STORED)
    return area_of(xy.tolist())


def test_a_drawn_area_is_one_zone_and_only_what_touches_it_is_measured(store):
    """605 of the city's 635 people live elsewhere."""
    area = drawn((0, 150), (1400, 150), (1400, 350), (0, 350))
    run = coverage(store, rule(), area=area)
    found = parks.rows(run.result)
    assert {code: row["demand"] for code, row in found.items()} == {"area": 30, "outside": 0, "city": 30}
    assert (run.result["by"], run.result["area"]) == (None, area.values)
    assert not any(each["layer"] == "districts" for each in run.result["inputs"])
    assert replay(store, keep(store, run)).identical


def test_an_area_without_anybody_has_no_share(store):
    area = drawn((0, 400), (100, 400), (100, 500))
    row = parks.rows(coverage(store, rule(), area=area).result)["area"]
    assert (row["demand"], row["share"], row["reason"]) == (0, None, "no_demand")

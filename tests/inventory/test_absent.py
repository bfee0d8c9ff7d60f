"""Parts of layers that are awaited: their zones read "no data", and the city is counted without them."""

import coverage_world as parks
import pytest
import tiny_city as city
import tiny_world as world
from test_zone_frames import AGENCIES, publish_subdistricts

from inventory.coverage import coverage, keep
from inventory.coverage_rule_file import parse
from inventory.recipe import replay
from layers.catalog import Store
from layers.city import parse_city
from layers.errors import CityError
from layers.workspace import Workspace

EXPECTED = f"""{AGENCIES}
[expected]
culture_sport = ["district"]
sanitation = ["1", "2"]
"""
LIBRARY = f'{parks.HEAD}catchment = "walk"{parks.LIBRARY}{parks.PEOPLE}'
TOILETS = f'{LIBRARY}[[demands]]\nkind = "features"\nlayer = "sanitation"\n'


@pytest.fixture
def store(tmp_path):
    """Agency 1 has published a library at (500, 210) and a toilet at (100, 210), agency 2 nothing yet."""
    made = Workspace.init(tmp_path / "home", EXPECTED)
    (made.home / "rules" / "tiny.toml").write_text(world.RULES, "utf-8")
    with Store.open(made) as store:
        city.publish_all(store)
        publish_subdistricts(store)
        library = world.education_frame({"L": (500, 210, "library")})
        toilet = world.education_frame({"T": (100, 210, "public_toilet")})
        city.publish(store, "culture_sport", library, agency="1")
        city.publish(store, "sanitation", toilet, agency="1")
        yield store


def by_subdistrict(store, text=LIBRARY):
    return coverage(store, parse(text.encode(), "own.toml"), by="subdistrict")


def test_the_zones_of_who_has_not_published_read_no_data(store):
    """near is 300 m from the library, just 310; both lives in 2001, whose agency 2 is awaited."""
    result = by_subdistrict(store).result
    found = parks.rows(result)
    assert {
        code: (row["demand"], row["met"], row["unknown"], row["reason"]) for code, row in found.items()
    } == {
        "1001": (50, 10, 0, None),
        "1002": (180, 20, 0, None),
        "2001": (0, 0, 5, "no_data"),
        "7001": (80, 0, 0, None),
        "outside": (320, 0, 0, None),
        "city": (630, 30, 5, None),
    }
    assert result["inputs_missing"] == [
        {"layer": "culture_sport", "agencies": [{"code": "2", "name_zh": "东区", "name_en": "East"}]}
    ]
    assert replay(store, keep(store, by_subdistrict(store))).identical


def test_an_empty_part_is_data_and_reads_zero(store):
    city.publish(store, "culture_sport", world.education_frame({}), agency="2")
    result = by_subdistrict(store).result
    row = parks.rows(result)["2001"]
    assert (row["demand"], row["met"], row["unknown"], row["share"]) == (5, 0, 0, 0.0)
    assert result["inputs_missing"] == []


def test_a_demand_that_is_awaited_is_no_data_and_one_that_is_none_is_no_demand(store):
    found = parks.rows(by_subdistrict(store, TOILETS).result, "features")
    assert {code: found[code]["reason"] for code in ("1001", "1002", "2001", "7001")} == {
        "1001": None,
        "1002": "no_demand",
        "2001": "no_data",
        "7001": "no_demand",
    }


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('culture_sport = ["3"]', "neither the code nor the kind"),
        ("culture_sport = []", "names nobody"),
        ('culture_sport = "district"', "a list of texts"),
    ],
)
def test_who_is_expected_must_be_an_agency_of_the_city(line, problem):
    with pytest.raises(CityError, match=problem) as caught:
        parse_city(f"{AGENCIES}\n[expected]\n{line}\n")
    assert caught.value.key == "expected.culture_sport"

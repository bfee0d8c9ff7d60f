"""Circles on a hill, beside a river, behind a gate: report, click and refresh walk alike, and as by hand.

The tiny world with ground that rises by one metre in ten to the east and water along the north road:

    north  y=200   ------ lawn (1000..1100) ------ S (2000,210) -----------+
    late and near  (780,210)                      (2500,190)               |
    river  y=180   ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ to 2900   | bridge x=3000, a gate
    bank                (500,150)                                          |
    south  y=0     --------------------------------------------------------+

A metre uphill counts for UP metres, downhill for one. The school of `bank` is 1560 m away through the river,
and 150 + 2500 UP + 200 + 1000 + 10 = 4908 by the bridge.
"""

import numpy as np
import pytest
import tiny_city as city
import tiny_world as world
from coverage_world import square
from measure_world import frame
from pyproj import Transformer
from shapely import LineString, box
from test_measure_walk import hill

from geo.isochrone import isochrone
from inventory.circles import circles
from inventory.coverage import coverage
from inventory.coverage_rule_file import parse
from inventory.effect import effect
from inventory.errors import NoStreetNear, RuleError
from inventory.figures import BEYOND
from inventory.pins import pin
from inventory.reachable import amount_within, origin_of, reachable
from inventory.recipe import replay
from inventory.refresh import refreshed
from inventory.results import keep
from inventory.run import demand_of, run
from inventory.streets import streets_of
from layers.catalog import Store

UP = np.exp(0.35)  # exp(3.5 (0.1 + 0.05)) over exp(3.5 0.05)
PEOPLE = {"near": (780, 210, 10), "bank": (500, 150, 20), "late": (2500, 190, 40)}
TIERS = world.tiny_rules().document["tiers"]
PARK = TIERS[0]["categories"][1] | {
    "id": "park",
    "layer": "parks",
    "where": {"kind": "park"},
    "distance_m": 300,
}
WALK = {"slope": "elevation", "barriers": ["water"]}
TO_DEGREES = Transformer.from_crs(world.METRES, 4326, always_xy=True)


def ruled(walk=None, **changes):
    """The tiny rules with a park in place of the library."""
    first = TIERS[0] | {"categories": [TIERS[0]["categories"][0], PARK]}
    return world.tiny_rules(
        tiers=[first, TIERS[1]], **({"walk": walk} if walk is not None else {}), **changes
    )


GATED = ruled(
    WALK | {"closed": {"access": ["no"], "gate": ["locked"]}},
    attach={"limit_m": 200.0, "min_component_m": 1000.0},
)


def lawn(east=1100):
    return frame([box(1000, 190, east, 300)], id=["a"], name=["a"], kind=["park"])


def made(home):
    store = Store.open(city.workspace(home / "home"))
    bridge = world.edges_frame().assign(access=[None, None, "no", None])
    city.publish_streets(store, bridge)
    city.publish(store, "districts", world.zones_frame())
    city.publish(store, "people", world.people_frame(PEOPLE))
    city.publish(store, "education", world.education_frame({"S": world.SITES["S"]}))
    city.publish(store, "parks", lawn())
    city.publish(store, "water", river())
    hill(store, home)
    return store


def river(y=180):
    return frame([LineString([(-500, y), (2900, y)]).buffer(4)], id=["river"])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """For those who only read."""
    with made(tmp_path_factory.mktemp("hill")) as store:
        yield store


def walks(store, rules, category):
    """Whole metres by person; None beyond the search."""
    found = run(store, pin(store, rules=rules)).distances
    walk_mm = found.walk_mm[found.categories.index(category)]
    return {
        str(id_): None if mm == BEYOND else round(mm / 1000)
        for id_, mm in zip(found.id, walk_mm.tolist(), strict=True)
    }


def degrees(x, y):
    return TO_DEGREES.transform(*(world.ORIGIN + np.array([x, y])))


def seen(store, recipe, person):
    """Metres to the nearest of each category, for somebody who clicks where a person lives."""
    x, y, _ = PEOPLE[person]
    streets = streets_of(store, recipe)
    origin = origin_of(recipe, streets, *degrees(x, y))
    return {
        each.requirement.id: each.nearest[0].walk_m if each.nearest else np.inf
        for each in reachable(store, recipe, origin)
    }


def test_people_walk_uphill_slowly_and_not_through_the_river(store):
    plain = {"near": 1240, "bank": 50 + 1500 + 10, "late": 520}
    assert walks(store, ruled(), "primary_school") == plain
    by_bridge = round(150 + 2500 * UP + 200 + 1000 + 10)
    assert walks(store, ruled(WALK), "primary_school") == {
        "near": round(10 + 1220 * UP + 10),
        "bank": by_bridge,
        "late": 520,
    }


def test_a_park_is_entered_where_the_road_meets_it(store):
    assert walks(store, ruled(), "park") == {"near": 230, "bank": 550, "late": 1410}
    assert walks(store, ruled(WALK), "park") == {"near": round(10 + 220 * UP), "bank": None, "late": 1410}
    found = run(store, pin(store, rules=ruled(WALK))).result
    share = {row["code"]: row["categories"]["park"]["share"] for row in found["zones"]}
    assert share == {"west": 0.0, "east": 0.0}  # 322 m uphill; on the flat `near` is within 300 m


def test_nobody_passes_a_closed_gate_and_a_column_that_is_not_there_is_named(store):
    found = run(store, pin(store, rules=GATED)).result
    assert walks(store, GATED, "primary_school")["bank"] is None
    assert (found["untagged"], found["inputs_missing"]) == (["gate"], [])
    assert found["parameters"]["closed"] == {"access": ["no"], "gate": ["locked"]}
    assert found["parameters"]["slope"] == "elevation"
    assert {"elevation", "water"} <= {each["layer"] for each in found["inputs"]}


def test_what_nobody_has_published_is_named_and_changes_no_walk(store):
    rules = ruled({"slope": "night_light", "barriers": ["railways"]})
    found = run(store, pin(store, rules=rules)).result
    assert [each["layer"] for each in found["inputs_missing"]] == ["night_light", "railways"]
    assert found["zones"] == run(store, pin(store, rules=ruled())).result["zones"]


def test_single_rules_name_such_columns_too(store):
    text = """kind = "coverage"
id = "own"
title_zh = "公园"
title_en = "Parks"
clause = "1"
source = "tests"
standing = "assumed"
catchment = "walk"
[[services]]
layer = "parks"
distance_m = 500
[walk]
closed = { gate = ["locked"] }
[[demands]]
kind = "people"
layer = "people"
amount = "people"
"""
    assert coverage(store, parse(text.encode(), "own.toml")).result["untagged"] == ["gate"]


def test_rules_without_the_table_say_nothing_new(store):
    found = run(store, pin(store, rules=ruled())).result
    assert not {"untagged", "inputs_missing"} & found.keys()
    assert not {"slope", "factors", "closed", "barriers"} & found["parameters"].keys()


@pytest.mark.parametrize("rules", [ruled(), ruled(WALK), GATED], ids=["plain", "hill", "gate"])
def test_a_click_agrees_with_the_report(store, rules):
    recipe = pin(store, rules=rules)
    found = run(store, recipe).distances
    for row, person in enumerate(found.id.tolist()):
        clicked = seen(store, recipe, person)
        for number, category in enumerate(found.categories):
            mm = found.walk_mm[number][row]
            assert clicked[category] == pytest.approx(np.inf if mm == BEYOND else mm / 1000, abs=0.01)


def test_who_walks_to_a_place_walks_towards_it(store):
    """At the school: late 510 downhill, near 10 + 1220 UP = 1741, bank 4898; away from it near is 1230."""
    recipe = pin(store, rules=ruled(WALK))
    streets = streets_of(store, recipe)
    origin = origin_of(recipe, streets, *degrees(2000, 200))
    reach = isochrone(streets.network, origin, [600, 1700, 1800, 5000], streets.effort, inward=True)
    assert amount_within(demand_of(store, recipe, streets), origin, reach) == [40_000, 40_000, 50_000, 70_000]


def test_who_has_only_hidden_streets_cannot_walk_from_there(store):
    recipe = pin(store, rules=ruled(WALK, attach={"limit_m": 100.0, "min_component_m": 5000.0}))
    with pytest.raises(NoStreetNear) as raised:
        seen(store, recipe, "bank")  # the north road is 50 m away, behind the river
    assert raised.value.nearest_m == pytest.approx(150, abs=1)


def test_after_a_publish_only_what_moved_is_walked_again_and_a_new_river_asks_for_all(tmp_path):
    with made(tmp_path) as store:
        for rules in (ruled(WALK), GATED):
            keep(store, run(store, pin(store, rules=rules)))
        pupils = {"S": (1200, 210, "primary_school"), "T": (2900, -10, "primary_school")}
        city.publish(store, "education", world.education_frame(pupils | {"K": world.SITES["K"]}))
        city.publish(store, "parks", square(2600, 210, 100))
        for rules in (ruled(WALK), GATED):
            recipe = pin(store, rules=rules)
            again = refreshed(store, recipe)
            assert again is not None
            assert again.content == run(store, recipe).content
            folder = keep(store, again)
            assert replay(store, folder / "recipe.json").identical
        told = effect(store, "water", "city", city.state(store, "water", river(190)), rules=ruled(WALK))
        assert told.reason is None
        city.publish(store, "water", river(190))
        recipe = pin(store, rules=ruled(WALK))
        assert refreshed(store, recipe) is None
        assert told.city.complete.after == run(store, recipe).result["city"]["share"]


def test_a_raster_of_slopes_is_not_said_to_be_unread(store):
    assert effect(store, "elevation", "city", None, rules=ruled(WALK)).reason == "slope_later"
    assert effect(store, "elevation", "city", None, rules=ruled()).reason == "layer_unread"


@pytest.mark.parametrize(
    ("walk", "key"),
    [
        ({"layer": "roads"}, "walk.layer"),
        ({"limit_m": 100.0}, "walk.limit_m"),
        ({"speed": 4}, "walk.speed"),
        ({"factors": {"motorway": 2.0}}, "walk.factors.motorway"),
        ({"barriers": ["water", "water"]}, "walk.barriers"),
        ({"barriers": ["walk_network"]}, "walk.barriers"),
        ({"slope": "water", "barriers": ["water"]}, "walk.slope"),
    ],
)
def test_what_contradicts_is_refused_with_its_key(walk, key):
    with pytest.raises(RuleError) as raised:
        ruled(walk)
    assert raised.value.key == key


def test_an_empty_table_is_none(store):
    with_table, without = (circles(store, rules=each).result for each in (ruled({}), ruled()))
    differing = {key for key in with_table if with_table[key] != without[key]}
    assert differing == {"rule_set"}  # whose hash is another

"""Lamps along roads, from published layers to metres by zone. Zones: west to x = 1500, east to x = 3100."""

from datetime import date

import measure_world as at
import pytest
from shapely.geometry import LineString, Point, Polygon

from inventory.errors import RuleError
from inventory.measures import along

RULE = """
catchment = "along"
[along]
aside_m = 30
reach_m = 25
line_of = "road_id"
[[services]]
layer = "lamps"
[[demands]]
kind = "road_length"
layer = "roads"
group = "class"
"""

DAY = date(2026, 6, 30)
ROADS = at.frame(
    [LineString([(x, y), (end, y)]) for x, y, end in ((1000, 0, 2000), (1000, 100, 1400), (-100, 500, 100))],
    id=["r1", "r2", "r3"],
    **{"class": ["arterial", "lane", None]},
)  # fmt: skip
LAMPS = at.frame(
    [Point(1200, 5), Point(1490, -5), Point(1100, 98), Point(1350, 90), Point(1700, 0)],
    id=["a", "b", "c", "d", "e"],
    road_id=["r1", None, "r1", "elsewhere", "r1"],
    completed=[date(2020, 1, 1)] * 4 + [date(2027, 1, 1)],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return at.city(tmp_path_factory.mktemp("along"), roads=ROADS, lamps=LAMPS)


def measured(store, text=RULE):
    rule = at.rule_of(text)
    inputs = at.inputs_of(store, rule, DAY)
    return along.measure(inputs, rule.demands[0]), along.unserved(inputs, rule.demands[0])


def test_metres_lit_by_zone_are_known(store):
    """r1: a lights 1175-1225, b (the nearest road) 1465-1515, which crosses into the east; c names r1 and is
    98 m from it, so it lights nothing; e is not there before 2027. r2: d names no road of the layer and
    lights the nearest, 1325-1375. West has 500 m of r1, 400 m of r2 and 100 m of r3."""
    found, _ = measured(store)
    assert at.by_zone(found, found.amount) == pytest.approx([1000, 500, 100], abs=0.002)
    assert at.by_zone(found, found.met) == pytest.approx([50 + 35 + 50, 15, 0], abs=0.002)
    # places are kept to 1e-9 degrees, about 0.1 mm


def test_metres_by_class_are_known(store):
    found, _ = measured(store)
    assert found.groups == ("arterial", "lane")
    sums = {name: found.amount[found.group == row].sum() for row, name in enumerate([*found.groups, None])}
    assert sums["arterial"] == pytest.approx(1_000_000, abs=2)
    assert sums["lane"] == pytest.approx(400_000, abs=2)
    assert found.amount[found.group == -1].sum() == pytest.approx(200_000, abs=2)


def test_pieces_add_up_to_the_roads_to_the_thousandth(store):
    found, _ = measured(store)
    length = ROADS.length.sum()
    assert found.amount.sum() == pytest.approx(1000 * length, abs=2)
    assert ((found.met == 0) | (found.met == found.amount)).all()


def test_the_dark_pieces_are_the_rest_of_the_roads(store):
    found, dark = measured(store)
    assert dark["length_m"].sum() == pytest.approx((found.amount.sum() - found.met.sum()) / 1000, abs=0.01)
    assert dark.length.tolist() == pytest.approx(dark["length_m"].tolist(), abs=1e-6)
    assert sorted(set(dark["id"])) == ["r1", "r2", "r3"]


def test_without_the_column_a_lamp_lights_the_nearest_road(store):
    found, _ = measured(store, RULE.replace('line_of = "road_id"', ""))
    # c now lights 1075-1125 of r2
    assert at.by_zone(found, found.met) == pytest.approx([135 + 50, 15, 0], abs=0.002)


def test_a_lamp_of_a_road_that_is_not_asked_for_lights_no_other(store):
    found, _ = measured(store, RULE + 'where = { class = "lane" }\n')
    assert at.by_zone(found, found.amount) == pytest.approx([400, 0, 0], abs=0.002)
    assert at.by_zone(found, found.met) == pytest.approx([50, 0, 0], abs=0.002)


def test_a_published_layer_without_lamps_lights_nothing(tmp_path):
    store = at.city(tmp_path, roads=ROADS, lamps=LAMPS.iloc[:0])
    found, dark = measured(store)
    assert found.met.sum() == 0
    assert dark["length_m"].sum() == pytest.approx(ROADS.length.sum(), abs=0.01)


def test_without_roads_there_is_nothing_to_light(tmp_path):
    found, dark = measured(at.city(tmp_path, lamps=LAMPS))
    assert len(found) == len(dark) == 0


def test_a_column_that_is_not_there_is_named(store):
    with pytest.raises(RuleError, match="pole_of"):
        measured(store, RULE.replace("road_id", "pole_of"))


def test_a_lamp_drawn_as_a_ground_plan_stands_within_it(tmp_path):
    text = RULE.replace('line_of = "road_id"', "").replace('"lamps"', '"parks"')
    parks = at.frame([Polygon([(1190, 5), (1210, 5), (1210, 35), (1190, 35)])], id=["p"])
    found, _ = measured(at.city(tmp_path, roads=ROADS, parks=parks), text)
    assert at.by_zone(found, found.met) == pytest.approx([50, 0, 0], abs=0.002)

"""Features in a state, at a level, free of events: from published layers to counts by zone."""

from datetime import date

import measure_world as at
import numpy as np
import pytest
import tiny_world as world
from shapely.geometry import LineString, Point, box

from inventory.coverage import coverage
from inventory.coverage_rule_file import coverage_rules
from inventory.errors import RuleWithoutData
from inventory.measures import status

DAY = date(2026, 6, 30)


def measured(store, text, day=DAY, zones=None):
    rule = at.rule_of(text)
    return status.measure(at.inputs_of(store, rule, day, zones), rule.demands[0])


def figures(found):
    """Amount, met and unknown by zone: west, east, outside. Unknown ones are not in the amount."""
    known = np.ones(len(found), bool) if found.known is None else found.known
    return tuple(
        at.by_zone(found, np.where(chosen, values, 0))
        for chosen, values in ((known, found.amount), (known, found.met), (~known, found.amount))
    )


LIT = """
catchment = "status"
[status]
met = { state = ["lit"] }
known = { state = ["lit", "out"] }
[[demands]]
kind = "features"
layer = "lamps"
group = "road_class"
"""


def test_lamps_lit_among_those_inspected_are_known(tmp_path):
    """West: two lit, one out, one not inspected, one without a state. East: one out. Outside: one lit."""
    where = [100, 200, 300, 400, 500, 2000, 5000]
    lamps = at.frame(
        [Point(x, 0) for x in where],
        id=list("abcdefg"),
        state=["lit", "lit", "out", "unknown", None, "out", "lit"],
        road_class=["arterial", "lane", "lane", "lane", "arterial", "arterial", None],
    )
    found = measured(at.city(tmp_path, lamps=lamps), LIT)
    assert figures(found) == ([3, 1, 1], [2, 0, 1], [2, 0, 0])
    assert found.groups == ("arterial", "lane")
    of_group = {name: found.met[found.group == row].sum() for row, name in enumerate(found.groups)}
    assert of_group == {"arterial": 1000, "lane": 1000}


LEVEL = """
catchment = "status"
[status]
{bound}
[[demands]]
kind = "features"
layer = "springs"
"""


def springs(**columns):
    count = len(next(iter(columns.values())))
    names = [f"s{number}" for number in range(count)]
    return at.frame([Point(100 + 10 * n, 0) for n in range(count)], id=names, name=names, **columns)


def test_a_spring_is_compared_with_its_own_warning_level(tmp_path):
    """Above, at, below; without a warning level and without a reading nobody can say."""
    frame = springs(level_m=[28.5, 28.0, 27.9, 28.0, None], warning_m=[28.15, 28.0, 28.0, None, 28.0])
    store = at.city(tmp_path, springs=frame)
    above = measured(store, LEVEL.format(bound='above = { level_m = "warning_m" }'))
    assert figures(above) == ([3, 0, 0], [1, 0, 0], [2, 0, 0])  # a level at the line raises the alert
    least = measured(store, LEVEL.format(bound='at_least = { level_m = "warning_m" }'))
    assert figures(least) == ([3, 0, 0], [2, 0, 0], [2, 0, 0])


def test_a_level_may_also_be_a_number(tmp_path):
    store = at.city(tmp_path, springs=springs(level_m=[28.5, 28.0, None]))
    found = measured(store, LEVEL.format(bound="at_least = { level_m = 28.15 }"))
    assert figures(found) == ([2, 0, 0], [1, 0, 0], [1, 0, 0])


FREE = """
catchment = "status"
[status]
without = {{ layer = "violations", where = {{ state = ["open"] }}{more} }}
[[demands]]
kind = "{kind}"
layer = "{layer}"
"""


def free(kind, layer, more=""):
    return FREE.format(kind=kind, layer=layer, more=more and f", {more}")


def violations(*rows):
    """Rows of x, y, state, found, closed."""
    x, y, state, found, closed = zip(*rows, strict=True)
    return at.frame(
        [Point(*place) for place in zip(x, y, strict=True)],
        id=[f"v{number}" for number in range(len(rows))],
        state=list(state),
        found=list(found),
        closed=list(closed),
    )


def subdistricts():
    """a and b in the west, c in the east."""
    shapes = [box(0, -50, 700, 600), box(700, -50, 1400, 600), box(1600, -50, 3000, 600)]
    return at.frame(shapes, code=["a", "b", "c"], name=["a", "b", "c"])


EVENTS = violations(
    (100, 0, "open", date(2026, 5, 1), None),  # in a
    (900, 0, "closed", date(2026, 1, 1), date(2026, 3, 1)),  # in b, closed
    (2000, 0, "open", date(2026, 8, 1), None),  # in c, but found after the day
)


def test_subdistricts_without_open_violations_are_known(tmp_path):
    store = at.city(tmp_path, subdistricts=subdistricts(), violations=EVENTS)
    assert figures(measured(store, free("features", "subdistricts"))) == ([2, 1, 0], [1, 1, 0], [0, 0, 0])
    later = measured(store, free("features", "subdistricts"), day=date(2026, 8, 1))
    assert figures(later) == ([2, 1, 0], [1, 0, 0], [0, 0, 0])


def test_an_event_on_the_border_counts_against_both(tmp_path):
    store = at.city(
        tmp_path, subdistricts=subdistricts(), violations=violations((700, 0, "open", None, None))
    )
    assert figures(measured(store, free("features", "subdistricts"))) == ([2, 1, 0], [0, 1, 0], [0, 0, 0])


def test_only_events_of_the_stated_days_count(tmp_path):
    """On 30 June, 60 days back is 1 May. An event without a date cannot be shown to be older."""
    rows = [(100, 0, "open", date(2026, 4, 30), None), (900, 0, "open", date(2026, 5, 1), None)]
    more = 'within_days = 60, date = "found"'
    store = at.city(tmp_path / "dated", subdistricts=subdistricts(), violations=violations(*rows))
    assert figures(measured(store, free("features", "subdistricts", more)))[1] == [1, 1, 0]
    undated = violations(*rows, (2000, 0, "open", None, None))
    store = at.city(tmp_path / "undated", subdistricts=subdistricts(), violations=undated)
    assert figures(measured(store, free("features", "subdistricts", more)))[1] == [1, 0, 0]


def test_the_packaged_rule_asks_what_was_open_on_the_day_not_what_is_open_now(tmp_path):
    """The case in b was found in January and closed in March: closed today, but open on 1 February."""
    store = at.city(tmp_path, subdistricts=subdistricts(), violations=EVENTS)
    rule = coverage_rules()["violation-free"]

    def free_on(day):
        return figures(status.measure(at.inputs_of(store, rule, day), rule.demands[0]))[1]

    assert free_on(date(2025, 12, 31)) == [2, 1, 0]
    assert free_on(date(2026, 2, 1)) == [1, 1, 0]
    assert free_on(date(2026, 3, 1)) == [2, 1, 0]
    assert free_on(date(2026, 5, 1)) == [1, 1, 0]


def test_events_that_nobody_published_are_not_taken_for_none(tmp_path):
    store = at.city(tmp_path, subdistricts=subdistricts(), districts=world.zones_frame())
    with pytest.raises(RuleWithoutData, match="violations"):
        coverage(store, "violation-free")


def test_metres_of_clean_streets_are_known(tmp_path):
    """Street r crosses the border at 1500 and has an event 20 m away; street s has none."""
    roads = at.frame([LineString([(1000, 0), (2000, 0)]), LineString([(0, 300), (1600, 300)])], id=["r", "s"])
    store = at.city(tmp_path, roads=roads, violations=violations((1100, 20, "open", None, None)))
    near = measured(store, free("road_length", "roads", "near_m = 20.01"))
    amount, met, unknown = figures(near)
    assert amount == pytest.approx([500 + 1500, 500 + 100, 0], abs=0.002)
    assert met == pytest.approx([1500, 100, 0], abs=0.002)
    assert unknown == [0, 0, 0]
    assert figures(measured(store, free("road_length", "roads", "near_m = 19.99")))[1] == pytest.approx(
        amount, abs=0.002
    )


def test_land_is_met_as_a_whole_and_split_along_zones(tmp_path):
    quarters = at.frame([box(1400, 0, 1600, 100), box(100, 0, 200, 100)], id=["q", "p"])
    store = at.city(
        tmp_path, residential_land=quarters, violations=violations((1410, 50, "open", None, None))
    )
    found = measured(store, free("residential_land", "residential_land"))
    amount, met, _ = figures(found)
    assert amount == pytest.approx([10_000 + 10_000, 10_000, 0], abs=0.1)
    assert met == pytest.approx([10_000, 0, 0], abs=0.1)
    assert found.xy is None


def test_a_layer_without_features_has_no_demand(tmp_path):
    lamps = at.frame([Point(0, 0)], id=["a"], state=["lit"], road_class=["lane"]).iloc[:0]
    assert len(measured(at.city(tmp_path, lamps=lamps), LIT)) == 0


def test_lamps_are_printed_by_class_with_the_targets_of_the_plans(tmp_path):
    """Arterial roads: 3 of 4 lit, secondary: 1 of 1, and one lamp that nobody has inspected."""
    state = ["lit", "lit", "lit", "out", "lit", "unknown"]
    lamps = at.frame(
        [Point(100 + 10 * number, 0) for number in range(6)],
        id=list("abcdef"),
        state=state,
        road_class=["arterial"] * 4 + ["secondary", "lane"],
    )
    store = at.city(tmp_path, lamps=lamps, districts=world.zones_frame())
    found = coverage(store, "lighting-lit").result["city"]["figures"]["features"]
    assert (found["demand"], found["met"], found["unknown"]) == (5, 4, 1)
    arterial, secondary = found["groups"]["arterial"], found["groups"]["secondary"]
    assert (arterial["share"], arterial["target"], arterial["gap"]) == (0.75, 0.99, 0.24)
    assert (secondary["share"], secondary["target"], secondary["gap"]) == (1.0, 0.98, 0.0)

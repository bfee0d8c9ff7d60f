"""What an upload does under coverage rules: exactly what publishing it gives, by hand and by the engine."""

import coverage_world as parks
import pytest
import tiny_city as city
from coverage_world import HEAD, PEOPLE

from geo.crs import to_stored
from inventory.coverage import coverage
from inventory.rule_effect import rule_effects
from layers.catalog import Store
from layers.validate import prepare

STRAIGHT = f"""{HEAD}catchment = "straight"
[[services]]
layer = "parks"
from = "boundary"
distance_m = 600
{PEOPLE}"""


@pytest.fixture
def store(tmp_path):
    workspace = city.workspace(tmp_path / "home")
    (workspace.home / "rules" / "own.toml").write_text(STRAIGHT, "utf-8")
    with Store.open(workspace) as store:
        parks.published(store)
        yield store


def state(store, frame, layer="parks"):
    return prepare(to_stored(frame), store.spec(layer), store.workspace.city).frame


def own(store, frame):
    return next(
        each for each in rule_effects(store, "parks", "city", state(store, frame)) if each.rule == "own"
    )


def test_the_effect_is_what_publishing_gives(store):
    """Without its park nobody is served; publishing the empty layer says the same."""
    before = parks.rows(coverage(store, "own").result)
    told = own(store, parks.triangle().iloc[:0])
    city.publish(store, "parks", parks.triangle().iloc[:0])
    after = parks.rows(coverage(store, "own").result)
    zones = {row.code: row.demands[0].change for row in (*told.rows, told.city)}
    assert zones["city"].before == before["city"]["share"] > 0
    assert zones["city"].after == after["city"]["share"] == 0
    changed = {code for code in before if before[code]["share"] != after[code]["share"]} - {"outside"}
    assert set(zones) == changed
    for code, change in zones.items():
        assert (change.before, change.after) == (before[code]["share"], after[code]["share"])
        assert (change.people_before, change.people_after) == (before[code]["met"], after[code]["met"])


def test_the_same_state_and_a_layer_no_rule_reads_have_no_effect(store):
    assert list(rule_effects(store, "parks", "city", state(store, parks.triangle()))) == []
    assert list(rule_effects(store, "water", "city", None)) == []


def test_nothing_is_written(store):
    sequence = store.sequence()
    own(store, parks.triangle().iloc[:0])
    assert store.sequence() == sequence
    assert not list((store.workspace.home / "results").glob("*"))


def test_every_rule_that_reads_the_layer_is_told_in_order(store):
    told = list(rule_effects(store, "parks", "city", state(store, parks.triangle().iloc[:0])))
    assert [each.rule for each in told] == ["own", "park-radius", "park-walk"]
    assert [each.reason for each in told] == [None, None, None], "people are published: enough for a figure"


def test_what_stands_against_figures_is_told_by_its_code(store):
    everybody = store.read("people")
    nobody = prepare(everybody.iloc[:0], store.spec("people"), store.workspace.city).frame
    told = {each.rule: each.reason for each in rule_effects(store, "people", "city", nobody)}
    assert told["own"] == "no_demand"

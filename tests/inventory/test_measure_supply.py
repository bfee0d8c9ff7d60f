"""School places against people in the tiny city (see `tiny_world`), worked out by hand.

Both schools are primary schools here. Walks to K: near 300, just 310, both 1310 m; to S: near 1240, just
1230, both 230, bridge 1320 m. far stands on no street, across and out are farther than any of it.
"""

import coverage_world
import pytest
import tiny_city as city
import tiny_world as world
from coverage_world import HEAD, rows

from inventory.coverage import coverage, keep
from inventory.coverage_rule_file import parse
from inventory.errors import DemandInvalid, RuleError
from inventory.recipe import replay
from layers.catalog import Store

PLACES = {"K": 70, "S": 46}


PRIMARY = '{ category = "primary_school" }'


def rule(distance_m, supply="", demand="", layer="education", where=PRIMARY, capacity="places"):
    return parse(
        f"""{HEAD}
catchment = "supply"
[supply]
{supply}
[[services]]
layer = "{layer}"
where = {where}
capacity = "{capacity}"
distance_m = {distance_m}
{coverage_world.PEOPLE}
{demand}""".encode(),
        "own.toml",
    )


def schools(places=PLACES):
    frame = world.education_frame({name: (*row[:2], "primary_school") for name, row in world.SITES.items()})
    return frame.assign(places=[places[name] for name in frame["id"]])


def published(home, frame):
    """The tiny city with these schools."""
    opened = Store.open(city.workspace(home))
    city.publish_all(opened)
    city.publish(opened, "education", frame)
    return opened


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with published(tmp_path_factory.mktemp("supply") / "home", schools()) as opened:
        yield opened


def person(run):
    found = run.portions["people"]
    return dict(zip(found.id.tolist(), found.ratio.tolist(), strict=True))


def test_places_for_each_person_are_known(store):
    """In 1315 m: K's 70 places are for 10 + 20 + 5 = 35 people, 2 each; S's 46 for the same 35."""
    run = coverage(store, rule(1315))
    of_k, of_s = 70 / 35, 46 / 35
    assert person(run) == pytest.approx(
        {
            "near": of_k + of_s,
            "just": of_k + of_s,
            "both": of_k + of_s,
            "bridge": 0,
            "across": 0,
            "far": 0,
            "out": 0,
        }
    )
    run = coverage(store, rule(1320))  # S now also serves the 80 at the bridge: 46 / 115 = 0.4
    assert person(run) == pytest.approx(
        {"near": 2.4, "just": 2.4, "both": 2.4, "bridge": 0.4, "across": 0, "far": 0, "out": 0}
    )


def test_places_for_a_thousand_people_are_means_by_zone(store):
    """West: 30 of 230 people have 2.4; east: 5 have 2.4 and 80 have 0.4; all the places go to 635 people."""
    found = rows(coverage(store, rule(1320)).result)
    values = {code: row["value"] for code, row in found.items()}
    assert values == pytest.approx(
        {
            "west": 1000 * 30 * 2.4 / 230,
            "east": 1000 * (5 * 2.4 + 80 * 0.4) / 85,
            "outside": 0,
            "city": 1000 * (70 + 46) / 635,
        },
        abs=0.0005,
    )
    assert found["west"]["unattached"] == {"amount": 160, "points": 1}
    assert found["city"]["share"] is None


def test_a_step_weighs_both_steps(store):
    """Up to 500 m counts whole, beyond half. K: 10 + 20 + 5/2 = 32.5 people; S: 5 + (10 + 20 + 80)/2 = 60."""
    run = coverage(store, rule(1320, 'weights = "step"\nbands = [[500, 1.0], [1320, 0.5]]'))
    of_k, of_s = 70 / 32.5, 46 / 60
    assert person(run) == pytest.approx(
        {
            "near": of_k + of_s / 2, "just": of_k + of_s / 2, "both": of_k / 2 + of_s, "bridge": of_s / 2,
            "across": 0, "far": 0, "out": 0,
        }
    )  # fmt: skip


def test_nothing_falls_off_an_edge_with_a_bell(store):
    found = person(coverage(store, rule(1320, 'weights = "gaussian"')))
    assert found["bridge"] == 0  # at the very limit
    assert 0 < found["both"] != found["near"] > 0
    assert sum(found[name] * row[2] for name, row in world.PEOPLE.items()) == pytest.approx(70 + 46)


def test_a_school_that_does_not_say_its_places_offers_none(tmp_path):
    with published(tmp_path / "home", schools({"K": None, "S": 46})) as store:
        assert person(coverage(store, rule(1320)))["near"] == pytest.approx(0.4)


def test_a_target_is_places_for_a_thousand_people(store):
    target = '[[targets]]\nvalue = 200\nsource = "tests"\nstanding = "assumed"\n'
    found = rows(coverage(store, rule(1320, demand=target)).result)
    assert found["city"]["target"] == 200
    assert found["city"]["gap"] == pytest.approx(200 - 1000 * 116 / 635, abs=0.0005)


def test_a_result_is_replayed_to_the_byte(store):
    run = coverage(store, rule(1320, 'weights = "gaussian"'))
    assert replay(store, keep(store, run)).identical


def test_a_column_that_is_not_there_is_named(store):
    with pytest.raises(RuleError, match="beds"):
        coverage(store, rule(500, capacity="beds"))


def test_less_than_nothing_is_no_capacity(store):
    frame = world.education_frame({"K": world.SITES["K"]})[["id", "name", "geometry"]].assign(level_m=-5.0)
    city.publish(store, "springs", frame)
    with pytest.raises(DemandInvalid, match="level_m"):
        coverage(store, rule(500, layer="springs", where="{}", capacity="level_m"))

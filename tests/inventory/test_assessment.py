"""The engine on the tiny world of `tiny_world.py`, whose arithmetic is written there."""

import pytest
import tiny_world as world
from hypothesis import given
from hypothesis import strategies as st

from inventory.assessment import assess
from inventory.canonical import canonical
from inventory.demand import street_metres
from inventory.errors import DemandInvalid, NoDemand, NothingAttaches, RuleError
from inventory.report import ZoneName, report
from inventory.sites import sites_of
from inventory.walking import Walking

STREETS = world.network()


def result(people=world.PEOPLE, places=world.SITES, zones=world.ZONES, rules=None, frames=None, demand=None):
    rules = rules or world.tiny_rules()
    sites = sites_of(rules, frames, world.METRES) if frames is not None else world.sites(rules, places)
    frame = world.zones_frame(zones)
    streets = Walking(STREETS, None, None, rules.walk)
    assessed = assess(streets, demand or world.demand(people), sites, frame, rules, key="code")
    names = [ZoneName(code, code) for code in zones]
    return report(assessed, rules, names, world.METRES)


@pytest.fixture(scope="module")
def tiny():
    return result()


def rows(figures):
    return {row["code"]: row for row in [*figures["zones"], figures["outside"], figures["city"]]}


def test_zones_are_listed_by_code(tiny):
    assert [row["code"] for row in tiny["zones"]] == ["east", "west"]


def test_each_category_is_met_as_worked_by_hand(tiny):
    met = {code: {c: v["met"] for c, v in row["categories"].items()} for code, row in rows(tiny).items()}
    assert met == {
        "west": {"primary_school": 0, "kindergarten": 10},
        "east": {"primary_school": 5, "kindergarten": 0},
        "outside": {"primary_school": 0, "kindergarten": 0},
        "city": {"primary_school": 5, "kindergarten": 10},
    }
    west = rows(tiny)["west"]["categories"]["kindergarten"]
    assert west["share"] == round(10 / 230, 6)
    assert west["share_straight"] == round((10 + 20 + 40) / 230, 6)  # the river is no hindrance to a line


def test_the_way_over_the_bridge_is_walked(tiny):
    # One person in the east is reached by K at 1310 m (5 people) and one at 2820 m (80 people).
    east = rows(tiny)["east"]["categories"]["kindergarten"]
    assert east["mean_m"] == round((5 * 1310 + 80 * 2820) / 85, 1)
    assert east["p90_m"] == 2820  # 5 of 85 are less than 90 %
    assert east["reached_share"] == 1
    # G = (sum over pairs of w w |x - x'|) / (2 W S) = 2 * 5 * 80 * 1510 / (2 * 85 * (6550 + 225600))
    assert east["gini"] == round(5 * 80 * 1510 / (85 * 232_150), 6)


def test_beyond_the_search_is_said_and_not_guessed(tiny):
    # In the west near and just reach K (30 of 230 people); across walks 5220 m, far stands on no street.
    west = rows(tiny)["west"]["categories"]["kindergarten"]
    assert (west["p90_m"], west["p90_beyond"]) == (None, True)
    assert west["reached_share"] == round(30 / 230, 6)
    assert west["mean_m"] == round((10 * 300 + 20 * 310) / 30, 1)


def test_own_list_and_complete_differ(tiny):
    # The 10-minute list alone (school) is met by both; with the 5-minute list (kindergarten) by nobody.
    ten = rows(tiny)["east"]["tiers"]["10"]
    assert (ten["own"], ten["complete"]) == (5, 0)
    assert ten["own_share"] == round(5 / 85, 6)
    five = rows(tiny)["west"]["tiers"]["5"]
    assert (five["own"], five["complete"], five["complete_share"]) == (10, 10, round(10 / 230, 6))


def test_a_second_kindergarten_completes_those_who_missed_only_that():
    # K2 at (1900, 210): both walks 10 + 110 + 10 = 130 m to it, and has the school.
    figures = result(places=world.SITES | {"K2": (1900, 210, "kindergarten")})
    east = rows(figures)["east"]
    assert (east["met"], east["share"]) == (5, round(5 / 85, 6))


def test_people_who_miss_exactly_one_are_counted_under_it(tiny):
    assert rows(tiny)["west"]["one_missing"] == {
        "total": 10, "by": [{"category": "primary_school", "people": 10}],
    }  # fmt: skip
    assert rows(tiny)["city"]["one_missing"] == {
        "total": 15,
        "by": [{"category": "primary_school", "people": 10}, {"category": "kindergarten", "people": 5}],
    }


def test_those_without_a_street_stay_in_the_denominator_and_are_listed(tiny):
    assert rows(tiny)["west"]["demand"] == 230
    assert rows(tiny)["west"]["unattached"] == {"amount": 160, "points": 1}
    assert rows(tiny)["city"]["unattached"] == {"amount": 160, "points": 1}


def test_a_layer_nobody_published_is_excluded_and_named(tiny):
    assert tiny["excluded"] == [{"category": "library", "layer": "culture_sport", "reason": "no_data"}]
    status = {c["id"]: (c["status"], c["sites"]) for c in tiny["categories"]}
    assert status["library"] == ("no_data", None)
    assert status["kindergarten"] == ("measured", 1)
    assert "library" not in rows(tiny)["city"]["categories"]


def test_a_published_layer_without_features_is_none_served():
    frames = {"education": world.education_frame(), "culture_sport": world.education_frame({})}
    figures = result(frames=frames)
    library = rows(figures)["city"]["categories"]["library"]
    assert figures["excluded"] == []
    assert (library["met"], library["share"], library["mean_m"], library["gini"]) == (0, 0, None, None)
    assert (library["p90_m"], library["p90_beyond"], library["reached_share"]) == (None, True, 0)


def test_nothing_published_at_all_is_no_data_and_not_all_served():
    city = rows(result(frames={"education": None, "culture_sport": None}))["city"]
    assert (city["share"], city["reason"], city["met"]) == (None, "no_data", 0)
    assert city["tiers"]["10"]["complete_share"] is None


def test_a_zone_without_streets_has_null_and_says_so():
    # An island at y = 1000 with 7 people, and an empty one beside it.
    figures = result(
        people=world.PEOPLE | {"isle": (100, 1000, 7)},
        zones=world.ZONES | {"isle": (0, 900, 500, 1100), "rock": (600, 900, 700, 1100)},
    )
    isle, rock = rows(figures)["isle"], rows(figures)["rock"]
    assert (isle["share"], isle["reason"], isle["demand"], isle["met"]) == (None, "no_network", 7, 0)
    assert (rock["share"], rock["reason"], rock["demand"]) == (None, "no_demand", 0)
    assert isle["categories"]["kindergarten"]["share"] is None
    assert rows(figures)["city"]["demand"] == 642


def test_a_zone_with_streets_where_nobody_attaches_is_none_served():
    figures = result(
        people=world.PEOPLE | {"hill": (200, 450, 7)}, zones=world.ZONES | {"a": (150, 190, 250, 460)}
    )
    row = rows(figures)["a"]  # its own streets run at y = 200, its only person stands 250 m from them
    assert (row["share"], row["reason"], row["unattached"]["amount"]) == (0, None, 7)


def test_a_facility_without_a_street_is_counted():
    figures = result(places=world.SITES | {"Z": (1500, 900, "kindergarten")})
    counts = {c["id"]: (c["sites"], c["sites_unattached"]) for c in figures["categories"]}
    assert counts["kindergarten"] == (2, 1)


def test_a_target_leaves_a_gap():
    rules = world.tiny_rules(target={"share": 0.85, "source": "tests", "standing": "assumed"})
    city = rows(
        result(rules=rules, places={"K": (780, 210, "kindergarten"), "S": (790, 210, "primary_school")})
    )["city"]
    assert city["met"] == 30  # near and just
    assert city["gap"] == round(0.85 - round(30 / 635, 6), 6)


def test_the_largest_gap_comes_first(tiny):
    first = tiny["gaps"][0]
    assert (first["rank"], first["zone"]) == (1, "outside")
    # the cell of 250 m with out and across touches, by a corner, the one with near and just; far's does not
    assert (first["people"], first["points"]) == (320 + 40 + 10 + 20, 4)
    assert first["missing"] == [
        {"category": "primary_school", "people": 390}, {"category": "kindergarten", "people": 380},
    ]  # fmt: skip


def test_street_metres_are_demand_too():
    # Within 300 m of K on the north road: 2 * (300 - 10) m, in pieces of 10 m standing at their middle.
    rules = world.tiny_rules(demand={"kind": "street_metres", "piece_m": 10.0})
    streets = street_metres(STREETS, layer="walk_network", piece_m=10.0, min_component_m=5000.0)
    city = rows(result(rules=rules, demand=streets))["city"]
    assert city["demand"] == pytest.approx(6200)
    assert city["categories"]["kindergarten"]["met"] == pytest.approx(580, abs=10)  # one piece
    assert city["unattached"] == {"amount": 0, "points": 0}


def test_nobody_at_all_is_an_error():
    with pytest.raises(NoDemand, match="'people' holds no demand"):
        world.demand({"a": (0, 0, 0)})


def test_less_than_nobody_is_an_error():
    with pytest.raises(DemandInvalid, match="people = -3"):
        world.demand({"a": (0, 0, -3)})


def test_a_count_column_says_for_how_many_a_site_stands():
    rules = world.tiny_rules()
    frame = world.education_frame().assign(number=[3, 0])
    tiers = [dict(tier) for tier in rules.document["tiers"]]
    tiers[1]["categories"] = [tiers[1]["categories"][0] | {"count": "number"}]
    counted = world.tiny_rules(tiers=tiers)
    figures = result(rules=counted, frames={"education": frame, "culture_sport": None})
    assert {c["id"]: c["sites"] for c in figures["categories"]}["kindergarten"] == 3
    uncounted = world.education_frame().assign(number=[3, None])
    figures = result(rules=counted, frames={"education": uncounted, "culture_sport": None})
    assert {c["id"]: c["sites"] for c in figures["categories"]}["kindergarten"] == 3  # missing is not one
    with pytest.raises(RuleError, match="no column 'number'"):
        result(rules=counted)


def test_nothing_within_reach_is_an_error():
    with pytest.raises(NothingAttaches, match="none of 1 demand points lies within 200 m"):
        result(people={"sea": (0, 9_000, 1)})


place = st.tuples(st.integers(-100, 3200), st.integers(-250, 450))
crowd = st.lists(st.tuples(place, st.integers(1, 10_000)), min_size=1, max_size=12)
kinds = st.sampled_from(["kindergarten", "primary_school"])
homes = st.lists(st.tuples(place, kinds), max_size=6)
anchor = ((1500, 5), 1)  # somebody always stands on a street


def of(people, places):
    named = {f"p{n}": (*xy, amount / 8) for n, (xy, amount) in enumerate([anchor, *people])}
    return result(people=named, places={f"s{n}": (*xy, kind) for n, (xy, kind) in enumerate(places)})


@given(crowd, homes)
def test_zones_and_outside_sum_to_the_city_and_shares_are_shares(people, places):
    found = rows(of(people, places))
    city = found.pop("city")
    assert sum(row["demand"] for row in found.values()) == city["demand"]
    assert sum(row["met"] for row in found.values()) == city["met"]
    for row in [*found.values(), city]:
        assert 0 <= row["met"] <= row["demand"]
        for category in row["categories"].values():
            if row["reason"] is None:
                assert 0 <= category["share"] <= category["share_straight"] <= 1
                assert 0 <= (category["gini"] or 0) <= 1


@given(crowd, homes, st.tuples(place, kinds))
def test_adding_a_facility_never_lowers_anything_met(people, places, more):
    before, after = rows(of(people, places)), rows(of(people, [*places, more]))
    for code, row in before.items():
        assert row["met"] <= after[code]["met"]
        for category, figures in row["categories"].items():
            assert figures["met"] <= after[code]["categories"][category]["met"]


@given(crowd, homes, st.data())
def test_shuffling_the_inputs_changes_no_byte(people, places, data):
    def shuffled(rows):
        return dict(data.draw(st.permutations(list(rows.items()))))

    named = {f"p{n}": (*xy, amount / 8) for n, (xy, amount) in enumerate([anchor, *people])}
    sites = {f"s{n}": (*xy, kind) for n, (xy, kind) in enumerate(places)}
    one = result(people=named, places=sites)
    other = result(people=shuffled(named), places=shuffled(sites), zones=shuffled(world.ZONES))
    assert canonical(one) == canonical(other)

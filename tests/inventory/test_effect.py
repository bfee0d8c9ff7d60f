"""What publishing would do to coverage, on the tiny world: by hand, and by publishing it afterwards."""

from datetime import date

import pandas as pd
import pytest
import tiny_city as city
import tiny_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.circles import circles
from inventory.effect import effect
from layers.catalog import Store

K = (500, 210, "kindergarten")


@pytest.fixture
def store(tmp_path):
    with Store.open(city.workspace(tmp_path / "home")) as store:
        city.publish_all(store)
        yield store


def rows(result):
    return {row["code"]: row for row in [*result["zones"], result["outside"], result["city"]]}


def education(store, sites):
    return city.state(store, "education", world.education_frame(sites))


def looked_at(store, layer, state, **options):
    return effect(store, layer, "city", state, **options).as_values()


def test_a_new_kindergarten_is_counted_as_by_hand(store):
    """K is new: of 230 in the west 10 get a kindergarten (near walks 295 m to x = 505), 10 of 635 in all.

    Nobody has both, so the complete share stays 0 with K; without any kindergarten in the published layer
    the category has data already (the layer is published) and is met by nobody.
    """
    state = education(store, world.SITES | {"K": (505, 210, "kindergarten")})
    found = looked_at(store, "education", state)
    assert (found["layer"], found["rule_set"], found["by"], found["unit"]) == (
        "education", "tiny", "district", "people",
    )  # fmt: skip
    assert (found["reason"], found["before_reason"], found["after_reason"]) == (None, None, None)
    (west,) = found["rows"]
    assert (west["code"], west["before"], west["after"]) == ("west", 0.0, 0.0)
    assert (west["people_before"], west["people_after"]) == (0, 0)
    assert west["categories"] == [
        {
            "id": "kindergarten",
            "title_zh": "幼儿园",
            "title_en": "Kindergarten",
            "before": 0.0,
            "after": round(10 / 230, 6),
            "people_before": 0,
            "people_after": 10,
        }
    ]
    (category,) = found["city"]["categories"]
    assert (category["after"], category["people_after"]) == (round(10 / 635, 6), 10)
    assert (found["city"]["demand_before"], found["city"]["demand_after"]) == (635, 635)


def test_who_gets_all_is_counted_in_the_complete_share(store):
    """A kindergarten at x = 1800: `both` (5 of 85 in the east) walks 10 + 10 + 10 m and has the school."""
    found = looked_at(store, "education", education(store, world.SITES | {"K": (1800, 210, "kindergarten")}))
    (east,) = found["rows"]
    assert (east["code"], east["before"], east["after"]) == ("east", 0.0, round(5 / 85, 6))
    assert (east["people_before"], east["people_after"]) == (0, 5)
    assert found["city"]["after"] == round(5 / 635, 6)


def same_as_publishing(store, layer, state, publish, *, by=None):
    """The law: before is today's result, after is the result once this is published."""
    before = rows(circles(store, by=by or "district").result)
    found = looked_at(store, layer, state, by=by)
    publish()
    after = rows(circles(store, by=by or "district").result)
    told = {row["code"]: row for row in [*found["rows"], *([found["city"]] if found["city"] else [])]}
    for code in before.keys() | after.keys():
        old, new = before.get(code, {}), after.get(code, {})
        if code not in told:
            kept = ("share", "met", "demand", "reason")
            assert {k: old.get(k) for k in kept} == {k: new.get(k) for k in kept}, code
            if layer in ("people", "walk_network", "districts"):
                assert {k: v["met"] for k, v in old["categories"].items()} == {
                    k: v["met"] for k, v in new["categories"].items()
                }
            continue
        row = told[code]
        assert [row["before"], row["people_before"], row["demand_before"], row["reason_before"]] == [
            old.get(k) for k in ("share", "met", "demand", "reason")
        ]
        assert [row["after"], row["people_after"], row["demand_after"], row["reason_after"]] == [
            new.get(k) for k in ("share", "met", "demand", "reason")
        ]
        for each in row["categories"]:
            was, is_ = old.get("categories", {}).get(each["id"]), new.get("categories", {}).get(each["id"])
            assert each["before"] == (was and was["share"])
            assert each["after"] == (is_ and is_["share"])
            assert each["people_after"] == (is_ and is_["met"])
    return found


SITES = st.dictionaries(
    st.sampled_from(["S", "K", "A", "B"]),
    st.tuples(
        st.integers(0, 2990), st.sampled_from([-10, 210]), st.sampled_from(["kindergarten", "primary_school"])
    ),
)


@settings(max_examples=4)
@given(SITES, SITES)
def test_publishing_gives_exactly_what_was_foretold(tmp_path_factory, old, new):
    as_foretold(tmp_path_factory, old, new)


@pytest.mark.slow
@settings(max_examples=40)
@given(SITES, SITES)
def test_publishing_gives_exactly_what_was_foretold_of_many(tmp_path_factory, old, new):
    as_foretold(tmp_path_factory, old, new)


def as_foretold(tmp_path_factory, old, new):
    with Store.open(city.workspace(tmp_path_factory.mktemp("law") / "home")) as store:
        city.publish_all(store)
        city.publish(store, "education", world.education_frame(old))
        frame = world.education_frame(new)
        found = same_as_publishing(
            store, "education", education(store, new), lambda: city.publish(store, "education", frame)
        )
        assert found["reason"] == ("unchanged" if old == new else None)


def test_streets_can_be_the_candidate(store):
    """Without the bridge the south road (3000 m) is too short a part; nobody in the south attaches."""
    edges = world.edges_frame()
    longer = pd.concat([edges, edges.iloc[[0]].assign(u=1, v=4, edge_id=9)], ignore_index=True)
    found = same_as_publishing(
        store, "walk_network", city.street_state(store, longer), lambda: city.publish_streets(store, longer)
    )
    assert found["reason"] is None


def test_people_can_be_the_candidate(store):
    """20 more people live where `both` lives: the east has 105."""
    more = world.PEOPLE | {"more": (1790, 210, 20)}
    frame = world.people_frame(more)
    state = city.state(store, "people", frame)
    found = same_as_publishing(store, "people", state, lambda: city.publish(store, "people", frame))
    (east,) = found["rows"]
    assert (east["demand_before"], east["demand_after"]) == (85, 105)
    assert found["city"]["demand_after"] == 655


def test_zones_can_be_the_candidate(store):
    """East is cut in two at x = 2000: `both` lives in the west half, `bridge` in the other."""
    parts = {"west": world.ZONES["west"], "mid": (1500, -50, 2000, 600), "far": (2000, -50, 3100, 600)}
    frame = world.zones_frame(parts)
    state = city.state(store, "districts", frame)
    found = same_as_publishing(store, "districts", state, lambda: city.publish(store, "districts", frame))
    assert {row["code"]: (row["demand_before"], row["demand_after"]) for row in found["rows"]} == {
        "east": (85, None), "mid": (None, 5), "far": (None, 80),
    }  # fmt: skip


def test_finer_zones_published_first_have_no_figures_before(store):
    frame = world.zones_frame().assign(district_code="x")
    state = city.state(store, "subdistricts", frame)
    found = looked_at(store, "subdistricts", state)
    assert (found["by"], found["reason"], found["before_reason"]) == ("subdistrict", None, "zones_missing")
    assert {row["code"]: (row["demand_before"], row["demand_after"]) for row in found["rows"]} == {
        "west": (None, 230), "east": (None, 85), "outside": (None, 320),
    }  # fmt: skip


def test_a_layer_no_rule_reads_has_no_effect(store):
    frame = world.education_frame({}).assign(category=pd.Series(dtype="str"))
    found = looked_at(store, "parks", city.state(store, "parks", frame[["id", "name", "geometry"]]))
    assert (found["reason"], found["rows"], found["city"]) == ("layer_unread", [], None)


def test_what_is_published_already_has_no_effect(store):
    found = looked_at(store, "education", education(store, {"S": world.SITES["S"]}))
    assert (found["reason"], found["rows"], found["city"]) == ("unchanged", [], None)


def test_a_city_without_streets_has_none_yet(tmp_path):
    with Store.open(city.workspace(tmp_path / "home")) as store:
        city.publish(store, "districts", world.zones_frame())
        city.publish(store, "people", world.people_frame())
        found = looked_at(store, "education", education(store, world.SITES))
        assert (found["reason"], found["rows"], found["city"]) == ("no_network", [], None)
        found = looked_at(store, "walk_network", city.street_state(store, world.edges_frame()))
        assert (found["reason"], found["before_reason"], found["after_reason"]) == (None, "no_network", None)
        assert found["city"]["demand_after"] == 635


def test_a_state_that_would_end_all_coverage_says_so(store):
    nobody = city.state(store, "people", world.people_frame({"nobody": (0, 0, 0)}))
    found = looked_at(store, "people", nobody)
    assert (found["reason"], found["after_reason"]) == (None, "no_demand")
    assert (found["city"]["demand_before"], found["city"]["demand_after"]) == (635, None)


def test_another_agencys_facilities_stay(store):
    """The schools' bureau adds K; the city's S still serves `both`."""
    frame = world.education_frame({"K": (505, 210, "kindergarten")})
    found = effect(store, "education", "schools", city.state(store, "education", frame)).as_values()
    (west,) = found["rows"]
    assert [each["id"] for each in west["categories"]] == ["kindergarten"]


def test_what_is_only_planned_changes_nothing(store):
    frame = world.education_frame(world.SITES).assign(planned=[date(2099, 1, 1), None])
    found = looked_at(store, "education", city.state(store, "education", frame))
    assert (found["reason"], found["rows"]) == (None, [])
    assert found["city"]["categories"] == []


def test_the_past_of_a_version_that_came_back_is_read_as_it_was(store):
    """Education goes v1, v2, back to v1, while the people move in between: as_of asks for both of then."""
    before = circles(store, as_of=4).content
    city.publish(store, "people", world.people_frame({"both": (1790, 210, 7)}))
    city.publish(store, "education", world.education_frame(world.SITES))
    store.revert("education", store.history("education")[-1].version, author="test")
    assert circles(store, as_of=4).content == before

"""A coverage rule's result made from a kept one is the one of a full run, byte for byte."""

import shutil

import coverage_world as parks
import numpy as np
import pandas as pd
import pytest
import tiny_city as city
import tiny_world as world
from coverage_world import HEAD, PARK_OR_SCHOOL
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from inventory.area import area_of
from inventory.coverage_refresh import compute_coverage, refreshed_coverage
from inventory.coverage_rule_file import parse
from inventory.coverage_run import run_coverage
from inventory.questions import Question, pin_question
from inventory.results import find_recipe, keep, read_kept
from inventory.rule_renewal import kept_questions, renew_rules
from layers.catalog import Store
from layers.withdraw import withdraw
from layers.workspace import Workspace

NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # each example publishes
X, Y = np.random.default_rng(5).integers(0, 300, (2, 40)) * 10.0
CROWD = {f"p{i}": (x, y % 520 - 20, float(i % 7 + 1)) for i, (x, y) in enumerate(zip(X, Y, strict=True))}
OF_PEOPLE = '\n[[demands]]\nkind = "people"\nlayer = "people"\namount = "people"\n'
OF_SCHOOLS = '\n[[demands]]\nkind = "features"\nlayer = "education"\ngroup = "category"\n'
OF_LAND = '\n[[demands]]\nkind = "land"\n'
RADIUS = f"""{HEAD}
catchment = "straight"
[[services]]
layer = "parks"
from = "boundary"
distance_m = 400
[[services]]
layer = "education"
where = {{ category = "primary_school" }}
from = "boundary"
distance_m = 600
{OF_PEOPLE}{OF_SCHOOLS}{OF_LAND}"""
STATE = f'{HEAD}catchment = "status"\n[status]\nmet = {{ category = ["kindergarten"] }}\n{OF_SCHOOLS}'
RULES = {
    "walk": parse(
        (PARK_OR_SCHOOL + OF_SCHOOLS + OF_LAND + "[walk]\nmin_component_m = 100\n").encode(), "walk.toml"
    ),
    "straight": parse(RADIUS.encode(), "straight.toml"),
    "status": parse(STATE.encode(), "status.toml"),
}


def a_city(home):
    store = Store.open(city.workspace(home))
    city.publish_streets(store)
    city.publish(store, "districts", world.zones_frame())
    city.publish(store, "people", world.people_frame(CROWD))
    city.publish(store, "education", world.education_frame())
    city.publish(store, "parks", parks.triangle())
    return store


def pinned(store, rule):
    return pin_question(store, Question(rule))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The city with a result of each rule kept: copied for each test."""
    home = tmp_path_factory.mktemp("rules") / "home"
    with a_city(home) as store:
        for rule in RULES.values():
            keep(store, run_coverage(store, pinned(store, rule)))
    return home


def copied(home, folder) -> Store:
    shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("worker.bell"))
    return Store.open(Workspace.open(folder / "home"))


@pytest.fixture
def store(built, tmp_path):
    with copied(built, tmp_path) as store:
        yield store


def same(store, rule):
    """The refreshed result, which must be there and be that of a full run."""
    recipe = pinned(store, rule)
    made, whole = refreshed_coverage(store, recipe), run_coverage(store, recipe)
    assert made is not None
    assert made.content == whole.content
    assert made.tables.keys() == whole.tables.keys()
    for name, table in made.tables.items():
        assert table.equals(whole.tables[name], check_metadata=True)
    return made


SCHOOLS = st.dictionaries(
    st.sampled_from("ABCDEF"),
    st.tuples(
        st.integers(0, 2990),
        st.sampled_from([-10, 60, 210, 480]),
        st.sampled_from(["kindergarten", "primary_school"]),
    ),
    min_size=1,
    max_size=6,
)
PARKS = st.dictionaries(
    st.sampled_from("PQR"),
    st.tuples(st.integers(0, 2900), st.integers(-80, 500), st.sampled_from([30, 100, 260])),
    min_size=1,
    max_size=3,
)
PERSON = st.tuples(st.integers(0, 2990), st.integers(-40, 500), st.integers(0, 9))
EDITS = st.tuples(
    st.none() | SCHOOLS,
    st.none() | PARKS,
    st.none() | st.dictionaries(st.sampled_from([*list(CROWD)[:9], "new", "newer"]), PERSON, max_size=6),
)


def edit(store, schools, squares, people):
    """Publish what is given: schools and parks as they shall be, people as they change."""
    if schools is not None:
        city.publish(store, "education", world.education_frame(schools))
    if squares is not None:
        frames = [parks.square(x, y, side, name) for name, (x, y, side) in squares.items()]
        city.publish(store, "parks", pd.concat(frames, ignore_index=True))
    if people is not None:
        city.publish(store, "people", world.people_frame(CROWD | people))


def edits_give_the_results_of_full_runs(home, folder, edits):
    with copied(home, folder) as store:
        for each in edits:
            edit(store, *each)
            for rule in RULES.values():
                if find_recipe(store, pinned(store, rule)) is None:  # something changed
                    keep(store, same(store, rule))


@settings(max_examples=2, phases=NO_SHRINKING)
@given(EDITS)
def test_an_edit_gives_the_results_of_full_runs(built, tmp_path_factory, change):
    edits_give_the_results_of_full_runs(built, tmp_path_factory.mktemp("law"), [change])


@pytest.mark.slow
@settings(max_examples=80, phases=NO_SHRINKING)
@given(st.lists(EDITS, min_size=1, max_size=3))
def test_many_edits_in_a_row_give_the_results_of_full_runs(built, tmp_path_factory, edits):
    edits_give_the_results_of_full_runs(built, tmp_path_factory.mktemp("law"), edits)


def test_a_demand_whose_layers_did_not_change_is_taken_whole(store):
    """Of the three demands on foot only the schools are their own layer's; all walk to schools, though."""
    city.publish(store, "people", world.people_frame(CROWD | {"new": (310, 215, 5)}))
    assert same(store, RULES["walk"]).taken == {"people": "near", "features": "whole", "land": "whole"}
    assert same(store, RULES["straight"]).taken == {"people": "full", "features": "whole", "land": "whole"}


def test_services_that_move_are_asked_about_only_around(store):
    city.publish(store, "parks", parks.square(2500, 220, 90))
    assert set(same(store, RULES["walk"]).taken.values()) == {"near"}
    assert same(store, RULES["straight"]).taken == {"people": "near", "features": "near", "land": "full"}


def test_a_school_of_another_kind_is_another_service_and_another_group(store):
    """Its feature is where it was: only what it is has changed."""
    schools = {name: (x, y, "primary_school") for name, (x, y, _) in world.SITES.items()}
    city.publish(store, "education", world.education_frame(schools))
    made = same(store, RULES["walk"])
    assert made.result["demands"][1]["groups"] == ["primary_school"]
    assert made.result["services"][1]["sites"] == 2


def test_other_zones_ask_for_a_full_run(store):
    city.publish(store, "districts", world.zones_frame(world.ZONES | {"east": (1500, -50, 3000, 600)}))
    for rule in RULES.values():
        recipe = pinned(store, rule)
        assert refreshed_coverage(store, recipe) is None
        assert compute_coverage(store, recipe).content == run_coverage(store, recipe).content


def test_other_streets_ask_for_all_that_is_walked_again(store):
    edges = world.edges_frame()
    more = edges.iloc[[0]].assign(u=1, v=4, edge_id=9)
    city.publish_streets(store, pd.concat([edges, more], ignore_index=True))
    assert set(same(store, RULES["walk"]).taken.values()) == {"full"}


def test_pieces_that_are_damaged_are_measured_again(store):
    for path in (store.workspace.home / "results").glob("*/portions-people.parquet"):
        path.write_bytes(b"another")
    city.publish(store, "parks", parks.square(2500, 220, 90))
    assert same(store, RULES["walk"]).taken["people"] == "full"


def test_what_was_withdrawn_is_not_started_from(store):
    before = store.heads("parks")["city"].id
    city.publish(store, "parks", parks.square(2500, 220, 90))
    withdraw(store, before, actor="test", why="wrong")
    assert refreshed_coverage(store, pinned(store, RULES["walk"])) is None


def test_a_second_agency_that_publishes_asks_for_a_full_run(store):
    """Whose part is there decides which zones are known at all."""
    city.publish(store, "education", world.education_frame({"B": (2500, -10, "primary_school")}), "schools")
    assert refreshed_coverage(store, pinned(store, RULES["walk"])) is None


def test_questions_that_were_asked_are_answered_again_the_smallest_first(store):
    """Each rule file of the city that has a kept result by zones; not a drawn area."""
    texts = {"own": PARK_OR_SCHOOL, "state": STATE.replace('id = "own"', 'id = "state"')}
    for name, text in texts.items():
        (store.workspace.home / "rules" / f"{name}.toml").write_text(text, "utf-8")
        keep(store, run_coverage(store, pinned(store, name)))
    corners = [[117.0, 36.66], [117.01, 36.66], [117.01, 36.67]]
    drawn = area_of(corners, store.workspace.city.bbox)
    keep(store, run_coverage(store, pin_question(store, Question("state", area=drawn))))
    asked = kept_questions(store)
    assert [(each.rule, each.by) for each in asked] == [("state", "district"), ("own", "district")]
    assert list(renew_rules(store, asked)) == [None, None]
    city.publish(store, "parks", parks.square(2500, 220, 90))
    state, own = renew_rules(store, asked)
    assert state is None  # it reads no parks
    assert (own.rule, own.error, dict(own.taken)) == ("own", None, {"people": "near"})
    kept = read_kept(store.workspace.home / "results" / own.recipe)
    assert kept.content == run_coverage(store, kept.recipe).content
    withdraw(store, store.heads("people")["city"].id, actor="test", why="wrong")
    (none, told) = renew_rules(store, asked)
    assert (none, told.recipe, told.error) == (None, None, "rule_without_data")

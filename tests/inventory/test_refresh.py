"""A result made from a kept one is the one of a full run, byte for byte, and only then is it made so."""

import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest
import tiny_city as city
import tiny_world as world
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from inventory.pins import pin
from inventory.refresh import compute, refreshed
from inventory.results import keep
from inventory.run import run
from layers.catalog import Store
from layers.withdraw import withdraw
from layers.workspace import Workspace

QUARTERS = {f"q{i:02}": (i * 500, -50, i * 500 + 500, 600) for i in range(5)}  # the last 500 m are outside
KINDS = ("kindergarten", "primary_school", "secondary_school")
SITES = st.dictionaries(
    st.sampled_from("ABCDEFGH"),
    st.tuples(st.integers(0, 2990), st.sampled_from([-10, 60, 210, 480]), st.sampled_from(KINDS)),
    max_size=8,
)


RNG = np.random.default_rng(3)
X, Y = RNG.integers(0, 300, 150) * 10.0, RNG.choice([-20.0, 30.0, 210.0, 500.0], 150)
CROWD = {f"p{i}": (x, y, RNG.integers(1, 2000) / 8) for i, (x, y) in enumerate(zip(X, Y, strict=True))}
"""People beside the two roads and off them, some in the same place."""
NO_SHRINKING = (
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
)  # each example publishes: a smaller one takes minutes


def a_city(home, people=None, sites=None) -> Store:
    store = Store.open(city.workspace(home))
    city.publish_streets(store)
    city.publish(store, "districts", world.zones_frame())
    city.publish(store, "subdistricts", world.zones_frame(QUARTERS))
    city.publish(store, "people", world.people_frame(people or world.PEOPLE))
    city.publish(store, "education", world.education_frame(world.SITES if sites is None else sites))
    return store


def kept(store, *zones):
    for by in zones or ("district", "subdistrict"):
        keep(store, run(store, pin(store, by=by)))


def same(store, by="district"):
    """The refreshed result, which must be there and be that of a full run."""
    recipe = pin(store, by=by)
    made = refreshed(store, recipe)
    assert made is not None
    whole = run(store, recipe)
    assert made.content == whole.content
    for name, table in made.tables.items():
        assert table.equals(whole.tables[name])
    return made


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The tiny city with its results kept: copied for each test."""
    home = tmp_path_factory.mktemp("tiny") / "home"
    with a_city(home) as store:
        kept(store)
    return home


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    home = tmp_path_factory.mktemp("crowded") / "home"
    with a_city(home, CROWD) as store:
        kept(store)
    return home


@pytest.fixture
def store(tiny, tmp_path):
    with copied(tiny, tmp_path) as store:
        yield store


def copied(home, folder) -> Store:
    shutil.copytree(home, folder / "home", ignore=shutil.ignore_patterns("worker.bell"))
    return Store.open(Workspace.open(folder / "home"))


def edits_give_the_results_of_full_runs(store, states):
    """Each result is made from the one before, which was made so itself."""
    for sites in states:
        city.publish(store, "education", world.education_frame(sites))
        for by in ("district", "subdistrict"):
            keep(store, same(store, by))


@settings(max_examples=2, phases=NO_SHRINKING)
@given(st.lists(SITES, min_size=1, max_size=1))
def test_edits_in_a_row_give_the_results_of_full_runs(crowded, tmp_path_factory, states):
    with copied(crowded, tmp_path_factory.mktemp("law")) as store:
        edits_give_the_results_of_full_runs(store, states)


@pytest.mark.slow
@settings(max_examples=60, phases=NO_SHRINKING)
@given(st.lists(SITES, min_size=1, max_size=4))
def test_many_edits_in_a_row_give_the_results_of_full_runs(crowded, tmp_path_factory, states):
    with copied(crowded, tmp_path_factory.mktemp("law")) as store:
        edits_give_the_results_of_full_runs(store, states)


def test_only_the_touched_zones_are_counted_again(store):
    """S moves by 10 m at x = 2000. Who walks to it: all in the west but `far`, and both in the east."""
    city.publish(
        store, "education", world.education_frame(world.SITES | {"S": (2010, 210, "primary_school")})
    )
    assert same(store).counted == ("west", "east")
    # quarters: across on the border of the first two, near and just in the second, both in the fourth; bridge
    # and out are in none
    assert same(store, "subdistrict").counted == ("q00", "q01", "q03")


def test_a_site_that_nobody_reaches_touches_no_zone(store):
    """300 m north of the road it attaches to no street, and no straight line of 300 m meets anybody."""
    city.publish(store, "education", world.education_frame(world.SITES | {"X": (2900, 580, "kindergarten")}))
    made = same(store)
    assert made.counted == ()
    counted = {row["id"]: (row["sites"], row["sites_unattached"]) for row in made.result["categories"]}
    assert counted["kindergarten"] == (2, 1)


def test_another_name_changes_nothing_but_the_inputs(store):
    frame = world.education_frame()
    city.publish(store, "education", frame.assign(name="another"))
    made = same(store)
    assert made.counted == ()


def test_a_date_that_comes_opens_what_was_planned(tmp_path):
    """K is completed in 2030. Nothing is published: on a later day another state is asked for."""
    with a_city(tmp_path / "home") as store:
        dated = world.education_frame().assign(completed=[date(2030, 1, 1), date(2001, 1, 1)])
        city.publish(store, "education", dated)
        kept(store, "district")
        recipe = pin(store, at=date(2031, 1, 1))
        made = refreshed(store, recipe)
        assert made is not None
        assert made.content == run(store, recipe).content
        assert made.counted == ("west", "east")
        same_day = refreshed(store, pin(store, at=date(2029, 12, 31)))
        assert same_day is not None
        assert same_day.counted == ()


def test_two_publishes_before_the_first_refresh_are_one(store):
    city.publish(store, "education", world.education_frame(world.SITES | {"A": (700, 210, "kindergarten")}))
    city.publish(
        store, "education", world.education_frame(world.SITES | {"A": (2500, -10, "primary_school")})
    )
    same(store)
    same(store, "subdistrict")


def test_a_revert_is_refreshed_too(store):
    first = store.heads("education")["city"].id
    city.publish(store, "education", world.education_frame({"A": (700, 210, "kindergarten")}))
    keep(store, same(store))
    store.revert("education", first, author="test")
    same(store)


def test_what_was_withdrawn_is_not_started_from(store):
    """The kept result stands on a version that may not be read any more: a full run is made."""
    before = store.heads("education")["city"].id
    city.publish(store, "education", world.education_frame({"A": (700, 210, "kindergarten")}))
    withdraw(store, before, actor="test", why="wrong")
    recipe = pin(store)
    assert refreshed(store, recipe) is None
    assert compute(store, recipe).content == run(store, recipe).content


def test_a_second_agency_that_publishes_is_a_change_like_another(store):
    city.publish(store, "education", world.education_frame({"B": (2500, -10, "kindergarten")}), "schools")
    same(store)


@pytest.mark.parametrize("layer", ["people", "walk_network", "districts", "culture_sport"])
def test_streets_people_zones_and_first_data_of_a_layer_ask_for_a_full_run(store, layer):
    if layer == "people":
        city.publish(store, layer, world.people_frame(world.PEOPLE | {"near": (780, 210, 11)}))
    elif layer == "walk_network":
        edges = world.edges_frame()
        more = edges.iloc[[0]].assign(u=1, v=4, edge_id=9)
        city.publish_streets(store, pd.concat([edges, more], ignore_index=True))
    elif layer == "districts":
        city.publish(store, layer, world.zones_frame(world.ZONES | {"east": (1500, -50, 3000, 600)}))
    else:
        city.publish(store, layer, world.education_frame({"L": (700, 210, "library")}))
    recipe = pin(store)
    assert refreshed(store, recipe) is None
    assert compute(store, recipe).content == run(store, recipe).content


@pytest.mark.parametrize("name", ["distances.parquet", "zones.parquet", "result.json", "recipe.json"])
def test_a_damaged_result_is_not_started_from(store, name):
    for folder in (store.workspace.home / "results").iterdir():
        (folder / name).write_bytes(b"another")
    city.publish(store, "education", world.education_frame({"A": (700, 210, "kindergarten")}))
    assert refreshed(store, pin(store)) is None


def test_zones_of_one_code_ask_for_a_full_run(tmp_path):
    """Districts told apart by a column that repeats: rows cannot be found by code."""
    text = city.CITY.replace('layer = "subdistricts"', 'layer = "subdistricts"\nkey = "name"')
    workspace = Workspace.init(tmp_path / "home", text)
    (workspace.home / "rules" / "tiny.toml").write_text(world.RULES, "utf-8")
    with Store.open(workspace) as store:
        city.publish_all(store)
        city.publish(store, "subdistricts", world.zones_frame(QUARTERS).assign(name="same"))
        kept(store, "subdistrict")
        city.publish(store, "education", world.education_frame())
        assert refreshed(store, pin(store, by="subdistrict")) is None

"""Circles on a real store: the tiny world published, computed, kept, found and replayed."""

import json
import os
from datetime import date

import geopandas as gpd
import pyarrow.parquet as pq
import pytest
import tiny_world as world

from geo.crs import to_stored
from inventory.circles import circles, find, keep
from inventory.distances import read_distances
from inventory.errors import (
    NoDemand,
    NoNetwork,
    RecipeError,
    RuleError,
    ZoneColumnMissing,
    ZonesMissing,
    ZonesUnknown,
)
from inventory.recipe import replay
from inventory.results import damaged
from layers.catalog import Store
from layers.networks import publish_network
from layers.publish import publish_frame
from layers.workspace import Workspace

CITY = """
id = "tiny"
name_zh = "小城"
name_en = "Tiny"
bbox = [116.9, 36.6, 117.1, 36.8]
working_crs = "EPSG:4548"
rule_set = "tiny"
[[agencies]]
code = "city"
name_zh = "市"
name_en = "City"
kind = "city"
[zones.district]
layer = "districts"
[zones.subdistrict]
layer = "subdistricts"
"""


@pytest.fixture
def empty(tmp_path):
    workspace = Workspace.init(tmp_path / "home", CITY)
    (workspace.home / "rules" / "tiny.toml").write_text(world.RULES, "utf-8")
    with Store.open(workspace) as store:
        yield store


def publish(store, layer, frame):
    return publish_frame(store, layer, "city", to_stored(frame), author="test")


def publish_streets(store):
    nodes = to_stored(world.nodes_frame())
    nodes = nodes.assign(lon=nodes.geometry.x, lat=nodes.geometry.y).drop(columns="geometry")
    return publish_network(store, "walk_network", "city", nodes, world.edges_frame(), author="test")


@pytest.fixture
def store(empty):
    publish_streets(empty)
    publish(empty, "districts", world.zones_frame())
    publish(empty, "people", world.people_frame())
    publish(empty, "education", world.education_frame({"S": world.SITES["S"]}))
    return empty


def rows(result):
    return {row["code"]: row for row in [*result["zones"], result["outside"], result["city"]]}


def add_kindergarten(store):
    # At (505, 210): near walks 10 + 275 + 10 = 295 m, just 305 m.
    return publish(store, "education", world.education_frame(world.SITES | {"K": (505, 210, "kindergarten")}))


def test_a_published_city_is_counted_as_by_hand(store):
    add_kindergarten(store)
    found = rows(circles(store).result)
    assert {code: row["demand"] for code, row in found.items()} == {
        "west": 230, "east": 85, "outside": 320, "city": 635,
    }  # fmt: skip
    assert found["west"]["categories"]["kindergarten"]["met"] == 10
    assert found["east"]["categories"]["primary_school"]["met"] == 5
    assert found["city"]["met"] == 0
    assert found["west"]["categories"]["kindergarten"]["mean_m"] == pytest.approx(
        (10 * 295 + 20 * 305) / 30, abs=0.1
    )  # stored to 1e-9 degrees, a tenth of a millimetre


def test_the_result_says_what_it_was_made_of(store):
    result = circles(store).result
    assert [(i["layer"], i["agency"]) for i in result["inputs"]] == [
        ("districts", "city"), ("education", "city"), ("people", "city"), ("walk_network", "city"),
    ]  # fmt: skip
    head = store.heads("people")["city"]
    assert result["inputs"][2]["version"] == head.id
    assert result["inputs"][2]["logical_hash"] == head.logical_hash
    assert result["sequence"] == 4
    assert result["excluded"] == [{"category": "library", "layer": "culture_sport", "reason": "no_data"}]
    assert (
        result["date"]
        == max(store.version(i["version"]).created_at.date() for i in result["inputs"]).isoformat()
    )


def test_an_empty_published_layer_is_none_served_and_no_longer_excluded(store):
    publish(store, "culture_sport", world.education_frame({}))
    result = circles(store).result
    assert result["excluded"] == []
    assert rows(result)["city"]["categories"]["library"]["share"] == 0


def test_two_runs_are_equal_to_the_byte(store):
    assert circles(store).content == circles(store).content


def test_a_kept_result_is_found_until_an_input_changes(store):
    assert find(store) is None
    run = circles(store)
    folder = keep(store, run)
    assert sorted(path.name for path in folder.iterdir()) == [
        "SHA256SUMS",
        "distances.parquet",
        "recipe.json",
        "result.json",
        "zones.parquet",
    ]
    found = find(store)
    assert found is not None
    assert found.folder == folder
    assert found.content == run.content
    assert keep(store, run) == folder
    publish(store, "communities", world.zones_frame().assign(subdistrict_code="x", district_code="x"))
    assert find(store) is not None, "another layer is none of its inputs"
    assert circles(store).content == run.content
    add_kindergarten(store)
    assert find(store) is None


@pytest.mark.parametrize(
    "name", ["result.json", "distances.parquet", "zones.parquet", "recipe.json", "SHA256SUMS"]
)
def test_a_kept_result_that_was_changed_is_named_and_not_served(store, name):
    run = circles(store)
    folder = keep(store, run)
    assert damaged(store) == []
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-2] + b"0\n")
    assert damaged(store) == [folder.name]
    assert find(store) is None
    assert keep(store, run) == folder
    assert find(store).content == run.content
    assert damaged(store) == []


def test_the_past_can_be_asked_again(store):
    before = circles(store).content
    add_kindergarten(store)
    assert circles(store).content != before
    assert circles(store, as_of=4).content == before
    store.revert("education", store.history("education")[-1].version, author="test")
    reverted = circles(store).result
    assert reverted["sequence"] == 6
    assert {k: v for k, v in reverted.items() if k != "sequence"} == {
        k: v for k, v in json.loads(before).items() if k != "sequence"
    }


def test_what_was_built_later_is_not_there_yet(store):
    frame = world.education_frame(world.SITES).assign(completed=[date(2020, 9, 1), date(2019, 9, 1)])
    publish(store, "education", frame)
    result = circles(store, at=date(2020, 1, 1)).result
    assert {c["id"]: c["sites"] for c in result["categories"]} == {
        "primary_school": 1, "library": None, "kindergarten": 0,
    }  # fmt: skip
    assert (result["at"], result["date"]) == ("2020-01-01", "2020-01-01")


def test_what_is_only_planned_serves_nobody(store):
    """Without a date the state is that of the newest version, not "everything ever heard of"."""
    far_off = date(2099, 1, 1)
    frame = world.education_frame(world.SITES).assign(planned=[far_off, None], started=[None, None])
    publish(store, "education", frame)
    counted = {c["id"]: c["sites"] for c in circles(store).result["categories"]}
    assert counted == {"primary_school": 1, "library": None, "kindergarten": 0}
    frame = frame.assign(planned=None, removed=[None, date(2001, 1, 1)])
    publish(store, "education", frame)
    counted = {c["id"]: c["sites"] for c in circles(store).result["categories"]}
    assert counted == {"primary_school": 0, "library": None, "kindergarten": 1}


def test_distances_are_kept_for_every_point(store):
    add_kindergarten(store)
    folder = keep(store, circles(store))
    table = pq.read_table(folder / "distances.parquet").to_pylist()
    walks = {row["id"]: row for row in table}
    assert walks["near"]["walk_mm_kindergarten"] == pytest.approx(295_000, abs=1)
    assert walks["near"]["straight_mm_kindergarten"] == pytest.approx(275_000, abs=1)
    assert walks["across"]["walk_mm_kindergarten"] is None
    assert (walks["far"]["attached"], walks["far"]["walk_mm_primary_school"]) == (False, None)
    zones = pq.read_table(folder / "zones.parquet")["zone"].to_pylist()
    assert dict(zip(walks, zones, strict=True)) == {
        "near": "west", "just": "west", "across": "west", "both": "east", "bridge": "east", "far": "west",
        "out": None,
    }  # fmt: skip
    assert (walks["near"]["missing_count"], walks["near"]["complete"]) == (1, False)
    assert {row["id"]: row["amount"] for row in table} == {k: v[2] for k, v in world.PEOPLE.items()}
    assert read_distances(folder / "distances.parquet").table.equals(circles(store).distances.table)


def test_a_replay_gives_the_same_bytes(store):
    folder = keep(store, circles(store))
    add_kindergarten(store)  # what came later changes nothing
    outcome = replay(store, folder / "recipe.json")
    assert outcome.identical
    assert outcome.same_engine
    assert outcome.differences == ()


def test_a_replay_names_every_figure_that_was_altered(store):
    folder = keep(store, circles(store))
    path = folder / "result.json"
    altered = json.loads(path.read_bytes())
    altered["zones"][0]["categories"]["primary_school"]["met"] = 86
    altered["city"]["share"] = 0.25
    path.write_text(json.dumps(altered))
    outcome = replay(store, folder / "recipe.json")
    assert not outcome.identical
    assert [(d.path, d.kept, d.replayed) for d in outcome.differences] == [
        ("city.share", 0.25, 0.0), ("zones[0].categories.primary_school.met", 86, 5),
    ]  # fmt: skip


def test_under_another_engine_only_figures_count(store):
    folder = keep(store, circles(store))
    recipe = json.loads((folder / "recipe.json").read_bytes())
    recipe["engine"]["package"] = "0.0.1"
    (folder / "recipe.json").write_text(json.dumps(recipe))
    result = json.loads((folder / "result.json").read_bytes())
    result["city"]["tiers"]["10"]["own_share"] += 5e-10
    (folder / "result.json").write_text(json.dumps(result))
    outcome = replay(store, folder)
    assert (outcome.identical, outcome.same_engine, outcome.differences) == (True, False, ())


def test_a_recipe_whose_rules_were_altered_is_refused(store):
    folder = keep(store, circles(store))
    recipe = json.loads((folder / "recipe.json").read_bytes())
    recipe["rule_set"]["search_m"] = 3000.0
    (folder / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(RecipeError, match="its hash differs"):
        replay(store, folder)


def test_a_recipe_of_other_data_is_refused(store):
    folder = keep(store, circles(store))
    recipe = json.loads((folder / "recipe.json").read_bytes())
    recipe["inputs"][0]["version"] = "0" * 16
    (folder / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(RecipeError, match="layer 'districts' is not in this workspace"):
        replay(store, folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"kind": "circles"}', b"\xff"])
def test_what_is_no_recipe_is_refused(store, tmp_path, content):
    (tmp_path / "recipe.json").write_bytes(content)
    with pytest.raises(RecipeError):
        replay(store, tmp_path / "recipe.json")


def test_zones_the_city_does_not_name_are_refused(store):
    with pytest.raises(ZonesUnknown, match=r"city\.toml names district, subdistrict"):
        circles(store, by="ward")


def test_zones_nobody_published_are_refused(store):
    with pytest.raises(ZonesMissing, match="'subdistricts' holds no zones"):
        circles(store, by="subdistrict")


def test_a_city_without_people_is_refused(empty):
    publish_streets(empty)
    publish(empty, "districts", world.zones_frame())
    with pytest.raises(NoDemand):
        circles(empty)
    publish(empty, "people", world.people_frame({"nobody": (0, 0, 0)}))
    with pytest.raises(NoDemand, match="positive 'people'"):
        circles(empty)


def test_a_city_without_streets_is_refused(empty):
    publish(empty, "districts", world.zones_frame())
    publish(empty, "people", world.people_frame())
    with pytest.raises(NoNetwork, match="no published version"):
        circles(empty)


def test_a_city_with_too_few_streets_is_refused(store):
    rules = world.tiny_rules(attach={"limit_m": 200.0, "min_component_m": 7000.0})
    with pytest.raises(NoNetwork, match="longest connected part has 6200 m"):
        circles(store, rules=rules)


def test_streets_can_be_the_demand(store):
    rules = world.tiny_rules(demand={"kind": "street_metres", "piece_m": 25.0})
    result = circles(store, rules=rules).result
    assert result["unit"] == "m"
    assert result["city"]["demand"] == pytest.approx(6200, abs=0.01)
    assert "people" not in {i["layer"] for i in result["inputs"]}


def test_columns_that_are_not_there_are_named(store):
    people = dict(world.tiny_rules().document["demand"]) | {"amount": "residents"}
    with pytest.raises(RuleError, match="layer 'people' has no column 'residents'"):
        circles(store, rules=world.tiny_rules(demand=people))
    toml = store.workspace.home / "city.toml"
    toml.write_text(CITY.replace('layer = "districts"', 'layer = "districts"\nkey = "adcode"'), "utf-8")
    misled = Store(Workspace.open(store.workspace.home), store.database)
    with pytest.raises(ZoneColumnMissing, match="no column 'adcode'"):
        circles(misled)


def test_rules_that_name_a_missing_column_are_refused(store):
    tiers = [dict(tier) for tier in world.tiny_rules().document["tiers"]]
    tiers[1]["categories"] = [tiers[1]["categories"][0] | {"where": {"sort": "x"}}]
    with pytest.raises(RuleError, match="no column 'sort'"):
        circles(store, rules=world.tiny_rules(tiers=tiers))


def test_a_killed_keep_leaves_nothing_that_is_found(store):
    # A result is renamed into place whole: staged files are none, and opening the store sweeps them.
    stage = store.workspace.staging / "result-dead"
    stage.mkdir()
    (store.workspace.staging / "result-dead.lock").touch()
    (stage / "result.json").write_text("{")
    assert find(store) is None
    with Store.open(store.workspace):
        assert not stage.exists()
    assert os.listdir(store.workspace.home / "results") == []


def test_frames_of_the_caller_are_left_alone(store):
    before = world.people_frame()
    circles(store)
    assert gpd.GeoDataFrame.equals(before, world.people_frame())

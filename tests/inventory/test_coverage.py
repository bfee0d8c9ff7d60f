"""Coverage rules on a real store: the tiny city published, computed, kept, found and replayed."""

import json
import shutil
from datetime import date

import coverage_world as parks
import numpy as np
import pyarrow.parquet as pq
import pytest
import tiny_city as city
import tiny_world as world
from coverage_world import HEAD, LIBRARY, PARK_OR_SCHOOL, PEOPLE, SCHOOL, rows

from geo.crs import STORED, to_stored, transform_xy
from inventory.area import area_of
from inventory.coverage import Question, coverage, find_coverage, keep
from inventory.coverage_rule_file import parse
from inventory.errors import (
    DemandInvalid,
    NoDemand,
    NoNetwork,
    NothingAttaches,
    QuestionInvalid,
    RecipeError,
    RuleError,
    RuleNotFound,
    RuleWithoutData,
    ZonesMissing,
    ZonesUnknown,
)
from inventory.portion_tables import read_portions
from inventory.recipe import replay
from inventory.results import damaged
from layers.catalog import Store
from layers.workspace import Workspace


def rule(text=PARK_OR_SCHOOL):
    return parse(text.encode(), "own.toml")


@pytest.fixture
def empty(tmp_path):
    with Store.open(city.workspace(tmp_path / "home")) as store:
        yield store


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The folder of the published city; every test works on its own copy."""
    made = city.workspace(tmp_path_factory.mktemp("template") / "home")
    with Store.open(made) as store:
        parks.published(store)
    return made.home


@pytest.fixture
def store(template, tmp_path):
    copied = shutil.copytree(template, tmp_path / "home")
    with Store.open(Workspace.open(copied)) as store:
        yield store


def amounts(found, name):
    return {code: row[name] for code, row in found.items()}


def test_people_within_a_walk_are_counted_as_by_hand(store):
    found = rows(coverage(store, rule()).result)
    assert amounts(found, "demand") == {"west": 230, "east": 85, "outside": 320, "city": 635}
    assert amounts(found, "met") == {"west": 0, "east": 5, "outside": 0, "city": 5}
    assert found["east"]["share"] == pytest.approx(5 / 85, abs=1e-6)
    assert found["west"]["share_straight"] == pytest.approx(40 / 230, abs=1e-6)  # across the river
    assert found["west"]["detour_penalty"] == pytest.approx(40 / 230, abs=1e-6)
    assert found["west"]["unattached"] == {"amount": 160, "points": 1}


def test_a_longer_walk_reaches_the_corner_of_the_park(store):
    text = PARK_OR_SCHOOL.replace("distance_m = 500", "distance_m = 611", 1)
    assert amounts(rows(coverage(store, rule(text)).result), "met") == {
        "west": 10, "east": 5, "outside": 0, "city": 15,
    }  # fmt: skip


def test_a_place_where_nobody_lives_is_entered_too(store):
    """A park that the north road runs through is entered where the road meets its border, at (300, 200).

    near: 10 + 480 = 490, just: 500.
    """
    city.publish(store, "parks", parks.square(200, 150, 100))
    assert rows(coverage(store, rule()).result)["west"]["met"] == 30


def test_the_result_says_what_it_was_made_of(store):
    result = coverage(store, rule(PARK_OR_SCHOOL + LIBRARY)).result
    assert [each["layer"] for each in result["inputs"]] == [
        "districts", "education", "parks", "people", "walk_network",
    ]  # fmt: skip
    assert result["inputs_missing"] == [{"layer": "culture_sport", "agencies": None}]
    told = [(each["layer"], each["status"], each["sites"]) for each in result["services"]]
    assert told == [
        ("parks", "measured", 1),
        ("education", "measured", 1),
        ("culture_sport", "no_data", None),
    ]
    assert [each["sites_unattached"] for each in result["services"]] == [0, 0, None]
    assert result["services"][0]["title_en"] == "Parks"
    assert result["rule"]["standing"] == "assumed"
    assert result["by"] == "district"
    assert result["parameters"]["walk_speed_km_h"] == 4.0
    assert result["sequence"] == 5


def test_a_published_layer_without_such_a_feature_is_zero_and_an_unpublished_one_is_no_data(store):
    text = f'{HEAD}catchment = "walk"\n{LIBRARY}{PEOPLE}'
    with pytest.raises(RuleWithoutData, match=r"'own' .* nobody has published culture_sport"):
        coverage(store, rule(text))
    city.publish(store, "culture_sport", world.education_frame({}))
    found = rows(coverage(store, rule(text)).result)
    assert (found["city"]["share"], found["city"]["reason"]) == (0.0, None)


HOMES = '[[demands]]\nkind = "residential_land"\nlayer = "communities"\n'


def test_a_demand_without_data_is_null_beside_one_that_is_measured(store):
    result = coverage(store, rule(PARK_OR_SCHOOL + HOMES)).result
    assert [each["status"] for each in result["demands"]] == ["measured", "no_data"]
    homes = rows(result, "residential_land")
    assert {(row["demand"], row["met"], row["share"], row["reason"]) for row in homes.values()} == {
        (None, None, None, "no_data")
    }
    assert result["headline"] == "people"


def test_a_rule_of_which_nobody_has_published_any_demand_says_so(store):
    text = PARK_OR_SCHOOL.replace(PEOPLE, HOMES)
    with pytest.raises(RuleWithoutData, match="nobody has published communities"):
        coverage(store, rule(text))


def test_land_keeps_its_area_by_zone_and_in_the_city(store):
    text = PARK_OR_SCHOOL.replace(PEOPLE, '[[demands]]\nkind = "land"\ncell_m = 50\n')
    found = rows(coverage(store, rule(text)).result, "land")
    assert found["west"]["demand"] == pytest.approx(1500 * 650, abs=0.2)
    assert found["east"]["demand"] == pytest.approx(1600 * 650, abs=0.2)
    assert found["outside"]["demand"] == 0
    assert found["outside"]["reason"] == "no_demand"
    assert found["city"]["demand"] == pytest.approx(found["west"]["demand"] + found["east"]["demand"])
    assert 0 < found["east"]["met"] < found["east"]["demand"]
    assert found["east"]["share"] < found["east"]["share_straight"]


ROADS = '[[demands]]\nkind = "road_length"\nlayer = "walk_network"\ngroup = "highway"\ncell_m = 10\n'


def test_streets_within_a_walk_are_counted_by_the_metre_and_by_class(store):
    """The school lies 10 m off the north road: 490 m of it to both sides, from 1510 to 2490."""
    found = rows(coverage(store, rule(SCHOOL.replace(PEOPLE, ROADS))).result, "road_length")
    assert found["east"]["met"] == pytest.approx(980, abs=0.1)
    assert found["city"]["demand"] == pytest.approx(6200, abs=0.1)
    assert found["east"]["groups"]["residential"]["share"] == found["east"]["share"]


def test_figures_of_groups_have_their_own_targets_and_gaps(store):
    text = PARK_OR_SCHOOL.replace(PEOPLE, ROADS) + (
        '[[targets]]\nwhere_group = ["residential"]\nshare = 0.9\nsource = "t"\nstanding = "draft"\n'
        '[[targets]]\nshare = 0.1\nsource = "t"\nstanding = "draft"\n'
    )
    result = coverage(store, rule(text)).result
    row = rows(result, "road_length")["east"]
    assert (row["target"], row["gap"]) == (0.1, 0.0)
    group = row["groups"]["residential"]
    assert group["target"] == 0.9
    assert group["gap"] == pytest.approx(0.9 - group["share"], abs=1e-6)
    assert [each["groups"] for each in result["targets"]] == [["residential"], []]


def test_a_zone_that_no_street_reaches_has_no_share(store):
    zones = {"west": (0, -50, 900, 600), "hill": (900, 450, 1500, 600)}
    city.publish(store, "districts", world.zones_frame(zones))
    found = rows(coverage(store, rule()).result)
    assert (found["hill"]["share"], found["hill"]["reason"]) == (None, "no_network")
    assert found["hill"]["demand"] == 160  # far, and still in the sum
    assert sum(found[code]["demand"] for code in ("west", "hill", "outside")) == 635
    assert found["city"]["demand"] == 635


def test_what_stands_against_any_figure_is_an_error(empty):
    own = rule()
    with pytest.raises(ZonesMissing):
        coverage(empty, own)
    city.publish(empty, "districts", world.zones_frame())
    city.publish(empty, "parks", parks.square(100, 220, 100))
    city.publish(empty, "people", world.people_frame({"far": (1000, 900, 5)}))
    with pytest.raises(NoNetwork):
        coverage(empty, own)
    city.publish_streets(empty)
    with pytest.raises(NothingAttaches):
        coverage(empty, own)
    city.publish(empty, "people", world.people_frame({"far": (1000, 0, 0)}))
    with pytest.raises(NoDemand):
        coverage(empty, own)


def test_an_amount_below_zero_is_refused(store):
    city.publish(store, "people", world.people_frame({"a": (780, 210, 5), "b": (790, 210, 7)}))
    text = PARK_OR_SCHOOL.replace('amount = "people"', 'amount = "id"')
    with pytest.raises(RuleError, match="own: id: layer 'people' holds no numbers"):
        coverage(store, rule(text))
    text = PARK_OR_SCHOOL.replace('amount = "people"', 'amount = "heads"')
    with pytest.raises(RuleError, match="own: heads: layer 'people' has no such column"):
        coverage(store, rule(text))
    assert DemandInvalid("people", "people", -1.0).value == -1.0


def test_zones_that_the_city_does_not_name_are_refused(store):
    with pytest.raises(ZonesUnknown, match=r"city\.toml names agency, district, subdistrict"):
        coverage(store, rule(), by="village")


def test_a_rule_is_found_by_its_id_in_the_citys_folder(store):
    with pytest.raises(RuleNotFound):
        coverage(store, "own")
    (store.workspace.home / "rules" / "own.toml").write_text(PARK_OR_SCHOOL, "utf-8")
    assert coverage(store, "own").result == coverage(store, rule()).result


MINUTES = PARK_OR_SCHOOL.replace("distance_m = 500", "minutes = 6", 1)


def test_minutes_reach_farther_for_who_walks_faster(store):
    """The corner of the park is 610 m from near: 6.1 minutes at 6 km/h, more than 9 at 4 km/h."""
    assert rows(coverage(store, rule(MINUTES)).result)["west"]["met"] == 0
    quick = coverage(store, rule(MINUTES), speed_km_h=6.2)  # 6 minutes are 620 m
    assert rows(quick.result)["west"]["met"] == 10 + 20
    assert quick.result["parameters"]["walk_speed_km_h"] == 6.2
    assert quick.result["services"][0]["distance_m"] == 620
    assert replay(store, keep(store, quick)).identical


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf"), 16])
def test_a_speed_nobody_walks_at_is_refused(store, speed):
    with pytest.raises(QuestionInvalid, match="walking speed in km/h"):
        coverage(store, rule(MINUTES), speed_km_h=speed)


def test_a_speed_that_would_change_nothing_is_refused(store):
    with pytest.raises(QuestionInvalid, match="rule that states minutes"):
        coverage(store, rule(), speed_km_h=5)
    with pytest.raises(QuestionInvalid, match="either zones or a drawn area"):
        coverage(store, rule(), by="district", area=area_of([[117, 36.7], [117.01, 36.7], [117, 36.71]]))


def test_a_kept_result_is_found_and_replayed_to_the_byte(store):
    run = coverage(store, rule())
    question = Question(rule())
    assert find_coverage(store, question) is None
    folder = keep(store, run)
    assert sorted(path.name for path in folder.iterdir()) == [
        "SHA256SUMS", "portions-people.parquet", "recipe.json", "result.json",
    ]  # fmt: skip
    found = find_coverage(store, question)
    assert found is not None
    assert found.content == run.content == coverage(store, rule()).content
    outcome = replay(store, folder)
    assert (outcome.identical, outcome.differences) == (True, ())
    city.publish(store, "parks", parks.square(100, 220, 90))
    assert find_coverage(store, question) is None
    assert replay(store, folder).identical, "the recipe pins the versions it was made of"


@pytest.mark.parametrize("name", ["result.json", "portions-people.parquet", "recipe.json", "SHA256SUMS"])
def test_a_kept_result_that_was_changed_is_named_and_not_served(store, name):
    folder = keep(store, coverage(store, rule()))
    assert damaged(store) == []
    (folder / name).write_bytes(b"another")
    assert damaged(store) == [folder.name]
    assert find_coverage(store, Question(rule())) is None
    keep(store, coverage(store, rule()))
    assert damaged(store) == []


def test_a_figure_that_was_forged_is_found_by_replay(store):
    folder = keep(store, coverage(store, rule()))
    result = json.loads((folder / "result.json").read_bytes())
    result["city"]["figures"]["people"]["met"] = 600
    (folder / "result.json").write_text(json.dumps(result))
    assert [each.path for each in replay(store, folder).differences] == ["city.figures.people.met"]


def test_a_recipe_of_another_workspace_is_refused(store, tmp_path):
    folder = keep(store, coverage(store, rule()))
    with Store.open(city.workspace(tmp_path / "other")) as other:
        city.publish_all(other)
        city.publish(other, "parks", parks.square(100, 220, 90))
        with pytest.raises(RecipeError, match="of layer 'parks' is not in this workspace"):
            replay(other, folder)


def test_the_pieces_under_a_result_are_kept_and_read_again(store):
    run = coverage(store, rule())
    folder = keep(store, run)
    path = folder / "portions-people.parquet"
    table = {row["id"]: row for row in pq.read_table(path).to_pylist()}
    assert table["near"]["walk_m"] == pytest.approx(610, abs=0.2)
    assert (table["far"]["attached"], table["far"]["walk_m"], table["out"]["zone"]) == (False, None, None)
    read, made = read_portions(path, list(run.zones)), run.portions["people"]
    assert read.unit == "people"
    for name in ("zone", "amount", "met", "met_straight", "attached", "walk_mm"):
        assert getattr(read, name).tolist() == getattr(made, name).tolist()


def test_a_date_asks_for_the_state_on_that_day(store):
    """The park is only finished in 2020; before that it serves nobody."""
    done = parks.square(200, 150, 100).assign(started=date(2019, 1, 1), completed=date(2020, 9, 30))
    city.publish(store, "parks", done)
    assert rows(coverage(store, rule(), at=date(2020, 9, 29)).result)["west"]["met"] == 0
    assert rows(coverage(store, rule(), at=date(2020, 9, 30)).result)["west"]["met"] == 30


def test_what_the_catalog_knew_is_asked_for_by_its_number(store):
    before = store.sequence()
    city.publish(store, "parks", parks.square(200, 150, 100))
    assert rows(coverage(store, rule(), as_of=before).result)["west"]["met"] == 0
    assert rows(coverage(store, rule()).result)["west"]["met"] == 30


def test_nobody_steps_over_a_barrier_to_the_street(store):
    """A canal 2 m wide between near, just and the north road, longer than 200 m to both sides of them."""
    text = PARK_OR_SCHOOL.replace('catchment = "walk"', 'catchment = "walk"\nwalk = { barriers = ["water"] }')
    city.publish(store, "parks", parks.square(200, 150, 100))
    assert rows(coverage(store, rule(text)).result)["west"]["met"] == 30, "nobody has published water"
    canal = world.zones_frame({"w": (500, 204, 1100, 206)}).rename(columns={"code": "id"})
    city.publish(store, "water", canal.assign(kind="river"))
    result = coverage(store, rule(text)).result
    assert rows(result)["west"]["met"] == 0
    assert rows(result)["west"]["unattached"] == {"amount": 10 + 20 + 160, "points": 3}
    assert result["parameters"]["barriers"] == ["water"]


FIGURES = ("demand", "met", "share", "share_straight", "unattached", "reason")


def district(number):
    """A district as somebody would draw it."""
    shape = to_stored(world.zones_frame()).geometry.iloc[number]
    return area_of([list(corner) for corner in shape.exterior.coords])


def test_a_drawn_district_has_the_figures_of_the_district(store):
    whole = coverage(store, rule())
    for number, code in enumerate(world.zones_frame()["code"]):
        found = coverage(store, rule(), area=district(number))
        drawn, known = rows(found.result), rows(whole.result)[code]
        assert {name: drawn["area"][name] for name in FIGURES} == {name: known[name] for name in FIGURES}, (
            code
        )
        assert drawn["outside"]["demand"] == 0
        assert drawn["city"]["demand"] == drawn["area"]["demand"]
        assert len(found.portions["people"]) < len(whole.portions["people"])


def test_a_drawn_area_where_nobody_lives_says_so(store):
    corners = np.array([[40_000, 40_000], [40_100, 40_000], [40_000, 40_100]]) + world.ORIGIN
    far = transform_xy(corners, world.METRES, STORED)
    figure = rows(coverage(store, rule(), area=area_of(far.tolist())).result)["area"]
    assert (figure["demand"], figure["share"], figure["reason"]) == (0, None, "no_demand")

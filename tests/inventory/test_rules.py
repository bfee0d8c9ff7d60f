"""Rule sets: what the packaged one says, and every way a file can be wrong."""

import copy
import tomllib

import pytest

from inventory.errors import RuleError, RuleSetNotFound
from inventory.rule_file import PACKAGED, from_document, parse, rule_set, rule_sets

STANDARD = "gb50180-2018"
TEXT = (PACKAGED / f"{STANDARD}.toml").read_text(encoding="utf-8")


@pytest.fixture
def document():
    return tomllib.loads(TEXT)


def test_the_standard_has_24_categories_in_three_tiers():
    rules = rule_set(STANDARD)
    assert [(t.minutes, len(t.requirements)) for t in rules.tiers] == [(15, 12), (10, 4), (5, 9)]
    assert len(rules.categories) == 24
    assert rules.tiers_of("bus_stop") == (15, 10)
    assert [len(rules.required_by(t)) for t in rules.tiers] == [25, 13, 9]


def test_the_standards_distances_are_those_written_down():
    distance = {row.id: row.distance_m for row in rule_set(STANDARD).categories}
    assert distance["kindergarten"] == 300
    assert distance["primary_school"] == 500
    assert distance["secondary_school"] == 1000
    assert distance["health_centre"] == 1000
    assert distance["health_station"] == 300


def test_every_row_says_where_its_number_is_from():
    for row in rule_set(STANDARD).categories:
        assert row.clause
        assert row.source
    assumed = {row.id for row in rule_set(STANDARD).categories if row.standing == "assumed"}
    assert assumed == {"outpatient", "shopping", "culture_room", "outdoor_fitness"}


def test_comments_and_layout_do_not_change_the_hash():
    assert parse(("# another comment\n" + TEXT).encode(), "x.toml").hash == rule_set(STANDARD).hash
    assert (
        parse(TEXT.replace("limit_m = 200.0", "limit_m = 150.0").encode(), "x.toml").hash
        != rule_set(STANDARD).hash
    )


def test_a_city_overlays_a_rule_set_and_adds_its_own(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.toml").write_text(
        TEXT.replace("search_m = 5000.0", "search_m = 4000.0"), "utf-8"
    )
    (tmp_path / "rules" / "b.toml").write_text(TEXT.replace(f'"{STANDARD}"', '"own"'), "utf-8")
    assert sorted(rule_sets(tmp_path)) == [STANDARD, "own"]
    assert rule_set(STANDARD, tmp_path).search_m == 4000
    (tmp_path / "rules" / "c.toml").write_text(TEXT, "utf-8")
    with pytest.raises(RuleError, match=r"c.toml: id: 'gb50180-2018' is also the id of a.toml"):
        rule_set(STANDARD, tmp_path)
    assert sorted(rule_sets(tmp_path)) == ["own"]


def test_an_unknown_rule_set_lists_the_known_ones():
    with pytest.raises(RuleSetNotFound, match="there are gb50180-2018"):
        rule_set("gb50180")


def test_minutes_use_the_walking_speed(document):
    row = document["tiers"][0]["categories"][0]
    del row["distance_m"]
    row["walk_minutes"] = 12
    assert from_document(document, "x").categories[0].distance_m == pytest.approx(
        800
    )  # 4 km/h for 12 minutes


def test_the_shorter_walk_of_two_tiers_is_the_categorys(document):
    document["tiers"][0]["categories"][-1]["distance_m"] = 800
    rules = from_document(document, "x")
    assert {row.id: row.distance_m for row in rules.categories}["bus_stop"] == 500


def set_at(path, value):
    def change(document):
        *way, last = path
        for step in way:
            document = document[step]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return change


BUS_STOP_15 = ("tiers", 0, "categories", -1)
FIRST = ("tiers", 0, "categories", 0)


@pytest.mark.parametrize(
    ("change", "key", "problem"),
    [
        (set_at(["walk_sped"], 4), "walk_sped", "not a key"),
        (set_at(["attach", "limit"], 4), "attach.limit", "not a key"),
        (set_at([*FIRST, "distance"], 4), "tiers[1].categories[1].distance", "not a key"),
        (set_at(["source"], None), "source", "missing"),
        (set_at([*FIRST, "source"], None), "tiers[1].categories[1].source", "missing"),
        (set_at([*FIRST, "clause"], " "), "tiers[1].categories[1].clause", "should be text"),
        (set_at([*FIRST, "standing"], None), "tiers[1].categories[1].standing", "missing"),
        (set_at([*FIRST, "standing"], "sure"), "tiers[1].categories[1].standing", "one of in_force"),
        (set_at([*FIRST, "distance_m"], -1), "tiers[1].categories[1].distance_m", "above zero"),
        (set_at([*FIRST, "distance_m"], float("nan")), "tiers[1].categories[1].distance_m", "above zero"),
        (set_at([*FIRST, "distance_m"], None), "tiers[1].categories[1].distance_m", "either"),
        (set_at([*FIRST, "walk_minutes"], 15), "tiers[1].categories[1].distance_m", "either"),
        (set_at([*FIRST, "distance_m"], 6000), "tiers.15.secondary_school", "beyond search_m"),
        (set_at([*FIRST, "where"], {"a": 3}), "tiers[1].categories[1].where.a", "should be text"),
        (set_at([*FIRST, "id"], "health_centre"), "tiers.15.health_centre", "twice"),
        (set_at([*BUS_STOP_15, "layer"], "shops"), "tiers.10.bus_stop", "another layer"),
        (set_at([*BUS_STOP_15, "title_en"], "Stop"), "tiers.10.bus_stop", "another title"),
        (set_at(["tiers", 1, "minutes"], 15), "tiers", "same minutes"),
        (set_at(["tiers", 1, "minutes"], 7.5), "tiers[2].minutes", "whole number"),
        (set_at(["tiers", 1, "categories"], []), "tiers[2].categories", "at least one"),
        (set_at(["tiers"], []), "tiers", "at least one"),
        (set_at(["demand", "kind"], "dogs"), "demand.kind", "one of people"),
        (set_at(["demand"], {"kind": "street_metres"}), "demand.piece_m", "missing"),
        (set_at(["demand", "piece_m"], 25), "demand.piece_m", "not a key"),
        (set_at(["network"], None), "network.layer", "missing"),
        (set_at(["gaps", "top"], 2.5), "gaps.top", "whole number"),
        (set_at(["target"], {"share": 85, "source": "x", "standing": "draft"}), "target.share", "write 85 %"),
    ],
)  # fmt: skip
def test_a_bad_rule_file_names_file_and_key(document, change, key, problem):
    change(document)
    with pytest.raises(RuleError) as caught:
        from_document(document, "city.toml")
    assert (caught.value.file, caught.value.key) == ("city.toml", key)
    assert problem in caught.value.problem


def test_what_is_no_toml_is_a_rule_error():
    with pytest.raises(RuleError, match=r"rule file x\.toml: syntax"):
        parse(b"id = ", "x.toml")
    with pytest.raises(RuleError, match="not UTF-8"):
        parse("id = '泉城'".encode("gb18030"), "x.toml")


def test_reading_leaves_the_values_alone(document):
    before = copy.deepcopy(document)
    from_document(document, "x")
    assert document == before

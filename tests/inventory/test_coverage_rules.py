"""Coverage rules: what a file gives, and every way it can be wrong, told with file and key."""

import copy
import os
import tomllib

import pytest

from inventory.coverage_rule_file import coverage_rule, coverage_rules, from_document, parse
from inventory.errors import RuleError, RuleNotFound
from inventory.filters import Filter
from inventory.rule_file import faults, rule_set, rule_sets

HEAD = """
kind = "coverage"
id = "own"
title_zh = "规则"
title_en = "Rule"
clause = "1"
source = "tests"
standing = "assumed"
"""
STRAIGHT = f"""{HEAD}
catchment = "straight"
[[services]]
layer = "parks"
where = {{ kind = ["park", "garden"], open = true }}
at_least = {{ area_m2 = 5000 }}
distance_m = 500
[[services]]
layer = "parks"
below = {{ area_m2 = 5000 }}
from = "entrance"
entrances = "park_entrances"
entrance_of = "park_id"
distance_m = 300
clause = "2"
source = "news"
standing = "second_hand"
[[demands]]
kind = "residential_land"
layer = "landuse"
where = {{ class = "residential" }}
[[demands]]
kind = "people"
layer = "people"
amount = "people"
group = "class"
[[targets]]
share = 0.8
source = "tests"
standing = "draft"
[[targets]]
demand = "people"
where_group = ["old"]
share = 0.9
plan = "plan-1"
source = "tests"
standing = "draft"
"""
WALK = f"""{HEAD}
catchment = "walk"
[walk]
speed_km_h = 3.0
factors = {{ steps = 1.5 }}
closed = {{ access = ["no", "private"] }}
barriers = ["water"]
[[services]]
layer = "parks"
minutes = 10
[[demands]]
kind = "land"
"""
ALONG = f"""{HEAD}
catchment = "along"
[along]
aside_m = 30
reach_m = 25
[[services]]
layer = "lamps"
[[demands]]
kind = "road_length"
layer = "roads"
group = "class"
"""
STATUS = f"""{HEAD}
catchment = "status"
[status]
met = {{ state = "lit" }}
at_least = {{ level_m = 28.15, flow = "flow_normal" }}
without = {{ layer = "events", where = {{ state = ["open"] }}, within_days = 365, date = "found" }}
known = {{ state = ["lit", "out"] }}
[[demands]]
kind = "features"
layer = "lamps"
"""
RASTER = f"""{HEAD}
catchment = "raster"
[raster]
layer = "satellite"
index = "ndvi"
red = 1
nir = 2
at_least = 0.3
[[demands]]
kind = "land"
"""
SUPPLY = f"""{HEAD}
catchment = "supply"
[supply]
weights = "step"
bands = [[500, 1.0], [1000, 0.5]]
[[services]]
layer = "education"
capacity = "places"
distance_m = 1000
[[demands]]
kind = "people"
layer = "people"
amount = "people"
[[targets]]
value = 30.0
source = "tests"
standing = "assumed"
"""
NAMES = ("straight", "walk", "along", "status", "raster", "supply")
ALL = dict(zip(NAMES, (STRAIGHT, WALK, ALONG, STATUS, RASTER, SUPPLY), strict=True))


def rule(text):
    return parse(text.encode(), "own.toml")


@pytest.mark.parametrize("catchment", ALL)
def test_a_rule_of_each_catchment_is_read(catchment):
    found = rule(ALL[catchment])
    assert (found.catchment, found.id) == (catchment, "own")
    parts = {name: getattr(found, name) for name in ("along", "status", "raster", "supply")}
    assert {name for name, part in parts.items() if part is not None} == {catchment} & set(parts)
    assert (found.walk is not None) == (catchment in ("walk", "supply"))


def test_a_service_has_its_own_chinese_clause_or_the_rules_with_it():
    text = STRAIGHT.replace('clause = "1"', 'clause = "1"\nclause_zh = "第1条"\nsource_zh = "测试"')
    rule = parse(text.replace('clause = "2"', 'clause = "2"\nclause_zh = "第2条"').encode(), "own.toml")
    first, second = rule.services
    assert (rule.clause_zh, rule.source_zh) == ("第1条", "测试")
    assert (first.clause_zh, first.source_zh) == ("第1条", "测试")
    assert (second.clause_zh, second.source_zh) == ("第2条", None)  # its source is its own, in English only


def test_a_service_has_its_own_clause_or_the_rules():
    first, second = rule(STRAIGHT).services
    assert (first.clause, first.source, first.standing) == ("1", "tests", "assumed")
    assert (second.clause, second.source, second.standing) == ("2", "news", "second_hand")
    assert first.filter == Filter({"kind": ("park", "garden"), "open": (True,)}, {"area_m2": 5000.0})
    assert (first.start, second.start, second.entrance_of) == ("boundary", "entrance", "park_id")
    assert first.columns == ("area_m2", "kind", "open")


def test_minutes_are_metres_at_the_rules_speed_or_the_askers():
    found = rule(WALK)
    assert found.services[0].distance_m == pytest.approx(500)  # ten minutes at 3 km/h
    faster = found.at_speed(6.0)
    assert (faster.walk.speed_km_h, faster.services[0].distance_m) == (6.0, pytest.approx(1000))
    assert faster.hash == found.hash
    assert found.uses_speed
    assert not rule(SUPPLY).uses_speed
    assert rule(SUPPLY).at_speed(6.0).services == rule(SUPPLY).services


def test_a_rule_knows_every_layer_it_reads():
    assert rule(STRAIGHT).layers == ("landuse", "park_entrances", "parks", "people")
    assert rule(WALK).layers == ("parks", "walk_network", "water")
    assert rule(WALK).needed == ("walk_network",)
    assert rule(STATUS).layers == ("events", "lamps")
    assert rule(STATUS).needed == ("events",)
    assert rule(RASTER).needed == rule(RASTER).layers == ("satellite",)


def test_units_follow_from_the_demand():
    units = [each.unit for text in ALL.values() for each in rule(text).demands]
    assert units == ["m2", "people", "m2", "m", "features", "m2", "people"]
    floors = STRAIGHT + '[[demands]]\nkind = "buildings"\nlayer = "buildings"\namount = "floor_m2"\n'
    assert rule(floors).demand("buildings").unit == "m2"
    assert rule(floors.replace('amount = "floor_m2"', "")).demand("buildings").unit == "buildings"


def test_plain_land_is_sampled_more_coarsely_than_homes():
    homes = WALK.replace('kind = "land"', 'kind = "residential_land"\nlayer = "landuse"')
    assert (rule(WALK).demands[0].cell_m, rule(homes).demands[0].cell_m) == (100.0, 25.0)


def test_targets_are_of_a_demand_or_of_its_groups():
    found = rule(STRAIGHT)
    assert [each.level for each in found.targets_of("residential_land")] == [0.8]
    assert found.targets_of("people") == ()
    assert [each.plan for each in found.targets_of("people", "old")] == ["plan-1"]
    assert found.targets_of("people", "new") == ()
    assert rule(SUPPLY).targets[0].level == 30.0


def test_comments_and_layout_do_not_change_the_hash():
    assert rule("# a comment\n" + STRAIGHT).hash == rule(STRAIGHT).hash
    assert rule(STRAIGHT.replace("500", "400")).hash != rule(STRAIGHT).hash


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


NAN, INFINITE = float("nan"), float("inf")
AGAIN = {"share": 0.7, "source": "x", "standing": "draft"}
SERVICE, DEMAND, TARGET = ("services", 0), ("demands", 0), ("targets", 0)


@pytest.mark.parametrize(
    ("catchment", "change", "key", "problem"),
    [
        # what every rule says
        ("straight", set_at(["titel"], "x"), "titel", "not a key"),
        ("straight", set_at(["kind"], "circle"), "kind", "one of coverage"),
        ("straight", set_at(["id"], "Own Rule"), "id", "lower-case"),
        ("straight", set_at(["id"], "circles"), "id", "not 'circles'"),
        ("straight", set_at(["clause"], None), "clause", "missing"),
        ("straight", set_at(["source"], None), "source", "missing"),
        ("straight", set_at(["source"], " "), "source", "should be text"),
        ("straight", set_at(["standing"], None), "standing", "missing"),
        ("straight", set_at(["standing"], "sure"), "standing", "one of in_force"),
        ("straight", set_at(["catchment"], "circle"), "catchment", "one of straight"),
        # lengths that nobody means, and that overflow where they are squared
        ("straight", set_at([*SERVICE, "distance_m"], 1e308), "services[1].distance_m", "at most 1e+06"),
        ("walk", set_at(["walk"], {"limit_m": 1e9}), "walk.limit_m", "at most 1e+06"),
        ("walk", set_at(["walk"], {"search_m": 1e9}), "walk.search_m", "at most 1e+06"),
        ("along", set_at(["along", "reach_m"], 1e9), "along.reach_m", "at most 1e+06"),
        ("along", set_at(["along", "aside_m"], 1e9), "along.aside_m", "at most 1e+06"),
        # services
        ("straight", set_at(["services"], None), "services", "at least one"),
        ("straight", set_at([*SERVICE, "distance"], 5), "services[1].distance", "not a key"),
        ("straight", set_at([*SERVICE, "layer"], None), "services[1].layer", "missing"),
        ("straight", set_at([*SERVICE, "distance_m"], None), "services[1].distance_m", "missing"),
        ("straight", set_at([*SERVICE, "distance_m"], 0), "services[1].distance_m", "above zero"),
        ("straight", set_at([*SERVICE, "distance_m"], NAN), "services[1].distance_m", "above zero"),
        ("straight", set_at([*SERVICE, "distance_m"], True), "services[1].distance_m", "a number"),
        ("straight", set_at([*SERVICE, "minutes"], 8), "services[1].minutes", "nobody walks"),
        ("straight", set_at([*SERVICE, "source"], "x"), "services[1].standing", "go together"),
        ("straight", set_at(["services", 1, "standing"], None), "services[2].standing", "go together"),
        ("straight", set_at([*SERVICE, "title_zh"], "园"), "services[1].title_en", "other language"),
        ("straight", set_at([*SERVICE, "from"], "middle"), "services[1].from", "one of boundary"),
        ("straight", set_at([*SERVICE, "from"], "entrance"), "services[1].entrances", "goes together"),
        ("straight", set_at([*SERVICE, "entrances"], "gates"), "services[1].entrances", "goes together"),
        ("straight", set_at(["services", 1, "entrance_of"], None), "services[2].entrance_of", "missing"),
        ("straight", set_at([*SERVICE, "entrance_of"], "id"), "services[1].entrance_of", "not a key"),
        ("straight", set_at([*SERVICE, "capacity"], "places"), "services[1].capacity", "supply"),
        ("straight", set_at([*SERVICE, "where"], {"kind": []}), "services[1].where.kind", "not empty"),
        ("straight", set_at([*SERVICE, "where"], {"kind": {}}), "services[1].where.kind", "should be a text"),
        ("straight", set_at([*SERVICE, "at_least"], {"a": INFINITE}), "services[1].at_least.a", "finite"),
        ("straight", set_at([*SERVICE, "below"], {"a": "b"}), "services[1].below.a", "a number"),
        # catchments that contradict
        ("straight", set_at(["walk"], {}), "walk", "belongs to the catchments walk, supply"),
        ("straight", set_at(["along"], {"aside_m": 1, "reach_m": 1}), "along", "belongs to the catchment"),
        ("walk", set_at(["supply"], {}), "supply", "belongs to the catchment"),
        ("status", set_at(["services"], []), "services", "looks at the demand itself"),
        ("raster", set_at(["services"], [{}]), "services", "looks at the demand itself"),
        # on foot
        ("walk", set_at([*SERVICE, "distance_m"], 500), "services[1].distance_m", "either"),
        ("walk", set_at([*SERVICE, "minutes"], None), "services[1].distance_m", "either"),
        ("walk", set_at([*SERVICE, "minutes"], 101), "services[1].minutes", "beyond walk.search_m = 5000"),
        ("walk", set_at([*SERVICE, "from"], "boundary"), "services[1].from", "one of entrance"),
        ("walk", set_at(["walk", "speed_km_h"], 0), "walk.speed_km_h", "above zero"),
        ("walk", set_at(["walk", "speed_km_h"], -4), "walk.speed_km_h", "above zero"),
        ("walk", set_at(["walk", "speed_km_h"], 80), "walk.speed_km_h", "at most 15"),
        ("walk", set_at(["walk", "speed"], 4), "walk.speed", "not a key"),
        ("walk", set_at(["walk", "limit_m"], 0), "walk.limit_m", "above zero"),
        ("walk", set_at(["walk", "min_component_m"], -1), "walk.min_component_m", "zero or more"),
        ("walk", set_at(["walk", "factors", "steps"], 0), "walk.factors.steps", "above zero"),
        ("walk", set_at(["walk", "closed", "access"], []), "walk.closed.access", "not empty"),
        ("walk", set_at(["walk", "barriers"], ["water", "water"]), "walk.barriers", "twice"),
        # along, status, raster, supply
        ("along", set_at([*SERVICE, "distance_m"], 5), "services[1].distance_m", "stands in [along]"),
        ("along", set_at([*SERVICE, "from"], "centroid"), "services[1].from", "means nothing"),
        ("along", set_at(["along"], None), "along.aside_m", "missing"),
        ("along", set_at(["along", "reach_m"], 0), "along.reach_m", "above zero"),
        ("status", set_at(["status"], {}), "status.met", "say the state"),
        ("status", set_at(["status"], None), "status.met", "say the state"),
        ("status", set_at(["status", "known"], {}), "status.known", "no column"),
        ("status", set_at(["status", "met", "state"], {}), "status.met.state", "should be a text"),
        ("status", set_at(["status", "at_least", "flow"], " "), "status.at_least.flow", "should be text"),
        ("status", set_at(["status", "at_least", "flow"], NAN), "status.at_least.flow", "finite"),
        ("status", set_at(["status", "without", "date"], None), "status.without.date", "needs the column"),
        ("status", set_at(["status", "without", "within_days"], 0), "status.without.within_days", "above"),
        ("status", set_at(["status", "without", "layer"], None), "status.without.layer", "missing"),
        ("raster", set_at(["raster"], None), "raster.at_least", "either"),
        ("raster", set_at(["raster", "below"], 1), "raster.at_least", "either"),
        ("raster", set_at(["raster", "band"], 1), "raster.band", "not of one band"),
        ("raster", set_at(["raster", "nir"], 1), "raster.nir", "same band"),
        ("raster", set_at(["raster", "nir"], 1.5), "raster.nir", "whole number"),
        ("raster", set_at(["raster", "red"], None), "raster.red", "go together"),
        ("raster", set_at(["raster", "index"], "evi"), "raster.index", "one of ndvi"),
        ("raster", set_at(["raster", "at_least"], NAN), "raster.at_least", "finite"),
        ("supply", set_at([*SERVICE, "capacity"], None), "services[1].capacity", "needs it"),
        ("supply", set_at(["supply", "weights"], "linear"), "supply.weights", "one of binary"),
        ("supply", set_at(["supply", "weights"], "binary"), "supply.bands", "goes together"),
        ("supply", set_at(["supply", "bands"], None), "supply.bands", "goes together"),
        ("supply", set_at(["supply", "bands"], []), "supply.bands", "empty"),
        ("supply", set_at(["supply", "bands"], [[500]]), "supply.bands", "pairs of numbers"),
        ("supply", set_at(["supply", "bands"], [[500, "x"]]), "supply.bands", "pairs of numbers"),
        ("supply", set_at(["supply", "bands"], [[500, 1], [400, 1]]), "supply.bands", "rise"),
        ("supply", set_at(["supply", "bands"], [[INFINITE, 1]]), "supply.bands", "rise"),
        ("supply", set_at(["supply", "bands"], [[500, NAN]]), "supply.bands", "weights above 0"),
        # demands
        ("straight", set_at(["demands"], []), "demands", "at least one"),
        ("straight", set_at([*DEMAND, "kind"], "dogs"), "demands[1].kind", "one of land"),
        ("straight", set_at([*DEMAND, "layer"], None), "demands[1].layer", "missing"),
        ("straight", set_at([*DEMAND, "amount"], "m2"), "demands[1].amount", "not read from a column"),
        ("straight", set_at([*DEMAND, "cell_m"], 25), "demands[1].cell_m", "nothing is sampled"),
        ("straight", set_at([*DEMAND, "id"], "people"), "demands[2].id", "used twice"),
        ("walk", set_at([*DEMAND, "layer"], "landuse"), "demands[1].layer", "ground of the zones"),
        ("walk", set_at([*DEMAND, "group"], "class"), "demands[1].group", "ground of the zones"),
        ("walk", set_at([*DEMAND, "cell_m"], 0.5), "demands[1].cell_m", "at least 1"),
        ("walk", set_at([*DEMAND, "cell_m"], INFINITE), "demands[1].cell_m", "above zero"),
        ("along", set_at([*DEMAND, "kind"], "people"), "demands[1].kind", "one of road_length"),
        ("supply", set_at([*DEMAND, "kind"], "land"), "demands[1].kind", "one of people"),
        ("status", set_at([*DEMAND, "kind"], "land"), "demands[1].kind", "one of residential_land"),
        # targets
        ("straight", set_at([*TARGET, "demand"], "land"), "targets[1].demand", "one of residential_land,"),
        ("straight", set_at([*TARGET, "where_group"], ["a"]), "targets[1].where_group", "no `group`"),
        ("straight", set_at([*TARGET, "share"], 80), "targets[1].share", "write 85 %"),
        ("straight", set_at([*TARGET, "share"], -0.1), "targets[1].share", "zero or more"),
        ("straight", set_at([*TARGET, "value"], 1), "targets[1].value", "measured by share"),
        ("straight", set_at([*TARGET, "source"], None), "targets[1].source", "missing"),
        ("straight", set_at([*TARGET, "standing"], None), "targets[1].standing", "missing"),
        ("supply", set_at([*TARGET, "share"], 0.5), "targets[1].share", "measured by value"),
        ("straight", set_at(["targets", 1], AGAIN), "targets[2].demand", "already"),
    ],
)  # fmt: skip
def test_a_bad_rule_names_file_and_key(catchment, change, key, problem):
    document = tomllib.loads(ALL[catchment])
    change(document)
    with pytest.raises(RuleError) as caught:
        from_document(document, "city.toml")
    assert (caught.value.file, caught.value.key) == ("city.toml", key)
    assert problem in caught.value.problem


def test_reading_leaves_the_values_alone():
    document = tomllib.loads(STATUS)
    before = copy.deepcopy(document)
    from_document(document, "x")
    assert document == before


def test_what_is_no_toml_is_a_rule_error():
    with pytest.raises(RuleError, match=r"rule file x\.toml: syntax"):
        parse(b"id = ", "x.toml")
    with pytest.raises(RuleError, match="not UTF-8"):
        parse("id = '泉城'".encode("gb18030"), "x.toml")


def test_circles_and_coverage_rules_lie_in_one_folder_and_are_told_apart_by_kind(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.toml").write_text(STRAIGHT, "utf-8")
    assert "own" in coverage_rules(tmp_path)
    assert "own" not in rule_sets(tmp_path)
    assert coverage_rule("own", tmp_path).catchment == "straight"
    with pytest.raises(RuleNotFound, match="no coverage rule is called 'gb50180-2018'"):
        coverage_rule("gb50180-2018", tmp_path)


def broken(home, name, content):
    path = home / "rules" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(error.file, error.key) for error in faults(home)]


def test_a_broken_file_takes_down_its_own_rule_and_no_other(tmp_path):
    own = STRAIGHT.replace('"own"', '"park-radius"')
    assert broken(tmp_path, "a.toml", own) == []
    assert broken(tmp_path, "a.toml", own.replace("500", "-500")) == [("a.toml", "services[1].distance_m")]
    packaged = coverage_rules()
    assert dict(coverage_rules(tmp_path)) == {id_: packaged[id_] for id_ in packaged if id_ != "park-radius"}
    assert rule_sets(tmp_path) == rule_sets()
    with pytest.raises(RuleError, match=r"a.toml: services\[1\].distance_m: should be above zero"):
        coverage_rule("park-radius", tmp_path)


def test_two_files_of_one_id_are_both_out_of_use(tmp_path):
    broken(tmp_path, "other.toml", STRAIGHT)
    assert broken(tmp_path, "own.toml", STRAIGHT) == [("own.toml", "id")]
    assert "own" not in coverage_rules(tmp_path)
    with pytest.raises(RuleError, match=r"own.toml: id: 'own' is also the id of other.toml"):
        coverage_rule("own", tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("park-walk.toml", "kind = "),
        ("x.toml", 'id = "park-walk"\nkind = '),
        ("x.toml", b'id = "park-walk"\ntitle_zh = "\xff"'),
        ("x.toml", 'kind = "cover"\nid = "park-walk"'),
    ],
)
def test_a_file_that_cannot_be_read_claims_the_id_in_a_line_of_it_or_its_name(tmp_path, name, content):
    assert [file for file, _ in broken(tmp_path, name, content)] == [name]
    with pytest.raises(RuleError, match=name):
        coverage_rule("park-walk", tmp_path)
    assert coverage_rule("park-radius", tmp_path) == coverage_rule("park-radius")
    assert rule_set("gb50180-2018", tmp_path) == rule_set("gb50180-2018")


@pytest.mark.parametrize(
    ("content", "key", "problem"),
    [
        ("x = " + "[" * 100_000 + "]" * 100_000, "syntax", "nested too deeply"),
        ("a." * 100_000 + "b = 1", "syntax", "more than 50 dots"),
        ("[" + "a." * 100_000 + "b]", "syntax", "more than 50 dots"),
        ("x = " + "9" * 5000, "syntax", "digits"),
        ("kind = 0x" + "f" * 5000, "kind", "number of very many digits"),
        ("x" * 1_000_001, "file", "larger than a rule can be"),
        ("[" * 1_000_000, "syntax", "Invalid initial character"),
    ],
)
def test_what_no_reader_should_choke_on_is_a_rule_error(tmp_path, content, key, problem):
    assert broken(tmp_path, "x.toml", content) == [("x.toml", key)]
    (error,) = faults(tmp_path)
    assert problem in error.problem
    assert len(str(error)) < 300


def test_what_is_no_file_is_a_rule_error(tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "folder.toml").mkdir()
    (rules / "gone.toml").symlink_to(tmp_path / "nowhere")
    (rules / "loop.toml").symlink_to("loop.toml")
    os.mkfifo(rules / "pipe.toml")
    assert [error.file for error in faults(tmp_path)] == [
        "folder.toml",
        "gone.toml",
        "loop.toml",
        "pipe.toml",
    ]
    assert coverage_rules(tmp_path) == coverage_rules()


def test_a_mark_in_front_of_a_file_is_no_part_of_it(tmp_path):
    assert broken(tmp_path, "own.toml", b"\xef\xbb\xbf" + STRAIGHT.encode()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, [float("nan")], ["a" * 1000]])
def test_a_value_to_compare_with_is_finite_and_a_message_is_short(value):
    document = tomllib.loads(STRAIGHT)
    document["services"][0]["where"]["kind"] = value
    if value == ["a" * 1000]:
        document["services"][0]["where"]["kind"] = {"a": value}
    with pytest.raises(
        RuleError, match=r"services\[1\].where.kind: should be a text, finite number"
    ) as found:
        from_document(document, "x")
    assert len(str(found.value)) < 300

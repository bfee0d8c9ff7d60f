"""Specs are data: the packaged ones hold together, and every mistake in one is told with file and key."""

import re

import pytest

from layers.errors import SpecError
from layers.spec import Cells, spec_from_body
from layers.spec_files import load_specs, read_spec

GOOD = """
name = "wells"
title_zh = "水井"
title_en = "Wells"
kind = "features"
geometry = "point"
key = "id"

[[fields]]
name = "id"
required = true

[[fields]]
name = "state"
aliases = ["状态"]
[fields.domain]
open = { zh = "开", en = "Open" }

[[fields]]
name = "dug"
type = "date"

[dates]
completed = "dug"
"""


def written(folder, text, name="wells"):
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_specs_serve_the_required_categories():
    specs = load_specs()
    facilities = ("education", "health", "care", "culture_sport", "shops", "services", "sanitation")
    assert {*facilities, "districts", "subdistricts", "communities", "people", "walk_network"} <= set(specs)
    assert {"water", "railways", "parks"} <= set(specs)
    categories = {value for name in facilities for value in specs[name].field("category").domain}
    required = [
        "secondary_school",
        "health_centre",
        "outpatient",
        "elderly_care_home",
        "culture_centre",
        "sports_field_large",
        "subdistrict_service",
        "shopping",
        "restaurant",
        "bank",
        "post",
        "bus_stop",
        "primary_school",
        "market",
        "sports_field_medium",
        "kindergarten",
        "community_service",
        "culture_room",
        "elderly_day_care",
        "outdoor_fitness",
        "convenience_shop",
        "refuse_collection",
        "public_toilet",
        "health_station",
    ]
    assert len(required) == 24
    assert set(required) <= categories
    assert {"pharmacy", "library", "bicycle_park"} <= categories


def test_the_packaged_specs_serve_the_coverage_rules():
    """What rules name: layer, column, and where the column has a domain, values of it."""
    specs = load_specs()
    roads = ("expressway", "arterial", "secondary", "branch", "lane")
    for layer, column, values in (
        ("residential_land", "class", ("R1", "R2", "R3")),
        ("residential_land", "people", ()),
        ("buildings", "use", ("residential",)),
        ("buildings", "floor_area_m2", ()),
        ("parks", "area_m2", ()),
        ("park_entrances", "park_id", ()),
        ("car_parks", "kind", ("public", "residential", "roadside")),
        ("car_parks", "area", ("downtown", "elsewhere")),
        ("car_parks", "spaces", ()),
        ("roads", "class", roads),
        ("lamps", "road_class", roads),
        ("lamps", "state", ("lit", "out", "unknown")),
        ("violations", "state", ("open", "closed")),
        ("springs", "level_m", ()),
        ("springs", "warning_m", ()),
        ("springs", "monitoring", ("automatic", "manual", "none")),
        ("education", "places", ()),
        ("care", "beds", ()),
        ("health", "beds", ()),
    ):
        assert set(values) <= set(specs[layer].field(column).domain), (layer, column)


def test_a_violation_lasts_from_the_day_it_is_found_to_the_day_it_is_closed():
    dates = load_specs()["violations"].dates
    assert (dates.completed, dates.removed) == ("found", "closed")


def test_every_packaged_field_and_value_has_both_names():
    for spec in load_specs().values():
        for field in spec.fields + spec.nodes:
            assert re.search(r"[\u4e00-\u9fff]", field.title_zh), (spec.name, field.name)
            assert set(field.domain_titles) == set(field.domain)


def test_a_spec_read_from_its_kept_body_is_the_same():
    for spec in load_specs().values():
        assert spec_from_body(spec.body) == spec
        assert spec_from_body(spec.body).spec_hash == spec.spec_hash


def test_a_good_spec_is_read(tmp_path):
    spec = read_spec(written(tmp_path, GOOD))
    assert spec.dates.completed == "dug"
    assert spec.field("state").domain == ("open",)
    assert spec.field("state").headers() == ("state", "状态")


def test_a_city_replaces_a_packaged_spec_whole(tmp_path):
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("wells", "education"), "education")
    specs = load_specs(tmp_path)
    assert specs["wells"].title_zh == "水井"
    assert list(specs["education"].by_name) == ["id", "state", "dug"]
    assert specs["education"].spec_hash != load_specs()["education"].spec_hash


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        (('key = "id"', 'key = "id"\ncolour = "red"'), "colour", "not a key that is known"),
        (('aliases = ["状态"]', 'alias = "状态"'), "fields[2].alias", "not a key that is known"),
        (('key = "id"', 'key = "number"'), "key", "names no field"),
        (('kind = "features"', 'kind = "feature"'), "kind", "one of features"),
        (('type = "date"', 'type = "day"'), "fields[3].type", "one of text"),
        (('completed = "dug"', 'completed = "state"'), "dates", "no field of type date"),
        (('completed = "dug"', 'finished = "dug"'), "dates.finished", "not a key that is known"),
        (('name = "dug"', 'name = "state"'), "fields[3].name", "used twice"),
        (('name = "dug"', 'name = "geometry"'), "fields[3].name", "reserved"),
        (('name = "wells"', 'name = "springs"'), "name", "file's own name"),
        (('required = true', 'required = "yes"'), "fields[1].required", "true or false"),
        (('en = "Open"', 'fr = "Ouvert"'), "fields[2].domain.open.en", "is missing"),
        (('title_zh = "水井"\n', ""), "title_zh", "is missing"),
        (('type = "date"', 'type = "date"\nminimum = 3'), "fields[3].minimum", "is for numbers"),
        (('geometry = "point"\n', ""), "geometry", "is missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_and_key(tmp_path, change, key, words):
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change))
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert caught.value.key == key
    assert caught.value.path == str(path)
    assert words in str(caught.value)


GREEN = """
name = "green"
title_zh = "植被"
title_en = "Green"
kind = "raster"

[raster]
unit = "index"
minimum = -1
maximum = 1
bands = 1
"""


def test_a_raster_has_cells_and_neither_key_nor_fields(tmp_path):
    spec = read_spec(written(tmp_path, GREEN, "green"))
    assert (spec.geometry, spec.key, spec.fields) == ("none", "", ())
    assert spec.raster == Cells("index", -1.0, 1.0, 1)
    assert spec_from_body(spec.body) == spec
    bare = read_spec(written(tmp_path, GREEN.split("[raster]")[0], "green"))
    assert bare.raster == Cells()
    assert load_specs()["elevation"].raster.unit == "m"


def test_bodies_of_other_kinds_say_nothing_of_cells():
    """Their hashes are in catalogs already."""
    for spec in load_specs().values():
        assert ('"raster":{' in spec.body) == (spec.kind == "raster")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (GREEN.replace('kind = "raster"', 'kind = "raster"\nkey = "id"'), "key", "kind is raster"),
        (GREEN + '[[fields]]\nname = "id"\n', "fields", "the layer's kind is raster"),
        (GREEN.replace("minimum = -1", "minimum = 2"), "raster.minimum", "not be above the maximum"),
        (GREEN.replace("bands = 1", "bands = 0"), "raster.bands", "whole number from 1"),
        (GREEN.replace("bands = 1", "depth = 1"), "raster.depth", "not a key that is known"),
        (GREEN.replace('kind = "raster"', 'kind = "raster"\ngeometry = "point"'), "geometry", "is raster"),
        (GOOD.replace('key = "id"', 'key = "id"\n[raster]').replace("wells", "green"), "raster", "is for"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_raster_is_told(tmp_path, text, key, words):
    with pytest.raises(SpecError, match=words) as caught:
        read_spec(written(tmp_path, text, "green"))
    assert caught.value.key == key


def test_what_is_not_toml_is_told_with_its_file(tmp_path):
    with pytest.raises(SpecError, match=r"wells\.toml: is not TOML"):
        read_spec(written(tmp_path, "name = "))

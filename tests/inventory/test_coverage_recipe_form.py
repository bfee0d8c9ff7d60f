"""A recipe of a coverage rule with any content is replayed, or refused in a sentence."""

import json

import pytest
import tiny_city as city
from coverage_world import PARK_OR_SCHOOL, published
from hypothesis import given, settings
from hypothesis import strategies as st
from test_recipe_form import JSON, LEFT_OUT, ODD, answered, changed, places

from inventory.coverage import coverage, keep
from inventory.coverage_rule_file import parse
from inventory.errors import RecipeError
from inventory.recipe import replay
from layers.catalog import Store


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store and its kept result, whose recipe the tests overwrite."""
    with Store.open(city.workspace(tmp_path_factory.mktemp("recipes") / "home")) as store:
        published(store)
        folder = keep(store, coverage(store, parse(PARK_OR_SCHOOL.encode(), "own.toml")))
        yield store, folder, json.loads((folder / "recipe.json").read_bytes())


@pytest.mark.slow
def test_every_key_of_every_odd_type_is_refused_or_replayed(kept):
    store, folder, document = kept
    for path in places(document):
        if path[0] == "rule" and len(path) > 2:
            continue
        for value in [*ODD, LEFT_OUT]:
            answered(store, folder, json.dumps(changed(document, path, value)).encode())


RING = [[117, 36.7], [117.01, 36.7], [117, 36.71]]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "coverages", "recipe of kind 'circles' or 'coverage'"),
        (("by",), None, "either 'by' with 'city.zones', or 'area'"),
        (("area",), RING, "either 'by' with 'city.zones', or 'area'"),
        (("city", "zones"), None, "either 'by' with 'city.zones', or 'area'"),
        (("speed_km_h",), 0, "speed_km_h = 0, which should be null or a number above 0"),
        (("speed_km_h",), True, "speed_km_h = true"),
        (("rule",), {"kind": "coverage"}, "holds a rule that cannot be used: catchment"),
        (("rule", "clause"), "2", "a rule that is not the one it names"),
        (("city", "agencies"), [{"code": 1}], r"city.agencies\[0\].code = 1"),
        (("city", "agencies"), [5], r"city.agencies\[0\] = 5"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(kept, path, value, words):
    store, folder, document = kept
    (folder / "recipe.json").write_text(json.dumps(changed(document, path, value)))
    with pytest.raises(RecipeError, match=words):
        replay(store, folder)


def test_an_area_that_is_none_is_refused(kept):
    store, folder, document = kept
    broken = document | {"by": None, "area": RING[:2], "city": document["city"] | {"zones": None}}
    (folder / "recipe.json").write_text(json.dumps(broken))
    with pytest.raises(RecipeError, match="area that cannot be used"):
        replay(store, folder)


@settings(max_examples=40)
@given(st.data())
def test_any_value_anywhere_is_refused_or_replayed(kept, data):
    store, folder, document = kept
    path = data.draw(st.sampled_from(sorted(places(document), key=str)))
    answered(store, folder, json.dumps(changed(document, path, data.draw(JSON))).encode())

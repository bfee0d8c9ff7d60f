"""A recipe.json of any content is replayed, or refused in a sentence that names the file."""

import copy
import json

import pytest
import tiny_city as city
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from inventory.circles import circles, keep
from inventory.errors import InventoryError, RecipeError
from inventory.recipe import replay
from layers.catalog import Store
from layers.errors import LayerError

ODD = [
    None, True, False, 0, -1, 3.5, 1e308, 10**400, 2**63, "", "x", "\u0000", "\ud800", "9999-12-31",
    "2020-02-30", "EPSG:4326", "EPSG:4548", [], [[]], [None], ["x"], {}, {"x": 1}, {"": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store and its kept result, whose recipe the tests overwrite."""
    with Store.open(city.workspace(tmp_path_factory.mktemp("recipes") / "home")) as store:
        city.publish_all(store)
        folder = keep(store, circles(store))
        yield store, folder, json.loads((folder / "recipe.json").read_bytes())


def places(value, path=()):
    """Every key of a document, however deep."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield (*path, key)
        yield from places(below, (*path, key))


def answered(store, folder, text):
    """Replay what stands in the recipe: an error of ours that says something, or an outcome."""
    said = told(store, folder, text)
    assert said is None or str(said).strip()
    assert not isinstance(said, RecipeError) or str(folder) in str(said)


def told(store, folder, text):
    (folder / "recipe.json").write_bytes(text)
    try:
        replay(store, folder)
    except (InventoryError, LayerError, GeoError) as error:
        return error
    return None


def changed(document, path, value):
    made = copy.deepcopy(document)
    within = made
    for key in path[:-1]:
        within = within[key]
    if value is LEFT_OUT:
        del within[path[-1]]
    else:
        within[path[-1]] = value
    return made


LEFT_OUT = object()


def test_every_key_of_every_odd_type_is_refused_or_replayed(kept):
    """Of the keys outside the rule set all; the rule set's own are refused by its hash, or its reader."""
    store, folder, document = kept
    for path in places(document):
        if path[0] == "rule_set" and len(path) > 3:
            continue
        for value in [*ODD, LEFT_OUT]:
            answered(store, folder, json.dumps(changed(document, path, value)).encode())


def test_what_is_wrong_is_named_with_its_place_and_what_it_should_be(kept):
    store, folder, document = kept
    for path, value, words in [
        (("sequence",), "4", 'sequence = "4", which should be a whole number from 0'),
        (("date",), "2020-2-1", 'date = "2020-2-1", which should be null or a date such as 2020-09-30'),
        (("city", "zones"), [], "city.zones = \\[\\], which should be a table"),
        (("inputs", 1, "version"), None, r"inputs\[1\].version = null, which should be a text"),
        (("engine",), None, "engine = null, which should be a table"),
        (("city", "working_crs"), "EPSG:4326", "city.working_crs = 'EPSG:4326'"),
        (("rule_set", "search_m"), "far", "rule set that cannot be used: search_m"),
        (("city", "synthetic"), LEFT_OUT, "has no 'city.synthetic'"),
    ]:
        (folder / "recipe.json").write_text(json.dumps(changed(document, path, value)))
        with pytest.raises(RecipeError, match=words):
            replay(store, folder)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150)
@given(st.data())
def test_any_value_anywhere_is_refused_or_replayed(kept, data):
    store, folder, document = kept
    path = data.draw(st.sampled_from(sorted(places(document), key=str)))
    answered(store, folder, json.dumps(changed(document, path, data.draw(JSON))).encode())


@pytest.mark.parametrize(
    "content", [b'{"kind":' * 100_000, b"[" * 100_000, b'{"kind": "circles", "kind": NaN}', b"1" * 5000]
)
def test_texts_that_are_hardly_json_are_refused(kept, content):
    store, folder, _ = kept
    (folder / "recipe.json").write_bytes(content)
    with pytest.raises(RecipeError):
        replay(store, folder)


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e999", "-0.0", "1" + "0" * 400, "null", '"x"', "[]", "{}"]
)
def test_a_figure_that_is_none_is_a_difference(kept, text):
    store, folder, document = kept
    (folder / "recipe.json").write_text(json.dumps(document))
    path = folder / "result.json"
    whole = path.read_bytes()
    result = json.loads(whole)
    result["city"]["demand"] = "HERE"
    try:
        path.write_text(json.dumps(result).replace('"HERE"', text))
        outcome = replay(store, folder)
    finally:
        path.write_bytes(whole)
    assert not outcome.identical
    assert [each.path for each in outcome.differences] == ["city.demand"]

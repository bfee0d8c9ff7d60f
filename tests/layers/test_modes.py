"""Replace, upsert and append: the new state worked out by hand, and keys taken over by place."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from layer_worlds import CITY, points, rules
from things import SPEC, contents, frame_of, plain

from layers.city import read_city
from layers.diff import apply, counts, diff
from layers.errors import ModeNotSupported, SourceUnusable
from layers.findings import has_errors
from layers.modes import combine
from layers.spec import FieldSpec, LayerSpec
from layers.validate import Prepared, prepare

EXAMPLES = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ALL = [field.name for field in SPEC.fields]
PARKS = LayerSpec(
    "green",
    "绿地",
    "Green",
    "features",
    "point",
    "id",
    (
        FieldSpec("id", required=True),
        FieldSpec("name", required=True),
        FieldSpec("street"),
        FieldSpec("number", "integer"),
    ),
    precision_m=1.0,
)
HERE, THERE, FAR = (117.1, 36.1), (117.2, 36.2), (117.3, 36.3)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    path = tmp_path_factory.mktemp("city") / "city.toml"
    path.write_text(CITY, encoding="utf-8")
    return read_city(path)


def whole(frame):
    return Prepared(frame, (), np.arange(1, len(frame) + 1))


def file_of(city, places, **columns):
    """A file's rows prepared, and the fields it has."""
    frame = points(places, **columns)
    if columns.get("id", "") is None:
        frame = frame.drop(columns="id")
    present = [field.name for field in PARKS.fields if field.name in frame]
    return prepare(frame, PARKS, city), present


@EXAMPLES
@given(contents, contents)
def test_replace_is_the_file(old, new):
    assert plain(combine(frame_of(old), whole(frame_of(new)), SPEC, "replace", ALL).state) == plain(
        frame_of(new)
    )


@EXAMPLES
@given(contents, contents)
def test_upsert_deletes_nothing_and_overwrites_what_the_file_has(old, new):
    present = ["id", "words", "since"]
    state = plain(combine(frame_of(old), whole(frame_of(new)), SPEC, "upsert", present).state)
    one, other = plain(frame_of(old)), plain(frame_of(new))
    expected = dict(one)
    for key, row in other.items():
        written = {name: row[name] for name in ("words", "since", "geometry")}
        expected[key] = {**one[key], **written} if key in one else row
    assert state == expected


@EXAMPLES
@given(contents, contents)
def test_append_adds_new_keys_and_names_the_others(old, new):
    combined = combine(frame_of(old), whole(frame_of(new)), SPEC, "append", ALL)
    one, other = plain(frame_of(old)), plain(frame_of(new))
    assert plain(combined.state) == {**other, **one}
    expected = [("key_exists", row) for row, key in enumerate(new, start=1) if key in old]
    assert rules(combined.findings) == expected
    assert has_errors(combined.findings) == bool(expected)


@EXAMPLES
@given(contents, contents)
def test_every_mode_ends_in_a_state_a_delta_leads_to(old, new):
    one = frame_of(old)
    for mode in ("replace", "upsert", "append"):
        state = combine(one, whole(frame_of(new)), SPEC, mode, ALL).state
        assert state.dtypes.to_dict() == one.dtypes.to_dict()
        assert plain(apply(one, diff(one, state, SPEC))) == plain(state)


def test_without_a_head_the_file_is_the_state(city):
    prepared, present = file_of(city, [HERE], id=["a"], name=["甲"])
    for mode in ("replace", "upsert", "append"):
        assert plain(combine(None, prepared, PARKS, mode, present).state) == plain(prepared.frame)


def test_columns_an_upsert_lacks_are_errors_for_new_features_only(city):
    head, _ = file_of(city, [HERE, THERE], id=["a", "b"], name=["甲", "乙"], street=["一", "二"])
    prepared, present = file_of(city, [HERE, FAR], id=["a", "c"], street=["三", "四"])
    assert rules(prepared.findings) == [("field_missing", None)]
    combined = combine(head.frame, prepared, PARKS, "upsert", present)
    assert rules(combined.findings) == [("value_missing", 2)]
    found = combined.state.set_index("id")
    assert found.loc["a", "street"] == "三"
    assert found.loc["a", "name"] == "甲"
    assert found.loc["b", "street"] == "二"


def test_a_table_without_places_may_change_known_features(city):
    head, _ = file_of(city, [HERE], id=["a"], name=["甲"])
    table = prepare(pd.DataFrame({"id": ["a", "z"], "name": ["新", "无"]}), PARKS, city)
    combined = combine(head.frame, table, PARKS, "upsert", ["id", "name"])
    assert rules(combined.findings) == [("geometry_missing", 2)]
    assert combined.state.geometry.iloc[0] == head.frame.geometry.iloc[0]
    assert combined.state["name"].tolist() == ["新", "无"]


def test_rows_without_proper_keys_are_left_out_of_the_state(city):
    prepared, present = file_of(city, [HERE, THERE, FAR], id=["a", "a", None], name=["甲", "乙", "丙"])
    combined = combine(None, prepared, PARKS, "replace", present)
    assert combined.state["name"].tolist() == ["甲"]
    assert has_errors(combined.findings)


def test_a_file_without_keys_takes_over_those_at_the_same_places(city):
    """1e-6 degrees of latitude are 0.11 m, within the layer's metre; the third place is new."""
    head, _ = file_of(city, [HERE, THERE], id=["a", "b"], name=["甲", "乙"])
    near = (THERE[0], THERE[1] + 1e-6)
    prepared, present = file_of(city, [near, HERE, FAR], id=None, name=["乙", "新", "丙"])
    combined = combine(head.frame, prepared, PARKS, "replace", present)
    by_rule = {finding.rule: finding.fields["count"] for finding in combined.findings}
    assert by_rule == {"key_matched": 2, "key_made": 1}
    assert combined.state["id"].tolist()[:2] == ["b", "a"]
    found = diff(head.frame, combined.state, PARKS)
    assert counts(found) == {
        "added": 1, "removed": 0, "changed": 1, "unchanged": 1, "fields": {"name": 1},
    }  # fmt: skip


def test_of_several_at_one_place_those_alike_belong_together(city):
    head, _ = file_of(city, [HERE, HERE, HERE], id=["a", "b", "c"], name=["甲", "乙", "丙"])
    prepared, present = file_of(city, [HERE, HERE], id=None, name=["丙", "甲"])
    combined = combine(head.frame, prepared, PARKS, "replace", present)
    assert combined.state["id"].tolist() == ["c", "a"]


def test_each_feature_gives_its_key_away_once(city):
    head, _ = file_of(city, [HERE], id=["a"], name=["甲"])
    prepared, present = file_of(city, [HERE, HERE], id=None, name=["乙", "甲"])
    combined = combine(head.frame, prepared, PARKS, "replace", present)
    assert combined.state["id"].tolist()[1] == "a"
    assert combined.state["id"].nunique() == 2


def test_made_keys_stay_when_the_file_comes_again(city):
    prepared, present = file_of(city, [HERE, THERE], id=None, name=["甲", "乙"])
    first = combine(None, prepared, PARKS, "replace", present)
    moved, _ = file_of(city, [THERE, HERE], id=None, name=["乙", "改名"])
    again = combine(first.state, moved, PARKS, "replace", present)
    assert set(again.state["id"]) == set(first.state["id"])


def test_a_composite_key_survives_a_move(city):
    columns = {"id": None, "name": ["甲", "乙"], "street": ["南街", "南街"], "number": [1, 2]}
    head, present = file_of(city, [HERE, THERE], **columns)
    first = combine(None, head, PARKS, "replace", present, key_columns=("street", "number"))
    assert first.state["id"].tolist() == ["南街-1", "南街-2"]
    assert first.findings == ()
    swapped, _ = file_of(city, [THERE, FAR], **columns)
    again = combine(first.state, swapped, PARKS, "replace", present, key_columns=("street", "number"))
    assert again.state["id"].tolist() == ["南街-1", "南街-2"]


def test_a_composite_key_must_be_whole_and_unique(city):
    prepared, present = file_of(
        city, [HERE, THERE, FAR], id=None, name=["甲", "乙", "丙"], street=["南街", "南街", None]
    )
    combined = combine(None, prepared, PARKS, "replace", present, key_columns=("street",))
    assert sorted(rules(combined.findings)) == [("key_missing", 3), ("key_repeated", 2)]
    with pytest.raises(SourceUnusable, match="has no field 'nowhere'"):
        combine(None, prepared, PARKS, "replace", present, key_columns=("nowhere",))


def test_whole_number_keys_are_made_and_taken_over_too(city):
    fields = (FieldSpec("id", "integer", required=True), *PARKS.fields[1:])
    spec = replace(PARKS, fields=fields)
    head = prepare(points([HERE, THERE], id=[7, 8], name=["甲", "乙"]), spec, city)
    bare = points([THERE, FAR], name=["乙", "丙"]).drop(columns="id")
    combined = combine(head.frame, prepare(bare, spec, city), spec, "upsert", ["name"])
    assert combined.state["id"].tolist()[:2] == [7, 8]
    assert combined.state["id"].dtype == "int64"
    assert len(combined.state) == 3


def test_an_unknown_mode_is_refused(city):
    prepared, present = file_of(city, [HERE], id=["a"], name=["甲"])
    with pytest.raises(ModeNotSupported):
        combine(None, prepared, PARKS, "merge", present)

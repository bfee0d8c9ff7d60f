"""The forms of an upload's page: each changes one thing of what was said and leaves the rest alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.params import ParameterInvalid
from api.upload_forms import first_said, said_after
from layers.said import said_from

SAID = {"layer": "parking", "encoding": "GBK", "rename": {"CWS": "spaces"}, "left_out": [3]}


def test_an_empty_upload_form_says_nothing():
    assert (
        first_said([("layer", ""), ("agency", " "), ("mode", "replace"), ("crs", ""), ("encoding", "")]) == {}
    )


def test_the_upload_form_says_what_it_was_given():
    fields = [("layer", "parking"), ("mode", "upsert"), ("crs", " EPSG:4527 "), ("form_token", "x")]
    assert first_said(fields) == {"layer": "parking", "mode": "upsert", "crs": "EPSG:4527"}


@pytest.mark.parametrize(
    ("about", "fields", "changed"),
    [
        ("crs", [("value", "EPSG:2363"), ("free", "")], {"crs": "EPSG:2363"}),
        ("crs", [("value", "EPSG:2363"), ("free", "EPSG:4549")], {"crs": "EPSG:4549"}),
        ("datum", [("value", "GCJ-02")], {"crs": "GCJ-02"}),
        ("axes", [("value", "north_first")], {"swapped": True}),
        ("axes", [("value", "east_first")], {"swapped": False}),
        ("key", [("free", "街道, 序号,")], {"key_columns": ("街道", "序号")}),
        ("dataset", [("value", "b.shp")], {"dataset": "b.shp"}),
        ("mode", [("value", "append")], {"mode": "append"}),
    ],
)
def test_one_thing_is_said_and_the_rest_kept(about, fields, changed):
    after = said_after(SAID, [("about", about), *fields])
    assert after == said_from({**SAID, **changed}).as_values()


def test_taking_a_word_back_means_find_out():
    assert "encoding" not in said_after(SAID, [("about", "encoding"), ("value", ""), ("free", "")])


def test_another_layer_forgets_the_fields_of_the_old_one():
    after = said_after(SAID, [("about", "layer"), ("value", "parks")])
    assert (after["layer"], "rename" in after) == ("parks", False)


def test_columns_are_said_all_at_once():
    form = [("about", "columns"), ("as:CWS", ""), ("as:名称", "name"), ("as:as:x", "id")]
    assert said_after(SAID, form)["rename"] == {"名称": "name", "as:x": "id"}


def test_two_columns_cannot_fill_one_field():
    with pytest.raises(ParameterInvalid, match="name"):
        said_after(SAID, [("about", "columns"), ("as:A", "name"), ("as:B", "name")])


def test_only_cells_that_were_changed_are_edits():
    form = [
        ("about", "corrections"),
        ("cell:4:spaces", "200"),
        ("was:4:spaces", "约200"),
        ("cell:5:name", "same"),
        ("was:5:name", "same"),
        ("cell:6:name", ""),
        ("was:6:name", "gone"),
        ("leave", "9"),
    ]
    after = said_after(SAID, form)
    assert after["edits"] == (
        {"row": 4, "field": "spaces", "value": "200"},
        {"row": 6, "field": "name", "value": None},
    )
    assert after["left_out"] == (3, 9)


def test_a_second_correction_of_a_cell_takes_the_place_of_the_first():
    once = said_after({}, [("about", "corrections"), ("cell:4:spaces", "20"), ("was:4:spaces", "x")])
    twice = said_after(once, [("about", "corrections"), ("cell:4:spaces", "200"), ("was:4:spaces", "20")])
    assert twice["edits"] == ({"row": 4, "field": "spaces", "value": "200"},)


def test_rows_are_left_out_together_and_taken_again():
    after = said_after(SAID, [("about", "corrections"), ("leave_all", "1,2,9")])
    assert after["left_out"] == (1, 2, 3, 9)
    again = said_after(after, [("about", "corrections"), ("take", "1,2,3,9")])
    assert "left_out" not in again


@pytest.mark.parametrize(
    "form",
    [
        [("about", "actor"), ("value", "x")],
        [("value", "x")],
        [("about", "mode"), ("value", "burn")],
        [("about", "corrections"), ("leave", "-1")],
        [("about", "corrections"), ("leave", "1e9")],
        [("about", "corrections"), ("cell:x:name", "a"), ("was:x:name", "b")],
    ],
)
def test_what_no_form_of_ours_says_is_refused(form):
    with pytest.raises(ParameterInvalid):
        said_after(SAID, form)


@given(st.lists(st.tuples(st.integers(1, 50), st.sampled_from(["name", "spaces"]), st.text(max_size=8))))
def test_corrections_sent_twice_are_corrections_sent_once(cells):
    form = [("about", "corrections"), *((f"cell:{row}:{field}", f"x{text}") for row, field, text in cells)]
    once = said_after({}, form)
    assert said_after(once, form) == once

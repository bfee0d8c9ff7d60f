"""Changes as pages show them: counts, rows and features agree, and the same features are on both sides."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from api.changes import KINDS, changes_of, in_view, natural_order, rows, side_in_view
from api.words import Words
from layers.diff import diff
from layers.spec import FieldSpec, LayerSpec

SPEC = LayerSpec(
    name="parking",
    title_zh="停车场",
    title_en="Car parks",
    kind="features",
    geometry="point",
    key="id",
    fields=(
        FieldSpec("id", required=True, title_en="Number"),
        FieldSpec("name", title_en="Name"),
        FieldSpec("spaces", "integer", title_en="Spaces"),
        FieldSpec("owner", title_en="Owner", audience="staff"),
    ),
)
WORDS = Words("en")


def state(spaces: dict[str, int], moved: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """Car parks by id, 0.01 degrees apart on a line; a moved one lies 0.001 degrees further north."""
    ids = list(spaces)
    shapes = [Point(117 + int(each[1:]) / 100, 36.6 + (0.001 if each in moved else 0)) for each in ids]
    frame = gpd.GeoDataFrame(
        {"id": ids, "name": [f"Park {each}" for each in ids], "spaces": list(spaces.values())},
        geometry=shapes,
        crs=4326,
    )
    frame["owner"] = [f"owner {n}" for n in spaces.values()]
    return frame.astype({"id": "str", "name": "str", "spaces": "Int64", "owner": "str"})


OLD = state({"P1": 10, "P2": 20, "P3": 30, "P4": 40})
NEW = state({"P1": 10, "P2": 25, "P3": 30, "P5": 50}, moved=("P3",))


@pytest.fixture
def changes():
    return changes_of(diff(OLD, NEW, SPEC), SPEC)


def test_counts_are_those_of_the_two_states(changes):
    assert changes.counts == {"added": 1, "changed": 2, "removed": 1, "unchanged": 1}
    assert changes.total == 4
    assert dict(changes.fields)["spaces"] == 1
    assert dict(changes.fields)["geometry"] == 1


def test_a_changed_field_shows_old_and_new(changes):
    row = next(each for each in rows(changes, WORDS, kind="changed", start=0) if each.key == "P2")
    assert [(each.title, each.before, each.after) for each in row.fields] == [("Spaces", "20", "25")]


def test_a_moved_point_says_how_far(changes):
    row = next(each for each in rows(changes, WORDS, kind="changed", start=0) if each.key == "P3")
    assert [each.after for each in row.fields] == ["moved 111\u00a0m"]  # a thousandth of a degree of latitude


def test_fields_for_staff_are_shown_to_nobody_else(changes):
    said = [each for row in rows(changes, WORDS, kind=None, start=0) for each in row.fields]
    assert said
    assert not any("wner" in f"{each.title}{each.before}{each.after}" for each in said)
    facts = in_view(changes, WORDS, kind=None, bbox=None)["features"]
    assert "owner" not in str(facts)


def test_pages_of_rows_follow_one_another_without_gap(changes):
    whole = rows(changes, WORDS, kind=None, start=0)
    assert [each.kind for each in whole] == ["added", "changed", "changed", "removed"]
    for size in (1, 2, 3):
        pages = [rows(changes, WORDS, kind=None, start=start, limit=size) for start in range(0, 4, size)]
        assert [each for page in pages for each in page] == whole


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_the_map_holds_as_many_as_the_table(changes, kind):
    found = in_view(changes, WORDS, kind=kind, bbox=None)
    assert found["count"] == len(found["features"]) == len(rows(changes, WORDS, kind=kind, start=0))


def test_a_view_holds_what_lies_in_it_and_says_what_it_leaves_out(changes):
    here = in_view(changes, WORDS, kind=None, bbox=(117.035, 36.5, 117.055, 36.7))
    assert {each["properties"]["key"] for each in here["features"]} == {"P4", "P5"}
    cut = in_view(changes, WORDS, kind=None, bbox=None, limit=3)
    assert (len(cut["features"]), cut["count"]) == (3, 4)
    assert "3 of 4" in cut["message"]


def test_a_moved_feature_knows_where_it_was(changes):
    found = in_view(changes, WORDS, kind="changed", bbox=None)["features"]
    moved = next(each["properties"] for each in found if each["properties"]["key"] == "P3")
    assert moved["from"] == (117.03, 36.6)


@pytest.mark.parametrize(
    ("side", "kinds"),
    [
        ("before", {"P1": "same", "P2": "changed", "P3": "changed", "P4": "removed"}),
        ("after", {"P1": "same", "P2": "changed", "P3": "changed", "P5": "added"}),
    ],
)
@pytest.mark.parametrize("at_hand", [OLD, NEW])
def test_each_side_is_one_whole_state_whichever_is_at_hand(changes, side, kinds, at_hand):
    found = side_in_view(changes, at_hand, WORDS, side=side, bbox=None)
    assert {each["properties"]["key"]: each["properties"]["kind"] for each in found["features"]} == kinds
    assert found["count"] == 4


def test_what_differs_is_shown_before_what_is_the_same(changes):
    found = side_in_view(changes, OLD, WORDS, side="before", bbox=None, limit=3)
    assert {each["properties"]["key"] for each in found["features"]} == {"P2", "P3", "P4"}
    assert found["message"]


def test_the_bounds_hold_all_that_is_shown(changes):
    assert changes.bounds == pytest.approx((117.02, 36.6, 117.05, 36.601))
    assert changes_of(diff(OLD, OLD, SPEC), SPEC).bounds is None


def test_keys_are_in_the_order_one_counts_in():
    keys = pd.Series(["10", "2", "1", "P10", "P2", "x"])
    assert [keys[at] for at in natural_order(keys)] == ["1", "2", "10", "P2", "P10", "x"]

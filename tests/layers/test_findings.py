"""Findings are bounded whatever the rows, their counts exact, and each says where to look."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_worlds import CITY, points
from shapely.geometry import box

from layers.city import parse_city
from layers.findings import MAX_PER_RULE, Finding, Found, capped, located, tally
from layers.rules import RULES, SEVERITIES
from layers.spec_files import load_specs
from layers.validate import prepare

CITY_OF_TESTS = parse_city(CITY)
SPECS = load_specs()
MANY = 3 * MAX_PER_RULE


def test_a_column_of_wrong_values_makes_so_many_findings_and_counts_the_rest():
    frame = pd.DataFrame({"id": [f"p{n}" for n in range(MANY)], "people": ["many"] * MANY})
    frame = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(np.linspace(117, 118, MANY), 36.5), crs=4326)
    findings = prepare(frame, SPECS["people"], CITY_OF_TESTS).findings
    wrong = [finding for finding in findings if finding.rule == "value_type"]
    assert len(wrong) == MAX_PER_RULE + 1
    assert wrong[-1].fields == {"more": MANY - MAX_PER_RULE}
    assert tally(findings)["value_type", "error", "people"] == MANY


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.booleans(), min_size=9, max_size=9)), max_size=6)
)
def test_counts_are_exact_and_objects_are_bounded(told):
    found = Found("people", np.arange(1, 10), limit=4)
    expected: dict[str, int] = {}
    for field, mask in told:
        found.features("value_type", "error", np.array(mask, bool), field=field)
        expected[field] = expected.get(field, 0) + sum(mask)
    findings = found.all()
    assert {key[2]: count for key, count in tally(findings).items()} == {
        k: n for k, n in expected.items() if n
    }
    assert all(sum(f.field == field for f in findings) <= 5 for field in "ab")
    # the same findings capped again are the same findings
    assert tally(capped(findings, limit=4)) == tally(findings)


def test_values_and_fields_are_asked_for_what_is_made_only():
    asked = []
    found = Found("people", np.arange(1, 101), limit=2)
    found.features(
        "value_type", "error", np.ones(100, bool), value=lambda at: asked.append(len(at)) or list(at)
    )
    assert asked == [2]
    assert [finding.value for finding in found.all()] == [0, 1, None]


def test_severities_are_capped_each_for_itself():
    found = Found("shops", np.arange(1, 4), limit=1)
    found.features("overlap", "error", np.array([True, True, False]))
    found.features("overlap", "warning", np.array([False, False, True]))
    assert [(f.severity, f.feature, f.count) for f in found.all()] == [
        ("error", 1, 1), ("warning", 3, 1), ("error", None, 1),
    ]  # fmt: skip


def test_a_finding_has_the_features_key_and_a_place_on_it():
    ring = shapely.difference(box(117, 36, 118, 37), box(117.2, 36.2, 117.8, 36.8))
    geometry = np.array([None, ring], dtype=object)
    findings = [
        Finding("value_type", "error", "x", feature=8),
        Finding("value_type", "error", "x", feature=5),
    ]
    first, second = located(findings, np.array([5, 8]), pd.Series([None, "k"], dtype="str"), geometry)
    assert first.key == "k"
    assert shapely.contains_xy(ring, *first.point)  # not its middle, which is the hole
    assert (second.key, second.point) == (None, None)


places = st.tuples(st.floats(116.9, 118.1), st.floats(35.9, 37.1))
features = st.lists(
    st.tuples(places, st.sampled_from(["market", "x", None]), st.sampled_from(["甲", None])), max_size=8
)


@settings(max_examples=25, deadline=None)
@given(features, st.randoms(use_true_random=False))
def test_findings_do_not_depend_on_the_order_of_rows(rows, random):
    frame = points(
        [place for place, _, _ in rows],
        id=[f"k{number}" for number in range(len(rows))],
        category=[category for _, category, _ in rows],
        name=[name for _, _, name in rows],
    )
    order = list(range(len(rows)))
    random.shuffle(order)
    turned = frame.iloc[order].reset_index(drop=True)
    numbers = np.array(order, dtype=np.int64) + 1
    spec = SPECS["shops"]
    one = prepare(frame, spec, CITY_OF_TESTS).findings
    two = prepare(turned, spec, CITY_OF_TESTS, rows=numbers).findings

    def facts(findings):
        # of a pair one feature names the other: which, is a matter of order
        return sorted(
            str((f.rule, f.severity, f.field, sorted([str(f.key), str(f.fields["other_key"])])))
            if "other_key" in f.fields
            else str(replace(f, fields={k: v for k, v in f.fields.items() if k != "found"}))
            for f in findings
        )

    assert facts(one) == facts(two)


@settings(max_examples=25, deadline=None)
@given(features)
def test_normalising_twice_equals_once(rows):
    frame = points(
        [place for place, _, _ in rows],
        id=[f"k{number}" for number in range(len(rows))],
        category=[category for _, category, _ in rows],
    )
    once = prepare(frame, SPECS["shops"], CITY_OF_TESTS)
    twice = prepare(once.frame, SPECS["shops"], CITY_OF_TESTS)
    pd.testing.assert_frame_equal(pd.DataFrame(twice.frame), pd.DataFrame(once.frame))
    assert tally(f for f in twice.findings if f.severity != "note") == tally(
        f for f in once.findings if f.severity != "note"
    )


def test_every_rule_has_severities_that_there_are():
    for code, rule in RULES.items():
        assert code == rule.code
        assert rule.severities
        assert set(rule.severities) <= set(SEVERITIES)

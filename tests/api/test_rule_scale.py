"""Colours of zones: the ramp, close steps around a target, places."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rule_scale import close_starts, places_starts, scale
from api.words import Words
from maps import style

LOOK = style.load("circles")
SHARES = st.lists(st.integers(0, 1000).map(lambda each: each / 1000), min_size=2, max_size=30)


def figures(*shares):
    return [{"share": each, "value": None} for each in shares]


def test_shares_that_spread_have_the_ramp():
    made = scale(LOOK, figures(0.1, 0.35, 0.55, 0.9), Words("en"), target=0.8, supply=False)
    assert made.style == LOOK
    assert made.texts[0] == "below 20 %"


def test_shares_near_a_target_are_told_apart_and_the_target_begins_a_class():
    # Lowest 94.1 %, target 98 %: 3.9 points down in 6 steps of 1 point; 99 % lies one step up.
    made = scale(LOOK, figures(0.941, 0.965, 0.979, 0.98, 0.99), Words("en"), target=0.98, supply=False)
    starts = [each.start for each in made.style.classes]
    assert starts == [0.0, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99]
    colours = [made.colour_of(each) for each in figures(0.965, 0.979, 0.98)]
    assert len(set(colours)) == 3
    assert "98\N{NO-BREAK SPACE}%" in made.note


def test_a_target_of_everything_is_a_class_of_its_own():
    made = scale(LOOK, figures(0.97, 0.999, 1.0), Words("en"), target=1.0, supply=False)
    assert made.style.classes[-1].start == 1.0
    assert made.colour_of(figures(1.0)[0]) != made.colour_of(figures(0.999)[0])
    assert made.texts[-1] == "100\N{NO-BREAK SPACE}%"


@given(SHARES, st.one_of(st.none(), st.integers(1, 100).map(lambda each: each / 100)))
def test_close_steps_rise_from_zero_and_hold_the_target(levels, target):
    starts = close_starts(levels, target, 8)
    assert starts[0] == 0.0
    assert starts == sorted(set(starts))
    assert len(starts) <= 9
    assert target is None or round(target, 6) in starts


@given(st.lists(st.floats(0, 5000), max_size=20))
def test_places_rise_in_equal_round_steps(levels):
    starts = places_starts(levels, 8)
    assert starts[0] == 0.0
    assert len(starts) <= 9
    steps = {round(b - a, 6) for a, b in pairwise(starts[1:])}  # the first class may be all that lies below
    assert len(steps) <= 1 or max(steps) == pytest.approx(min(steps), rel=1e-6)


def test_places_are_said_in_round_numbers():
    assert places_starts([3.0, 61.0], 8) == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]


def test_places_that_crowd_have_steps_from_the_lowest():
    # 60.5 to 74 in 8 classes: 13.5 / 8 = 1.7, rounded up to 2; the first class ends at 62.
    assert places_starts([60.5, 74.0], 8) == [0.0, 62.0, 64.0, 66.0, 68.0, 70.0, 72.0]

"""Portions check their own promise; joining them keeps every piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import PortionsInvalid
from inventory.portions import Portions, concatenate, empty


def portions(**changes):
    values = {
        "unit": "people",
        "zone": np.array([0, -1], np.int32),
        "amount": np.array([1000, 2000]),
        "met": np.array([0, 2000]),
    }
    return Portions(**values | changes)


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"zone": np.array([0, -2], np.int32)}, "zone", "below -1 in piece 1"),
        ({"zone": np.array([0, 1])}, "zone", "no array of int32"),
        ({"zone": [0, 1]}, "zone", "no array of int32"),
        ({"amount": np.array([-1, 2000])}, "amount", "below zero in piece 0"),
        ({"amount": np.array([1000])}, "amount", r"shape \(1,\), not \(2,\)"),
        ({"amount": np.array([1000.0, 2000.0])}, "amount", "no array of int64"),
        ({"met": np.array([0, 2001])}, "met", "not between zero and the amount in piece 1"),
        ({"met": np.array([-1, 0])}, "met", "not between"),
        ({"met": None}, "met", "only one"),
        ({"ratio": np.array([0.0, 1.0])}, "met", "only one"),
        ({"met": None, "ratio": np.array([0.0, np.inf])}, "ratio", "not finite"),
        ({"met_straight": np.array([1001, 0])}, "met_straight", "not between"),
        ({"known": np.array([True, False])}, "met", "not known in piece 1"),
        ({"group": np.array([0, 1], np.int32), "groups": ("a",)}, "group", "no row of its 1 groups"),
        ({"group": np.array([0, 1], np.int32), "groups": ("a", "a")}, "groups", "twice"),
        ({"xy": np.zeros((2, 3))}, "xy", "has shape"),
    ],
)
def test_a_broken_promise_is_told_with_field_and_piece(changes, field, problem):
    with pytest.raises(PortionsInvalid, match=problem) as caught:
        portions(**changes)
    assert caught.value.field == field


def test_groups_of_one_name_become_one():
    one = portions(group=np.array([1, 0], np.int32), groups=("main", "branch"))
    other = portions(group=np.array([0, -1], np.int32), groups=("main",))
    joined = concatenate([one, other])
    assert joined.groups == ("branch", "main")
    assert joined.group.tolist() == [0, 1, 1, -1]  # branch, main; main, none


@pytest.mark.parametrize(
    "other",
    [
        portions(unit="m"),
        portions(attached=np.array([True, True])),
        portions(met=None, ratio=np.array([0.0, 1.0])),
        portions(group=np.array([0, 0], np.int32), groups=("a",)),
    ],
)
def test_portions_that_say_different_things_are_not_joined(other):
    with pytest.raises(PortionsInvalid):
        concatenate([portions(), other])


@given(st.lists(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 9), st.integers(0, 9)))))
def test_joining_keeps_every_piece_in_order(parts):
    made = [
        Portions(
            "m2",
            np.array([zone for zone, _, _ in part], np.int32),
            np.array([one + other for _, one, other in part], np.int64),
            np.array([one for _, one, _ in part], np.int64),
        )
        for part in parts
    ]
    joined = concatenate([*made, empty("m2")])
    pieces = [piece for part in parts for piece in part]
    assert joined.zone.tolist() == [zone for zone, _, _ in pieces]
    assert joined.met.tolist() == [one for _, one, _ in pieces]
    assert int(joined.amount.sum()) == sum(one + other for _, one, other in pieces)

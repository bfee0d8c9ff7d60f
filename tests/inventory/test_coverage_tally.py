"""Tallies of portions: laws for any pieces, and the means of a supply worked out by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.coverage_tally import tally
from inventory.portions import Portions

ZONES = 4
GROUPS = ("a", "b", "c")


PIECE = st.tuples(
    st.integers(-1, ZONES - 1),
    st.integers(0, 10**9),
    st.floats(0, 1),
    st.booleans(),
    st.booleans(),
    st.integers(-1, len(GROUPS) - 1),
)
OFFERED = st.tuples(st.integers(1, 10**6), st.floats(0, 1e6))


@st.composite
def portions(draw):
    rows = draw(st.lists(PIECE, max_size=30))
    zone, amount, share, attached, known, group = ([row[k] for row in rows] for k in range(6))
    amount = np.array(amount, np.int64)
    known = np.array(known, np.bool_)
    straight = np.floor(amount * np.array(share)).astype(np.int64) * known
    return Portions(
        "people",
        np.array(zone, np.int32),
        amount,
        straight // 2,
        met_straight=straight,
        attached=np.array(attached, np.bool_),
        known=known,
        group=np.array(group, np.int32),
        groups=GROUPS,
    )


@given(portions())
def test_zones_and_outside_sum_to_the_city(pieces):
    found = tally(pieces, ZONES)
    for sums in (found.all, *found.groups.values()):
        for column in (sums.demand, sums.met, sums.met_straight):
            assert column[:-1].sum() == column[-1]
        assert (sums.met <= sums.met_straight).all()
        assert (sums.met_straight <= sums.demand).all()
    assert found.unattached[:-1].sum() == found.unattached[-1]
    assert (found.unattached <= found.all.demand).all()
    assert found.all.demand[-1] + found.unknown[-1] == pieces.amount.sum()


@given(portions(), st.randoms(use_true_random=False))
def test_the_order_of_pieces_changes_nothing(pieces, random):
    order = list(range(len(pieces)))
    random.shuffle(order)
    columns = {
        each.name: value[order]
        for each in fields(Portions)
        if isinstance(value := getattr(pieces, each.name), np.ndarray)
    }
    one, other = tally(pieces, ZONES), tally(replace(pieces, **columns), ZONES)
    assert one.all.demand.tolist() == other.all.demand.tolist()
    assert one.all.met.tolist() == other.all.met.tolist()
    assert one.unknown.tolist() == other.unknown.tolist()


@given(portions())
def test_groups_are_parts_of_the_whole(pieces):
    found = tally(pieces, ZONES)
    in_groups = sum((sums.demand for sums in found.groups.values()), np.zeros(ZONES + 2, np.int64))
    assert (in_groups <= found.all.demand).all()


def test_a_supply_is_the_mean_weighted_by_demand():
    """In zone 0 100 people with 0.02 and 300 with 0.06 places each: 20 of 400, 0.05. Nobody in zone 1."""
    pieces = Portions(
        "people",
        np.array([0, 0, -1], np.int32),
        np.array([100_000, 300_000, 100_000]),
        None,
        ratio=np.array([0.02, 0.06, 0.0]),
    )
    value = tally(pieces, 2).all.value
    assert value[0] == pytest.approx(0.05)
    assert np.isnan(value[1])
    assert value[2] == 0
    assert value[3] == pytest.approx(20 / 500)


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.floats(0, 1e6)), min_size=1, max_size=40), st.integers(0, 99)
)
def test_a_supply_does_not_depend_on_the_order_by_a_bit(rows, seed):
    amount = np.array([row[0] for row in rows], np.int64)
    ratio = np.array([row[1] for row in rows])
    order = np.random.default_rng(seed).permutation(len(rows))
    zone = np.zeros(len(rows), np.int32)
    one = tally(Portions("people", zone, amount, None, ratio=ratio), 1).all.value
    other = tally(Portions("people", zone, amount[order], None, ratio=ratio[order]), 1).all.value
    assert one.tobytes() == other.tobytes()

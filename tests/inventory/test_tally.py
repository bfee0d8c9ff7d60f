"""Sums by zone, worked by hand, and the laws they keep."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inventory.figures import BEYOND
from inventory.tally import List, tally

FAR = int(BEYOND)
# Five people points, two categories of 300 m and 500 m; zones 0 and 1, the last point outside.
#             a        b        c        d    e
WALK = [[100_000, 300_000, 300_001, FAR, 200_000], [500_000, 400_000, 100_000, FAR, 600_000]]
STRAIGHT = [[90_000, 200_000, 250_000, 100_000, 150_000], [400_000, 300_000, 90_000, FAR, 450_000]]
AMOUNT = [2_000, 3_000, 5_000, 7_000, 11_000]
ZONE = [0, 0, 1, 1, -1]
LIMITS = [300_000, 500_000]
BOTH = List(((0, 300_000), (1, 500_000)))
FIRST = List(((0, 300_000),))


def count(walk=WALK, straight=STRAIGHT, amount=AMOUNT, zone=ZONE, zones=2, lists=(BOTH, FIRST)):
    walk_mm, straight_mm = np.array(walk, np.int32), np.array(straight, np.int32)
    weight, row = np.array(amount, np.int64), np.array(zone, np.int32)
    attached = walk_mm.min(axis=0) != BEYOND
    return tally(walk_mm, straight_mm, weight, row, zones, attached, LIMITS, lists, lists)


def test_sums_by_zone_are_those_worked_by_hand():
    t = count()
    assert t.demand.tolist() == [5_000, 12_000, 11_000, 28_000]
    assert t.met[0].tolist() == [5_000, 0, 11_000, 16_000]  # a, b at exactly 300 m; c is 1 mm too far; e
    assert t.met[1].tolist() == [5_000, 5_000, 0, 10_000]  # a at exactly 500 m, b, c
    assert t.complete[0].tolist() == [5_000, 0, 0, 5_000]  # a and b have both
    assert t.complete_straight[0].tolist() == [5_000, 5_000, 11_000, 21_000]  # all but d
    assert t.own[1].tolist() == t.met[0].tolist()
    assert t.missing.tolist() == [0, 0, 1, 2, 1]
    assert t.one_missing.tolist() == [[0, 5_000, 0, 5_000], [0, 0, 11_000, 11_000]]  # c lacks 0, e lacks 1
    assert t.unattached.tolist() == [0, 7_000, 0, 7_000]
    assert t.unattached_points.tolist() == [0, 1, 0, 1]


def test_an_empty_list_is_met_by_nobody():
    assert count(lists=(List(()), BOTH)).complete[0].tolist() == [0, 0, 0, 0]


points = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.int32, (2, n), elements=st.sampled_from([0, 100_000, 300_000, 400_000, 500_001, FAR])),
        hnp.arrays(np.int64, n, elements=st.integers(1, 10**9)),
        hnp.arrays(np.int32, n, elements=st.integers(-1, 3)),
        st.permutations(range(n)),
    )
)


@given(points)
def test_sums_stay_between_none_and_all_and_zones_add_up_to_the_city(drawn):
    walk, amount, zone, _ = drawn
    t = count(walk, walk, amount, zone, 4)
    for sums in (t.met, t.own, t.complete, t.one_missing, t.unattached[None], t.demand[None]):
        assert (sums >= 0).all()
        assert (sums <= t.demand).all()
        assert (sums[:, :-1].sum(axis=1) == sums[:, -1]).all()
    assert (t.complete[0] <= t.met).all()
    assert (t.one_missing.sum(axis=0) + t.complete[0] <= t.demand).all()


@given(points)
def test_the_order_of_points_changes_no_bit(drawn):
    walk, amount, zone, order = drawn
    one, other = (
        count(walk, walk, amount, zone, 4),
        count(walk[:, order], walk[:, order], amount[order], zone[order], 4),
    )
    for a, b in zip(one.walks, other.walks, strict=True):
        assert a.gini.tobytes() == b.gini.tobytes()
        assert a.p90_mm.tolist() == b.p90_mm.tolist()
        assert a.total_mm.tolist() == b.total_mm.tolist()
    assert one.met.tolist() == other.met.tolist()
    assert one.complete.tolist() == other.complete.tolist()


@given(points, st.integers(0, 1), st.integers(0, 600_000))
def test_a_nearer_facility_never_lowers_a_sum(drawn, category, at_most):
    walk, amount, zone, _ = drawn
    nearer = walk.copy()
    nearer[category] = np.minimum(nearer[category], at_most)
    before, after = count(walk, walk, amount, zone, 4), count(nearer, nearer, amount, zone, 4)
    for name in ("met", "own", "complete", "complete_straight"):
        assert (getattr(after, name) >= getattr(before, name)).all()

"""Mean, 90th percentile and Gini against arithmetic and against the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inventory.figures import BEYOND
from inventory.inequality import walk_statistics


def of_one_zone(walk_mm, amount):
    """The statistics of one zone (row 0); the rows are zone, outside, city."""
    walk, weight = np.array(walk_mm, np.int32), np.array(amount, np.int64)
    demand = np.array([weight.sum(), 0, weight.sum()])
    s = walk_statistics(walk, np.zeros(len(walk), np.int32), weight, demand)
    assert s.gini[0] == s.gini[2]
    assert s.p90_mm[0] == s.p90_mm[2]
    return s


def test_one_walks_nothing_and_one_walks_all():
    # Two people, 0 m and 1000 m: mean 500 m, the four pairs differ by 500 m on average, G = 500 / (2 * 500)
    s = of_one_zone([0, 1_000_000], [1_000, 1_000])
    assert s.mean_mm[0] == 500_000
    assert s.gini[0] == 0.5


def test_equal_walks_are_fair():
    assert of_one_zone([7_000, 7_000, 7_000], [1, 5, 9]).gini[0] == pytest.approx(0, abs=1e-15)


def test_nobody_walking_at_all_is_fair():
    assert of_one_zone([0, 0], [1, 1]).gini[0] == 0


def test_the_percentile_is_over_all_demand():
    # Ten people at 100, 200, ... 1000 m: nine of them within 900 m.
    walks = [100_000 * i for i in range(1, 11)]
    assert of_one_zone(walks, [1] * 10).p90_mm[0] == 900_000
    # The tenth finds nothing: nine of ten are still 90 %.
    assert of_one_zone([*walks[:9], BEYOND], [1] * 10).p90_mm[0] == 900_000
    # Two find nothing: no walk reaches 90 %.
    s = of_one_zone([*walks[:8], BEYOND, BEYOND], [1] * 10)
    assert s.p90_mm[0] == -1
    assert s.reached[0] == 8
    assert s.mean_mm[0] == 450_000  # (100 + ... + 800) / 8


def test_nobody_reached_has_no_statistics():
    s = of_one_zone([BEYOND], [1])
    assert (s.reached[0], s.p90_mm[0], s.gini[0]) == (0, -1, 0)


@given(
    hnp.arrays(np.int32, st.integers(1, 40), elements=st.integers(0, 5_000_000) | st.just(int(BEYOND))),
    st.data(),
)
def test_gini_and_percentile_are_as_defined(walk, data):
    weight = data.draw(hnp.arrays(np.int64, len(walk), elements=st.integers(1, 10**7)))
    s = of_one_zone(walk, weight)
    found = walk != BEYOND
    x, w = walk[found].astype(float), weight[found].astype(float)
    scale = 2 * w.sum() * (w * x).sum()
    expected = (np.outer(w, w) * np.abs(x[:, None] - x)).sum() / scale if scale else 0.0
    assert s.gini[0] == pytest.approx(expected, abs=1e-9)  # of sums of at most 1600 terms near 1
    within = [d for d in sorted(walk[found]) if 10 * weight[walk <= d].sum() >= 9 * weight.sum()]
    assert s.p90_mm[0] == (within[0] if within else -1)

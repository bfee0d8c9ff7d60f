"""Groups of unserved demand on a grid of 100 m."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inventory.gaps import gaps, unserved_groups


def found(xy, amount, lacks, zone=None, top=20):
    n = len(xy)
    groups = unserved_groups(
        np.array(xy, float),
        np.array(amount, np.int64),
        np.array(lacks, bool),
        cell_m=100.0,
        spread_m=200.0,
        top=top,
    )
    return gaps(groups, np.array(zone if zone is not None else [0] * n, np.int32))


def test_touching_cells_are_one_group_and_others_are_not():
    # Cells (0,0) and (1,1) touch by a corner; (3,3) is apart; the served point in (5,5) is in none.
    groups = found(
        [(50, 50), (150, 150), (350, 350), (550, 550)],
        [1_000, 3_000, 5_000, 9_000],
        [[1, 1, 1, 0], [0, 1, 0, 0]],
    )
    assert [(g.amount, g.points, g.cells) for g in groups] == [(5_000, 1, 1), (4_000, 2, 2)]
    assert groups[1].xy == (125.0, 125.0)  # (1 * 50 + 3 * 150) / 4
    assert groups[1].lacking == (4_000, 3_000)


def test_a_cell_mostly_served_is_no_gap():
    assert found([(10, 10), (20, 20)], [1_000, 1_000], [[1, 0]]) == []
    assert found([(10, 10), (20, 20)], [1_001, 1_000], [[1, 0]])[0].amount == 1_001


def test_cells_at_opposite_edges_do_not_wrap_around():
    assert len(found([(50, 50), (950, 150)], [1, 1], [[1, 1]])) == 2


def test_a_long_strip_is_parted_around_its_peaks():
    # Eleven cells in a row. Lost within two cells: 15 18 20 12 11 11 11 12 19 17 14, so the peaks are the
    # third and the ninth; the sixth ties with the fifth and follows it. 9+3+3+3+2+1 = 21, 2+3+3+3+8 = 19.
    amount = [9, 3, 3, 3, 2, 1, 2, 3, 3, 3, 8]
    groups = found([(100.0 * i + 50, 50) for i in range(11)], amount, [[1] * 11])
    assert [(g.amount, g.cells) for g in groups] == [(21, 6), (19, 5)]


def test_the_zone_is_where_most_of_it_lies():
    (gap,) = found([(10, 10), (20, 20), (30, 30)], [1, 2, 4], [[1, 1, 1]], zone=[0, -1, 3])
    assert gap.zone == 3


def test_all_served_has_no_gap():
    assert found([(1, 1)], [1], [[0]]) == []


def test_only_the_largest_are_given():
    groups = found([(x * 1000.0, 0) for x in range(5)], [1, 5, 3, 4, 5], [[1] * 5], top=3)
    assert [g.amount for g in groups] == [5, 5, 4]
    assert groups[0].xy[0] < groups[1].xy[0]


place = st.integers(-900, 900)


@given(st.lists(st.tuples(place, place, st.integers(1, 9), st.booleans()), min_size=1), st.data())
def test_order_changes_nothing_and_no_gap_exceeds_what_is_unserved(rows, data):
    shuffled = data.draw(st.permutations(rows))

    def of(points):
        x, y, amount, lacks = zip(*points, strict=True)
        return found(list(zip(x, y, strict=True)), amount, [lacks], top=1000)

    assert of(rows) == of(shuffled)
    assert sum(g.amount for g in of(rows)) <= sum(a for _, _, a, lacks in rows if lacks)

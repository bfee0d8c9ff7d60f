"""The order along a Hilbert curve."""

import numpy as np

from geo import hilbert


def test_four_quadrants_come_in_the_order_of_the_first_curve():
    # Hilbert's first curve is a cup: up, over and down again; here it starts at the lower left.
    corners = np.array([(1.0, 1.0), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    assert hilbert.order(corners).tolist() == [1, 3, 0, 2]


def test_each_step_along_a_square_of_cells_goes_to_a_neighbour():
    side = 32  # a power of two, so that each point has a cell of its own at level five
    points = np.array([(x, y) for x in range(side) for y in range(side)]) * 65535 / (side - 1)
    walk = points[hilbert.order(points)]
    steps = np.abs(np.diff(walk, axis=0)).sum(axis=1) * (side - 1) / 65535
    assert np.allclose(steps, 1.0)


def test_points_in_one_place_keep_their_order():
    assert hilbert.order(np.ones((5, 2))).tolist() == [0, 1, 2, 3, 4]
    assert hilbert.order(np.empty((0, 2))).tolist() == []

"""The search from many places at once, against SciPy, and with too little room for its queue."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from walk_worlds import at, bent_grid, grid, world

from geo import kernel, reach
from geo.jit import unsigned


def search(net, source, limit, room):
    """What `spread` finds from nodes, and how many it notes; the labels beyond the limit are infinite."""
    far = float(np.nextafter(limit, np.inf))
    distance = np.full(len(net.xy), far)
    touched = np.empty(len(net.xy), np.uint32)
    head = np.empty(int(limit / kernel.BUCKET_M) + 2, np.uint32)
    arcs = unsigned(net.indptr), unsigned(net.neighbour), net.arc_length_m
    pool = np.empty(room, np.uint32), np.empty(room, np.uint32)
    seeds = source.astype(np.uint32), np.zeros(len(source))
    reached = kernel.spread(*arcs, *seeds, limit, far, distance, touched, head, *pool)
    found = np.where(distance <= limit, distance, np.inf)
    return found, reached, np.sort(touched[: max(reached, 0)])


@given(seed=st.integers(0, 2**32 - 1), limit=st.floats(1.0, 5000.0), contract=st.booleans())
@settings(deadline=None, max_examples=60)
def test_labels_equal_those_of_dijkstra_to_the_last_bit(seed, limit, contract):
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 9, 8, rng.choice([5.0, 70.0, 900.0]), closed=0.3), contract=contract)
    n = len(net.xy)
    source = rng.choice(n, rng.integers(1, min(6, n + 1)), replace=False)
    graph = csr_matrix((net.arc_length_m, net.neighbour, net.indptr), shape=(n, n))
    expected = dijkstra(graph, indices=source, min_only=True, limit=limit)
    found, reached, touched = search(net, source, limit, 1000)
    assert np.array_equal(found, expected)
    assert reached == np.isfinite(expected).sum()
    assert np.array_equal(touched, np.flatnonzero(np.isfinite(expected)))


def test_a_queue_without_room_is_said():
    net = world(*grid(9, 9, 100.0))
    assert search(net, np.array([0, 5, 9]), 5000.0, 3)[1] == -1  # not even for the sources
    assert search(net, np.array([0]), 5000.0, 3)[1] == -1
    assert search(net, np.array([0]), 5000.0, 100)[1] == 77  # 9 * 9 less the four corners, of degree 2


def test_a_search_makes_itself_room():
    net = world(*grid(9, 9, 100.0))
    points = reach.attach(net, at(*np.random.default_rng(1).uniform(0, 800, (50, 2))), min_component_m=0.0)
    sites = reach.legs.places(net, points.take(np.arange(9)))
    roomy, tight = (reach._Space(net, 5000.0, 9) for _ in range(2))
    tight.grow(2)
    roomy.search(sites)
    tight.search(sites)
    assert np.array_equal(roomy.distance, tight.distance)
    assert len(tight.pool_node) > 2


def test_a_count_makes_itself_room(monkeypatch):
    net = world(*grid(9, 9, 100.0))
    points = reach.attach(net, at(*np.random.default_rng(1).uniform(0, 800, (50, 2))), min_component_m=0.0)
    expected = reach.count_within(net, points, points, distance_m=700.0)
    monkeypatch.setattr(reach, "FIRST_ROOM", 1)
    assert reach.count_within(net, points, points, distance_m=700.0).tolist() == expected.tolist()
    assert expected.max() > expected.min() > 0

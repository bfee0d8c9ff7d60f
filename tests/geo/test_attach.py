"""Attaching to streets: the nearest point on a line, the limit, and parts that are too small."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from walk_worlds import at, bent_grid, grid, world

from geo import errors
from geo.attach import ATTACHED, NO_STREET, SMALL_COMPONENT, attach, on_street
from geo.streets import sample

STREET = ([(0, 0), (1000, 0)], [(0, 1)])


def whole(net, xy, **options):
    return attach(net, xy, **{"min_component_m": 0.0, **options})


def from_west(net, attachment):
    """Places along STREET from its west end, whichever end is u."""
    west_is_u = net.xy[net.edge_u[0], 0] < net.xy[net.edge_v[0], 0]
    return attachment.offset_m if west_is_u else 1000.0 - attachment.offset_m


def test_a_point_attaches_across_the_street_and_not_at_a_node():
    net = world(*STREET)
    found = whole(net, at((480, 30)))
    assert found.edge.tolist() == [0]
    assert from_west(net, found).tolist() == [480.0]
    assert found.access_m.tolist() == [30.0]
    assert found.xy.tolist() == at((480, 0)).tolist()
    assert found.attached.tolist() == [True]
    assert found.reason.tolist() == [ATTACHED]


def test_beyond_the_end_of_a_street_its_end_is_nearest():
    net = world(*STREET)
    found = whole(net, at((1030, 40)))
    assert found.access_m.tolist() == [50.0]  # 3, 4, 5
    assert from_west(net, found).tolist() == [1000.0]


def test_places_count_along_the_bends_of_a_line():
    net = world([(0, 0), (100, 100)], [(0, 1)], [[(0, 0), (100, 0), (100, 100)]])
    found = whole(net, at((90, 40)))
    assert found.access_m.tolist() == [10.0]
    from_u = 140.0 if net.xy[net.edge_u[0]].tolist() == at((0, 0))[0].tolist() else 60.0
    assert found.offset_m.tolist() == [from_u]


def test_the_limit_is_within_reach_and_what_is_beyond_is_not():
    found = whole(world(*STREET), at((500, 200), (500, 200.001)))
    assert found.attached.tolist() == [True, False]
    assert found.edge.tolist() == [0, -1]
    assert found.reason.tolist() == [ATTACHED, NO_STREET]
    assert found.access_m.tolist() == [200.0, np.inf]
    assert np.isnan(found.offset_m[1])
    assert np.isnan(found.xy[1]).all()


def test_a_part_cut_off_from_the_rest_is_passed_over():
    net = world([(0, 0), (6000, 0), (100, 50), (200, 50), (9000, 0), (9100, 0)], [(0, 1), (2, 3), (4, 5)])
    found = attach(net, at((150, 50), (9050, 0), (9050, 5000)))
    assert found.reason.tolist() == [ATTACHED, SMALL_COMPONENT, NO_STREET]
    assert found.access_m[0] == 50.0  # over the 100 m of street at its door to the 6 km behind it
    assert whole(net, at((150, 50))).access_m[0] == 0.0


def test_a_part_of_just_the_least_length_counts():
    net = world([(0, 0), (5000, 0)], [(0, 1)])
    assert attach(net, at((10, 0)), min_component_m=5000.0).attached.all()
    assert not attach(net, at((10, 0)), min_component_m=5000.1).attached.any()


def test_no_points_attach_to_nothing():
    found = attach(world(*STREET), np.empty((0, 2)))
    assert len(found) == 0
    assert found.xy.shape == (0, 2)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_points_must_be_finite(bad):
    with pytest.raises(errors.GeometryNotFinite, match=r"points to attach: 1 rows .* first 2"):
        attach(world(*STREET), at((0, 0), (bad, 0)))


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_the_limit_must_be_a_distance(bad):
    with pytest.raises(errors.WalkArgument, match="limit_m"):
        attach(world(*STREET), at((0, 0)), limit_m=bad)


def test_points_far_from_any_street_are_answered_at_once():
    found = whole(world(*grid(30, 30, 100.0)), at((1e7, -1e7), (-1e7, 1400), (1450, 1e300)))
    assert found.reason.tolist() == [NO_STREET] * 3


def test_a_sparse_land_gets_a_coarse_grid():
    net = world([(0, 0), (100, 0), (900_000, 900_000), (900_000, 900_100)], [(0, 1), (2, 3)])
    assert net.segments.columns * net.segments.rows <= 1100
    assert whole(net, at((50, 30), (900_030, 900_050))).access_m.tolist() == [30.0, 30.0]


def test_a_street_without_length_can_be_attached_to():
    net = world([(0, 0), (0, 0), (0, 50)], [(0, 1), (1, 2)], contract=False)
    assert whole(net, at((0, -30))).access_m.tolist() == [30.0]


def test_some_of_the_points_can_be_taken():
    found = whole(world(*STREET), at((10, 1), (20, 2), (30, 900)))
    assert found.take(np.array([1])).access_m.tolist() == [2.0]
    assert found.take(found.attached).access_m.tolist() == [1.0, 2.0]


@given(
    seed=st.integers(0, 2**32 - 1),
    step=st.sampled_from([7.0, 60.0, 400.0]),
    limit_m=st.sampled_from([5.0, 50.0, 1000.0]),
)
@settings(deadline=None, max_examples=40)
def test_the_nearest_street_is_the_one_shapely_finds(seed, step, limit_m):
    rng = np.random.default_rng(seed)
    net = world(*bent_grid(rng, 5, 4, step, closed=0.4))
    points = at(*rng.uniform(-2 * step, 6 * step, (60, 2)))
    found = whole(net, points, limit_m=limit_m)
    lines = [
        shapely.LineString(net.shape_xy[a:b])
        for a, b in zip(net.shape_offset[:-1], net.shape_offset[1:], strict=True)
    ]
    nearest = shapely.distance(shapely.points(points)[:, None], np.array(lines)[None, :]).min(axis=1)
    # Coordinates of 4,000,000 m leave 1e-9 m to a float, so 1e-6 m is far above rounding.
    assert found.access_m == pytest.approx(np.where(nearest <= limit_m, nearest, np.inf), abs=1e-6)
    for i in np.flatnonzero(found.attached):
        on = lines[found.edge[i]].interpolate(found.offset_m[i])
        assert np.hypot(on.x - found.xy[i, 0], on.y - found.xy[i, 1]) < 1e-6
        assert np.hypot(*(points[i] - found.xy[i])) == pytest.approx(found.access_m[i], abs=1e-6)


def test_streets_are_sampled_in_equal_pieces():
    net = world([(0, 0), (60, 0), (60, 40)], [(0, 1), (1, 2)])
    pieces = sample(net, piece_m=30.0, min_component_m=0.0)
    assert pieces.length_m.tolist() == [25.0] * 4  # 100 m need 4 pieces of at most 30 m
    assert pieces.offset_m.tolist() == [12.5, 37.5, 62.5, 87.5]
    middles = {tuple(point) for point in (pieces.xy - at((0, 0))).tolist()}
    assert middles in (
        {(12.5, 0), (37.5, 0), (60, 2.5), (60, 27.5)},
        {(60, 27.5), (60, 2.5), (37.5, 0), (12.5, 0)},
    )


def test_small_parts_are_not_sampled_unless_asked_for():
    net = world([(0, 0), (6000, 0), (100, 50), (200, 50)], [(0, 1), (2, 3)])
    assert sample(net).length_m.sum() == pytest.approx(6000.0)
    assert sample(net, min_component_m=0.0).length_m.sum() == pytest.approx(6100.0)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_pieces_must_have_a_length(bad):
    with pytest.raises(errors.WalkArgument, match="piece_m"):
        sample(world(*STREET), piece_m=bad)


@given(seed=st.integers(0, 2**32 - 1), piece_m=st.floats(1.0, 500.0))
@settings(deadline=None, max_examples=25)
def test_pieces_add_up_and_lie_on_their_streets(seed, piece_m):
    net = world(*bent_grid(np.random.default_rng(seed), 5, 4, 100.0, closed=0.4))
    pieces = sample(net, piece_m=piece_m, min_component_m=0.0)
    assert pieces.length_m.sum() == pytest.approx(net.length_m, rel=1e-9)
    assert pieces.length_m.max() <= piece_m * (1 + 1e-12)
    found = on_street(net, pieces.edge, pieces.offset_m, pieces.xy)
    assert found.attached.all()
    assert (found.access_m == 0).all()
    for i in range(0, len(pieces.edge), 7):
        a, b = net.shape_offset[pieces.edge[i]], net.shape_offset[pieces.edge[i] + 1]
        on = shapely.LineString(net.shape_xy[a:b]).interpolate(pieces.offset_m[i])
        assert np.hypot(on.x - pieces.xy[i, 0], on.y - pieces.xy[i, 1]) < 1e-6


@pytest.mark.parametrize(
    ("edge", "offset"), [([1], [0.0]), ([-1], [0.0]), ([0], [1000.1]), ([0], [-0.1]), ([0], [np.nan])]
)
def test_places_on_streets_must_exist(edge, offset):
    with pytest.raises(errors.WalkArgument):
        on_street(world(*STREET), edge, offset, at((0, 0)))

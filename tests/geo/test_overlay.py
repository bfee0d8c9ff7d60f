"""Points in zones and polygons over zones: ties, and parts that add up."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import LineString, Point, Polygon, box

from geo.errors import CrsUnfit, GeometryError, GeometryNotFinite
from geo.overlay import OUTSIDE, assign_zones, parts_by_zone

METRES = CRS.from_epsg(4548)


def zones(**shapes):
    return gpd.GeoDataFrame({"code": list(shapes)}, geometry=list(shapes.values()), crs=METRES)


def features(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=METRES)


WEST, EAST = box(0, 0, 10, 10), box(10, 0, 20, 10)


def test_points_find_their_zone():
    points = np.array([[5.0, 5], [15, 5], [25, 5]])
    assert assign_zones(points, zones(a=WEST, b=EAST), key="code").tolist() == [0, 1, OUTSIDE]


@pytest.mark.parametrize(("order", "first"), [({"a": WEST, "b": EAST}, 0), ({"b": WEST, "a": EAST}, 1)])
def test_a_point_on_a_border_belongs_to_the_zone_that_sorts_first(order, first):
    assert assign_zones(np.array([[10.0, 5.0]]), zones(**order), key="code").tolist() == [first]


def test_corners_and_overlaps_follow_the_same_rule():
    overlapping = zones(c=box(0, 0, 20, 20), b=box(5, 5, 30, 30), a=box(25, 25, 40, 40))
    points = np.array([[0.0, 0.0], [10, 10], [27, 27], [40, 40]])
    assert assign_zones(points, overlapping, key="code").tolist() == [0, 1, 2, 2]


def test_numeric_keys_sort_as_numbers():
    frame = gpd.GeoDataFrame({"code": [10, 9]}, geometry=[WEST, EAST], crs=METRES)
    assert assign_zones(np.array([[10.0, 5.0]]), frame, key="code").tolist() == [1]


def test_missing_and_empty_zones_hold_nothing_and_no_points_are_no_trouble():
    frame = gpd.GeoDataFrame({"code": ["a", "b", "c"]}, geometry=[None, Polygon(), WEST], crs=METRES)
    assert assign_zones(np.array([[5.0, 5.0]]), frame, key="code").tolist() == [2]
    assert assign_zones(np.empty((0, 2)), frame, key="code").tolist() == []
    assert assign_zones(np.array([[5.0, 5.0]]), frame.iloc[:0], key="code").tolist() == [OUTSIDE]


@given(st.integers(0, 2**32), st.integers(1, 12))
@settings(deadline=None)
def test_assignment_is_what_testing_every_pair_gives(seed, count):
    random = np.random.default_rng(seed)
    corners = random.integers(0, 20, (count, 2))
    shapes = [
        box(x, y, x + w, y + h)
        for (x, y), (w, h) in zip(corners, random.integers(1, 9, (count, 2)), strict=True)
    ]
    codes = random.permutation(count)
    frame = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=METRES)
    points = random.integers(0, 25, (40, 2)).astype(float)  # whole numbers, so that many fall on borders
    got = assign_zones(points, frame, key="code")
    for (x, y), zone in zip(points, got, strict=True):
        holding = [i for i in range(count) if shapes[i].intersects(Point(x, y))]
        assert zone == (min(holding, key=lambda i: codes[i]) if holding else OUTSIDE)


def test_every_point_of_a_city_is_assigned_once():
    random = np.random.default_rng(1)
    cells = zones(
        **{
            f"z{i:02d}{j:02d}": box(i * 10, j * 10, i * 10 + 10, j * 10 + 10)
            for i in range(9)
            for j in range(9)
        }
    )
    points = random.integers(-10, 100, (5000, 2)).astype(float)
    got = assign_zones(points, cells, key="code")
    inside = ((points >= 0) & (points <= 90)).all(axis=1)
    assert np.bincount(got + 1, minlength=82).sum() == 5000
    assert ((got >= 0) == inside).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_that_are_nowhere_are_refused(value):
    with pytest.raises(GeometryNotFinite) as caught:
        assign_zones(np.array([[1.0, 1.0], [value, 1.0]]), zones(a=WEST), key="code")
    assert caught.value.rows == (2,)


def test_infinite_zones_and_zones_without_a_key_are_refused():
    with pytest.raises(GeometryNotFinite, match="the zones"):
        assign_zones(np.array([[1.0, 1.0]]), zones(a=Polygon([(0, 0), (np.inf, 0), (1, 1)])), key="code")
    nameless = gpd.GeoDataFrame({"code": ["a", None]}, geometry=[WEST, EAST], crs=METRES)
    with pytest.raises(GeometryError, match="have no 'code'"):
        assign_zones(np.array([[1.0, 1.0]]), nameless, key="code")
    with pytest.raises(CrsUnfit):
        assign_zones(np.array([[1.0, 1.0]]), zones(a=WEST).set_crs(4326, allow_override=True), key="code")


def test_parts_worked_out_by_hand():
    park = box(5, 0, 25, 10)  # 50 in the west, 100 in the east, 50 outside
    parts = parts_by_zone(features(park), zones(a=WEST, b=EAST), key="code")
    assert parts[["row", "zone", "area_m2"]].values.tolist() == [[0, -1, 50], [0, 0, 50], [0, 1, 100]]


def test_overlapping_zones_share_ground_by_key():
    parts = parts_by_zone(
        features(box(0, 0, 10, 10)), zones(b=box(0, 0, 10, 10), a=box(0, 0, 4, 10)), key="code"
    )
    assert parts[["zone", "area_m2"]].values.tolist() == [[0, 60], [1, 40]]


def test_touching_is_no_part_and_empty_has_none():
    parts = parts_by_zone(features(box(-5, 0, 0, 10), None, Polygon()), zones(a=WEST), key="code")
    assert parts[["row", "zone", "area_m2"]].values.tolist() == [[0, -1, 50]]


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=60)
def test_parts_and_outside_add_up_to_the_whole(seed):
    random = np.random.default_rng(seed)
    shapes = shapely.buffer(shapely.points(random.uniform(0, 100, (8, 2))), random.uniform(1, 40, 8))
    centres = shapely.multipoints(random.uniform(20, 80, (10, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(centres))
    ground = zones(**{f"z{i}": each for i, each in enumerate(cells)}, overlap=box(30, 30, 60, 60))
    frame = features(*shapes)
    parts = parts_by_zone(frame, ground, key="code")
    sums = parts.groupby("row")["area_m2"].sum().reindex(range(len(shapes)))
    assert sums.to_numpy() == pytest.approx(shapely.area(shapes), rel=1e-9)
    assert parts.geometry.area.to_numpy() == pytest.approx(parts["area_m2"].to_numpy())


@pytest.mark.parametrize("bad", [LineString([(0, 0), (1, 1)]), Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])])
def test_what_has_no_sound_area_is_refused(bad):
    with pytest.raises(GeometryError, match="first 2"):
        parts_by_zone(features(WEST, bad), zones(a=WEST), key="code")


def test_one_infinite_vertex_does_not_make_a_silent_hole():
    poisoned = Polygon([(0, 0), (np.inf, 0), (1, 1)])
    with pytest.raises(GeometryNotFinite):
        parts_by_zone(features(WEST, poisoned), zones(a=WEST), key="code")


def test_two_systems_are_not_mixed():
    with pytest.raises(CrsUnfit, match="two systems"):
        parts_by_zone(features(WEST).set_crs(4527, allow_override=True), zones(a=WEST), key="code")


@pytest.mark.shared
def test_real_districts_split_over_a_grid_keep_their_area(shared):
    districts = gpd.read_file(shared / "data/boundaries/jinan_districts_wgs84.geojson").to_crs(METRES)
    west, south, east, north = districts.total_bounds
    cells = [
        box(x, y, x + 20e3, y + 20e3)
        for x in np.arange(west, east, 20e3)
        for y in np.arange(south, north, 20e3)
    ]
    grid = zones(**{f"c{i:03d}": cell for i, cell in enumerate(cells)})
    parts = parts_by_zone(districts, grid, key="code")
    assert parts.groupby("row")["area_m2"].sum().to_numpy() == pytest.approx(
        districts.area.to_numpy(), rel=1e-9
    )
    assert (parts["zone"] >= 0).all()


def test_a_feature_within_one_zone_stays_as_it_is_drawn():
    zones = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)], crs=4548)
    within, across = box(7, 2, 10, 5), box(9, 6, 12, 8)  # the first ends on the border to b
    parts = parts_by_zone(gpd.GeoDataFrame(geometry=[within, across], crs=4548), zones, key="code")
    assert parts[["row", "zone", "area_m2"]].to_numpy().tolist() == [[0, 0, 9], [1, 0, 2], [1, 1, 4]]
    assert shapely.to_wkb(parts.geometry[0]) == shapely.to_wkb(within)

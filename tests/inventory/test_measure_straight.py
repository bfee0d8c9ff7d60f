"""By the straight line: from published layers to what is met by zone, every kind of demand by hand.

The zones are west (0 <= x <= 1500) and east (1500 <= x <= 3100), both -50 <= y <= 600; the rest is outside.
"""

import math
from datetime import date

import measure_world as at
import numpy as np
import pandas as pd
import pytest
import shapely
import tiny_world as world
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, Point, Polygon, box

from inventory.measures import straight
from inventory.measures.straight import _shared
from inventory.straight_reach import StraightReach

DAY = date(2026, 6, 30)


def measured(store, text, zones=None):
    rule = at.rule_of(text)
    return straight.measure(at.inputs_of(store, rule, DAY, zones), rule.demands[0])


def figures(found):
    """Amount and met by zone: west, east, outside."""
    return at.by_zone(found, found.amount), at.by_zone(found, found.met)


def served(found):
    """The features that are met."""
    return sorted(found.id[found.met > 0])


def parks(*shapes, area=5000.0):
    ids = [f"p{number}" for number in range(len(shapes))]
    return at.frame(list(shapes), id=ids, name=ids, kind=["park"] * len(ids), area_m2=[area] * len(ids))


def schools(*places):
    ids = [f"s{number}" for number in range(len(places))]
    points = [Point(place) for place in places]
    return at.frame(points, id=ids, name=ids, category=["primary_school"] * len(ids))


def people(shapes, count):
    ids = [f"h{number}" for number in range(len(shapes))]
    return at.frame(list(shapes), id=ids, people=count)


FROM_SCHOOLS = """
catchment = "straight"
[[services]]
layer = "education"
distance_m = {distance}
[[demands]]
{demand}
"""
FROM_PARKS = """
catchment = "straight"
[[services]]
layer = "parks"
distance_m = 100
{more}
[[demands]]
{demand}
"""
PEOPLE = 'kind = "people"\nlayer = "people"\namount = "people"'
HOMES = 'kind = "residential_land"\nlayer = "residential_land"'


# Land


def test_land_within_a_disc_is_measured_exactly(tmp_path):
    """A disc of 100 m on the zones' border: half in each; 50 m above the southern border nothing is lost."""
    store = at.city(tmp_path, education=schools((1500, 300)))
    amount, met = figures(measured(store, FROM_SCHOOLS.format(distance=100, demand='kind = "land"')))
    assert amount == pytest.approx([1500 * 650, 1600 * 650, 0], abs=0.01)
    assert met == pytest.approx([5000 * math.pi, 5000 * math.pi, 0], abs=0.02)


def test_overlapping_zones_share_their_land_once(tmp_path):
    store = at.city(tmp_path, education=schools((1500, 300)))
    zones = world.zones_frame()
    east = zones.geometry.iloc[1]
    zones = zones.set_geometry([zones.geometry.iloc[0], shapely.union(east, zones.geometry.iloc[0])])
    found = measured(store, FROM_SCHOOLS.format(distance=100, demand='kind = "land"'), zones)
    assert found.amount.sum() / 1000 == pytest.approx(3100 * 650, abs=0.01)
    assert found.met.sum() / 1000 == pytest.approx(10_000 * math.pi, abs=0.02)


def test_homes_around_a_park_are_reached_from_its_border(tmp_path):
    """A park of 100 m square, 100 m around it: the strip of homes east of it holds 100 x 100 of its ground.

    Outside the zones lies another strip, of which the park reaches nothing.
    """
    homes = at.frame([box(200, 100, 400, 200), box(0, 900, 10, 910)], id=["a", "b"], name=["a", "b"])
    store = at.city(tmp_path, parks=parks(box(100, 100, 200, 200)), residential_land=homes)
    found = measured(store, FROM_PARKS.format(more="", demand=HOMES))
    assert figures(found)[0] == pytest.approx([20_000, 0, 100], abs=0.01)
    assert figures(found)[1] == pytest.approx([10_000, 0, 0], abs=0.01)


def test_from_the_centre_a_park_reaches_less(tmp_path):
    """50 m of the strip lie within 100 m of the centre at y = 150 +- 50: a chord's ground, worked out.

    The disc around (150, 150) right of x = 200 is a segment of 100^2 acos(1/2) - 50 sqrt(7500), whose height
    is at most 86.6 m to both sides: above and below the strip, at 50 m, two corners are cut off.
    """
    homes = at.frame([box(200, 100, 400, 200)], id=["a"], name=["a"])
    store = at.city(tmp_path, parks=parks(box(100, 100, 200, 200)), residential_land=homes)
    found = measured(store, FROM_PARKS.format(more='from = "centroid"', demand=HOMES))
    # integral over y from -50 to 50 of sqrt(100^2 - y^2) - 50
    expected = 2 * (50 * math.sqrt(7500) / 2 + 5000 * math.asin(0.5)) - 5000
    assert found.met.sum() / 1000 == pytest.approx(expected, abs=0.01)


def test_from_its_entrances_a_park_reaches_what_is_near_them(tmp_path):
    entrances = at.frame([Point(100, 150), Point(1000, 150)], id=["e", "f"], park_id=["p0", "somebody else"])
    store = at.city(
        tmp_path,
        parks=parks(box(100, 100, 200, 200)),
        park_entrances=entrances,
        people=people([Point(90, 150), Point(210, 150), Point(1000, 150)], [10, 20, 40]),
    )
    more = 'from = "entrance"\nentrances = "park_entrances"\nentrance_of = "park_id"'
    assert served(measured(store, FROM_PARKS.format(more=more, demand=PEOPLE))) == ["h0"]
    assert served(measured(store, FROM_PARKS.format(more="", demand=PEOPLE))) == ["h0", "h1"]


TWO_SIZES = """
catchment = "straight"
[[services]]
layer = "parks"
at_least = { area_m2 = 5000 }
distance_m = 500
[[services]]
layer = "parks"
at_least = { area_m2 = 2000 }
below = { area_m2 = 5000 }
distance_m = 300
[[demands]]
kind = "people"
layer = "people"
amount = "people"
"""


def test_small_parks_reach_less_far_than_large_ones(tmp_path):
    """The large park begins at x = 600, the small one at x = 2400: 500 and 300 m to their west."""
    large, small = parks(box(600, 0, 700, 100)), parks(box(2400, 0, 2450, 50), area=2500.0).assign(id="small")
    both = pd.concat([large, small], ignore_index=True)
    spots = [(100, 50), (99.9, 50), (2100, 25), (2099.9, 25)]
    store = at.city(tmp_path, parks=both, people=people([Point(xy) for xy in spots], [1, 2, 4, 8]))
    assert served(measured(store, TWO_SIZES)) == ["h0", "h2"]


# People, buildings, features


def test_people_are_met_by_their_distance_and_not_by_a_polygon(tmp_path):
    """Between two corners a polygon of 64 segments a quarter reaches 300 cos(pi / 256) = 299.977 m."""
    angle = math.pi / 256
    near, far = ((300 + d * math.cos(angle), 300 + d * math.sin(angle)) for d in (299.99, 300.01))
    store = at.city(
        tmp_path,
        education=schools((300, 300)),
        people=people([Point(near), Point(far), Point(300, 0), Point(5000, 0)], [10, 20, 40, 80]),
    )
    found = measured(store, FROM_SCHOOLS.format(distance=300, demand=PEOPLE))
    assert figures(found) == ([70, 0, 80], [50, 0, 0])
    assert served(found) == ["h0", "h2"]


def test_people_of_a_block_are_spread_over_its_ground(tmp_path):
    """A block of 100 x 100 half in the west, with 100 people; within reach only the west's half.

    The other way round, a reach of 75 m holds half of that half.
    """
    block = box(1450, 0, 1550, 100)
    store = at.city(
        tmp_path,
        parks=parks(box(1300, -20, 1400, 120)),
        residential_land=at.frame([block], id=["b"], name=["b"], people=[100]),
    )
    spread = PEOPLE.replace('"people"\namount', '"residential_land"\namount')
    found = measured(store, FROM_PARKS.format(more="", demand=spread))
    assert figures(found) == ([50, 50, 0], [50, 0, 0])
    half = FROM_PARKS.format(more="", demand=spread).replace("distance_m = 100", "distance_m = 75")
    assert figures(measured(store, half))[1] == pytest.approx([25, 0, 0], abs=0.001)


def test_buildings_and_features_are_met_whole(tmp_path):
    """Floor areas and counts by a point on the building, 100 m from the park at most."""
    houses = at.frame(
        [box(290, 110, 296, 116), box(310, 110, 316, 116)],
        id=["a", "b"],
        use=["residential"] * 2,
        floor_area_m2=[120.5, 300],
    )
    store = at.city(tmp_path, parks=parks(box(100, 100, 200, 200)), buildings=houses)
    floors = 'kind = "buildings"\nlayer = "buildings"\namount = "floor_area_m2"'
    assert figures(measured(store, FROM_PARKS.format(more="", demand=floors))) == (
        [420.5, 0, 0],
        [120.5, 0, 0],
    )
    counted = 'kind = "features"\nlayer = "buildings"'
    found = measured(store, FROM_PARKS.format(more="", demand=counted))
    assert (found.unit, figures(found)) == ("features", ([2, 0, 0], [1, 0, 0]))


# Roads


def roads(*lines):
    ids = [f"r{number}" for number in range(len(lines))]
    classes = ["arterial", "lane"] * len(ids)
    return at.frame(list(lines), id=ids, **{"class": classes[: len(ids)]})


ROADS = 'kind = "road_length"\nlayer = "roads"\ngroup = "class"'


def test_roads_are_met_by_their_length_within_a_disc(tmp_path):
    """A chord of 2 sqrt(500^2 - 300^2) = 800 m around x = 1500: 400 m in each zone."""
    store = at.city(
        tmp_path,
        education=schools((1500, 300)),
        roads=roads(
            LineString([(0, 0), (4000, 0)]),
            MultiLineString([[(1400, 300), (1450, 300)], [(0, 900), (9, 900)]]),
        ),
    )
    found = measured(store, FROM_SCHOOLS.format(distance=500, demand=ROADS))
    amount, met = figures(found)
    assert amount == pytest.approx([1550, 1600, 909], abs=0.001)
    assert met == pytest.approx([450, 400, 0], abs=0.001)
    lanes = found.group == found.groups.index("lane")
    assert found.met[lanes].sum() / 1000 == pytest.approx(50, abs=0.001)


def test_roads_around_a_park(tmp_path):
    """Along its southern border 100 m, and 100 m before and behind: 300 m."""
    store = at.city(tmp_path, parks=parks(box(400, 0, 500, 80)), roads=roads(LineString([(0, 0), (1000, 0)])))
    found = measured(store, FROM_PARKS.format(more="", demand=ROADS))
    assert figures(found)[1] == pytest.approx([300, 0, 0], abs=0.001)


# Nothing


def test_services_that_are_published_and_none_serve_nobody(tmp_path):
    store = at.city(tmp_path, education=schools((300, 300)).iloc[:0], people=people([Point(300, 300)], [5]))
    found = measured(store, FROM_SCHOOLS.format(distance=300, demand=PEOPLE))
    assert figures(found) == ([5, 0, 0], [0, 0, 0])
    land = measured(store, FROM_SCHOOLS.format(distance=300, demand='kind = "land"'))
    assert land.met.sum() == 0


# Laws


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6), st.data())
@settings(deadline=None)
def test_amounts_divided_by_area_lose_and_gain_nothing(amounts, data):
    pieces = [data.draw(st.integers(1, 4)) for _ in amounts]
    row = np.repeat(np.arange(len(amounts)), pieces)
    area = np.array(data.draw(st.lists(st.floats(0.01, 1e6), min_size=len(row), max_size=len(row))))
    found = _shared(np.array(amounts), row, area)
    assert np.bincount(row, found).tolist() == amounts
    assert (found >= 0).all()


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=25)
def test_one_more_service_never_lowers_what_is_met(seed):
    random = np.random.default_rng(seed)
    points = shapely.points(random.uniform(0, 2000, (12, 2)))
    shapes = np.where(random.random(12) < 0.5, points, shapely.buffer(points, 60, quad_segs=2))
    distance = random.choice([100.0, 300.0, 500.0], 12)
    more, fewer = StraightReach(shapes, distance), StraightReach(shapes[:-1], distance[:-1])
    xy = random.uniform(0, 2000, (50, 2))
    ground = shapely.box(*(random.uniform(0, 1500, (2, 9))), 1600, 1600)
    lines = shapely.linestrings(random.uniform(0, 2000, (9, 2, 2)))
    assert (more.holds(xy) >= fewer.holds(xy)).all()
    assert (more.areas(ground) >= fewer.areas(ground) - 1e-6).all()
    assert (more.lengths(lines) >= fewer.lengths(lines) - 1e-6).all()


def test_a_rule_of_points_is_exact_and_a_polygon_comes_close():
    ground = np.array([box(0, 0, 50, 1000), Polygon()], dtype=object)
    exact = StraightReach(np.array([Point(0, 500)]), np.array([300.0])).areas(ground)
    tiny_park = StraightReach(np.array([box(-1e-6, 500, 1e-6, 500 + 1e-6)]), np.array([300.0])).areas(ground)
    assert exact[0] == pytest.approx(50 * math.sqrt(90_000 - 2500) + 90_000 * math.asin(1 / 6), rel=1e-12)
    assert tiny_park == pytest.approx(exact, rel=2e-4)

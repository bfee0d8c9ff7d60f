"""What is reached from a place of the tiny world: metres by hand, and the answers of the circles report."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import tiny_city
import tiny_world as world
from pyproj import Transformer

from geo.crs import to_stored
from geo.isochrone import isochrone
from inventory import walls
from inventory.circles import circles
from inventory.errors import NoStreetAround, NoStreetNear, PlaceOutside
from inventory.figures import BEYOND
from inventory.pins import pin
from inventory.reachable import amount_within, origin_of, reachable
from inventory.run import demand_of
from inventory.streets import streets_of
from layers.catalog import Store

TO_DEGREES = Transformer.from_crs(world.METRES, 4326, always_xy=True)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The tiny city with school and kindergarten, for those who only read."""
    with Store.open(tiny_city.workspace(tmp_path_factory.mktemp("city") / "home")) as opened:
        tiny_city.publish_all(opened)
        tiny_city.publish(opened, "education", world.education_frame(world.SITES))
        yield opened


@pytest.fixture
def store(tmp_path):
    with Store.open(tiny_city.workspace(tmp_path / "home")) as opened:
        tiny_city.publish_all(opened)
        yield opened


def place(x, y):
    return world.ORIGIN + np.array([x, y])


def degrees(x, y):
    return TO_DEGREES.transform(*place(x, y))


def seen(store, x, y, **options):
    """What is reached from a place, by category."""
    recipe = pin(store)
    origin = origin_of(recipe, streets_of(store, recipe), *degrees(x, y))
    return {each.requirement.id: each for each in reachable(store, recipe, origin, **options)}


def walk_of(each):
    return round(each.nearest[0].walk_m, 3) if each.nearest else None


def test_each_category_has_its_nearest_facility_by_name_and_metres(city):
    found = seen(city, 790, 210)  # the person "just": 310 m to K, which is to be within 300 m; 1,230 m to S
    rows = {name: (each.status, walk_of(each), each.within) for name, each in found.items()}
    assert rows["kindergarten"] == ("measured", 310.0, False)
    assert rows["primary_school"] == ("measured", 1230.0, False)
    near = seen(city, 779, 210)
    assert (walk_of(near["kindergarten"]), near["kindergarten"].within) == (299.0, True)
    lon, lat = near["kindergarten"].nearest[0].lon, near["kindergarten"].nearest[0].lat
    assert (lon, lat) == pytest.approx(degrees(500, 210), abs=1e-7)


def test_a_category_nobody_has_published_has_no_data_and_one_beyond_the_search_has_none(city):
    found = seen(city, 500, -10)  # "across": K is 5,220 m on foot, beyond the search of 5 km
    assert (found["kindergarten"].status, found["kindergarten"].nearest) == ("measured", ())
    assert walk_of(found["primary_school"]) == 3720.0
    without = [each for each in found.values() if each.status == "no_data"]
    assert [(each.nearest, each.within) for each in without] == [((), False)]


def test_the_nearest_few_come_nearest_first(store):
    more = {
        "K": (500, 210, "kindergarten"),
        "L": (900, 210, "kindergarten"),
        "M": (2400, 210, "kindergarten"),
    }
    tiny_city.publish(store, "education", world.education_frame(more))
    found = seen(store, 780, 210, most=2, categories=["kindergarten"])
    assert list(found) == ["kindergarten"]
    # L: 10 + 120 + 10, K: 10 + 280 + 10
    assert [round(each.walk_m, 3) for each in found["kindergarten"].nearest] == [140.0, 300.0]


def test_a_newly_published_facility_is_seen_at_once_and_the_past_stays(store):
    before = store.sequence()
    assert seen(store, 780, 210)["kindergarten"].nearest == ()
    tiny_city.publish(store, "education", world.education_frame(world.SITES))
    assert walk_of(seen(store, 780, 210)["kindergarten"]) == 300.0
    then = pin(store, as_of=before)
    origin = origin_of(then, streets_of(store, then), *degrees(780, 210))
    assert {each.requirement.id: len(each.nearest) for each in reachable(store, then, origin)} == {
        "primary_school": 1,
        "kindergarten": 0,
        "library": 0,
    }


def test_it_agrees_with_the_report_for_everybody_attached(city):
    run = circles(city, by="district")
    walks = run.distances
    compared = 0
    for row in np.flatnonzero(walks.attached):
        x, y, _ = world.PEOPLE[str(walks.id[row])]
        found = seen(city, x, y)
        for number, name in enumerate(walks.categories):
            reported = walks.walk_mm[number][row]
            reported = np.nan if reported == BEYOND else reported / 1000
            assert (walk_of(found[name]) or np.nan) == pytest.approx(reported, abs=0.01, nan_ok=True)
            compared += 1
    assert compared == 6 * 2


def test_people_within_a_walk_of_a_place_are_counted_by_band(city):
    recipe = pin(city)
    streets = streets_of(city, recipe)
    origin = origin_of(recipe, streets, *degrees(500, 210))
    reach = isochrone(streets.network, origin, [301, 311, 3000])
    counted = amount_within(demand_of(city, recipe, streets), origin, reach)
    # to K: near 300 m (10 people), just 310 (20), both 1,310 (5), bridge 2,820 (80); others more than 3,000
    assert counted == [10_000, 30_000, 115_000]


def test_places_where_nobody_can_walk_say_why(city):
    recipe = pin(city)
    streets = streets_of(city, recipe)
    with pytest.raises(NoStreetNear) as near:
        origin_of(recipe, streets, *degrees(1000, 500))  # 300 m from the north road
    assert near.value.nearest_m in (300, 301)
    with pytest.raises(NoStreetAround):
        origin_of(recipe, streets, *degrees(0, 9000))
    for lon, lat in ((np.nan, 36.6), (200.0, 36.6), (117.0, 91.0)):
        with pytest.raises(PlaceOutside):
            origin_of(recipe, streets, lon, lat)


def test_walls_are_water_and_closed_roads_near_the_place(store):
    river = gpd.GeoDataFrame(
        {"id": ["r"], "name": ["Qing"], "kind": ["river"]},
        geometry=[shapely.box(*place(0, 50), *place(2900, 150))],
        crs=world.METRES,
    )
    recipe = pin(store)
    nothing = walls.walls_of(store, recipe, store.sequence())
    assert len(nothing.shapes) == 0
    tiny_city.publish(store, "water", to_stored(river))
    found = walls.walls_of(store, recipe, store.sequence())
    assert [round(shape.area) for shape in found.shapes] == pytest.approx([290_000], rel=1e-4)
    assert len(found.near(place(1000, 300), 200)) == 1
    assert len(found.near(place(1000, 3000), 200)) == 0


def test_roads_closed_to_walkers_are_walls(store):
    edges = world.edges_frame()
    motorway = edges.iloc[:1].assign(u=1, v=5, edge_id=99, highway="motorway")  # south-west to north-east
    tiny_city.publish_streets(store, pd.concat([edges, motorway]))
    found = walls.walls_of(store, pin(store), store.sequence())
    assert [round(shape.length) for shape in found.shapes] == [round(np.hypot(3000, 200))]

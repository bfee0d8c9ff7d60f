"""Walks as a rule has them, from published layers: slope, barriers, parks without a street, all by hand."""

import numpy as np
import pytest
import rasterio
import tiny_city as city
import tiny_world as world
from measure_world import city as made
from measure_world import frame, inputs_of, rule_of
from rasterio import Affine
from shapely import LineString, box

from inventory.measures import walk
from layers.intake import ingest

PEOPLE = '[[demands]]\nkind = "people"\nlayer = "people"\namount = "people"\n'
SCHOOL = 'catchment = "walk"\n[[services]]\nlayer = "education"\ndistance_m = 1000\n'
HILL = '[walk]\nslope = "elevation"\nbarriers = ["water"]\nfactors = { steps = 2.0 }\nsearch_m = 6000.0\n'


def hill(store, folder):
    """Ground that rises by one metre in ten to the east."""
    west, south = world.ORIGIN
    heights = np.tile(10.0 * np.arange(32, dtype=np.float32), (8, 1))
    with rasterio.open(
        folder / "hill.tif",
        "w",
        driver="GTiff",
        count=1,
        height=8,
        width=32,
        dtype="float32",
        crs="EPSG:4548",
        transform=Affine(100, 0, west - 50, 0, -100, south + 600),
    ) as file:
        file.write(heights, 1)
    assert ingest(store, folder / "hill.tif", layer="elevation", agency="city", author="test", accept=["all"])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hill")
    people = world.people_frame({"near": (780, 210, 1), "bank": (500, 150, 2), "late": (2500, 190, 4)})
    river = LineString([(-500, 180), (2900, 180)]).buffer(4)
    store = made(folder / "home", people=people, water=frame([river], id=["river"]))
    hill(store, folder)
    city.publish_streets(store)
    city.publish(store, "districts", world.zones_frame())
    city.publish(store, "education", world.education_frame({"S": world.SITES["S"]}))
    with store:
        yield store


def walks(store, text):
    """Whole walks in metres by person, and what was walked on."""
    rule = rule_of(text + PEOPLE)
    days = [head.created_at.date() for head in store.heads("people").values()]
    inputs = inputs_of(store, rule, days[0])
    found = walk.measure(inputs, rule.demands[0])
    return dict(zip(found.id, (found.walk_mm / 1000.0).tolist(), strict=True)), inputs.walking()


def test_without_a_hill_or_a_river_a_metre_is_a_metre(store):
    found, streets = walks(store, SCHOOL)
    assert found == pytest.approx({"near": 1240, "bank": 1560, "late": 520}, abs=0.2)
    assert (streets.effort, streets.barriers) == (None, None)


def test_people_walk_uphill_slowly_and_not_through_the_river(store):
    found, streets = walks(store, SCHOOL + HILL)
    up = np.exp(0.35)  # exp(3.5 (0.1 + 0.05)) over exp(3.5 0.05); at -0.1 it is 1
    assert found == pytest.approx(
        {
            "near": 10 + 1220 * up + 10,
            # From the south bank to the south road, up to the bridge, across, and down to the school.
            "bank": 150 + 2500 * up + 200 + 1000 + 10,
            "late": 10 + 500 + 10,  # the other way, downhill
        },
        abs=0.5,
    )
    assert streets.barriers is not None
    assert streets.effort is not None


def test_what_the_rule_names_and_nobody_published_changes_nothing(store):
    found, streets = walks(store, SCHOOL + '[walk]\nslope = "night_light"\nbarriers = ["railways"]\n')
    assert found == pytest.approx({"near": 1240, "bank": 1560, "late": 520}, abs=0.2)
    assert (streets.effort, streets.barriers) == (None, None)


def test_parks_are_entered_where_streets_meet_them_and_else_all_along(store):
    lawn, meadow = box(1000, 190, 1100, 300), box(2600, 210, 2700, 250)
    city.publish(store, "parks", frame([lawn, meadow], id=["a", "b"]))
    text = 'catchment = "walk"\n[[services]]\nlayer = "parks"\ndistance_m = 500\n'
    found, _ = walks(store, text)
    # 10 + 220 to where the road enters the lawn; 50 + 500; 10 + 100 to the corner of the meadow, 10 m off.
    assert found == pytest.approx({"near": 230, "bank": 550, "late": 120}, abs=0.2)

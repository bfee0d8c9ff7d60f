"""Ground whose cells hold what is asked, and people of cells: from published rasters to amounts by zone."""

from datetime import date

import measure_world as at
import numpy as np
import pytest
import rasterio
import tiny_city as city
import tiny_world as world
from coverage_world import SCHOOL, rows
from rasterio import Affine
from shapely.geometry import Point, box

from geo.raster_errors import RasterBandMissing, RasterElsewhere
from inventory.coverage import coverage, keep
from inventory.coverage_rule_file import coverage_rules, parse
from inventory.errors import RuleError
from inventory.measures import raster
from inventory.raster_people import raster_people
from inventory.recipe import replay
from layers.intake import ingest

DAY = date(2026, 6, 30)
SOUTH = -50.0
"""West and east are 1500 and 1600 m wide and 650 m high; rasters begin at their common south-west corner."""


def publish(store, folder, layer, values, *, agency="city", cell=(500.0, 650.0), shift=0.0, nodata=None):
    """A raster of cells so large (m) whose south-west corner is that of the zones, moved east."""
    values = np.asarray(values)
    values = values if values.ndim == 3 else values[None]
    count, height, width = values.shape
    west, north = world.ORIGIN[0] + shift, world.ORIGIN[1] + SOUTH + height * cell[1]
    path = folder / f"{layer}-{agency}.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype=values.dtype,
        crs="EPSG:4548",
        transform=Affine(cell[0], 0, west, 0, -cell[1], north),
        nodata=nodata,
    ) as file:
        file.write(values)
    assert ingest(store, path, layer=layer, agency=agency, author="test", accept=["all"]).version is not None


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A city with rasters, none of which is changed by a test."""
    folder = tmp_path_factory.mktemp("rasters")
    houses = at.frame([box(100, 0, 120, 20), Point(700, 5).buffer(9)], id=["a", "b"])
    land = at.frame([box(250, 0, 1750, 150)], id=["a"])
    made = at.city(folder / "home", people=world.people_frame(), residential_land=land, buildings=houses)
    soil = np.array([[1.0, 0.0, 0.2, -1.0, 0.0, 0.9, 0.0]], dtype=np.float32)
    publish(made, folder, "bare_soil", soil, nodata=-1)
    bands = np.array([[[7, 10, 7, 10]], [[13, 10, 13, 10]]], dtype=np.uint16)
    publish(made, folder, "satellite", bands)
    light = np.array([[0.2, 5, 5, -9]], dtype=np.float32)
    publish(made, folder, "night_light", light, shift=-10.0, nodata=-9)
    publish(made, folder, "population", np.array([[1, 2, 3]], dtype=np.float32), cell=(500.0, 325.0))
    more = np.array([[10, 20, 30, *[1] * 37]], dtype=np.float32)
    publish(made, folder, "population", more, agency="schools", cell=(500.0, 325.0), shift=500.0)
    publish(made, folder, "elevation", np.zeros((1, 3), np.float32), shift=5000.0)
    city.publish_streets(made)
    city.publish(made, "districts", world.zones_frame())
    city.publish(made, "education", world.education_frame({"S": world.SITES["S"]}))
    with made:
        yield made


def measured(store, text):
    rule = at.rule_of(text)
    return raster.measure(at.inputs_of(store, rule, DAY), rule.demands[0])


def unknown(found):
    return at.by_zone(found, np.where(found.known, 0, found.amount))


BARE = """
catchment = "raster"
[raster]
layer = "bare_soil"
below = 0.5
[[demands]]
kind = "land"
"""


def test_land_is_split_by_exact_shares_and_ground_without_a_value_is_not_known(store):
    # One row of cells of 500 m x 650 m over both zones: the west has three, the east three and a fifth of the
    # last, which reaches from 3000 to 3500. A cell is 325,000 m2; the fifth 65,000 m2.
    #        west: bare, not, not      east: not known, not, bare, a fifth: not
    found = measured(store, BARE)
    known = np.where(found.known, found.amount, 0)
    assert at.by_zone(found, known) == pytest.approx([975_000, 715_000, 0], abs=0.01)
    assert at.by_zone(found, found.met) == pytest.approx([650_000, 390_000, 0], abs=0.01)
    assert unknown(found) == pytest.approx([0, 325_000, 0], abs=0.01)


def test_ground_beyond_the_raster_is_not_known(store):
    # Light is known from -10 to 1490 m of the west's 1500: a strip of 10 m is not, nor all of the east.
    found = measured(store, BARE.replace('"bare_soil"', '"night_light"'))
    assert unknown(found) == pytest.approx([10 * 650, 1600 * 650, 0], abs=0.01)


GREEN = """
catchment = "raster"
[raster]
layer = "satellite"
index = "ndvi"
red = 1
nir = 2
at_least = 0.3
[[demands]]
kind = "residential_land"
layer = "residential_land"
"""


def test_residential_land_is_green_where_two_bands_say_so(store):
    # Land from x = 250 to 1750 (150 m high): cells of 500 m cut at half, whole, whole and half. Red 7 and
    # near infrared 13 give 0.3, green; 10 and 10 give 0. Green are the first and the third: 250 + 500 m of
    # 1250 m in the west, the 250 m in the east are not. Stored in nine decimals of degrees: 0.1 m2.
    found = measured(store, GREEN)
    assert at.by_zone(found, found.amount) == pytest.approx([1250 * 150, 250 * 150, 0], abs=0.1)
    assert at.by_zone(found, found.met) == pytest.approx([750 * 150, 0, 0], abs=0.1)


LIGHT = """
catchment = "raster"
[raster]
layer = "night_light"
at_least = 1
[[demands]]
kind = "people"
layer = "people"
amount = "people"
"""
CELLS = LIGHT.replace('layer = "people"\namount = "people"', 'layer = "population"')


def test_people_are_in_the_light_whole_or_not_at_all(store):
    # Cells from -10, 490, 990 and 1490 on: the first is dark, two are lit, the fourth is not known.
    found = measured(store, LIGHT)
    met = dict(zip(found.id.tolist(), (found.met // 1000).tolist(), strict=True))
    # across (500, -10), near, just and far stand in lit cells; both (1790) in the unknown one.
    assert met == {"near": 10, "just": 20, "across": 40, "both": 0, "bridge": 0, "far": 160, "out": 0}
    assert set(found.id[~found.known]) == {"both", "bridge", "out"}


def test_people_of_two_agencies_count_once_and_those_far_from_all_zones_not(store):
    # The city's cells stand at 250, 750 and 1250; of the schools' (from 500 on: 10, 20, 30, 1, 1, ...) those
    # at 750 and 1250 are counted already, and from 3250 on they lie beyond all zones, which end at 3100.
    rule = at.rule_of(CELLS)
    people = raster_people(at.inputs_of(store, rule, DAY), rule.demands[0])
    assert (people.amount // 1000).tolist() == [1, 2, 3, 30, 1, 1]
    assert (people.xy[:, 0] - world.ORIGIN[0]).tolist() == pytest.approx([250, 750, 1250, 1750, 2250, 2750])


def test_people_may_be_cells_of_a_raster(store):
    # West: 1 in the dark, 2 and 3 in the light; east: 30 and two of 1, of whom no light is known.
    found = measured(store, CELLS)
    assert at.by_zone(found, found.amount) == [6, 32, 0]
    assert at.by_zone(found, found.met) == [5, 0, 0]
    assert unknown(found) == [0, 32, 0]


@pytest.mark.parametrize(
    ("more", "key"),
    [('where = { age = "old" }', "where"), ('group = "age"', "group"), ('amount = "n"', "amount")],
)
def test_cells_have_no_columns_to_choose_by(store, more, key):
    rule = at.rule_of(CELLS + more)
    with pytest.raises(RuleError, match=rf"people\.{key}"):
        raster_people(at.inputs_of(store, rule, DAY), rule.demands[0])


def test_a_band_that_is_missing_names_the_layer_and_the_agency(store):
    with pytest.raises(RasterBandMissing, match=r"bare_soil \(city\): has no band 3"):
        measured(store, BARE.replace("below", "band = 3\nbelow"))


def test_a_raster_that_reaches_no_zone_is_refused(store):
    with pytest.raises(RasterElsewhere, match=r"elevation \(city\): lies at"):
        measured(store, BARE.replace('"bare_soil"', '"elevation"'))


def test_features_stand_in_one_cell(store):
    # One house in the dark cell, one in the lit.
    text = LIGHT.replace('"people"\nlayer = "people"\namount = "people"', '"buildings"\nlayer = "buildings"')
    found = measured(store, text)
    assert (found.amount.tolist(), found.met.tolist()) == ([1000, 1000], [0, 1000])


def test_a_result_of_a_raster_is_replayed_to_the_byte(store):
    rule = at.rule_of(BARE + '[[targets]]\nshare = 1.0\nsource = "tests"\nstanding = "assumed"\n')
    run = coverage(store, rule)
    found = rows(run.result, "land")
    # 650,000 of 975,000 m2 in the west; in the east 390,000 of the 715,000 m2 that are known.
    assert found["west"]["share"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["east"]["share"] == pytest.approx(390 / 715, abs=1e-6)
    assert found["east"]["unknown"] == pytest.approx(325_000, abs=0.1)  # zones are stored in degrees
    assert found["city"]["gap"] == pytest.approx(1 - 1040 / 1690, abs=1e-6)
    assert replay(store, keep(store, run)).identical


def test_people_of_a_raster_walk_to_a_school(store):
    # S stands at (2000, 210). Cells with people lie at y = 112.5; those at 1750 and 2250 (30 and 1 people)
    # are 87.5 m south of the north road, which S is 10 m north of: 87.5 + 250 + 10 = 347.5 m, within 500.
    # 1250 and 2750 are 750 m along the road away: not within.
    walked = SCHOOL.replace('layer = "people"\namount = "people"', 'layer = "population"')
    found = rows(coverage(store, parse(walked.encode(), "own.toml")).result)
    assert {code: (row["demand"], row["met"]) for code, row in found.items()} == {
        "west": (6, 0),
        "east": (32, 31),
        "outside": (0, 0),
        "city": (38, 31),
    }


@pytest.mark.parametrize("name", ["green-share", "bare-soil", "night-light"])
def test_packaged_rules_of_rasters_say_what_is_assumed(name):
    rule = coverage_rules()[name]
    assert (rule.catchment, rule.standing) == ("raster", "assumed")
    assert "assumed here" in rule.source

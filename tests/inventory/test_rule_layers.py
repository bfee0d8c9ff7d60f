"""Layers of another kind than a rule needs: told with the key, before anything is measured."""

from datetime import date

import numpy as np
import pytest
import rasterio
import tiny_city as city
import tiny_world as world
from measure_world import city as made
from measure_world import inputs_of, rule_of
from rasterio import Affine

from inventory.errors import RuleError
from inventory.rule_layers import check_layers
from layers.intake import ingest

DAY = date(2026, 6, 30)
LAND = '[[demands]]\nkind = "land"\n'
PEOPLE = '[[demands]]\nkind = "people"\nlayer = "people"\namount = "people"\n'
SERVICES = '[[services]]\nlayer = "education"\ndistance_m = 500\n'


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    store = made(folder / "home", people=world.people_frame())
    city.publish(store, "education", world.education_frame({"S": world.SITES["S"]}))
    city.publish_streets(store)
    place = Affine(500, 0, world.ORIGIN[0], 0, -500, world.ORIGIN[1] + 500)
    form = {"driver": "GTiff", "count": 1, "height": 1, "width": 3, "dtype": "float32", "crs": "EPSG:4548"}
    with rasterio.open(folder / "hill.tif", "w", **form, transform=place) as file:
        file.write(np.ones((1, 1, 3), np.float32))
    assert ingest(store, folder / "hill.tif", layer="elevation", agency="city", author="test", accept=["all"])
    with store:
        yield store


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        (SERVICES.replace("education", "elevation") + LAND, "services[1].layer", "of kind raster"),
        (
            SERVICES + '[[demands]]\nkind = "residential_land"\nlayer = "elevation"\n',
            "demands[1].layer",
            "raster",
        ),
        (SERVICES + '[[demands]]\nkind = "buildings"\nlayer = "elevation"\n', "demands[1].layer", "raster"),
        (
            SERVICES + LAND + '[[demands]]\nkind = "features"\nlayer = "elevation"\n',
            "demands[2].layer",
            "raster",
        ),
        (
            SERVICES + '[[demands]]\nkind = "residential_land"\nlayer = "people"\n',
            "demands[1].layer",
            "point",
        ),
        (SERVICES + '[[demands]]\nkind = "road_length"\nlayer = "people"\n', "demands[1].layer", "point"),
    ],
)
def test_a_layer_of_the_wrong_kind_is_told_with_its_key(store, text, key, problem):
    with pytest.raises(RuleError) as found:
        check_layers(inputs_of(store, rule_of('catchment = "straight"\n' + text), DAY))
    assert (found.value.file, found.value.key) == ("test", key)
    assert problem in found.value.problem


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('layer = "people"', "walk.layer"),
        ('slope = "walk_network"', "walk.slope"),
        ('barriers = ["elevation"]', "walk.barriers"),
    ],
)
def test_streets_are_a_network_heights_a_raster_and_barriers_are_drawn(store, text, key):
    with pytest.raises(RuleError) as found:
        check_layers(
            inputs_of(store, rule_of(f'catchment = "walk"\n{SERVICES}[walk]\n{text}\n{PEOPLE}'), DAY)
        )
    assert found.value.key == key


def test_a_raster_is_asked_of_a_raster_rule_and_events_are_no_raster(store):
    raster = f'catchment = "raster"\n[raster]\nlayer = "people"\nbelow = 1\n{LAND}'
    status = f'catchment = "status"\n[status]\nwithout = {{ layer = "elevation" }}\n{PEOPLE}'
    for text, key in ((raster, "raster.layer"), (status, "status.without.layer")):
        with pytest.raises(RuleError) as found:
            check_layers(inputs_of(store, rule_of(text), DAY))
        assert found.value.key == key


def test_what_nobody_has_published_is_no_matter_of_kind(store):
    check_layers(
        inputs_of(
            store,
            rule_of(f'catchment = "straight"\n{SERVICES.replace("education", "night_light")}{LAND}'),
            DAY,
        )
    )

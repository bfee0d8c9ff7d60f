"""Shifted data are suspected by what is published already, and data that merely differ are not."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geo import gcj02
from geo.crs import STORED, transform_xy
from geo.datum_guess import Reference, suspect
from geo.datum_points import Segments, along, middles
from geo.errors import CrsUnfit

WORKING = CRS.from_epsg(4548)


def in_metres(geometry, move):
    """Geometry with its places in metres moved by a function."""
    return shapely.transform(
        geometry, lambda xy: transform_xy(move(transform_xy(xy, STORED, WORKING)), WORKING, STORED)
    )


def fields_of_land(count=4, size_m=8000.0):
    """Squares side by side, in longitude and latitude."""
    made = [
        shapely.box(
            480_000 + size_m * i,
            4_050_000 + size_m * j,
            480_000 + size_m * (i + 1),
            4_050_000 + size_m * (j + 1),
        )
        for i in range(count)
        for j in range(count)
    ]
    squares = np.array(made, dtype=object)
    return shapely.transform(squares, lambda xy: transform_xy(xy, WORKING, STORED))


LAND = fields_of_land()
PUBLISHED = Reference("land", LAND)
KEYS = np.array([f"k{n}" for n in range(len(LAND))], dtype=object)


@pytest.mark.parametrize(("shift", "name"), [(gcj02.to_gcj02, "GCJ-02"), (gcj02.to_bd09, "BD-09")])
def test_a_web_maps_shift_is_suspected_by_outlines_and_by_keys(shift, name):
    shifted = shapely.transform(LAND, shift)
    found = suspect(shifted, [PUBLISHED], WORKING)
    assert (found.subject, found.value, found.why) == ("datum", name, "datum_suspected")
    assert found.fields["after_m"] < 5 < 100 < found.fields["before_m"]  # edges of 8 km bend by metres
    keyed = suspect(shifted, [Reference("land", LAND, KEYS)], WORKING, keys=KEYS)
    assert (keyed.value, keyed.why, keyed.fields["points"]) == (name, "datum_suspected_by_key", 16)


def test_a_shift_of_one_direction_is_told_in_metres():
    moved = in_metres(LAND, lambda xy: xy + np.array([60.0, 40.0]))  # 72.1 m, as far as Beijing 54
    for keys, reference in ((None, PUBLISHED), (KEYS, Reference("land", LAND, KEYS))):
        found = suspect(moved, [reference], WORKING, keys=keys)
        assert (found.value, found.why) == ("", "datum_shifted")
        assert (found.fields["east_m"], found.fields["north_m"]) == (
            pytest.approx(60, abs=1),
            pytest.approx(40, abs=1),
        )
        assert found.confidence < 0.9


def test_equal_data_and_data_drawn_with_less_care_raise_no_suspicion():
    dense = shapely.segmentize(LAND, 0.005)  # a vertex every 450 m or so
    careless = in_metres(dense, lambda xy: xy + 80 * np.sin(xy[:, ::-1] / 700))  # waves of 80 m and 4.4 km
    for geometry in (LAND, careless):
        assert suspect(geometry, [PUBLISHED], WORKING) is None
        assert suspect(geometry, [Reference("land", LAND, KEYS)], WORKING, keys=KEYS) is None


def test_data_of_elsewhere_and_too_few_say_nothing():
    far = in_metres(LAND, lambda xy: xy + np.array([90_000.0, 0.0]))
    shifted = shapely.transform(LAND, gcj02.to_gcj02)
    assert suspect(far, [PUBLISHED], WORKING) is None
    assert suspect(shifted, [], WORKING) is None
    assert suspect(np.array([None, shapely.Point()], dtype=object), [PUBLISHED], WORKING) is None
    assert suspect(shapely.points([[117.0, 36.6]]), [PUBLISHED], WORKING) is None
    assert suspect(LAND, [Reference("nothing", np.array([], dtype=object))], WORKING) is None


def test_keys_that_repeat_prove_nothing_and_outlines_are_looked_at():
    same = np.full(len(LAND), "停车场", dtype=object)
    shifted = shapely.transform(LAND, gcj02.to_gcj02)
    found = suspect(shifted, [Reference("land", LAND, same)], WORKING, keys=same)
    assert found.why == "datum_suspected"


def test_metres_are_required():
    with pytest.raises(CrsUnfit):
        suspect(LAND, [PUBLISHED], STORED)


def test_points_are_taken_along_outlines_and_measured_to_segments():
    square = fields_of_land(1)  # 32 km around: 64 points, 250 m from each corner and then every 500
    points = along(square, WORKING)
    assert len(points) == 64
    segments = Segments.of(square, points, WORKING, 1000)
    metres = transform_xy(points, STORED, WORKING)
    np.testing.assert_allclose(segments.distances(metres), 0, atol=1e-3)
    middle = transform_xy(middles(square), STORED, WORKING)
    np.testing.assert_allclose(segments.distances(middle), 4000, atol=1)  # the middle in degrees
    nearest, normal = segments.nearest(np.array([[484_000.0, 4_049_000.0]]))
    np.testing.assert_allclose(nearest, [[484_000, 4_050_000]], atol=1e-3)
    np.testing.assert_allclose(np.abs(normal), [[0, 1]], atol=1e-6)


def boundaries(shared, name):
    frame = gpd.read_file(shared / "data" / "boundaries" / f"jinan_{name}.geojson")
    return frame.geometry.array.to_numpy(), frame["name"].to_numpy(object)


SHIFTED = ("districts_datav_gcj02", "districts_pre2019_gcj02_invalid")
RIGHT = ("districts_wgs84", "districts_tianditu_cgcs2000", "city_osm_wgs84")


@pytest.mark.shared
@pytest.mark.parametrize("published", ["districts_wgs84", "districts_tianditu_cgcs2000"])
@pytest.mark.parametrize("keyed", [False, True])
def test_the_files_of_jinan_in_gcj02_are_suspected_and_the_others_not(shared, published, keyed):
    geometry, names = boundaries(shared, published)
    reference = Reference("districts", geometry, names if keyed else None)
    for name in SHIFTED:
        geometry, names = boundaries(shared, name)
        found = suspect(geometry, [reference], WORKING, keys=names)
        assert (found.value, found.confidence > 0.6) == ("GCJ-02", True)
    for name in RIGHT:
        geometry, names = boundaries(shared, name)
        assert suspect(geometry, [reference], WORKING, keys=names) is None


@pytest.mark.shared
def test_charging_stations_in_gcj02_are_weakly_suspected_by_streets(shared):
    stations = pd.read_csv(shared / "data" / "poi" / "jinan_charging_stations.csv")
    streets = gpd.read_parquet(shared / "data" / "network" / "jinan_road_edges.parquet")
    reference = Reference("streets", streets.geometry.array.to_numpy())
    shifted = shapely.points(stations[["lon_gcj02", "lat_gcj02"]].to_numpy())
    found = suspect(shifted, [reference], WORKING)
    assert (found.value, found.why) == ("GCJ-02", "datum_suspected_by_points")
    assert found.confidence < 0.5
    right = shapely.points(stations[["lon_wgs84", "lat_wgs84"]].to_numpy())
    assert suspect(right, [reference], WORKING) is None

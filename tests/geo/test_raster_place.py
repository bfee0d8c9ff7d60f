"""Where rasters lie, in systems and turns that can be worked out by hand."""

from pathlib import Path

import numpy as np
import pytest
from pyproj import CRS

from geo.crs_candidates import Area
from geo.errors import CoordinatesOutside
from geo.raster_crs import conclude, covers
from geo.raster_place import cell_size_m, corners_and_middle, lonlat_bounds, outline, own_bounds
from geo.raster_reading import RasterReading

JINAN = Area((116.2, 35.9, 118.0, 37.6))
DEGREES, METRES = CRS.from_epsg(4326), CRS.from_epsg(4548)


def raster(transform, *, width=40, height=20, crs=None):
    """Only where it lies matters here."""
    nothing = np.zeros((1, 1, 1), np.float32)
    return RasterReading(Path("a.tif"), "GTiff", "a.tif", crs, width, height, transform, (), (), nothing)


def test_corners_middle_and_bounds():
    found = raster((10.0, 0.0, 100.0, 0.0, -10.0, 900.0))
    assert corners_and_middle(found).tolist() == [[100, 900], [500, 900], [500, 700], [100, 700], [300, 800]]
    assert own_bounds(found) == (100.0, 700.0, 500.0, 900.0)
    assert len(outline(found)) == 84


def test_a_turned_raster_and_one_upside_down():
    """A quarter turn: columns run north, rows east, so that 40 columns of 10 m are 400 m northwards."""
    assert own_bounds(raster((0.0, 10.0, 100.0, 10.0, 0.0, 500.0))) == (100.0, 500.0, 300.0, 900.0)
    assert own_bounds(raster((10.0, 0.0, 100.0, 0.0, 10.0, 500.0))) == (100.0, 500.0, 500.0, 700.0)
    assert cell_size_m(raster((0.0, 10.0, 100.0, 20.0, 0.0, 500.0)), METRES) == (20.0, 10.0)


def test_cells_of_degrees_are_measured_on_the_ground():
    """At the equator 0.001 degrees of a parallel are 6,378,137 m times 0.001 pi / 180, 111.319 m."""
    wide, high = cell_size_m(raster((0.001, 0.0, 10.0, 0.0, -0.001, 0.01)), DEGREES)
    assert wide == pytest.approx(111.319, abs=0.001)
    assert high == pytest.approx(110.574, abs=0.001)  # 6,335,439 m is the meridian's radius there


def test_a_box_in_degrees_follows_its_curved_sides():
    """A parallel is curved in a Gauss-Kruger zone: the north side is furthest north at its ends or middle."""
    found = raster((1000.0, 0.0, 350000.0, 0.0, -1000.0, 4100000.0), width=300, height=100)
    west, south, east, north = lonlat_bounds(found, METRES)
    corner_lat = max(
        lonlat_bounds(raster((1e-6, 0, x, 0, -1e-6, 4100000.0), width=1, height=1), METRES)[3]
        for x in (350000.0, 650000.0)
    )
    assert north > corner_lat + 0.005
    assert west < 116 < east
    assert south < 36.2 < north
    with pytest.raises(CoordinatesOutside):
        lonlat_bounds(raster((10.0, 0.0, 500000.0, 0.0, -10.0, 4000000.0)), DEGREES)


def test_a_label_is_believed_if_the_raster_touches_the_city():
    vast = raster((1.0, 0.0, 80.0, 0.0, -1.0, 50.0), crs=DEGREES)
    assert covers(vast, DEGREES, JINAN)
    (told,) = conclude(vast, JINAN).detected
    assert (told.value, told.confidence, told.why) == ("EPSG:4326", 1.0, "crs_covers")
    elsewhere = raster((0.001, 0.0, 10.0, 0.0, -0.001, 50.0), crs=DEGREES)
    assert not covers(elsewhere, DEGREES, JINAN)
    (told,) = conclude(elsewhere, JINAN).detected
    assert (told.value, told.why) == ("EPSG:4326", "crs_outside_area")


def test_without_a_label_the_zone_is_found():
    """Around Baotu Spring in zone 39 with its prefix, where no other system has such eastings."""
    found = conclude(raster((30.0, 0.0, 39500000.0, 0.0, -30.0, 4060000.0)), JINAN)
    assert found.crs == CRS.from_epsg(4527)
    assert found.detected[0].confidence < 0.9
    far = conclude(raster((30.0, 0.0, 9e8, 0.0, -30.0, 9e8)), JINAN)
    assert far.crs is None


def test_a_large_raster_without_a_label_is_found_by_its_middle():
    """250 km around the city: no corner lies in it."""
    found = conclude(raster((5000.0, 0.0, 39385000.0, 0.0, -5000.0, 4185000.0), width=50, height=50), JINAN)
    assert found.crs == CRS.from_epsg(4527)


def test_the_uploaders_word_is_followed():
    found = conclude(raster((0.001, 0.0, 117.0, 0.0, -0.001, 36.7), crs=DEGREES), JINAN, "EPSG:4490")
    assert found.crs == CRS.from_epsg(4490)
    assert conclude(raster((0.001, 0.0, 117.0, 0.0, -0.001, 36.7)), JINAN, "GCJ-02").shifted == "GCJ-02"

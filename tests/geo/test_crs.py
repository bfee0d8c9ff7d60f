"""Coordinate systems: zones, axes, refusals."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely.geometry import LineString, Point

from geo import crs
from geo.errors import CoordinatesOutside, CrsMissing, CrsUnfit, CrsUnknown, GeometryNotFinite

JINAN = CRS.from_epsg(4548)
BAOTU_SPRING = np.array([[117.0150, 36.6613]])


@pytest.mark.parametrize("text", ["EPSG:4548", "epsg:4548", "4548", " 4548 ", 4548, JINAN.to_wkt(), JINAN])
def test_a_system_is_named_in_several_ways(text):
    assert crs.parse(text).equals(JINAN)


@pytest.mark.parametrize(
    "text", ["", "  ", "auto", "泉城", "EPSG:0", "99999999999999999999", "EPSG:5773", "+proj=nonsense"]
)
def test_a_text_that_names_no_system_is_refused(text):
    with pytest.raises(CrsUnknown, match="EPSG:4548"):
        crs.parse(text)


@pytest.mark.parametrize(
    ("place", "epsg"),
    [
        ((117.0, 36.66), 4548),  # Jinan, on its meridian
        ((116.2, 36.0), 4548),  # western edge of the city
        ((118.49, 36.0), 4548),  # last place before the border at 118.5
        ((118.5, 36.0), 4549),
        ((75.9, 39.5), 4534),  # Kashgar: zone of 75 E
        ((73.5, 39.0), 4534),  # west of 73.5 no zone is left, the first is taken
        ((135.05, 48.4), 4554),
    ],
)
def test_a_chinese_city_has_its_three_degree_zone(place, epsg):
    working = crs.working_crs(*place)
    assert working.to_epsg() == epsg
    meridian = 75 + 3 * (epsg - 4534)
    assert f"CM {meridian}E" in working.name


def test_a_city_elsewhere_has_a_system_centred_on_it():
    working = crs.working_crs(-51.2, -30.05)
    assert crs.is_metres(working)
    moved = crs.transform_xy(np.array([[-51.2, -30.05], [-51.2, -30.04]]), crs.STORED, working)
    assert moved[0] == pytest.approx([0.0, 0.0], abs=1e-6)
    north = Geod(ellps="WGS84").inv(-51.2, -30.05, -51.2, -30.04)[2]
    assert moved[1] == pytest.approx([0.0, north], abs=1e-3)  # scale 1 on the meridian


@pytest.mark.parametrize("place", [(181, 0), (0, 91), (float("nan"), 0)])
def test_no_working_system_beyond_the_earth(place):
    with pytest.raises(CoordinatesOutside):
        crs.working_crs(*place)


def test_x_is_east_and_y_is_north_although_the_zone_declares_otherwise():
    assert JINAN.axis_info[0].direction == "north"
    x, y = crs.transform_xy(BAOTU_SPRING, crs.STORED, JINAN)[0]
    assert 501_000 < x < 502_000  # 0.015 degrees east of the meridian, whose x is 500 000
    assert 4_058_000 < y < 4_060_000  # 36.66 degrees of about 110.7 km


def test_prefixed_zone_differs_by_its_prefix_only():
    plain = crs.transform_xy(BAOTU_SPRING, crs.STORED, JINAN)
    prefixed = crs.transform_xy(BAOTU_SPRING, crs.STORED, CRS.from_epsg(4527))
    assert prefixed - plain == pytest.approx(np.array([[39_000_000.0, 0.0]]), abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(116.2, 118.0), st.floats(36.0, 37.6)), max_size=20))
def test_there_and_back_is_the_same_place(places):
    xy = np.array(places, dtype=np.float64).reshape(-1, 2)
    back = crs.transform_xy(crs.transform_xy(xy, crs.STORED, JINAN), JINAN, crs.STORED)
    assert back == pytest.approx(xy, abs=5e-10)  # nine decimals of a degree


def test_swapped_axes_are_named_with_their_first_row():
    swapped = np.array([[117.0, 36.6], [36.6, 117.0], [36.7, 117.1]])
    with pytest.raises(CoordinatesOutside) as caught:
        crs.transform_xy(swapped, crs.STORED, JINAN)
    assert (caught.value.count, caught.value.first_row, caught.value.example) == (2, 2, "36.6, 117")


def test_metres_that_are_nowhere_are_refused():
    with pytest.raises(CoordinatesOutside, match="EPSG:4548"):
        crs.transform_xy(np.array([[1e9, 36.0]]), JINAN, crs.STORED)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_non_finite_points_are_refused_with_their_rows(value):
    xy = np.array([[117.0, 36.6], [value, 36.6], [117.0, value]])
    with pytest.raises(GeometryNotFinite) as caught:
        crs.transform_xy(xy, crs.STORED, JINAN)
    assert caught.value.rows == (2, 3)


def test_a_frame_is_converted_and_the_callers_is_left_alone():
    frame = gpd.GeoDataFrame(
        {"name": ["趵突泉", "无", "空"]},
        geometry=[Point(501341, 4058924), None, Point()],
        crs=JINAN,
        index=[7, 8, 9],
    )
    stored = crs.to_stored(frame)
    assert stored.crs == crs.STORED
    assert stored.index.tolist() == [7, 8, 9]
    assert stored.geometry[7].x == pytest.approx(117.015, abs=1e-5)
    assert stored.geometry[8] is None
    assert stored.geometry[9].is_empty
    assert frame.crs == JINAN


def test_a_frame_of_rubbish_is_refused_by_row():
    line = LineString([(117, 36), (117, np.inf)])
    frame = gpd.GeoDataFrame(geometry=[Point(117, 36), line], crs=4326)
    with pytest.raises(GeometryNotFinite, match="first 2"):
        crs.to_crs(frame, JINAN)
    beyond = gpd.GeoDataFrame(geometry=[Point(117, 36), None, Point(9999999999, 36)], crs=4326)
    with pytest.raises(CoordinatesOutside) as caught:
        crs.to_crs(beyond, JINAN)
    assert caught.value.first_row == 3


def test_a_missing_system_is_never_guessed():
    with pytest.raises(CrsMissing, match="declare one"):
        crs.to_stored(gpd.GeoDataFrame(geometry=[Point(117, 36)]))


@pytest.mark.parametrize("unfit", [4326, 4490, 2263])  # degrees, degrees, US survey feet
def test_metres_are_required_where_metres_are_measured(unfit):
    with pytest.raises(CrsUnfit, match="a length needs a projected"):
        crs.require_metres(CRS.from_epsg(unfit), "a length")
    with pytest.raises(CrsMissing):
        crs.require_metres(None, "a length")
    assert crs.require_metres(JINAN, "a length") is JINAN


def test_no_points_are_no_trouble():
    assert crs.transform_xy(np.empty((0, 2)), crs.STORED, JINAN).shape == (0, 2)

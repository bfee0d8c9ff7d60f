"""Lengths and areas: known figures, and the geodesic ones."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from geo.crs import to_crs, working_crs
from geo.errors import CrsMissing, CrsUnfit, GeometryNotFinite
from geo.measure import area_m2, length_m

JINAN = working_crs(117.0, 36.66)
EARTH = Geod(ellps="WGS84")
WITHIN = 1e-3  # the promise: 0.1 % of the geodesic value


def frame(*shapes, crs=JINAN, index=None):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=crs, index=index)


def test_lengths_and_areas_worked_out_by_hand():
    holed = Polygon([(0, 0), (10, 0), (10, 20), (0, 20)], [[(1, 1), (3, 1), (3, 4), (1, 4)]])
    shapes = frame(
        LineString([(0, 0), (3, 4), (3, 10)]), holed, MultiPolygon([box(0, 0, 1, 1), box(5, 5, 7, 7)])
    )
    assert length_m(shapes).tolist() == [5 + 6, 2 * (10 + 20) + 2 * (2 + 3), 4 + 8]
    assert area_m2(shapes).tolist() == [0.0, 200 - 6, 1 + 4]


def test_empty_is_zero_and_missing_is_unknown():
    shapes = frame(None, Polygon(), Point(1, 2), index=["a", "b", "c"])
    for measured in (length_m(shapes), area_m2(shapes)):
        assert measured.index.tolist() == ["a", "b", "c"]
        assert np.isnan(measured["a"])
        assert measured[["b", "c"]].tolist() == [0.0, 0.0]


def test_no_features_have_no_measures():
    assert len(length_m(frame())) == len(area_m2(frame())) == 0


@settings(deadline=None)
@given(
    st.floats(116.2, 117.99),
    st.floats(36.0, 37.59),
    st.floats(0, 360),
    st.floats(10, 5000),
)
def test_lengths_in_jinan_agree_with_the_geodesic(lon, lat, azimuth, distance):
    end = EARTH.fwd(lon, lat, azimuth, distance)[:2]
    line = to_crs(frame(LineString([(lon, lat), end]), crs=4326), JINAN)
    assert length_m(line)[0] == pytest.approx(distance, rel=WITHIN)


@settings(deadline=None)
@given(st.floats(116.2, 117.9), st.floats(36.0, 37.5), st.floats(0.001, 0.1), st.floats(0.001, 0.1))
def test_areas_in_jinan_agree_with_the_geodesic(lon, lat, width, height):
    square = box(lon, lat, lon + width, lat + height).segmentize(0.005)
    true = abs(EARTH.geometry_area_perimeter(square)[0])
    assert area_m2(to_crs(frame(square, crs=4326), JINAN))[0] == pytest.approx(true, rel=WITHIN)


def test_the_whole_extent_agrees_too():
    extent = box(116.2, 36.0, 118.0, 37.6).segmentize(0.01)
    true = abs(EARTH.geometry_area_perimeter(extent)[0])
    assert area_m2(to_crs(frame(extent, crs=4326), JINAN))[0] == pytest.approx(true, rel=WITHIN)


@pytest.mark.shared
def test_areas_of_the_real_districts_agree(shared):
    districts = gpd.read_file(shared / "data/boundaries/jinan_districts_wgs84.geojson")
    true = [abs(EARTH.geometry_area_perimeter(each)[0]) for each in districts.geometry]
    assert area_m2(to_crs(districts, JINAN)).to_numpy() == pytest.approx(true, rel=WITHIN)


@pytest.mark.parametrize("measure", [length_m, area_m2])
def test_degrees_are_not_measured(measure):
    with pytest.raises(CrsUnfit):
        measure(frame(box(0, 0, 1, 1), crs=4326))
    with pytest.raises(CrsMissing):
        measure(frame(box(0, 0, 1, 1), crs=None))


@pytest.mark.parametrize("measure", [length_m, area_m2])
def test_infinite_shapes_are_refused(measure):
    with pytest.raises(GeometryNotFinite):
        measure(frame(box(0, 0, 1, 1), Polygon([(0, 0), (np.inf, 0), (1, 1)])))

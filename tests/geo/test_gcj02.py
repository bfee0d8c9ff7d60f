"""GCJ-02 and BD-09: the published figure, the way back, and what lies outside China."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo import gcj02

BAOTU_SPRING = np.array([[117.0150, 36.6613]])
PLACES = st.lists(
    st.tuples(st.floats(73, 137, allow_nan=False), st.floats(2, 55, allow_nan=False)), min_size=1, max_size=30
)


def test_baotu_spring_is_where_the_web_map_shows_it():
    shown = gcj02.to_gcj02(BAOTU_SPRING)
    np.testing.assert_allclose(shown, [[117.02091, 36.66160]], atol=6e-6)  # given to five decimals
    lon, lat = BAOTU_SPRING[0]
    _, _, east = Geod(ellps="WGS84").inv(lon, lat, shown[0, 0], lat)
    _, _, north = Geod(ellps="WGS84").inv(lon, lat, lon, shown[0, 1])
    # 0.00591 degrees of longitude at 89,310 m (111,320 times cos 36.66), 0.000304 of latitude at 110,980 m
    assert (east, north) == (pytest.approx(528, abs=1), pytest.approx(33.7, abs=1))


@given(PLACES)
def test_the_way_back_leads_home(places):
    here = np.array(places)
    for name, undone in gcj02.TO_WGS84.items():
        np.testing.assert_allclose(undone(gcj02.FROM_WGS84[name](here)), here, atol=1e-9, rtol=0)


def test_the_meridian_where_the_formula_has_a_kink_is_no_exception():
    here = np.array([[105.0, 35.0], [105.0 + 1e-13, 20.0], [104.9999999, 35.0]])
    np.testing.assert_allclose(gcj02.from_gcj02(gcj02.to_gcj02(here)), here, atol=1e-9, rtol=0)


def test_places_abroad_are_not_moved_and_nan_stays():
    abroad = np.array([[-8.6, 41.1], [0.0, 0.0], [151.2, -33.9]])
    for moved in (*gcj02.FROM_WGS84.values(), *gcj02.TO_WGS84.values()):
        np.testing.assert_array_equal(moved(abroad), abroad)
        assert np.isnan(moved(np.array([[np.nan, 36.0]]))).any()
        assert moved(np.empty((0, 2))).shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "name"),
    [("gcj-02", "GCJ-02"), ("GCJ02", "GCJ-02"), ("bd09", "BD-09"), ("EPSG:4490", None), (None, None)],
)
def test_the_shifted_systems_have_names(text, name):
    assert gcj02.named(text) == name

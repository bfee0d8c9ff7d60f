"""Generalising and writing geometry: shared borders stay shared, JSON stays inert."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString, Point, Polygon, box

from maps.errors import ShapeError
from maps.shapes import dumps, feature_collection, generalise, inert, label_points, simplify_each

METRES = CRS.from_epsg(4548)


def two_neighbours() -> gpd.GeoDataFrame:
    """Two zones of 2 km that share a wavy border of 201 points, amplitude 5 m."""
    y = np.linspace(0.0, 2000.0, 201)
    border = [(500_000 + 2000 + 5 * np.sin(each), 4_060_000 + each) for each in y]
    west = Polygon([(500_000, 4_060_000), *border, (500_000, 4_062_000)])
    east = Polygon([(504_000, 4_060_000), *border, (504_000, 4_062_000)])
    return gpd.GeoDataFrame({"code": ["w", "e"]}, geometry=[west, east], crs=METRES).to_crs(4326)


def test_generalised_neighbours_have_fewer_points_and_neither_gap_nor_overlap():
    frame = two_neighbours()
    simple = generalise(frame, tolerance_m=100.0, crs=METRES)
    assert shapely.get_num_coordinates(simple.geometry).sum() < 40
    flat = simple.to_crs(METRES).geometry
    assert flat.iloc[0].intersection(flat.iloc[1]).area == pytest.approx(0.0, abs=1e-3)
    assert flat.union_all().area == pytest.approx(flat.area.sum(), rel=1e-9)
    assert list(simple["code"]) == ["w", "e"]


def test_a_zone_without_geometry_is_named_and_not_dropped():
    frame = two_neighbours()
    frame.loc[0, "geometry"] = None
    with pytest.raises(ShapeError, match="1 of 2"):
        generalise(frame, tolerance_m=10.0, crs=METRES, layer="districts")


def test_nothing_generalises_to_nothing():
    empty = two_neighbours().iloc[:0]
    assert len(generalise(empty, tolerance_m=10.0, crs=METRES)) == 0
    assert len(simplify_each(empty, tolerance_m=10.0, crs=METRES)) == 0


def test_a_nearly_straight_line_becomes_straight():
    line = LineString([(500_000, 4_060_000), (501_000, 4_060_003), (502_000, 4_060_000)])
    frame = gpd.GeoDataFrame(geometry=[line], crs=METRES).to_crs(4326)
    assert len(simplify_each(frame, tolerance_m=10.0, crs=METRES).geometry.iloc[0].coords) == 2


def test_coordinates_are_rounded_and_missing_geometry_is_null():
    made = feature_collection([Point(117.123456789, 36.5), None], [{"a": 1}, {}])
    assert made["features"][0]["geometry"]["coordinates"] == (117.12346, 36.5)
    assert made["features"][1]["geometry"] is None
    assert json.loads(dumps(made))["features"][0]["properties"] == {"a": 1}


def test_a_label_stands_in_the_thick_part_of_a_zone():
    flag = box(0, 0, 0.1, 0.1).union(box(0.1, 0.04, 1.0, 0.05))  # a square with a long thin tail
    x, y = label_points(np.array([flag], dtype=object))[0]
    assert (x, y) == pytest.approx((0.05, 0.05), abs=0.02)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=6
    )
)
def test_inert_json_holds_no_markup_and_reads_back_the_same(value):
    text = inert({"value": value})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"value": value}


def test_not_a_number_is_refused_rather_than_written():
    with pytest.raises(ValueError, match="JSON compliant"):
        dumps({"share": float("nan")})

"""Areas of cells on the ground: against geodesic polygons and by hand."""

import numpy as np
import pytest
from pyproj import CRS, Geod

from geo.cell_areas import row_areas_m2


def geodesic_m2(west, south, east, north):
    """The area between two parallels, whose sides are followed in 5,000 steps."""
    lon = np.linspace(west, east, 5000)
    ring = np.concatenate([lon, lon[::-1]]), np.repeat([south, north], 5000)
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(*ring)[0])


def test_cells_in_degrees_are_geodesic_areas_and_grow_towards_the_equator():
    rows = row_areas_m2(CRS.from_epsg(4326), (0.2, 0, 116, 0, -0.2, 37), 0, 2)
    expected = [geodesic_m2(116, 36.8, 116.2, 37), geodesic_m2(116, 36.6, 116.2, 36.8)]
    assert rows == pytest.approx(expected, rel=1e-7)  # the steps stay below the parallel by less than that
    assert rows[1] > rows[0]


def test_rows_of_the_whole_earth_add_up_to_its_surface():
    # WGS 84's surface is 510 065 621.724 km2 (NIMA TR8350.2, table 3.4 gives its radius of equal area).
    rows = row_areas_m2(CRS.from_epsg(4326), (360.0, 0, -180, 0, -1.0, 90), 0, 180)
    assert rows.sum() == pytest.approx(510_065_621_724_000, rel=1e-12)


def test_cells_in_metres_have_one_size():
    assert row_areas_m2(CRS.from_epsg(4548), (10.0, 0, 0, 0, -20.0, 0), 5, 8).tolist() == [200.0] * 3


def test_cells_in_feet_are_told_in_square_metres():
    # EPSG:2263 counts US survey feet, of 1200/3937 m.
    found = row_areas_m2(CRS.from_epsg(2263), (100.0, 0, 0, 0, -100.0, 0), 0, 1)
    assert found == pytest.approx([(100 * 1200 / 3937) ** 2])


def test_cells_of_a_mercator_map_are_smaller_on_the_ground_than_on_the_map():
    # At 36.6 N a metre of EPSG:3857 is about cos(36.6 degrees) = 0.803 m of ground, its square 0.645.
    found = row_areas_m2(CRS.from_epsg(3857), (1000.0, 0, 13_000_000, 0, -1000.0, 4_383_000), 0, 1)
    assert found == pytest.approx([0.645e6], rel=0.01)

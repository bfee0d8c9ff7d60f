"""Cells as points and sums by zone: amounts by hand, and sums that lose nothing."""

import numpy as np
import pytest
from grid_worlds import EAST, METRES, NORTH, TEN_M, cells_box, write, zones
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio import Affine

from geo import raster_windows
from geo.raster_errors import RasterNegative
from geo.raster_points import carried, points, sums

HERE = CRS.from_user_input(METRES)


def test_cells_with_people_are_points_at_their_middles(tmp_path):
    values = np.array([[0, 2.5], [np.nan, 4]], dtype=np.float32)
    found = points([write(tmp_path / "p.tif", values)], HERE)
    assert found.xy.tolist() == [[EAST + 15, NORTH - 5], [EAST + 15, NORTH - 15]]
    assert found.amount.tolist() == [2500, 4000]
    assert list(zip(found.row.tolist(), found.column.tolist(), strict=True)) == [(0, 1), (1, 1)]


def test_rounding_is_carried_so_that_thirds_add_up():
    # 1/3 three times is 1: 333, 334 and 333 thousandths.
    assert carried(np.full(3, 1 / 3)).tolist() == [333, 334, 333]


def test_a_cell_under_half_a_thousandth_is_carried_to_the_next(tmp_path):
    # 0.0004 + 0.0004: the second cell has the thousandth of both.
    found = points([write(tmp_path / "p.tif", np.array([[0.0004, 0.0004]]))], HERE)
    assert (found.column.tolist(), found.amount.tolist()) == ([1], [1])


@given(st.lists(st.floats(0, 5000, width=32), min_size=1, max_size=60))
@settings(max_examples=30, deadline=None)
def test_points_add_up_to_the_raster(tmp_path_factory, people):
    values = np.array([people], dtype=np.float32)
    found = points([write(tmp_path_factory.mktemp("p") / "p.tif", values)], HERE)
    assert abs(int(found.amount.sum()) - values.sum(dtype=np.float64) * 1000) <= 0.5


def test_windows_leave_no_trace(tmp_path, monkeypatch):
    values = np.random.default_rng(2).random((40, 40)) / 3
    path = write(tmp_path / "p.tif", values, tiled=True, blockxsize=16, blockysize=16)
    whole = points([path], HERE)
    monkeypatch.setattr(raster_windows, "CELLS_AT_ONCE", 256)
    cut = points([path], HERE)
    assert cut.amount.tolist() == whole.amount.tolist()
    assert cut.xy.tolist() == whole.xy.tolist()


def test_cells_beyond_the_box_are_left_out(tmp_path):
    path = write(tmp_path / "p.tif", np.ones((3, 3)))
    found = points([path], HERE, within=(EAST + 5, NORTH - 20, EAST + 20, NORTH - 10))
    assert list(zip(found.row.tolist(), found.column.tolist(), strict=True)) == [(1, 0), (1, 1)]


def test_a_raster_in_degrees_stands_in_the_city(tmp_path):
    path = write(
        tmp_path / "p.tif", np.ones((2, 2)), crs="EPSG:4326", transform=Affine(0.01, 0, 117, 0, -0.01, 36.7)
    )
    found = points([path], HERE)
    # The zone's meridian is 117 E; half a cell, 0.005 degrees, is 447 m at 36.7 N.
    assert found.xy[0, 0] == pytest.approx(EAST + 447, abs=1)


def test_people_where_rasters_overlap_are_counted_once(tmp_path):
    one = write(tmp_path / "a.tif", np.array([[1.0, np.nan]]))
    other = write(tmp_path / "b.tif", np.array([[5.0, 6.0, 7.0]]))
    found = points([one, other], HERE)
    assert (found.raster.tolist(), found.amount.tolist()) == ([0, 1, 1], [1000, 6000, 7000])


def test_a_finer_raster_under_a_coarser_one_is_not_counted_twice(tmp_path):
    # One cell of 20 m over the western four of eight cells of 10 m.
    coarse = write(tmp_path / "a.tif", np.array([[10.0]]), transform=Affine(20, 0, EAST, 0, -20, NORTH))
    fine = write(tmp_path / "b.tif", np.ones((2, 4)))
    assert points([coarse, fine], HERE).amount.tolist() == [10000, 1000, 1000, 1000, 1000]


def test_less_than_nobody_is_refused_with_the_file_and_its_mark(tmp_path):
    path = write(tmp_path / "worldpop.tif", np.array([[-99999.0, 4]]))
    with pytest.raises(RasterNegative, match=r"worldpop\.tif: counts -99999 .*not declared"):
        points([path], HERE)


def test_sums_split_cells_by_exact_shares_and_lose_nothing(tmp_path):
    # 10 and 20 people in two cells; the border runs through the first at 0.3: 3, and 7 + 20.
    path = write(tmp_path / "p.tif", np.array([[10.0, 20.0]]), transform=TEN_M)
    found = sums([path], zones(cells_box(0, 0, 0.3, 1), cells_box(0.3, 0, 2, 1)))
    assert found.tolist() == [3000, 27000]
    thirds = sums([path], zones(*(cells_box(i / 3, 0, (i + 1) / 3, 1) for i in range(6))))
    assert thirds.sum() == 30000

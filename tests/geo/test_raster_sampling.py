"""Values at points: those of their cells."""

import numpy as np
import pytest
from grid_worlds import EAST, METRES, NORTH, write
from pyproj import CRS

from geo import raster_windows
from geo.crs import STORED, transform_xy
from geo.raster_sampling import held_at, values_at

HERE = CRS.from_user_input(METRES)


def at(*places):
    """Columns and rows as places on the map."""
    return np.array([(EAST + 10 * column, NORTH - 10 * row) for column, row in places])


def test_a_point_has_the_value_of_its_cell(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[1, 2], [3, 4]], dtype=np.int16))
    places = at((0.1, 0.9), (1.9, 0.1), (1.5, 1.5), (2, 2), (2.1, 1), (-0.1, 0))
    assert values_at([path], places, HERE).tolist() == pytest.approx(
        [1, 2, 4, 4, np.nan, np.nan], nan_ok=True
    )


def test_the_next_raster_answers_where_the_first_has_no_value(tmp_path):
    one = write(tmp_path / "a.tif", np.array([[1, np.nan]]))
    other = write(tmp_path / "b.tif", np.array([[8, 9]]))
    assert values_at([one, other], at((0.5, 0.5), (1.5, 0.5)), HERE).tolist() == [1, 9]


def test_places_may_be_in_degrees_and_windows_change_nothing(tmp_path, monkeypatch):
    heights = np.random.default_rng(1).random((50, 60))
    path = write(tmp_path / "r.tif", heights, tiled=True, blockxsize=16, blockysize=16)
    places = transform_xy(at(*np.random.default_rng(3).random((200, 2)) * (60, 50)), HERE, STORED)
    whole = values_at([path], places, STORED)
    monkeypatch.setattr(raster_windows, "CELLS_AT_ONCE", 256)
    assert values_at([path], places, STORED).tolist() == whole.tolist()
    assert not np.isnan(whole).any()


def test_a_cell_holds_what_is_asked_or_is_not_known(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[0.7, 0.6, np.nan]], dtype=np.float32))
    places = at((0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (9, 0.5))
    found = held_at([path], places, HERE, at_least=0.7)
    assert found.known.tolist() == [True, True, False, False]
    assert found.met.tolist() == [True, False, False, False]
    assert held_at([path], places, HERE, below=0.7).met.tolist() == [False, True, False, False]

"""Coarse views: few cells, the same ground."""

import numpy as np
import pytest
from grid_worlds import EAST, NORTH, write

from geo.cog import cloud_optimized
from geo.raster_drawing import drawn
from geo.raster_errors import RasterArgument


@pytest.mark.parametrize("at_most", [1, 7, 100, 1000, 10**6])
def test_a_drawing_has_at_most_so_many_cells_and_the_ground_of_all(tmp_path, at_most):
    found = drawn(write(tmp_path / "r.tif", np.ones((40, 90))), at_most_cells=at_most)
    rows, columns = found.values.shape
    assert rows * columns <= at_most
    a, _, c, _, e, f = found.transform
    assert (c, f, c + a * columns, f + e * rows) == pytest.approx((EAST, NORTH, EAST + 900, NORTH - 400))


def test_a_drawing_comes_from_the_overview(tmp_path):
    # Of stripes of 0 and 4 an overview of means has 2 everywhere.
    write(tmp_path / "r.tif", np.tile(np.array([[0, 4]], dtype=np.float32), (1024, 512)))
    cloud_optimized(str(tmp_path / "r.tif"), str(tmp_path / "c.tif"), means=True)
    found = drawn(tmp_path / "c.tif", at_most_cells=512 * 512)
    assert found.values.shape == (512, 512)
    assert (found.values == 2).all()


def test_cells_without_a_value_stay_so(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[9, 1]], dtype=np.uint8), nodata=9)
    assert drawn(path).values[0].tolist() == pytest.approx([np.nan, 1], nan_ok=True)


def test_no_cells_at_all_are_no_drawing(tmp_path):
    with pytest.raises(RasterArgument, match="at_most_cells"):
        drawn(write(tmp_path / "r.tif", np.ones((2, 2))), at_most_cells=0)

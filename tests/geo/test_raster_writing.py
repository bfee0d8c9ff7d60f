"""A raster computed here is written where its grid says, and reads back cell by cell."""

import numpy as np
import pytest

from geo.crs import parse
from geo.errors import CrsUnfit
from geo.raster_place import own_bounds
from geo.raster_writing import grid_over, write_raster
from geo.readers import read_raster

METRES = parse("EPSG:4548")


def test_a_grid_covers_its_bounds_at_whole_multiples_of_the_cell():
    grid = grid_over((500_012.0, 4_050_001.0, 500_140.0, 4_050_099.0), 50.0)
    assert (grid.west, grid.north, grid.rows, grid.columns) == (500_000.0, 4_050_100.0, 2, 3)
    assert grid.x.tolist() == [500_025.0, 500_075.0, 500_125.0]
    assert grid.y.tolist() == [4_050_075.0, 4_050_025.0]  # from north to south


def test_a_written_raster_reads_back(tmp_path):
    grid = grid_over((500_000.0, 4_050_000.0, 500_150.0, 4_050_100.0), 50.0)
    bands = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    write_raster(tmp_path / "two.tif", bands, grid, METRES, nodata=0.0)
    reading = read_raster(tmp_path / "two.tif", into=tmp_path / "part.tif")
    assert own_bounds(reading) == (500_000.0, 4_050_000.0, 500_150.0, 4_050_100.0)
    assert reading.crs_declared.to_epsg() == 4548
    assert [(band.least, band.greatest, band.cells) for band in reading.bands] == [
        (1.0, 5.0, 5),
        (6.0, 11.0, 6),
    ]


def test_bands_that_are_not_of_the_grid_or_degrees_are_refused(tmp_path):
    grid = grid_over((0.0, 0.0, 100.0, 100.0), 50.0)
    with pytest.raises(ValueError, match="2 rows and 2 columns"):
        write_raster(tmp_path / "a.tif", np.zeros((1, 2, 3)), grid, METRES)
    with pytest.raises(CrsUnfit):
        write_raster(tmp_path / "a.tif", np.zeros((1, 2, 2)), grid, parse("EPSG:4326"))

"""Pictures of rasters, decoded again by another library."""

import numpy as np
import pytest
from rasterio.io import MemoryFile

from geo.raster_picture import SHADES, picture

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def decoded(content):
    """Shape (rows, columns, 4), whole numbers from 0 to 255."""
    with MemoryFile(content) as memory, memory.open() as image:
        assert image.driver == "PNG"
        return np.moveaxis(image.read(), 0, -1)


def test_least_and_greatest_have_the_ends_of_the_scale_and_nothing_is_seen_through():
    found = decoded(picture(np.array([[[1.0, 3.0, np.nan], [2.0, 1.0, 3.0]]], np.float32)))
    low, middle, high = ([*map(int, SHADES[at])] for at in (0, 2, 4))
    assert found.shape == (2, 3, 4)
    assert found[0, 0].tolist() == [*low, 255]
    assert found[0, 1].tolist() == [*high, 255]
    assert found[1, 0].tolist() == [*middle, 255]  # half way
    assert found[0, 2, 3] == 0


def test_a_raster_whose_first_row_lies_south_is_turned():
    found = decoded(picture(np.array([[[0.0], [1.0]]], np.float32), south_up=True))
    assert found[0, 0, :3].tolist() == [*map(int, SHADES[4])]


def test_bytes_of_three_bands_are_colours():
    preview = np.array([[[255.0, np.nan]], [[128.0, 0.0]], [[0.0, 0.0]]], np.float32)
    assert decoded(picture(preview, colours=True)).tolist() == [[[255, 128, 0, 255], [0, 0, 0, 0]]]


def test_one_value_and_no_value_have_pictures():
    assert decoded(picture(np.full((1, 2, 2), 7, np.float32)))[0, 0].tolist() == [*map(int, SHADES[0]), 255]
    assert (decoded(picture(np.full((1, 2, 2), np.nan, np.float32)))[..., 3] == 0).all()

"""Opening rasters: what is refused, and in which words."""

import numpy as np
import pytest
import rasterio
from grid_worlds import cells_box, write, zones
from rasterio import Affine

from geo.raster_errors import (
    RasterArgument,
    RasterBandMissing,
    RasterIndexBands,
    RasterScale,
    RasterTurned,
    RasterUnreadable,
    RasterWithoutCrs,
)
from geo.raster_windows import Ndvi, all_opened, opened
from geo.raster_zones import share_above, zonal

ONE = np.ones((4, 4), dtype=np.float32)


def test_a_band_that_is_not_there_is_named(tmp_path):
    path = write(tmp_path / "dem.tif", ONE)
    with pytest.raises(RasterBandMissing, match=r"dem\.tif: has no band 2: name one from 1 to 1"):
        zonal(path, zones(cells_box(0, 0, 1, 1)), band=2)


@pytest.mark.parametrize("index", [Ndvi(1, 2), Ndvi(1, 1)])
def test_ndvi_of_one_band_is_refused(tmp_path, index):
    path = write(tmp_path / "grey.tif", ONE)
    with pytest.raises(RasterIndexBands, match=r"grey\.tif: cannot give an NDVI"):
        share_above(path, zones(cells_box(0, 0, 1, 1)), at_least=0.3, band=index)


def test_ndvi_of_a_band_with_itself_is_refused(tmp_path):
    path = write(tmp_path / "two.tif", np.ones((2, 4, 4)))
    with pytest.raises(RasterIndexBands), opened(path, Ndvi(2, 2)):
        pass


def test_a_raster_without_a_system_is_refused(tmp_path):
    path = write(tmp_path / "bare.tif", ONE, crs=None)
    with pytest.raises(RasterWithoutCrs, match=r"bare\.tif: names no coordinate system"), opened(path):
        pass


def test_a_file_that_breaks_off_is_told_when_its_cells_are_read(tmp_path):
    values = np.random.default_rng(1).random((200, 200))
    path = write(tmp_path / "cut.tif", values, compress="deflate")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RasterUnreadable, match=r"cut\.tif: cannot be read"):
        zonal(path, zones(cells_box(0, 0, 200, 200)))


def test_no_raster_and_no_file_are_told(tmp_path):
    text = tmp_path / "text.tif"
    text.write_text("lon,lat\n")
    for path in (text, tmp_path / "gone.tif"):
        with pytest.raises(RasterUnreadable, match=path.name), opened(path):
            pass


def test_turned_cells_in_degrees_are_refused(tmp_path):
    turned = Affine(0.001, 0.0005, 117, 0.0005, -0.001, 36.8)
    path = write(tmp_path / "turned.tif", ONE, crs="EPSG:4326", transform=turned)
    with pytest.raises(RasterTurned), opened(path):
        pass


def test_a_scale_of_zero_is_refused(tmp_path):
    path = write(tmp_path / "zero.tif", ONE)
    with rasterio.open(path, "r+") as raster:
        raster.scales = (0.0,)
    with pytest.raises(RasterScale, match="band 1 has the scale 0"), opened(path):
        pass


def test_the_mark_for_no_value_is_told_in_words(tmp_path):
    with opened(write(tmp_path / "a.tif", ONE)) as raster:
        assert raster.nodata_words == "not declared"
    with opened(write(tmp_path / "b.tif", ONE, nodata=-9999)) as raster:
        assert raster.nodata_words == "-9999"


def test_a_resolution_must_be_a_number_of_metres(tmp_path):
    path = write(tmp_path / "a.tif", ONE)
    with pytest.raises(RasterArgument), opened(path, resolution_m=0):
        pass


def test_errors_call_a_raster_as_it_is_named(tmp_path):
    path = write(tmp_path / "0123abcd.tif", ONE)
    with (
        pytest.raises(RasterBandMissing, match=r"^夜间灯光: has no band 9"),
        all_opened([path], 9, names=["夜间灯光"]),
    ):
        pass

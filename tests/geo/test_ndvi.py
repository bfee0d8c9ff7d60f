"""Derived rasters: values, form, and whole or not at all."""

import numpy as np
import pytest
import rasterio
from grid_worlds import METRES, TEN_M, write

from geo import raster_windows
from geo.ndvi import write_ndvi
from geo.raster_errors import RasterIndexBands, RasterUnreadable
from geo.raster_windows import Ndvi


def test_ndvi_is_written_as_a_cloud_optimized_raster_on_the_same_grid(tmp_path):
    # (13 - 7) / 20 = 0.3; 10 and 10: 0; 0 and 0 and a cell marked as none: no value.
    bands = np.array([[[7, 10, 0, 99]], [[13, 10, 0, 99]]], dtype=np.uint16)
    path = write_ndvi(write(tmp_path / "s.tif", bands, nodata=99), Ndvi(1, 2), tmp_path / "ndvi.tif")
    with rasterio.open(path) as raster:
        assert raster.read(1)[0].tolist() == pytest.approx([np.float32(0.3), 0, np.nan, np.nan], nan_ok=True)
        assert (raster.transform, raster.crs, raster.descriptions) == (TEN_M, METRES, ("NDVI",))
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ndvi.tif", "s.tif"]


def test_it_is_written_window_by_window_with_overviews(tmp_path, monkeypatch):
    bands = np.random.default_rng(1).integers(1, 4000, (2, 1100, 900)).astype(np.uint16)
    path = write(tmp_path / "s.tif", bands, tiled=True, blockxsize=256, blockysize=256)
    monkeypatch.setattr(raster_windows, "CELLS_AT_ONCE", 1 << 16)
    write_ndvi(path, Ndvi(1, 2), tmp_path / "ndvi.tif")
    red, nir = bands.astype(np.float64)
    with rasterio.open(tmp_path / "ndvi.tif") as raster:
        assert (raster.read(1) == ((nir - red) / (nir + red)).astype(np.float32)).all()
        assert raster.overviews(1) == [2, 4]


def test_nothing_is_left_of_one_that_fails(tmp_path, monkeypatch):
    with pytest.raises(RasterIndexBands):
        write_ndvi(write(tmp_path / "s.tif", np.ones((2, 2))), Ndvi(1, 2), tmp_path / "ndvi.tif")
    path = write(tmp_path / "t.tif", np.random.default_rng(1).random((2, 300, 300)), compress="deflate")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RasterUnreadable, match=r"t\.tif"):
        write_ndvi(path, Ndvi(1, 2), tmp_path / "ndvi.tif")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["s.tif", "t.tif"]


def test_a_file_that_is_there_is_kept(tmp_path):
    path = write(tmp_path / "s.tif", np.ones((2, 2, 2)))
    (tmp_path / "ndvi.tif").write_text("mine")
    with pytest.raises(FileExistsError):
        write_ndvi(path, Ndvi(1, 2), tmp_path / "ndvi.tif")
    assert (tmp_path / "ndvi.tif").read_text() == "mine"

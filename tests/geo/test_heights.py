"""Heights from elevation rasters, by hand."""

import numpy as np
import pytest
import rasterio
from pyproj import CRS
from rasterio.transform import Affine

from geo import heights, raster_errors
from geo.heights import Elevation, elevation

FLAT = CRS.from_epsg(4548)
EAST, NORTH = 500_000.0, 4_000_000.0


def raster(path, cells, *, transform=None, crs="EPSG:4548", **profile):
    """Cells of 10 m whose upper left corner is 500,000 east, 4,000,000 north."""
    cells = np.asarray(cells)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=cells.shape[0],
        width=cells.shape[1],
        count=1,
        dtype=cells.dtype,
        crs=crs,
        transform=transform or Affine(10, 0, EAST, 0, -10, NORTH),
        **profile,
    ) as out:
        out.write(cells, 1)
    return Elevation((path,), FLAT)


def places(*xy):
    return np.array(xy, dtype=float) + np.array([EAST, NORTH])


def test_heights_between_middles_of_cells_are_bilinear(tmp_path):
    found = raster(tmp_path / "dem.tif", np.array([[10, 20], [30, 60]], dtype=np.int16))
    # Middles at 5 and 15 m: of the cells themselves; halfway; a quarter to the right and three down.
    at = places((5, -5), (15, -15), (10, -10), (7.5, -12.5))
    expected = [10.0, 60.0, 30.0, (10 * 0.75 + 20 * 0.25) * 0.25 + (30 * 0.75 + 60 * 0.25) * 0.75]
    assert found(at) == pytest.approx(expected)
    assert found.cell_m == pytest.approx(10.0, abs=0.01)


def test_the_border_is_its_cell_and_outside_is_not_known(tmp_path):
    found = raster(tmp_path / "dem.tif", np.array([[10, 20], [30, 60]], dtype=np.int16))
    assert found(places((0, 0), (20, -20), (2, -5))).tolist() == [10.0, 60.0, 10.0]
    assert np.isnan(found(places((-0.1, -5), (5, 0.1), (20.1, -5), (5, -20.1)))).all()
    assert found(np.empty((0, 2))).shape == (0,)


def test_what_touches_a_cell_without_value_is_not_known(tmp_path):
    found = raster(tmp_path / "dem.tif", np.array([[10, -99], [30, 60]], dtype=np.int16), nodata=-99)
    at = found(places((5, -5), (5, -10), (10, -10), (15, -6)))
    assert at[:2].tolist() == [10.0, 20.0]
    assert np.isnan(at[2:]).all()


def test_a_turned_raster_and_a_scaled_one_mean_what_they_say(tmp_path):
    upside_down = Affine(10, 0, EAST, 0, 10, NORTH - 20)
    found = raster(
        tmp_path / "dem.tif", np.array([[30, 60], [10, 20]], dtype=np.int16), transform=upside_down
    )
    with rasterio.open(found.paths[0], "r+") as out:
        out.scales, out.offsets = (0.1,), (5.0,)
    assert found(places((5, -5), (15, -15))) == pytest.approx([6.0, 11.0])


def test_a_raster_in_degrees_is_asked_in_metres(tmp_path):
    # A plane that rises by 1 for each hundredth of a degree to the east; 117 E is 500,000 m.
    cells = np.tile(np.arange(100, dtype=np.float32), (100, 1))
    found = raster(
        tmp_path / "dem.tif", cells, transform=Affine(0.01, 0, 116.495, 0, -0.01, 36.6), crs="EPSG:4326"
    )
    assert found(places((0, 0))) == pytest.approx([50.0], abs=1e-3)
    assert found.cell_m == pytest.approx(0.01 * 111_320 * np.cos(np.radians(36.1)), rel=2e-3)


def test_blocks_join_without_a_seam(tmp_path, monkeypatch):
    rng = np.random.default_rng(4)
    found = raster(tmp_path / "dem.tif", rng.uniform(0, 50, (37, 41)))
    at = places(*rng.uniform((-5, -375), (415, 5), (500, 2)))
    whole = found(at)
    monkeypatch.setattr(heights, "BLOCK", 7)
    np.testing.assert_array_equal(found(at), whole)
    assert np.isfinite(whole).sum() > 400


def test_of_several_rasters_the_first_that_knows_counts(tmp_path):
    one = raster(tmp_path / "one.tif", np.array([[10, -99]], dtype=np.int16), nodata=-99)
    two = raster(tmp_path / "two.tif", np.array([[20, 20, 20]], dtype=np.int16))
    both = elevation([*one.paths, *two.paths], FLAT)
    assert both(places((5, -5), (15, -5), (25, -5))).tolist() == [10.0, 20.0, 20.0]
    assert elevation([], FLAT) is None


def test_files_that_are_no_elevation_are_refused(tmp_path):
    (tmp_path / "torn.tif").write_bytes(b"II*\x00 torn")
    for name in ("none.tif", "torn.tif"):
        with pytest.raises(raster_errors.RasterUnreadable):
            elevation([tmp_path / name], FLAT)(places((0, 0)))
    with pytest.raises(raster_errors.RasterWithoutCrs):
        raster(tmp_path / "nowhere.tif", np.ones((2, 2)), crs=None)(places((5, -5)))

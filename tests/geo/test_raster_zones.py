"""Figures by zone: worlds counted by hand, laws, and agreement with GEOS, rasterstats and exactextract."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from grid_worlds import EAST, NORTH, TEN_M, cells_box, write, zones
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from rasterio import Affine
from shapely.geometry import box

from geo import raster_windows
from geo.errors import CrsMissing, GeometryError
from geo.raster_errors import RasterArgument, RasterElsewhere, RasterWithoutValues
from geo.raster_windows import Ndvi
from geo.raster_zones import STATISTICS, share_above, zonal

FOUR = np.array([[1, 2], [3, 4]], dtype=np.int16)


def test_a_zone_that_cuts_cells_at_a_quarter_and_a_half_is_worked_out(tmp_path):
    # Columns 0 to 1.5, rows 0.5 to 1.5 of [[1, 2], [3, 4]]: shares 1/2, 1/4 above and below.
    # count 1/2 + 1/4 + 1/2 + 1/4 = 1.5; sum 1/2 + 2/4 + 3/2 + 4/4 = 3.5; mean 7/3.
    # squares 1/2 + 4/4 + 9/2 + 16/4 = 10; std = sqrt(10 / 1.5 - 49 / 9) = sqrt(11) / 3. A cell is 100 m2.
    path = write(tmp_path / "four.tif", FOUR)
    found = zonal(path, zones(cells_box(0, 0.5, 1.5, 1.5)))
    assert list(found.columns) == list(STATISTICS)
    assert found.index.tolist() == [10]
    assert found.iloc[0].tolist() == pytest.approx([1.5, 3.5, 7 / 3, 1, 4, 11**0.5 / 3, 150, 0], abs=1e-9)


def test_cells_without_a_value_and_ground_beyond_the_raster_are_without(tmp_path):
    # Of the zone's 3 columns x 1 row: the first cell has no value (255), the second 7, the third is beyond.
    path = write(tmp_path / "r.tif", np.array([[255, 7]], dtype=np.uint8), nodata=255)
    found = zonal(path, zones(cells_box(0, 0, 3, 1))).iloc[0]
    assert (found["count"], found["sum"], found["area_m2"]) == (1, 7, 100)
    assert found["without_m2"] == pytest.approx(200)


def test_without_a_declared_mark_every_number_is_a_value(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[255, 7]], dtype=np.uint8))
    assert zonal(path, zones(cells_box(0, 0, 2, 1)), ("count", "sum")).iloc[0].tolist() == [2, 262]


def test_nan_and_infinity_are_no_values(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[np.nan, np.inf, -np.inf, 4]], dtype=np.float32))
    assert zonal(path, zones(cells_box(0, 0, 4, 1)), ("count", "sum")).iloc[0].tolist() == [1, 4]


def test_a_mark_that_float32_cannot_hold_is_found(tmp_path):
    mark = -3.4e38
    path = write(tmp_path / "r.tif", np.array([[mark, 4]], dtype=np.float32), nodata=mark)
    assert zonal(path, zones(cells_box(0, 0, 2, 1)), ("count", "sum")).iloc[0].tolist() == [1, 4]


def test_a_mask_in_the_file_is_honoured(tmp_path):
    path = write(tmp_path / "r.tif", FOUR)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as raster:
        raster.write_mask(np.array([[True, True], [True, False]]))
    assert zonal(path, zones(cells_box(0, 0, 2, 2)), ("sum",)).iloc[0].tolist() == [6]  # 1 + 2 + 3


def test_scale_and_offset_make_values(tmp_path):
    # 1, 2 with a scale of 0.5 and an offset of 10 mean 10.5, 11; the mark is compared before.
    path = write(tmp_path / "r.tif", np.array([[1, 2, 99]], dtype=np.int16), nodata=99)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (0.5,), (10.0,)
    assert zonal(path, zones(cells_box(0, 0, 3, 1)), ("count", "sum")).iloc[0].tolist() == [2, 21.5]


def test_a_zone_where_no_cell_has_a_value_has_no_mean(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[9, 7]], dtype=np.uint8), nodata=9)
    found = zonal(path, zones(cells_box(0, 0, 1, 1), cells_box(1, 0, 2, 1), None, box(0, 0, 1, 1)))
    assert found["count"].tolist() == [0, 1, 0, 0]
    assert np.isnan(found["mean"]).tolist() == [True, False, True, True]
    assert found["without_m2"].tolist() == pytest.approx([100, 0, 0, 1])


def test_digits_of_small_differences_at_great_heights_are_kept(tmp_path):
    # Heights of 1e6 and a centimetre more: std is half of it, which squares about 0 would lose.
    path = write(tmp_path / "r.tif", np.array([[1e6, 1e6 + 0.01]], dtype=np.float64))
    assert zonal(path, zones(cells_box(0, 0, 2, 1)), ("std",)).iloc[0, 0] == pytest.approx(0.005, rel=1e-6)


def test_shares_above_are_ground_with_and_without(tmp_path):
    # Zone: columns 0.5 to 3, one row; cells 0.2 (half), 0.3, none: 50 + 100 m2 known, 100 met, 100 without.
    values = np.array([[0.2, 0.3, -1]], dtype=np.float32)
    path = write(tmp_path / "r.tif", values, nodata=-1)
    found = share_above(path, zones(cells_box(0.5, 0, 3, 1)), at_least=0.3)
    assert found.with_value_m2.tolist() == pytest.approx([150])
    assert found.met_m2.tolist() == [100]
    assert found.without_value_m2.tolist() == pytest.approx([100])
    assert found.is_reached.tolist() == [True]
    under = share_above(path, zones(cells_box(0.5, 0, 3, 1)), below=0.3)
    assert under.met_m2.tolist() == pytest.approx([50])


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.7, 0.9])
def test_a_cell_of_float32_is_at_least_the_number_it_was_written_as(tmp_path, threshold):
    path = write(tmp_path / "r.tif", np.array([[threshold]], dtype=np.float32))
    assert share_above(path, zones(cells_box(0, 0, 1, 1)), at_least=threshold).met_m2.tolist() == [100]
    assert share_above(path, zones(cells_box(0, 0, 1, 1)), below=threshold).met_m2.tolist() == [0]


def test_ndvi_is_of_two_bands(tmp_path):
    # Red 7, near infrared 13: 6 / 20 = 0.3; red 10, 10: 0; red 0, 0: no value.
    bands = np.array([[[7, 10, 0]], [[13, 10, 0]]], dtype=np.uint16)
    path = write(tmp_path / "r.tif", bands)
    found = share_above(path, zones(cells_box(0, 0, 3, 1)), at_least=0.3, band=Ndvi(1, 2))
    assert (found.with_value_m2[0], found.met_m2[0], found.without_value_m2[0]) == (200, 100, 100)


def test_areas_of_cells_in_degrees_are_geodesic(tmp_path):
    path = write(
        tmp_path / "r.tif", np.ones((20, 20)), crs="EPSG:4326", transform=Affine(0.01, 0, 117, 0, -0.01, 36.8)
    )
    zone = box(117.0137, 36.6411, 117.1871, 36.7789)
    found = zonal(path, zones(zone, crs=4326), ("area_m2",)).iloc[0, 0]
    truth = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(zone, 0.001))[0])
    assert found == pytest.approx(truth, rel=1e-6)  # within a row the cells' narrowing is not followed


def test_zones_in_another_system_are_moved(tmp_path):
    path = write(tmp_path / "r.tif", FOUR)
    ground = zones(cells_box(0, 0.5, 1.5, 1.5)).to_crs(4490)
    assert zonal(path, ground, ("sum",)).iloc[0, 0] == pytest.approx(
        3.5, abs=1e-5
    )  # nine decimals of degrees


def test_rasters_of_several_agencies_count_ground_once(tmp_path):
    # The first has 1 and no value, the second 5, 6, 7 over the same ground and one cell beyond: 1 + 6 + 7.
    one = write(tmp_path / "a.tif", np.array([[1, 99]], dtype=np.uint8), nodata=99)
    other = write(tmp_path / "b.tif", np.array([[5, 6, 7]], dtype=np.uint8))
    ground = zones(cells_box(0, 0, 3, 1))
    found = zonal([one, other], ground, ("count", "sum", "without_m2")).iloc[0]
    assert found.tolist() == pytest.approx([3, 14, 0])
    assert zonal([other, one], ground, ("sum",)).iloc[0, 0] == 18


@pytest.mark.parametrize(
    "kind", ["uint8", "int8", "uint16", "int16", "int32", "uint32", "float32", "float64"]
)
def test_every_kind_of_cells_gives_the_same_figures(tmp_path, kind):
    # The same numbers, from 0 to 99, of which 7 is no value; zones cut cells.
    values = np.random.default_rng(5).integers(0, 100, (30, 40))
    ground = zones(cells_box(0.3, 0.2, 25.5, 17.7), cells_box(12, 9, 40, 30), cells_box(3, 3, 3.5, 3.5))
    found = zonal(write(tmp_path / "r.tif", values.astype(kind), nodata=7), ground)
    same = zonal(write(tmp_path / "f.tif", np.where(values == 7, np.nan, values)), ground)
    assert found.to_numpy() == pytest.approx(same.to_numpy(), rel=1e-12)


def test_the_largest_whole_numbers_do_not_overflow(tmp_path):
    path = write(tmp_path / "r.tif", np.full((300, 300), 65535, dtype=np.uint16))
    found = zonal(path, zones(cells_box(0, 0, 300, 300)), ("sum", "std", "min", "max")).iloc[0]
    assert found.tolist() == [65535 * 90_000, 0, 65535, 65535]


def test_windows_change_nothing(tmp_path, monkeypatch):
    values = np.arange(64 * 80, dtype=np.float64).reshape(64, 80) ** 1.5
    path = write(tmp_path / "r.tif", values, tiled=True, blockxsize=16, blockysize=16)
    ground = zones(cells_box(3.3, 4.7, 70.2, 61.1), cells_box(40.1, 40.9, 41.8, 43.2).buffer(37))
    whole = zonal(path, ground)
    monkeypatch.setattr(raster_windows, "CELLS_AT_ONCE", 512)
    assert zonal(path, ground).to_numpy() == pytest.approx(whole.to_numpy(), rel=1e-12)


def test_windows_are_whole_blocks_and_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(raster_windows, "CELLS_AT_ONCE", 1024)
    path = write(tmp_path / "r.tif", np.zeros((64, 80)), tiled=True, blockxsize=16, blockysize=16)
    with raster_windows.opened(path) as raster:
        found = list(raster.windows(raster.whole))
    assert max(each.cells for each in found) <= 1024
    assert sum(each.cells for each in found) == 64 * 80
    assert {(each.top % 16, each.left % 16) for each in found} == {(0, 0)}


def test_an_overview_is_used_only_if_asked_for(tmp_path):
    path = write(
        tmp_path / "r.tif", np.tile([[0.0, 4.0]], (64, 32)), tiled=True, blockxsize=16, blockysize=16
    )
    with rasterio.open(path, "r+") as raster:
        raster.build_overviews([2, 4], rasterio.enums.Resampling.average)
    ground = zones(cells_box(0, 0, 64, 64))
    assert zonal(path, ground, ("max",)).iloc[0, 0] == 4
    assert zonal(path, ground, ("max", "area_m2"), resolution_m=20).iloc[0].tolist() == [2, 64 * 64 * 100]


def test_a_raster_elsewhere_says_where_it_lies(tmp_path):
    path = write(tmp_path / "far.tif", FOUR)
    with pytest.raises(RasterElsewhere, match=r"far\.tif: lies at .*EPSG:4548.* the zones at 10\.0000"):
        zonal(path, zones(box(10, 50, 11, 51), crs=4326))


def test_a_raster_of_no_values_is_refused(tmp_path):
    path = write(tmp_path / "none.tif", np.full((2, 2), 9, dtype=np.uint8), nodata=9)
    with pytest.raises(RasterWithoutValues, match=r"none\.tif.*no value is 9"):
        share_above(path, zones(cells_box(0, 0, 2, 2)), at_least=1)


def test_polygons_must_be_polygons_with_a_system(tmp_path):
    path = write(tmp_path / "r.tif", FOUR)
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(GeometryError, match="not valid"):
        zonal(path, zones(bow))
    with pytest.raises(CrsMissing):
        zonal(path, gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]))


@pytest.mark.parametrize("arguments", [{}, {"at_least": float("nan")}])
def test_a_share_needs_a_threshold(tmp_path, arguments):
    with pytest.raises(RasterArgument):
        share_above(write(tmp_path / "r.tif", FOUR), zones(cells_box(0, 0, 1, 1)), **arguments)


def test_an_unknown_statistic_is_named(tmp_path):
    with pytest.raises(RasterArgument, match="'median'"):
        zonal(write(tmp_path / "r.tif", FOUR), zones(cells_box(0, 0, 1, 1)), ("median",))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_zones_of_a_partition_add_up_to_the_raster(tmp_path_factory, seed):
    random = np.random.default_rng(seed)
    values = random.integers(0, 1000, (12, 15)).astype(np.int32)
    path = write(tmp_path_factory.mktemp("r") / "r.tif", values)
    ground = box(EAST, NORTH - 120, EAST + 150, NORTH)
    places = random.random((6, 2)) * (150, 120) + (EAST, NORTH - 120)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(places), extend_to=ground))
    found = zonal(path, zones(*shapely.intersection(cells, ground)), ("count", "sum", "area_m2"))
    # 1e-5: places are in units of 1e-9 m, five million metres from 0.
    assert found.sum().tolist() == pytest.approx([180, values.sum(), 18_000], rel=1e-7)


@pytest.mark.shared
@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")  # rasterstats
def test_porto_alegre_agrees_with_exactextract_and_brute_force_and_nearly_with_rasterstats(shared, tmp_path):
    import exactextract
    import rasterstats

    path = shared / "data" / "raster" / "porto_alegre_elevation.tif"
    centres = np.random.default_rng(4).random((40, 2)) * (0.09, 0.09) + (-51.245, -30.10)
    ground = gpd.GeoDataFrame(geometry=shapely.buffer(shapely.points(centres), 0.006), crs=4326)
    found = zonal(path, ground, ("count", "sum", "mean", "min", "max", "std"))
    theirs = exactextract.exact_extract(
        path, ground, ["count", "sum", "mean", "min", "max", "stdev"], output="pandas"
    )
    assert found.to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-9)
    # Brute force: 64 places in each cell, by the polygon that holds them. Of 1,280 cells with about 160 on
    # the border, whose shares are then wrong by 1/16 at most and mostly cancel: 0.1 % is ample.
    with rasterio.open(path) as raster:
        values, grid = raster.read(1), raster.transform
    fine = np.repeat(np.repeat(values, 8, axis=0), 8, axis=1)
    lon = grid.c + grid.a / 8 * (np.arange(fine.shape[1]) + 0.5)
    lat = grid.f + grid.e / 8 * (np.arange(fine.shape[0]) + 0.5)
    for at in (0, 17, 39):
        near = (lon - centres[at, 0]) ** 2 + (lat[:, None] - centres[at, 1]) ** 2 < 0.0065**2
        row, column = np.nonzero(near)
        inside = shapely.contains_xy(ground.geometry[at], lon[column], lat[row])
        assert found["sum"][at] == pytest.approx(fine[row, column][inside].sum() / 64, rel=1e-3)
    # rasterstats takes whole cells by their middle: a disc of 21 cells across is right to about 1 %.
    centre = rasterstats.zonal_stats(ground, str(path), stats=["count", "mean"], nodata=-999)
    assert found["count"].to_numpy() == pytest.approx([each["count"] for each in centre], rel=0.02)
    assert found["mean"].to_numpy() == pytest.approx([each["mean"] for each in centre], rel=0.02, abs=0.3)


def test_a_turned_raster_in_metres_is_measured(tmp_path):
    # Turned by a quarter: rows run east, columns north; the zone is the cell of value 2, 10 m north.
    turned = Affine(0, 10, EAST, 10, 0, NORTH)
    path = write(tmp_path / "r.tif", FOUR, transform=turned)
    zone = box(EAST, NORTH + 10, EAST + 10, NORTH + 20)
    assert zonal(path, zones(zone), ("sum", "count")).iloc[0].tolist() == [2, 1]


def test_nothing_asked_is_nothing_answered(tmp_path):
    path = write(tmp_path / "r.tif", FOUR, transform=TEN_M)
    assert len(zonal(path, zones())) == 0

"""Areas and lengths in the working projection agree with those on the ellipsoid, within 0.1 %.

The geodesic values come from pyproj's `Geod` on longitude and latitude and share no code with ours.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from geo import network
from geo.crs import STORED, to_crs, transform_xy, working_crs
from geo.discs import disc_areas
from geo.measure import area_m2, length_m
from geo.parts import parts_of
from geo.zone_lines import cut_by_zone

ELLIPSOID = Geod(ellps="WGS84")
TOLERANCE = 1e-3
JINAN = "EPSG:4548"


def geodesic_area(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.array([abs(ELLIPSOID.geometry_area_perimeter(shape)[0]) for shape in frame.geometry])


@pytest.fixture(scope="module")
def districts(shared):
    return gpd.read_file(shared / "data" / "boundaries" / "jinan_districts_wgs84.geojson")


@pytest.mark.shared
def test_the_twelve_districts_of_jinan_have_their_true_area(districts):
    assert len(districts) == 12
    found = area_m2(districts.to_crs(JINAN)).to_numpy()
    np.testing.assert_allclose(found, geodesic_area(districts), rtol=TOLERANCE)
    assert found.sum() == pytest.approx(10_244e6, rel=0.01)  # the city's area as the yearbooks give it


@pytest.mark.shared
def test_jinan_is_measured_in_its_own_zone(districts):
    centre = districts.union_all().centroid
    assert working_crs(centre.x, centre.y).to_epsg() == 4548


def geodesic_circle(lon: float, lat: float, radius_m: float, corners: int = 720) -> shapely.Polygon:
    azimuth = np.linspace(0, 360, corners, endpoint=False)
    ends = ELLIPSOID.fwd(np.full(corners, lon), np.full(corners, lat), azimuth, np.full(corners, radius_m))
    return shapely.Polygon(np.column_stack(ends[:2]))


@pytest.mark.shared
def test_radius_areas_agree_with_circles_on_the_ellipsoid_all_over_jinan(districts):
    """A disc of 500 m at the westernmost and easternmost corner of each district."""
    xy, row = shapely.get_coordinates(districts.geometry.to_numpy(), return_index=True)
    ends = [
        np.flatnonzero(row == each)[edge(xy[row == each, 0])]
        for each in range(12)
        for edge in (np.argmin, np.argmax)
    ]
    circles = gpd.GeoDataFrame(geometry=[geodesic_circle(*corner, 500.0) for corner in xy[ends]], crs=STORED)
    centres = transform_xy(xy[ends], STORED, districts.to_crs(JINAN).crs)
    around = shapely.box(*(centres - 600).T, *(centres + 600).T)
    found = [
        float(disc_areas([centre], 500.0, [box])[0]) for centre, box in zip(centres, around, strict=True)
    ]
    np.testing.assert_allclose(found, geodesic_area(circles), rtol=TOLERANCE)


@pytest.mark.shared
def test_streets_of_jinan_have_their_true_length_in_every_district(shared, districts):
    streets = gpd.read_parquet(shared / "data" / "network" / "jinan_road_edges.parquet").iloc[::7]
    true = np.array([ELLIPSOID.geometry_length(line) for line in streets.geometry])
    planar = streets.to_crs(JINAN)
    np.testing.assert_allclose(length_m(planar).to_numpy(), true, rtol=TOLERANCE, atol=1e-3)
    parts = parts_of(planar.geometry)
    pieces, zone = cut_by_zone(parts, districts.to_crs(JINAN), key="adcode")
    assert pieces.length_m.sum() == pytest.approx(true.sum(), rel=TOLERANCE)
    for row in np.unique(zone[zone >= 0]):
        inside = shapely.intersection(streets.geometry.to_numpy(), districts.geometry.iloc[row])
        expected = sum(ELLIPSOID.geometry_length(line) for line in inside[~shapely.is_empty(inside)])
        assert pieces.length_m[zone == row].sum() == pytest.approx(expected, rel=TOLERANCE, abs=1.0)


@pytest.mark.shared
def test_walks_of_porto_alegre_are_of_true_length(shared):
    """Its own transverse Mercator: every street, contracted ones along all their vertices."""
    folder = shared / "data" / "network"
    nodes = pd.read_parquet(folder / "porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "porto_alegre_walk_edges.parquet")
    crs = working_crs(nodes["lon"].mean(), nodes["lat"].mean())
    net = network.build(nodes, edges, crs=crs)
    lon_lat = transform_xy(net.shape_xy, crs, STORED)
    start = np.delete(np.arange(len(lon_lat)), net.shape_offset[1:] - 1)
    step = ELLIPSOID.inv(*lon_lat[start].T, *lon_lat[start + 1].T)[2]
    edge = np.searchsorted(net.shape_offset, start, side="right") - 1
    true = np.bincount(edge, weights=step, minlength=len(net.edge_length_m))
    np.testing.assert_allclose(net.edge_length_m, true, rtol=TOLERANCE, atol=1e-3)
    assert net.length_m == pytest.approx(true.sum(), rel=1e-4)


@pytest.mark.shared
def test_cells_of_porto_alegre_have_their_true_area(shared):
    """Squares of about a kilometre all over the census grid."""
    cells = pd.read_csv(shared / "data" / "raster" / "porto_alegre_hexgrid.csv").iloc[::10]
    squares = shapely.box(
        cells["lon"] - 0.005, cells["lat"] - 0.005, cells["lon"] + 0.005, cells["lat"] + 0.005
    )
    frame = gpd.GeoDataFrame(geometry=shapely.segmentize(squares, 0.0005), crs=STORED)
    planar = to_crs(frame, working_crs(cells["lon"].mean(), cells["lat"].mean()))
    np.testing.assert_allclose(area_m2(planar).to_numpy(), geodesic_area(frame), rtol=TOLERANCE)

"""Rasters of the demo city: they tell what its layers tell."""

import numpy as np
import pytest
import shapely

from api.demo.city import DemoCity
from api.demo.surfaces import CELL_M, Surface, filled
from geo.raster_writing import Grid
from layers.catalog import Store

METRES = "EPSG:4548"


def values_at(surface: Surface, xy: np.ndarray, band: int = 0) -> np.ndarray:
    grid = surface.grid
    row = ((grid.north - xy[:, 1]) // grid.cell_m).astype(int)
    column = ((xy[:, 0] - grid.west) // grid.cell_m).astype(int)
    return surface.bands[band, row, column].astype(float)


def ndvi(surface: Surface, xy: np.ndarray) -> np.ndarray:
    red, near = values_at(surface, xy), values_at(surface, xy, 1)
    return (near - red) / (near + red)


def middles(city: DemoCity, layer: str) -> np.ndarray:
    shapes = city.frame(layer).to_crs(METRES).geometry.to_numpy()
    return shapely.get_coordinates(shapely.point_on_surface(shapes))


def test_a_polygon_fills_the_cells_whose_middle_it_holds() -> None:
    """Cells of 10 m, middles at 5, 15, 25, ...: a square from 10 to 30 holds two by two; its hole one."""
    grid = Grid(west=0.0, north=40.0, cell_m=10.0, rows=4, columns=5)
    square = shapely.box(10, 10, 30, 30)
    assert filled(np.array([square]), grid).astype(int).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    holed = shapely.difference(square, shapely.box(20, 20, 30, 30))
    both = filled(np.array([holed, shapely.box(18, 2, 58, 18)]), grid)  # they overlap; one leaves the grid
    assert both.astype(int).tolist() == [
        [0, 0, 0, 0, 0],
        [0, 1, 0, 0, 0],
        [0, 1, 1, 1, 1],
        [0, 0, 1, 1, 1],
    ]


def test_people_of_the_raster_are_those_of_the_points(city: DemoCity) -> None:
    surface = city.surfaces.draw("population")
    held = surface.bands[surface.bands != surface.nodata]
    assert held.sum(dtype=np.float64) == 9_200_000
    assert held.min() == 0
    assert (values_at(surface, city.people.xy) >= city.people.people).all()


def test_parks_are_greener_than_homes_and_water_is_not_green(city: DemoCity) -> None:
    image = city.surfaces.draw("satellite")
    hills = np.median(ndvi(image, shapely.get_coordinates(shapely.point_on_surface(
        shapely.get_parts(city.terrain.hills)))))  # fmt: skip
    homes = np.median(ndvi(image, middles(city, "residential_land")))
    lakes = ndvi(image, np.array([shape.centroid.coords[0] for _, _, shape in city.terrain.lakes]))
    assert hills > 0.5 > 0.3 > homes
    assert lakes.max() < 0


def test_it_is_lighter_where_many_live(city: DemoCity) -> None:
    light = city.surfaces.draw("night_light")
    core = values_at(light, city.people.xy[np.isin(city.people.place, ["old", "core"])])
    village = values_at(light, city.people.xy[city.people.place == "village"])
    assert np.median(core) > 3 * np.median(village)


def test_hills_stand_above_the_plain(city: DemoCity) -> None:
    height = city.surfaces.draw("elevation")
    assert height.nodata is None
    assert 0 < height.bands.min() < 60
    assert 300 < height.bands.max() < 1_000  # the highest of the real ones is 989 m


def test_little_soil_is_bare_and_none_of_it_lived_on(city: DemoCity) -> None:
    soil = city.surfaces.draw("bare_soil")
    held = soil.bands[soil.bands >= 0]
    assert 0 < (held >= 0.5).mean() < 0.01
    assert (values_at(soil, middles(city, "residential_land")) < 0.5).mean() > 0.98  # cells are coarse here


@pytest.mark.parametrize("layer", CELL_M)
def test_a_raster_is_published_as_it_was_drawn(city: DemoCity, store: Store, layer: str) -> None:
    (part,) = store.read_raster(layer)
    (head,) = store.heads(layer).values()
    surface = city.surfaces.draw(layer)
    assert part.crs == "EPSG:4548"
    assert (head.facts["width"], head.facts["height"]) == (surface.grid.columns, surface.grid.rows)
    assert head.facts["transform"][:3] == [surface.grid.cell_m, 0.0, surface.grid.west]
    for band, drawn in zip(head.facts["bands"], surface.bands, strict=True):
        held = drawn[drawn != surface.nodata] if surface.nodata is not None else drawn
        assert (band["least"], band["greatest"]) == (held.min(), held.max())
        assert band["cells"] == held.size

"""Rasters of the demo city: heights, people, a satellite image, bare soil and light at night.

They tell what the layers tell: people in a cell are those of its points, parks and hills are green, blocks
are grey, bare soil is where blocks wait to be built on, and it is light where many live.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from api.demo.greens import Parks
from api.demo.ground import Bools, Floats, Ints, Noise, Recipe, Shapes, to_plane
from api.demo.homes import Homes
from api.demo.people import People
from api.demo.quarters import Quarters
from api.demo.terrain import Terrain
from geo.raster_writing import Grid, grid_over

CELL_M = {"elevation": 100.0, "population": 100.0, "satellite": 50.0, "bare_soil": 50.0, "night_light": 500.0}
_COARSER = 5  # times, of a small city
_BARE_BLOCKS = {"new": 0.16, "town": 0.05, "seat": 0.05, "core": 0.03, "old": 0.01}
_QUARRIES = 14


@dataclass(frozen=True)
class Surface:
    """Bands (n, rows, columns) on a grid in EPSG:4548; `nodata` marks cells outside the city."""

    bands: NDArray[np.generic]
    grid: Grid
    nodata: float | None


class Surfaces:
    """Draws the rasters of a city when they are asked for; `outline` is the city in degrees."""

    def __init__(
        self,
        recipe: Recipe,
        outline: shapely.Geometry,
        terrain: Terrain,
        block: Quarters,
        parks: Parks,
        homes: Homes,
        people: People,
    ) -> None:
        self.recipe = recipe
        self.terrain = terrain
        self.block = block
        self.parks = parks
        self.homes = homes
        self.people = people
        self._outline = shapely.transform(outline, to_plane)

    def draw(self, layer: str) -> Surface:
        """One of the layers of CELL_M."""
        grid = self._grid(layer)
        return {
            "elevation": self._elevation,
            "population": self._population,
            "satellite": self._satellite,
            "bare_soil": self._bare_soil,
            "night_light": self._night_light,
        }[layer](grid)

    def _grid(self, layer: str) -> Grid:
        coarser = 1 if self.recipe.scale > 0.3 else _COARSER
        return grid_over(self._outline.bounds, CELL_M[layer] * coarser)

    def _inside(self, grid: Grid) -> Bools:
        return filled(np.array([self._outline], dtype=object), grid)

    def _elevation(self, grid: Grid) -> Surface:
        """Whole metres: a plain that falls to the north-east, land that rises to the south, hills upon it."""
        coarse = Grid(grid.west, grid.north, grid.cell_m * 10, -(-grid.rows // 10), -(-grid.columns // 10))
        rise = _at(coarse, lambda xy: 330.0 * self.terrain.height(xy) ** 1.3)
        rolling = Noise(self.recipe.random("rolling"), 7_000.0)
        rise += _at(coarse, lambda xy: (3.0 + 40.0 * self.terrain.height(xy)) * rolling(xy))
        hills = filled(shapely.get_parts(self.terrain.hills), grid).astype(np.float32)
        peaks = 450.0 * np.maximum(gaussian_filter(hills, 300.0 / grid.cell_m) - 0.45, 0.0)
        plain = 24.0 + 12.0 * np.linspace(0, 1, grid.rows)[:, None] + np.zeros(grid.columns)
        height = plain + _finer(rise, grid) + peaks
        return Surface(np.rint(height).astype(np.int16)[None], grid, None)

    def _population(self, grid: Grid) -> Surface:
        """People per cell: the points of layer `people`, so that the sums are equal."""
        count = _counted(self.people.xy, self.people.people, grid)
        known = self._inside(grid) | (count > 0)
        return Surface(np.where(known, count, -1.0).astype(np.float32)[None], grid, -1.0)

    def _satellite(self, grid: Grid) -> Surface:
        """Red and near infrared, in units of 1/250 of reflectance; 0 marks the outside."""
        random = self.recipe.random("satellite")
        fields = _finer(_noise(self.recipe.random("fields"), 2_400.0, grid), grid)
        green = 0.37 + 0.12 * fields
        green = _mixed(green, 0.17 + 0.05 * fields, self._built(grid))
        for shapes, value in (
            (shapely.get_parts(self.terrain.hills), 0.64),
            (self.parks.shape, 0.58),
        ):
            green = _mixed(green, value, gaussian_filter(filled(shapes, grid).astype(np.float32), 0.4))
        green = _mixed(green, 0.08, self._bare(grid))
        green += random.normal(0.0, 0.035, green.shape).astype(np.float32)
        green = np.where(self._wet(grid), -0.25, np.clip(green, -0.05, 0.85))
        red = np.clip(0.26 - 0.26 * green, 0.04, 0.34)
        near = red * (1 + green) / (1 - green)
        bands = np.clip(np.rint(250.0 * np.stack([red, near])), 1, 255)
        return Surface(np.where(self._inside(grid), bands, 0).astype(np.uint8), grid, 0.0)

    def _bare_soil(self, grid: Grid) -> Surface:
        """Share of each cell that is bare soil, in twentieths."""
        random = self.recipe.random("soil")
        share = np.maximum(
            self._bare(grid), 0.12 * np.clip(_finer(_noise(random, 1_500.0, grid), grid), 0, 2)
        )
        share = np.rint(20.0 * np.where(self._wet(grid), 0.0, np.clip(share, 0, 1))) / 20.0
        return Surface(np.where(self._inside(grid), share, -1.0).astype(np.float32)[None], grid, -1.0)

    def _night_light(self, grid: Grid) -> Surface:
        """Nanowatts per square centimetre and steradian, by how many live around and how much is built."""
        crowd = _counted(self.people.xy, self.people.people, grid) / (grid.cell_m / 1_000.0) ** 2  # per km2
        glow = gaussian_filter(crowd, 0.8 * 500.0 / grid.cell_m)
        light = 0.25 + 24.0 * (np.maximum(glow, 0.0) / 10_000.0) ** 0.9
        light *= np.exp(self.recipe.random("glow").normal(0.0, 0.12, light.shape))
        light = np.round(light, 2)
        return Surface(np.where(self._inside(grid), light, -99.0).astype(np.float32)[None], grid, -99.0)

    def _built(self, grid: Grid) -> Floats:
        return gaussian_filter(filled(self.block.shape, grid).astype(np.float32), 0.7)

    def _wet(self, grid: Grid) -> Bools:
        lakes = np.array([shape for _, _, shape in self.terrain.lakes], dtype=object)
        return filled(np.append(lakes, self.terrain.river_area), grid)

    def _bare(self, grid: Grid) -> Floats:
        """Bare soil from 0 to 1: blocks that are neither lived on nor parks, some of them, and quarries."""
        return filled(self._bare_ground, grid).astype(np.float32)

    @cached_property
    def _bare_ground(self) -> Shapes:
        random = self.recipe.random("bare")
        block = self.block
        used = np.zeros(len(block), dtype=bool)
        used[self.homes.block] = True
        used[self.parks.block[self.parks.block >= 0]] = True
        chance = np.array([_BARE_BLOCKS.get(place, 0.0) for place in block.place])
        bare = ~used & block.dry & (random.uniform(0, 1, len(block)) < chance)
        hill = shapely.get_coordinates(self.terrain.hills)
        rim = hill[random.integers(0, len(hill), self.recipe.scaled(_QUARRIES))]
        pits = shapely.buffer(shapely.points(rim), random.uniform(120.0, 320.0, len(rim)), quad_segs=4)
        return np.concatenate([block.shape[bare], np.atleast_1d(pits)])


def filled(shapes: Shapes, grid: Grid) -> Bools:
    """Cells whose middle lies in any of the polygons, shape (rows, columns).

    Row by row the borders are walked from west to east, and counted by the side they are crossed from, so
    that polygons may overlap.
    """
    rings = shapely.get_rings(shapely.orient_polygons(shapes))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    along = np.flatnonzero(ring[1:] == ring[:-1])
    x, row = (xy[:, 0] - grid.west) / grid.cell_m - 0.5, (grid.north - xy[:, 1]) / grid.cell_m - 0.5
    top, bottom = np.minimum(row[along], row[along + 1]), np.maximum(row[along], row[along + 1])
    first, last = np.ceil(top).astype(np.int64), np.ceil(bottom).astype(np.int64)  # first <= row < last
    first, last = np.clip(first, 0, grid.rows), np.clip(last, 0, grid.rows)
    count = last - first
    edge = np.repeat(np.arange(len(along)), count)
    at = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    a, b = along[edge], along[edge] + 1
    cross = x[a] + (at - row[a]) / (row[b] - row[a]) * (x[b] - x[a])
    column = np.clip(np.ceil(cross).astype(np.int64), 0, grid.columns)
    turn = np.zeros((grid.rows, grid.columns + 1), dtype=np.int32)
    np.add.at(turn, (at, column), np.where(row[b] > row[a], 1, -1))
    return np.asarray(turn.cumsum(axis=1)[:, :-1] != 0)


def _counted(xy: Floats, amount: Ints, grid: Grid) -> Floats:
    column = ((xy[:, 0] - grid.west) // grid.cell_m).astype(np.int64)
    row = ((grid.north - xy[:, 1]) // grid.cell_m).astype(np.int64)
    cell = row * grid.columns + column
    total = np.bincount(cell, amount.astype(np.float64), minlength=grid.rows * grid.columns)
    return np.asarray(total.reshape(grid.rows, grid.columns), dtype=np.float64)


def _mixed(under: Floats, over: Floats | float, share: Floats) -> Floats:
    return under + (over - under) * share


def _at(grid: Grid, value: Callable[[Floats], Floats]) -> Floats:
    """A function of places at the middles of the cells."""
    x, y = np.meshgrid(grid.x, grid.y)
    return value(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)


def _noise(random: np.random.Generator, wavelength_m: float, grid: Grid) -> Floats:
    """Smooth noise in cells a third of its wavelength wide, to be made finer."""
    every = max(1, int(wavelength_m / 3 / grid.cell_m))
    coarse = Grid(
        grid.west, grid.north, grid.cell_m * every, -(-grid.rows // every) + 1, -(-grid.columns // every) + 1
    )
    return _at(coarse, Noise(random, wavelength_m))


def _finer(coarse: Floats, grid: Grid) -> Floats:
    """A coarse surface over a finer grid, linearly in between."""
    fine = zoom(coarse, (grid.rows / coarse.shape[0], grid.columns / coarse.shape[1]), order=1)
    return fine[: grid.rows, : grid.columns].astype(np.float32)

"""Residential land: the blocks of towns where people live; and rows of houses on that of the larger towns."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from api.demo.greens import Parks
from api.demo.ground import Floats, Ints, Recipe, Shapes, Texts, to_degrees
from api.demo.quarters import Quarters
from api.demo.serials import days, numbered
from geo.crs import STORED

HOMES = {"old": 0.85, "core": 0.80, "seat": 0.80, "new": 0.68, "town": 0.78}
"""Share of the blocks with people, by kind of place, that are residential land: the most densely peopled."""
BUILT_IN = ("old", "core", "seat", "new")
_FLOORS = (5, 6, 6, 6, 6, 11, 11, 18, 26, 33)
_FLOOR_M = 3.0


@dataclass(frozen=True)
class Homes:
    """Residential land in metres: polygons that touch nothing of each other, with the people who live on each
    and the row of its block."""

    shape: Shapes
    land_class: Texts
    subdistrict: Ints
    people: Ints
    place: Texts
    block: Ints

    def frame(self) -> gpd.GeoDataFrame:
        """Layer `residential_land`, EPSG:4326, in the order of `numbered(subdistrict)`."""
        of = numbered(self.subdistrict)
        shape = self.shape[of.order]
        return gpd.GeoDataFrame(
            {
                "id": of.ids("land"),
                "name": of.names("居住地块"),
                "class": self.land_class[of.order],
                "area_m2": np.round(shapely.area(shape), 1),
                "people": self.people[of.order],
            },
            geometry=shapely.transform(shape, to_degrees),
            crs=STORED,
        )


def draw(recipe: Recipe, block: Quarters, parks: Parks) -> Homes:
    """The residential land of a recipe: blocks with many people, less the parks in their corners."""
    random = recipe.random("homes")
    free = block.dry & (block.people > 0) & (block.area_m2 < 1.8e5)
    free[parks.block[parks.whole]] = False
    crowd = block.people / block.area_m2 * np.exp(random.normal(0.0, 0.8, len(block)))
    chosen = []
    for place, share in HOMES.items():
        rows = np.flatnonzero(free & (block.place == place))
        chosen.append(rows[np.argsort(-crowd[rows], kind="stable")[: int(np.ceil(share * len(rows)))]])
    row = np.sort(np.concatenate(chosen))
    shape = _less_corners(block.shape, parks)[row]
    kind = _classes(random, block, row)
    return Homes(shape, kind, block.subdistrict[row], block.people[row], block.place[row], row)


def _less_corners(shape: Shapes, parks: Parks) -> Shapes:
    """The blocks without the pocket parks cut from them, and without what lies around those."""
    cut = np.flatnonzero((parks.block >= 0) & ~parks.whole)
    left = shape.copy()
    around = shapely.buffer(parks.shape[cut], 4.0, join_style="mitre")
    part, row = shapely.get_parts(shapely.difference(shape[parks.block[cut]], around), return_index=True)
    order = np.lexsort([-shapely.area(part), row])
    first = order[np.concatenate([[True], np.diff(row[order]) > 0])[: len(order)]]
    left[parks.block[cut[row[first]]]] = part[first]
    return left


def _classes(random: np.random.Generator, block: Quarters, row: Ints) -> Texts:
    """R1 where few live on much land, R3 here and there, above all in the old town."""
    place = block.place[row]
    density = block.people[row] / block.area_m2[row]
    sparse = density < np.quantile(density, 0.05)
    chance = np.select([place == "old", place == "town"], [0.25, 0.12], 0.06)
    worn = random.uniform(0, 1, len(row)) < chance
    return np.select([sparse, worn], ["R1", "R3"], "R2")


def buildings(recipe: Recipe, homes: Homes) -> gpd.GeoDataFrame:
    """Layer `buildings`, EPSG:4326: rows of houses along the longer side of each piece of land.

    Rows stand apart by 0.9 times their height, at least 17 m.
    """
    random = recipe.random("buildings")
    land = np.flatnonzero(np.isin(homes.place, BUILT_IN))
    shape = np.asarray(shapely.buffer(homes.shape[land], -5.0, join_style="mitre", mitre_limit=2.0))
    floors = random.choice(_FLOORS, len(land))
    floors = np.where(homes.place[land] == "old", np.minimum(floors, 6), floors)
    deep = np.where(floors > 11, random.uniform(17, 24, len(land)), random.uniform(11, 14, len(land)))
    wide = np.where(floors > 11, random.uniform(22, 36, len(land)), random.uniform(26, 48, len(land)))
    pitch = np.column_stack([wide + 9.0, deep + np.maximum(0.9 * _FLOOR_M * floors, 17.0)])
    owner, corner = _rows(shape, pitch, np.column_stack([wide, deep]))
    house = np.asarray(shapely.polygons(corner))
    shapely.prepare(shape)
    stands = shapely.contains_properly(shape[owner], house)
    owner, house = owner[stands], house[stands]
    of = numbered(homes.subdistrict[land[owner]])
    owner, house = owner[of.order], house[of.order]
    built = days(random, len(owner), "1983-01-01", "2019-12-31", known=0.7)
    luck = random.uniform(0, 1, len(owner))
    return gpd.GeoDataFrame(
        {
            "id": of.ids("building", 5),
            "use": np.select([luck < 0.04, luck < 0.055], ["commercial", "public"], "residential"),
            "floors": floors[owner],
            "floor_area_m2": np.round(shapely.area(house) * floors[owner], 1),
            "built": built,
        },
        geometry=shapely.transform(house, to_degrees),
        crs=STORED,
    )


def _rows(shape: Shapes, pitch: Floats, size: Floats) -> tuple[Ints, Floats]:
    """A turned grid of rectangles over each shape's box: rows of `shape`, corners (n, 4, 2)."""
    box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape)).reshape(-1, 5, 2)
    side = np.diff(box, axis=1)
    length = np.hypot(side[..., 0], side[..., 1])
    turn = length[:, 0] < length[:, 1]
    pick = np.arange(len(box))
    start = box[pick, turn.astype(int)]
    along = side[pick, turn.astype(int)] / length[pick, turn.astype(int)][:, None]
    across = side[pick, turn.astype(int) + 1] / length[pick, turn.astype(int) + 1][:, None]
    extent = np.column_stack([length.max(axis=1), length[:, :2].min(axis=1)])
    count = np.maximum((extent / pitch).astype(int), 1)
    total = count.prod(axis=1)
    owner = np.repeat(pick, total)
    k = np.arange(len(owner)) - np.repeat(np.cumsum(total) - total, total)
    i, j = k % count[owner, 0], k // count[owner, 0]
    spare = extent - count * pitch
    u = spare[owner, 0] / 2 + (i + 0.5) * pitch[owner, 0]
    v = spare[owner, 1] / 2 + (j + 0.5) * pitch[owner, 1]
    middle = start[owner] + u[:, None] * along[owner] + v[:, None] * across[owner]
    unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    half = unit[None] * size[owner][:, None, :]
    turned = half[..., :1] * along[owner][:, None] + half[..., 1:] * across[owner][:, None]
    return owner, middle[:, None] + turned

"""Car parks: public ones where a smooth surface means them to be, roadside spaces, and those of homes."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from api.demo.administrative import Administration
from api.demo.cover import hexagon
from api.demo.ground import Floats, Ints, Noise, Recipe, Texts, to_degrees
from api.demo.homes import Homes
from api.demo.people import locate
from api.demo.quarters import Quarters
from api.demo.register import Roads
from api.demo.serials import days, numbered
from geo.crs import STORED

NEW_PUBLIC = 81  # plan jinan-2020, item 25: public car parks to be started by the end of 2020
DOWNTOWN = ("old", "core")
_CELL_M = {"downtown": 240.0, "elsewhere": 350.0}  # hexagons that have a public car park, where meant to
_SHARE = {"downtown": 0.90, "elsewhere": 0.84}
_VILLAGES = 240  # blocks of villages beside which there is a public car park
_HOMES, _ROADSIDE = 640, 400
_NAMES = {"public": "公共停车场", "residential": "居住区停车场", "roadside": "路内停车泊位"}
_SPACES = {"public": (60, 420), "residential": (120, 1_400), "roadside": (12, 70)}


@dataclass(frozen=True)
class CarParks:
    """Car parks in metres; days are NaT where nobody knows them."""

    xy: Floats
    kind: Texts
    area: Texts
    subdistrict: Ints
    spaces: Ints
    planned: np.ndarray
    started: np.ndarray
    completed: np.ndarray

    def frame(self) -> gpd.GeoDataFrame:
        """Layer `car_parks`, EPSG:4326, with the column `agency`: 13 publish it."""
        of = numbered(self.subdistrict)
        kind = self.kind[of.order]
        plain = ("area", "spaces", "planned", "started", "completed")
        return gpd.GeoDataFrame(
            {
                "id": of.ids("car_park"),
                "name": [
                    f"{stem}第{n}{_NAMES[one]}" for stem, n, one in zip(of.stem, of.serial, kind, strict=True)
                ],
                "kind": kind,
                **{name: getattr(self, name)[of.order] for name in plain},
                "agency": of.agency,
            },
            geometry=shapely.points(to_degrees(self.xy[of.order])),
            crs=STORED,
        )


def draw(recipe: Recipe, admin: Administration, block: Quarters, homes: Homes, roads: Roads) -> CarParks:
    """The car parks of a recipe."""
    random = recipe.random("car parks")
    town = np.flatnonzero(block.place != "village")
    downtown = np.isin(block.place[town], DOWNTOWN)
    public = [
        _public(recipe, random, block, town[downtown == is_downtown], area)
        for area, is_downtown in (("downtown", True), ("elsewhere", False))
    ]
    village = np.flatnonzero((block.place == "village") & (block.people > 0))
    some = random.choice(village, min(recipe.scaled(_VILLAGES), len(village)), replace=False)
    public.append(_beside(random, block, np.sort(some)))
    at_homes = _at_homes(random, homes, recipe.scaled(_HOMES))
    at_roads = _at_roads(random, roads, recipe.scaled(_ROADSIDE))
    xy = np.concatenate([*public, at_homes, at_roads])
    sizes = (sum(map(len, public)), len(at_homes), len(at_roads))
    kind = np.repeat(np.array(["public", "residential", "roadside"]), sizes)
    community = locate(admin, xy)
    inside = community >= 0
    xy, kind, home = xy[inside], kind[inside], admin.subdistrict_of[community[inside]]
    near = shapely.STRtree(shapely.points(block.middle)).nearest(shapely.points(xy))
    area = np.where(np.isin(block.place[near], DOWNTOWN), "downtown", "elsewhere")
    low, high = (np.array([_SPACES[one][k] for one in kind]) for k in (0, 1))
    spaces = np.exp(random.uniform(np.log(low), np.log(high))).astype(np.int64)
    planned, started, completed = _dates(recipe, kind)
    return CarParks(xy, kind, area, home, spaces, planned, started, completed)


def _public(recipe: Recipe, random: np.random.Generator, block: Quarters, rows: Ints, area: str) -> Floats:
    """A place at the edge of the block nearest to the middle of each hexagon that is meant to have one."""
    if not len(rows):
        return np.empty((0, 2))
    size = _CELL_M[area]
    cell = hexagon(block.middle[rows] + random.uniform(0, 4 * size, 2), size)
    middle = np.column_stack([np.bincount(cell, block.middle[rows, k]) / np.bincount(cell) for k in (0, 1)])
    order = np.lexsort([np.hypot(*(block.middle[rows] - middle[cell]).T), cell])
    first = rows[order[np.concatenate([[True], np.diff(cell[order]) > 0])]]
    surface = Noise(recipe.random(f"parking {area}"), 2_200.0, waves=16)(block.middle[first])
    rank = np.argsort(np.argsort(surface, kind="stable"), kind="stable") / len(first)
    return _beside(random, block, first[rank < _SHARE[area]])


def _beside(random: np.random.Generator, block: Quarters, rows: Ints) -> Floats:
    """A place somewhere on the edge of each block."""
    ring = shapely.get_exterior_ring(block.shape[rows])
    at = shapely.line_interpolate_point(ring, random.uniform(0, 1, len(rows)), normalized=True)
    return shapely.get_coordinates(at)


def _at_homes(random: np.random.Generator, homes: Homes, count: int) -> Floats:
    """Car parks of homes, on the land where most people live more often."""
    weight = homes.people / homes.people.sum()
    row = np.sort(random.choice(len(weight), min(count, len(weight)), replace=False, p=weight))
    return shapely.get_coordinates(shapely.point_on_surface(homes.shape[row]))


def _at_roads(random: np.random.Generator, roads: Roads, count: int) -> Floats:
    """Roadside spaces, somewhere along branch roads."""
    fit = np.flatnonzero(np.isin(roads.road_class, ["branch", "lane"]))
    row = np.sort(random.choice(fit, min(count, len(fit)), replace=False))
    t = random.uniform(0.2, 0.8, len(row))
    return shapely.get_coordinates(shapely.line_interpolate_point(roads.line[row], t, normalized=True))


def _dates(recipe: Recipe, kind: Texts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Planned, started, completed: all three for the public car parks that the plan starts in 2020."""
    random = recipe.random("car park dates")
    n = len(kind)
    planned, started = np.full(n, np.datetime64("NaT", "s")), np.full(n, np.datetime64("NaT", "s"))
    completed = days(random, n, "1998-01-01", "2019-12-31", known=0.6)
    public = np.flatnonzero(kind == "public")
    new = random.choice(public, min(recipe.scaled(NEW_PUBLIC), len(public)), replace=False)
    planned[new] = days(random, len(new), "2020-01-06", "2020-03-31")
    started[new] = np.maximum(days(random, len(new), "2020-03-02", "2020-12-20"), planned[new])
    completed[new] = started[new] + random.integers(90, 420, len(new)).astype("timedelta64[D]")
    return planned, started, completed

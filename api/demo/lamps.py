"""Street lamps along the roads of the register: dark roads, dark stretches, and lamps out in clusters."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from api.demo.administrative import Administration
from api.demo.ground import Bools, Floats, Ints, Noise, Recipe, to_degrees
from api.demo.people import locate
from api.demo.register import WIDTH_M, Roads
from api.demo.serials import days, numbered
from geo.crs import STORED

DARK_ROADS = 51  # plan jinan-2020, item 32: roads without any lamp
OUT = {"expressway": 0.005, "arterial": 0.007, "secondary": 0.013, "branch": 0.019, "lane": 0.030}
"""Share of lamps that are out, by class of road, before whole circuits fail."""
_HALF_DARK = 0.07  # share of branch roads and lanes of which a stretch has no lamps
_UNSEEN = 0.03  # share of roads whose lamps nobody has inspected
_CIRCUITS = 0.006  # share of roads on which a run of lamps is out together


@dataclass(frozen=True)
class Lamps:
    """Lamps in metres: `road` is a row of the register, `out` and `unseen` what the last inspection found."""

    xy: Floats
    road: Ints
    subdistrict: Ints
    out: Bools
    unseen: Bools
    inspected: np.ndarray

    def frame(self, roads: Roads) -> gpd.GeoDataFrame:
        """Layer `lamps`, EPSG:4326."""
        of = numbered(self.subdistrict)
        order = of.order
        road = self.road[order]
        name = np.empty(len(roads.line), dtype=object)
        by_home = numbered(roads.subdistrict)
        name[by_home.order] = by_home.ids("road")
        return gpd.GeoDataFrame(
            {
                "id": of.ids("lamp", 5),
                "road_id": name[road],
                "road_class": roads.road_class[road],
                "state": np.select([self.unseen[order], self.out[order]], ["unknown", "out"], "lit"),
                "inspected": np.where(self.unseen[order], np.datetime64("NaT", "s"), self.inspected[order]),
            },
            geometry=shapely.points(to_degrees(self.xy[order])),
            crs=STORED,
        )


def dark_roads(recipe: Recipe, roads: Roads) -> Ints:
    """Rows of the roads without any lamp: short branch roads and lanes, 51 of them at full size."""
    length = shapely.length(roads.line)
    fit = np.flatnonzero(np.isin(roads.road_class, ["branch", "lane"]) & (length > 150) & (length < 1_500))
    wanted = min(recipe.scaled(DARK_ROADS), len(fit))
    return np.sort(recipe.random("dark roads").choice(fit, wanted, replace=False))


def draw(recipe: Recipe, admin: Administration, roads: Roads) -> Lamps:
    """The lamps of a recipe: one every 30 to 40 m of each road, on one side of it."""
    random = recipe.random("lamps")
    length = shapely.length(roads.line)
    pitch = random.uniform(30.0, 40.0, len(length))
    count = np.maximum((length / pitch).astype(np.int64), 1)
    count[dark_roads(recipe, roads)] = 0
    road = np.repeat(np.arange(len(length)), count)
    serial = np.arange(len(road)) - np.repeat(np.cumsum(count) - count, count)
    t = (serial + 0.5) / count[road]
    lit = ~_dark_stretch(random, roads, road, t)
    road, t, serial = road[lit], t[lit], serial[lit]
    xy = beside(random, roads, road, t * length[road])
    community = locate(admin, xy)
    inside = community >= 0
    xy, road, serial, community = xy[inside], road[inside], serial[inside], community[inside]
    unseen = (random.uniform(0, 1, len(length)) < _UNSEEN)[road]
    out = _out(recipe, random, roads, road, serial, xy)
    inspected = days(random, len(length), "2025-09-01", "2025-11-15")[road]
    return Lamps(xy, road, admin.subdistrict_of[community], out, unseen, inspected)


def _dark_stretch(random: np.random.Generator, roads: Roads, road: Ints, t: Floats) -> Bools:
    """Lamps that are missing: a third to two thirds of some branch roads and lanes, from one end."""
    small = np.isin(roads.road_class, ["branch", "lane"])
    some = small & (random.uniform(0, 1, len(small)) < _HALF_DARK)
    reach = np.where(some, random.uniform(0.33, 0.67, len(small)), 0.0)
    return t < reach[road]


def beside(random: np.random.Generator, roads: Roads, road: Ints, along: Floats) -> Floats:
    """Places on the kerb: half the road's width from its middle, on the side each road has its lamps."""
    line = roads.line[road]
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    back = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along - 1.0, 0.0)))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, along + 1.0))
    unit = ahead - back
    unit /= np.maximum(np.hypot(*unit.T), 1e-9)[:, None]
    side = random.choice([-1.0, 1.0], len(roads.line))[road]
    kerb = np.array([min(WIDTH_M[one] / 2, 14.0) for one in roads.road_class])[road] * side
    return here + np.column_stack([-unit[:, 1], unit[:, 0]]) * kerb[:, None]


def _out(
    recipe: Recipe, random: np.random.Generator, roads: Roads, road: Ints, serial: Ints, xy: Floats
) -> Bools:
    """Lamps that are out: by class, more where neglect is high, and runs on a failed circuit."""
    base = np.array([OUT[one] for one in roads.road_class])[road]
    neglect = np.exp(0.9 * Noise(recipe.random("neglect"), 1_800.0)(xy) - 0.4)
    out = random.uniform(0, 1, len(road)) < base * neglect
    failed = random.uniform(0, 1, len(roads.line)) < _CIRCUITS
    first, size = random.integers(0, 20, len(failed)), random.integers(8, 26, len(failed))
    run = failed[road] & (serial >= first[road]) & (serial < (first + size)[road])
    return np.asarray(out | run)

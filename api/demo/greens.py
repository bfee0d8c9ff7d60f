"""Parks in three tiers: hills, big blocks and water fronts, blocks and corners of blocks; some new in 2020.

A smooth surface decides where a park of half a hectare and more is near; elsewhere it is missing. The 131
parks that the city's plan starts in 2020 are among them, each with the days of its plan, start and end.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from api.demo.administrative import Administration
from api.demo.cover import hexagon
from api.demo.ground import Bools, Floats, Ints, Noise, Recipe, Shapes, Texts, to_degrees
from api.demo.people import locate
from api.demo.quarters import Quarters
from api.demo.serials import days, numbered
from api.demo.settlements import Towns
from api.demo.terrain import Terrain
from geo.crs import STORED

NEW_PARKS = 131  # plan jinan-2020, item 31: to be started by the end of 2020
COUNTRY_PARKS = 6  # the same item: country parks to be completed
KINDS = {"hill": "山体公园", "comprehensive": "综合公园", "community": "社区公园", "pocket": "口袋公园",
         "country": "郊野公园"}  # fmt: skip
POCKETS = {"old": 110, "core": 620, "seat": 190, "new": 120, "town": 70, "village": 90}
_CELL_M = 780.0  # circumradius of the hexagons that have a community park each, where they are meant to
_SERVED = {"old": 0.70, "core": 0.80, "seat": 0.66, "new": 0.72, "town": 0.42}
_BIG_CELL_M, _BIG_SHARE = 2_300.0, 0.55
_LARGE_HILL_M2 = 8e6


@dataclass(frozen=True)
class Parks:
    """Parks in metres. `block` is the row of the block a park takes or is cut from, -1 for none; `whole` says
    which of the two; the days are NaT where nobody knows them."""

    shape: Shapes
    kind: Texts
    subdistrict: Ints
    block: Ints
    whole: Bools
    planned: np.ndarray
    started: np.ndarray
    completed: np.ndarray

    def frame(self) -> gpd.GeoDataFrame:
        """Layer `parks`, EPSG:4326, in the order of `numbered(subdistrict)`."""
        of = numbered(self.subdistrict)
        names = [
            f"{stem}{KINDS[kind]}{n}号"
            for stem, kind, n in zip(of.stem, self.kind[of.order], of.serial, strict=True)
        ]
        shape = self.shape[of.order]
        return gpd.GeoDataFrame(
            {
                "id": of.ids("park"),
                "name": names,
                "kind": [KINDS[kind] for kind in self.kind[of.order]],
                "area_m2": np.round(shapely.area(shape), 1),
                "planned": self.planned[of.order],
                "started": self.started[of.order],
                "completed": self.completed[of.order],
            },
            geometry=shapely.transform(shape, to_degrees),
            crs=STORED,
        )


def draw(recipe: Recipe, terrain: Terrain, admin: Administration, town: Towns, block: Quarters) -> Parks:
    """The parks of a recipe."""
    random = recipe.random("parks")
    big = _big_blocks(random, block)
    community = _community_blocks(recipe, random, block, big)
    taken = np.concatenate([big, community])
    pocket, corner = _pockets(recipe, random, block, taken)
    hills, waters = _hill_parks(terrain), _water_parks(terrain, town)
    country = _country_parks(recipe, random, terrain, block)
    groups = [
        ("hill", hills, None, False),
        ("comprehensive", waters, None, False),
        ("country", country, None, False),
        ("comprehensive", block.shape[big], big, True),
        ("community", block.shape[community], community, True),
        ("pocket", corner, pocket, False),
    ]
    shape = np.concatenate([shapes for _, shapes, _, _ in groups])
    row = np.concatenate([np.full(len(s), -1) if rows is None else rows for _, s, rows, _ in groups])
    kind = np.concatenate([np.full(len(s), name) for name, s, _, _ in groups])
    whole = np.concatenate([np.full(len(s), is_whole) for _, s, _, is_whole in groups])
    community_of = locate(admin, shapely.get_coordinates(shapely.point_on_surface(shape)))
    inside = community_of >= 0
    shape, row, kind, whole = shape[inside], row[inside].astype(np.int64), kind[inside], whole[inside]
    planned, started, completed = _dates(recipe, kind)
    home = admin.subdistrict_of[community_of[inside]]
    return Parks(shape, kind, home, row, whole, planned, started, completed)


def _big_blocks(random: np.random.Generator, block: Quarters) -> Ints:
    """One of the largest blocks in about every second big hexagon: the comprehensive parks."""
    fit = _fit(block, 5e4, 7e5)
    if not len(fit):
        return fit
    cell = hexagon(block.middle[fit], _BIG_CELL_M)
    lucky = random.uniform(0, 1, int(cell.max()) + 1) < _BIG_SHARE
    order = np.lexsort([-block.area_m2[fit], cell])
    first = order[np.concatenate([[True], np.diff(cell[order]) > 0])]
    return fit[first[lucky[cell[first]]]]


def _fit(block: Quarters, least_m2: float, most_m2: float) -> Ints:
    """Rows of the dry blocks of towns between two sizes."""
    size = (block.area_m2 > least_m2) & (block.area_m2 < most_m2)
    return np.flatnonzero(size & (block.place != "village") & block.dry)


def _community_blocks(recipe: Recipe, random: np.random.Generator, block: Quarters, taken: Ints) -> Ints:
    """The block nearest to the middle of each hexagon where a park is meant to be near."""
    fit = np.setdiff1d(_fit(block, 6e3, 5e4), taken)
    meant = Noise(recipe.random("green"), 2_600.0, waves=16)(block.middle[fit])
    share = np.array([_SERVED[place] for place in block.place[fit]])
    rank = np.argsort(np.argsort(meant, kind="stable"), kind="stable") / max(len(fit), 1)
    cell = hexagon(block.middle[fit] + random.uniform(0, 4 * _CELL_M, 2), _CELL_M)
    middle = np.column_stack(
        [np.bincount(cell, block.middle[fit, k]) / np.maximum(np.bincount(cell), 1) for k in (0, 1)]
    )
    order = np.lexsort([np.hypot(*(block.middle[fit] - middle[cell]).T), cell])
    first = order[np.concatenate([[True], np.diff(cell[order]) > 0])[: len(order)]]
    return fit[np.sort(first[rank[first] < share[first]])]


def _pockets(
    recipe: Recipe, random: np.random.Generator, block: Quarters, taken: Ints
) -> tuple[Ints, Shapes]:
    """Blocks that give a corner to a pocket park, one each, and the corners: 1,000 to 5,000 m2."""
    free = np.setdiff1d(np.flatnonzero(block.dry & (block.area_m2 > 9_000)), taken)
    rows = []
    for place, count in POCKETS.items():
        of = free[block.place[free] == place]
        rows.append(random.choice(of, min(int(np.ceil(count * recipe.scale)), len(of)), replace=False))
    row = np.sort(np.concatenate(rows))
    size = np.sqrt(np.exp(random.uniform(np.log(1_000), np.log(3_900), len(row))))
    at = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(block.shape[row]), 0))
    x, y = at.T
    square = shapely.box(x - size, y - size, x + size, y + size)
    corner = _largest(shapely.intersection(block.shape[row], square))
    good = shapely.area(corner) >= 1_000
    return row[good], corner[good]


def _largest(shape: Shapes) -> Shapes:
    """The largest part of each shape."""
    part, row = shapely.get_parts(shape, return_index=True)
    order = np.lexsort([-shapely.area(part), row])
    return part[order][np.concatenate([[True], np.diff(row[order]) > 0])[: len(order)]]


def _hill_parks(terrain: Terrain) -> Shapes:
    """Hills as parks; of the very large ones a part around their middle."""
    hill = shapely.get_parts(terrain.hills)
    middle = shapely.get_coordinates(shapely.centroid(hill))
    shapes = [
        shapely.buffer(one, -40.0) if one.area < _LARGE_HILL_M2
        else shapely.transform(one, lambda xy, m=at: m + 0.4 * (xy - m))
        for one, at in zip(hill, middle, strict=True)
    ]  # fmt: skip
    return _largest(shapely.simplify(np.array(shapes, dtype=object), 5.0))


def _water_parks(terrain: Terrain, town: Towns) -> Shapes:
    """Lakes inside towns, with their banks."""
    lake = np.array([shape for _, _, shape in terrain.lakes], dtype=object)
    _, share = town.nearest(shapely.get_coordinates(shapely.centroid(lake)))
    return np.asarray(shapely.buffer(lake[share < 1.2], 36.0, quad_segs=2))


def _country_parks(recipe: Recipe, random: np.random.Generator, terrain: Terrain, block: Quarters) -> Shapes:
    """Round parks in the open, away from every block."""
    wanted = recipe.scaled(COUNTRY_PARKS)
    west, south, east, north = shapely.total_bounds(shapely.points(block.middle))
    spot = np.column_stack([random.uniform(west, east, 4_000), random.uniform(south, north, 4_000)])
    near_town = cKDTree(block.middle[block.place != "village"]).query(spot)[0]
    near_any = cKDTree(block.middle).query(spot)[0]
    fit = (near_any > 900.0) & (near_town < 4_500.0)
    fit &= ~terrain.wet_or_steep(np.asarray(shapely.points(spot)), 600.0)
    at = spot[fit][:wanted]
    radius = random.uniform(420.0, 640.0, len(at))
    return np.asarray(shapely.buffer(shapely.points(at), radius, quad_segs=6))


def _dates(recipe: Recipe, kind: Texts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Planned, started, completed: for the new parks of 2020 all three, for three in five others the last."""
    random = recipe.random("park dates")
    n = len(kind)
    planned, started = np.full(n, np.datetime64("NaT", "s")), np.full(n, np.datetime64("NaT", "s"))
    completed = days(random, n, "1985-01-01", "2019-12-31", known=0.6)
    weight = np.select([kind == "pocket", kind == "community", kind == "hill"], [1.0, 0.7, 0.5], 0.3)
    weight = np.where(kind == "country", 0.0, weight)
    wanted = min(recipe.scaled(NEW_PARKS), n)
    new = random.choice(n, wanted, replace=False, p=weight / weight.sum())
    planned[new] = days(random, len(new), "2020-01-06", "2020-03-31")
    started[new] = days(random, len(new), "2020-03-02", "2020-12-20")
    started[new] = np.maximum(started[new], planned[new])
    small = np.isin(kind[new], ("pocket", "community"))
    work = np.where(small, random.integers(60, 260, len(new)), random.integers(240, 620, len(new)))
    completed[new] = started[new] + work.astype("timedelta64[D]")
    country = np.flatnonzero(kind == "country")
    started[country] = days(random, len(country), "2018-03-01", "2019-06-30")
    completed[country] = days(random, len(country), "2020-09-01", "2020-12-20")
    return planned, started, completed


def entrances(parks: Parks, street_xy: Floats, least_m2: float = 10_000.0) -> gpd.GeoDataFrame:
    """Layer `park_entrances`, EPSG:4326: of the larger parks, where junctions lie at their border.

    Of the junctions within 60 m about every second is an entrance, at most one in 120 m.
    """
    of = numbered(parks.subdistrict)
    shape, name = parks.shape[of.order], np.array(of.ids("park"))
    large = np.flatnonzero(shapely.area(shape) >= least_m2)
    ring = np.asarray(shapely.get_exterior_ring(shape[large]))
    park, node = shapely.STRtree(shapely.points(street_xy)).query(ring, predicate="dwithin", distance=60.0)
    along = shapely.line_locate_point(ring[park], shapely.points(street_xy[node]))
    stretch = (along // 120.0).astype(np.int64)
    order = np.lexsort([along, stretch, park])
    park, along, stretch = park[order], along[order], stretch[order]
    fresh = np.concatenate([[True], (np.diff(park) != 0) | (np.diff(stretch) != 0)])[: len(order)]
    park, along, stretch = park[fresh], along[fresh], stretch[fresh]
    first = np.concatenate([[True], np.diff(park) > 0])[: len(park)]
    keep = first | (stretch % 2 == 0)
    park, along = park[keep], along[keep]
    at = shapely.get_coordinates(shapely.line_interpolate_point(ring[park], along))
    serial = np.arange(len(park)) - np.searchsorted(park, park) + 1
    owner = name[large[park]]
    return gpd.GeoDataFrame(
        {
            "id": [f"{one}-E{n}" for one, n in zip(owner, serial, strict=True)],
            "park_id": owner,
            "name": [f"{n}号门" for n in serial],
        },
        geometry=shapely.points(to_degrees(at)),
        crs=STORED,
    )

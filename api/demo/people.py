"""Where people live: points beside the streets, a few beyond the reach of any; whole people."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from api.demo.administrative import Administration
from api.demo.blocks import RANK
from api.demo.ground import Bools, Floats, Ints, Recipe, Texts, districts, subdistricts, to_degrees
from api.demo.settlements import Towns, Villages
from api.demo.streets import Network
from api.demo.terrain import Terrain
from geo.crs import STORED

POINTS = 113_000
REMOTE_SHARE = 0.011  # points 210-480 m outside their village: no street within the limit of attaching
DENSITY = {"old": 1.0, "core": 1.25, "seat": 0.62, "new": 0.60, "town": 0.42, "village": 0.22, "road": 0.02}
POINTS_PER_M = {"old": 1.0, "core": 1.0, "seat": 1.0, "new": 1.0, "town": 1.0, "village": 0.62, "road": 0.05}


@dataclass(frozen=True)
class People:
    """Demand points: place in metres, people, row of the community and the kind of place (a DENSITY key)."""

    xy: Floats
    people: Ints
    community: Ints
    subdistrict: Ints
    place: Texts

    def frame(self) -> gpd.GeoDataFrame:
        """Layer `people`, EPSG:4326."""
        names = [f"P{n:06d}" for n in range(1, len(self.xy) + 1)]
        return gpd.GeoDataFrame(
            {"id": names, "people": self.people}, geometry=shapely.points(to_degrees(self.xy)), crs=STORED
        )


def draw(
    recipe: Recipe, terrain: Terrain, admin: Administration, town: Towns, village: Villages, network: Network
) -> People:
    """The people of a recipe."""
    random = recipe.random("people")
    xy, place = _beside_streets(recipe, random, town, network)
    far_xy = _beyond_streets(random, village, int(np.ceil(len(xy) * REMOTE_SHARE)))
    xy = np.concatenate([xy, far_xy])
    place = np.concatenate([place, np.full(len(far_xy), "village")])
    community = locate(admin, xy)
    good = (community >= 0) & ~terrain.wet_or_steep(np.asarray(shapely.points(xy)))
    xy, place, community = xy[good], place[good], community[good]
    subdistrict = admin.subdistrict_of[community]
    _, share = town.nearest(xy)
    centre = np.where(np.isin(place, ["village", "road"]), 1.0, 1.45 - 0.8 * np.clip(share, 0, 1.2))
    weight = np.array([DENSITY[kind] / POINTS_PER_M[kind] for kind in place]) * centre
    weight *= np.exp(random.normal(0.0, 0.45, len(xy)))
    home = np.array([entry.district for entry in subdistricts()])[subdistrict]
    people = np.zeros(len(xy), dtype=np.int64)
    for district in districts():
        of = home == district["code"]
        people[of] = share_out(int(district["people"]), weight[of])
    return People(xy, people, community, subdistrict, place)


def share_out(total: int, weight: Floats) -> Ints:
    """Whole people by weight, at least one each, summing exactly: largest remainders."""
    exact = weight / weight.sum() * (total - len(weight))
    whole = np.floor(exact).astype(np.int64)
    left = total - len(weight) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return whole + 1


def locate(admin: Administration, xy: Floats) -> Ints:
    """Row of the community of each place in metres, -1 outside the city."""
    tree = shapely.STRtree(admin.communities.geometry.to_numpy())
    point, row = tree.query(shapely.points(to_degrees(xy)), predicate="intersects")
    found = np.full(len(xy), -1, dtype=np.int64)
    found[point[::-1]] = row[::-1]
    return found


def _beside_streets(
    recipe: Recipe, random: np.random.Generator, town: Towns, network: Network
) -> tuple[Floats, Texts]:
    """Points spread evenly along the streets where people live, 12 to 50 m to the side."""
    streets = network.streets
    home = np.flatnonzero((streets.rank >= RANK["tertiary"]) & (streets.group[streets.edge] > -2).all(axis=1))
    a, b = streets.xy[streets.edge[home, 0]], streets.xy[streets.edge[home, 1]]
    group = streets.group[streets.edge[home]]
    row, _ = town.nearest((a + b) / 2)
    place = np.where(
        (group < 0).any(axis=1), "road", np.where(group[:, 0] > town.cluster.max(), "village", town.role[row])
    )
    length = np.hypot(*(b - a).T)
    chance = np.cumsum(length * np.array([POINTS_PER_M[kind] for kind in place]))
    wanted = int(POINTS * max(recipe.scale, 0.02))
    draws = (np.arange(wanted) + random.uniform(0, 1, wanted)) / wanted * chance[-1]
    edge = np.minimum(np.searchsorted(chance, draws), len(home) - 1)
    t = random.uniform(0.05, 0.95, wanted)[:, None]
    unit = (b - a)[edge] / length[edge][:, None]
    side = random.uniform(12, 50, wanted) * random.choice([-1.0, 1.0], wanted)
    across = np.column_stack([-unit[:, 1], unit[:, 0]]) * side[:, None]
    return a[edge] + (b - a)[edge] * t + across, place[edge]


def _beyond_streets(random: np.random.Generator, village: Villages, count: int) -> Floats:
    """Points outside villages, farther from their streets than 200 m (roads may pass nearer by chance)."""
    pick = random.integers(0, len(village.at), count)
    turn = random.uniform(0, 2 * np.pi, count)
    away = 0.75 * village.side_m[pick].max(axis=1) + random.uniform(230, 430, count)
    return village.at[pick] + away[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])


def north_of_railway(terrain: Terrain, xy: Floats) -> Bools:
    """North of the east-west railways."""
    lines = {row.id: shapely.get_coordinates(row.line) for row in terrain.railways}
    line = np.concatenate([lines["rail-3"], lines["rail-2"]])
    line = line[np.argsort(line[:, 0], kind="stable")]
    return np.asarray(xy[:, 1] > np.interp(xy[:, 0], line[:, 0], line[:, 1]))

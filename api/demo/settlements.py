"""Where people live together: towns around the subdistricts' anchors, and villages in other communities."""

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from api.demo.administrative import Administration
from api.demo.ground import Bools, Floats, Ints, Noise, Recipe, Texts, places, subdistricts, to_plane
from api.demo.terrain import Terrain

REACH = {"old": 1000.0, "core": 1000.0, "seat": 800.0, "new": 650.0, "town": 560.0}  # m per km of `town_km`
BLOCK_M2 = {"old": 6_000.0, "core": 8_600.0, "seat": 9_200.0, "new": 10_500.0, "town": 9_000.0}
LEAST_REACH_M = 230.0
VILLAGE_BLOCK_M2 = 7_500.0


@dataclass(frozen=True)
class Towns:
    """The 164 anchors and what is built around them; towns that touch share a `cluster` and its streets."""

    at: Floats
    reach_m: Floats
    block_m2: Floats
    role: Texts
    cluster: Ints
    noise: Noise

    def nearest(self, xy: Floats) -> tuple[Ints, Floats]:
        """Row of the town that a place belongs to, and its distance as a share of the town's reach."""
        away, row = cKDTree(self.at).query(xy, k=min(12, len(self.at)))
        share = away / self.reach_m[row]
        best = share.argmin(axis=1)
        pick = np.arange(len(xy))
        return row[pick, best].astype(np.int64), share[pick, best]

    def built(self, xy: Floats) -> Bools:
        """Whether a place is built up: within reach of an anchor, give or take a ragged rim."""
        return np.asarray(self.nearest(xy)[1] + 0.13 * self.noise(xy) < 1.0)


@dataclass(frozen=True)
class Villages:
    """Villages by the row of their community, with size and turn of their streets."""

    community: Ints
    at: Floats
    side_m: Floats  # (n, 2)
    turn: Floats


def towns(recipe: Recipe) -> Towns:
    """The built-up places of a recipe."""
    rows = subdistricts()
    at = to_plane([(row.lon, row.lat) for row in rows])
    reach = np.array([row.town_km * REACH[row.role] for row in rows]) * recipe.shrink
    reach = np.maximum(reach, LEAST_REACH_M)
    pairs = cKDTree(at).query_pairs(float(2 * reach.max()), output_type="ndarray")
    gap = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    pairs = pairs[gap < 0.97 * (reach[pairs[:, 0]] + reach[pairs[:, 1]])]
    n = len(rows)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    cluster = connected_components(graph, directed=False)[1].astype(np.int64)
    return Towns(
        at=at,
        reach_m=reach,
        block_m2=np.array([BLOCK_M2[row.role] for row in rows]),
        role=np.array([row.role for row in rows]),
        cluster=cluster,
        noise=Noise(recipe.random("rim"), 1_100.0 * max(recipe.shrink, 0.3)),
    )


def villages(recipe: Recipe, terrain: Terrain, admin: Administration, town: Towns) -> Villages:
    """A village at the middle of each community that is neither built up, nor wet, nor too steep."""
    random = recipe.random("villages")
    at = admin.middle + random.uniform(-120, 120, admin.middle.shape)
    row, _ = town.nearest(at)
    away = np.hypot(*(at - town.at[row]).T)
    free = away > 1.12 * town.reach_m[row] + 420.0
    dry = ~terrain.wet_or_steep(shapely.points(at), 260.0)
    kept = random.uniform(0, 1, len(at)) > (1 - places()["hills"]["thinning"]) * terrain.height(at)
    chosen = random.uniform(0, 1, len(at)) < min(1.0, recipe.scale)
    community = np.flatnonzero(free & dry & kept & chosen)
    size = 1.0 - 0.3 * terrain.height(at[community])
    side = random.uniform(290, 530, (len(community), 2)) * size[:, None]
    return Villages(community, at[community], side, random.uniform(0, np.pi, len(community)))

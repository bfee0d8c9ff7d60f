"""The city's register of roads: streets of towns joined into roads as they run straight on, by class.

At each junction the two ways of one class that continue each other best belong to one road. Village streets
and the highways between towns are not of the register, nor are most streets inside blocks.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from api.demo.administrative import Administration
from api.demo.blocks import CLASSES, RANK
from api.demo.ground import Bools, Floats, Ints, Shapes, Texts, to_degrees
from api.demo.people import locate
from api.demo.serials import numbered
from api.demo.settlements import Towns
from api.demo.streets import Network
from geo.crs import STORED

CLASS_OF = {"trunk": "expressway", "primary": "arterial", "secondary": "secondary", "tertiary": "branch",
            "residential": "lane"}  # fmt: skip
NAMED = {"expressway": "快速路", "arterial": "大道", "secondary": "路", "branch": "支路", "lane": "巷"}
WIDTH_M = {"expressway": 60, "arterial": 45, "secondary": 32, "branch": 20, "lane": 9}
LANES_IN = ("old",)  # kinds of town whose residential streets are in the register
_STRAIGHT_ON = np.cos(np.radians(40.0))
_SHORTEST_M = 90.0


@dataclass(frozen=True)
class Roads:
    """Roads as lines in metres, each with its class and the row of the subdistrict it lies in."""

    line: Shapes
    road_class: Texts
    subdistrict: Ints

    def frame(self) -> gpd.GeoDataFrame:
        """Layer `roads`, EPSG:4326, in the order of `numbered(subdistrict)`."""
        of = numbered(self.subdistrict)
        kind = self.road_class[of.order]
        return gpd.GeoDataFrame(
            {
                "id": of.ids("road"),
                "name": [
                    f"{stem}{n}号{NAMED[one]}" for stem, n, one in zip(of.stem, of.serial, kind, strict=True)
                ],
                "class": kind,
                "width_m": np.array([WIDTH_M[one] for one in kind], dtype=np.float64),
            },
            geometry=shapely.transform(self.line[of.order], to_degrees),
            crs=STORED,
        )


def draw(admin: Administration, town: Towns, network: Network) -> Roads:
    """The register of a city's roads, in the order of their subdistricts."""
    xy, edge, rank = network.streets.xy, *_registered(town, network)
    road = joined(xy, edge, rank)
    order = np.argsort(road, kind="stable")
    start = np.searchsorted(road[order], np.arange(int(road.max(initial=-1)) + 1))
    parts = shapely.multilinestrings(np.asarray(shapely.linestrings(xy[edge[order]])), indices=road[order])
    line, row = shapely.get_parts(shapely.line_merge(parts), return_index=True)
    kind = np.array([CLASS_OF[CLASSES[one]] for one in rank[order][start[row]]])
    fast = [shapely.LineString(xy) for one, _, xy in network.roads if CLASSES[one] == "trunk"]
    line = np.concatenate([line, np.array(fast, dtype=object)])
    kind = np.concatenate([kind, np.full(len(fast), "expressway")])
    long = shapely.length(line) >= _SHORTEST_M
    line, kind = line[long], kind[long]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(line, 0.5, normalized=True))
    community = locate(admin, middle)
    inside = community >= 0
    home = admin.subdistrict_of[community[inside]]
    by_home = np.argsort(home, kind="stable")
    return Roads(line[inside][by_home], kind[inside][by_home], home[by_home])


def _registered(town: Towns, network: Network) -> tuple[Ints, Ints]:
    """Edges of the register and their ranks: main streets of towns, and the lanes of the old town."""
    streets = network.streets
    group = streets.group[streets.edge]
    inner = ((group >= 0) & (group <= town.cluster.max())).all(axis=1)
    role = town.role[town.nearest(streets.xy[streets.edge].mean(axis=1))[0]]
    main = np.isin(streets.rank, [RANK["primary"], RANK["secondary"], RANK["tertiary"]])
    lane = (streets.rank == RANK["residential"]) & np.isin(role, LANES_IN)
    rows = np.flatnonzero(inner & (main | lane))
    return streets.edge[rows], streets.rank[rows]


def joined(xy: Floats, edge: Ints, rank: Ints) -> Ints:
    """Number of the road of each edge: edges are joined where each is the other's best continuation."""
    n = len(edge)
    way, at = np.tile(np.arange(n), 2), np.concatenate([edge[:, 0], edge[:, 1]])
    other = np.concatenate([edge[:, 1], edge[:, 0]])
    ahead = xy[other] - xy[at]
    ahead /= np.hypot(*ahead.T)[:, None]
    one, two = _meeting(at, rank[way])
    bend = -(ahead[one] * ahead[two]).sum(axis=1)  # 1: straight on
    fit = bend > _STRAIGHT_ON
    one, two, bend = one[fit], two[fit], bend[fit]
    free: Bools = np.ones(2 * n, dtype=bool)
    joined = []
    for _ in range(3):
        live = free[one] & free[two]
        one, two, bend = one[live], two[live], bend[live]
        best = np.full(2 * n, -2.0)
        np.maximum.at(best, one, bend)
        np.maximum.at(best, two, bend)
        mutual = (bend == best[one]) & (bend == best[two])
        joined.append(np.column_stack([way[one[mutual]], way[two[mutual]]]))
        free[one[mutual]] = free[two[mutual]] = False
    pair = np.concatenate(joined)
    graph = coo_array((np.ones(len(pair), dtype=np.int8), (pair[:, 0], pair[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _meeting(at: Ints, rank: Ints) -> tuple[Ints, Ints]:
    """All pairs of half edges that leave one node and have one class."""
    order = np.lexsort([rank, at])
    first: list[Ints] = []
    second: list[Ints] = []
    for step in range(1, 6):
        a, b = order[:-step], order[step:]
        same = (at[a] == at[b]) & (rank[a] == rank[b])
        if not same.any():
            break
        first.append(a[same])
        second.append(b[same])
    return np.concatenate([*first, np.empty(0, np.int64)]), np.concatenate([*second, np.empty(0, np.int64)])

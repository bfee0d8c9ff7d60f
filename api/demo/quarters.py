"""Blocks: the ground that streets enclose in towns and villages, with the people who live on it."""

from dataclasses import dataclass

import numpy as np
import shapely

from api.demo.administrative import Administration
from api.demo.blocks import RANK
from api.demo.crossings import barriers
from api.demo.ground import Bools, Floats, Ints, Shapes, Texts
from api.demo.people import People, locate
from api.demo.settlements import Towns
from api.demo.streets import Network
from api.demo.terrain import Terrain

HALF_STREET_M = 9.0
_SMALLEST_M2 = 900.0


@dataclass(frozen=True)
class Quarters:
    """Blocks between streets, without the streets: polygons in metres that touch nothing of each other.

    `place` is the kind of town around (a role, or village), `people` those who live on the block, its half of
    the streets included; `dry` blocks are free of water, hills, railways and motorways.
    """

    shape: Shapes
    area_m2: Floats
    middle: Floats
    place: Texts
    subdistrict: Ints
    people: Ints
    dry: Bools

    def __len__(self) -> int:
        return len(self.shape)


def draw(terrain: Terrain, admin: Administration, town: Towns, network: Network, people: People) -> Quarters:
    """The blocks of a city's streets; lanes and footways lie inside them."""
    face, village = _faces(town, network)
    shape, row = _without_streets(face, network)
    face, village = face[row], village[row]
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))
    community = locate(admin, middle)
    inside = community >= 0
    shape, face, village, middle = shape[inside], face[inside], village[inside], middle[inside]
    nearest, _ = town.nearest(middle)
    return Quarters(
        shape=shape,
        area_m2=shapely.area(shape),
        middle=middle,
        place=np.where(village, "village", town.role[nearest]),
        subdistrict=admin.subdistrict_of[community[inside]],
        people=_people_on(face, people),
        dry=_dry(terrain, face),
    )


def _faces(town: Towns, network: Network) -> tuple[Shapes, Bools]:
    """Faces of the streets down to residential ones, settlement by settlement, and which are of villages."""
    streets = network.streets
    group = streets.group[streets.edge]
    rows = np.flatnonzero(
        (group[:, 0] == group[:, 1]) & (group[:, 0] >= 0) & (streets.rank <= RANK["residential"])
    )
    rows = rows[np.argsort(group[rows, 0], kind="stable")]
    of, lines = group[rows, 0], shapely.linestrings(streets.xy[streets.edge[rows]])
    first_village = int(town.cluster.max()) + 1
    start = np.searchsorted(of, np.arange(int(of.max(initial=0)) + 2))
    towns = [
        shapely.get_parts(shapely.polygonize(lines[start[n] : start[n + 1]])) for n in range(first_village)
    ]
    inner = np.flatnonzero(of >= first_village)
    size = np.diff(start[first_village:])
    padded = np.full((len(size), int(size.max(initial=0))), None, dtype=object)  # polygonize a row at a time
    padded[of[inner] - first_village, inner - start[of[inner]]] = lines[inner]
    villages = shapely.get_parts(shapely.polygonize(padded)) if padded.size else np.empty(0, dtype=object)
    face = np.concatenate([*towns, villages])
    return face, np.arange(len(face)) >= len(face) - len(villages)


def _without_streets(face: Shapes, network: Network) -> tuple[Shapes, Ints]:
    """Each face less half a street's width, its largest part, and its row; of two that overlap one stays.

    Faces overlap where streets cross without meeting.
    """
    inner = _without_dead_ends(
        shapely.buffer(face, -HALF_STREET_M, join_style="mitre", mitre_limit=2.0), network
    )
    part, row = shapely.get_parts(inner, return_index=True)
    order = np.lexsort([-shapely.area(part), row])
    part, row = part[order], row[order]
    good = np.concatenate([[True], np.diff(row) > 0])[: len(row)] & (shapely.area(part) >= _SMALLEST_M2)
    part, row = part[good], row[good]
    one, other = shapely.STRtree(part).query(part, predicate="intersects")
    keep = np.ones(len(part), dtype=bool)
    keep[np.maximum(one, other)[one != other]] = False
    return part[keep], row[keep]


def _without_dead_ends(inner: Shapes, network: Network) -> Shapes:
    """The shapes without the streets that end inside them, or cross their border without meeting it."""
    streets = network.streets
    ways = shapely.linestrings(streets.xy[streets.edge[streets.rank <= RANK["residential"]]])
    row, way = shapely.STRtree(ways).query(inner, predicate="intersects")
    order = np.argsort(row, kind="stable")
    hit, number = np.unique(row[order], return_inverse=True)
    within = shapely.multilinestrings(ways[way[order]], indices=number)
    left = inner.copy()
    left[hit] = shapely.difference(inner[hit], shapely.buffer(within, HALF_STREET_M, quad_segs=2))
    return left


def _people_on(face: Shapes, people: People) -> Ints:
    point, row = shapely.STRtree(face).query(shapely.points(people.xy), predicate="intersects")
    return np.bincount(row, people.people[point], minlength=len(face)).astype(np.int64)


def _dry(terrain: Terrain, face: Shapes) -> Bools:
    dry = ~terrain.wet_or_steep(face)
    lines = np.concatenate([_segments(shapely.get_coordinates(row.line)) for row in barriers(terrain)])
    dry[np.unique(shapely.STRtree(lines).query(face, predicate="dwithin", distance=25.0)[0])] = False
    return dry


def _segments(xy: Floats) -> Shapes:
    return np.asarray(shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)))

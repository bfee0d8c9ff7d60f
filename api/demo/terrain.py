"""The land: one big river, a canal, lakes, hills, railways and motorways, drawn from a few rough anchors."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.interpolate import CubicSpline

from api.demo.ground import Bools, Floats, Noise, Recipe, Shapes, places, to_degrees, to_plane
from geo.crs import STORED


@dataclass(frozen=True)
class River:
    """The river as a line in metres whose x only grows: north of it and south of it are told apart by y."""

    line: Floats

    def is_north(self, xy: Floats) -> Bools:
        return np.asarray(xy[:, 1] > np.interp(xy[:, 0], self.line[:, 0], self.line[:, 1]))

    def mirror(self, spots: Floats, near_m: float = 700.0) -> Floats:
        """The spots with those near the river replaced by pairs on both banks, so that cells meet in it."""
        line = shapely.linestrings(self.line)
        shapely.prepare(line)
        far = spots[~shapely.dwithin(line, shapely.points(spots), near_m)]
        at = np.arange(0.0, line.length, 1.25 * near_m)
        here, ahead = _at(line, at), _at(line, at + 5.0)
        unit = (ahead - here) / np.hypot(*(ahead - here).T)[:, None]
        across = np.column_stack([-unit[:, 1], unit[:, 0]]) * near_m * 0.62
        box = np.concatenate([far.min(axis=0), far.max(axis=0)])
        banks = np.concatenate([here + across, here - across])
        fits = (banks[:, :2] > box[:2]).all(axis=1) & (banks[:, :2] < box[2:]).all(axis=1)
        return np.concatenate([far, banks[fits]])


@dataclass(frozen=True)
class Barrier:
    """Something a street crosses only here and there, about every `crossing_m` metres."""

    id: str
    name: str
    line: shapely.LineString
    crossing_m: float


@dataclass(frozen=True)
class Terrain:
    """Everything in metres of EPSG:4548."""

    river: River
    river_area: shapely.Polygon
    canal: Barrier
    lakes: tuple[tuple[str, str, shapely.Polygon], ...]
    hills: shapely.MultiPolygon
    railways: tuple[Barrier, ...]
    roads: tuple[tuple[str, str, Floats], ...]  # class (motorway, trunk), name, vertices

    def wet_or_steep(self, shapes: Shapes, margin_m: float = 0.0) -> Bools:
        """Which shapes come within a margin of the river's banks, a lake or a hill: nobody builds there."""
        river = shapely.linestrings(np.stack([self.river.line[:-1], self.river.line[1:]], axis=1))
        solid = shapely.get_parts([*(shape.buffer(40.0) for _, _, shape in self.lakes), self.hills])
        hit = np.zeros(len(shapes), dtype=bool)
        for what, reach_m in ((river, float(places()["river"]["bank_m"])), (solid, 0.0)):
            near = shapely.STRtree(what).query(shapes, predicate="dwithin", distance=reach_m + margin_m)[0]
            hit[np.unique(near)] = True
        return hit

    def height(self, xy: Floats) -> Floats:
        """How hilly a place is, 0 on the plain to 1 far south of the foot of the hills."""
        foot = to_plane(places()["hills"]["foot"])
        return np.clip((np.interp(xy[:, 0], foot[:, 0], foot[:, 1]) - xy[:, 1]) / 9_000.0, 0.0, 1.0)


def draw(recipe: Recipe) -> Terrain:
    """The land of a recipe."""
    random = recipe.random("terrain")
    data = places()
    line = smooth(to_plane(data["river"]["line"]), 250.0)
    sway = Noise(random, 6_000.0)
    line[:, 1] += 180.0 * sway(line)
    keep = np.concatenate([[True], np.diff(np.maximum.accumulate(line[:, 0])) > 0])
    river = River(line[keep])
    middle = shapely.linestrings(river.line)
    return Terrain(
        river=river,
        river_area=middle.buffer(data["river"]["half_width_m"], quad_segs=4),
        canal=_barrier(data["canal"]),
        lakes=tuple((lake["id"], lake["name"], _lake(lake, random)) for lake in data["lake"]),
        hills=shapely.union_all([_blob(*row, random=random) for row in data["hills"]["blobs"]]),
        railways=tuple(_barrier(row) for row in data["railway"]),
        roads=tuple((kind, row["name"], _road(row)) for kind in ("motorway", "trunk") for row in data[kind]),
    )


def smooth(xy: Floats, step_m: float, closed: bool = False) -> Floats:
    """A smooth curve through the points, a vertex about every `step_m` metres."""
    if closed:
        xy = np.concatenate([xy, xy[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    curve = CubicSpline(along, xy, bc_type="periodic" if closed else "natural")
    return np.asarray(curve(np.linspace(0.0, along[-1], max(int(along[-1] / step_m), 2) + 1)))


def water_frame(terrain: Terrain, city: shapely.Geometry) -> gpd.GeoDataFrame:
    """River, canal and lakes inside the city, EPSG:4326."""
    data = places()
    canal = terrain.canal.line.buffer(data["canal"]["half_width_m"], quad_segs=4)
    rows = [(data["river"]["id"], data["river"]["name"], "river", terrain.river_area)]
    rows += [(terrain.canal.id, terrain.canal.name, "river", canal)]
    rows += [(identifier, name, "lake", shape) for identifier, name, shape in terrain.lakes]
    return _clipped(rows, city)


def railway_frame(terrain: Terrain, city: shapely.Geometry) -> gpd.GeoDataFrame:
    """Railways inside the city, EPSG:4326."""
    return _clipped([(row.id, row.name, "rail", row.line) for row in terrain.railways], city)


def _clipped(rows: list[tuple[str, str, str, shapely.Geometry]], city: shapely.Geometry) -> gpd.GeoDataFrame:
    """`city` is in degrees; the rows' shapes in metres."""
    shapes = shapely.transform(np.array([row[3] for row in rows], dtype=object), to_degrees)
    return gpd.GeoDataFrame(
        {"id": [row[0] for row in rows], "name": [row[1] for row in rows], "kind": [row[2] for row in rows]},
        geometry=list(shapely.intersection(shapes, city)),
        crs=STORED,
    )


def _barrier(row: dict[str, Any]) -> Barrier:
    line = shapely.linestrings(smooth(to_plane(row["line"]), 200.0))
    return Barrier(row["id"], row["name"], line, float(row["crossing_m"]))


def _road(row: dict[str, Any]) -> Floats:
    return smooth(to_plane(row["line"]), 700.0, closed=bool(row.get("ring", False)))


def _lake(row: dict[str, Any], random: np.random.Generator) -> shapely.Polygon:
    lon, lat = row["at"]
    turn = float(random.uniform(-25, 25))
    return _blob(lon, lat, row["length_m"] / 1000, row["width_m"] / 1000, turn, random=random)


def _blob(
    lon: float, lat: float, length_km: float, width_km: float, turn: float, *, random: np.random.Generator
) -> shapely.Polygon:
    """An ellipse with a ragged edge."""
    angle = np.linspace(0.0, 2 * np.pi, 48, endpoint=False)
    size = np.ones(len(angle))
    for k in range(2, 7):
        size += random.uniform(-1, 1) * 0.16 / k * np.cos(k * angle + random.uniform(0, 6.3))
    local = 500.0 * np.column_stack([length_km * np.cos(angle), width_km * np.sin(angle)]) * size[:, None]
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return shapely.Polygon(to_plane([(lon, lat)])[0] + local @ np.array([[c, s], [-s, c]]))


def _at(line: shapely.LineString, along: Floats) -> Floats:
    return shapely.get_coordinates(shapely.line_interpolate_point(line, along))

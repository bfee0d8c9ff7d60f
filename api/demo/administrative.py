"""Districts, subdistricts and communities: one mosaic of cells, grouped twice.

A cell is a community. It joins the subdistrict whose anchor is nearest in the sense of a power diagram,
whose weights are moved until every subdistrict has about its true size; districts are unions of
subdistricts. So the three layers tile the city exactly, by construction.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from api.demo import cells as cell
from api.demo.ground import Bools, Floats, Ints, Recipe, bend, districts, places, subdistricts, to_plane
from api.demo.terrain import Terrain
from geo.crs import STORED

DENSE_M = {"old": 380.0, "core": 430.0, "seat": 600.0, "new": 900.0, "town": 1300.0}
_RIVER_COST = 4.0e9  # m2 added to a squared distance across the river: borders prefer to follow it


@dataclass(frozen=True)
class Administration:
    """The three layers, and for each community the row of its subdistrict and its middle in metres."""

    districts: gpd.GeoDataFrame
    subdistricts: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    subdistrict_of: Ints
    middle: Floats


def draw(recipe: Recipe, terrain: Terrain) -> Administration:
    """Draw the administrative layers, EPSG:4326."""
    random = recipe.random("administrative")
    anchors = to_plane([(row.lon, row.lat) for row in subdistricts()])
    dense = np.array([min(DENSE_M[row.role], 520.0 * np.sqrt(row.area_km2 / 2)) for row in subdistricts()])
    outline = _outline()
    coarse = 1.0 if recipe.scale > 0.3 else 2.0
    dense *= np.where(dense > 500.0, coarse, 1.0)
    sparse = 1700.0 * coarse
    margin = 2.6 * sparse
    bounds = np.array(outline.bounds) + np.array([-margin, -margin, margin, margin])
    spots = cell.scatter(random, bounds, sparse, cell.Spacing(anchors, dense, sparse))
    spots = terrain.river.mirror(spots)
    mosaic = cell.mosaic(spots)
    warped = bend(mosaic.centre, random, wavelength_m=9_000.0, reach_m=420.0)
    inside = shapely.contains_xy(outline, warped) & np.isfinite(mosaic.area_m2)
    label = _assign(mosaic, warped, inside, anchors, terrain)
    number, shapes = cell.polygons(mosaic, inside, random, step_m=170.0)
    return _frames(number, shapes, label[number], mosaic.centre[number])


def _outline() -> shapely.Polygon:
    """The rough outline in metres, scaled about its middle to the city's true area."""
    outline = shapely.Polygon(to_plane(places()["city"]["outline"]))
    factor = float(np.sqrt(places()["city"]["area_km2"] * 1e6 / outline.area))
    middle = np.array(outline.centroid.coords[0])
    return shapely.transform(outline, lambda xy: (xy - middle) * factor + middle)


def _targets(total_m2: float) -> Floats:
    """Area of each subdistrict in m2: its rough size, scaled so that districts have their true areas."""
    rows = subdistricts()
    size = np.array([row.area_km2 for row in rows])
    home = np.array([row.district for row in rows])
    for district in districts():
        of = home == district["code"]
        size[of] *= district["area_km2"] / size[of].sum()
    return size / size.sum() * total_m2


def _assign(mosaic: cell.Mosaic, warped: Floats, inside: Bools, anchors: Floats, terrain: Terrain) -> Ints:
    """Row of the subdistrict of each cell, -1 outside: a power diagram with areas as wanted, in one piece."""
    rows = np.flatnonzero(inside)
    place, area = warped[rows], mosaic.area_m2[rows]
    away = ((place[:, None, :] - anchors[None, :, :]) ** 2).sum(axis=2)
    north, anchor_north = terrain.river.is_north(mosaic.centre[rows]), terrain.river.is_north(anchors)
    away += _RIVER_COST * (north[:, None] != anchor_north[None, :])
    target = _targets(float(area.sum()))
    weight = target / 4
    best = weight
    least = np.inf
    for turn in range(220):
        got = np.bincount((away - weight).argmin(axis=1), area, minlength=len(anchors))
        missing = float((np.abs(got - target) / target).sum())
        if missing < least:
            least, best = missing, weight
        weight = weight + (0.5 if turn < 120 else 0.15) * (target - got)
    chosen = (away - best).argmin(axis=1)
    chosen[cKDTree(mosaic.centre[rows]).query(anchors)[1]] = np.arange(len(anchors))
    label = np.full(len(inside), -1, dtype=np.int64)
    label[rows] = chosen
    return _in_one_piece(mosaic, label)


def _in_one_piece(mosaic: cell.Mosaic, label: Ints) -> Ints:
    """Give every stray piece of a subdistrict to a neighbour it touches; no land is lost."""
    label = label.copy()
    for _ in range(20):
        same = (label[mosaic.pair[:, 0]] == label[mosaic.pair[:, 1]]) & (label[mosaic.pair[:, 0]] >= 0)
        pair = mosaic.pair[same]
        n = len(label)
        graph = coo_array((np.ones(len(pair), dtype=np.int8), (pair[:, 0], pair[:, 1])), shape=(n, n))
        piece = connected_components(graph, directed=False)[1]
        size = np.bincount(piece)
        largest = np.zeros(int(label.max()) + 1, dtype=np.int64)
        np.maximum.at(largest, label[label >= 0], size[piece[label >= 0]])
        stray = (label >= 0) & (size[piece] < largest[np.maximum(label, 0)])
        if not stray.any():
            break
        both = np.concatenate([mosaic.pair, mosaic.pair[:, ::-1]])
        both = both[stray[both[:, 0]] & ~stray[both[:, 1]] & (label[both[:, 1]] >= 0)]
        votes = np.lexsort([label[both[:, 1]], both[:, 0]])[::-1]
        label[both[votes, 0]] = label[both[votes, 1]]
    return label


def _frames(number: Ints, shapes: list, label: Ints, middle: Floats) -> Administration:
    order = np.lexsort([number, label])
    label, middle = label[order], middle[order]
    shape = np.array(shapes, dtype=object)[order]
    rows = subdistricts()
    first = np.searchsorted(label, np.arange(len(rows)))
    serial = np.arange(len(label)) - first[label] + 1
    names, codes = np.array([row.name for row in rows]), np.array([row.code for row in rows])
    stem = np.array([row.name.removesuffix("街道").removesuffix("镇") for row in rows])
    communities = gpd.GeoDataFrame(
        {
            "code": [f"{codes[row]}{n:03d}" for row, n in zip(label, serial, strict=True)],
            "name": [f"{stem[row]}第{n}社区" for row, n in zip(label, serial, strict=True)],
            "subdistrict_code": codes[label],
            "district_code": np.array([row.district for row in rows])[label],
        },
        geometry=list(shape),
        crs=STORED,
    )
    merged = [shapely.coverage_union_all(shape[label == row]) for row in range(len(rows))]
    subdistrict = gpd.GeoDataFrame(
        {
            "code": codes,
            "name": names,
            "name_en": [row.name_en for row in rows],
            "kind": [row.kind for row in rows],
            "district_code": [row.district for row in rows],
            "agency": [row.agency for row in rows],
        },
        geometry=merged,
        crs=STORED,
    )
    home = np.array([row.district for row in rows])
    district = gpd.GeoDataFrame(
        {key: [row[key] for row in districts()] for key in ("code", "name", "name_en", "kind")},
        geometry=[shapely.coverage_union_all(np.array(merged)[home == row["code"]]) for row in districts()],
        crs=STORED,
    )
    return Administration(district, subdistrict, communities, label, middle)

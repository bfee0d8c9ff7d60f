"""The cities of the report benchmark, as frames in memory: what a script would have read from files."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import STORED, transform_xy, working_crs
from inventory.rule_file import from_document, rule_set
from inventory.rules import RuleSet

ZONES_ACROSS, ZONES_UP = 16, 10


@dataclass(frozen=True)
class World:
    """Frames in longitude and latitude; `facilities` has one row per facility, with layer and category."""

    name: str
    crs: CRS
    nodes: pd.DataFrame
    edges: pd.DataFrame
    people: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    rules: RuleSet


def porto(data: Path, people: int, sites: int, *, search_m: float, seed: int = 20501) -> World:
    """Porto's streets, with seeded people and `sites` facilities of each of the 24 categories.

    People and facilities stand some tens of metres from a random place on a street, more of them where the
    streets are denser.
    """
    nodes, edges = _streets(data, "porto")
    rng = np.random.default_rng(seed)
    standard = rule_set("gb50180-2018")
    rules = from_document(dict(standard.document) | {"search_m": search_m}, "benchmark")
    xy, crs = _metres(nodes)
    ends = np.searchsorted(nodes["node_id"], edges[["u", "v"]].to_numpy())  # node ids are sorted in the file
    place = _beside_streets(rng, xy, ends, people)
    residents = _frame({"id": _ids(people), "people": rng.integers(1, 40, people).astype(float)}, place, crs)
    found = []
    for row in rules.categories:
        columns = {"id": _ids(sites), "layer": row.layer, "category": row.id}
        found.append(_frame(columns, _beside_streets(rng, xy, ends, sites), crs))
    facilities = gpd.GeoDataFrame(pd.concat(found, ignore_index=True), crs=STORED)
    name = f"Porto, 24 x {sites} sites, to {search_m / 1000:g} km"
    return World(name, crs, nodes, edges, residents, facilities, _zones(xy, crs), rules)


def porto_alegre(data: Path) -> World:
    """Porto Alegre as it is: people of a census grid, bus stops, toilets and the like of OpenStreetMap,
    schools and health care of the same grid."""
    nodes, edges = _streets(data, "porto_alegre")
    xy, crs = _metres(nodes)
    cells = pd.read_csv(data / "raster" / "porto_alegre_hexgrid.csv")
    places = pd.read_csv(data / "poi" / "porto_alegre_pois.csv").rename(columns={"osm_id": "id"})
    counted = [
        cells.loc[cells[column] > 0, ["id", "lon", "lat"]].assign(category=column)
        for column in ("schools", "healthcare")
    ]
    found = [places[["id", "category", "lon", "lat"]], *counted]
    table = pd.concat(found, ignore_index=True).assign(layer="places")
    people = cells.rename(columns={"population": "people"})
    return World(
        "Porto Alegre as it is", crs, nodes, edges,
        _points(people[["id", "people", "lon", "lat"]]), _points(table), _zones(xy, crs),
        _rules(sorted(table["category"].unique())),
    )  # fmt: skip


def _rules(categories: list[str]) -> RuleSet:
    """The standard's settings with the categories that a city's data happen to have."""
    document = dict(rule_set("gb50180-2018").document)
    tiers = [dict(tier, categories=[]) for tier in document["tiers"]]
    for number, name in enumerate(categories):
        tier = tiers[number % 3]
        row = {"id": name, "title_zh": name, "title_en": name, "layer": "places", "where": {"category": name}}
        said = {"clause": "-", "source": "benchmark", "standing": "assumed"}
        tier["categories"].append(row | said | {"distance_m": tier["walk_m"]})
    return from_document(document | {"id": "as-it-is", "tiers": tiers}, "benchmark")


def _streets(data: Path, city: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    stem = data / "network" / city
    return pd.read_parquet(f"{stem}_walk_nodes.parquet"), pd.read_parquet(f"{stem}_walk_edges.parquet")


def _metres(nodes: pd.DataFrame) -> tuple[np.ndarray, CRS]:
    lon_lat = nodes[["lon", "lat"]].to_numpy()
    crs = working_crs(*lon_lat.mean(axis=0).tolist())
    return transform_xy(lon_lat, STORED, crs), crs


def _beside_streets(rng: np.random.Generator, xy: np.ndarray, ends: np.ndarray, count: int) -> np.ndarray:
    edge = ends[rng.integers(0, len(ends), count)]
    share = rng.random((count, 1))
    return xy[edge[:, 0]] * share + xy[edge[:, 1]] * (1 - share) + rng.normal(0, 30, (count, 2))


def _zones(xy: np.ndarray, crs: CRS) -> gpd.GeoDataFrame:
    """A grid of 160 zones over all but the outermost streets, so that some people are outside."""
    west, south = np.quantile(xy, 0.01, axis=0)
    east, north = np.quantile(xy, 0.99, axis=0)
    x, y = np.linspace(west, east, ZONES_ACROSS + 1), np.linspace(south, north, ZONES_UP + 1)
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(ZONES_ACROSS), np.arange(ZONES_UP)))
    shapes = shapely.box(x[column], y[row], x[column + 1], y[row + 1])
    codes = [f"{number:03d}" for number in range(len(shapes))]
    return gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs=crs).to_crs(STORED)


def _ids(count: int) -> list[str]:
    return [f"{number:07d}" for number in range(count)]


def _frame(columns: dict, xy: np.ndarray, crs: CRS) -> gpd.GeoDataFrame:
    lon_lat = transform_xy(xy, crs, STORED)
    return gpd.GeoDataFrame(columns, geometry=shapely.points(lon_lat), crs=STORED)


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    points = shapely.points(table[["lon", "lat"]].to_numpy())
    return gpd.GeoDataFrame(table.drop(columns=["lon", "lat"]), geometry=points, crs=STORED)

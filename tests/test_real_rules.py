"""Coverage rules on Porto Alegre: real streets, people, stops and heights, every catchment with data.

The figures are checked against the files themselves, read and counted here with other means.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from scipy.spatial import cKDTree
from test_real_cities import (
    PORTO_ALEGRE,
    in_metres,
    new_city,
    porto_alegre_zones,  # noqa: F401 - a fixture
    take_in,
)

from geo.crs import working_crs
from inventory.circles import circles
from inventory.coverage import CoverageRun, coverage, keep
from inventory.recipe import replay
from inventory.results import RECIPE
from layers.catalog import Store
from layers.workspace import Workspace

pytestmark = [pytest.mark.shared, pytest.mark.slow]

RULES = ("bus-stop-radius", "bus-stop-walk", "bus-stop-slopes", "low-land", "schools-shared",
         "hexagons-with-schools")  # fmt: skip


@pytest.fixture(scope="module")
def store(shared, porto_alegre_zones, tmp_path_factory) -> Iterator[Store]:  # noqa: F811
    home = new_city("porto_alegre", tmp_path_factory.mktemp("porto_alegre_rules") / "home")
    data = shared / "data"
    with Store.open(Workspace.open(home)) as opened:
        for layer in ("people", "hexagons"):
            take_in(opened, data / "raster/porto_alegre_hexgrid.csv", layer=layer)
        stops = {"category": "bus_stop"}
        take_in(opened, data / "poi/porto_alegre_pois.csv", layer="services", where=stops)
        take_in(opened, porto_alegre_zones["outline"], layer="districts")
        take_in(opened, porto_alegre_zones["grid"], layer="grid_cells")
        tables = [data / f"network/porto_alegre_walk_{part}.parquet" for part in ("nodes", "edges")]
        take_in(opened, *tables, layer="walk_network")
        take_in(opened, data / "raster/porto_alegre_elevation.tif", layer="elevation")
        yield opened


@pytest.fixture(scope="module")
def runs(store: Store) -> dict[str, CoverageRun]:
    return {rule: coverage(store, rule, by="grid") for rule in RULES}


def city(run: CoverageRun, demand: str) -> dict:
    return run.result["city"]["figures"][demand]


def hexes(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "data/raster/porto_alegre_hexgrid.csv")


@pytest.mark.parametrize("rule", RULES)
def test_zones_and_outside_sum_to_the_city(runs, rule):
    result = runs[rule].result
    for demand, whole in result["city"]["figures"].items():
        rows = [row["figures"][demand] for row in (*result["zones"], result["outside"])]
        slack = 0.001 * len(rows)
        for field in ("demand", "met"):
            if whole[field] is not None:
                assert sum(row[field] or 0 for row in rows) == pytest.approx(whole[field], abs=slack)


@pytest.mark.parametrize("rule", RULES)
def test_a_kept_result_is_replayed_byte_for_byte(store, runs, rule):
    folder = keep(store, runs[rule])
    assert replay(store, folder / RECIPE).identical


def test_people_near_a_stop_are_those_of_a_plain_distance_table(shared, runs):
    near = cKDTree(stops(shared)).query(in_metres(hexes(shared)))[0] <= 500
    assert city(runs["bus-stop-radius"], "people")["met"] == hexes(shared).loc[near, "population"].sum()


def test_land_near_a_stop_is_the_union_of_discs_in_each_zone(shared, store, runs):
    """Polygons of 512 corners lack 0.01 % of a disc."""
    metres = working_crs(*PORTO_ALEGRE)
    cells = store.read("grid_cells").to_crs(metres).set_index("code").geometry
    discs = shapely.union_all(shapely.buffer(shapely.points(stops(shared)), 500.0, quad_segs=128))
    shapely.prepare(discs)
    covered = pd.Series(shapely.area(shapely.intersection(cells.to_numpy(), discs)), index=cells.index)
    rows = {row["code"]: row["figures"]["land"]["met"] for row in runs["bus-stop-radius"].result["zones"]}
    assert covered.sum() > 50e6
    for code, met in rows.items():
        assert met == pytest.approx(covered[code], abs=150.0), code  # of 785,398 m2 a disc


def test_a_rule_on_foot_says_what_the_circles_say(store, runs):
    circle = circles(store, by="grid").result["city"]["categories"]["bus_stop"]
    figure = city(runs["bus-stop-walk"], "people")
    assert (figure["met"], figure["share"]) == (circle["met"], circle["share"])
    assert figure["share_straight"] == circle["share_straight"]


def test_slopes_change_a_walk_a_little(runs):
    """Tobler's walker loses uphill more than she wins downhill, and Porto Alegre has hills of 250 m."""
    flat, slopes = (city(runs[f"bus-stop-{one}"], "people")["met"] for one in ("walk", "slopes"))
    assert 0.9 * flat < slopes < flat


def test_low_ground_is_that_of_the_cells_counted_one_by_one(shared, runs, store):
    """Cells by their middle: of about 20,000 in the zones of the raster, those on borders are few."""
    cells, below = cells_of(shared)
    zones = shapely.union_all(store.read("grid_cells").geometry.to_numpy())
    inside = shapely.contains_xy(zones, cells[:, 0], cells[:, 1])
    figure = city(runs["low-land"], "land")
    assert figure["share"] == pytest.approx(below[inside].mean(), abs=0.001)
    assert figure["unknown"] > 0  # the raster ends before the zones do


def test_people_on_low_ground_are_those_whose_cell_is_low(shared, runs):
    table = hexes(shared)
    with rasterio.open(shared / "data/raster/porto_alegre_elevation.tif") as raster:
        west, south, east, north = raster.bounds
        known = table["lon"].between(west, east) & table["lat"].between(south, north)
        held = [height[0] for height in raster.sample(table.loc[known, ["lon", "lat"]].to_numpy())]
    figure = city(runs["low-land"], "people")
    assert figure["demand"] == table.loc[known, "population"].sum()
    assert figure["met"] == table.loc[known, "population"][np.array(held) < 10].sum()


def test_schools_are_shared_out_and_none_is_lost(shared, runs):
    """People times schools per thousand of them are all the schools: units off the streets have none."""
    figure = city(runs["schools-shared"], "people")
    (service,) = runs["schools-shared"].result["services"]
    reached = figure["value"] * figure["demand"] / 1000
    assert reached == pytest.approx(194, abs=0.0005 * 812.935)  # the value is printed to three decimals
    assert service["sites"] == len(hexes(shared))  # those without a school too


def test_units_with_a_school_are_counted(shared, runs):
    figure = city(runs["hexagons-with-schools"], "features")
    assert (figure["demand"], figure["met"]) == (1227, (hexes(shared)["schools"] >= 1).sum())


def stops(shared: Path) -> np.ndarray:
    return in_metres(pd.read_csv(shared / "data/poi/porto_alegre_pois.csv").query("category == 'bus_stop'"))


def cells_of(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    """Middles of the raster's cells in degrees, and which are below ten metres."""
    with rasterio.open(shared / "data/raster/porto_alegre_elevation.tif") as raster:
        height = raster.read(1)
        rows, columns = np.indices(height.shape)
        x, y = rasterio.transform.xy(raster.transform, rows.ravel(), columns.ravel())
    return np.column_stack([x, y]), height.ravel() < 10

"""Two real cities end to end: Porto Alegre by people, Jinan by metres of street. No code is about them.

The figures are checked against computations made here from the files themselves, with other means.
"""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.crs import working_crs
from inventory.circles import CirclesRun, circles
from inventory.figures import BEYOND
from layers.catalog import Store
from layers.intake import Outcome, ingest
from layers.workspace import Workspace

pytestmark = pytest.mark.shared

CITIES = Path(__file__).parent / "cities"
CLOSED = ["motorway", "motorway_link", "trunk", "trunk_link"]
WITHOUT_STREETS = {"长清区", "章丘区", "莱芜区", "钢城区", "平阴县", "商河县"}


def new_city(name: str, home: Path) -> Path:
    """A workspace of a city's own settings, specs and rules."""
    own = {
        path.relative_to(CITIES / name).as_posix(): path.read_bytes()
        for folder in ("specs", "rules")
        for path in (CITIES / name / folder).glob("*.toml")
    }
    Workspace.init(home, (CITIES / name / "city.toml").read_text(encoding="utf-8"), own)
    return home


def take_in(store: Store, *paths: Path, layer: str, **said: object) -> Outcome:
    outcome = ingest(store, paths, layer=layer, author="test", **said)
    errors = [finding for finding in outcome.findings if finding.severity == "error"]
    assert errors == []
    assert outcome.version is not None
    return outcome


def sum_of_rows(run: CirclesRun, field: str) -> float:
    return sum(row[field] for row in (*run.result["zones"], run.result["outside"]))


def assert_rows_sum_to_the_city(run: CirclesRun) -> None:
    city = run.result["city"]
    for field in ("demand", "met"):
        assert sum_of_rows(run, field) == pytest.approx(
            city[field], abs=0.001 * (len(run.result["zones"]) + 1)
        )
    for category, total in city["categories"].items():
        parts = [row["categories"][category]["met"] for row in (*run.result["zones"], run.result["outside"])]
        assert sum(parts) == pytest.approx(total["met"], abs=0.001 * len(parts))


# Porto Alegre


@pytest.fixture(scope="module")
def porto_alegre_zones(shared, tmp_path_factory) -> dict[str, Path]:
    """The outline of the network, and a grid of one kilometre over it."""
    make = runpy.run_path(str(CITIES / "porto_alegre" / "make_zones.py"))["make"]
    nodes = shared / "data/network/porto_alegre_walk_nodes.parquet"
    return make(nodes, tmp_path_factory.mktemp("zones"))


@pytest.fixture(scope="module")
def porto_alegre(shared, porto_alegre_zones, tmp_path_factory) -> dict[str, CirclesRun]:
    """Circles by outline and by grid of the prepared network, and by outline of the OpenStreetMap extract."""
    home = new_city("porto_alegre", tmp_path_factory.mktemp("porto_alegre") / "home")
    network = shared / "data/network"
    with Store.open(Workspace.open(home)) as store:
        take_in(store, shared / "data/raster/porto_alegre_hexgrid.csv", layer="people")
        take_in(store, shared / "data/raster/porto_alegre_hexgrid.csv", layer="hexagons")
        stops = {"category": "bus_stop"}
        take_in(store, shared / "data/poi/porto_alegre_pois.csv", layer="services", where=stops)
        take_in(store, porto_alegre_zones["outline"], layer="districts")
        take_in(store, porto_alegre_zones["grid"], layer="grid_cells")
        tables = [network / f"porto_alegre_walk_{part}.parquet" for part in ("nodes", "edges")]
        take_in(store, *tables, layer="walk_network")
        runs = {by: circles(store, by=by) for by in ("outline", "grid")}
        outcome = take_in(store, network / "porto_alegre.osm.pbf", layer="walk_network")
        assert outcome.rows == 45314
        runs["from_extract"] = circles(store, by="outline")
        assert store.check() == []
    return runs


def test_everybody_in_porto_alegre_is_counted_once(porto_alegre):
    for run in porto_alegre.values():
        assert run.result["city"]["demand"] == 812935  # the table's own sum
        assert_rows_sum_to_the_city(run)
    assert porto_alegre["outline"].result["city"] == porto_alegre["grid"].result["city"]
    assert len(porto_alegre["grid"].result["zones"]) > 150


def test_categories_without_data_are_named_and_not_zero(porto_alegre):
    result = porto_alegre["outline"].result
    assert {row["category"]: row["reason"] for row in result["excluded"]} == {
        "library": "no_data",
        "kindergarten": "no_data",
    }
    status = {row["id"]: (row["status"], row["sites"]) for row in result["categories"]}
    assert status["library"] == status["kindergarten"] == ("no_data", None)
    assert status["school"] == ("measured", 194)  # counted by the column, not by hexagons
    assert status["bus_stop"] == ("measured", 1054)
    assert set(result["city"]["categories"]) == {"school", "healthcare", "bus_stop"}


def test_the_extract_gives_the_same_coverage_as_the_prepared_network(porto_alegre):
    prepared, extract = porto_alegre["outline"].result["city"], porto_alegre["from_extract"].result["city"]
    assert extract["share"] == pytest.approx(prepared["share"], abs=0.005)
    for category, row in prepared["categories"].items():
        assert extract["categories"][category]["share"] == pytest.approx(row["share"], abs=0.005)
        assert extract["categories"][category]["mean_m"] == pytest.approx(row["mean_m"], rel=0.005)


def test_walking_never_beats_the_straight_line_in_porto_alegre(porto_alegre):
    for row in (*porto_alegre["grid"].result["zones"], porto_alegre["grid"].result["city"]):
        for category in row["categories"].values():
            if category["share"] is not None:
                assert 0 <= category["share"] <= category["share_straight"] <= 1


def test_straight_shares_are_those_of_a_plain_distance_table(shared, porto_alegre):
    hexes = pd.read_csv(shared / "data/raster/porto_alegre_hexgrid.csv")
    stops = pd.read_csv(shared / "data/poi/porto_alegre_pois.csv").query("category == 'bus_stop'")
    people, sites = in_metres(hexes), in_metres(stops)
    near = cKDTree(sites).query(people)[0] <= 500
    share = hexes.loc[near, "population"].sum() / hexes["population"].sum()
    category = porto_alegre["outline"].result["city"]["categories"]["bus_stop"]
    assert category["share_straight"] == pytest.approx(share, abs=1e-6)


def test_walks_to_bus_stops_are_those_of_a_plain_shortest_path(shared, porto_alegre):
    """Every hexagon's walk again: nearest street by shapely, streets cut there, Dijkstra by SciPy."""
    hexes = pd.read_csv(shared / "data/raster/porto_alegre_hexgrid.csv")
    stops = pd.read_csv(shared / "data/poi/porto_alegre_pois.csv").query("category == 'bus_stop'")
    nodes = pd.read_parquet(shared / "data/network/porto_alegre_walk_nodes.parquet")
    edges = pd.read_parquet(shared / "data/network/porto_alegre_walk_edges.parquet")
    walk = plain_walks(in_metres(nodes), edges[["u", "v"]].to_numpy(), in_metres(hexes), in_metres(stops))

    ours = porto_alegre["outline"].distances
    row = ours.walk_mm[ours.categories.index("bus_stop")]
    known = pd.Series(np.where(row == BEYOND, np.nan, row / 1000.0), index=ours.id.to_pylist())
    theirs = pd.Series(walk, index=hexes["id"].astype(str))[known.index]
    both = known.notna().to_numpy() & (theirs <= 5000).to_numpy()
    assert both.sum() > 1000
    assert (known.notna().to_numpy() == (theirs <= 5000).to_numpy()).all()
    assert known[both].to_numpy() == pytest.approx(theirs[both].to_numpy(), abs=0.01)
    served = hexes.set_index("id")["population"][theirs[theirs <= 500].index].sum()
    assert porto_alegre["outline"].result["city"]["categories"]["bus_stop"]["met"] == served


def in_metres(table: pd.DataFrame) -> np.ndarray:
    """Places in the working system that `city.toml` leaves to "auto": the middle of its box."""
    places = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    return shapely.get_coordinates(places.to_crs(working_crs(*PORTO_ALEGRE)).to_numpy())


PORTO_ALEGRE = ((-51.30 - 51.01) / 2, (-30.28 - 29.92) / 2)


def plain_walks(nodes: np.ndarray, ends: np.ndarray, people: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Metres from each person to the nearest site; infinite where either is more than 200 m from a street."""
    graph = nx.Graph(map(tuple, ends))
    length = np.hypot(*(nodes[ends[:, 0]] - nodes[ends[:, 1]]).T)
    number = {node: part for part, group in enumerate(nx.connected_components(graph)) for node in group}
    part = np.array([number[u] for u in ends[:, 0]])
    ends = ends[np.bincount(part, length)[part] >= 5000.0]

    streets = shapely.linestrings(nodes[ends])
    places = shapely.points(np.concatenate([people, sites]))
    (item, street), access = shapely.STRtree(streets).query_nearest(
        places, max_distance=200.0, return_distance=True
    )
    item, first = np.unique(item, return_index=True)
    street, access = street[first], access[first]
    along = shapely.line_locate_point(streets[street], places[item])

    cuts = [(street, len(nodes) + np.arange(len(item)), along)]
    every = np.arange(len(ends))
    cuts += [(every, ends[:, 0], np.zeros(len(ends))), (every, ends[:, 1], shapely.length(streets))]
    edge, node, offset = (np.concatenate(column) for column in zip(*cuts, strict=True))
    order = np.lexsort([offset, edge])
    edge, node, offset = edge[order], node[order], offset[order]
    same = edge[1:] == edge[:-1]
    start, end, metres = node[:-1][same], node[1:][same], np.diff(offset)[same]

    source = len(nodes) + len(item)
    is_site = item >= len(people)
    start = np.concatenate([start, np.full(is_site.sum(), source)])
    end = np.concatenate([end, len(nodes) + np.flatnonzero(is_site)])
    metres = np.maximum(np.concatenate([metres, access[is_site]]), 1e-9)  # a weight of zero would be no edge
    pairs = pd.DataFrame({"a": np.minimum(start, end), "b": np.maximum(start, end), "m": metres})
    pairs = pairs.groupby(["a", "b"], as_index=False)["m"].min()
    matrix = coo_matrix((pairs["m"], (pairs["a"], pairs["b"])), shape=(source + 1, source + 1)).tocsr()
    reached = dijkstra(matrix, directed=False, indices=source)

    walk = np.full(len(people), np.inf)
    walk[item[~is_site]] = reached[len(nodes) + np.flatnonzero(~is_site)] + access[~is_site]
    return walk


# Jinan


@pytest.fixture(scope="module")
def jinan(shared, tmp_path_factory) -> CirclesRun:
    home = new_city("jinan", tmp_path_factory.mktemp("jinan") / "home")
    data = shared / "data"
    with Store.open(Workspace.open(home)) as store:
        take_in(store, data / "boundaries/jinan_districts_wgs84.geojson", layer="districts")
        tables = [data / f"network/jinan_road_{part}.parquet" for part in ("nodes", "edges")]
        outcome = take_in(store, *tables, layer="walk_network")
        notes = {finding.rule: finding.fields for finding in outcome.findings}
        assert notes["direction_taken"]["directed"] is True
        stations = data / "poi/jinan_charging_stations.csv"
        doubtful = ingest(store, stations, layer="charging", author="test")
        assert [finding.rule for finding in doubtful.findings] == ["columns_unfit"]
        wgs84 = {"lon_wgs84": "lon", "lat_wgs84": "lat"}
        take_in(store, stations, layer="charging", rename=wgs84, crs="EPSG:4326")
        run = circles(store, by="district")
        assert store.check() == []
    return run


def test_streets_of_jinan_are_counted_once(shared, jinan):
    """Metres of the unique lines walkers may use, in connected parts of at least 5 km, from the file."""
    edges = gpd.read_parquet(shared / "data/network/jinan_road_edges.parquet")
    edges = edges[~edges["highway"].isin(CLOSED)]
    once = edges[
        ~pd.Series(shapely.to_wkb(shapely.normalize(edges.geometry.to_numpy()))).duplicated().to_numpy()
    ]
    metres = once.geometry.to_crs(4548).length.to_numpy()
    graph = nx.Graph(zip(once["u"], once["v"], strict=True))
    number = {node: part for part, group in enumerate(nx.connected_components(graph)) for node in group}
    part = once["u"].map(number).to_numpy()
    long_enough = np.bincount(part, metres) >= 5000.0
    assert jinan.result["unit"] == "m"
    assert jinan.result["city"]["demand"] == pytest.approx(metres[long_enough[part]].sum(), rel=1e-8)
    assert len(edges) / len(once) == pytest.approx(1.64, abs=0.01)  # both directions, where there are two


def test_districts_of_jinan_without_streets_are_no_network_and_not_zero(jinan):
    rows = {row["name"]: row for row in jinan.result["zones"]}
    assert len(rows) == 12
    assert {name for name, row in rows.items() if row["reason"] == "no_network"} == WITHOUT_STREETS
    for name in WITHOUT_STREETS:
        assert rows[name]["share"] is None
        assert rows[name]["demand"] == 0
    for name in rows.keys() - WITHOUT_STREETS:
        assert rows[name]["share"] is not None
    assert rows["济阳区"]["share"] == 0.0  # streets, and no station within a walk: that is a zero


def test_districts_of_jinan_and_outside_sum_to_the_city(jinan):
    assert_rows_sum_to_the_city(jinan)
    assert jinan.result["outside"]["demand"] > 0  # streets across the border


def test_metres_per_district_are_those_of_an_overlay(shared, jinan):
    """Cutting lines at borders instead of assigning pieces of 25 m by their middle: a piece at most apart."""
    edges = gpd.read_parquet(shared / "data/network/jinan_road_edges.parquet").to_crs(4548)
    edges = edges[~edges["highway"].isin(CLOSED)]
    once = edges[
        ~pd.Series(shapely.to_wkb(shapely.normalize(edges.geometry.to_numpy()))).duplicated().to_numpy()
    ]
    districts = gpd.read_file(shared / "data/boundaries/jinan_districts_wgs84.geojson").to_crs(4548)
    cut = gpd.overlay(once[["geometry"]], districts[["name", "geometry"]], keep_geom_type=True)
    metres = cut.geometry.length.groupby(cut["name"]).sum()
    for row in jinan.result["zones"]:
        if row["reason"] is None:
            # the city's rule leaves out parts shorter than 5 km, 64 km in all
            assert row["demand"] == pytest.approx(metres[row["name"]], rel=0.05)


def test_charging_stations_serve_streets_but_bus_stops_have_no_data(jinan):
    assert jinan.result["excluded"] == [{"category": "bus_stop", "layer": "services", "reason": "no_data"}]
    (charging, bus_stop) = jinan.result["categories"]
    assert (charging["sites"], bus_stop["status"]) == (935, "no_data")
    assert 0 < charging["sites_unattached"] < 935  # stations of districts whose streets are not in the file
    assert 0.3 < jinan.result["city"]["share"] < 1


# The same by the command line


def quantu(home: Path, *words: object) -> str:
    program = Path(sys.executable).with_name("quantu")
    command = [str(program), "--home", str(home), "--lang", "en", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_jinan_by_the_command_line_is_the_same_result(shared, jinan, tmp_path):
    home, data = tmp_path / "home", shared / "data"
    quantu(home, "init", CITIES / "jinan")
    quantu(home, "ingest", data / "boundaries/jinan_districts_wgs84.geojson", "--layer", "districts")
    tables = [data / f"network/jinan_road_{part}.parquet" for part in ("nodes", "edges")]
    quantu(home, "ingest", *tables, "--layer", "walk_network")
    stations = data / "poi/jinan_charging_stations.csv"
    named = ("--rename", "lon_wgs84=lon", "--rename", "lat_wgs84=lat", "--crs", "EPSG:4326")
    quantu(home, "ingest", stations, "--layer", "charging", *named)
    result = json.loads(quantu(home, "coverage", "circles", "--json"))
    for figures in ("city", "zones", "outside", "categories", "gaps"):
        assert result[figures] == json.loads(jinan.content)[figures]
    table = quantu(home, "coverage", "circles")
    assert "Jinan" in table or "济南" in table
    assert "no network" in table.lower() or "no streets" in table.lower()

"""How the time of a walk report grows: with nodes, people, facilities and zones, at three sizes each.

From frames in memory to figures by zone (`bench_report.ours`), on Porto's streets; the other three sizes stay
as they are. The slope is that of time over size on log scales: 1 grows in step, 2 with the square. Time is
the processor's, of all threads together, so that a busy machine changes little.
"""

import time
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from benchmarks._measure import Row, interleaved, report, shared_data, slope
from benchmarks.bench_report import ours
from benchmarks.report_worlds import World, porto

SEARCH_M = 1000.0
PEOPLE, SITES = (25_000, 50_000, 100_000), (400, 800, 1600)
WINDOWS = (0.25, 0.5, 1.0)
ZONES_ACROSS = (8, 16, 32)
CROPPED_PEOPLE, CROPPED_SITES = 15_000, 240
"""So many are in every window, of which the smallest has a quarter of the nodes."""
REPEATS = 3
BAR = 1.25


def first(frame: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    return frame.iloc[:count]


def some_sites(facilities: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """The first facilities of each category."""
    return facilities[facilities.groupby("category").cumcount() < count]


def with_people(world: World, count: int) -> World:
    return replace(world, people=first(world.people, count))


def with_sites(world: World, count: int) -> World:
    return replace(world, facilities=some_sites(world.facilities, count))


def with_zones(world: World, across: int) -> World:
    """A grid of across x across zones over the same ground."""
    west, south, east, north = world.zones.total_bounds
    x, y = np.linspace(west, east, across + 1), np.linspace(south, north, across + 1)
    column, row = (grid.ravel() for grid in np.meshgrid(np.arange(across), np.arange(across)))
    shapes = shapely.box(x[column], y[row], x[column + 1], y[row + 1])
    codes = [f"{number:04d}" for number in range(len(shapes))]
    zones = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs=world.zones.crs)
    return replace(world, zones=zones)


def with_nodes(world: World, share: float) -> World:
    """A window around the middle with this share of the nodes, and the same number of people and sites."""
    lon, lat = world.nodes["lon"].to_numpy(), world.nodes["lat"].to_numpy()
    middle = np.median(lon), np.median(lat)

    def away(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.maximum(np.abs(x - middle[0]), np.abs(y - middle[1]))

    edge = np.quantile(away(lon, lat), share)
    nodes = world.nodes[away(lon, lat) <= edge]
    kept = world.edges["u"].isin(nodes["node_id"]) & world.edges["v"].isin(nodes["node_id"])

    def inside(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame[away(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()) <= edge]

    return replace(
        world,
        nodes=nodes,
        edges=world.edges[kept],
        people=first(inside(world.people), CROPPED_PEOPLE),
        facilities=some_sites(inside(world.facilities), CROPPED_SITES),
    )


def grown(world: World) -> dict[str, list[tuple[int, World]]]:
    """For each kind of size the worlds that differ in it, smallest first."""
    middle = with_sites(with_people(world, PEOPLE[1]), SITES[1])
    windows = [with_nodes(world, share) for share in WINDOWS]
    for window in windows:
        assert len(window.people) == CROPPED_PEOPLE
        assert (window.facilities.groupby("category").size() == CROPPED_SITES).all()
    zones = [with_zones(middle, across) for across in ZONES_ACROSS]
    return {
        "nodes": [(len(each.nodes), each) for each in windows],
        "demand points": [(count, with_people(middle, count)) for count in PEOPLE],
        "facilities": [(count * len(world.rules.categories), with_sites(middle, count)) for count in SITES],
        "zones": [(len(each.zones), each) for each in zones],
    }


def main() -> None:
    data = shared_data()
    if data is None:
        print("the shared data are not here (set QUANTU_SHARED): growth is measured on real streets")
        return
    rows, facts = [], {}
    for what, worlds in grown(porto(data, PEOPLE[-1], SITES[-1], search_m=SEARCH_M)).items():
        ours(worlds[0][1])  # compiles
        spent = interleaved(
            {str(size): lambda each=each: ours(each) for size, each in worlds}, REPEATS, time.process_time
        )
        sizes, seconds = [size for size, _ in worlds], list(spent.values())
        times = sizes[-1] / sizes[0]
        shown = ", ".join(f"{size}: {s:.2f} s" for size, s in zip(sizes, seconds, strict=True))
        facts[f"growth with {what}"] = f"{shown}; slope {slope(sizes, seconds):.2f}"
        peer = f"{times:.1f} x the smallest's time"
        rows.append(
            Row(f"{times:.1f} x the {what}", seconds[-1], peer, times * seconds[0], BAR, at_most=True)
        )
    report("growth", "Growth of a walk report on Porto's streets", rows, facts)


if __name__ == "__main__":
    main()

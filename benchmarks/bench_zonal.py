"""Zonal statistics against rasterstats and exactextract, with memory and growth.

Seconds are of processor time, ours of all threads together: on a busy machine elapsed time says little. Peers
give what they can: rasterstats takes cells by their middle, exactextract exact shares.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time
from warnings import filterwarnings

import exactextract
import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import rasterstats
import shapely
from rasterio import Affine

from benchmarks._measure import ROOT, Row, interleaved, report, shared_data
from geo.raster_windows import opened
from geo.raster_zones import zonal

BAR = 20.0
STATISTICS = ("count", "sum", "mean", "min", "max", "std")
THEIRS = ["count", "sum", "mean", "min", "max", "stdev"]
SIDE, ZONES = 10_000, 160
EAST, NORTH, CELL_M = 480_000.0, 4_100_000.0, 10.0
MEMORY = """
import resource, sys
import geopandas as gpd
from geo.raster_zones import zonal
path, zones, small = sys.argv[1:]
zonal(small, gpd.read_parquet(zones))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
zonal(path, gpd.read_parquet(zones))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def raster(path: Path, side: int, **options: object) -> Path:
    """Heights of hills in whole metres, with a strip that has no value; made strip by strip."""
    profile = {
        "driver": "GTiff",
        "crs": "EPSG:4548",
        "transform": Affine(CELL_M, 0, EAST, 0, -CELL_M, NORTH),
        "width": side,
        "height": side,
        "count": 1,
        "dtype": "int16",
        "nodata": -9999,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
    }
    random = np.random.default_rng(1)
    column = np.arange(side)
    with rasterio.open(path, "w", **profile, **options) as file:
        for top in range(0, side, 512):
            row = np.arange(top, min(top + 512, side))[:, None]
            hills = 200 + 90 * np.sin(column / 300) + 60 * np.cos(row / 200)
            heights = hills + random.normal(0, 1, hills.shape)
            heights[row[:, 0] < side // 50] = -9999
            window = rasterio.windows.Window(0, top, side, len(row))
            file.write(heights.astype(np.int16), 1, window=window)
    return path


def tessellation(side: int, zones: int) -> gpd.GeoDataFrame:
    """Zones that fill the raster's ground without gaps."""
    ground = shapely.box(EAST, NORTH - side * CELL_M, EAST + side * CELL_M, NORTH)
    places = np.random.default_rng(2).random((zones, 2)) * side * CELL_M + (EAST, NORTH - side * CELL_M)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(places), extend_to=ground))
    return gpd.GeoDataFrame(geometry=shapely.intersection(cells, ground), crs=4548)


def porto_alegre(folder: Path) -> tuple[Path, gpd.GeoDataFrame]:
    """Real heights and hexagons of about a tenth of a square kilometre; without the shared data made ones."""
    data = shared_data()
    if data is None:
        print("  the shared data are missing: heights and hexagons are made")
        return raster(folder / "made.tif", 400), tessellation(400, 1200)
    centre = pd.read_csv(data / "raster" / "porto_alegre_hexgrid.csv")[["lon", "lat"]].to_numpy()
    turn = np.radians(np.arange(0, 360, 60))
    spoke = np.column_stack([np.cos(turn) / np.cos(np.radians(30)), np.sin(turn)]) * 0.00175  # degrees: 195 m
    hexagons = shapely.polygons(centre[:, None] + spoke)
    return data / "raster" / "porto_alegre_elevation.tif", gpd.GeoDataFrame(geometry=hexagons, crs=4326)


def cases(path: Path, zones: gpd.GeoDataFrame) -> dict[str, Callable[[], object]]:
    asked = {"stats": list(STATISTICS), "nodata": -9999}
    return {
        "ours": partial(zonal, path, zones, STATISTICS),
        "exactextract": partial(exactextract.exact_extract, path, zones, THEIRS, output="pandas"),
        "rasterstats": partial(rasterstats.zonal_stats, zones, str(path), **asked),
    }


def compared(what: str, path: Path, zones: gpd.GeoDataFrame, repeats: int) -> list[Row]:
    """Against both peers; figures are checked against exactextract's first."""
    tried = cases(path, zones)
    ours, theirs = tried["ours"](), tried["exactextract"]()
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-8)
    seconds = interleaved(tried, repeats, process_time)
    return [
        Row(what, seconds["ours"], "rasterstats", seconds["rasterstats"], BAR),
        Row(what, seconds["ours"], "exactextract", seconds["exactextract"], 1.0),
    ]


def reading_s(path: Path) -> float:
    """Seconds of processor time to read every cell once and do nothing with it: what no method is below."""

    def read() -> None:
        with opened(path) as file:
            for window in file.windows(file.whole):
                file.whole_values(window)

    return round(interleaved({"read": read}, 3, process_time)["read"], 3)


def slope(sizes: list[int], run: Callable[[int], Callable[[], object]]) -> float:
    """The power with which time grows: 1 is in step with the size."""
    measured = {str(size): run(size) for size in sizes}
    for each in measured.values():
        each()
    seconds = interleaved(measured, 5, process_time)
    return round(float(np.polyfit(np.log(sizes), np.log([seconds[str(size)] for size in sizes]), 1)[0]), 2)


def memory_mb(path: Path, zones: gpd.GeoDataFrame, small: Path, folder: Path) -> int:
    """How much more memory a process takes for the large raster than for a small one."""
    zones.to_parquet(folder / "zones.parquet")
    command = [sys.executable, "-c", MEMORY, str(path), str(folder / "zones.parquet"), str(small)]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return int(json.loads(printed)) // 1024


def main() -> None:
    filterwarnings("ignore", "Use `@` matmul", PendingDeprecationWarning)  # rasterstats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        heights, hexagons = porto_alegre(folder)
        rows = compared(f"Porto Alegre, {len(hexagons)} hexagons", heights, hexagons, 5)
        zones = tessellation(SIDE, ZONES)
        plain = raster(folder / "plain.tif", SIDE)
        packed = raster(folder / "packed.tif", SIDE, compress="deflate", predictor=2)
        rows += compared(f"{SIDE} x {SIDE}, {ZONES} zones", plain, zones, 2)
        rows += compared(f"{SIDE} x {SIDE}, {ZONES} zones, deflated", packed, zones, 2)
        small = {side: raster(folder / f"{side}.tif", side) for side in (1250, 2500, 5000)}
        ground = {side: tessellation(side, ZONES) for side in small}
        few = {count: tessellation(2500, count) for count in (40, 160, 640)}
        facts = {
            "peak memory beyond that of a small raster, MB": memory_mb(plain, zones, small[1250], folder),
            "reading every cell once, s": {"plain": reading_s(plain), "deflated": reading_s(packed)},
            "growth with cells, power": round(
                slope(list(small), lambda side: partial(zonal, small[side], ground[side], STATISTICS)) / 2, 2
            ),
            "growth with zones, power": slope(
                list(few), lambda count: partial(zonal, small[2500], few[count], STATISTICS)
            ),
        }
    report("zonal", "Figures of a raster by zone, processor time", rows, facts)


if __name__ == "__main__":
    main()

"""Zones for a city that has none at hand: the outline of its streets, and a grid of one kilometre over it.

python tests/cities/porto_alegre/make_zones.py NODES.parquet FOLDER   writes outline.geojson and grid.geojson
"""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import box

from geo.crs import working_crs

CELL_M = 1000.0


def make(nodes_file: Path, folder: Path) -> dict[str, Path]:
    """The two files, by name."""
    nodes = pd.read_parquet(nodes_file)
    metres = working_crs(nodes["lon"].mean(), nodes["lat"].mean())
    places = gpd.GeoSeries(gpd.points_from_xy(nodes["lon"], nodes["lat"]), crs=4326).to_crs(metres)
    west, south, east, north = places.total_bounds
    corners = [(x, y) for x in np.arange(west, east, CELL_M) for y in np.arange(south, north, CELL_M)]
    shapes = {
        "outline": [shapely.concave_hull(shapely.multipoints(places.to_numpy()), ratio=0.05)],
        "grid": [box(x, y, x + CELL_M, y + CELL_M) for x, y in corners],
    }
    for name, cells in shapes.items():
        codes = [f"{name}-{number:03d}" for number in range(len(cells))]
        frame = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=cells, crs=metres)
        frame.to_crs(4326).to_file(folder / f"{name}.geojson")
    return {name: folder / f"{name}.geojson" for name in shapes}


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))

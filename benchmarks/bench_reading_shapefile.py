"""A shapefile of points with twelve columns of Chinese texts in GBK, as a city's ledger exports it.

Ours is what the reading process does to shapes and table (the encoding found out included); the peer is
pyogrio's read of the same file into Arrow, told the encoding. Both have one thread: processor seconds.
"""

import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
from pyogrio.raw import read_arrow

from benchmarks._measure import Row, interleaved, report
from geo import dbf, encodings, shp
from geo.readers import read

COLUMNS = ("id", "名称", "类型", "地址", "单位", "街道", "社区", "状态", "备注", "负责人", "电话", "道路")
SIZES = (50_000, 500_000)
PARTS = ("历下区", "市中区", "槐荫区", "天桥区", "历城区", "经十路", "泉城路", "停车场", "趵突泉", "大明湖")


def make(path: Path, rows: int) -> Path:
    """Points in Jinan with texts of 3 to 17 characters, seeded."""
    draw = np.random.default_rng(rows)
    words = np.array(PARTS)
    texts = {
        name: np.char.add(
            np.char.add(words[draw.integers(0, 10, rows)], words[draw.integers(0, 10, rows)]),
            draw.integers(0, 9999, rows).astype(str),
        )
        for name in COLUMNS
    }
    points = gpd.points_from_xy(draw.uniform(116.2, 118, rows), draw.uniform(36, 37.6, rows))
    frame = gpd.GeoDataFrame(texts, geometry=points, crs=4326)
    pyogrio.write_dataframe(frame, path, encoding="GB18030")
    path.with_suffix(".cpg").unlink()
    return path


def ours(path: Path) -> int:
    """Both files as Arrow arrays."""
    table = path.with_suffix(".dbf")
    columns = dbf.Columns(table, path.name)
    encoding = encodings.of_dbf(table, path.name, None, None, fits=columns.fits)
    start, length = shp.records(path, path.with_suffix(".shx"), path.name)
    points = shp.points(path, start, length)
    found = columns.read(encoding.value).table
    assert points is not None
    assert found.num_rows == len(points)
    return found.num_rows


def main() -> None:
    """Two sizes, so that growth is visible; the whole read in a process of its own is a fact beside them."""
    rows, facts = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = make(Path(folder) / f"p{size}.shp", size)
            took = interleaved(
                {
                    "ours": lambda path=path: ours(path),
                    "pyogrio": lambda path=path: read_arrow(path, encoding="GB18030"),
                },
                3,
                time.process_time,
            )
            rows.append(Row(f"read {size:,} points", took["ours"], "pyogrio", took["pyogrio"], 3.0))
            start = time.perf_counter()
            read(path)
            facts[f"whole read of {size:,} in a confined process"] = f"{time.perf_counter() - start:.1f} s"
            start = time.perf_counter()
            pyogrio.read_dataframe(path, encoding="GB18030")
            facts[f"pyogrio.read_dataframe of {size:,} in this process"] = (
                f"{time.perf_counter() - start:.1f} s"
            )
    report("reading_shapefile", "Reading a shapefile with Chinese texts", rows, facts)


if __name__ == "__main__":
    main()

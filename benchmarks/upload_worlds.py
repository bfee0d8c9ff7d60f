"""Files for the upload benchmarks: what a contractor sends, seeded, in a zipped Shapefile in GB18030."""

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CITY = """
id = "bench"
name_zh = "测试市"
name_en = "Bench"
bbox = [116.2, 35.9, 118.0, 37.6]
working_crs = "EPSG:4548"

[[agencies]]
code = "survey"
name_zh = "测绘院"
name_en = "Survey office"
kind = "bureau"
"""
WORDS = ("经十路", "泉城广场", "大明湖", "趵突泉北路", "历下政务中心", "槐荫广场", "天桥", "解放路")
COLUMNS = ("名称", "类型", "地址", "单位", "街道", "社区", "状态", "备注", "负责人", "电话", "道路")
CENTRE = (520_000.0, 4_060_000.0)


def spec(name: str, geometry: str) -> str:
    """A layer of twelve text fields, the key among them."""
    fields = "".join(f'[[fields]]\nname = "f{n}"\ntitle_zh = "{each}"\n' for n, each in enumerate(COLUMNS))
    return (
        f'name = "{name}"\ntitle_zh = "{name}"\ntitle_en = "{name}"\nkind = "features"\n'
        f'geometry = "{geometry}"\nkey = "id"\n[[fields]]\nname = "id"\nrequired = true\n{fields}'
    )


def texts(count: int, seed: int = 1) -> pd.DataFrame:
    """An id and eleven columns of Chinese text."""
    rng = np.random.default_rng(seed)
    words = np.array(WORDS, dtype=object)
    columns = {"id": [f"P{n:07d}" for n in range(count)]}
    for name in COLUMNS:
        columns[name] = words[rng.integers(0, len(words), count)] + rng.integers(0, 9999, count).astype(str)
    return pd.DataFrame(columns)


def points(count: int) -> gpd.GeoDataFrame:
    """Points over 40 km, in EPSG:4548."""
    rng = np.random.default_rng(2)
    x, y = (CENTRE[axis] + rng.uniform(-20_000, 20_000, count) for axis in (0, 1))
    return gpd.GeoDataFrame(texts(count), geometry=gpd.points_from_xy(x, y), crs=4548)


def polygons(count: int, invalid: int) -> gpd.GeoDataFrame:
    """Octagons on a grid of 100 m, so many of them with a corner drawn over itself, half a metre wide."""
    side = int(np.ceil(np.sqrt(count)))
    angle = np.linspace(0, 2 * np.pi, 9)[:-1]
    ring = np.column_stack([np.cos(angle), np.sin(angle)]) * 40
    corner, before, after = ring[6], ring[5], ring[7]
    slip = [corner + 0.5 * (end - corner) / np.hypot(*(end - corner)) for end in (after, before)]
    crossed = np.vstack([ring[:6], slip, ring[7:]])
    place = np.column_stack([np.arange(count) % side, np.arange(count) // side]) * 100.0 + CENTRE
    bad = np.zeros(count, bool)
    bad[np.random.default_rng(3).choice(count, invalid, replace=False)] = True
    shapes = np.empty(count, dtype=object)
    for mask, outline in ((~bad, ring), (bad, crossed)):
        shapes[mask] = shapely.polygons(outline + place[mask][:, None, :])
    assert shapely.is_valid(shapes).sum() == count - invalid
    return gpd.GeoDataFrame(texts(count), geometry=shapes, crs=4548)


def with_changes(frame: gpd.GeoDataFrame, share: float) -> gpd.GeoDataFrame:
    """The frame with another remark in that share of its rows."""
    changed = frame.copy()
    rows = np.random.default_rng(4).choice(len(frame), int(len(frame) * share), replace=False)
    remarks = changed["备注"].astype(object).to_numpy().copy()
    remarks[rows] = "已核查"
    return changed.assign(备注=remarks)


def zipped(frame: gpd.GeoDataFrame, folder: Path, name: str) -> Path:
    """A ZIP of a Shapefile in GB18030 that says so nowhere."""
    place = folder / f"{name}-files"
    place.mkdir(parents=True)
    frame.to_file(place / f"{name}.shp", encoding="GB18030", engine="pyogrio", use_arrow=True)
    (place / f"{name}.cpg").unlink(missing_ok=True)
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for each in sorted(place.iterdir()):
            archive.write(each, each.name)
    return path

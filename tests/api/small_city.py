"""A small published city for pages: four districts of 3 km, a street grid, a river, seeded people.

    north  D3 (streets)  | D4 (no streets at all: people live there, "no network")
    ~~~~~~~~~ river, one bridge in D1/D3 ~~~~~~~~~~~~~~~~~~~~~~~~
    south  D1 (streets)  | D2 (streets; its eastern subdistrict has nobody: "nobody")

Every district has two subdistricts (west, east halves), every subdistrict two communities (south, north).
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS
from shapely import LineString, Point, box

from geo.crs import to_stored
from layers.catalog import Store
from layers.networks import publish_network
from layers.publish import publish_frame
from layers.workspace import Workspace

METRES = CRS.from_epsg(4548)
ORIGIN = np.array([500_000.0, 4_060_000.0])
SIDE, STEP = 3000.0, 300.0
XSS = """<img src=x onerror="window.pwned=1">${window.pwned=2}</script><script>window.pwned=3</script>'"`&"""
CITY = """
id = "small"
name_zh = "小泉市"
name_en = "Littlespring"
bbox = [116.99, 36.66, 117.08, 36.74]
working_crs = "EPSG:4548"
default_language = "en"
synthetic = true
[[agencies]]
code = "planning"
name_zh = "市规划局"
name_en = "Planning bureau"
kind = "city"
[[agencies]]
code = "health"
name_zh = "市卫生局"
name_en = "Health bureau"
kind = "bureau"
[zones.district]
layer = "districts"
[zones.subdistrict]
layer = "subdistricts"
[zones.community]
layer = "communities"
"""
NAMES = {
    "D1": ("南泉区", "Nanquan"),
    "D2": ("东泉区", "Dongquan"),
    "D3": ("北泉区", "Beiquan"),
    "D4": ("山泉区", "Shanquan"),
}
CORNERS = {"D1": (0.0, 0.0), "D2": (SIDE, 0.0), "D3": (0.0, SIDE), "D4": (SIDE, SIDE)}
NEEDED = {
    "education": ("kindergarten", "primary_school", "secondary_school"),
    "care": ("elderly_care_home", "elderly_day_care"),
    "culture_sport": (
        "culture_centre",
        "culture_room",
        "sports_field_large",
        "sports_field_medium",
        "outdoor_fitness",
    ),
    "shops": ("shopping", "market", "convenience_shop", "restaurant"),
    "services": ("subdistrict_service", "community_service", "bank", "post", "bus_stop"),
    "sanitation": ("refuse_collection", "public_toilet"),
}
NEAR = "kindergarten community_service culture_room elderly_day_care outdoor_fitness convenience_shop"
COUNTS = dict.fromkeys([*NEAR.split(), "refuse_collection", "public_toilet"], 1500) | {"market": 160}


def build(home: Path, *, without: str = "", rules: str | None = None) -> Path:
    """Make the city in an empty folder, always the same; without a facility layer, or with other rules."""
    with Store.open(Workspace.init(home, CITY)) as store:
        if rules is not None:
            (home / "rules" / "gb50180-2018.toml").write_text(rules, "utf-8")
        for layer, frame in zones().items():
            publish(store, layer, frame)
        nodes, edges = streets()
        publish_network(store, "walk_network", "planning", nodes, edges, author="tests")
        publish(store, "people", people())
        for layer in NEEDED.keys() - {without}:
            publish(store, layer, facilities(layer))
        publish(store, "health", health(), agency="health")
        river = LineString([at(-500, SIDE), at(2 * SIDE + 500, SIDE)]).buffer(60)
        publish(store, "water", frame_of({"id": ["river"], "name": ["Qing"], "kind": ["river"]}, [river]))
    return home


def publish(store: Store, layer: str, frame: gpd.GeoDataFrame, agency: str = "planning") -> None:
    publish_frame(store, layer, agency, to_stored(frame), author="tests", note="first survey")


def at(x: float, y: float) -> Point:
    return Point(ORIGIN[0] + x, ORIGIN[1] + y)


def area(x: float, y: float, width: float, height: float) -> object:
    return box(ORIGIN[0] + x, ORIGIN[1] + y, ORIGIN[0] + x + width, ORIGIN[1] + y + height)


def frame_of(columns: dict[str, list[object]], shapes: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=METRES)


def zones() -> dict[str, gpd.GeoDataFrame]:
    rows: dict[str, list[tuple[object, ...]]] = {"districts": [], "subdistricts": [], "communities": []}
    for code, (x, y) in CORNERS.items():
        rows["districts"].append((code, *NAMES[code], None, None, area(x, y, SIDE, SIDE)))
        for i, half in enumerate(("West", "East")):
            sub = f"{code}{i + 1}"
            shape = area(x + i * SIDE / 2, y, SIDE / 2, SIDE)
            rows["subdistricts"].append(
                (sub, f"{NAMES[code][0]}{i + 1}街道", f"{NAMES[code][1]} {half}", code, None, shape)
            )
            for j in range(2):
                part = area(x + i * SIDE / 2, y + j * SIDE / 2, SIDE / 2, SIDE / 2)
                names = (XSS, XSS) if (sub, j) == ("D11", 0) else (f"第{j + 1}社区", f"{half} {j + 1}")
                rows["communities"].append((f"{sub}{j + 1}", *names, code, sub, part))
    columns = ["code", "name", "name_en", "district_code", "subdistrict_code"]
    made = {}
    for layer, values in rows.items():
        table = pd.DataFrame([row[:-1] for row in values], columns=columns).dropna(axis="columns", how="all")
        made[layer] = gpd.GeoDataFrame(table, geometry=[row[-1] for row in values], crs=METRES)
    return made


def streets() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A grid every 300 m outside D4, from 150 m on; rows 9 and 10 face each other, joined at x = 750 m."""
    lines = int(2 * SIDE / STEP)
    inside = {
        (i, j)
        for i in range(lines)
        for j in range(lines)
        if not (i * STEP > SIDE - STEP and j * STEP > SIDE - STEP)
    }
    place = {key: n for n, key in enumerate(sorted(inside))}
    points = gpd.GeoSeries([at((i + 0.5) * STEP, (j + 0.5) * STEP) for i, j in sorted(inside)], crs=METRES)
    degrees = points.to_crs(4326)
    nodes = pd.DataFrame({"node_id": list(place.values()), "lon": degrees.x, "lat": degrees.y})
    pairs = [
        (place[i, j], place[i + di, j + dj])
        for i, j in sorted(inside)
        for di, dj in ((1, 0), (0, 1))
        if (i + di, j + dj) in inside and not ((j, j + dj) == (9, 10) and i != 2)
    ]
    edges = pd.DataFrame(pairs, columns=["u", "v"])
    return nodes, edges.assign(edge_id=range(len(edges)), highway="residential")


def people() -> gpd.GeoDataFrame:
    """One place every 100 m, except in the east of D2."""
    rng = np.random.default_rng(7)
    spots = [
        (x, y)
        for x in np.arange(75.0, 2 * SIDE, 100.0)
        for y in np.arange(75.0, 2 * SIDE, 100.0)
        if not (x > 1.5 * SIDE and y < SIDE)
    ]
    amount = rng.integers(5, 120, len(spots)).astype(float)
    return frame_of(
        {"id": [f"p{i}" for i in range(len(spots))], "people": list(amount)}, [at(x, y) for x, y in spots]
    )


def facilities(layer: str) -> gpd.GeoDataFrame:
    """Each category in seeded places, denser in the south; one name is an attack."""
    rng = np.random.default_rng(len(layer))
    columns: dict[str, list[object]] = {"id": [], "name": [], "category": []}
    shapes = []
    for category in NEEDED[layer]:
        for _ in range(COUNTS.get(category, 400)):
            x, y = rng.uniform(0, 2 * SIDE), 2 * SIDE * rng.uniform(0, 1) ** 1.3
            number = len(columns["id"]) + 1
            columns["id"].append(f"{layer}-{number}")
            columns["name"].append(f"{category.replace('_', ' ').title()} {number}")
            columns["category"].append(category)
            shapes.append(at(x, y))
    if layer == "shops":
        columns["name"][0] = XSS
        shapes[0] = at(1500, 1500)
    return frame_of(columns, shapes)


def health() -> gpd.GeoDataFrame:
    """Health centres and stations; nobody publishes an outpatient department, yet the layer has data."""
    rng = np.random.default_rng(3)
    kinds = ["health_centre"] * 40 + ["health_station"] * 1500 + ["outpatient"] * 60 + ["pharmacy"] * 25
    shapes = [at(*rng.uniform(0, 2 * SIDE, 2)) for _ in kinds]
    names = [f"Clinic {i}" for i in range(len(kinds))]
    return frame_of({"id": [f"h{i}" for i in range(len(kinds))], "name": names, "category": kinds}, shapes)

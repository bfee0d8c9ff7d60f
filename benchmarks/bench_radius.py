"""Ground within a radius of facilities, by zone: discs and polygons against dissolve and overlay.

A made province of 100 km by 100 km with winding zones: most facilities stand in towns of different sizes, or
all are evenly spread, which leaves more borders uncovered. Both sides get the same buffers, made beforehand;
discs need none. Time is the processor's, of all threads together, so that a busy machine changes little.
"""

import time
from functools import partial
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from benchmarks._measure import Row, interleaved, report, slope
from geo.catchments import buffers, covered_area
from geo.discs import disc_areas

METRES = CRS.from_epsg(4548)
RADIUS_M = 500.0
FACILITIES, ZONES = 50_000, 160
SIDE_M = 100_000.0
CORNER_M = 150.0
"""Between two corners of a zone's border."""
BAR = 10.0
MORE_SEGMENTS = (16, 64, 256)
GROWTH_FACILITIES, GROWTH_ZONES = (12_500, 50_000, 200_000), (40, 160, 640)
GROWTH_BAR = 1.25
REPEATS = 3


class Province(NamedTuple):
    facilities: np.ndarray
    zones: gpd.GeoDataFrame


def province(facilities: int, zones: int, side: float = SIDE_M, in_towns: float = 0.75) -> Province:
    """A share of the facilities in towns, the others anywhere; zones around random seats."""
    rng = np.random.default_rng(4)
    towns, size = rng.uniform(0, side, (40, 2)), rng.uniform(0.005, 0.03, 40) * side
    town = rng.choice(40, facilities, p=size / size.sum())
    spread = towns[town] + rng.normal(0, 1, (facilities, 2)) * size[town, None]
    anywhere = rng.uniform(0, side, (facilities, 2))
    xy = np.where(rng.random(facilities)[:, None] < in_towns, spread, anywhere)
    seats = shapely.multipoints(rng.uniform(0, side, (zones, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seats, extend_to=shapely.box(0, 0, side, side)))
    shapes = shapely.intersection(cells, shapely.box(0, 0, side, side))
    return Province(xy, gpd.GeoDataFrame({"zone": np.arange(zones)}, geometry=winding(shapes), crs=METRES))


def winding(shapes: np.ndarray) -> np.ndarray:
    """Borders with many corners, moved by the same wave on both sides, so that zones still fit together."""

    def moved(xy: np.ndarray) -> np.ndarray:
        return xy + 60 * np.sin(xy[:, ::-1] / 400)

    return shapely.transform(shapely.segmentize(shapes, CORNER_M), moved)


def usual(catchments: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> np.ndarray:
    """The same as geopandas does it: dissolve, overlay, area."""
    parts = gpd.overlay(zones, catchments.dissolve(), how="intersection")
    return parts.area.groupby(parts["zone"]).sum().reindex(zones["zone"], fill_value=0.0).to_numpy()


def against_overlay(made: Province, segments: int, where: str) -> tuple[list[Row], dict[str, object]]:
    ground = buffers(shapely.points(made.facilities), RADIUS_M, segments=segments)
    frame = gpd.GeoDataFrame(geometry=ground, crs=METRES)
    covered_area(frame[:10], made.zones[:2])  # compiles
    disc_areas(made.facilities[:10], RADIUS_M, made.zones[:2])
    found: dict[str, np.ndarray] = {}
    spent = interleaved(
        {
            "discs": lambda: found.update(discs=disc_areas(made.facilities, RADIUS_M, made.zones)),
            "polygons": lambda: found.update(polygons=covered_area(frame, made.zones)),
            "usual": lambda: found.update(usual=usual(frame, made.zones)),
        },
        REPEATS if segments <= 16 else 1,
        time.process_time,
    )
    off = float(np.max(np.abs(found["polygons"] - found["usual"]) / np.maximum(found["usual"], 1.0)))
    assert off < 1e-9
    short = 1 - found["usual"].sum() / found["discs"].sum()
    peer = f"dissolve + overlay, {segments} segments"
    rows = [
        Row(f"{where}: discs, exact", spent["discs"], peer, spent["usual"], BAR),
        Row(
            f"{where}: polygon catchments, {segments} segments", spent["polygons"], peer, spent["usual"], BAR
        ),
    ]
    facts = {
        f"{where}, {segments} segments a quarter": (
            f"polygon catchments differ from dissolve + overlay by {off:.1e} of a zone's figure; "
            f"polygons cover {short:.1e} less than discs"
        )
    }
    return rows, facts


def convergence(made: Province) -> dict[str, object]:
    """How far polygons of more and more segments are from the discs: sixteen times less each time."""
    exact = disc_areas(made.facilities, RADIUS_M, made.zones).sum()
    short = []
    for segments in MORE_SEGMENTS:
        ground = buffers(shapely.points(made.facilities), RADIUS_M, segments=segments)
        short.append(1 - covered_area(ground, made.zones.geometry.to_numpy()).sum() / exact)
    assert short[0] > short[1] > short[2] > 0
    shown = ", ".join(f"{n}: {s:.2e}" for n, s in zip(MORE_SEGMENTS, short, strict=True))
    return {"polygons cover less than discs, by segments": shown}


def growth() -> tuple[list[Row], dict[str, object]]:
    """Facilities at one density, so that the ground grows with them; zones on the same ground."""
    worlds = {
        "facilities": [
            (count, province(count, ZONES, SIDE_M * np.sqrt(count / FACILITIES)))
            for count in GROWTH_FACILITIES
        ],
        "zones": [(count, province(FACILITIES, count)) for count in GROWTH_ZONES],
    }
    rows: list[Row] = []
    facts: dict[str, object] = {}
    for what, sizes in worlds.items():
        for name in ("discs", "polygons"):
            cases = {}
            for size, made in sizes:
                if name == "discs":
                    cases[str(size)] = partial(disc_areas, made.facilities, RADIUS_M, made.zones)
                else:
                    ground = buffers(shapely.points(made.facilities), RADIUS_M, segments=16)
                    cases[str(size)] = partial(covered_area, ground, made.zones.geometry.to_numpy())
            spent = interleaved(cases, REPEATS, time.process_time)
            counts, seconds = [size for size, _ in sizes], list(spent.values())
            times = counts[-1] / counts[0]
            shown = ", ".join(f"{n}: {s:.2f} s" for n, s in zip(counts, seconds, strict=True))
            facts[f"{name}, growth with {what}"] = f"{shown}; slope {slope(counts, seconds):.2f}"
            rows.append(
                Row(
                    f"{name}: {times:.0f} x the {what}",
                    seconds[-1],
                    f"{times:.0f} x the smallest's time",
                    times * seconds[0],
                    GROWTH_BAR,
                    at_most=True,
                )
            )
    return rows, facts


def main() -> None:
    made = province(FACILITIES, ZONES)
    rows: list[Row] = []
    facts: dict[str, object] = {
        "size": f"{FACILITIES} facilities of {RADIUS_M:.0f} m, {ZONES} zones with "
        f"{shapely.get_num_coordinates(made.zones.geometry).sum()} corners, {SIDE_M / 1000:.0f} km square",
        "time": "seconds of processor time, all threads together",
    }
    even = province(FACILITIES, ZONES, in_towns=0.0)
    for where, world, segments in (("towns", made, 16), ("towns", made, 64), ("evenly spread", even, 16)):
        more, about = against_overlay(world, segments, where)
        rows += more
        facts |= about
    facts |= convergence(made)
    more, about = growth()
    report("radius", "Ground within a radius, by zone", rows + more, facts | about)


if __name__ == "__main__":
    main()

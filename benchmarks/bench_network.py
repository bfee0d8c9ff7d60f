"""Walks on a whole city against pandana, and the search itself against SciPy. One thread each.

Imports and compilation are excluded by a first run. pandana is given coordinates that are projected already;
ours projects them within its build. Neither precomputes. pandana's own queries answer for nodes; looking the
people's nodes up in them is counted with attachment, as one array access.
"""

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from pyproj import CRS
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from benchmarks._measure import Row, interleaved, report, shared_data
from geo import crs as systems
from geo import kernel, network, reach
from geo.jit import unsigned
from geo.streets import sample

CATEGORIES = 24
WALK_M = 1000.0


class City(NamedTuple):
    name: str
    nodes: pd.DataFrame
    edges: pd.DataFrame
    crs: CRS
    people: int
    sites: int
    """In each category."""


class Places(NamedTuple):
    people: np.ndarray
    sites: np.ndarray
    category: np.ndarray


def real(name: str, file: str, people: int, sites: int) -> City | None:
    """A city of the shared data, where those are."""
    folder = shared_data()
    if folder is None:
        return None
    nodes = pd.read_parquet(folder / "network" / f"{file}_walk_nodes.parquet")
    edges = pd.read_parquet(folder / "network" / f"{file}_walk_edges.parquet")
    crs = systems.working_crs(float(nodes["lon"].mean()), float(nodes["lat"].mean()))
    return City(name, nodes, edges, crs, people, sites)


def synthetic(name: str, side: int, people: int, sites: int) -> City:
    """A bent grid of side x side junctions 135 m apart, two vertices on each street, a tenth closed."""
    rng = np.random.default_rng(5)
    degree = 135.0 / 111_000
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    corner = np.column_stack([column, row]) * degree + rng.uniform(-0.2, 0.2, (side * side, 2)) * degree
    start = np.concatenate([np.flatnonzero(column < side - 1), np.flatnonzero(row < side - 1)])
    end = start + np.repeat([1, side], side * (side - 1))
    kept = rng.random(len(start)) > 0.1
    start, end = start[kept], end[kept]
    bends = [corner[start] * (1 - t) + corner[end] * t for t in (1 / 3, 2 / 3)]
    first = side * side + np.arange(len(start))
    second = first + len(start)
    lonlat = np.vstack([corner, *bends])
    nodes = pd.DataFrame({"node_id": np.arange(len(lonlat)), "lon": lonlat[:, 0], "lat": lonlat[:, 1]})
    u, v = np.concatenate([start, first, second]), np.concatenate([first, second, end])
    middle = lonlat.mean(axis=0)
    return City(name, nodes, pd.DataFrame({"u": u, "v": v}), systems.working_crs(*middle), people, sites)


def seeded(city: City) -> Places:
    """People and sites beside the streets of the large parts, longer streets having more of them."""
    rng = np.random.default_rng(20)
    pieces = sample(network.build(city.nodes, city.edges, crs=city.crs))

    def beside(count: int) -> np.ndarray:
        return pieces.xy[rng.integers(0, len(pieces.edge), count)] + rng.normal(0, 30, (count, 2))

    total = CATEGORIES * city.sites
    return Places(beside(city.people), beside(total), rng.permutation(np.arange(total) % CATEGORIES))


def ours(city: City, places: Places, seconds: dict[str, list[float]]) -> np.ndarray:
    """Build, attach and walk; note the parts."""
    marks = [time.perf_counter()]
    net = network.build(city.nodes, city.edges, crs=city.crs)
    marks.append(time.perf_counter())
    people, sites = reach.attach(net, places.people), reach.attach(net, places.sites)
    marks.append(time.perf_counter())
    walks = reach.nearest_by_category(
        net, people, sites, places.category, CATEGORIES, limit_m=WALK_M, threads=1
    )
    marks.append(time.perf_counter())
    for part, spent in zip(("build", "attach", "queries"), np.diff(marks), strict=True):
        seconds.setdefault(part, []).append(float(spent))
    return walks


def pandana_s(
    city: City, places: Places, xy: np.ndarray, length: np.ndarray, seconds: dict[str, list[float]]
) -> np.ndarray:
    """The same with pandana, which moves people and sites to their nearest node."""
    import pandana

    marks = [time.perf_counter()]
    x, y = pd.Series(xy[:, 0], city.nodes["node_id"]), pd.Series(xy[:, 1], city.nodes["node_id"])
    net = pandana.Network(x, y, city.edges["u"], city.edges["v"], pd.DataFrame({"length": length}))
    marks.append(time.perf_counter())
    at_node = net.get_node_ids(places.people[:, 0], places.people[:, 1]).to_numpy()
    for c in range(CATEGORIES):
        chosen = places.sites[places.category == c]
        net.set_pois(str(c), WALK_M, 1, pd.Series(chosen[:, 0]), pd.Series(chosen[:, 1]))
    marks.append(time.perf_counter())
    found = [net.nearest_pois(WALK_M, str(c), num_pois=1)[1].to_numpy() for c in range(CATEGORIES)]
    marks.append(time.perf_counter())
    row = pd.Series(np.arange(len(x)), x.index)[at_node].to_numpy()
    walks = np.column_stack([column[row] for column in found])
    marks.append(time.perf_counter())
    for part, spent in zip(("build", "attach", "queries", "look up"), np.diff(marks), strict=True):
        seconds.setdefault(part, []).append(float(spent))
    return walks


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """pandana talks while it builds, from C, and warns about pandas."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "w") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def compare_city(city: City, repeats: int) -> tuple[list[Row], dict[str, object]]:
    """The network part of a report: all categories, everybody, one thread each."""
    places = seeded(city)
    xy = systems.transform_xy(city.nodes[["lon", "lat"]].to_numpy(), systems.STORED, city.crs)
    row = pd.Series(np.arange(len(xy)), city.nodes["node_id"])
    u, v = row[city.edges["u"]].to_numpy(), row[city.edges["v"]].to_numpy()
    length = np.hypot(*(xy[u] - xy[v]).T)
    parts: dict[str, list[float]] = {}
    walks = ours(city, places, parts)
    parts.clear()
    their_parts: dict[str, list[float]] = {}
    snapped: list[np.ndarray] = []
    with quiet():
        spent = interleaved(
            {
                "ours": lambda: ours(city, places, parts),
                "pandana": lambda: snapped.append(pandana_s(city, places, xy, length, their_parts)),
            },
            repeats,
        )
    both = np.isfinite(walks) & (snapped[-1] < WALK_M)
    off = np.abs(walks[both] - snapped[-1][both])
    medians = {part: float(np.median(values)) for part, values in parts.items()}
    theirs = {part: float(np.median(values)) for part, values in their_parts.items()}
    rows = [
        Row(f"{city.name}: build, attach, queries", spent["ours"], "pandana", spent["pandana"], 25.0),
        Row(f"{city.name}: queries alone", medians["queries"], "pandana", theirs["queries"], 20.0),
    ]
    facts = {
        f"{city.name}, size": f"{len(xy)} nodes, {city.people} people, {CATEGORIES} x {city.sites} sites",
        f"{city.name}, ours": ", ".join(f"{part} {s * 1e3:.0f} ms" for part, s in medians.items()),
        f"{city.name}, pandana": ", ".join(f"{part} {s:.2f} s" for part, s in theirs.items()),
        f"{city.name}, pandana's walks differ by": (
            f"{np.median(off):.0f} m in the middle, {np.percentile(off, 95):.0f} m at the 95th percentile "
            "(it moves people and sites to nodes)"
        ),
    }
    return rows, facts


def compare_search(city: City, repeats: int) -> tuple[list[Row], dict[str, object]]:
    """The nearest of N / 200 sources within 1 km for every node: same graph, same order, not contracted."""
    net = network.build(city.nodes, city.edges, crs=city.crs, contract=False)
    n = len(net.xy)
    graph = csr_matrix((net.arc_length_m, net.neighbour, net.indptr), shape=(n, n))
    rng = np.random.default_rng(3)
    source = np.sort(rng.choice(n, n // 200, replace=False)).astype(np.int32)
    seed_m = np.zeros(len(source))
    far = float(np.nextafter(WALK_M, np.inf))
    distance, no_notes = np.empty(n), np.empty(0, np.uint32)
    head = np.empty(int(WALK_M / kernel.BUCKET_M) + 2, np.uint32)
    pool = np.empty(n, np.uint32), np.empty(n, np.uint32)
    arcs = unsigned(net.indptr), unsigned(net.neighbour), net.arc_length_m

    def search() -> None:
        distance.fill(far)
        kernel.spread(*arcs, unsigned(source), seed_m, WALK_M, far, distance, no_notes, head, *pool)

    search()
    expected = dijkstra(graph, indices=source, min_only=True, limit=WALK_M)
    assert np.array_equal(np.where(distance <= WALK_M, distance, np.inf), expected)
    spent = interleaved(
        {
            "ours": search,
            "dijkstra": lambda: dijkstra(graph, indices=source, min_only=True, limit=WALK_M),
            "components": lambda: connected_components(graph),
        },
        repeats,
    )
    rows = [
        Row(f"{city.name}: nearest of N/200", spent["ours"], "SciPy dijkstra", spent["dijkstra"], 3.0),
        Row(
            f"{city.name}: against one pass over the edges",
            spent["ours"],
            "SciPy connected_components",
            spent["components"],
            2.0,
            at_most=True,
        ),
    ]
    return rows, {f"{city.name}, search": f"{n} nodes, {len(source)} sources, equal to SciPy to the last bit"}


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"  # before pandana is imported
    large, small = real("Porto", "porto", 100_000, 1600), real("Porto Alegre", "porto_alegre", 12_000, 190)
    if large is None or small is None:
        print("the shared data are not here (set QUANTU_SHARED): made cities instead of Porto, Porto Alegre")
        large, small = synthetic("large grid", 260, 100_000, 1600), synthetic("small grid", 90, 12_000, 190)
    rows: list[Row] = []
    facts: dict[str, object] = {}
    for city, repeats in ((small, 3), (large, 3)):
        more, about = compare_search(city, 25)
        rows += more
        facts |= about
        try:
            more, about = compare_city(city, repeats)
        except ImportError:
            facts["pandana"] = "not installed (pip install quantu[bench]): its rows are left out"
            continue
        rows += more
        facts |= about
    report("network", "Walks on a city's streets, one thread each", rows, facts)


if __name__ == "__main__":
    main()

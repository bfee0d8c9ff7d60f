"""Coverage of random tiny cities, worked out a second way that shares no code with the engine.

Straight: every pair of a person and a park, by shapely's distance. On foot: streets cut at every place, and
Dijkstra's algorithm of NetworkX (`walk_worlds.all_walks`). Supply: both steps as loops over schools. The
engine's side is the whole of it: published layers, `coverage`, the printed figures.
"""

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import tiny_city as city
import tiny_world as world
from coverage_world import HEAD, PEOPLE, rows

from inventory.coverage import coverage
from inventory.coverage_rule_file import parse
from layers.catalog import Store
from layers.networks import publish_network

sys.path.append(str(Path(__file__).parents[1] / "geo"))
from walk_worlds import all_walks, bent_grid

STEP = 150.0
REACH_M = 400.0
ZONES = {"a": (-200, -200, 400, 2000), "b": (400, -200, 800, 700), "c": (400, 700, 2000, 2000)}


class RandomCity:
    """A bent grid of streets, people and schools on and off them, parks between them."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        xy, ends = bent_grid(rng, 8, 7, STEP, closed=0.15)
        self.node_xy, self.ends = np.array(xy) + world.ORIGIN, np.array(ends)
        self.people_xy = rng.uniform(-60, 7 * STEP, (60, 2)) + world.ORIGIN
        self.people = rng.integers(1, 90, 60).astype(float)
        self.schools_xy = rng.uniform(0, 6.5 * STEP, (5, 2)) + world.ORIGIN
        self.places = rng.integers(20, 400, 5)
        corner = rng.uniform(0, 6 * STEP, (4, 2)) + world.ORIGIN
        self.parks = shapely.box(*corner.T, *(corner + rng.uniform(20, 150, (4, 2))).T)

    def publish(self, store):
        lon_lat = gpd.GeoSeries(shapely.points(self.node_xy), crs=world.METRES).to_crs(4326)
        nodes = pd.DataFrame({"node_id": np.arange(len(lon_lat)), "lon": lon_lat.x, "lat": lon_lat.y})
        edges = pd.DataFrame(
            {"edge_id": np.arange(len(self.ends)), "u": self.ends[:, 0], "v": self.ends[:, 1]}
        )
        publish_network(
            store, "walk_network", "city", nodes, edges.assign(highway="residential"), author="test"
        )
        city.publish(store, "districts", world.zones_frame(ZONES))
        for layer, points, columns in (
            ("people", self.people_xy, {"people": self.people}),
            ("education", self.schools_xy, {"places": self.places}),
        ):
            names = [f"{layer}{number}" for number in range(len(points))]
            frame = gpd.GeoDataFrame(
                {"id": names} | columns, geometry=shapely.points(points), crs=world.METRES
            )
            if layer == "education":
                frame = frame.assign(name=names, category="primary_school")
            city.publish(store, layer, frame)
        parks = gpd.GeoDataFrame(
            {"id": list("pqrs"), "name": list("pqrs")}, geometry=self.parks, crs=world.METRES
        )
        city.publish(store, "parks", parks)

    def walks(self):
        """From each of the people to each school; infinite from who is more than 200 m from every street."""
        found = all_walks(self.node_xy, self.ends, self.people_xy, self.schools_xy, 5000.0)
        return np.where(
            self.off_street(self.people_xy)[:, None] | self.off_street(self.schools_xy), np.inf, found
        )

    def off_street(self, xy):
        """Not within 200 m of a street of a part of at least 5 km, which only the largest part is."""
        streets = shapely.MultiLineString(list(shapely.linestrings(self.node_xy[self.large_ends()])))
        return shapely.distance(shapely.points(xy), streets) > 200.0

    def large_ends(self):
        part = {node: node for node in range(len(self.node_xy))}

        def root(node):
            while part[node] != node:
                node = part[node]
            return node

        for a, b in self.ends.tolist():
            part[root(a)] = root(b)
        length = {}
        for a, b in self.ends.tolist():
            length[root(a)] = length.get(root(a), 0.0) + float(np.hypot(*(self.node_xy[a] - self.node_xy[b])))
        kept = [length[root(a)] >= 5000.0 for a, _ in self.ends.tolist()]
        return self.ends[kept]

    def by_zone(self, values):
        """Sums over people by zone; nobody stands on a border."""
        sums = dict.fromkeys([*ZONES, "outside", "city"], 0.0)
        for (x, y), value in zip(self.people_xy - world.ORIGIN, values, strict=True):
            inside = [name for name, (w, s, e, n) in ZONES.items() if w < x < e and s < y < n]
            sums[inside[0] if inside else "outside"] += value
            sums["city"] += value
        return sums


def measured(store, catchment, service, name):
    text = f'{HEAD}\ncatchment = "{catchment}"\n[[services]]\n{service}\n{PEOPLE}'
    found = rows(coverage(store, parse(text.encode(), "own.toml")).result)
    return {code: row[name] for code, row in found.items()}


@pytest.fixture(scope="module", params=[1, 2, 3])
def both(request, tmp_path_factory):
    made = RandomCity(request.param)
    with Store.open(city.workspace(tmp_path_factory.mktemp("random") / "home")) as store:
        made.publish(store)
        yield store, made


def test_people_near_parks_are_those_of_every_pair(both):
    store, made = both
    away = shapely.distance(shapely.points(made.people_xy)[:, None], made.parks)
    assert (np.abs(away - REACH_M) > 0.01).all()
    expected = made.by_zone(np.where((away <= REACH_M).any(axis=1), made.people, 0))
    assert 0 < expected["city"] < made.people.sum()
    found = measured(store, "straight", f'layer = "parks"\nfrom = "boundary"\ndistance_m = {REACH_M}', "met")
    assert found == expected


def test_people_who_walk_to_a_school_are_those_of_every_walk(both):
    store, made = both
    walks = made.walks()
    assert (np.abs(walks - REACH_M) > 0.01).all()
    expected = made.by_zone(np.where((walks <= REACH_M).any(axis=1), made.people, 0))
    assert 0 < expected["city"] < made.people.sum()
    assert measured(store, "walk", f'layer = "education"\ndistance_m = {REACH_M}', "met") == expected


def test_school_places_are_those_of_two_loops(both):
    store, made = both
    walks = made.walks()
    share = np.zeros(len(made.people))
    for school in range(len(made.places)):
        near = walks[:, school] <= REACH_M
        if near.any():
            share[near] += made.places[school] / made.people[near].sum()
    given, people = made.by_zone(share * made.people), made.by_zone(made.people)
    service = f'layer = "education"\ncapacity = "places"\ndistance_m = {REACH_M}'
    found = measured(store, "supply", service, "value")
    for name, total in people.items():
        if total:
            assert found[name] == pytest.approx(1000 * given[name] / total, abs=0.0011)
        else:
            assert found[name] is None

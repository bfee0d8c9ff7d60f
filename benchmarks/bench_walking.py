"""What walking as it is costs beside walking on flat, open ground, and parks beside shapely. One thread."""

import numpy as np
import shapely

from benchmarks._measure import Row, interleaved, report
from benchmarks.bench_network import CATEGORIES, WALK_M, City, real, seeded, synthetic
from geo import network, reach
from geo.barriers import Barriers
from geo.effort import effort_of
from geo.entrances import entrances
from geo.jit import Floats

PARKS = 5000
WALLS = 500


def hills(xy: Floats) -> Floats:
    """Bumps of 40 m, a few hundred metres apart."""
    return np.asarray(40 * np.sin(xy[:, 0] / 300) * np.cos(xy[:, 1] / 400))


def by_shapely(net: network.Network, parks: np.ndarray) -> int:
    """The usual way: a tree of the streets, and the overlay of each park's border with those it finds."""
    street = np.repeat(np.arange(len(net.edge_length_m)), np.diff(net.shape_offset))
    lines = shapely.linestrings(net.shape_xy, indices=street)
    border = shapely.boundary(parks)
    park, line = shapely.STRtree(lines).query(border, predicate="intersects")
    return len(shapely.get_coordinates(shapely.intersection(border[park], lines[line])))


def compare(city: City, repeats: int) -> tuple[list[Row], dict[str, object]]:
    places = seeded(city)
    net = network.build(city.nodes, city.edges, crs=city.crs)
    people, sites = reach.attach(net, places.people), reach.attach(net, places.sites)
    effort = effort_of(net, hills)
    rng = np.random.default_rng(1)
    middle = net.xy[rng.integers(0, len(net.xy), PARKS)] + rng.normal(0, 60, (PARKS, 2))
    parks = np.array([shapely.Point(*m).buffer(rng.uniform(20, 200), 16) for m in middle])
    walls = Barriers.over(
        [shapely.LineString(m + np.cumsum(rng.normal(0, 60, (20, 2)), 0)) for m in middle[:WALLS]]
    )

    def walks(given: object) -> object:
        return reach.nearest_by_category(
            net, people, sites, places.category, CATEGORIES, limit_m=WALK_M, threads=1, effort=given
        )

    cases = {
        "plain": lambda: walks(None),
        "effort": lambda: walks(effort),
        "attach": lambda: reach.attach(net, places.people),
        "past walls": lambda: reach.attach(net, places.people, barriers=walls),
        "entrances": lambda: entrances(net, parks, min_component_m=0.0),
        "shapely": lambda: by_shapely(net, parks),
    }
    for run in cases.values():
        run()
    spent = interleaved(cases, repeats)
    name = city.name
    rows = [
        Row(f"{name}: walks with effort", spent["effort"], "without", spent["plain"], 1.5, at_most=True),
        Row(f"{name}: past walls", spent["past walls"], "attach alone", spent["attach"], 3.0, at_most=True),
        Row(f"{name}: parks entered", spent["entrances"], "shapely's borders alone", spent["shapely"], 1.0),
    ]
    doors = entrances(net, parks, min_component_m=0.0)
    sizes = f"{city.people} people, {CATEGORIES} x {city.sites} sites, {PARKS} parks, {WALLS} walls"
    facts: dict[str, object] = {
        f"{name}, size": sizes,
        f"{name}, parks": f"{len(doors.row)} places; shapely is only asked for crossings",
    }
    return rows, facts


def main() -> None:
    cities = [real("Porto", "porto", 100_000, 1600), real("Porto Alegre", "porto_alegre", 12_000, 190)]
    found = [city for city in cities if city is not None] or [synthetic("grid", 90, 12_000, 190)]
    rows: list[Row] = []
    facts: dict[str, object] = {}
    for city in reversed(found):
        more, about = compare(city, 5)
        rows += more
        facts |= about
    report("walking", "Walking as it is, one thread each", rows, facts)


if __name__ == "__main__":
    main()

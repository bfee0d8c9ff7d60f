"""What an OpenStreetMap extract says about walking reaches the network."""

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way
from walk_worlds import FLAT

from geo import network, reach
from geo.crs import STORED, transform_xy
from geo.readers import read_osm_network


def extract(path):
    """A street with a gate, steps beside it, a yard and a wall; a hundredth of a degree is 1 km or less."""
    with osmium.SimpleWriter(str(path)) as out:
        places = {1: (117.0, 36.0), 2: (117.001, 36.0), 3: (117.002, 36.0), 4: (117.001, 36.002)}
        gates = {
            2: {"barrier": "gate", "locked": "yes"},
            4: {"barrier": "bollard", "access": "no", "foot": "yes"},
        }
        for ref, place in places.items():
            out.add_node(Node(id=ref, version=1, location=place, tags=gates.get(ref, {})))
        ways = [
            ([1, 2, 3], {"highway": "residential", "name": "街"}),
            ([1, 4], {"highway": "steps", "access": "destination"}),
            ([4, 3], {"highway": "footway", "access": "no", "foot": "designated"}),
            ([1, 3], {"highway": "service", "access": "private"}),
            ([1, 4, 3], {"barrier": "wall"}),
        ]
        for ref, (nodes, tags) in enumerate(ways, start=10):
            out.add_way(Way(id=ref, version=1, nodes=nodes, tags=tags))


def test_tags_that_close_arrive_and_a_locked_gate_is_not_passed(tmp_path):
    extract(tmp_path / "town.osm.pbf")
    nodes, edges = read_osm_network(tmp_path / "town.osm.pbf")
    none_as = lambda values: [None if value != value else value for value in values]  # noqa: E731
    assert none_as(nodes["barrier"]) == [None, "gate", None, "bollard"]
    assert none_as(nodes["access"]) == [None, "locked", None, "yes"]
    assert edges["highway"].tolist() == ["residential", "residential", "steps", "footway"]
    assert none_as(edges["access"]) == [None, None, "destination", "designated"]
    ends = transform_xy(np.array([(117.0, 36.0), (117.002, 36.0)]), STORED, FLAT)
    walks = []
    for closed in ({}, {"access": ["no", "private", "locked"]}):
        net = network.build(nodes, edges, crs=FLAT, closed=closed)
        at = reach.attach(net, ends, min_component_m=0.0)
        walks.append(reach.nearest_m(net, at.take([0]), at.take([1]))[0])
    lengths = np.hypot(*np.diff(ends, axis=0).T)
    corner = transform_xy(np.array([(117.001, 36.002)]), STORED, FLAT)
    around = np.hypot(*(ends - corner).T).sum()
    assert np.allclose(walks, [lengths[0], around], atol=0.01)

"""Differences of networks: nodes by place, edges by what they say, done and counted."""

from layer_worlds import square_network

from layers.network_diff import apply_network, counts_network, diff_network
from layers.networks import publish_network


def test_two_versions_of_a_network_are_compared(sqlite_store):
    """One node moves by 0.001 degrees, one edge changes its class; 1e-7 degrees (0.01 m) are no move."""
    store = sqlite_store
    nodes, edges = square_network()
    one = publish_network(store, "walk_network", "bureau", nodes, edges, author="li")
    nodes.loc[0, "lat"] += 0.001
    nodes.loc[1, "lat"] += 1e-7
    edges.loc[0, "highway"] = "footway"
    other = publish_network(store, "walk_network", "bureau", nodes, edges, author="li")
    found = store.diff("walk_network", one.id, other.id)
    assert counts_network(found) == {
        "added": 0,
        "removed": 0,
        "changed": 1,
        "unchanged": 3,
        "fields": {"highway": 1},
        "nodes": {"added": 0, "removed": 0, "changed": 1, "unchanged": 3, "fields": {"geometry": 1}},
    }
    spec = store.spec("walk_network")
    done = apply_network(store.tables(one), found)
    assert diff_network(done, store.tables(other), spec).is_empty
    assert diff_network(store.tables(one), store.tables(one), spec).is_empty

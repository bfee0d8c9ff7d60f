"""Differences of networks: nodes by place, edges by what they say, done and counted."""

from dataclasses import replace

import pandas as pd
from layer_worlds import square_network

from layers.history import tables_under
from layers.network_diff import apply_network, counts_network, diff_network
from layers.networks import prepare_network, publish_network, publish_prepared_network
from layers.spec import FieldSpec


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


def publish(store, nodes, edges):
    spec = store.spec("walk_network")
    prepared = prepare_network(nodes, edges, spec, store.workspace.city)
    return publish_prepared_network(store, spec, "bureau", prepared, directed=False, author="li")


def test_a_network_equal_under_its_precision_is_unchanged(sqlite_store):
    nodes, edges = square_network()
    one = publish(sqlite_store, nodes, edges)
    nodes["lat"] += 1e-8  # a millimetre
    again = publish(sqlite_store, nodes, edges)
    assert (again.version, again.changed) == (one.version, False)
    edges.loc[0, "highway"] = "footway"
    other = publish(sqlite_store, nodes, edges)
    assert other.changed
    assert sqlite_store.tables(other.version)["nodes"].equals(sqlite_store.tables(one.version)["nodes"])


def test_a_network_under_a_changed_spec_is_compared_under_the_new_one(sqlite_store):
    one = publish(sqlite_store, *square_network()).version
    spec = sqlite_store.spec("walk_network")
    wider = replace(spec, fields=(*spec.fields, FieldSpec("lanes", "integer", "车道", "Lanes")))
    old = tables_under(sqlite_store, one, wider)
    assert old["edges"]["lanes"].isna().all()
    new = {**old, "edges": old["edges"].assign(lanes=pd.array([2] * 4, "Int64"))}
    delta = diff_network(old, new, wider)
    assert counts_network(delta)["fields"] == {"lanes": 4}
    assert delta.nodes.is_empty

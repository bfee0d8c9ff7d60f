"""A candidate reads as the store would if it were published, and writes nothing."""

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely import LineString, Point

from layers.candidate import Candidate
from layers.catalog import NetworkFrames, Store
from layers.errors import CandidateReadOnly, LayerKindError, TimeNotKnown
from layers.networks import prepare_network, publish_network
from layers.publish import publish_frame
from layers.validate import prepare
from layers.workspace import Workspace

CITY = """
id = "x"
name_zh = "某市"
name_en = "X"
bbox = [116.0, 36.0, 118.0, 37.0]
[[agencies]]
code = "a"
name_zh = "甲"
name_en = "A"
kind = "district"
[[agencies]]
code = "b"
name_zh = "乙"
name_en = "B"
kind = "district"
"""


@pytest.fixture
def store(tmp_path):
    with Store.open(Workspace.init(tmp_path / "home", CITY)) as store:
        yield store


def schools(*names, prefix="s"):
    return gpd.GeoDataFrame(
        {
            "id": [f"{prefix}{n}" for n in names],
            "category": ["kindergarten"] * len(names),
            "completed": [pd.Timestamp(2000 + n, 1, 1) for n in names],
        },
        geometry=[Point(117 + n / 100, 36.5) for n in names],
        crs=4326,
    )


def publish(store, frame, agency="a"):
    return publish_frame(store, "education", agency, frame, author="test")


def candidate(store, frame, agency="a"):
    prepared = prepare(frame, store.spec("education"), store.workspace.city)
    return Candidate(store, "education", agency, prepared.frame)


def test_a_candidate_reads_as_the_store_does_once_it_is_published(store):
    publish(store, schools(1, 2))
    publish(store, schools(7, prefix="t"), "b")
    seen = candidate(store, schools(2, 3, 4))
    read = [
        seen.read("education"),
        seen.read("education", columns=["category"]),
        seen.read("education", at=datetime(2003, 6, 1, tzinfo=UTC).date()),
        seen.read("education", bbox=(117.015, 36, 117.035, 37)),
    ]
    heads, sequence, summary = seen.heads("education"), seen.sequence(), seen.layers()
    version = publish(store, schools(2, 3, 4))
    again = [
        store.read("education"),
        store.read("education", columns=["category"]),
        store.read("education", at=datetime(2003, 6, 1, tzinfo=UTC).date()),
        store.read("education", bbox=(117.015, 36, 117.035, 37)),
    ]
    for one, other in zip(read, again, strict=True):
        assert_geodataframe_equal(one, other)
    assert [len(frame) for frame in read] == [4, 4, 2, 2]
    assert heads["a"].id == version.id
    assert heads["a"].logical_hash == version.logical_hash
    assert heads["a"].bbox == version.bbox
    assert heads["b"] == store.heads("education")["b"]
    assert sequence == store.sequence() == 3
    rows = {each.name: each.rows for each in summary}
    assert rows["education"] == 4


def test_nothing_is_written(store):
    publish(store, schools(1))
    files = sorted(path for path in store.workspace.home.rglob("*"))
    seen = candidate(store, schools(2))
    seen.read("education")
    seen.close()
    assert [entry.version for entry in store.history("education")] == [store.heads("education")["a"].id]
    assert sorted(path for path in store.workspace.home.rglob("*")) == files
    assert len(store.read("education")) == 1, "the store below is still open"
    with pytest.raises(CandidateReadOnly, match="'education' by 'a'"):
        publish(seen, schools(3))
    with pytest.raises(CandidateReadOnly):
        seen.revert("education", store.heads("education")["a"].id, author="test")


def test_the_same_content_is_the_head_itself(store):
    head = publish(store, schools(1, 2))
    seen = candidate(store, schools(2, 1))
    assert not seen.changed
    assert seen.heads("education") == {"a": head}
    assert seen.sequence() == store.sequence()


def test_the_first_state_of_an_agency_is_a_candidate_too(store):
    seen = candidate(store, schools(1))
    assert len(seen.read("education")) == 1
    assert [(each.sequence, each.version) for each in seen.history("education")] == [(1, seen.ahead.id)]
    assert seen.version(seen.ahead.id) == seen.ahead


def test_a_candidate_stands_still_while_others_publish(store):
    publish(store, schools(1))
    seen = candidate(store, schools(2))
    publish(store, schools(8, prefix="t"), "b")
    assert sorted(seen.heads("education")) == ["a"]
    assert seen.sequence() == 2
    assert seen.heads("education", as_of=1)["a"].id == store.history("education")[-1].version
    assert seen.heads("education", as_of=datetime.now(UTC))["a"] == seen.heads("education", as_of=1)["a"]
    with pytest.raises(TimeNotKnown):
        seen.heads("education", as_of=3)


def test_a_head_arrives_with_its_last_move_to_it_also_a_candidate(store):
    """Moves 1: s1, 2: s1 s2, 3: back to s1, 4: another agency."""
    first = publish(store, schools(1))
    publish(store, schools(1, 2))
    store.revert("education", first.id, author="test")
    other = publish(store, schools(3, prefix="b"), "b")
    arrived = {version.id: number for version, number in store.arrivals(["education", "walk_network"])}
    assert arrived == {first.id: 3, other.id: 4}
    assert [number for _, number in store.arrivals(["education"], as_of=1)] == [1]
    assert store.arrivals(["walk_network"]) == []
    seen = candidate(store, schools(1, 2, 4))
    assert [number for _, number in seen.arrivals(["education"])] == [5, 4]
    assert [number for _, number in seen.arrivals(["education"], as_of=4)] == [3, 4]
    same = candidate(store, schools(1))
    assert [number for _, number in same.arrivals(["education"])] == [3, 4]


def nodes_and_edges(*, lines):
    nodes = pd.DataFrame({"node_id": [1, 2, 3], "lon": [117.0, 117.01, 117.02], "lat": [36.5, 36.5, 36.5]})
    edges = pd.DataFrame({"edge_id": [10, 11], "u": [1, 2], "v": [2, 3], "highway": "footway"})
    if lines:
        shapes = [LineString([(117, 36.5), (117.005, 36.51), (117.01, 36.5)]), None]
        return nodes, gpd.GeoDataFrame(edges, geometry=shapes, crs=4326)
    return nodes, edges


@pytest.mark.parametrize("lines", [False, True])
def test_a_network_can_be_the_candidate(store, lines):
    nodes, edges = nodes_and_edges(lines=lines)
    prepared = prepare_network(nodes, edges, store.spec("walk_network"), store.workspace.city)
    seen = Candidate(
        store, "walk_network", "a", NetworkFrames(prepared.nodes.frame, prepared.edges.frame, True)
    )
    read = seen.read_network("walk_network")
    again = Candidate(store, "walk_network", "a", read)
    version = publish_network(store, "walk_network", "a", nodes, edges, directed=True, author="test")
    assert seen.ahead.id == again.ahead.id == version.id
    assert seen.ahead.facts == version.facts
    found = store.read_network("walk_network")
    assert read.directed
    assert read.nodes.equals(found.nodes)
    assert read.edges.equals(found.edges)


def test_a_state_of_another_kind_is_refused(store):
    with pytest.raises(LayerKindError):
        Candidate(store, "walk_network", "a", schools(1))
    nodes, edges = nodes_and_edges(lines=False)
    with pytest.raises(LayerKindError):
        Candidate(store, "education", "a", NetworkFrames(nodes, edges, False))

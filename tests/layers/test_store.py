"""The store's promises, the same on SQLite and PostgreSQL."""

import datetime as dt
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
from layer_worlds import open_store, people, points, rules, schools, square_network
from shapely.geometry import LineString

from layers.errors import (
    AgencyNotFound,
    HeadMoved,
    LayerHasNoData,
    LayerKindError,
    LayerNotFound,
    ModeNotSupported,
    Rejected,
    TimeNotKnown,
    VersionNotFound,
    WorkspaceMismatch,
)
from layers.networks import publish_network
from layers.publish import publish_frame


def amounts(store, **times):
    frame = store.read("people", **times)
    return dict(zip(frame["id"], frame["people"], strict=True))


def test_a_new_store_has_every_packaged_layer_and_no_data(store):
    summaries = {summary.name: summary for summary in store.layers()}
    assert summaries["people"].heads == {}
    assert (summaries["people"].rows, summaries["people"].sequence) == (0, None)
    assert store.sequence() == 0
    with pytest.raises(LayerHasNoData):
        store.read("people")


def test_what_is_published_is_read_back(store):
    version = publish_frame(store, "people", "east", people(3, 5), author="li", note="first")
    assert (version.layer, version.agency, version.rows, version.parent) == ("people", "east", 2, None)
    assert version.bbox == (117.1, 36.5, 117.11, 36.5)
    frame = store.read("people")
    assert list(frame.columns) == ["id", "people", "geometry", "agency"]
    assert frame.crs.to_epsg() == 4326
    assert amounts(store) == {"h0": 3.0, "h1": 5.0}
    assert set(frame["agency"]) == {"east"}
    assert store.check() == []


def test_agencies_share_a_layer_and_replace_only_their_own(store):
    publish_frame(store, "people", "east", people(3, 5), author="li")
    publish_frame(store, "people", "west", people(7, first=10), author="wang")
    publish_frame(store, "people", "east", people(4), author="li")
    assert amounts(store) == {"h0": 4.0, "h10": 7.0}
    assert set(store.heads("people")) == {"east", "west"}
    summary = next(s for s in store.layers() if s.name == "people")
    assert (summary.rows, summary.sequence) == (2, 3)
    assert store.sequence() == 3


def test_publishing_the_same_again_changes_nothing(store):
    first = publish_frame(store, "people", "east", people(3, 5), author="li")
    again = publish_frame(store, "people", "east", people(3, 5).iloc[::-1], author="wang")
    assert again == first
    assert store.sequence() == 1
    assert len(store.history("people")) == 1


def test_the_past_stays_readable(store):
    publish_frame(store, "people", "east", people(3), author="li")
    between = datetime.now(UTC)
    publish_frame(store, "people", "east", people(4), author="li")
    assert amounts(store, as_of=1) == {"h0": 3.0}
    assert amounts(store, as_of=between) == {"h0": 3.0}
    assert amounts(store, as_of=2) == amounts(store) == {"h0": 4.0}
    assert store.heads("people", as_of=0) == {}


@pytest.mark.parametrize("as_of", [2, -1, datetime(2020, 1, 1), datetime.now(UTC) + timedelta(days=1)])
def test_times_that_cannot_be_answered_are_refused(store, as_of):
    publish_frame(store, "people", "east", people(3), author="li")
    with pytest.raises(TimeNotKnown):
        store.read("people", as_of=as_of)


def test_revert_brings_an_older_version_back_and_can_be_undone(store):
    first = publish_frame(store, "people", "east", people(3), author="li")
    second = publish_frame(store, "people", "east", people(4), author="li", note="counted again")
    assert store.revert("people", first.id, author="zhao", note="miscounted") == first
    assert amounts(store) == {"h0": 3.0}
    store.revert("people", second.id, author="zhao")
    assert amounts(store) == {"h0": 4.0}
    told = [(e.sequence, e.action, e.version, e.previous, e.author, e.note) for e in store.history("people")]
    assert told == [
        (4, "revert", second.id, first.id, "zhao", ""),
        (3, "revert", first.id, second.id, "zhao", "miscounted"),
        (2, "publish", second.id, first.id, "li", "counted again"),
        (1, "publish", first.id, None, "li", ""),
    ]
    assert amounts(store, as_of=3) == {"h0": 3.0}
    assert store.check() == []


def test_publishing_again_what_was_reverted_brings_the_same_version_back(store):
    first = publish_frame(store, "people", "east", people(3), author="li")
    second = publish_frame(store, "people", "east", people(4), author="li")
    store.revert("people", first.id, author="li")
    assert publish_frame(store, "people", "east", people(4), author="wang") == second
    assert store.sequence() == 4
    assert store.check() == []


def test_reverting_to_the_head_moves_nothing(store):
    first = publish_frame(store, "people", "east", people(3), author="li")
    store.revert("people", first.id, author="li")
    assert store.sequence() == 1


def test_revert_refuses_a_version_of_another_layer(store):
    version = publish_frame(store, "people", "east", people(3), author="li")
    for layer, identity in (("education", version.id), ("people", "0" * 16)):
        with pytest.raises(VersionNotFound):
            store.revert(layer, identity, author="li")


def test_publish_refuses_a_moved_head(store):
    first = publish_frame(store, "people", "east", people(3), author="li", expected=None)
    publish_frame(store, "people", "east", people(4), author="li", expected=first.id)
    with pytest.raises(HeadMoved) as caught:
        publish_frame(store, "people", "east", people(5), author="wang", expected=first.id)
    assert caught.value.expected == first.id
    assert amounts(store) == {"h0": 4.0}


def test_a_key_of_another_agency_is_refused(store):
    publish_frame(store, "people", "east", people(3, 5), author="li")
    with pytest.raises(Rejected) as caught:
        publish_frame(store, "people", "west", people(1, 1, first=1), author="wang")
    (finding,) = [f for f in caught.value.findings if f.severity == "error"]
    assert (finding.rule, finding.feature, finding.key, finding.fields) == (
        "key_foreign",
        1,
        "h1",
        {"owner": "east"},
    )
    assert store.sequence() == 1


def test_rejected_data_leave_the_store_as_it_was(store):
    with pytest.raises(Rejected) as caught:
        publish_frame(store, "people", "east", people(3, -5), author="li")
    assert rules(caught.value.findings) == [("value_range", 2)]
    assert store.sequence() == 0
    assert list(store.workspace.parts.iterdir()) == []
    assert list(store.workspace.staging.iterdir()) == []


def test_calls_about_what_is_not_there_are_errors(store):
    with pytest.raises(LayerNotFound):
        store.read("peopel")
    with pytest.raises(AgencyNotFound):
        publish_frame(store, "people", "north", people(3), author="li")
    with pytest.raises(ModeNotSupported):
        publish_frame(store, "people", "east", people(3), author="li", mode="merge")
    with pytest.raises(LayerKindError):
        publish_frame(store, "walk_network", "east", people(3), author="li")
    with pytest.raises(LayerKindError):
        store.read_network("people")
    with pytest.raises(VersionNotFound):
        store.version("0" * 16)


def test_a_feature_exists_from_its_completion_until_its_removal(store):
    frame = points(
        [(117.1 + n / 100, 36.5) for n in range(6)],
        id=["always", "built", "gone", "both", "planned", "site"],
        category=["kindergarten"] * 6,
        planned=[None, None, None, None, "2019-01-01", None],
        started=[None, None, None, None, None, "2019-06-01"],
        completed=[None, "2020-05-01", None, "2020-05-01", None, None],
        removed=[None, None, "2021-05-01", "2021-05-01", None, None],
    )
    publish_frame(store, "education", "east", frame, author="li")

    def there(day):
        return set(store.read("education", at=dt.date.fromisoformat(day))["id"])

    assert there("2020-04-30") == {"always", "gone"}
    assert there("2020-05-01") == {"always", "built", "gone", "both"}
    assert there("2021-04-30") == {"always", "built", "gone", "both"}
    assert there("2021-05-01") == {"always", "built"}
    assert len(store.read("education")) == 6
    narrow = store.read("education", at=dt.date(2021, 5, 1), columns=["category"])
    assert list(narrow.columns) == ["category", "geometry", "agency"]
    assert len(narrow) == 2


def test_a_box_keeps_what_meets_it(store):
    publish_frame(store, "people", "east", people(1, 2, 3, 4), author="li")
    box = (117.105, 36.4, 117.125, 36.6)
    assert sorted(store.read("people", bbox=box)["people"]) == [2.0, 3.0]
    assert len(store.read("people", bbox=(117.8, 36.8, 117.9, 36.9))) == 0


def test_an_empty_layer_is_data(store):
    publish_frame(store, "people", "east", people(), author="li")
    frame = store.read("people")
    assert len(frame) == 0
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs.to_epsg() == 4326
    publish_frame(store, "people", "west", people(2), author="li")
    assert amounts(store) == {"h0": 2.0}
    assert store.check() == []


def test_an_own_agency_field_is_kept(store):
    frame = points([(117.1, 36.1), (117.2, 36.2)]).set_geometry(
        [g.buffer(0.01) for g in points([(117.1, 36.1), (117.2, 36.2)]).geometry]
    )
    frame = frame.assign(code=["1", "2"], name=["甲", "乙"], agency=["west", None])
    publish_frame(store, "districts", "bureau", frame, author="li")
    found = store.read("districts").set_index("code")["agency"].to_dict()
    assert found == {"1": "west", "2": "bureau"}


def test_a_network_is_two_tables_of_one_version(store):
    nodes, edges = square_network()
    version = publish_network(store, "walk_network", "bureau", nodes, edges, directed=True, author="li")
    assert version.facts == {"directed": True, "nodes": 4, "edges": 4}
    network = store.read_network("walk_network")
    assert network.directed is True
    assert list(network.nodes.columns) == ["node_id", "barrier", "access", "lon", "lat"]
    merged = network.nodes.merge(nodes, on="node_id", suffixes=("", "_given"))
    assert (
        merged[["lon", "lat"]].to_numpy().tolist() == merged[["lon_given", "lat_given"]].to_numpy().tolist()
    )
    assert not isinstance(network.edges, gpd.GeoDataFrame)
    given = edges.sort_values("edge_id").reset_index(drop=True)
    read = network.edges.sort_values("edge_id").reset_index(drop=True)
    assert read[["edge_id", "u", "v"]].equals(given[["edge_id", "u", "v"]])
    assert read["highway"].tolist()[:3] == given["highway"].tolist()[:3]
    assert pd.isna(read["highway"].iloc[3])
    assert store.check() == []


def test_a_network_reads_the_same_without_its_twins(store):
    publish_network(store, "walk_network", "bureau", *square_network(), author="li")
    before = store.read_network("walk_network")
    for twin in store.workspace.cache.iterdir():
        twin.unlink()
    for _ in range(2):
        again = store.read_network("walk_network")
        pd.testing.assert_frame_equal(again.nodes, before.nodes)
        pd.testing.assert_frame_equal(again.edges, before.edges)


def test_edges_keep_the_lines_they_have(store):
    nodes, edges = square_network()
    bent = LineString([(117.5, 36.5), (117.505, 36.499), (117.51, 36.5)])
    lines = gpd.GeoDataFrame(edges, geometry=[bent, None, None, None], crs=4326)
    publish_network(store, "walk_network", "bureau", nodes, lines, author="li")
    read = store.read_network("walk_network").edges
    assert read.crs.to_epsg() == 4326
    shapes = read.set_index("edge_id").geometry
    assert shapes[10].equals(bent)
    assert shapes.isna().sum() == 3


def test_agencies_networks_join_at_shared_nodes(store):
    nodes, edges = square_network()
    publish_network(store, "walk_network", "east", nodes, edges, author="li")
    other_nodes, other_edges = square_network(first=5)
    shared = pd.concat([other_nodes, nodes.iloc[[0]]], ignore_index=True)
    bridge = pd.DataFrame({"edge_id": [99], "u": [5], "v": [1], "highway": ["footway"]})
    publish_network(
        store,
        "walk_network",
        "west",
        shared,
        pd.concat([other_edges, bridge], ignore_index=True),
        author="wang",
    )
    network = store.read_network("walk_network")
    assert sorted(network.nodes["node_id"]) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(network.edges) == 9


def test_a_shared_node_at_another_place_is_refused(store):
    nodes, edges = square_network()
    publish_network(store, "walk_network", "east", nodes, edges, author="li")
    moved = nodes.assign(lon=nodes["lon"] + 0.001)
    with pytest.raises(Rejected) as caught:
        publish_network(
            store, "walk_network", "west", moved, edges.assign(edge_id=[1, 2, 3, 4]), author="wang"
        )
    assert {f.rule for f in caught.value.findings if f.severity == "error"} == {"node_elsewhere"}


def test_edges_between_unknown_nodes_are_refused(store):
    nodes, edges = square_network()
    with pytest.raises(Rejected) as caught:
        publish_network(store, "walk_network", "east", nodes.iloc[:3], edges, author="li")
    assert rules(f for f in caught.value.findings if f.severity == "error") == [
        ("node_unknown", 4),
        ("node_unknown", 3),
    ]


def test_a_catalog_serves_its_own_workspace_only(store, home, database_url, tmp_path):
    publish_frame(store, "people", "east", people(3), author="li")
    if database_url is None:
        with open_store(tmp_path / "second"):
            pass
        (tmp_path / "second" / "catalog.sqlite").write_bytes((home / "catalog.sqlite").read_bytes())
    with pytest.raises(WorkspaceMismatch):
        open_store(tmp_path / "second", database_url)
    assert store.check() == []


def test_schools_with_chinese_headers_are_read_as_the_spec_has_them(store):
    frame = schools().rename(columns={"id": "编号", "category": "类别"})
    frame["类别"] = ["幼儿园", "小学", "初中"]
    publish_frame(store, "education", "east", frame, author="li")
    assert list(store.read("education").sort_values("id")["category"]) == [
        "kindergarten",
        "primary_school",
        "secondary_school",
    ]


TABLE = """
name = "budget"
title_zh = "预算"
title_en = "Budget"
kind = "table"
key = "item"
[[fields]]
name = "item"
type = "integer"
required = true
[[fields]]
name = "amount"
type = "number"
"""


def test_a_table_layer_has_no_geometry(home, database_url):
    with open_store(home, database_url) as store:
        (store.workspace.home / "specs" / "budget.toml").write_text(TABLE, encoding="utf-8")
    with open_store(home, database_url) as store:
        frame = pd.DataFrame({"item": [2, 1], "amount": [2.5, None]})
        version = publish_frame(store, "budget", "bureau", frame, author="li")
        assert version.bbox is None
        read = store.read("budget")
        assert not isinstance(read, gpd.GeoDataFrame)
        assert read["item"].tolist() == [1, 2]
        assert store.check() == []


def test_a_changed_spec_makes_a_new_version_and_the_past_keeps_its_own(home, database_url):
    changed = TABLE + '[[fields]]\nname = "year"\ntype = "integer"\n'
    frame = pd.DataFrame({"item": [1, 2], "amount": [1.0, 2.0]})
    with open_store(home, database_url) as store:
        path = store.workspace.home / "specs" / "budget.toml"
        path.write_text(TABLE, encoding="utf-8")
    with open_store(home, database_url) as store:
        first = publish_frame(store, "budget", "bureau", frame, author="li")
    path.write_text(changed, encoding="utf-8")
    with open_store(home, database_url) as store:
        assert list(store.read("budget").columns) == ["item", "amount", "agency"]
        second = publish_frame(store, "budget", "bureau", frame, author="li")
        assert second.parent == first.id
        assert list(store.read("budget").columns) == ["item", "amount", "year", "agency"]
        assert list(store.read("budget", as_of=1).columns) == ["item", "amount", "agency"]
        publish_frame(store, "budget", "east", frame.assign(item=[3, 4], year=[2020, None]), author="li")
        joined = store.read("budget").set_index("item")["year"]
        assert str(joined.dtype) == "Int64"
        assert joined[3] == 2020
        assert joined.isna().sum() == 3
    path.unlink()
    with open_store(home, database_url) as store:
        assert len(store.read("budget")) == 4
        assert "budget" in [summary.name for summary in store.layers()]
        assert store.check() == []


def test_lines_of_one_agency_and_none_of_another(store):
    nodes, edges = square_network()
    bent = LineString([(117.5, 36.5), (117.505, 36.499), (117.51, 36.5)])
    lines = gpd.GeoDataFrame(edges, geometry=[bent, None, None, None], crs=4326)
    publish_network(store, "walk_network", "east", nodes, lines, author="li")
    publish_network(store, "walk_network", "west", *square_network(first=5), author="wang")
    read = store.read_network("walk_network").edges
    assert read.crs.to_epsg() == 4326
    assert read.geometry.notna().sum() == 1
    assert len(read) == 8


def test_reading_goes_on_where_the_cache_has_no_room(store):
    version = publish_frame(store, "people", "east", people(3, 5), author="li")
    for twin in store.workspace.cache.iterdir():
        twin.unlink()
    store.workspace.cache.rmdir()
    store.workspace.cache.write_text("in the way")
    assert amounts(store) == {"h0": 3.0, "h1": 5.0}
    assert list(store.read("people", columns=["id"]).columns) == ["id", "geometry", "agency"]
    assert publish_frame(store, "people", "east", people(4), author="li").parent == version.id

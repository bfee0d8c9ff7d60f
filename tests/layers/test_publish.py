"""Publishing as a change of the head: modes, what counts as unchanged, heads that move, specs that change."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from layer_worlds import open_store, people, points, schools
from pyproj import CRS

from geo.exports import export
from geo.readers import read
from layers.candidate import Candidate
from layers.columns import arranged
from layers.diff import counts, diff, from_folder, to_folder
from layers.errors import HeadMoved, Rejected, VersionNotFound
from layers.publish import publish_frame, publish_prepared, publish_state
from layers.validate import prepare


def publish(store, layer, frame, mode="replace", agency="east", **options):
    """As `publish_frame`, telling all that came of it."""
    spec = store.spec(layer)
    prepared = prepare(frame, spec, store.workspace.city)
    return publish_prepared(store, spec, agency, prepared, author="li", mode=mode, **options)


def amounts(store, **options):
    frame = store.read("people", **options)
    return dict(zip(frame["id"], frame["people"], strict=True))


def state_of(store, frame, layer="people"):
    return prepare(frame, store.spec(layer), store.workspace.city).frame


def test_upsert_changes_and_adds(store):
    publish(store, "people", people(1, 2))
    done = publish(store, "people", people(7, 8, first=1), "upsert")
    assert done.changed
    assert amounts(store) == {"h0": 1.0, "h1": 7.0, "h2": 8.0}
    assert store.check() == []


def test_upsert_leaves_columns_alone_that_the_file_lacks(store):
    publish(store, "education", schools(name=["甲", "乙", "丙"]))
    frame = points([(117.1, 36.1)], id=["s1"], category=["primary_school"])
    publish(store, "education", frame, "upsert", present=["id", "category"])
    found = store.read("education").set_index("id")
    assert found["name"].to_dict() == {"s1": "甲", "s2": "乙", "s3": "丙"}
    assert found.loc["s1", "category"] == "primary_school"


def test_append_refuses_what_is_there_and_changes_nothing(store):
    publish(store, "people", people(1, 2))
    with pytest.raises(Rejected) as caught:
        publish(store, "people", people(7, 8, first=1), "append")
    assert [(f.rule, f.key) for f in caught.value.findings] == [("key_exists", "h1")]
    assert amounts(store) == {"h0": 1.0, "h1": 2.0}
    publish(store, "people", people(8, first=2), "append")
    assert amounts(store) == {"h0": 1.0, "h1": 2.0, "h2": 8.0}


@pytest.mark.parametrize("mode", ["upsert", "append"])
def test_a_key_of_another_agency_is_refused_in_every_mode(store, mode):
    publish(store, "people", people(1), agency="west")
    publish(store, "people", people(2, first=1))
    with pytest.raises(Rejected) as caught:
        publish(store, "people", people(3), mode)
    assert [(f.rule, f.feature, f.fields) for f in caught.value.findings] == [
        ("key_foreign", 1, {"owner": "west"})
    ]


def test_what_the_layer_cannot_tell_apart_makes_no_version(store):
    """The layer `people` counts places within a metre as one: 4e-6 degrees of latitude are 0.45 m."""
    first = publish(store, "people", people(1, 2)).version
    again = publish(store, "people", people(1, 2, lat=36.500004))
    assert (again.version, again.changed) == (first, False)
    assert store.sequence() == 1
    moved = publish(store, "people", people(1, 3, lat=36.500004)).version
    assert moved.parent == first.id
    assert set(store.read("people").geometry.y) == {36.5}


def test_a_layers_own_export_comes_back_without_a_change(store, tmp_path):
    """As a shapefile in the city's zone: names of ten bytes, no booleans, coordinates in metres."""
    store.workspace.home.joinpath("specs", "lamps.toml").write_text(LAMPS, encoding="utf-8")
    home = store.workspace.home
    with open_store(home, None if store.database.is_sqlite else store.database.url) as fresh:
        frame = points(
            [(117.1 + n * 0.0123456789, 36.1 + n * 0.0098765432) for n in range(40)],
            id=[f"灯{n}" for n in range(40)],
            long_description=["经十路" * 90 if n == 3 else None if n % 2 else "路灯" for n in range(40)],
            lit=[None if n % 3 == 0 else n % 2 == 0 for n in range(40)],
            watts=[n / 7 for n in range(40)],
            since=["2020-02-29" if n % 2 else None for n in range(40)],
        )
        publish(fresh, "lamps", frame)
        out = fresh.read("lamps")
        out["long_description"] = out["long_description"].str.slice(0, 84)
        path = tmp_path / "lamps.shp"
        made = export(out.drop(columns="agency"), path, crs=CRS.from_epsg(4527))
        reading = read(path)
        assert reading.driver == "ESRI Shapefile"
        rename = {short: name for name, short in made.renamed.items()}
        back, _ = arranged(reading.frame, path.name, rename=rename)
        done = publish(fresh, "lamps", back, carrier=reading.driver)
        assert not done.changed
        assert fresh.sequence() == 1


LAMPS = """
name = "lamps"
title_zh = "路灯"
title_en = "Lamps"
kind = "features"
geometry = "point"
key = "id"
precision_m = 0.01
[[fields]]
name = "id"
required = true
[[fields]]
name = "long_description"
[[fields]]
name = "lit"
type = "boolean"
[[fields]]
name = "watts"
type = "number"
[[fields]]
name = "since"
type = "date"
"""


def test_a_change_of_other_features_is_done_to_the_new_head(store):
    base = publish(store, "people", people(1, 2, 3)).version
    mine = state_of(store, people(1, 20, 3))
    theirs = publish(store, "people", people(10, 2, 3)).version
    done = publish_state(
        store, store.spec("people"), "east", mine, base=base.id, author="wang", note="h1 counted"
    )
    assert done.rebased
    assert done.version.parent == theirs.id
    assert amounts(store) == {"h0": 10.0, "h1": 20.0, "h2": 3.0}


@pytest.mark.parametrize("theirs", [people(1, 5, 3), people(1), people(1, 2, 3, 4)])
def test_a_change_of_the_same_features_is_refused(store, theirs):
    """Mine changes h1, removes h2 and adds h3; theirs changes, removes or adds one of those."""
    base = publish(store, "people", people(1, 2, 3)).version
    mine = state_of(store, pd.concat([people(1, 20), people(4, first=3)], ignore_index=True))
    head = publish(store, "people", theirs).version
    with pytest.raises(HeadMoved) as caught:
        publish_state(store, store.spec("people"), "east", mine, base=base.id, author="wang")
    assert (caught.value.expected, caught.value.found) == (base.id, head.id)


def test_a_first_state_is_refused_when_another_came_first(store):
    publish(store, "people", people(1))
    with pytest.raises(HeadMoved):
        publish_state(store, store.spec("people"), "east", state_of(store, people(2)), base=None, author="li")


def test_a_kept_delta_is_published_as_it_was_looked_at(store, tmp_path):
    spec = store.spec("people")
    base = publish(store, "people", people(1, 2)).version
    delta = diff(store.read_version(base), state_of(store, people(5)), spec)
    to_folder(delta, tmp_path)
    done = publish_state(store, spec, "east", None, base=base.id, delta=from_folder(tmp_path), author="li")
    assert amounts(store) == {"h0": 5.0}
    assert not done.rebased
    assert store.check() == []


def test_a_base_of_another_agency_is_refused(store):
    base = publish(store, "people", people(1), agency="west").version
    mine = state_of(store, people(1, first=3))
    with pytest.raises(VersionNotFound):
        publish_state(store, store.spec("people"), "east", mine, base=base.id, author="li")


def test_a_state_with_a_key_of_another_agency_is_refused(store):
    publish(store, "people", people(1), agency="west")
    with pytest.raises(Rejected) as caught:
        publish_state(store, store.spec("people"), "east", state_of(store, people(2)), base=None, author="li")
    assert [(f.rule, f.key) for f in caught.value.findings] == [("key_foreign", "h0")]


def test_a_changed_spec_is_a_version_before_any_change_of_data(home, database_url):
    with open_store(home, database_url) as store:
        path = store.workspace.home / "specs" / "lamps.toml"
        path.write_text(LAMPS, encoding="utf-8")
    with open_store(home, database_url) as store:
        frame = points([(117.1, 36.1), (117.2, 36.2)], id=["a", "b"], watts=[1.5, 2.0])
        first = publish(store, "lamps", frame).version
    path.write_text(LAMPS + '[[fields]]\nname = "height"\ntype = "number"\n', encoding="utf-8")
    with open_store(home, database_url) as store:
        taller = frame.assign(height=[8.0, None])
        seen = Candidate(store, "lamps", "east", state_of(store, taller, "lamps"))
        last = publish(store, "lamps", taller).version
        assert (seen.ahead.id, seen.sequence()) == (last.id, store.sequence())
        moves = store.history("lamps")
        assert [(move.action, move.previous) for move in moves] == [
            ("publish", moves[1].version),
            ("migrate", first.id),
            ("publish", None),
        ]
        migrated = store.version(moves[1].version)
        assert migrated.spec_hash == last.spec_hash
        assert store.read_version(migrated)["height"].isna().all()
        assert counts(store.diff("lamps", first.id, migrated.id))["changed"] == 0
        assert counts(store.diff("lamps", migrated.id, last.id))["fields"] == {"height": 1}
        assert publish(store, "lamps", taller).changed is False
        assert store.check() == []


def test_two_versions_are_compared_cell_by_cell(store):
    one = publish(store, "people", people(1, 2, 3)).version
    other = publish(store, "people", people(1, 5, lat=36.51)).version
    found = store.diff("people", one.id, other.id)
    assert counts(found) == {
        "added": 0, "removed": 1, "changed": 2, "unchanged": 0, "fields": {"people": 1, "geometry": 2},
    }  # fmt: skip
    assert counts(store.diff("people", other.id, one.id))["added"] == 1
    with pytest.raises(VersionNotFound):
        store.diff("education", one.id, other.id)


def test_a_version_is_read_alone_and_by_the_moment_it_became_the_head(store):
    one = publish(store, "people", people(1)).version
    publish(store, "people", people(5, first=9), agency="west")
    publish(store, "people", people(2))
    assert amounts(store, version=one.id) == {"h0": 1.0}
    assert store.read("people", version=one.id)["agency"].tolist() == ["east"]
    assert store.sequence_of(one.id) == 1
    store.revert("people", one.id, author="li")
    assert store.sequence_of(one.id) == 1
    with pytest.raises(VersionNotFound):
        store.sequence_of("0" * 16)
    with pytest.raises(VersionNotFound):
        store.read("education", version=one.id)


def test_originals_keep_their_own_names(store, tmp_path):
    from layers.originals import files_of

    one = tmp_path / "人口 2024.csv"
    one.write_text("id,people\n", encoding="utf-8")
    other = tmp_path / "说明.txt"
    other.write_text("普查", encoding="utf-8")
    frame = people(1)
    single = publish_frame(store, "people", "east", frame, author="li", source=one)
    several = publish_frame(store, "people", "east", people(2), author="li", source=[one, other])
    none = publish_frame(store, "people", "east", people(3), author="li")
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    workspace = store.workspace
    assert [(name, path.read_text("utf-8")) for name, path in files_of(single, workspace)] == [
        ("人口 2024.csv", "id,people\n")
    ]
    assert [(name, path.read_text("utf-8")) for name, path in files_of(several, workspace)] == [
        ("人口 2024.csv", "id,people\n"),
        ("说明.txt", "普查"),
    ]
    assert files_of(none, workspace) == []
    assert store.check() == []


def test_a_large_json_file_is_an_original_and_no_manifest(store, tmp_path):
    from layers.originals import files_of

    source = tmp_path / "people.json"
    source.write_text(json.dumps({"kind": "quantu-originals", "files": ["x" * (1 << 20)]}))
    version = publish_frame(store, "people", "east", people(1), author="li", source=source)
    assert [name for name, _ in files_of(version, store.workspace)] == ["people.json"]


def test_a_geodataframe_is_still_what_is_read(store):
    publish(store, "people", people(1))
    publish(store, "people", people(4, first=5), "append")
    assert isinstance(store.read("people"), gpd.GeoDataFrame)

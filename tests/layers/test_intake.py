"""Files in, findings or a version out: small files of each kind, and real ones where they lie beside us."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from layer_worlds import CITY, open_store, rules, schools, square_network
from shapely.geometry import Point

from geo.errors import FileMissing
from layers.catalog import Store
from layers.errors import AgencyNotFound, AgencyRequired, ModeNotSupported, SourceUnusable
from layers.findings import RULES
from layers.intake import ingest
from layers.network_files import reverse_share
from layers.originals import hashes_of
from layers.workspace import Workspace


def take(store, *paths, **options):
    options = {"agency": "east", "author": "li", **options}
    return ingest(store, list(paths), **options)


def csv(folder, text, name="schools.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


SCHOOLS = """编号,名称,类别,lon,lat,学生
s1,第一幼儿园,幼儿园,117.1,36.1,90
s2,第二小学,小学,117.2,36.2,800
s3,第三中学,初中,117.3,36.3,1200
"""


def test_a_table_of_places_becomes_a_version(sqlite_store, tmp_path):
    path = csv(tmp_path, SCHOOLS)
    outcome = take(sqlite_store, path, layer="education", note="first")
    assert (outcome.rows, outcome.changed) == (3, True)
    assert [(f.rule, f.field, f.value) for f in outcome.findings] == [
        ("column_renamed", "id", "编号"),
        ("column_renamed", "name", "名称"),
        ("column_renamed", "category", "类别"),
        ("columns_left_out", None, None),
    ]
    assert outcome.findings[-1].fields == {"columns": ["学生"]}
    assert sorted(sqlite_store.read("education")["name"]) == ["第一幼儿园", "第三中学", "第二小学"]
    assert (sqlite_store.workspace.originals / outcome.version.source_hash).read_bytes() == path.read_bytes()
    assert sqlite_store.check() == []


def test_the_same_file_again_changes_nothing_and_says_so(sqlite_store, tmp_path):
    path = csv(tmp_path, SCHOOLS)
    first = take(sqlite_store, path, layer="education")
    again = take(sqlite_store, path, layer="education")
    assert (again.version, again.changed) == (first.version, False)
    assert (again.findings[-1].rule, again.findings[-1].fields) == (
        "unchanged",
        {"version": first.version.id},
    )


def test_errors_keep_the_version_out_and_are_all_told(sqlite_store, tmp_path):
    text = SCHOOLS.replace("小学,117", "大学,117").replace("s3", "s1").replace("117.1", "inf")
    outcome = take(sqlite_store, csv(tmp_path, text), layer="education")
    assert outcome.version is None
    assert rules(f for f in outcome.findings if f.severity == "error") == [
        ("value_domain", 2),
        ("geometry_not_finite", 1),
        ("key_repeated", 3),
    ]
    assert sqlite_store.sequence() == 0


def test_a_dry_run_publishes_nothing_but_tells_all(sqlite_store, tmp_path):
    path = csv(tmp_path, SCHOOLS)
    outcome = take(sqlite_store, path, layer="education", dry_run=True)
    assert (outcome.version, outcome.rows) == (None, 3)
    assert sqlite_store.sequence() == 0
    take(sqlite_store, path, layer="education")
    other = take(sqlite_store, path, layer="education", agency="west", dry_run=True)
    assert [f.fields for f in other.findings if f.rule == "key_foreign"] == [{"owner": "east"}] * 3


def test_keys_of_another_agency_come_back_as_findings(sqlite_store, tmp_path):
    path = csv(tmp_path, SCHOOLS)
    take(sqlite_store, path, layer="education")
    outcome = take(sqlite_store, path, layer="education", agency="west")
    assert outcome.version is None
    assert {f.rule for f in outcome.findings if f.severity == "error"} == {"key_foreign"}


def test_what_the_uploader_says_about_columns_and_rows(sqlite_store, tmp_path):
    text = "osm,sort,lon,lat\n1,bus,117.1,36.1\n2,lamp,200,36.1\n3,bus,117.3,36.3\n4,bus,300,36.3\n"
    path = csv(tmp_path, text, "pois.csv")
    said = {"where": {"sort": "bus"}, "rename": {"osm": "id"}, "constants": {"category": "bus_stop"}}
    outcome = take(sqlite_store, path, layer="services", **said)
    assert rules(f for f in outcome.findings if f.severity == "error") == [("coordinates_impossible", 4)]
    assert outcome.rows == 3
    good = csv(tmp_path, text.replace("300", "117.4"), "good.csv")
    take(sqlite_store, good, layer="services", **said)
    frame = sqlite_store.read("services").sort_values("id")
    assert frame["id"].tolist() == ["1", "3", "4"]
    assert set(frame["category"]) == {"bus_stop"}


@pytest.mark.parametrize("said", [{"where": {"sort": "bus"}}, {"rename": {"sort": "category"}}])
def test_a_column_the_file_does_not_have_is_an_error_of_the_call(sqlite_store, tmp_path, said):
    with pytest.raises(SourceUnusable, match=r"schools\.csv: has no column 'sort'; its columns are 编号"):
        take(sqlite_store, csv(tmp_path, SCHOOLS), layer="education", **said)


def test_calls_that_cannot_be_meant_are_errors(sqlite_store, tmp_path):
    path = csv(tmp_path, SCHOOLS)
    with pytest.raises(FileMissing):
        take(sqlite_store, tmp_path / "nothing.csv", layer="education")
    with pytest.raises(AgencyRequired):
        take(sqlite_store, path, layer="education", agency=None)
    with pytest.raises(AgencyNotFound):
        take(sqlite_store, path, layer="education", agency="north")
    with pytest.raises(ModeNotSupported):
        take(sqlite_store, path, layer="education", mode="merge")
    with pytest.raises(SourceUnusable):
        take(sqlite_store, layer="education")


def test_the_only_agency_of_a_city_need_not_be_named(tmp_path):
    city = CITY[: CITY.index('[[agencies]]\ncode = "west"')]
    with Store.open(Workspace.init(tmp_path / "home", city)) as store:
        outcome = ingest(store, csv(tmp_path, SCHOOLS), layer="education", author="li")
        assert outcome.version.agency == "east"


def test_a_file_that_cannot_be_read_is_a_finding(sqlite_store, tmp_path):
    outcome = take(sqlite_store, csv(tmp_path, '{"type": "Feature', "x.geojson"), layer="education")
    (finding,) = outcome.findings
    assert finding.severity == "error"
    assert finding.rule in ("file_damaged", "format_unknown")
    assert finding.fields["file"] == "x.geojson"


def test_a_shapefile_with_its_companions(sqlite_store, tmp_path):
    frame = schools(name=["甲", "乙", "丙"]).to_crs(4548)
    frame.to_file(tmp_path / "s.shp", encoding="gb18030", engine="pyogrio")
    (tmp_path / "s.cpg").unlink()
    outcome = take(sqlite_store, *sorted(tmp_path.glob("s.*")), layer="education")
    assert [d.value for d in outcome.examined.detected if d.subject == "encoding"] == ["GB18030"]
    read = sqlite_store.read("education").sort_values("id")
    assert read["name"].tolist() == ["甲", "乙", "丙"]
    assert read.geometry.x.tolist() == pytest.approx([117.1, 117.2, 117.3], abs=1e-8)
    manifest, *files = hashes_of(outcome.version.source_hash, sqlite_store.workspace)
    told = json.loads((sqlite_store.workspace.originals / manifest).read_bytes())
    assert [entry["name"] for entry in told["files"]] == ["s.dbf", "s.prj", "s.shp", "s.shx"]
    assert sorted(files) == sorted(entry["sha256"] for entry in told["files"])
    assert sqlite_store.check() == []


def test_a_shapefile_without_prj_needs_a_word(sqlite_store, tmp_path):
    schools().to_crs(4548).to_file(tmp_path / "s.shp", engine="pyogrio")
    (tmp_path / "s.prj").unlink()
    outcome = take(sqlite_store, tmp_path / "s.shp", layer="education")
    assert [(f.rule, f.field, f.value) for f in outcome.findings if f.severity == "error"] == [
        ("unconfirmed", "crs", "EPSG:4548")
    ]
    assert sqlite_store.sequence() == 0
    assert take(sqlite_store, tmp_path / "s.shp", layer="education", accept=["crs"]).changed
    said = take(sqlite_store, tmp_path / "s.shp", layer="education", crs="EPSG:4548")
    assert (said.changed, said.findings[-1].rule) == (False, "unchanged")
    overruled = take(sqlite_store, csv(tmp_path, SCHOOLS), layer="education", crs="EPSG:4490")
    assert ("crs_overruled", None) in rules(overruled.findings)


def network_files(folder, nodes, edges):
    points = gpd.GeoDataFrame(
        nodes, geometry=[Point(x, y) for x, y in nodes[["lon", "lat"]].to_numpy()], crs=4326
    )
    points.drop(columns=["lon", "lat"]).to_parquet(folder / "nodes.parquet")
    edges.to_parquet(folder / "edges.parquet")
    return folder / "nodes.parquet", folder / "edges.parquet"


def test_a_network_of_two_files_in_any_order(sqlite_store, tmp_path):
    nodes, edges = square_network()
    files = network_files(tmp_path, nodes, edges.drop(columns="edge_id"))
    outcome = take(sqlite_store, *files[::-1], layer="walk_network")
    assert outcome.version.facts == {"directed": False, "nodes": 4, "edges": 4}
    assert rules(outcome.findings) == [("direction_taken", None), ("key_made", None)]
    network = sqlite_store.read_network("walk_network")
    assert sorted(network.nodes["node_id"]) == [1, 2, 3, 4]
    assert len(network.edges) == 4


def test_a_network_with_an_edge_for_each_direction_is_told_apart(sqlite_store, tmp_path):
    nodes, edges = square_network()
    back = edges.rename(columns={"u": "v", "v": "u"}).assign(edge_id=edges["edge_id"] + 100)
    both = pd.concat([edges, back], ignore_index=True)
    assert (reverse_share(edges), reverse_share(both)) == (0.0, 1.0)
    outcome = take(sqlite_store, *network_files(tmp_path, nodes, both), layer="walk_network")
    assert outcome.version.facts["directed"] is True
    assert outcome.findings[0].fields == {"directed": True, "share": 1.0}


def test_a_network_without_nodes_is_told(sqlite_store, tmp_path):
    files = network_files(tmp_path, *square_network())
    outcome = take(sqlite_store, files[1], layer="walk_network")
    (finding,) = outcome.findings
    assert (finding.rule, finding.fields["table"]) == ("network_table_missing", "nodes")


def real_city(home, bbox):
    city = CITY.replace("bbox = [117.0, 36.0, 118.0, 37.0]", f"bbox = {bbox}")
    return Store.open(Workspace.init(home, city))


@pytest.mark.shared
def test_porto_alegre_as_it_is(shared, home):
    data = shared / "data"
    with real_city(home, [-51.3, -30.2, -51.1, -29.9]) as store:
        network = take(store, data / "network" / "porto_alegre.osm.pbf", layer="walk_network")
        assert network.version.facts == {
            "directed": False,
            "nodes": 38165,
            "edges": 45314,
            "file": "porto_alegre.osm.pbf",
        }
        stops = take(
            store, data / "poi" / "porto_alegre_pois.csv", layer="services", where={"category": "bus_stop"}
        )
        assert stops.version.rows == 1054
        people = take(
            store,
            data / "raster" / "porto_alegre_hexgrid.csv",
            layer="people",
            rename={"population": "people"},
        )
        assert people.version.rows == 1227
        assert store.read("people")["people"].sum() == 812935
        assert store.check() == []


@pytest.mark.shared
def test_jinan_as_it_is(shared, home):
    data = shared / "data"
    with real_city(home, [116.2, 35.9, 118.0, 37.6]) as store:
        network = take(store, data / "network" / "jinan_core_roads.gpkg", layer="walk_network")
        assert network.version.facts == {
            "directed": True,
            "nodes": 2521,
            "edges": 5718,
            "file": "jinan_core_roads.gpkg",
        }
        districts = take(store, data / "boundaries" / "jinan_districts_wgs84.geojson", layer="districts")
        assert (districts.version.rows, districts.changed) == (12, True)
        assert "历下区" in set(store.read("districts")["name"])
        old = take(
            store, data / "boundaries" / "jinan_districts_pre2019_gcj02_invalid.geojson", layer="districts"
        )
        assert sum(f.rule == "geometry_mended" for f in old.findings) == 7
        stations = take(
            store,
            data / "poi" / "jinan_charging_stations_raw.csv",
            layer="services",
            constants={"category": "bank"},
        )
        assert stations.version is None
        assert {f.rule for f in stations.findings} <= set(RULES)
        assert store.check() == []


def test_intake_into_a_reopened_store(home, tmp_path):
    with open_store(home) as store:
        take(store, csv(tmp_path, SCHOOLS), layer="education")
    with open_store(home) as store:
        assert len(store.read("education")) == 3

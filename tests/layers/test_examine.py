"""One look at an upload: what it is, what is wrong, what would change; nothing is written to the store."""

import json
import zipfile

import geopandas as gpd
import pytest
from layer_worlds import CITY, open_store, points, schools
from shapely.geometry import box

from geo.crs import parse
from geo.exports import export
from geo.formats import NamedFile
from layers import examined
from layers.candidate import Candidate
from layers.catalog import Store
from layers.errors import AgencyRequired, LayerRequired, Rejected, SourceUnusable, Unconfirmed
from layers.examine import examine
from layers.intake import named_files
from layers.publish import publish_frame
from layers.publishing import publish_ready, unconfirmed
from layers.said import Edit, Said
from layers.workspace import Workspace

NAMES = ["第一幼儿园", "第二小学", "第三中学"]


@pytest.fixture
def look(sqlite_store, tmp_path):
    """Examine files of the temporary folder by what they are called on disk."""
    rounds = iter(range(100))

    def examined_now(*paths, **words):
        folder = tmp_path / f"members-{next(rounds)}"
        folder.mkdir()
        return examine(sqlite_store, named_files(paths), Said(**words), folder=folder)

    return examined_now


def csv(folder, text, name="schools.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def shapefile(folder, frame, stem="学校", crs=4527, encoding="GB18030", prj=False):
    """What a contractor sends: projected, in GB18030, without a word on either."""
    folder.mkdir(exist_ok=True)
    frame.to_crs(crs).to_file(folder / f"{stem}.shp", encoding=encoding, engine="pyogrio")
    (folder / f"{stem}.cpg").unlink()
    if not prj:
        (folder / f"{stem}.prj").unlink()
    return folder / f"{stem}.shp"


def detected(found, subject):
    return {each.subject: each for each in found.detected}[subject]


def test_a_bare_shapefile_is_understood_without_a_word(look, sqlite_store, tmp_path):
    frame = schools(名称=NAMES, 类别=["幼儿园", "小学", "初中"]).drop(columns="category")
    path = shapefile(tmp_path / "in", frame, "教育设施")
    found = look(path, agency="east")
    assert detected(found, "encoding").value == "GB18030"
    assert detected(found, "crs").value == "EPSG:4527"
    assert detected(found, "crs").confidence < 0.9
    assert found.layer == "education"
    frame = found.state["features"].sort_values("id")
    assert frame["name"].tolist() == NAMES
    assert frame.geometry.x.tolist() == pytest.approx([117.1, 117.2, 117.3], abs=1e-8)
    assert found.report()["delta"] == {
        "added": 3, "removed": 0, "changed": 0, "unchanged": 0, "fields": {},
    }  # fmt: skip
    assert sqlite_store.sequence() == 0


def test_a_zip_called_schools_is_education_by_its_values(look, tmp_path):
    frame = schools(名称=NAMES, 类别=["幼儿园", "小学", "初中"])[["名称", "类别", "geometry"]]
    frame.to_file(tmp_path / "学校.shp", encoding="UTF-8", engine="pyogrio")
    with zipfile.ZipFile(tmp_path / "学校.zip", "w") as packed:
        for path in sorted(tmp_path.glob("学校.*")):
            if path.suffix != ".zip":
                packed.write(path, path.name)
    found = look(tmp_path / "学校.zip", agency="east")
    assert (found.layer, detected(found, "layer").why) == ("education", "layer_by_values")
    assert found.publishable


def test_what_was_concluded_is_confirmed_before_it_is_published(look, sqlite_store, tmp_path):
    path = shapefile(tmp_path / "in", schools(名称=NAMES))
    found = look(path, layer="education", agency="east")
    assert [each.subject for each in unconfirmed(found.detected, ())] == ["crs"]
    with pytest.raises(Unconfirmed) as refused:
        publish_ready(sqlite_store, found.ready(), named_files(path), author="li")
    assert refused.value.subjects == ("crs",)
    assert sqlite_store.sequence() == 0
    done = publish_ready(sqlite_store, found.ready(), named_files(path), author="li", confirmed=["crs"])
    assert (done.changed, done.version.rows) == (True, 3)
    assert unconfirmed(look(path, layer="education", agency="east", crs="EPSG:4527").detected, ()) == []


def test_a_zip_of_several_data_sets_is_told_and_one_chosen(look, tmp_path):
    place = tmp_path / "in"
    shapefile(place, schools(name=NAMES), "学校")
    shapefile(place, points([(117.1, 36.1)], name=["站"]), "公交站")
    archive = tmp_path / "资料.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for each in sorted(place.iterdir()):
            made.write(each, f"普查/{each.name}")
    found = look(archive, layer="education", agency="east")
    names = [each["name"] for each in found.report()["datasets"]]
    assert sorted(names) == ["公交站.shp", "学校.shp"]
    assert detected(found, "source_layer").confidence < 0.9
    chosen = look(archive, layer="education", agency="east", dataset="学校.shp")
    assert chosen.read_rows == 3
    with pytest.raises(SourceUnusable, match="公园"):
        look(archive, layer="education", agency="east", dataset="公园.shp")


def test_cells_are_corrected_and_rows_left_out_before_validation(look, tmp_path):
    text = "编号,类别,lon,lat\ns1,幼儿园,117.1,36.1\ns1,小学,117.2,36.2\ns3,大学,117.3,36.3\ns4,小学,110,20\n"
    path = csv(tmp_path, text)
    wrong = look(path, layer="education", agency="east")
    assert sorted((each.rule, each.feature) for each in wrong.findings if each.severity == "error") == [
        ("key_repeated", 2),
        ("outside_city", 4),
        ("value_domain", 3),
    ]
    edits = (
        Edit(2, "id", "s2"),
        Edit(3, "category", "secondary_school"),
        Edit(4, "geometry", "117.4, 36.4"),
    )
    right = look(path, layer="education", agency="east", edits=edits)
    assert [each.rule for each in right.findings if each.severity == "error"] == []
    frame = right.state["features"].sort_values("id")
    assert frame["id"].tolist() == ["s1", "s2", "s3", "s4"]
    assert frame["category"].tolist()[2] == "secondary_school"
    assert (frame.geometry.x.iloc[3], frame.geometry.y.iloc[3]) == pytest.approx((117.4, 36.4))
    fewer = look(path, layer="education", agency="east", left_out=(2, 3, 4))
    assert fewer.state["features"]["id"].tolist() == ["s1"]
    assert fewer.findings[0].severity != "error"
    with pytest.raises(SourceUnusable, match="row 9"):
        look(path, layer="education", agency="east", left_out=(9,))


def test_broken_geometry_of_one_row_is_that_rows_finding(look, tmp_path):
    text = "id;name;category;wkt\ns1;一;小学;POINT (117.1 36.1)\ns2;二;小学;POINT (117.2 36\n"
    found = look(csv(tmp_path, text), layer="education", agency="east", crs="EPSG:4326")
    told = [(each.rule, each.feature) for each in found.findings if each.severity == "error"]
    assert told == [("geometry_unreadable", 2)]
    assert found.failure is None
    moved = Edit(2, "geometry", "117.2, 36.2")
    mended = look(csv(tmp_path, text), layer="education", agency="east", crs="EPSG:4326", edits=(moved,))
    assert mended.publishable


def test_an_upsert_shows_only_what_it_touches(look, sqlite_store, tmp_path):
    publish_frame(sqlite_store, "education", "east", schools(name=NAMES), author="li")
    path = csv(tmp_path, "id,名称,lon,lat\ns2,第二实验小学,117.2,36.2\ns9,新校,117.4,36.4\n")
    found = look(path, layer="education", agency="east", mode="upsert")
    errors = [each for each in found.findings if each.severity == "error"]
    assert [(each.rule, each.field) for each in errors] == [("value_missing", "category")]  # s9 has none
    found = look(path, layer="education", agency="east", mode="upsert", left_out=(2,))
    assert found.report()["delta"] == {
        "added": 0, "removed": 0, "changed": 1, "unchanged": 2, "fields": {"name": 1},
    }  # fmt: skip
    assert found.delta.after["name"].tolist() == ["第二实验小学"]
    assert found.delta.before["name"].tolist() == ["第二小学"]


def test_a_file_of_no_known_layer_gets_a_draft(look, tmp_path):
    text = "wkt,树种,胸径\nPOINT (117.1 36.1),国槐,31\nPOINT (117.2 36.2),侧柏,18\n"
    found = look(csv(tmp_path, text, "古树名木.csv"))
    assert found.layer is None
    assert found.draft is not None
    assert found.publishable is False
    with pytest.raises(LayerRequired):
        found.ready()


def test_without_an_agency_everything_is_shown_but_nothing_published(look, tmp_path):
    path = csv(tmp_path, "id,类别,lon,lat\ns1,幼儿园,117.1,36.1\n")
    found = look(path, layer="education")
    assert (found.agency, found.publishable) == (None, False)
    assert found.read_rows == 1
    with pytest.raises(AgencyRequired):
        found.ready()


def test_the_agency_is_concluded_from_where_the_features_lie(tmp_path):
    city = CITY.replace('code = "east"', 'code = "370102"').replace('code = "west"', 'code = "370104"')
    with Store.open(Workspace.init(tmp_path / "home", city)) as store:
        districts = gpd.GeoDataFrame(
            {"code": ["370102", "370104"], "name": ["东区", "西区"]},
            geometry=[box(117.5, 36, 118, 37), box(117, 36, 117.5, 37)],
            crs=4326,
        )
        publish_frame(store, "districts", "bureau", districts, author="li")
        path = csv(
            tmp_path, "id,类别,lon,lat\ns1,幼儿园,117.1,36.1\ns2,小学,117.2,36.1\ns3,小学,117.6,36.1\n"
        )
        folder = tmp_path / "members"
        folder.mkdir()
        found = examine(store, named_files(path), Said(layer="education"), folder=folder)
        assert found.agency == "370104"
        assert detected(found, "agency").confidence < 0.9  # two of three
        outside = [each for each in found.findings if each.rule == "outside_area"]
        assert [each.feature for each in outside] == [3]


def test_the_agency_is_concluded_from_the_features_it_repeats(look, sqlite_store, tmp_path):
    publish_frame(sqlite_store, "education", "east", schools(name=NAMES), author="li")
    text = "id,类别,lon,lat\ns1,幼儿园,117.1,36.1\ns2,小学,117.2,36.2\nnew,小学,117.4,36.4\n"
    found = look(csv(tmp_path, text), layer="education")
    assert found.agency == "east"
    owner = detected(found, "agency")
    assert (owner.why, owner.fields) == ("agency_by_keys", {"percent": 66, "features": 3})
    assert owner.confidence == round(0.5 + 0.48 * 2 / 3, 3)  # two of three keys are hers: to be confirmed
    assert found.report()["delta"]["added"] == 1


@pytest.mark.parametrize("agency", ["east", "west"])
def test_an_export_of_a_layer_of_two_agencies_changes_neither(look, sqlite_store, tmp_path, agency):
    """All of a layer, as a Shapefile in EPSG:4527 and back: each agency finds its own rows as they were."""
    own = schools(name=NAMES, completed=["2019-05-01", None, "2020-09-30"])
    other = points([(117.6, 36.6)], id=["w1"], category=["primary_school"], name=["西校"])
    publish_frame(sqlite_store, "education", "east", own, author="li")
    publish_frame(sqlite_store, "education", "west", other, author="wang")
    folder = tmp_path / "out"
    folder.mkdir()
    written = export(
        sqlite_store.read("education"), folder / "教育设施.shp", crs=parse("EPSG:4527"), encoding="GB18030"
    )
    found = look(*written.files, agency=agency)
    assert found.delta.is_empty, found.report()["delta"]
    (left,) = [each for each in found.findings if each.rule == "rows_of_others"]
    assert left.fields == {
        "count": {"east": 1, "west": 3}[agency],
        "agencies": [{"east": "west", "west": "east"}[agency]],
    }
    assert [each.rule for each in found.findings if each.severity == "error"] == []


def test_a_part_that_would_take_the_most_away_is_asked_about(look, sqlite_store, tmp_path):
    places = [(117.1 + n / 100, 36.1) for n in range(40)]
    publish_frame(
        sqlite_store, "education", "east", points(places, category=["kindergarten"] * 40), author="li"
    )
    rows = "".join(f"p{n + 1},幼儿园,{117.1 + n / 100},36.1\n" for n in range(30))
    found = look(csv(tmp_path, "id,类别,lon,lat\n" + rows), layer="education", agency="east")
    asked = detected(found, "removal")
    assert asked.fields == {"removed": 10, "rows": 40, "percent": 25}
    assert [each.subject for each in unconfirmed(found.detected, ())] == ["removal"]
    more = rows + "p31,幼儿园,117.4,36.1\n"  # nine gone: fewer than ten are not asked about
    fewer = look(csv(tmp_path, "id,类别,lon,lat\n" + more, "b.csv"), layer="education", agency="east")
    assert [each.subject for each in fewer.detected if each.subject == "removal"] == []
    changed = look(csv(tmp_path, "id,类别,lon,lat\n" + rows), layer="education", agency="east", mode="upsert")
    assert [each.subject for each in changed.detected if each.subject == "removal"] == []


def test_values_of_columns_the_file_lacks_are_not_lost_unsaid(look, sqlite_store, tmp_path):
    publish_frame(sqlite_store, "education", "east", schools(name=["甲", None, "丙"]), author="li")
    text = "id,类别,lon,lat\ns1,幼儿园,117.1,36.1\ns2,小学,117.2,36.2\ns3,初中,117.3,36.3\n"
    path = csv(tmp_path, text)
    (lost,) = [each for each in look(path, layer="education").findings if each.rule == "column_absent"]
    assert (lost.severity, lost.field, lost.fields) == ("warning", "name", {"count": 2})
    kept = look(path, layer="education", mode="upsert")
    assert [each.rule for each in kept.findings if each.rule == "column_absent"] == []
    assert kept.delta.is_empty


def test_a_file_that_cannot_be_read_is_a_failure_with_a_finding(look, tmp_path):
    found = look(csv(tmp_path, '{"type": "Feature', "x.geojson"), layer="education", agency="east")
    assert found.failure is not None
    assert [each.severity for each in found.findings] == ["error"]
    assert found.report()["failure"]["fields"]["file"] == "x.geojson"


def test_an_examination_survives_on_disk_and_publishes_the_same(look, sqlite_store, tmp_path):
    publish_frame(sqlite_store, "education", "east", schools(name=NAMES), author="li")
    text = "id,名称,类别,lon,lat\ns1,改名,幼儿园,117.1,36.1\ns2,第二小学,小学,117.2,36.2\n"
    path = csv(tmp_path, text)
    found = look(path, layer="education", agency="east")
    folder = tmp_path / "kept"
    folder.mkdir()
    examined.save(folder, found, upload="u", examination=1)
    saved = examined.load(folder)
    assert saved.report == json.loads(json.dumps({"format": 1, **found.report("u", 1)}, default=list)) | {
        "made_at": saved.report["made_at"]
    }
    assert saved.report["delta"]["removed"] == 1
    assert [line["rule"] for line in saved.findings()] == [each.rule for each in found.findings]
    assert saved.detected == found.detected
    done = publish_ready(sqlite_store, saved.ready(), [NamedFile("学校.csv", path)], author="li")
    assert sorted(sqlite_store.read("education")["name"]) == ["改名", "第二小学"]
    assert done.rebased is False
    assert sqlite_store.check() == []


def test_the_state_an_examination_foresees_is_the_one_published(look, sqlite_store, tmp_path):
    """One school moves by a millimetre, which is none, another is new: the head's own place stays."""
    publish_frame(sqlite_store, "education", "east", schools(), author="li")
    text = "id,category,lon,lat\n"
    kept = sqlite_store.read("education").sort_values("id")
    for row in kept.itertuples():
        text += f"{row.id},{row.category},{row.geometry.x + 1e-8:.9f},{row.geometry.y:.9f}\n"
    path = csv(tmp_path, text + "s9,小学,117.15,36.15\n")
    (tmp_path / "kept").mkdir()
    examined.save(tmp_path / "kept", look(path, layer="education", agency="east"))
    saved = examined.load(tmp_path / "kept")
    seen = Candidate(sqlite_store, "education", "east", saved.state(sqlite_store))
    done = publish_ready(sqlite_store, saved.ready(), [], author="li")
    assert seen.ahead.logical_hash == done.version.logical_hash
    assert seen.ahead.parent == done.version.parent
    assert saved.report["delta"]["added"] == 1


def test_errors_in_a_kept_examination_stand_against_publishing(look, sqlite_store, tmp_path):
    path = csv(tmp_path, "id,类别,lon,lat\ns1,大学,117.1,36.1\n")
    folder = tmp_path / "kept"
    folder.mkdir()
    examined.save(folder, look(path, layer="education", agency="east"))
    saved = examined.load(folder)
    assert saved.counts["error"] == 1
    with pytest.raises(Rejected):
        publish_ready(sqlite_store, saved.ready(), [], author="li")


def test_examining_never_touches_the_store(home, tmp_path):
    with open_store(home) as store:
        path = csv(tmp_path, "id,类别,lon,lat\ns1,幼儿园,117.1,36.1\n")
        before = sorted(each.relative_to(home) for each in home.rglob("*"))
        folder = tmp_path / "members"
        folder.mkdir()
        examine(store, named_files(path), Said(layer="education", agency="east"), folder=folder)
        assert sorted(each.relative_to(home) for each in home.rglob("*")) == before

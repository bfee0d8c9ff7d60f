"""Pages of uploads and versions over HTTP, without script: what they say, and what their forms do."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import bare_city
import httpx
import pyogrio
import pytest
import upload_example as example
from site_server import serving

from layers import jobs, uploads
from layers.catalog import Store
from layers.publish import publish_frame
from layers.said import said_from
from layers.upload_folder import examination
from layers.workspace import Workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example.build(tmp_path_factory.mktemp("pages") / "home").home


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    with Store.open(Workspace.open(home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[str]:
    with serving(home) as address:
        yield address


@pytest.fixture(scope="module")
def client(home: Path, site: str) -> Iterator[httpx.Client]:
    with bare_city.visiting(site) as found:
        bare_city.sign_in(found, Workspace.open(home))
        yield found


@pytest.fixture(scope="module")
def examined(store: Store) -> uploads.Upload:
    return example.examined(store)


def text_of(page: str) -> str:
    """What a reader sees of a page, roughly: the text between tags, with single blanks."""
    inner = re.sub(r"<script.*?</script>", " ", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inner)).split())


def token(page: str) -> str:
    return re.search(r'name="form_token" value="([0-9a-f]+)"', page)[1]


def test_a_stranger_is_asked_to_sign_in_and_sees_no_upload(site, examined):
    with bare_city.visiting(site) as stranger:
        listed = stranger.get("/uploads")
        assert listed.status_code == 200
        assert examined.id not in listed.text
        assert 'href="/login?next=/uploads"' in listed.text
        assert stranger.get(f"/uploads/{examined.id}").headers["location"].startswith("/login?next=")
        for kind in ("changes", "findings.xlsx", "findings.gpkg"):
            assert stranger.get(f"/api/uploads/{examined.id}/{kind}").status_code == 401


def test_the_list_says_what_came_of_each_upload(client, examined):
    page = text_of(client.get("/uploads").text)
    assert "停车场.zip" in page
    assert "2 must be mended" in page


def test_the_page_says_the_figures_of_the_report(client, examined):
    page = text_of(client.get(f"/uploads/{examined.id}").text)
    for said in (
        "12 points for the layer Car parks of Planning bureau",
        "2 must be mended",
        "2 worth a look",
        "one mended for you",
        "one note",
        "2 new, 3 changed, 2 gone, 7 the same",
        "moved 40 m",
        "102 → becomes 240",
    ):
        assert said in page


def test_conclusions_name_their_certainty_in_words_and_can_be_denied(client, examined):
    page = client.get(f"/uploads/{examined.id}").text
    assert "uncertain: please check" in page
    assert "certain</span>" in page
    assert "1.9\u00a0m away" in unescape(page)
    for about in ("crs", "layer", "agency", "encoding", "mode", "columns", "corrections"):
        assert f'name="about" value="{about}"' in page


def test_text_of_files_stays_text(client, store):
    attacked = example.examined(store, errors=False, name=f"{example.ATTACK}.zip")
    for path in (f"/uploads/{attacked.id}", "/uploads"):
        page = client.get(path).text
        assert "<img" not in page
        assert "<script>window" not in page
        assert "window.pwned" in page  # it is there, as text


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("", 6),
        ("severity=error", 2),
        ("severity=warning&rule=outside_city", 1),
        ("rule=key_repeated", 1),
        ("start=4", 2),
        ("severity=note&rule=key_repeated", 0),
    ],
)
def test_findings_are_filtered_by_the_address(client, examined, query, rows):
    page = client.get(f"/uploads/{examined.id}?{query}").text
    assert len(re.findall(r'<tr id="finding-', page)) == rows


@pytest.mark.parametrize(("kind", "rows"), [("added", 2), ("changed", 3), ("removed", 2), ("", 7)])
def test_changes_are_filtered_by_the_address_and_the_map_agrees(client, examined, kind, rows):
    page = client.get(f"/uploads/{examined.id}?change={kind}").text
    table = page[page.index("change-table") :]
    assert len(re.findall(r"<tr><td><span class=\"kind\">", table)) == rows
    drawn = client.get(f"/api/uploads/{examined.id}/changes", params={"kind": kind}).json()
    assert drawn["count"] == rows


def test_an_unknown_filter_is_named(client, examined):
    answer = client.get(f"/uploads/{examined.id}?severity=deadly")
    assert answer.status_code == 400
    assert "severity" in answer.text


def test_findings_can_be_taken_home(client, examined):
    sheet = client.get(f"/api/uploads/{examined.id}/findings.xlsx")
    assert sheet.status_code == 200
    assert sheet.content[:2] == b"PK"
    assert (
        "filename*=UTF-8''%E5%81%9C%E8%BD%A6%E5%9C%BA-findings.xlsx" in sheet.headers["content-disposition"]
    )


def test_a_correction_is_said_and_the_upload_waits_again(client, store):
    found = example.examined(store)
    page = client.get(f"/uploads/{found.id}").text
    form = {
        "form_token": token(page),
        "about": "corrections",
        "cell:4:spaces": "200",
        "was:4:spaces": "约200",
        "leave": "2",
    }
    answer = client.post(f"/uploads/{found.id}/say", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/uploads/{found.id}")
    after = uploads.find(store, found.id)
    assert after.state == "waiting"
    assert [(each.row, each.field, each.value) for each in after.said.edits] == [(4, "spaces", "200")]
    assert after.said.left_out == (2,)
    waiting = client.get(f"/uploads/{found.id}").text
    assert 'http-equiv="refresh"' in waiting
    assert 'data-working="yes"' in waiting


def rewritten(store: Store, found: uploads.Upload, **values: object) -> uploads.Upload:
    """The examination of an upload with other values in its report."""
    path = examination(store.workspace, found.id, found.examination) / "report.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")
    return found


def test_what_is_no_matter_of_encoding_does_not_ask_for_one(client, store):
    no_text = {"code": "file_empty", "fields": {"file": "a.csv", "cause": "no_bytes"}}
    found = rewritten(store, example.examined(store), failure=no_text, layer=None)
    page = client.get(f"/uploads/{found.id}").text
    assert "asked-encoding" not in page
    assert "send another file" in page
    unfit = {"code": "encoding_unfit", "fields": {"file": "a.csv", "cause": "texts_unknown"}}
    rewritten(store, found, failure=unfit)
    assert "asked-encoding" in client.get(f"/uploads/{found.id}").text


def test_a_file_with_a_header_only_says_so_and_drafts_no_layer(client, store):
    draft = {"name": "layer_1", "kind": "table", "fields": []}
    found = rewritten(store, example.examined(store), rows=0, layer=None, delta=None, draft=draft)
    page = client.get(f"/uploads/{found.id}").text
    assert "column names but no rows" in page
    assert 'id="draft"' not in page


def test_what_was_decided_while_reading_is_said(client, store):
    notes = [{"code": "dbf_missing", "fields": {}}, {"code": "blank_rows", "fields": {"count": 3}}]
    found = rewritten(store, example.examined(store), notes=notes)
    page = text_of(client.get(f"/uploads/{found.id}?lang=zh").text)
    client.get("/uploads?lang=en")
    assert "缺少 .dbf 属性表" in page
    assert "有 3 个空行" in page


def test_what_was_corrected_is_listed_and_taken_back_one_by_one(client, store):
    """Examined again by hand: a cell was corrected and two rows were left out before."""
    found = example.examined(store)
    said = {"edits": [{"row": 4, "field": "spaces", "value": "200"}], "left_out": [2, 9]}
    uploads.move(store, found.id, "examined", ("examined",), said=said_from(said))
    page = client.get(f"/uploads/{found.id}").text
    assert "2 rows are left out" in text_of(page)
    assert 'name="restore" value="4:spaces"' in page
    form = {"form_token": token(page), "about": "corrections", "restore": "4:spaces"}
    assert client.post(f"/uploads/{found.id}/say", data=form).status_code == 303
    after = uploads.find(store, found.id).said
    assert (after.edits, after.left_out) == ((), (2, 9))
    uploads.move(store, found.id, "examined", ("waiting",), examination=1)
    form = {"form_token": token(page), "about": "corrections", "take": "9"}
    assert client.post(f"/uploads/{found.id}/say", data=form).status_code == 303
    assert uploads.find(store, found.id).said.left_out == (2,)


def test_the_note_says_what_was_left_out_and_corrected(client, store):
    found = example.examined(store, errors=False)
    said = {"edits": [{"row": 4, "field": "spaces", "value": "200"}], "left_out": [2, 9]}
    uploads.move(store, found.id, "examined", ("examined",), said=said_from(said))
    page = client.get(f"/uploads/{found.id}").text
    form = {"form_token": token(page), "examination": "1", "confirm": ["crs", "agency"], "note": "2020 Q3"}
    assert client.post(f"/uploads/{found.id}/publish", data=form).status_code == 303
    assert uploads.find(store, found.id).note == "2020 Q3; 2 rows left out; one cell corrected"


def test_publishing_asks_to_confirm_what_is_not_certain(client, store):
    found = example.examined(store, errors=False)
    page = client.get(f"/uploads/{found.id}").text
    assert set(re.findall(r'name="confirm" value="([^"]*)" required', page)) == {"crs", "agency"}
    form = {"form_token": token(page), "examination": "1", "confirm": ["crs", "agency"], "note": "2020 Q3"}
    assert client.post(f"/uploads/{found.id}/publish", data=form).status_code == 303
    after = uploads.find(store, found.id)
    assert (after.state, after.note) == ("publishing", "2020 Q3")


def test_errors_leave_nothing_to_publish(client, examined):
    page = client.get(f"/uploads/{examined.id}").text
    assert f'action="/uploads/{examined.id}/publish"' not in page
    assert "has to be corrected or left out" in page


def test_an_upload_can_be_dropped(client, store):
    found = example.examined(store)
    page = client.get(f"/uploads/{found.id}").text
    assert client.post(f"/uploads/{found.id}/drop", data={"form_token": token(page)}).status_code == 303
    assert uploads.find(store, found.id).state == "dropped"
    assert "Nothing was published" in client.get(f"/uploads/{found.id}").text


def test_a_form_of_another_session_changes_nothing(client, examined, store):
    for action in ("say", "publish", "drop"):
        answer = client.post(
            f"/uploads/{examined.id}/{action}", data={"form_token": "0" * 64, "about": "again"}
        )
        assert answer.status_code == 403
    assert uploads.find(store, examined.id).state == "examined"


def test_files_are_sent_by_a_plain_form(client, store):
    page = client.get("/uploads").text
    files = [("files", ("停车场.csv", b"id,name\n1,a\n")), ("files", ("other.csv", b"x\n"))]
    answer = client.post("/uploads", data={"form_token": token(page), "layer": "car_parks"}, files=files)
    assert answer.status_code == 303
    found = uploads.find(store, answer.headers["location"].rsplit("/", 1)[-1])
    assert (found.state, found.said.layer) == ("waiting", "car_parks")
    assert [(each.name, each.received) for each in found.files] == [("停车场.csv", 12), ("other.csv", 2)]


def test_history_counts_compares_and_goes_back(client, store):
    first = store.heads("car_parks")["planning"]
    publish_frame(
        store, "car_parks", "planning", example.car_parks([1, 2, 3], spaces={1: 7}), author="tests", note="x"
    )
    second = store.heads("car_parks")["planning"]
    page = client.get("/layers/car_parks").text
    assert f"/layers/car_parks/diff?from={first.id}&amp;to={second.id}" in page
    compared = text_of(client.get(f"/layers/car_parks/diff?from={first.id}&to={second.id}").text)
    assert "0 new, 1 changed, 9 gone, 2 the same" in compared
    shown = client.get(f"/layers/car_parks?version={first.id}").text
    assert len(re.findall(r"<td>泉城路停车场", shown)) == 12
    asked = client.get(f"/layers/car_parks/revert/{first.id}").text
    answer = client.post(
        f"/layers/car_parks/revert/{first.id}", data={"form_token": token(asked), "note": "too early"}
    )
    assert answer.status_code == 303
    assert store.heads("car_parks")["planning"].id == first.id
    assert "too early" in client.get("/layers/car_parks").text


def test_a_version_that_is_none_is_named(client):
    assert client.get("/layers/car_parks?version=abc%27").status_code == 400
    assert client.get("/layers/car_parks?version=abcdef").status_code == 404
    assert client.get("/layers/car_parks/diff?from=abcdef").status_code == 404


def test_a_version_is_withdrawn_with_a_reason_and_then_erased(client, site, store):
    wrong = publish_frame(
        store, "car_parks", "planning", example.car_parks([5], spaces={5: 1}), author="tests", note="oops"
    )
    asked = client.get(f"/layers/car_parks/withdraw/{wrong.id}").text
    address = f"/layers/car_parks/withdraw/{wrong.id}"
    assert client.post(address, data={"form_token": token(asked), "note": ""}).status_code == 400
    assert client.post(address, data={"form_token": token(asked), "note": "<b>names"}).status_code == 303
    page = client.get("/layers/car_parks").text
    assert "withdrawn: &lt;b&gt;names" in page
    history = "/api/layers/car_parks/history"
    assert {"oops", "<b>names"} <= {move["note"] for move in client.get(history).json()}
    with bare_city.visiting(site) as stranger:
        page = stranger.get("/layers/car_parks").text
        assert "oops" not in page
        assert "names" not in text_of(page)
        moves = stranger.get(history).json()
        assert moves[0]["action"] == "withdraw"
        assert wrong.id not in {move["version"] for move in moves}
        assert not {"oops", "<b>names"} & {move["note"] for move in moves}
    assert client.get(f"/layers/car_parks?version={wrong.id}").status_code == 410
    erase = client.get(f"/layers/car_parks/purge/{wrong.id}").text
    assert (
        client.post(f"/layers/car_parks/purge/{wrong.id}", data={"form_token": token(erase)}).status_code
        == 303
    )
    assert "erased: &lt;b&gt;names" in client.get("/layers/car_parks").text


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "csv", "parquet", "zip"])
def test_a_layer_is_exported_whole(client, store, tmp_path, suffix):
    head = store.heads("car_parks")["planning"]
    answer = client.get(f"/api/layers/car_parks/export.{suffix}")
    assert answer.status_code == 200
    assert f'filename="car_parks.{suffix}"' in answer.headers["content-disposition"]
    path = tmp_path / f"car_parks.{suffix}"
    path.write_bytes(answer.content)
    if suffix == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == head.rows
    elif suffix == "parquet":
        assert answer.content[:4] == b"PAR1"
    else:
        assert len(pyogrio.read_dataframe(path)) == head.rows


def test_the_same_shapefile_is_the_same_bytes_in_the_system_and_coding_asked_for(client, tmp_path):
    address = "/api/layers/car_parks/export.zip?crs=EPSG:4527&encoding=GB18030"
    one, other = client.get(address), client.get(address)
    assert one.content == other.content
    with zipfile.ZipFile(io.BytesIO(one.content)) as packed:
        assert {Path(each).suffix for each in packed.namelist()} >= {".shp", ".dbf", ".prj", ".cpg"}
        assert "泉城路".encode("gb18030") in packed.read("car_parks.dbf")
        assert {each.date_time[0] for each in packed.infolist()} == {1980}


def test_the_export_form_leads_to_the_file(client):
    answer = client.get("/layers/car_parks/export?format=zip&crs=EPSG:4548&encoding=GB18030")
    assert answer.status_code == 303
    wanted = "/api/layers/car_parks/export.zip?crs=EPSG%3A4548&encoding=GB18030"
    assert answer.headers["location"] == wanted
    assert client.get("/layers/car_parks/export?format=exe").status_code == 400
    assert client.get("/api/layers/car_parks/export.exe").status_code == 400
    assert client.get("/api/layers/car_parks/export.csv?crs=EPSG:9999999").status_code == 400


def test_the_original_comes_back_as_it_came(client, store, tmp_path):
    files = {"停车场 (2).csv": b"one", "b.csv": b"two"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [tmp_path / name for name in files]
    many = publish_frame(
        store, "car_parks", "planning", example.car_parks([1]), author="t", note="", source=paths
    )
    answer = client.get(f"/api/versions/{many.id}/original")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert {each: packed.read(each) for each in packed.namelist()} == files
    single = publish_frame(
        store, "car_parks", "planning", example.car_parks([2]), author="t", note="", source=paths[0]
    )
    answer = client.get(f"/api/versions/{single.id}/original")
    assert answer.content == b"one"
    assert (
        "filename*=UTF-8''%E5%81%9C%E8%BD%A6%E5%9C%BA%20%282%29.csv" in answer.headers["content-disposition"]
    )
    assert client.get("/api/versions/abcdef/original").status_code == 404


def unread(store: Store, **report: object) -> uploads.Upload:
    """An upload whose examination says something else than the example's."""
    made = example.begun(store, ["坏.zip"])
    folder = examination(store.workspace, made.id, 1)
    folder.mkdir(parents=True)
    values = example.report(made, "", {}, []) | {"layer": None, "agency": None, "delta": None, "columns": []}
    values |= {"publishable": False, "detected": [], **report}
    (folder / "report.json").write_text(json.dumps(values), "utf-8")
    (folder / "findings.jsonl").write_text("", "utf-8")
    state = "unreadable" if report.get("failure") else "examined"
    uploads.move(store, made.id, state, ("receiving",), examination=1)
    return uploads.find(store, made.id)


def test_a_file_that_cannot_be_read_says_why_and_what_to_do(client, store):
    failure = {"code": "file_damaged", "fields": {"file": "坏.zip", "cause": "archive_locked"}}
    page = text_of(client.get(f"/uploads/{unread(store, failure=failure).id}").text)
    assert "These files could not be read" in page
    assert "坏.zip" in page
    assert "send another file" in page
    assert "In which coding" not in page


def test_of_several_data_sets_one_is_chosen(client, store):
    sets = [{"name": f"{name}.shp", "driver": "ESRI Shapefile", "layers": [name]} for name in "ab"]
    found = unread(store, datasets=sets, dataset="a.shp")
    page = client.get(f"/uploads/{found.id}").text
    assert re.findall(r'name="value" value="([ab].shp)"( checked)?', page) == [
        ("a.shp", " checked"),
        ("b.shp", ""),
    ]
    form = {"form_token": token(page), "about": "dataset", "value": "b.shp"}
    assert client.post(f"/uploads/{found.id}/say", data=form).status_code == 303
    assert uploads.find(store, found.id).said.dataset == "b.shp"


def test_a_new_layer_is_confirmed_once_and_the_file_examined_as_one_of_it(client, store):
    drafted = {
        "name": "chargers", "title_zh": "充电桩", "title_en": "Chargers", "kind": "features",
        "geometry": "point", "key": "id",
        "fields": [{"name": "id", "title_zh": "编号", "title_en": "Number"}],
    }  # fmt: skip
    found, again = (unread(store, draft=drafted) for _ in range(2))
    page = client.get(f"/uploads/{found.id}").text
    form = {
        "form_token": token(page), "name": "chargers", "title_zh": "充电桩", "title_en": "Chargers",
        "geometry": "point", "key": "id",
        "take:0": "yes", "field:0": "id", "type:0": "text", "required:0": "yes",
    }  # fmt: skip
    assert client.post(f"/uploads/{found.id}/spec", data=form).status_code == 303
    after = uploads.find(store, found.id)
    assert (after.state, after.said.layer) == ("waiting", "chargers")
    assert client.get("/layers/chargers").status_code == 200
    assert client.post(f"/uploads/{again.id}/spec", data=form).status_code == 400


def test_work_that_failed_says_what_and_how_to_go_on(client, store):
    made = example.begun(store, ["a.csv"])
    _, job = uploads.complete(store, made.id, "tests")
    held = jobs.claim(store.database, "w", ["examine"])
    while held is not None and held.id != job.id:
        held = jobs.claim(store.database, "w", ["examine"])
    jobs.fail(store.database, held, "job_memory", {"limit_mib": 512})
    page = client.get(f"/uploads/{made.id}")
    assert "512 MiB" in page.text
    assert 'http-equiv="refresh"' not in page.text
    assert f"/uploads/{made.id}/say" in page.text
    assert f"/uploads/{made.id}/drop" in page.text


@pytest.mark.parametrize("path", ["/api/layers/car_parks/features", "/api/layers/car_parks/export.geojson"])
def test_a_version_in_an_address_is_the_moment_it_became_the_head(client, store, path):
    before = store.history("car_parks")[-1].version
    shown = client.get(f"{path}?version={before}").json()["features"]
    assert len(shown) == 12
    assert client.get(f"{path}?version={before}&as_of=1").status_code == 400


def test_the_page_says_how_to_mend_on_the_page_and_not_on_the_command_line(client, examined):
    page = text_of(client.get(f"/uploads/{examined.id}?severity=note").text)
    assert "choose a field for them in the table of columns above" in page
    assert "--" not in page

"""Sending files to a real server: in pieces, broken off, resumed, large, and by the wrong people."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import bare_city
import httpx
import pytest
from site_server import serving

from api.routes import api_uploads
from layers import jobs, uploads
from layers.catalog import Store
from layers.upload_folder import file_path
from layers.workspace import Workspace

NOBODY = "0" * 32


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_city.build(tmp_path_factory.mktemp("uploads") / "home").home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    with bare_city.administering(home) as found:
        yield found


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with Store.open(Workspace.open(home)) as opened:
        yield opened


def announce(client: httpx.Client, *files: tuple[str, int], said: dict | None = None) -> str:
    body = {"files": [{"name": name, "bytes": size} for name, size in files], "said": said or {}}
    answer = client.post("/api/uploads", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["files"] == [{"n": n, "offset": 0} for n in range(len(files))]
    return answer.json()["id"]


def send(client: httpx.Client, upload: str, n: int, offset: int, content: object) -> httpx.Response:
    return client.patch(
        f"/api/uploads/{upload}/files/{n}", content=content, headers={"Upload-Offset": str(offset)}
    )


def test_an_upload_from_announcement_to_publishing(client, store):
    upload = announce(client, ("区/停车场.csv", 6), ("b.csv", 0), said={"layer": "parking", "agency": "east"})
    assert send(client, upload, 0, 0, b"a,b").json() == {"n": 0, "offset": 3}
    assert send(client, upload, 0, 3, b"\n1,").json() == {"n": 0, "offset": 6}
    state = client.get(f"/api/uploads/{upload}").json()
    assert (state["state"], state["said"]) == ("receiving", {"layer": "parking", "agency": "east"})
    assert [(each["name"], each["offset"]) for each in state["files"]] == [("区/停车场.csv", 6), ("b.csv", 0)]
    answer = client.post(f"/api/uploads/{upload}/complete")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    job = answer.json()["job"]
    assert (job["kind"], job["state"], job["subject"]) == ("examine", "queued", upload)
    assert client.get(f"/api/jobs/{job['id']}").json() == job
    again = client.post(f"/api/uploads/{upload}/say", json={"said": {"crs": "EPSG:4548"}})
    assert (again.status_code, again.json()["said"]) == (202, {"crs": "EPSG:4548"})
    told = client.get(f"/api/jobs/{job['id']}").json()
    assert (told["error"]["code"], told["error"]["message"]) == ("job_cancelled", "The work was called off.")
    early = client.post(f"/api/uploads/{upload}/publish", json={})
    assert (early.status_code, early.json()["code"]) == (409, "upload_state")
    held = jobs.claim(store.database, "w", (uploads.EXAMINE,))
    uploads.move(store, upload, "examined", ("waiting",), examination=1)
    jobs.finish(store.database, held, {})
    wish = {"note": "三月", "confirm": ["crs"], "examination": 1}
    answer = client.post(f"/api/uploads/{upload}/publish", json=wish)
    assert (answer.status_code, answer.json()["state"]) == (202, "publishing")
    assert jobs.latest(store.database, "publish", upload).payload == wish
    assert file_path(store.workspace, upload, 0).read_bytes() == b"a,b\n1,"


def test_bytes_that_do_not_fit_are_told_where_they_go(client):
    upload = announce(client, ("a.csv", 4))
    send(client, upload, 0, 0, b"ab")
    for offset in (0, 3):
        answer = send(client, upload, 0, offset, b"x")
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_offset")
        assert answer.json()["fields"]["expected"] == 2
    assert send(client, upload, 0, 2, b"cde").status_code == 413
    assert client.post(f"/api/uploads/{upload}/complete").json()["code"] == "upload_incomplete"
    assert send(client, upload, 0, 2, b"cd").json()["offset"] == 4


def test_after_a_broken_connection_sending_goes_on(client, store):
    content = bytes(range(256)) * 4096  # a megabyte
    upload = announce(client, ("a.bin", len(content)))
    host, port = client.base_url.host, client.base_url.port
    head = (
        f"PATCH /api/uploads/{upload}/files/0 HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Origin: http://{host}:{port}\r\nCookie: quantu_session={client.cookies['quantu_session']}\r\n"
        f"Upload-Offset: 0\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((host, port)) as wire:
        wire.sendall(head.encode() + content[:300_000])
    answer = None
    while answer is None or answer.status_code == 409:  # the server may still be writing what came
        offset = client.get(f"/api/uploads/{upload}").json()["files"][0]["offset"]
        answer = send(client, upload, 0, offset, content[offset:])
    assert answer.json()["offset"] == len(content)
    assert file_path(store.workspace, upload, 0).read_bytes() == content


def test_a_dropped_upload_is_gone(client, store):
    upload = announce(client, ("a.csv", 4))
    assert client.post(f"/api/uploads/{upload}/drop").status_code == 204
    assert client.get(f"/api/uploads/{upload}").json()["state"] == "dropped"
    assert send(client, upload, 0, 0, b"abcd").json()["code"] == "upload_state"
    assert not (store.workspace.uploads / upload).exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "parameter_invalid"),
        ({"files": []}, 400, "parameter_invalid"),
        ({"files": [{"name": "a", "bytes": -1}]}, 400, "parameter_invalid"),
        ({"files": [{"name": "a", "bytes": 1}], "more": 1}, 400, "parameter_invalid"),
        ({"files": [{"name": "a\nb", "bytes": 1}]}, 400, "file_name"),
        ({"files": [{"name": "a", "bytes": 1}], "said": {"colour": "red"}}, 400, "parameter_invalid"),
        ({"files": [{"name": "a", "bytes": 1}], "said": {"edits": [3]}}, 400, "parameter_invalid"),
        ({"files": [{"name": "a", "bytes": 1 << 40}]}, 413, "upload_too_large"),
        ({"files": [{"name": "a", "bytes": 1}] * 201}, 413, "upload_too_large"),
    ],
)
def test_an_announcement_that_cannot_be_kept_is_refused(client, body, status, code):
    answer = client.post("/api/uploads", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_half_a_character_is_kept_and_shown_as_a_mark(client, store):
    said = '{"rename": {"\\udcd0": "name"}, "layer": "\\udcd0"}'
    body = f'{{"files": [{{"name": "\\udcd0a.shp", "bytes": 1}}], "said": {said}}}'
    made = client.post("/api/uploads", content=body, headers={"Content-Type": "application/json"})
    state = client.get(f"/api/uploads/{made.json()['id']}").json()
    assert state["files"][0]["name"] == "\ufffda.shp"
    assert (state["said"], state["layer"]) == ({"rename": {"\ufffd": "name"}, "layer": "\ufffd"}, "\ufffd")
    assert uploads.find(store, state["id"]).files[0].name == "\udcd0a.shp"
    wrong = client.post(
        "/api/uploads", content='{"files": "\\udcd0"}', headers={"Content-Type": "application/json"}
    )
    assert (wrong.status_code, wrong.json()["fields"]["value"]) == (400, "\ufffd")


@pytest.mark.parametrize("offset", [None, "-1", "x", "1e3", "9" * 40])
def test_an_offset_that_is_none_is_refused(client, offset):
    upload = announce(client, ("a.csv", 4))
    headers = {} if offset is None else {"Upload-Offset": offset}
    answer = client.patch(f"/api/uploads/{upload}/files/0", content=b"abcd", headers=headers)
    assert answer.status_code in (400, 409)


def test_nobody_else_sends_bytes(client, store):
    upload = announce(client, ("a.csv", 4))
    with bare_city.visiting(str(client.base_url).rstrip("/")) as stranger:
        answer = send(stranger, upload, 0, 0, b"abcd")
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_required")
    assert uploads.find(store, upload).files[0].received == 0


def test_two_senders_of_one_file_do_not_mix(client, store):
    upload = announce(client, ("a.bin", 8))
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        begun.set()
        yield b"ab"
        assert go_on.wait(60)
        yield b"cdefgh"

    answers = []
    with bare_city.visiting(str(client.base_url).rstrip("/")) as second:
        second.cookies = client.cookies
        thread = threading.Thread(target=lambda: answers.append(send(second, upload, 0, 0, slowly())))
        thread.start()
        assert begun.wait(60)
        answer = None
        while answer is None or answer.json().get("code") != "upload_busy":
            answer = send(client, upload, 0, 1, b"")
            assert answer.json()["code"] in ("upload_busy", "upload_offset")
        go_on.set()
        thread.join(60)
    assert answers[0].json()["offset"] == 8
    assert file_path(store.workspace, upload, 0).read_bytes() == b"abcdefgh"


def memory_mib() -> float:
    """Memory of this process, which is also the server's, now in use."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError


@pytest.mark.slow
def test_memory_stays_flat_while_300_mb_are_sent(client, store):
    """Server and sender are one process here; the sender repeats one piece of 64 KiB."""
    piece, count = bytes(range(256)) * 256, 4800  # 300 MiB
    upload = announce(client, ("a.bin", 2 * len(piece) * count))
    most = 0.0

    def pieces() -> Iterator[bytes]:
        nonlocal most
        for n in range(count):
            if n % 100 == 0:
                most = max(most, memory_mib())
            yield piece

    assert send(client, upload, 0, 0, pieces()).json()["offset"] == len(piece) * count
    before, most = memory_mib(), 0.0
    assert send(client, upload, 0, len(piece) * count, pieces()).json()["offset"] == 2 * len(piece) * count
    assert most - before < 20, f"{before:.0f} MiB before, {most:.0f} MiB at most"
    uploads.drop(store, upload, "administrator")


def test_limits_are_settings(tmp_path):
    home = bare_city.build(tmp_path / "home").home
    with serving(home, upload_file_mib=1) as address, bare_city.visiting(address) as client:
        bare_city.sign_in(client, Workspace.open(home))
        body = {"files": [{"name": "a", "bytes": (1 << 20) + 1}]}
        answer = client.post("/api/uploads", json=body)
    assert (answer.status_code, answer.json()["fields"]["limit"]) == (413, 1 << 20)


def test_a_sender_that_falls_silent_makes_room_for_one_that_goes_on(client, store, monkeypatch):
    monkeypatch.setattr(api_uploads, "STALLED_S", 0.5)
    upload = announce(client, ("a.csv", 6))
    host, port = client.base_url.host, client.base_url.port
    head = (
        f"PATCH /api/uploads/{upload}/files/0 HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Origin: http://{host}:{port}\r\nCookie: quantu_session={client.cookies['quantu_session']}\r\n"
        "Upload-Offset: 0\r\nContent-Length: 6\r\n\r\n"
    )
    with socket.create_connection((host, port)) as wire:
        wire.sendall(head.encode() + b"abc")
        wire.settimeout(60)
        assert wire.recv(4096).startswith(b"HTTP/1.1 408")
        assert send(client, upload, 0, 3, b"def").json()["offset"] == 6
    assert file_path(store.workspace, upload, 0).read_bytes() == b"abcdef"

"""Sending as an enemy would: names that lead out, sizes that lie, others' uploads, other sites, huge heads.

Whatever is asked, nothing outside `uploads` of the home is written by it, and a good upload works afterwards.
"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import bare_city
import httpx
import pytest

from layers import uploads
from layers.catalog import Store
from layers.upload_folder import file_path
from layers.workspace import Workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bare_city.build(tmp_path_factory.mktemp("attacked") / "home").home


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[httpx.Client]:
    with bare_city.administering(home) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_outside(home: Path, client: httpx.Client) -> Iterator[None]:
    """Nothing beside the home, and nothing in it but in `uploads` and in the catalog, appears or changes."""
    before = outside_of_uploads(home)
    yield
    assert outside_of_uploads(home) == before
    upload = announce(client, ("good.csv", 4))
    assert send(client, upload, 0, 0, b"a,b\n").json()["offset"] == 4


def outside_of_uploads(home: Path) -> dict[str, bytes | None]:
    """Every file around and in the home and its content, without uploads, catalog and log of the server."""
    found: dict[str, bytes | None] = {}
    for path in sorted(home.parent.rglob("*")):
        inside = path.relative_to(home.parent).as_posix()
        if not inside.startswith((f"{home.name}/uploads", f"{home.name}/catalog", f"{home.name}/log")):
            found[inside] = path.read_bytes() if path.is_file() else None
    return found


def announce(client: httpx.Client, *files: tuple[str, int]) -> str:
    answer = client.post(
        "/api/uploads", json={"files": [{"name": name, "bytes": size} for name, size in files]}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def send(client: httpx.Client, upload: str, n: object, offset: object, content: bytes) -> httpx.Response:
    return client.patch(
        f"/api/uploads/{upload}/files/{n}", content=content, headers={"Upload-Offset": str(offset)}
    )


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../../etc/passwd",
            "/etc/passwd",
            "..\\..\\windows\\a.csv",
            "C:\\a.csv",
            "CSV:/etc/passwd",
            "..",
        ),
        *(
            "/vsicurl/http://127.0.0.1:9/x",
            "a/../../b.csv",
            "泉" * 300,
            "<script>alert(1)</script>.csv",
            "a;b|c&d",
        ),
        *('{"type": "Point"}', "\u202egnp.exe", "-rf", "$(touch x)", "%2e%2e%2f", "con", "a" * 4096),
    ],
)
def test_a_name_is_a_word_and_never_a_place(client, home, name):
    """Kept as it is or refused; the bytes lie under a number of ours."""
    answer = client.post("/api/uploads", json={"files": [{"name": name, "bytes": 3}]})
    if answer.status_code == 400:
        assert answer.json()["code"] in ("file_name", "parameter_invalid")
        return
    assert answer.status_code == 201
    made = answer.json()["id"]
    assert send(client, made, 0, 0, b"abc").status_code == 200
    assert client.get(f"/api/uploads/{made}").json()["files"][0]["name"] == name
    with Store.open(Workspace.open(home)) as store:
        assert file_path(store.workspace, made, 0).read_bytes() == b"abc"
        assert sorted(each.name for each in file_path(store.workspace, made, 0).parent.iterdir()) == ["0"]


@pytest.mark.parametrize("name", ["", "a\x00b.csv", "a\nb.csv", "a\rb", "\x1b[2Ja.csv"])
def test_a_name_with_signs_for_machines_is_refused(client, name):
    answer = client.post("/api/uploads", json={"files": [{"name": name, "bytes": 3}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "file_name")


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([{"name": "a", "bytes": 1}] * 10_000, 413),
        ([{"name": "a", "bytes": 2**63}], 413),
        ([{"name": "a", "bytes": 10**400}], 413),
        ([{"name": "a", "bytes": -1}], 400),
        ([{"name": "a", "bytes": 1.5}], 400),
        ([{"name": "a", "bytes": "9" * 5000}], 400),
        ([{"name": ["a"], "bytes": 1}], 400),
        ([{"name": "a", "bytes": 1, "path": "/etc/passwd"}], 400),
        ("/etc/passwd", 400),
        ([[[[]]]], 400),
    ],
)
def test_an_announcement_that_lies_is_refused(client, files, status):
    body = json.dumps({"files": files})
    answer = client.post("/api/uploads", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"files": ' + b"[" * 100_000,
        b'{"files": NaN}',
        b'{"files": [{"name": "a", "bytes": ' + b"9" * 5000 + b"}]}",
        b'"' + b"x" * 3_000_000,
    ],
)
def test_a_body_that_is_no_announcement_is_refused(client, body):
    answer = client.post("/api/uploads", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413, 422)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/html"]
)
def test_what_a_form_of_another_site_could_send_is_no_announcement(client, kind):
    body = json.dumps({"files": [{"name": "a", "bytes": 1}]})
    answer = client.post("/api/uploads", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 415, 422), answer.text


@pytest.mark.parametrize(
    ("offset", "n"),
    [
        *(
            ("5", 0),
            ("1", 0),
            ("9007199254740993", 0),
            ("-1", 0),
            ("0x1", 0),
            ("", 0),
            ("٣", 0),
            ("1e2", 0),
            ("9" * 5000, 0),
        ),
        *(
            ("0", 1),
            ("0", -1),
            ("0", 99),
            ("0", 2**70),
            ("0", "..%2f..%2fx"),
            ("0", "0%00"),
            ("0", "../0"),
            ("0", "00x"),
        ),
    ],
)
def test_bytes_for_another_place_are_refused(client, home, offset, n):
    upload = announce(client, ("a.csv", 4))
    answer = client.patch(
        f"/api/uploads/{upload}/files/{n}", content=b"abcd", headers=[(b"Upload-Offset", offset.encode())]
    )
    assert 400 <= answer.status_code < 500
    with Store.open(Workspace.open(home)) as store:
        assert uploads.find(store, upload).files[0].received == 0


@pytest.mark.parametrize(
    "upload",
    [
        "0" * 32,
        "..",
        "../" * 8 + "etc",
        "%2e%2e%2f%2e%2e",
        "a" * 5000,
        "0" * 31 + "\u0660",
        "A" * 32,
        "%00",
        "*",
    ],
)
def test_the_upload_of_nobody_is_not_found(client, upload):
    for answer in (
        send(client, upload, 0, 0, b"abcd"),
        client.get(f"/api/uploads/{upload}"),
        client.post(f"/api/uploads/{upload}/complete"),
        client.post(f"/api/uploads/{upload}/drop"),
    ):
        assert answer.status_code in (400, 404, 405, 414), (answer.status_code, answer.text)


def test_more_bytes_than_announced_are_refused_and_fewer_are_not_whole(client):
    upload = announce(client, ("a.csv", 4), ("b.csv", 4))
    assert send(client, upload, 0, 0, b"abcde").status_code == 413
    assert client.get(f"/api/uploads/{upload}").json()["files"][0]["offset"] == 0
    assert send(client, upload, 0, 0, b"abc").json()["offset"] == 3
    assert client.post(f"/api/uploads/{upload}/complete").json()["code"] == "upload_incomplete"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "{same}.evil.example"},
        {"Origin": "{same}:80"},
        {"Origin": "{same}/"},
        {"Origin": "{same} https://evil.example"},
        {"Origin": "{same}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "{same}", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_changes_nothing(client, home, headers):
    """With the cookie of somebody who is signed in, as a browser would send it along."""
    upload = announce(client, ("a.csv", 4))
    address = str(client.base_url).rstrip("/")
    sent = {name: value.format(same=address) for name, value in headers.items()}
    with httpx.Client(base_url=address, cookies=client.cookies) as other:
        body = {"files": [{"name": "a", "bytes": 1}]}
        answers = [
            other.post("/api/uploads", json=body, headers=sent),
            other.patch(
                f"/api/uploads/{upload}/files/0", content=b"abcd", headers=sent | {"Upload-Offset": "0"}
            ),
            other.post(f"/api/uploads/{upload}/drop", headers=sent),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    with Store.open(Workspace.open(home)) as store:
        found = uploads.find(store, upload)
    assert (found.state, found.files[0].received) == ("receiving", 0)


def raw(client: httpx.Client, request: bytes) -> bytes:
    """The first bytes that the server answers to these."""
    with socket.create_connection((client.base_url.host, client.base_url.port)) as wire:
        wire.settimeout(60)
        try:
            wire.sendall(request)
            return wire.recv(4096)
        except (BrokenPipeError, ConnectionResetError):
            return b""  # it closed before all had come


def test_huge_heads_and_broken_requests_are_refused(client):
    host = f"Host: {client.base_url.host}:{client.base_url.port}\r\n".encode()
    for request in (
        b"GET / HTTP/1.1\r\n" + host + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + host + b"X: x\r\n" * 100_000 + b"\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
        b"GET / HTTP/9.9\r\n" + host + b"\r\n",
        b"\x16\x03\x01" + bytes(500) + b"\r\n\r\n",
        b"POST /api/uploads HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n",
        b"POST /api/uploads HTTP/1.1\r\n"
        + host
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ):
        answer = raw(client, request)
        assert answer == b"" or answer.split()[1][:1] == b"4", answer[:200]


def test_two_lengths_of_one_body_are_not_two_requests(client, home):
    """What is hidden behind a body of two lengths is no request of its own that is answered with success."""
    upload = announce(client, ("a.csv", 4))
    host = f"{client.base_url.host}:{client.base_url.port}"
    cookie = f"Cookie: quantu_session={client.cookies['quantu_session']}\r\nOrigin: http://{host}\r\n"
    hidden = f"POST /api/uploads/{upload}/drop HTTP/1.1\r\nHost: {host}\r\n{cookie}Content-Length: 0\r\n\r\n"
    head = f"POST /api/uploads HTTP/1.1\r\nHost: {host}\r\n"
    raw(client, f"{head}Content-Length: {len(hidden)}\r\nContent-Length: 0\r\n\r\n{hidden}".encode())
    with Store.open(Workspace.open(home)) as store:
        assert uploads.find(store, upload).state == "receiving"

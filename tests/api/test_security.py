"""Headers on every answer, the Host check, and nothing inline on any page."""

import re
import shutil
from pathlib import Path

import httpx
import pytest
from site_server import serving

from api.security import CONTENT_SECURITY_POLICY, HEADERS, host_of

PAGES = (
    "/",
    "/?zone=D1",
    "/?zone=D121",
    "/?from=117.01,36.69",
    "/walk?from=117.01,36.69",
    "/find?q=quan",
    "/find?q=nothing-like-it",
    "/coverage/circles",
    "/coverage/circles?by=community&category=market",
    "/coverage",
    "/coverage/school-places",
    "/coverage/nothing-like-it",
    "/layers",
    "/layers/shops",
    "/layers/walk_network",
    "/layers/parks",
    "/login",
    "/docs",
    "/nothing",
)
OTHERS = (
    "/health",
    "/api/city",
    "/api/layers",
    "/api/layers/shops",
    "/api/layers/shops/history",
    "/api/layers/shops/features?limit=3",
    "/api/layers/shops/export.csv",
    "/api/layers/shops/diff",
    "/api/layers/shops/view",
    "/api/versions/0/original",
    "/api/coverage",
    "/api/coverage/lighting-lit",
    "/api/coverage/lighting-lit.csv",
    "/api/coverage/lighting-lit/zones",
    "/api/coverage/lighting-lit/uncovered?bbox=116.9,36.6,117.2,36.8",
    "/api/coverage/lighting-lit/unattached.csv",
    "/api/coverage/circles",
    "/api/coverage/circles.json",
    "/api/coverage/circles.csv",
    "/api/coverage/circles.xlsx",
    "/api/coverage/circles/zones?by=subdistrict&within=D1",
    "/api/coverage/circles/uncovered?bbox=116.9,36.6,117.2,36.8",
    "/api/backdrop",
    "/api/isochrone?lon=117.01&lat=36.69",
    "/api/openapi.json",
    "/api/nothing",
    "/api/uploads",
    "/api/uploads/0",
    "/api/uploads/0/changes",
    "/api/uploads/0/findings.xlsx",
    "/api/uploads/0/findings.gpkg",
    "/api/uploads/0/preview.png",
    "/api/uploads/0/files/0",
    "/api/uploads/0/complete",
    "/api/uploads/0/say",
    "/api/uploads/0/publish",
    "/api/uploads/0/drop",
    "/api/jobs/0",
    "/favicon.ico",
    "/robots.txt",
    "/coverage",
)


@pytest.mark.parametrize("path", PAGES + OTHERS)
def test_every_answer_carries_the_headers(client, path):
    answer = client.get(path)
    assert answer.status_code < 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"]


def test_the_list_above_knows_every_route(client):
    described = client.get("/api/openapi.json").json()["paths"]
    named = {
        "shops": "{name}",
        "lighting-lit.csv": "{rule}.{suffix}",
        "lighting-lit": "{rule}",
        "export.csv": "export.{suffix}",
        "versions/0": "versions/{version}",
        "uploads/0": "uploads/{upload_id}",
        "files/0": "files/{n}",
        "jobs/0": "jobs/{job_id}",
    }
    asked = set()
    for path in OTHERS:
        bare = re.sub(r"\?.*", "", path)
        for value, name in named.items():
            bare = bare.replace(value, name)
        asked.add(bare)
    assert described.keys() <= asked


def test_the_policy_allows_nothing_inline_and_nothing_outside():
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "http" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_inline_code_or_style_or_an_outside_address(client, path):
    text = client.get(path).text
    assert "<style" not in text
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", text)
    for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert 'type="application/json"' in attributes or not content.strip()
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)


def test_an_address_of_another_host_is_refused(client):
    for host in ("elsewhere.example", "localhost.elsewhere.example", "localhost@elsewhere.example", ""):
        assert client.get("/", headers={"Host": host}).status_code == 400
    answer = client.get("/", headers={"Host": "elsewhere.example"})
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:8000", "localhost"),
        ("[::1]:8000", "[::1]"),
        ("[::1]", "[::1]"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("evil.example:80@localhost", "evil.example:80@localhost"),
        ("", ""),
    ],
)
def test_a_host_is_told_apart_from_its_port(header, host):
    assert host_of(header) == host


def test_an_unforeseen_fault_shows_no_internals_and_carries_the_headers(small_home, tmp_path):
    home = Path(shutil.copytree(small_home, tmp_path / "home"))
    shutil.rmtree(home / "results", ignore_errors=True)
    (home / "results").write_text("a file where results should lie", "ascii")
    with serving(home) as address:
        page, told = (
            httpx.get(address + path, headers={"Accept-Language": "en"})
            for path in ("/", "/api/coverage/circles")
        )
    assert (page.status_code, told.status_code) == (500, 500)
    assert told.json() == {
        "code": "internal",
        "message": "Something went wrong on our side. It has been written to the log.",
        "fields": {},
    }
    assert "JSON" not in page.text
    for answer in (page, told):
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_a_fault_of_ours_with_a_name_shows_no_internals_either(client, small_home):
    style = small_home / "styles" / "circles.toml"
    try:
        style.write_text("title_zh = 1", "utf-8")
        answer = client.get("/", headers={"Accept-Language": "en"})
    finally:
        style.unlink()
    assert answer.status_code == 500
    assert "title_en" not in answer.text

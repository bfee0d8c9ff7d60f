"""Signing in and out without script, and what keeps others' pages from acting for us."""

import re

import bare_city
import httpx
import pytest
from site_server import serving
from starlette.datastructures import Headers

from api.routes.login import inside
from api.same_origin import is_ours
from api.tries import TRIES, Tries
from layers import accounts


@pytest.fixture
def workspace(tmp_path):
    return bare_city.build(tmp_path / "home")


@pytest.fixture
def visitor(workspace):
    with serving(workspace.home) as address, bare_city.visiting(address) as client:
        yield client


def test_the_administrator_signs_in_and_out(visitor, workspace):
    page = visitor.get("/login?next=/layers")
    assert 'name="next" value="/layers"' in page.text
    assert page.headers["cache-control"] == "no-store"
    bare_city.sign_in(visitor, workspace)
    assert visitor.get(f"/api/jobs/{'0' * 32}").status_code == 404
    left = visitor.post("/logout", data={"form_token": bare_city.form_token(visitor)})
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert visitor.get(f"/api/jobs/{'0' * 32}").status_code == 401


def test_the_cookie_is_for_this_server_alone(visitor, workspace):
    answer = visitor.post("/login", data={"token": accounts.first_token(workspace)})
    name, _, attributes = answer.headers["set-cookie"].partition("=")
    assert name == "quantu_session"
    assert {"httponly", "samesite=lax", "path=/"} <= set(attributes.lower().split("; "))
    assert "domain" not in attributes.lower()


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host(visitor, workspace):
    https = {
        "X-Forwarded-Proto": "https",
        "Origin": str(visitor.base_url).replace("http:", "https:").rstrip("/"),
    }
    answer = visitor.post("/login", data={"token": accounts.first_token(workspace)}, headers=https)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-quantu_session=")
    assert "Secure" in cookie


def test_a_wrong_token_is_told_and_leads_nowhere(visitor, workspace):
    accounts.first_token(workspace)
    answer = visitor.post("/login", data={"token": "guess", "next": "/layers"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text
    assert 'value="/layers"' in answer.text
    assert "guess" not in answer.text


def test_guessing_is_slowed_down(visitor, workspace):
    accounts.first_token(workspace)
    answers = [visitor.post("/login", data={"token": str(n)}) for n in range(12)]
    assert [each.status_code for each in answers][:10] == [403] * 10
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["retry-after"]) <= 6


def test_tries_come_back_with_time_and_are_counted_for_each_address():
    tries = Tries()
    assert [tries.wait_s("a", 0.0) for _ in range(int(TRIES))] == [0.0] * 10
    assert tries.wait_s("a", 0.0) == pytest.approx(5.0)  # one try in five seconds
    assert tries.wait_s("b", 0.0) == 0.0
    assert tries.wait_s("a", 5.1) == 0.0
    assert tries.wait_s("a", 5.1) > 0.0


def test_signing_in_again_ends_the_session_before(visitor, workspace):
    token = accounts.first_token(workspace)
    bare_city.sign_in(visitor, workspace, token)
    before = visitor.cookies["quantu_session"]
    bare_city.sign_in(visitor, workspace, token)
    assert visitor.cookies["quantu_session"] != before
    visitor.cookies.set("quantu_session", before, domain="127.0.0.1")
    other = httpx.get(
        f"{visitor.base_url}/api/jobs/{'0' * 32}", headers={"Cookie": f"quantu_session={before}"}
    )
    assert other.status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "x",
        "/a\nb",
        "//[",
        "/" * 3000,
    ],
)
def test_signing_in_leads_to_our_own_pages_only(address):
    assert inside(address) == "/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for():
    assert inside("/layers/shops?at=2020-01-01&q=泉") == "/layers/shops?at=2020-01-01&q=泉"


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://h:8000"}, False),
        ({"Origin": "http://h:8000"}, True),
        ({"Origin": "HTTP://H:8000"}, True),
        ({"Origin": "http://h"}, False),
        ({"Origin": "https://h:8000"}, False),
        ({"Origin": "http://h:8000.evil.example"}, False),
        ({"Origin": "http://evil@h:8000"}, False),
        ({"Origin": "http://h:8000/"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({}, False),
    ],
)
def test_only_our_own_pages_and_programs_that_say_so_may_change_things(headers, ours):
    assert is_ours(Headers({"Host": "h:8000", **headers}), "http") is ours


def test_a_port_that_goes_without_saying_is_the_same_port():
    assert is_ours(Headers({"Host": "h", "Origin": "http://h:80"}), "http")
    assert is_ours(Headers({"Host": "h:443", "Origin": "https://h"}), "https")


def test_a_request_from_elsewhere_changes_nothing(visitor, workspace):
    bare_city.sign_in(visitor, workspace)
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = visitor.post("/api/uploads", json={"files": [{"name": "a", "bytes": 1}]}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    page = visitor.post("/logout", headers={"Origin": "null"})
    assert page.status_code == 403
    assert "did not come from a page of this server" in page.text


@pytest.mark.parametrize("token", ["", "0" * 64, "泉"])
def test_a_form_of_another_session_is_refused(visitor, workspace, token):
    bare_city.sign_in(visitor, workspace)
    answer = visitor.post("/logout", data={"form_token": token})
    assert answer.status_code == 403
    assert "another session" in answer.text
    assert visitor.get(f"/api/jobs/{'0' * 32}").status_code == 404


def test_a_large_body_is_refused_before_it_is_read(visitor, workspace):
    answer = visitor.post("/login", content=b"x" * (1 << 20) + b"x")
    assert answer.status_code == 413

    def endless():
        for _ in range(64):
            yield b"x" * (1 << 16)

    answer = visitor.post("/api/uploads", content=endless())
    assert answer.status_code in (400, 401, 413)


def test_pages_for_signed_in_readers_lead_strangers_to_the_login(visitor):
    answer = visitor.post("/logout", data={"form_token": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F")


def test_no_form_carries_a_token_for_strangers(visitor):
    assert not re.search(r'name="form_token" value="[^"]', visitor.get("/login").text)

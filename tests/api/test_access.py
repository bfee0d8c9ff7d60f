"""Who may do what: every route, asked by a stranger and by the administrator."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import bare_city
import httpx
import pytest
from fastapi.routing import APIRoute
from site_server import NODE_MODULES, serving

from api.access import ADMINISTRATOR, ANONYMOUS, decide
from api.app import create_app
from api.settings import Settings
from layers.workspace import Workspace

UPLOAD = "0" * 32
U = "/api/uploads/{upload_id}"
P = "/uploads/{upload_id}"
V = "/layers/{name}"
# method, path of the route, action, what a stranger gets, what the administrator gets (of things that are
# not there, or of a city with nothing published)
MATRIX = (
    ("GET", "/", "read", 404, 404),
    ("GET", "/find", "read", 200, 200),
    ("GET", "/walk", "read", 400, 400),
    ("GET", "/coverage", "read", 200, 200),
    ("GET", "/coverage/circles", "read", 404, 404),
    ("GET", "/coverage/{rule}", "read", 404, 404),
    ("GET", "/layers", "read", 200, 200),
    ("GET", "/layers/{name}", "read", 200, 200),
    ("GET", "/layers/{name}/export", "read", 303, 303),
    ("GET", "/layers/{name}/diff", "read", 404, 404),
    ("GET", f"{V}/revert/{{version}}", "revert", 303, 404),
    ("POST", f"{V}/revert/{{version}}", "revert", 303, 403),
    ("GET", f"{V}/withdraw/{{version}}", "withdraw", 303, 404),
    ("POST", f"{V}/withdraw/{{version}}", "withdraw", 303, 403),
    ("GET", f"{V}/purge/{{version}}", "withdraw", 303, 404),
    ("POST", f"{V}/purge/{{version}}", "withdraw", 303, 403),
    ("GET", "/uploads", "read", 200, 200),
    ("POST", "/uploads", "upload", 303, 403),
    ("GET", P, "read_upload", 303, 404),
    ("POST", f"{P}/say", "upload", 303, 403),
    ("POST", f"{P}/spec", "confirm_spec", 303, 403),
    ("POST", f"{P}/publish", "publish", 303, 403),
    ("POST", f"{P}/drop", "upload", 303, 403),
    ("GET", "/login", "read", 200, 200),
    ("POST", "/login", "read", 403, 403),
    ("POST", "/logout", "sign_out", 303, 403),
    ("GET", "/docs", "read", 200, 200),
    ("GET", "/health", "read", 200, 200),
    ("GET", "/static/{build}/{path:path}", "read", 404, 404),
    ("GET", "/vendor/{path:path}", "read", 404, 404),
    ("GET", "/favicon.ico", "read", 200, 200),
    ("GET", "/robots.txt", "read", 200, 200),
    ("GET", "/api/city", "read", 200, 200),
    ("GET", "/api/layers", "read", 200, 200),
    ("GET", "/api/layers/{name}", "read", 200, 200),
    ("GET", "/api/layers/{name}/history", "read", 200, 200),
    ("GET", "/api/layers/{name}/features", "read", 200, 200),
    ("GET", "/api/layers/{name}/export.{suffix}", "read", 404, 404),
    ("GET", "/api/layers/{name}/diff", "read", 400, 400),
    ("GET", "/api/layers/{name}/view", "read", 404, 404),
    ("GET", "/api/versions/{version}/original", "read", 404, 404),
    ("GET", "/api/coverage", "read", 200, 200),
    ("GET", "/api/coverage/{rule}", "read", 404, 404),
    ("GET", "/api/coverage/{rule}.{suffix}", "read", 404, 404),
    ("GET", "/api/coverage/{rule}/zones", "read", 404, 404),
    ("GET", "/api/coverage/{rule}/uncovered", "read", 404, 404),
    ("GET", "/api/coverage/{rule}/unattached.csv", "read", 404, 404),
    ("GET", "/api/coverage/circles", "read", 404, 404),
    ("GET", "/api/coverage/circles.json", "read", 404, 404),
    ("GET", "/api/coverage/circles.csv", "read", 404, 404),
    ("GET", "/api/coverage/circles.xlsx", "read", 404, 404),
    ("GET", "/api/coverage/circles/zones", "read", 404, 404),
    ("GET", "/api/coverage/circles/uncovered", "read", 400, 400),
    ("GET", "/api/backdrop", "read", 200, 200),
    ("GET", "/api/isochrone", "read", 400, 400),
    ("POST", "/api/uploads", "upload", 401, 400),
    ("GET", U, "read_upload", 401, 404),
    ("GET", f"{U}/changes", "read_upload", 401, 404),
    ("GET", f"{U}/findings.xlsx", "read_upload", 401, 404),
    ("GET", f"{U}/findings.gpkg", "read_upload", 401, 404),
    ("GET", f"{U}/preview.png", "read_upload", 401, 404),
    ("PATCH", f"{U}/files/{{n}}", "upload", 401, 404),
    ("POST", f"{U}/complete", "upload", 401, 404),
    ("POST", f"{U}/say", "upload", 401, 404),
    ("POST", f"{U}/publish", "publish", 401, 404),
    ("POST", f"{U}/drop", "upload", 401, 404),
    ("GET", "/api/jobs/{job_id}", "read_job", 401, 404),
)
FILLED = {
    "{upload_id}": UPLOAD,
    "{job_id}": UPLOAD,
    "{version}": "0" * 16,
    "{suffix}": "csv",
    "{n}": "0",
    "{name}": "shops",
    "{build}": "x",
    "{path:path}": "no.css",
}
BODIES = {f"{U}/say": {"said": {}}, f"{U}/publish": {}}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return bare_city.build(tmp_path_factory.mktemp("access") / "home")


@pytest.fixture(scope="module")
def site(workspace: Workspace) -> Iterator[str]:
    with serving(workspace.home) as address:
        yield address


@pytest.fixture(scope="module")
def stranger(site: str) -> Iterator[httpx.Client]:
    with bare_city.visiting(site) as client:
        yield client


@pytest.fixture(scope="module")
def administrator(site: str, workspace: Workspace) -> Iterator[httpx.Client]:
    with bare_city.visiting(site) as client:
        bare_city.sign_in(client, workspace)
        yield client


def walked(found: Iterable[object]) -> Iterator[object]:
    """Routes, also of routers that are included as they are, as newer FastAPI does."""
    for each in found:
        inner = getattr(each, "original_router", None)
        yield from [each] if inner is None else walked(inner.routes)


def routes() -> dict[tuple[str, str], APIRoute]:
    app = create_app(Settings(home=Path("nowhere"), browser_files=NODE_MODULES))
    found = {}
    for route in walked(app.routes):
        if route.path == "/api/openapi.json":  # FastAPI's own: the public reference
            continue
        assert isinstance(route, APIRoute)
        found |= {(method, route.path): route for method in route.methods}
    return found


def action_of(route: APIRoute) -> str:
    """What the route's dependencies ask for; `read` when nothing is asked."""
    waiting, found = [route.dependant], set()
    while waiting:
        each = waiting.pop()
        waiting.extend(each.dependencies)
        found.add(getattr(each.call, "action", None))
    (asked,) = found - {None} or {"read"}
    return asked


def test_every_route_is_in_the_table_with_the_action_it_asks_for():
    assert {key: action_of(route) for key, route in routes().items()} == {
        (method, path): action for method, path, action, _, _ in MATRIX
    }


def test_nothing_that_changes_is_open_to_everyone():
    writing = {
        (method, path) for method, path, action, _, _ in MATRIX if method != "GET" and action == "read"
    }
    assert writing == {("POST", "/login")}


def ask(client: httpx.Client, method: str, path: str) -> int:
    address = path
    for name, value in FILLED.items():
        address = address.replace(name, value)
    headers = {"Upload-Offset": "0"} if method == "PATCH" else {}
    return client.request(method, address, json=BODIES.get(path), headers=headers).status_code


@pytest.mark.parametrize(
    ("method", "path", "_action", "_stranger", "wanted"), MATRIX, ids=[" ".join(row[:2]) for row in MATRIX]
)
def test_the_administrator_gets(administrator, method, path, _action, _stranger, wanted):
    if (method, path) == ("GET", "/api/layers/{name}/features"):
        wanted = 200  # an empty collection that says why
    assert ask(administrator, method, path) == wanted


@pytest.mark.parametrize(
    ("method", "path", "_action", "wanted", "_administrator"),
    MATRIX,
    ids=[" ".join(row[:2]) for row in MATRIX],
)
def test_a_stranger_gets(stranger, method, path, _action, wanted, _administrator):
    assert ask(stranger, method, path) == wanted


def test_everyone_reads_what_is_public_and_nobody_else_the_rest(workspace):
    spec = workspace.spec("shops")
    hidden = replace(spec, audience="planners")
    field = spec.fields[0]
    secret = replace(field, audience="planners")
    for actor, wanted in ((ANONYMOUS, [True, False, True, False, False]), (ADMINISTRATOR, [True] * 5)):
        assert [
            decide(actor, "read_layer", spec),
            decide(actor, "read_layer", hidden),
            decide(actor, "read_field", spec, field),
            decide(actor, "read_field", spec, secret),
            decide(actor, "read_field", hidden, field),
        ] == wanted
    assert not any(
        decide(ANONYMOUS, action)
        for action in (
            "read_upload",
            "read_job",
            "read_original",
            "read_withdrawn",
            "upload",
            "publish",
            "revert",
            "withdraw",
            "confirm_spec",
        )
    )

"""The form with files that works without script: who may send it, and how much."""

import socket
import threading
from collections.abc import Iterator

import bare_city
import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from site_server import NODE_MODULES

from api import errors
from api.app import create_app
from api.forms import UploadFormDep
from api.same_origin import SameOrigin
from api.settings import Settings
from layers import accounts
from layers.catalog import Store

MIB = 1024**2


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server with one route that tells the sizes of what a form brought, and a session of it."""
    workspace = bare_city.build(tmp_path_factory.mktemp("forms") / "home")
    settings = Settings(home=workspace.home, browser_files=NODE_MODULES, upload_mib=2, upload_files=3)
    app = FastAPI()
    app.state.site = create_app(settings).state.site
    errors.install(app)
    app.add_middleware(SameOrigin)

    @app.post("/uploads")
    def read_sizes(form: UploadFormDep) -> list[int]:
        return [file.size for file in form.getlist("files")]

    with Store.open(workspace) as store:
        secret = accounts.sign_in(store, accounts.ADMINISTRATOR)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", secret
        server.should_exit = True
        thread.join(60)
    app.state.site.close()


@pytest.fixture
def client(site: tuple[str, str]) -> Iterator[httpx.Client]:
    address, secret = site
    with bare_city.visiting(address) as found:
        found.cookies.set("quantu_session", secret)
        yield found


def files(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{n}.csv", content)) for n, content in enumerate(contents)]


def test_files_come_with_the_form_of_the_session(client, site):
    token = {"form_token": accounts.form_token(site[1])}
    answer = client.post("/uploads", data=token, files=files(b"a", b"", b"x" * MIB * 2))
    assert (answer.status_code, answer.json()) == (200, [1, 0, 2 * MIB])


@pytest.mark.parametrize("token", [{}, {"form_token": "0" * 64}])
def test_a_form_of_another_session_is_refused(client, token):
    assert client.post("/uploads", data=token, files=files(b"a")).status_code == 403


def test_a_stranger_is_led_to_the_login(client, site):
    client.cookies.clear()
    answer = client.post("/uploads", data={"form_token": accounts.form_token(site[1])}, files=files(b"a"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F")


def test_more_than_the_limits_is_refused(client, site):
    token = {"form_token": accounts.form_token(site[1])}
    assert client.post("/uploads", data=token, files=files(*[b"a"] * 4)).status_code == 400
    assert client.post("/uploads", data=token, files=files(b"x" * MIB * 4)).status_code == 413


def test_more_than_the_limits_is_refused_also_when_nothing_was_announced(client):
    boundary = "x" * 20
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'.encode()

    def endless() -> Iterator[bytes]:
        yield head
        for _ in range(64):
            yield b"x" * MIB

    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    try:
        assert client.post("/uploads", content=endless(), headers=kind).status_code == 413
    except httpx.WriteError:  # the server answered and closed before everything was sent
        assert client.post("/uploads", files=files(b"a")).status_code == 403

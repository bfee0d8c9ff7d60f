"""A small published city and the demo's districts, each behind a real server on this machine."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import small_city
import uvicorn

from api import demo
from api.app import create_app
from api.settings import Settings

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of a server of that workspace, on a free port, while the block runs."""
    app = create_app(Settings(home=home, browser_files=NODE_MODULES))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", server_header=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server ended before it answered"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=60)


@pytest.fixture(scope="session")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of `small_city`; read by all, published to by none."""
    return small_city.build(tmp_path_factory.mktemp("small") / "home")


@pytest.fixture(scope="session")
def small_site(small_home: Path) -> Iterator[str]:
    """The address of the small city's server."""
    with serving(small_home) as address:
        yield address


@pytest.fixture(scope="session")
def client(small_site: str) -> Iterator[httpx.Client]:
    """A client of the small city, with no language of its own."""
    with httpx.Client(base_url=small_site, timeout=120.0) as found:
        yield found


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo city: all its districts and subdistricts, a fiftieth of its people."""
    home = tmp_path_factory.mktemp("demo") / "home"
    demo.build(home, scale=0.02)
    with serving(home) as address:
        yield address

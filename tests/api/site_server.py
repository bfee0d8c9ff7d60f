"""A real server of a workspace, for tests that ask it over HTTP."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.app import create_app
from api.settings import Settings

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"


@contextmanager
def serving(home: Path, **settings: object) -> Iterator[str]:
    """The address of a server of that workspace, on a free port, while the block runs.

    The socket listens before the server starts: a request that comes early waits in its queue.
    """
    app = create_app(Settings(home=home, browser_files=NODE_MODULES, **settings))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", server_header=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=60)

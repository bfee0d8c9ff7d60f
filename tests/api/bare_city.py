"""A city with agencies and nothing published, and a server of it with somebody signed in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from site_server import serving

from layers import accounts
from layers.workspace import Workspace

CITY = """
id = "bare"
name_zh = "空城"
name_en = "Bare"
bbox = [117.0, 36.0, 118.0, 37.0]
[[agencies]]
code = "east"
name_zh = "东区"
name_en = "East"
"""


def build(home: Path) -> Workspace:
    return Workspace.init(home, CITY)


@contextmanager
def visiting(address: str) -> Iterator[httpx.Client]:
    """A client that has not signed in; it names its origin as a browser's form does."""
    headers = {"Origin": address, "Accept-Language": "en"}
    with httpx.Client(base_url=address, headers=headers, timeout=60.0) as client:
        yield client


def sign_in(client: httpx.Client, workspace: Workspace, token: str | None = None) -> None:
    """Sign in as the administrator, whose token is made if there is none."""
    given = token or accounts.first_token(workspace)
    answer = client.post("/login", data={"token": given, "next": "/layers"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/layers")


@contextmanager
def administering(home: Path) -> Iterator[httpx.Client]:
    """A signed-in client of a server of that workspace."""
    workspace = Workspace.open(home)
    with serving(home) as address, visiting(address) as client:
        sign_in(client, workspace)
        yield client


def form_token(client: httpx.Client) -> str:
    """The token on the page to sign out, as any form carries it."""
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', client.get("/login").text)
    assert found
    return found.group(1)

"""A small published city and the demo's districts, each behind a real server on this machine."""

import shutil
from collections.abc import Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx
import pytest
import small_city
from once import once
from site_server import serving

from api import demo


@pytest.fixture(scope="session")
def small_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of `small_city` as it was built: to be copied, never opened."""
    return once(tmp_path_factory, "small", small_city.build)


@pytest.fixture(scope="session")
def small_home(small_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of `small_city`; read by all, published to by none."""
    return shutil.copytree(small_built, tmp_path_factory.mktemp("small") / "home")


@pytest.fixture(scope="session")
def small_site(small_home: Path) -> Iterator[str]:
    """The address of the small city's server."""
    with serving(small_home) as address:
        yield address


@pytest.fixture(scope="session")
def client(small_site: str) -> Iterator[httpx.Client]:
    """A client of the small city that keeps no cookie, hence no language, from one test to the next."""
    none = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    with httpx.Client(base_url=small_site, timeout=120.0, cookies=none) as found:
        yield found


@pytest.fixture(scope="session")
def demo_built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city, a fiftieth of its people, as it was built: to be copied, never opened."""
    return once(tmp_path_factory, "demo", lambda home: demo.build(home, seed=7, scale=0.02))


@pytest.fixture(scope="session")
def demo_site(demo_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the demo city: all its districts and subdistricts, a fiftieth of its people."""
    with serving(shutil.copytree(demo_built, tmp_path_factory.mktemp("demo") / "home")) as address:
        yield address

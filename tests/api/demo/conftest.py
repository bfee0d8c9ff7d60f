"""The demo city at a fiftieth, drawn once for all tests of it, and built once into a real store."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.demo.city import DemoCity
from api.demo.ground import Recipe
from layers.catalog import Store
from layers.workspace import Workspace

SCALE = 0.02


@pytest.fixture(scope="session")
def city() -> DemoCity:
    """The small city before publishing: nothing is written."""
    return DemoCity(Recipe(seed=7, scale=SCALE))


@pytest.fixture(scope="session")
def home(demo_built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small city, published. Not to be changed by a test."""
    return shutil.copytree(demo_built, tmp_path_factory.mktemp("demo") / "home")


@pytest.fixture(scope="session")
def store(home: Path) -> Iterator[Store]:
    with Store.open(Workspace.open(home)) as opened:
        yield opened

"""What every attack is tried against: a secret outside, ports that listen, and a room to work in."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from attack import Bait


@pytest.fixture(scope="session")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bait]:
    """Files with a text that nobody can know, and ports at which nobody has any business."""
    made = Bait(tmp_path_factory.mktemp("outside"))
    made.lay()
    yield made
    made.close()


@pytest.fixture
def nobody_asked(bait: Bait) -> Iterator[None]:
    """Fails the test in which somebody knocked at one of the ports."""
    yield
    assert bait.knocks() == 0


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where members of archives and folders of tasks go; nothing of a task may be left there."""
    folder = tmp_path / "room"
    folder.mkdir()
    return folder


@pytest.fixture
def memory_of_this_process() -> Iterator[None]:
    """Fails the test that leaves this process a quarter of a gigabyte larger."""
    before = _resident_mib()
    yield
    gc.collect()
    assert _resident_mib() - before < 256


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20

"""Results are whole or absent: processes that keep are killed, and others keep the same at the same time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_circles import CITY, publish, publish_streets
from tiny_world import RULES, SITES, education_frame, people_frame, zones_frame

from inventory.circles import circles, find, keep
from inventory.pins import pin
from inventory.recipe import replay
from inventory.refresh import refreshed
from inventory.results import FILES, SUMS
from layers.catalog import Store
from layers.workspace import Workspace

# Keeps the same recipe for ever, and says so each time; every other time it has to replace the result.
KEEPER = """
import contextlib
import sys
from inventory.circles import circles, keep
from inventory.results import RESULT
from layers.catalog import Store
from layers.workspace import Workspace

store = Store.open(Workspace.open(sys.argv[1]))
run = circles(store)
while True:
    folder = keep(store, run)
    print("kept", flush=True)
    with contextlib.suppress(FileNotFoundError):  # another keeper is replacing it just now
        (folder / RESULT).write_bytes(b"another")
"""


# Goes back and forth between two versions, and makes each result from the one before.
REFRESHER = """
import sys
from inventory.pins import pin
from inventory.refresh import refreshed
from inventory.results import keep
from layers.catalog import Store
from layers.workspace import Workspace

store = Store.open(Workspace.open(sys.argv[1]))
while True:
    now = store.heads("education")["city"].id
    other = next(each.version for each in store.history("education") if each.version != now)
    store.revert("education", other, author="test")
    made = refreshed(store, pin(store))
    assert made is not None
    keep(store, made)
    print("kept", flush=True)
"""


@pytest.fixture
def home(tmp_path):
    workspace = Workspace.init(tmp_path / "home", CITY)
    (workspace.home / "rules" / "tiny.toml").write_text(RULES, "utf-8")
    with Store.open(workspace) as store:
        publish_streets(store)
        publish(store, "districts", zones_frame())
        publish(store, "people", people_frame())
        publish(store, "education", education_frame(SITES))
    return workspace.home


def keeper(home: Path, script: str = KEEPER) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], times: int) -> None:
    for _ in range(times):
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"


def whole(folder: Path) -> bool:
    return sorted(p.name for p in folder.iterdir()) == sorted([*FILES, SUMS])


@pytest.mark.slow
def test_a_killed_process_leaves_a_whole_result_or_none(home):
    for round_ in range(6):
        with keeper(home) as process:
            wait_for(process, 3 + round_)
            process.send_signal(signal.SIGKILL)
        with Store.open(Workspace.open(home)) as store:
            assert list(store.workspace.staging.iterdir()) == []
            assert all(whole(folder) for folder in (home / "results").iterdir())
            run = circles(store)
            folder = keep(store, run)
            assert whole(folder)
            assert find(store).content == run.content


@pytest.mark.slow
def test_a_refresh_that_is_killed_leaves_whole_results_of_what_they_say(home):
    """Wherever it is killed, every result there is a full run gives too, and the next goes on."""
    with Store.open(Workspace.open(home)) as store:
        keep(store, circles(store))
        publish(store, "education", education_frame({"A": (700, 210, "kindergarten")}))
    for round_ in range(6):
        with keeper(home, REFRESHER) as process:
            wait_for(process, 1 + round_)
            process.send_signal(signal.SIGKILL)
        with Store.open(Workspace.open(home)) as store:
            assert list(store.workspace.staging.iterdir()) == []
            for folder in (home / "results").iterdir():
                assert whole(folder)
                assert replay(store, folder).identical
            made = refreshed(store, pin(store))
            assert made is not None
            assert made.content == circles(store).content


@pytest.mark.slow
def test_two_processes_that_keep_the_same_do_not_hinder_each_other(home):
    with keeper(home) as one, keeper(home) as other:
        for process in (one, other):
            wait_for(process, 20)
        assert one.poll() is None
        assert other.poll() is None
        one.kill()
        other.kill()
    assert all(whole(folder) for folder in (home / "results").iterdir())

"""Two real processes at one store."""

import pytest
from layer_workers import FORKS, hold_write_lock, publish_own, publish_together, start
from layer_worlds import CITY, open_store, people

from layers.catalog import CATALOG_FILE
from layers.database import Database
from layers.errors import CatalogBusy
from layers.publish import publish_frame
from layers.workspace import Workspace


def test_of_two_that_saw_the_same_head_one_publishes(home, database_url):
    with open_store(home, database_url) as store:
        publish_frame(store, "people", "east", people(1), author="li")
    barrier, answers = FORKS.Barrier(2), FORKS.Queue()
    processes = [start(publish_together, home, database_url, n, barrier, answers) for n in (2, 3)]
    for process in processes:
        process.join(120)
    told = dict(answers.get(timeout=10) for _ in processes)
    assert sorted(told) == ["moved", "published"]
    with open_store(home, database_url) as store:
        assert store.read("people")["people"].tolist() == [float(told["published"])]
        assert store.sequence() == 2
        assert store.check() == []


def test_agencies_publish_side_by_side_without_losing_a_move(home, database_url):
    Workspace.init(home, CITY)
    failures = FORKS.Queue()
    processes = [start(publish_own, home, database_url, agency, 6, failures) for agency in ("east", "west")]
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0], failures.get(timeout=5)
    with open_store(home, database_url) as store:
        assert [entry.sequence for entry in store.history("people")] == list(range(12, 0, -1))
        assert sorted(store.read("people")["people"]) == [6.0, 6.0]
        moments = [entry.moved_at for entry in store.history("people")]
        assert moments == sorted(moments, reverse=True)
        assert store.check() == []


def test_a_writer_that_waits_too_long_is_told_so(home):
    with open_store(home):
        pass
    ready, done = FORKS.Event(), FORKS.Event()
    process = start(hold_write_lock, home, ready, done)
    assert ready.wait(60)
    impatient = Database(f"sqlite:///{home / CATALOG_FILE}", busy_timeout_s=0.1)
    with pytest.raises(CatalogBusy), impatient.write():
        pass
    with impatient.read():
        pass  # readers do not wait for the writer
    done.set()
    process.join(30)
    with impatient.write():
        pass
    impatient.close()

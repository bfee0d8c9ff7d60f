"""Real workers with real jobs that crash, hang, eat memory and are killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from job_handlers import is_gone, kill, working

from layers import jobs
from layers.catalog import Store
from layers.jobs import Failure, Job
from layers.wakeup import ring
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
PATIENCE_S = 60.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(Workspace.init(tmp_path / "home", CITY)) as opened:
        yield opened


def until(found: Callable[[], Any]) -> Any:
    """What the question answers once it is not empty; other processes are waited for, not a fixed time."""
    end = time.monotonic() + PATIENCE_S
    while not (answer := found()):
        assert time.monotonic() < end, "nothing happened in a minute"
        time.sleep(0.01)
    return answer


def queue(store: Store, kind: str, **payload: Any) -> Job:
    made = jobs.enqueue(store.database, kind, "u1", payload, "li")
    ring(store.workspace)
    return made


def ended(store: Store, job: Job) -> Job:
    return until(lambda: (found := jobs.find(store.database, job.id)).is_over and found)


def telling(store: Store, job: Job) -> dict[str, Any]:
    return dict(until(lambda: jobs.find(store.database, job.id).progress))


def test_jobs_are_done_each_in_a_process_of_its_own(store):
    with working(store.workspace.home) as worker:
        first, second = (ended(store, queue(store, "echo", n=n)) for n in (1, 2))
    assert (first.state, first.outcome["payload"], second.outcome["payload"]) == ("done", {"n": 1}, {"n": 2})
    assert len({worker.pid, first.outcome["pid"], second.outcome["pid"]}) == 3
    assert worker.exitcode == 0


def test_a_job_starts_at_once_when_the_bell_rings(store):
    with working(store.workspace.home):
        ended(store, queue(store, "echo"))
        waits = []
        for _ in range(5):
            done = ended(store, queue(store, "echo"))
            waits.append((done.started_at - done.created_at).total_seconds())
    assert sorted(waits)[2] < 0.2


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("crash", Failure("job_crashed", {"signal": "SIGSEGV"})),
        ("quit_silently", Failure("job_crashed", {"signal": "exit 7"})),
        ("eat", Failure("job_memory", {"limit_mib": 512})),
        ("wait", Failure("job_too_slow", {"limit_s": 1})),
        ("fail_oddly", Failure("internal", {})),
    ],
)
def test_a_job_that_goes_wrong_says_how_and_the_next_is_done(store, kind, failure):
    with working(store.workspace.home, job_memory_mib=512, job_seconds_of={"wait": 1}):
        bad, good = queue(store, kind), queue(store, "echo")
        assert ended(store, bad).error == failure
        assert ended(store, good).state == "done"


def test_an_error_of_ours_keeps_its_code_and_fields(store):
    with working(store.workspace.home):
        failure = ended(store, queue(store, "object_to_crs")).error
    assert failure.code == "crs_unknown"
    assert "EPSG:0" in failure.fields.values()


def test_a_full_disk_is_an_error_of_ours(store):
    with working(store.workspace.home):
        failed = ended(store, queue(store, "fill_the_disk"))
    assert failed.error == Failure("store_no_room", {"problem": "No space left on device"})


def test_a_traceback_is_for_the_log_alone(store):
    with working(store.workspace.home):
        failed = ended(store, queue(store, "fail_oddly"))
    assert "secret" not in repr(failed)
    assert "a secret of the inside" in (store.workspace.home.parent / "worker.log").read_text()


def test_a_job_out_of_time_leaves_no_process(store):
    with working(store.workspace.home, job_seconds_of={"wait": 2}):
        job = queue(store, "wait")
        told = telling(store, job)
        assert ended(store, job).error.code == "job_too_slow"
        assert is_gone(told["pid"])
        until(lambda: is_gone(told["child"]))


def test_a_cancelled_job_is_ended(store):
    with working(store.workspace.home):
        job = queue(store, "wait")
        told = telling(store, job)
        jobs.cancel(store.database, job.id)
        until(lambda: is_gone(told["pid"]) and is_gone(told["child"]))
        assert ended(store, queue(store, "echo")).state == "done"


def test_a_worker_told_to_leave_gives_its_job_back(store):
    with working(store.workspace.home) as worker:
        job = queue(store, "wait_once")
        told = telling(store, job)
    assert worker.exitcode == 0
    assert is_gone(told["pid"])
    found = jobs.find(store.database, job.id)
    assert (found.state, found.attempts, found.worker) == ("queued", 0, None)


def test_a_killed_workers_job_ends_with_it_and_is_taken_up_by_another(store):
    with working(store.workspace.home) as worker:
        job = queue(store, "wait_once")
        told = telling(store, job)
        kill(worker.pid)
        worker.join(30)
    until(lambda: is_gone(told["pid"]))
    with store.database.write() as connection:  # rather than wait half a minute for the lease to run out
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(jobs.job.update().where(jobs.job.c.id == job.id).values(lease_until=past))
    with working(store.workspace.home):
        assert ended(store, job).outcome == {"attempts": 2}


def test_a_worker_at_work_renews_its_lease(store):
    with working(store.workspace.home, lease_s=3.0) as worker, working(store.workspace.home, lease_s=3.0):
        job = queue(store, "wait")
        telling(store, job)
        first = jobs.find(store.database, job.id)
        until(
            lambda: jobs.find(store.database, job.id).lease_until > first.lease_until + timedelta(seconds=4)
        )
        found = jobs.find(store.database, job.id)
        assert (found.attempts, found.worker) == (1, first.worker)
        assert worker.is_alive()


def test_a_worker_that_stood_still_gives_way_to_its_heir(store):
    with working(store.workspace.home, lease_s=2.0) as stopped:
        job = queue(store, "wait_once")
        told = telling(store, job)
        os.kill(stopped.pid, signal.SIGSTOP)
        with working(store.workspace.home, lease_s=2.0):
            assert ended(store, job).outcome == {"attempts": 2}
        assert not is_gone(told["pid"])
        os.kill(stopped.pid, signal.SIGCONT)
        until(lambda: is_gone(told["pid"]))
        assert ended(store, queue(store, "echo")).state == "done"
    assert jobs.find(store.database, job.id).outcome == {"attempts": 2}


def test_two_workers_share_the_queue(store):
    with working(store.workspace.home), working(store.workspace.home):
        done = [ended(store, each) for each in [queue(store, "echo", n=n) for n in range(20)]]
    assert sorted(each.outcome["payload"]["n"] for each in done) == list(range(20))
    assert {each.attempts for each in done} == {1}

"""The queue: nobody shares a job, no job is lost, and who lost one can record nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from job_workers import FORKS, claim_all, claim_and_die, start
from layer_worlds import open_store

from layers import jobs
from layers.jobs import ATTEMPTS, LEASE_S, Failure
from layers.upload_errors import JobLost, JobNotFound

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def later(seconds):
    return NOON + timedelta(seconds=seconds)


def queued(store, subject="u1", kind="count", **payload):
    return jobs.enqueue(store.database, kind, subject, payload, "li")


def test_a_job_waits_is_claimed_and_ends(store):
    made = queued(store, mode="replace", name="\udcd0停")
    assert (made.state, made.attempts, made.number) == ("queued", 0, 1)
    held = jobs.claim(store.database, "w1", ("count",))
    assert (held.id, held.state, held.attempts, held.worker) == (made.id, "running", 1, "w1")
    assert held.payload == {"mode": "replace", "name": "\udcd0停"}
    assert jobs.progress(store.database, held, {"step": "read"})
    assert jobs.find(store.database, held.id).progress == {"step": "read"}
    jobs.finish(store.database, held, {"rows": 3})
    ended = jobs.find(store.database, held.id)
    assert (ended.state, ended.outcome, ended.error, ended.is_over) == ("done", {"rows": 3}, None, True)
    assert jobs.claim(store.database, "w1", ("count",)) is None


def test_jobs_are_taken_in_the_order_they_came_and_only_of_the_kinds_asked_for(store):
    first, other, second = queued(store), queued(store, kind="paint"), queued(store)
    assert jobs.claim(store.database, "w", ("count",)).id == first.id
    assert jobs.claim(store.database, "w", ("count",)).id == second.id
    assert jobs.claim(store.database, "w", ("count",)) is None
    assert jobs.claim(store.database, "w", ("paint",)).id == other.id


def test_a_failed_job_says_why(store):
    queued(store)
    held = jobs.claim(store.database, "w", ("count",))
    jobs.fail(store.database, held, "file_empty", {"file": "a.shp"})
    ended = jobs.find(store.database, held.id)
    assert (ended.state, ended.error) == ("failed", Failure("file_empty", {"file": "a.shp"}))


def test_two_claimers_never_get_one_job(home, database_url):
    with open_store(home, database_url) as store:
        for _ in range(40):
            queued(store)
    barrier, answers = FORKS.Barrier(3), FORKS.Queue()
    processes = [start(claim_all, home, database_url, f"w{n}", barrier, answers) for n in range(3)]
    had = [number for _ in processes for number in answers.get(timeout=120)]
    for process in processes:
        process.join(60)
    assert sorted(had) == list(range(1, 41))


def test_a_killed_workers_job_is_taken_up_when_its_lease_is_over(home, database_url):
    with open_store(home, database_url) as store:
        made = queued(store)
        process = start(claim_and_die, home, database_url, 5.0)
        process.join(60)
        assert process.exitcode == -9
        now = datetime.now(UTC)
        assert jobs.claim(store.database, "heir", ("count",), now=now) is None
        held = jobs.claim(store.database, "heir", ("count",), now=now + timedelta(seconds=6))
        assert (held.id, held.attempts, held.worker) == (made.id, 2, "heir")


def test_a_worker_that_lost_its_lease_can_record_nothing(store):
    queued(store)
    slow = jobs.claim(store.database, "slow", ("count",), lease_s=10, now=NOON)
    heir = jobs.claim(store.database, "heir", ("count",), lease_s=10, now=later(11))
    assert heir.id == slow.id
    assert not jobs.heartbeat(store.database, slow, now=later(12))
    assert not jobs.progress(store.database, slow, {"step": "late"})
    for record in (
        lambda: jobs.finish(store.database, slow, {}),
        lambda: jobs.fail(store.database, slow, "internal", {}),
    ):
        with pytest.raises(JobLost):
            record()
    jobs.release(store.database, slow)
    assert jobs.find(store.database, heir.id) == heir
    jobs.finish(store.database, heir, {"by": "heir"})
    assert jobs.find(store.database, heir.id).outcome == {"by": "heir"}


def test_a_worker_that_takes_up_its_own_lost_job_is_another_holder(store):
    queued(store)
    first = jobs.claim(store.database, "w", ("count",), lease_s=10, now=NOON)
    second = jobs.claim(store.database, "w", ("count",), lease_s=10, now=later(11))
    assert not jobs.holds(store.database, first)
    assert jobs.holds(store.database, second)


def test_heartbeats_keep_a_job(store):
    queued(store)
    held = jobs.claim(store.database, "w", ("count",), lease_s=10, now=NOON)
    for second in range(5, 60, 5):
        assert jobs.heartbeat(store.database, held, lease_s=10, now=later(second))
        assert jobs.claim(store.database, "other", ("count",), lease_s=10, now=later(second + 4)) is None


def test_a_job_that_never_ends_is_given_up_after_three_attempts(store):
    made, behind = queued(store), queued(store)
    for attempt in range(ATTEMPTS):
        held = jobs.claim(store.database, "w", ("count",), lease_s=1, now=later(10 * attempt))
        assert (held.id, held.attempts) == (made.id, attempt + 1)
    assert jobs.claim(store.database, "w", ("count",), lease_s=1, now=later(100)).id == behind.id
    ended = jobs.find(store.database, made.id)
    assert (ended.state, ended.error) == ("failed", Failure("job_abandoned", {"attempts": 3}))


def test_a_released_job_waits_as_if_never_begun(store):
    made = queued(store)
    jobs.release(store.database, jobs.claim(store.database, "w", ("count",)))
    assert jobs.find(store.database, made.id).attempts == 0
    assert jobs.claim(store.database, "x", ("count",)).id == made.id


def test_a_cancelled_job_is_over_for_its_worker(store):
    queued(store)
    held = jobs.claim(store.database, "w", ("count",))
    assert jobs.cancel(store.database, held.id)
    assert not jobs.heartbeat(store.database, held)
    assert not jobs.cancel(store.database, held.id)
    assert jobs.find(store.database, held.id).error == Failure("job_cancelled", {})


def test_a_clock_that_steps_back_leaves_a_living_workers_job_alone(store):
    queued(store)
    held = jobs.claim(store.database, "w", ("count",), now=NOON)
    hours_ago = -8 * 3600  # a machine that took its local time for UTC
    assert jobs.claim(store.database, "other", ("count",), now=later(hours_ago)) is None
    assert jobs.heartbeat(store.database, held, now=later(hours_ago + 10))
    assert jobs.claim(store.database, "other", ("count",), now=later(hours_ago + 35)) is None


def test_a_clock_that_steps_back_does_not_keep_a_dead_workers_job_for_hours(store):
    queued(store)
    jobs.claim(store.database, "dead", ("count",), now=NOON)
    hours_ago = -8 * 3600
    assert jobs.claim(store.database, "heir", ("count",), now=later(hours_ago)) is None
    held = jobs.claim(store.database, "heir", ("count",), now=later(hours_ago + LEASE_S + 1))
    assert held.worker == "heir"


def test_the_newest_job_of_a_subject_is_found(store):
    queued(store, "u1")
    second, other = queued(store, "u1"), queued(store, "u1", kind="paint")
    queued(store, "u2")
    assert jobs.latest(store.database, "count", "u1").id == second.id
    assert jobs.latest(store.database, ("count", "paint"), "u1").id == other.id
    assert jobs.latest(store.database, "count", "nothing") is None
    with pytest.raises(JobNotFound):
        jobs.find(store.database, "nothing")


@pytest.fixture(scope="module")
def law_store(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("laws") / "home") as opened:
        yield opened


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("claim", "heartbeat", "finish", "step")),
            st.integers(0, 2),
            st.floats(-100, 100),
        ),
        max_size=25,
    )
)
def test_whatever_workers_and_clocks_do_one_holds_a_job_and_it_ends_once(law_store, acts):
    """Three workers act on one job while the clock jumps: at most one holds it, and the end stays."""
    made = jobs.enqueue(law_store.database, "count", "law", {}, "li")
    clock, held, ended_by = 0.0, {}, None
    for act, who, seconds in acts:
        if act == "step":
            clock += seconds
        elif act == "claim":
            got = jobs.claim(law_store.database, f"w{who}", ("count",), lease_s=10, now=later(clock))
            if got is not None:
                assert (got.id, ended_by) == (made.id, None)
                held[who] = got
        elif who in held and act == "heartbeat":
            jobs.heartbeat(law_store.database, held[who], lease_s=10, now=later(clock))
        elif who in held:
            try:
                jobs.finish(law_store.database, held[who], {"by": who})
            except JobLost:
                continue
            assert ended_by is None
            ended_by = who
        assert sum(jobs.holds(law_store.database, each) for each in held.values()) <= 1
    found = jobs.find(law_store.database, made.id)
    assert found.outcome == (None if ended_by is None else {"by": ended_by})
    assert found.attempts <= ATTEMPTS
    jobs.cancel(law_store.database, made.id)

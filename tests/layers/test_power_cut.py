"""The power goes at any call of an operation: the store opens whole, and what was answered is there."""

import multiprocessing
from copy import deepcopy

import pytest
from fault_workers import keep_figures, kill, outside, start, work_when_told
from layer_worlds import open_store
from power_cut import WAYS, Disk, read_calls, recorded


def record(tmp_path, action):
    """The disk before one operation, the calls it made, and the log before and after its answer."""
    home, log = tmp_path / "home", tmp_path / "log"
    with open_store(home):
        pass
    orders, ordered = multiprocessing.Pipe()
    answers, answering = multiprocessing.Pipe()
    process = start(work_when_told, home, log, 11, action, ordered, answering)
    try:
        assert answers.recv() == "warm"
        disk, before = Disk.of(home), log.read_bytes()
        with recorded(process.pid, tmp_path / "calls"):
            orders.send("go")
            assert answers.recv()[0] == "done"
    finally:
        kill(process)
    return disk, read_calls(tmp_path / "calls"), before, log.read_bytes()


def cut(tmp_path, action, count, forgotten=()):
    """Cut at so many places, each in each way; how many were tried, and what is wrong.

    `forgotten` are names of calls that the disk is not told of.
    """
    disk, calls, before, after = record(tmp_path, action)
    calls = [call for call in calls if call.name not in forgotten]
    rehearsal = deepcopy(disk)
    changing = [n for n, call in enumerate(calls, start=1) if rehearsal.do(call)]
    last = len(changing)
    chosen = {round(k * last / (count - 1)) for k in range(count)}
    log, target = tmp_path / "told", tmp_path / "cut"
    tried, wrong, done = 0, [], 0
    for place in sorted(chosen):
        upto = len(calls) if place == last else changing[place - 1] if place else 0
        for call in calls[done:upto]:
            disk.do(call)
        done = upto
        log.write_bytes(after if place == last else before)
        for way in WAYS:
            disk.rebuild(target, way)
            with open_store(target) as store:
                found = [f"the store's own check: {problem}" for problem in store.check()]
            asked = ("--log", log, "--kills", int(place < last), "--opened", "--at-rest")
            found += outside(target, *asked)
            tried += 1
            wrong += [f"{action}, after change {place} of {last}, {way}: {line}" for line in found]
    return tried, wrong


@pytest.mark.slow
def test_twenty_power_cuts_of_a_publish(tmp_path):
    tried, wrong = cut(tmp_path, "replace", 20)
    assert not wrong, "\n".join(wrong)
    assert tried == 20 * len(WAYS)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["fsync", "fdatasync"])
def test_without_its_syncs_a_publish_would_be_lost(tmp_path, call):
    _, wrong = cut(tmp_path, "replace", 2, forgotten=(call,))
    assert any("no unsynced bytes" in line and "I" in line for line in wrong)
    assert not any(", all: " in line for line in wrong)


@pytest.mark.soak
@pytest.mark.parametrize("action", ["replace", "upsert", "revert", "withdraw", "purge"])
def test_two_hundred_power_cuts_of_every_operation(tmp_path, action):
    tried, wrong = cut(tmp_path, action, 200)
    keep_figures(f"power_cut-{action}", {"cuts": tried, "violations": len(wrong)})
    assert not wrong, "\n".join(wrong)

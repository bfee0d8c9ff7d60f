"""A disk that is full at ever other moments: nothing half made, and work goes on once there is room."""

import multiprocessing

import pytest
from fault_workers import keep_figures, kill, outside, read_once, start, work_when_told
from layer_worlds import open_store
from small_disk import filled, free, small_disk

PAGE = 4096
NEEDED = 320 * 1024
"""More than one publish of these few features needs: its part, twin, claim and the log of its commit."""


def fill_and_publish(folder, levels):
    """Publish while only so much is free, then with room, in one process that is never restarted.

    Gives what was said at each level, and everything that is wrong.
    """
    home, log = folder / "home", folder.parent / "log"
    with open_store(home):
        pass
    orders, ordered = multiprocessing.Pipe()
    answers, answering = multiprocessing.Pipe()
    process = start(work_when_told, home, log, 5, "replace", ordered, answering)
    said, wrong = [], []
    try:
        assert answers.recv() == "warm"
        for left in levels:
            with filled(folder, left):
                orders.send("go")
                kind, code, sentence = answers.recv()
                said.append((left, kind, code))
                if kind != "done" and (code is None or "\n" in sentence):
                    wrong.append(f"{left} bytes free: {kind}: {sentence}")
                wrong += [f"{left} bytes free: {line}" for line in outside(home, "--log", log, "--kills", 0)]
                reading = read_once(home)
                if reading is not None:
                    wrong.append(f"{left} bytes free: a reader was told {reading}")
            orders.send("go")
            again = answers.recv()
            if again[0] != "done":
                wrong.append(f"with room again after {left}: {again}")
    finally:
        kill(process)
    with open_store(home):
        pass
    return said, wrong + outside(home, "--log", log, "--kills", 0, "--opened", "--at-rest")


def levels(count):
    return [round(NEEDED * k / (count - 1) / PAGE) * PAGE for k in range(count)]


@pytest.mark.slow
def test_ten_levels_of_a_full_disk(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        assert free(folder) > 60 << 20
        said, wrong = fill_and_publish(folder, levels(10))
    assert not wrong, "\n".join(wrong)
    refused = [code for _, kind, code in said if kind != "done"]
    assert set(refused) == {"store_no_room"}
    assert 3 <= len(refused) < len(said)


@pytest.mark.soak
def test_fifty_levels_of_a_full_disk(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        said, wrong = fill_and_publish(folder, levels(50))
    told = [{"bytes_free": left, "said": code or kind} for left, kind, code in said]
    keep_figures("full_disk", {"levels": told, "violations": len(wrong)})
    assert not wrong, "\n".join(wrong)

"""SIGKILL at any moment of any operation: what was answered is there, and nothing else is."""

import os

import pytest
from fault_workers import keep_figures, kill_at_random


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_fifteen_kills_at_random_leave_the_store_whole(tmp_path, seed):
    figures, wrong = kill_at_random(tmp_path, None, seed, 15)
    assert wrong == []
    assert figures["acknowledged"] > 0
    assert figures["states_read"] > 0


@pytest.mark.soak
def test_two_thousand_kills_at_random_leave_every_store_whole(tmp_path):
    """`QUANTU_SOAK_KILLS` sets another number; the figures are kept beside the tests."""
    kills = int(os.environ.get("QUANTU_SOAK_KILLS", "2000"))
    runs, wrong = [], []
    for seed in range(1000, 1000 + -(-kills // 50)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        figures, found = kill_at_random(folder, None, seed, min(50, kills - 50 * len(runs)))
        runs.append(figures)
        wrong += found
    counted = ("kills", "acknowledged", "kills_that_left_something", "states_read", "violations", "seconds")
    totals = {name: round(sum(run[name] for run in runs), 1) for name in counted}
    keep_figures("kills", {**totals, "runs": runs})
    assert wrong == []

"""SIGKILL at every named point of every operation, on both databases, judged from outside."""

import random
import signal

import pytest
from fault_workers import Log, Writer, open_until_killed, outside, start, work_to_a_failpoint
from layer_worlds import open_store

from layers.failpoint import NAMES

MODES = ("replace", "upsert", "append")
REACHED = {
    **dict.fromkeys(("original_kept", "part_written", "part_hashed", "part_claimed", "part_renamed"), MODES),
    **dict.fromkeys(("version_inserted", "before_commit", "after_commit", "sidecar_written"), MODES),
    **dict.fromkeys(("before_revert_commit", "after_revert_commit"), ("revert",)),
    **dict.fromkeys(
        ("withdrawal_inserted", "before_withdraw_commit", "after_withdraw_commit"), ("withdraw",)
    ),
    **dict.fromkeys(("before_purge_commit", "after_purge_commit", "purge_part_erased"), ("purge",)),
    "purge_original_erased": ("purge",),
}
"""Which operations pass which point."""
OF_MAKING = {"init_staged", "catalog_staged", "catalog_installed"}  # see test_kills
OF_SWEEPING = {"sweep_part_erased"}


def test_every_named_point_is_reached_by_a_test():
    assert set(NAMES) == REACHED.keys() | OF_MAKING | OF_SWEEPING


def kill_at(name, action, home, tmp_path, database_url, seed):
    """A store whose writer died there in that operation, not opened since; the log of what it was told."""
    log = tmp_path / "log"
    with open_store(home, database_url):
        pass
    process = start(work_to_a_failpoint, home, database_url, log, seed, action, name)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    return log


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "action"), [(name, action) for name, actions in REACHED.items() for action in actions]
)
def test_a_kill_there_leaves_the_store_whole_and_the_work_can_be_done_again(
    home, tmp_path, name, action, database_url
):
    log = kill_at(name, action, home, tmp_path, database_url, 1)
    asked = ("--log", log, "--kills", 1, "--opened", "--at-rest")
    with open_store(home, database_url) as store:
        assert outside(home, *asked, catalog=database_url) == []
        writer = Writer(store, Log(log), random.Random(2), tmp_path / "people.csv")  # noqa: S311 - chance
        done = [writer.do(each, "east") for each in ("replace", action, "upsert")]
        assert done[0]
        assert done[2]
    assert outside(home, *asked, catalog=database_url) == []


@pytest.mark.parametrize("name", ["part_renamed", "before_commit"])
def test_a_kill_while_a_kill_is_swept_up(home, tmp_path, name, database_url):
    log = kill_at(name, "replace", home, tmp_path, database_url, 3)
    process = start(open_until_killed, home, database_url, "sweep_part_erased")
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with open_store(home, database_url):
        pass
    asked = ("--log", log, "--kills", 0, "--opened", "--at-rest")
    assert outside(home, *asked, catalog=database_url) == []

"""A kill at any moment leaves a whole store: every acknowledged publish is there, nothing lies about."""

import random
import signal

import pytest
from layer_workers import kill_after, make_workspace, publish_until_killed, start, withdraw_and_purge
from layer_worlds import open_store, people

from layers.errors import VersionWithdrawn
from layers.failpoint import NAMES
from layers.publish import publish_frame
from layers.withdraw import purge, withdraw

OF_WITHDRAWING = [name for name in NAMES if "withdraw" in name or "purge" in name]
OF_OTHER_WORK = [name for name in NAMES if name.startswith(("init", "catalog", "sweep")) or "revert" in name]
OF_PUBLISHING = [name for name in NAMES if name not in (*OF_OTHER_WORK, *OF_WITHDRAWING)]


def assert_whole(home, database_url, acknowledged):
    """Open, which sweeps; then nothing is wrong, and what was answered is there and reads as it was given."""
    answered = (
        [line.split() for line in acknowledged.read_text().splitlines()] if acknowledged.exists() else []
    )
    with open_store(home, database_url) as store:
        assert store.check() == []
        assert list(store.workspace.staging.iterdir()) == []
        history = store.history("people")
        published = {entry.version: entry.sequence for entry in history}
        assert len(history) - len(answered) in (0, 1)  # the last may have been committed without an answer
        for version, count in answered:
            frame = store.read("people", as_of=published[version])
            assert sorted(frame["people"]) == [float(int(count) + n) for n in range(50)]
        publish_frame(store, "people", "west", people(1, first=70), author="wang")
        assert store.check() == []


@pytest.mark.parametrize("name", OF_PUBLISHING)
def test_a_kill_at_a_named_point_of_the_second_publish(home, tmp_path, name, database_url):
    acknowledged = tmp_path / "acknowledged"
    process = start(publish_until_killed, home, database_url, f"{name}:2", acknowledged)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert_whole(home, database_url, acknowledged)


@pytest.mark.parametrize("name", ["init_staged", "catalog_staged", "catalog_installed"])
def test_a_kill_while_the_workspace_is_made(home, name):
    process = start(make_workspace, home, name)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with open_store(home) as store:
        assert store.check() == []
        assert list(store.workspace.staging.iterdir()) == []
    assert sorted(path.name for path in home.parent.iterdir()) == ["home"]


@pytest.mark.parametrize("name", OF_WITHDRAWING)
def test_a_kill_while_a_version_is_withdrawn_and_erased(home, tmp_path, name, database_url):
    """Either it never began, or what was begun can be done again to its end; nothing else is lost."""
    source = tmp_path / "people.csv"
    source.write_text("id,people\n")
    with open_store(home, database_url) as store:
        first = publish_frame(store, "people", "east", people(1), author="li")
        second = publish_frame(store, "people", "east", people(2), author="li", source=source)
    process = start(withdraw_and_purge, home, database_url, second.id, name)
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    with open_store(home, database_url) as store:
        assert store.check() == []
        try:
            withdraw(store, second.id, why="names of people", actor="li")
        except VersionWithdrawn:
            assert store.heads("people") == {"east": first}
        purge(store, second.id, actor="li")
        assert store.heads("people") == {"east": first}
        assert not store.workspace.part(second.part_hash).exists()
        assert list(store.workspace.originals.iterdir()) == []
        assert store.check() == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(15))
def test_a_kill_at_a_random_time(home, tmp_path, seed):
    acknowledged = tmp_path / "acknowledged"
    with open_store(home):
        pass
    process = start(publish_until_killed, home, None, None, acknowledged)
    kill_after(process, random.Random(seed).uniform(0.1, 2.5))  # noqa: S311 - a time, not a secret
    assert process.exitcode == -signal.SIGKILL
    assert_whole(home, None, acknowledged)

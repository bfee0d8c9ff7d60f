"""Writes that fail, at ever later places: nothing is published until everything could be written."""

import pytest
from layer_workers import FORKS, publish_in_little_room, start
from layer_worlds import open_store, people

from layers.publish import publish_frame


@pytest.mark.slow
def test_a_full_disk_leaves_the_store_whole(home):
    with open_store(home) as store:
        publish_frame(store, "people", "west", people(1, first=70), author="wang")
    told = []
    for limit in (
        0,
        1_000,
        8_000,
        30_000,
        60_000,
        90_000,
        100_000,
        110_000,
        120_000,
        140_000,
        200_000,
        10_000_000,
    ):
        answers = FORKS.Queue()
        process = start(publish_in_little_room, home, limit, answers)
        outcome, version = answers.get(timeout=120)
        process.join(60)
        told.append(outcome)
        with open_store(home) as store:
            assert store.check() == []
            assert list(store.workspace.staging.iterdir()) == []
            heads = store.heads("people")
            assert ("east" in heads) == (outcome == "published")
            if outcome == "published":
                assert heads["east"].id == version
                assert len(store.read("people")) == 61
                break
    assert told[0] != "published"
    assert told[-1] == "published"
    assert len(told) > 3

"""The checker from outside sees what it is there to see: each kind of damage done by hand has its line."""

import json
import os
import random
import sqlite3
from contextlib import closing

import pytest
from fault_workers import Log, Writer, outside
from layer_worlds import open_store

from layers import jobs

EVERYTHING = ("--opened", "--at-rest", "--kills", "0")


@pytest.fixture
def worked(home, tmp_path):
    """A home after some work: its path, the log, and what may be asked about it."""
    log = tmp_path / "log"
    with open_store(home) as store:
        writer = Writer(store, Log(log), random.Random(7), tmp_path / "people.csv")  # noqa: S311 - chance
        for action in ("replace", "upsert", "append", "replace", "revert"):
            writer.do(action, "east")
    return home, log


def lines(home, log, *more):
    return outside(home, "--log", log, *EVERYTHING, *more)


def change(home, statement, *values):
    """Do it behind the catalog's back, triggers and all."""
    with closing(sqlite3.connect(home / "catalog.sqlite")) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement, values)
        connection.commit()


def test_a_whole_store_has_no_line(worked):
    assert lines(*worked) == []


def test_a_lost_publish(worked):
    home, log = worked
    Log(log).note(action="publish", agency="east", version="0" * 16, head="0" * 16, sequence=9, digest="0")
    assert lines(home, log) == [f"I1 publish of {'0' * 16} was acknowledged, and no such version is there"]


def test_other_content_than_was_acknowledged(worked):
    home, log = worked
    told = [json.loads(line) for line in log.read_text().splitlines()]
    told[0]["digest"] = "0" * 64
    log.write_text("".join(f"{json.dumps(line)}\n" for line in told))
    assert lines(home, log) == [
        f"I1 version {told[0]['version']} holds something else than what was acknowledged"
    ]


def test_a_move_that_nobody_was_told_of(worked):
    home, log = worked
    log.write_text("".join(line for line in log.read_text().splitlines(keepends=True)[:-1]))
    assert lines(home, log) == ["I1 1 moves were never acknowledged, after 0 kills"]
    assert outside(home, "--log", log, "--kills", "1") == []


def test_a_part_that_is_gone_or_changed(worked):
    home, log = worked
    one, other = sorted((home / "parts").iterdir())[:2]
    one.unlink()
    other.chmod(0o644)
    with other.open("ab") as handle:
        handle.write(b"!")
    found = lines(home, log)
    assert f"I2 part {one.stem} is not there" in found
    assert f"I2 part {other.stem} holds other bytes" in found


def test_what_lies_about(worked):
    home, log = worked
    (home / "staging" / "publish-1").mkdir()
    (home / "originals" / "x").write_text("x")
    (home / "parts" / "x.gpkg").write_text("x")
    assert lines(home, log) == [
        "I5 parts/x.gpkg is of no version",
        "I5 staging/publish-1 was left",
        "I5 originals/x is of no version",
    ]


def test_a_state_that_never_was(worked, tmp_path):
    home, log = worked
    told = [json.loads(line) for line in log.read_text().splitlines()]
    seen = tmp_path / "seen"
    Log(seen).note(low=0, high=1, state={"east": told[0]["digest"]})
    assert lines(home, log, "--seen", seen) == []
    Log(seen).note(low=2, high=3, state={"east": told[0]["digest"]})
    Log(seen).note(error="store_damaged: part")
    assert lines(home, log, "--seen", seen) == [
        "I3 between moves 2 and 3 a reader saw a state that never was",
        "I3 a reader was told store_damaged: part",
    ]


def test_a_changed_audit_row(worked):
    home, log = worked
    change(home, "UPDATE audit SET actor = 'zhao' WHERE sequence = 2")
    assert lines(home, log) == ["I7 the audit breaks at row 2"]


def test_a_move_without_its_audit_row(worked):
    home, log = worked
    change(home, "DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)")
    assert lines(home, log) == ["I7 move 5 has 0 audit rows"]


def test_a_job_that_is_not_over(worked):
    home, log = worked
    with open_store(home) as store:
        jobs.enqueue(store.database, "count", "people", {}, "li")
    assert lines(home, log) == ["I6 job 1 (count) is queued"]


def test_damaged_catalog(worked):
    home, log = worked
    with closing(sqlite3.connect(home / "catalog.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_head_move_layer_agency_sequence'"
        ).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with (home / "catalog.sqlite").open("r+b") as handle:
        handle.seek((root - 1) * size + size - 200)
        handle.write(os.urandom(200))
    assert any(line.startswith("I4 ") for line in lines(home, log))

"""The engine names its pinned dependencies."""

from pathlib import Path

from inventory.engine import engine, lock_hash


def test_the_carried_hash_is_that_of_the_runtime_lock():
    lock = Path(__file__).parents[2] / "requirements" / "runtime.lock"
    assert engine()["lock"] == lock_hash(lock), "run `make lock`, which renews inventory/lock.sha256"

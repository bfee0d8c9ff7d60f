"""The engine names its pinned dependencies."""

from pathlib import Path

from inventory import engine as engines
from inventory.engine import code_hash, engine, lock_hash


def test_the_carried_hash_is_that_of_the_runtime_lock():
    lock = Path(__file__).parents[2] / "requirements" / "runtime.lock"
    assert engine()["lock"] == lock_hash(lock), "run `make lock`, which renews inventory/lock.sha256"


def test_another_code_is_another_engine(tmp_path, monkeypatch):
    for package in engines.PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(engines, "files", lambda name: tmp_path / name)
    first = code_hash.__wrapped__()
    (tmp_path / "geo" / "a.py").write_text("x = 2\n")
    second = code_hash.__wrapped__()
    (tmp_path / "geo" / "a.py").rename(tmp_path / "geo" / "b.py")
    assert len({first, second, code_hash.__wrapped__()}) == 3

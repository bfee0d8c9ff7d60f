"""What computed a result: the package's version and the hash of its pinned dependencies."""

import hashlib
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path


def engine() -> dict[str, str]:
    """Two results are comparable byte for byte when these are equal.

    The hash is the SHA-256 of requirements/runtime.lock, carried in the package because an installed package
    has no lock beside it; `make lock` renews it and a test compares the two.
    """
    return {"package": version("quantu"), "lock": (files("inventory") / "lock.sha256").read_text().strip()}


def lock_hash(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()

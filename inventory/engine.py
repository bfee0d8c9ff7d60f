"""What computed a result: the package's version, the hash of its pinned dependencies, and of its own code."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

PACKAGES = ("geo", "inventory", "layers")
"""The packages a figure depends on; how it is drawn or served changes nothing."""


def engine() -> dict[str, str]:
    """Two results are comparable byte for byte when these are equal.

    `lock` is the SHA-256 of requirements/runtime.lock, carried in the package because an installed package
    has no lock beside it; `make lock` renews it and a test compares the two. `code` is that of the sources
    that compute: a version number alone would let a result outlive a change of what it means.
    """
    lock = (files("inventory") / "lock.sha256").read_text().strip()
    return {"package": version("quantu"), "lock": lock, "code": code_hash()}


@cache
def code_hash() -> str:
    """SHA-256 over names and content of the Python sources of `PACKAGES`, in order of their names."""
    root = Path(str(files("inventory"))).parent
    found = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            content = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            found.update(content)
    return found.hexdigest()


def lock_hash(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()

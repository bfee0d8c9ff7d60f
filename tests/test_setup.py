"""What set-up promises: locks without addresses that cover what is declared, and conda kept in step."""

import hashlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"osmium": "pyosmium"}
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def declared(extra: str | None = None) -> dict[str, str]:
    """Name without extras -> lower bound, as pyproject.toml states them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {re.split(r"[\[<>=]", line)[0]: re.sub(r"^[^<>=]*", "", line) for line in lines}


def locked(path: Path) -> set[str]:
    return {
        line.split("==")[0]
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.match(r"[a-z0-9]", line)
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_hash_and_no_lock_holds_an_address(lock: Path):
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize(
    ("lock", "extra"),
    [("runtime", None), ("test", None), ("test", "test"), ("test", "postgres"), ("bench", "bench")],
)
def test_the_lock_covers_what_is_declared(lock: str, extra: str | None):
    assert set(declared(extra)) <= locked(ROOT / "requirements" / f"{lock}.lock")


def test_the_lock_includes_the_build_backend():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    names = {re.split(r"[<>=]", line)[0] for line in build["requires"]}
    assert names <= locked(ROOT / "requirements" / "runtime.lock")


def test_the_engine_hash_is_the_hash_of_the_runtime_lock():
    lock = (ROOT / "requirements" / "runtime.lock").read_bytes()
    assert (ROOT / "inventory" / "lock.sha256").read_text().strip() == hashlib.sha256(lock).hexdigest()


def test_environment_yml_is_in_step_with_pyproject():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    listed = [line for line in conda if isinstance(line, str)]
    listed += [line for group in conda if isinstance(group, dict) for line in group["pip"]]
    found = {re.split(r"[<>=]", line)[0]: re.sub(r"^[^<>=]*", "", line) for line in listed}
    wanted = declared() | declared("postgres") | declared("test")
    assert {CONDA_NAMES.get(name, name): bound for name, bound in wanted.items()}.items() <= found.items()


def test_browser_files_are_locked_without_addresses_and_not_committed():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    declared_files = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = lock["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert {f"node_modules/{name}" for name in declared_files} <= set(packages)
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert not [path for path in tracked if "node_modules" in path or path.endswith(".min.js")]


def test_no_two_test_files_have_one_name():
    """Pytest imports them by name: of two, the second is not collected."""
    names = [path.name for path in sorted((ROOT / "tests").rglob("*.py")) if path.name != "conftest.py"]
    assert sorted({name for name in names if names.count(name) > 1}) == []

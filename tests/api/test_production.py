"""In production nothing is served or worked on where hostile files could reach other files.

A kernel without Landlock is made by denying its call to a process, with the filter that readers get too.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from geo.sandbox import protections

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = """
import sys
from geo import seccomp
seccomp._DENIED = {"landlock_create_ruleset": (444, 444)}
seccomp.deny()
from api.cli import main
sys.argv = ["quantu", *sys.argv[1:]]
main()
"""
# such a process has no Landlock and does not find bubblewrap on its path


def bare(home: Path, *command: str, lang: str = "en", **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(home), "PYTHONPATH": str(ROOT), "QUANTU_HOME": str(home), "QUANTU_LANG": lang}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *command],
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_production_needs_a_confinement(tmp_path, command):
    done = bare(tmp_path, command, QUANTU_PRODUCTION="true", QUANTU_PORT="0")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Landlock" in done.stderr
    assert "install bubblewrap" in done.stderr


def test_the_sentence_is_in_chinese_too(tmp_path):
    assert "请安装 bubblewrap" in bare(tmp_path, "serve", lang="zh", QUANTU_PRODUCTION="true").stderr


def test_status_says_that_only_limits_hold(tmp_path):
    facts = json.loads(bare(tmp_path, "status", "--json").stdout)
    assert (facts["reading"], facts["confined"], facts["landlock"]) == ("limits", False, None)
    table = bare(tmp_path, "status").stdout
    assert "could reach other files and the network" in table


def test_status_tells_the_protections_of_this_machine(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QUANTU_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "status", "--json"],
        env=environment,
        capture_output=True,
        check=True,
    )
    facts, offered = json.loads(done.stdout), protections()
    assert (facts["reading"], facts["confined"]) == (offered.way, offered.confined)
    assert facts["landlock"] == offered.landlock

"""`quantu serve` as somebody starts it: its token, its worker, and what is left when it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bare_city
import pytest
from job_handlers import is_gone, kill
from test_worker import PATIENCE_S, until

from layers import jobs
from layers.catalog import Store
from layers.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@dataclass
class Served:
    process: subprocess.Popen[str]
    address: str

    def worker(self) -> int | None:
        """The worker's process: the server's child that runs `worker`."""
        for path in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                command = (path / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid and b"worker" in command:
                return int(path.name)
        return None


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return bare_city.build(tmp_path / "home")


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "QUANTU_HOME": str(home),
        "QUANTU_PORT": "0",
        "QUANTU_LANG": "en",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def running(home: Path, *options: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "api.cli", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(home)) as process:
        try:
            found = re.search(r"http://\S+?/", process.stdout.readline())
            yield Served(process, found.group().rstrip("/"))
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def ends_a_job(workspace: Workspace) -> None:
    """A worker takes a job: one about an examination that is not there, which cannot be done."""
    with Store.open(workspace) as store:
        payload = {"upload": "0" * 32, "examination": 1}
        made = jobs.enqueue(store.database, "effect", "0" * 32, payload, "li")
        ended = until(lambda: (found := jobs.find(store.database, made.id)).is_over and found)
        assert (ended.state, ended.attempts) == ("failed", 1)


def test_the_token_is_printed_once_and_another_by_command(workspace):
    with running(workspace.home, "--no-worker") as served:
        assert f"{served.address}/login" in served.process.stdout.readline()
        token = served.process.stdout.readline().strip()
        with bare_city.visiting(served.address) as client:
            bare_city.sign_in(client, workspace, token)
            assert client.get(f"/api/jobs/{'0' * 32}").status_code == 404
            told = subprocess.run(
                [sys.executable, "-m", "api.cli", "token"],
                capture_output=True,
                text=True,
                check=True,
                env=environment(workspace.home),
            )
            assert client.get(f"/api/jobs/{'0' * 32}").status_code == 401
            assert client.post("/login", data={"token": token}).status_code == 403
            bare_city.sign_in(client, workspace, told.stdout.splitlines()[-1].strip())
        assert served.worker() is None
    with running(workspace.home, "--no-worker") as served:
        served.process.send_signal(signal.SIGTERM)
        assert served.process.stdout.read() == ""


def test_a_worker_that_dies_is_started_again(workspace):
    with running(workspace.home) as served:
        first = until(served.worker)
        ends_a_job(workspace)
        kill(first)
        second = until(lambda: (found := served.worker()) not in (None, first) and found)
        ends_a_job(workspace)
    until(lambda: is_gone(second))


def test_a_worker_waits_for_a_city_that_is_built_later(tmp_path):
    later = tmp_path / "home"
    with running(later) as served:
        until(served.worker)
        ends_a_job(bare_city.build(later))


def test_a_worker_leaves_with_a_server_that_is_killed(workspace):
    with running(workspace.home) as served:
        worker = until(served.worker)
        ends_a_job(workspace)
        kill(served.process.pid)
        began = time.monotonic()
        until(lambda: is_gone(worker))
        assert time.monotonic() - began < 10


def test_a_worker_has_one_thread_of_its_own(workspace):
    """The allocator's thread is not ours: it knows about forks."""
    with running(workspace.home) as served:
        worker = until(served.worker)
        ends_a_job(workspace)
        threads = [path.read_text().strip() for path in Path(f"/proc/{worker}/task").glob("*/comm")]
        assert len([name for name in threads if not name.startswith("jemalloc")]) == 1

"""The server that reads: who may die, and who goes on."""

import io
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from sandbox_probes import ANSWER
from test_sandbox import PROBING, ROOT

from geo import read_client, readers
from geo.errors import ReaderCrashed, ReadError
from geo.reader_task import Task
from geo.sandbox import protections
from geo.task_folders import task_folder

SOON_S = 20.0


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("lon,lat\n117,36\n")
    return path


def children_of(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pid):
    """Wait for the end of a process that may not be a child of this one."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        os.set_blocking(watch, False)
        assert select.select([watch], [], [], SOON_S)[0], f"process {pid} still runs"
    finally:
        os.close(watch)


def test_one_server_serves_one_file_after_the_other(points):
    readers.read(points)
    server = read_client.running_pid()
    assert readers.read(points).rows == 1
    assert read_client.running_pid() == server


def test_the_server_has_a_single_thread(points):
    readers.read(points)
    assert len(os.listdir(f"/proc/{read_client.running_pid()}/task")) == 1


def test_a_server_that_was_killed_is_started_again(points):
    readers.read(points)
    killed = read_client.running_pid()
    os.kill(killed, signal.SIGKILL)
    assert readers.read(points).rows == 1
    assert read_client.running_pid() != killed


def test_a_server_that_cannot_start_is_one_sentence(points, monkeypatch):
    read_client.close()
    monkeypatch.setattr(read_client, "START", "raise SystemExit('no such library')")
    with pytest.raises(ReadError, match="no such library"):
        readers.read(points)


def test_a_forked_child_of_the_owner_reads_too_and_leaves_the_server(points):
    readers.read(points)
    server = read_client.running_pid()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if readers.read(points).rows == 1 and read_client.running_pid() == server else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert readers.read(points).rows == 1
    assert read_client.running_pid() == server


def test_a_forked_child_starts_a_server_of_its_own_when_the_inherited_one_is_gone(points):
    readers.read(points)
    server = read_client.running_pid()
    os.kill(server, signal.SIGKILL)
    pid = os.fork()
    if pid == 0:
        fine = readers.read(points).rows == 1 and read_client.running_pid() != server
        read_client.close()
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert readers.read(points).rows == 1


OWNER = """
import sys, threading
sys.path[:0] = {places!r}
from geo import read_client
from geo.sandbox import protections
from geo.task_folders import task_folder
from geo.reader_task import Task
read_client.START = {start!r}
with task_folder() as folder:
    (folder / "work" / "task.json").write_text(Task("sleep", "", "GPKG").to_json())
    asking = threading.Thread(target=read_client.ask, args=(folder, [], 600.0, protections()), daemon=True)
    asking.start()
    while read_client.running_pid() is None or not (folder / "work" / "stderr").exists():
        pass
    print(folder, read_client.running_pid(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def owner(tmp_path):
    """A process whose file is read for ever: itself, its task folder, its server, the child at work."""
    code = OWNER.format(places=[str(ROOT)], start=PROBING)
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    folder, server = process.stdout.readline().split()
    (child,) = children_of(server)
    yield process, Path(folder), int(server), child
    process.kill()
    process.communicate()


def test_server_and_child_end_with_an_owner_that_is_killed(owner, tmp_path):
    process, folder, server, child = owner
    process.kill()
    process.wait()
    wait_until_gone(server)
    wait_until_gone(child)
    assert folder.exists()  # nobody was left to remove it
    with task_folder(tmp_path):
        assert not folder.exists()  # the next reader of the place did


def test_the_child_ends_with_a_server_that_is_killed(owner):
    _, _, server, child = owner
    os.kill(server, signal.SIGKILL)
    wait_until_gone(child)


def test_a_folder_in_use_is_not_swept(owner, tmp_path):
    _, folder, _, _ = owner
    with task_folder(tmp_path):
        assert folder.exists()


def test_a_client_that_goes_away_gets_its_child_killed(monkeypatch):
    read_client.close()
    monkeypatch.setattr(read_client, "START", PROBING)
    monkeypatch.setattr(read_client, "GRACE_S", 1.0)
    with task_folder() as folder:
        (folder / "work" / "task.json").write_text(Task("environment", "", "GPKG").to_json())
        assert read_client.ask(folder, [], 30.0, protections()) == 0
        (folder / "work" / "task.json").write_text(Task("sleep", "", "GPKG").to_json())
        server = read_client.running_pid()
        os.kill(server, signal.SIGSTOP)  # it hears neither the request nor the end of it before it goes on
        try:
            assert read_client.ask(folder, [], 0.1, protections()) is None
        finally:
            os.kill(server, signal.SIGCONT)
        (folder / "work" / "task.json").write_text(Task("environment", "", "GPKG").to_json())
        assert read_client.ask(folder, [], 30.0, protections()) == 0
        began = time.monotonic()
        while children_of(server):
            assert time.monotonic() - began < SOON_S
    read_client.close()


@pytest.fixture
def garbler(monkeypatch):
    read_client.close()
    monkeypatch.setattr(read_client, "START", PROBING)
    yield
    read_client.close()


@pytest.mark.parametrize(
    "answer",
    [
        "no json",
        "[1, 2]",
        "{}",
        '{"error": {"cause": "no such cause", "file": "x"}}',
        '{"error": 7}',
        json.dumps(ANSWER | {"rows": "many"}),
        json.dumps(ANSWER | {"rows": True}),
        json.dumps(ANSWER | {"nonfinite": [1, "two"]}),
        json.dumps(ANSWER | {"notes": [[1, 2]]}),
        json.dumps(ANSWER | {"detected": [{"others": 3}]}),
        json.dumps(ANSWER),  # but no table
        "\xff\xfe",
        "[" * 100_000,
    ],
)
def test_a_garbled_answer_is_one_sentence(garbler, points, answer):
    with pytest.raises(ReaderCrashed, match="ended its reader"):
        readers.read(points, layer="answer", encoding=answer)


def arrow(columns):
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, columns.schema) as writer:
        writer.write_table(columns)
    return sink.getvalue().decode("latin-1")


@pytest.mark.parametrize(
    "table",
    [
        "",
        "no table",
        "ARROW1\x00\x00" + "\xff" * 64 + "ARROW1",
        arrow(pa.table({"a": [1, 2]})),  # two rows of three
        arrow(pa.table({"a": ["ab", "cd", "ef"]})).replace("abcdef", "ab\xff\xfeef"),
    ],
)
def test_a_garbled_table_is_one_sentence(garbler, points, table):
    with pytest.raises(ReaderCrashed, match="ended its reader"):
        readers.read(points, layer="table", encoding=table)
    whole = arrow(pa.table({"a": ["ab", "cd", "ef"]}))
    assert readers.read(points, layer="table", encoding=whole).frame["a"].tolist() == ["ab", "cd", "ef"]


NESTED = struct.pack("<BII", 1, 7, 1) * 20_000 + struct.pack("<BIdd", 1, 1, 1.0, 2.0)
POINT = struct.pack("<BIdd", 1, 1, 1.0, 2.0)


@pytest.mark.parametrize(
    "column",
    [
        {"geometry": pa.array([POINT, None, NESTED], pa.large_binary())},
        {"geometry": pa.array([POINT, None, NESTED], pa.binary())},
        {"geometry": pa.array([POINT, None, b"\x01\x07"], pa.large_binary())},
        {
            "geometry": pa.array([POINT, None, b"\x01\x03\0\0\0\xff\0\0\0"], pa.large_binary())
        },  # a cut polygon
        {"geometry": ["POINT (1 2)", None, None]},
        {"wkb_geometry": pa.array([POINT, None, NESTED], pa.large_binary())},
        {"": pa.array([POINT, None, NESTED], pa.large_binary())},
    ],
)
def test_shapes_that_end_geos_are_not_parsed_by_the_owner(garbler, points, column):
    with pytest.raises(ReaderCrashed, match=r"shapes that cannot be parsed|ParseException"):
        readers.read(points, layer="shapes", encoding=arrow(pa.table(column)))
    whole = arrow(pa.table({"geometry": pa.array([POINT, None, POINT], pa.large_binary())}))
    assert readers.read(points, layer="shapes", encoding=whole).frame.geometry[2].x == 1.0


def test_no_socket_is_left_open(points):
    readers.read(points)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        readers.read(points)
    assert len(os.listdir("/proc/self/fd")) == before

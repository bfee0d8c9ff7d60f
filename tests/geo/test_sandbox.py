"""What hostile code in the reading process can reach: nothing. It runs in the real server and sandbox."""

import json
import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from geo import bubblewrap, formats, read_client, reader_run, readers
from geo.errors import ReaderCrashed, ReadTimeout
from geo.reader_task import ReadLimits, Task
from geo.sandbox import Protections, protections
from geo.task_folders import task_folder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROBING = (
    f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(HERE)!r}]; from sandbox_probes import main; main()"
)
CANARY = "canary-7f3a"


@pytest.fixture
def probe(monkeypatch):
    """Does one hostile thing in a reading process; gives its answer and its exit code."""
    read_client.close()
    monkeypatch.setattr(read_client, "START", PROBING)

    def run(action, on="", inputs=(), offered=None, limits=ReadLimits(wall_s=30.0)):  # noqa: B008 - frozen
        with task_folder() as folder:
            task = Task(action, str(on), "GPKG", limits=limits)
            (folder / "work" / "task.json").write_text(task.to_json())
            code = read_client.ask(folder, inputs, limits.wall_s, offered or protections())
            outcome = folder / "work" / "outcome.json"
            return (json.loads(outcome.read_text()) if outcome.exists() else None), code

    yield run
    read_client.close()


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary.txt"
    path.write_text(CANARY)
    return path


def only(**kept):
    """This machine with nothing but some protections."""
    nothing = Protections(limits=True, landlock=None, seccomp=False, network_namespace=False, bubblewrap=None)
    return replace(nothing, **kept)


def test_without_protections_the_canary_is_read(probe, canary):
    """Otherwise the tests below would prove nothing."""
    assert probe("open", canary, offered=only()) == ({"got": CANARY}, 0)
    assert not only().confined


@pytest.mark.parametrize("action", ["open", "read_through_a_link"])
def test_a_file_outside_is_never_read(probe, canary, action):
    assert probe(action, canary) == ({"refused": "PermissionError"}, 0)
    assert probe(action, "/etc/hostname")[0] == {"refused": "PermissionError"}
    assert probe(action, f"/proc/{os.getpid()}/environ")[0] == {"refused": "PermissionError"}


def test_the_input_is_read_and_not_written(probe, canary):
    opened = os.open(canary, os.O_RDONLY)
    try:
        assert probe("open", canary, [opened]) == ({"got": CANARY}, 0)
        assert probe("overwrite", canary, [opened])[0] == {"refused": "PermissionError"}
        assert probe("remove", canary, [opened])[0] == {"refused": "PermissionError"}
        assert probe("list", canary.parent, [opened])[0] == {"refused": "PermissionError"}
    finally:
        os.close(opened)
    assert canary.read_text() == CANARY


def test_libraries_are_not_written(probe):
    assert probe("overwrite", ROOT / "geo" / "new_module.py")[0] == {"refused": "PermissionError"}


@pytest.fixture
def listeners(tmp_path):
    """Three ports where a canary would be heard: TCP, UDP and a socket in the file system."""
    tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "socket"))
    unix.listen()
    with tcp, udp, unix:
        for each in (tcp, udp, unix):
            each.setblocking(False)
        yield {"tcp": tcp, "udp": udp, "unix": unix}


def where(listener):
    name = listener.getsockname()
    return name if isinstance(name, str) else name[1]


def has_heard(kind, listener):
    try:
        listener.recv(10) if kind == "udp" else listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("kind", ["tcp", "udp", "unix"])
def test_no_connection_reaches_a_port(probe, listeners, kind):
    assert probe(kind, where(listeners[kind]), offered=only())[0] == {"got": 6}
    assert has_heard(kind, listeners[kind])  # without protections it is heard
    assert probe(kind, where(listeners[kind]))[0] == {"refused": "PermissionError"}
    assert not has_heard(kind, listeners[kind])


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("tcp", {"landlock": protections().landlock}),
        ("tcp", {"network_namespace": True}),
        ("udp", {"network_namespace": True}),
        ("tcp", {"seccomp": True}),
        ("udp", {"seccomp": True}),
        ("unix", {"seccomp": True}),
    ],
)
def test_each_protection_stops_the_network_alone(probe, listeners, kind, kept):
    outcome, _ = probe(kind, where(listeners[kind]), offered=only(**kept))
    assert "refused" in outcome
    assert not has_heard(kind, listeners[kind])


def test_no_program_and_no_process_is_started(probe):
    assert probe("run", "/bin/true")[0] == {"refused": "PermissionError"}
    assert probe("fork")[0] == {"refused": "PermissionError"}


def test_no_signal_reaches_the_owner(probe):
    assert probe("signal", os.getpid())[0] == {"refused": "PermissionError"}


def test_the_owners_secrets_are_not_in_the_environment(probe, monkeypatch):
    monkeypatch.setenv("QUANTU_DATABASE_URL", "postgresql://secret")
    outcome, _ = probe("environment")
    assert not [name for name in outcome["got"] if name.startswith(("QUANTU", "HOME"))]


def test_open_files_of_the_server_are_closed_but_those_of_libraries(probe):
    outcome, _ = probe("open_files", offered=only())
    names = [Path(path).name for path in outcome["got"]]
    assert set(names) <= {"null", "stderr", "proj.db"}
    assert names[:3] == ["null", "null", "stderr"]


def test_what_ends_the_child_does_not_end_its_server(probe):
    few = ReadLimits(cpu_s=1, wall_s=30.0, memory_bytes=2 * 1024**3)
    assert probe("segfault") == (None, -11)
    assert probe("loop", limits=few)[1] in (-24, -9)
    outcome, code = probe("memory", limits=few)
    assert code != 0 or outcome["error"]["cause"] == "memory"
    assert probe("sleep", limits=ReadLimits(wall_s=0.2)) == (None, None)
    assert probe("environment")[1] == 0


def test_many_children_at_once_do_not_hear_each_others_answers(probe, tmp_path):
    files = [tmp_path / f"{n}.txt" for n in range(12)]
    answers = {}

    def read(number):
        descriptor = os.open(files[number], os.O_RDONLY)
        answers[number] = probe("open", files[number], [descriptor])
        os.close(descriptor)

    for number, path in enumerate(files):
        path.write_text(f"content {number}")
    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: ({"got": f"content {number}"}, 0) for number in range(12)}


needs_bubblewrap = pytest.mark.skipif(protections().bubblewrap is None, reason="bubblewrap is not installed")


@needs_bubblewrap
def test_bubblewrap_shows_the_input_and_no_other_file(tmp_path, monkeypatch):
    """A link in the task folder leads to the canary where nothing confines, and nowhere under bubblewrap."""
    (tmp_path / "p.csv").write_text("lon,lat\n117,36\n")
    (tmp_path / "canary.csv").write_text(f"secret,b\n{CANARY},1\n")
    offered = replace(protections(), landlock=None)
    assert offered.way == "bubblewrap"
    monkeypatch.setattr(reader_run, "protections", lambda: offered)
    assert readers.read(tmp_path / "p.csv").rows == 1
    source = formats.detect(tmp_path / "p.csv")
    task = Task("read", "p.csv", source.driver)
    with task_folder() as folder:
        (folder / "work" / "in.csv").symlink_to(tmp_path / "canary.csv")
        (folder / "work" / "task.json").write_text(task.to_json())
        assert bubblewrap.ask(folder, [tmp_path / "p.csv"], 30.0, offered) == 1
        assert "FileNotFoundError" in (folder / "work" / "stderr").read_text()
        assert bubblewrap.ask(folder, [tmp_path / "canary.csv"], 30.0, offered) == 0


@needs_bubblewrap
def test_bubblewrap_ends_the_process_and_tells_how_it_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_run, "protections", lambda: replace(protections(), landlock=None))
    path = tmp_path / "p.csv"
    path.write_text("lon,lat\n1,2\n")
    with pytest.raises(ReadTimeout, match=r"0\.01 s"):
        readers.read(path, limits=ReadLimits(wall_s=0.01))
    depth = 200_000
    path.write_text("a;wkt\na;" + "GEOMETRYCOLLECTION (" * depth + "POINT (1 2)" + ")" * depth + "\n")
    with pytest.raises(ReaderCrashed, match="SIGSEGV"):
        readers.read(path, limits=ReadLimits(depth=depth))

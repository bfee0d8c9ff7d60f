"""Files that are no files, and files that become others while they are read."""

import os
import socket
import threading
from pathlib import Path

import door
import pytest
import seeds
from attack import LIMITS

from geo.formats import NamedFile


def a_shapefile(folder: Path) -> list[NamedFile]:
    return door.received({f"a{suffix}": content for suffix, content in seeds.shapefile().items()}, folder)


def a_pipe(place: Path, _: Path) -> None:
    os.mkfifo(place)


def a_socket(place: Path, _: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(place))


def a_folder(place: Path, _: Path) -> None:
    place.mkdir()


def a_link(place: Path, secret: Path) -> None:
    place.symlink_to(secret)


def a_link_to_nothing(place: Path, _: Path) -> None:
    place.symlink_to("/nowhere/at/all")


def a_link_to_itself(place: Path, _: Path) -> None:
    place.symlink_to(place)


def a_device(place: Path, _: Path) -> None:
    place.symlink_to("/dev/zero")


@pytest.mark.parametrize("made", [a_pipe, a_socket, a_folder, a_link_to_nothing, a_link_to_itself, a_device])
def test_what_is_no_file_is_told_at_once(tmp_path, room, bait, made):
    made(tmp_path / "0", bait.file(".csv"))
    answer = door.knock([NamedFile("a.csv", tmp_path / "0")], room, LIMITS)
    assert answer.causes == ["missing"]


def test_a_link_among_files_received_is_not_followed(tmp_path, room, bait):
    a_link(tmp_path / "0", bait.file(".csv"))
    answer = door.knock([NamedFile("a.csv", tmp_path / "0")], room, LIMITS)
    assert answer.causes == ["not_regular"]
    assert not answer.holds(bait.text)


@pytest.mark.parametrize("role", [".dbf", ".shx", ".prj", ".cpg"])
@pytest.mark.parametrize("made", [a_pipe, a_socket, a_folder, a_link, a_link_to_nothing, a_device])
def test_a_companion_that_is_no_file_is_refused(tmp_path, room, bait, made, role):
    """A link is followed nowhere, even where a file of ours lies at its end."""
    files = door.received(
        {f"a{suffix}": content for suffix, content in seeds.shapefile().items()}, tmp_path / "f"
    )
    companion = next(file for file in files if file.name.endswith(role))
    companion.path.unlink()
    made(companion.path, bait.file(".csv"))
    answer = door.knock(files, room, LIMITS)
    assert set(answer.causes) <= {"not_regular", "not_opened", "missing"}
    assert not answer.readings
    assert not answer.holds(bait.text)


def test_a_file_that_becomes_a_link_while_it_is_read_gives_nothing_away(tmp_path, room, bait):
    """A table is swapped for a link to the secret as fast as that goes; forty readings get one or the other.

    What was opened before the swap is the good table; what is opened after it is refused.
    """
    files = door.received(
        {f"a{suffix}": content for suffix, content in seeds.shapefile().items()}, tmp_path / "f"
    )
    table = next(file.path for file in files if file.name.endswith(".dbf"))
    good, link, over = tmp_path / "good", tmp_path / "link", threading.Event()
    good.write_bytes(table.read_bytes())
    causes = set()

    def swap() -> None:
        while not over.is_set():
            link.symlink_to(bait.file(".csv"))
            link.replace(table)
            os.link(good, link)
            link.replace(table)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(40):
            answer = door.knock(files, room, LIMITS)
            causes |= set(answer.causes)
            assert not answer.holds(bait.text)
    finally:
        over.set()
        thread.join()
    assert causes <= {"read", "not_regular", "crash", "missing"}
    assert "read" in causes

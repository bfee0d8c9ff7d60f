"""Files changed at random, through the door of an upload: any answer is right that is one.

A case is a number: it chooses a seed (`seeds.all_seeds`), the part of it to change and how, always the same
for the same number. What must hold for each: the answer is a table or an error with a known cause; the secret
outside is not in it; nobody knocked at a port; nothing is left in the room; the server that forks the readers
is the same as before; this process stays as large as it was.

    python tests/attacks/fuzz.py FIRST COUNT FILE      writes the figures of a run as JSON
"""

import json
import random
import re
import resource
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import door
import seeds
from attack import Bait

from geo import read_client
from geo.read_problems import PROBLEMS
from geo.readers import ReadLimits

LIMITS = ReadLimits(wall_s=30.0, cpu_s=5, memory_bytes=1024**3, output_bytes=256 * 1024**2)
_EDGES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
    2**63 - 1,
)
_WORDS = (
    *(
        b"-1",
        b"0",
        b"nan",
        b"inf",
        b"1e400",
        b"-0",
        b"9" * 20,
        b"1e-400",
        b"0x10",
        b"\xff\xfe",
        b"\x00",
        b'"',
    ),
    *(b"{", b"]", b"<", b"&", b",,,", b"\r", b"\xe6\xb3", b"\x81\x30\x81", b"GEOMETRYCOLLECTION(", b"EMPTY"),
)

Change = Callable[[random.Random, bytes, bytes], bytes]


def flip_bits(chance: random.Random, content: bytes, _: bytes) -> bytes:
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def cut_off(chance: random.Random, content: bytes, _: bytes) -> bytes:
    return content[: chance.randrange(len(content))]


def take_out(chance: random.Random, content: bytes, _: bytes) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.choice((1, 2, 4, 16, 256, 4096)) :]


def repeat(chance: random.Random, content: bytes, _: bytes) -> bytes:
    start = chance.randrange(len(content))
    piece = content[start : start + chance.choice((1, 4, 16, 64, 1024))]
    return content[:start] + piece * chance.choice((2, 3, 10, 1000)) + content[start:]


def splice(chance: random.Random, content: bytes, other: bytes) -> bytes:
    start, there = chance.randrange(len(content)), chance.randrange(len(other))
    length = chance.choice((4, 16, 64, 512, 4096))
    return content[:start] + other[there : there + length] + content[start + length :]


def change_a_number(chance: random.Random, content: bytes, _: bytes) -> bytes:
    """A number of one to eight bytes is at a boundary, or a little beside what it was."""
    letter = chance.choice("BHIQ")
    size = struct.calcsize(letter)
    if len(content) < size:
        return content
    order = chance.choice("<>")
    at = chance.randrange(min(len(content) - size, chance.choice((64, 512, 1 << 30))) + 1)
    (was,) = struct.unpack_from(order + letter, content, at)
    value = chance.choice((*_EDGES, was + 1, was - 1, was * 2, was + len(content))) % (1 << 8 * size)
    return content[:at] + struct.pack(order + letter, value) + content[at + size :]


def put_a_word(chance: random.Random, content: bytes, _: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + chance.choice(_WORDS) + content[at:]


def put_a_word_for_a_number(chance: random.Random, content: bytes, _: bytes) -> bytes:
    found = [match.span() for match in re.finditer(rb"[0-9.]+", content[:100_000])]
    if not found:
        return content
    start, stop = chance.choice(found)
    return content[:start] + chance.choice(_WORDS) + content[stop:]


def swap(chance: random.Random, content: bytes, _: bytes) -> bytes:
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    length = min(chance.choice((1, 4, 32, 512)), second - first)
    a, b = content[first : first + length], content[second : second + length]
    return content[:first] + b + content[first + length : second] + a + content[second + length :]


CHANGES: tuple[Change, ...] = (
    *(flip_bits, cut_off, take_out, repeat, splice, change_a_number, change_a_number, put_a_word),
    *(put_a_word_for_a_number, swap),
)


@cache
def _seeds() -> tuple[tuple[str, dict[str, bytes]], ...]:
    return tuple(seeds.all_seeds().items())


def case(number: int) -> tuple[str, dict[str, bytes]]:
    """The kind of seed and the changed files of a case."""
    chance = random.Random(number)  # noqa: S311 - to be the same every time
    kind, good = _seeds()[number % len(_seeds())]
    files = dict(good)
    other = chance.choice(list(chance.choice(_seeds())[1].values()))
    if kind in ("kmz", "xlsx", "zip_shapefile") and chance.random() < 0.5:  # inside, under a whole archive
        ((name, archive),) = files.items()
        members = seeds.unpacked(archive)
        inside = chance.choice(sorted(members))
        members[inside] = _changed(chance, members[inside], other)
        return kind, {name: seeds.packed(members)}
    for _ in range(chance.choice((1, 1, 1, 2))):
        name = chance.choice(sorted(files))
        files[name] = _changed(chance, files[name], other)
    return kind, files


def _changed(chance: random.Random, content: bytes, other: bytes) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if content:
            content = chance.choice(CHANGES)(chance, content, other)
    return content


@dataclass
class Figures:
    """What came of a run; `wrong` must be empty, and crashes are the readers' own, each a known answer."""

    first: int
    count: int = 0
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    slowest: int = 0
    grown_mib: float = 0.0
    wrong: list[str] = field(default_factory=list)


WARM = 200
"""Cases before the size of this process is first taken."""


def run(first: int, count: int, bait: Bait, place: Path) -> Figures:
    """Try the cases from that number on."""
    read_client.start()
    figures, began, server, size = Figures(first), time.monotonic(), None, 0.0
    for number in range(first, first + count):
        if number == first + min(WARM, count // 2):
            server, size = read_client.running_pid(), resident_mib()
        _try(number, figures, bait, place)
    figures.seconds = round(time.monotonic() - began, 1)
    figures.grown_mib = round(resident_mib() - size, 1)
    if read_client.running_pid() != server:
        figures.wrong.append("the server of the readers was started again")
    return figures


def _try(number: int, figures: Figures, bait: Bait, place: Path) -> None:
    kind, files = case(number)
    figures.count += 1
    figures.kinds[kind] += 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=place) as name:
        room = Path(name)
        try:
            answer = door.knock(door.received(files, room / "files"), room, LIMITS)
        except Exception:  # the point of it all: whatever comes is told with its number
            figures.wrong.append(f"{number} {kind}: {traceback.format_exc()[-800:]}")
            return
        figures.answers.update(answer.causes)
        for error in answer.errors:
            if error.cause == "crash":
                figures.crashes[f"{kind}: {vars(error)['reason'][:120]}"] += 1
        if not set(answer.causes) <= {*PROBLEMS, "read", "nothing"}:
            figures.wrong.append(f"{number} {kind}: unknown cause in {answer.causes}")
        if answer.holds(bait.text):
            figures.wrong.append(f"{number} {kind}: the secret came out")
        if bait.knocks():
            figures.wrong.append(f"{number} {kind}: somebody knocked")
        if [each.name for each in room.glob("quantu-read-*")]:
            figures.wrong.append(f"{number} {kind}: something is left in the room")
    took = time.monotonic() - began
    if took > figures.slowest_s:
        figures.slowest_s, figures.slowest = round(took, 2), number


def resident_mib() -> float:
    """Memory of this process now in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    """One run from the command line."""
    first, count, target = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        bait = Bait(Path(folder))
        bait.lay()
        figures = run(first, count, bait, Path(folder))
        bait.close()
    target.write_text(json.dumps(vars(figures), indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

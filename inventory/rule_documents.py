"""The rule files of a workspace: which there are, of which kind each is, and which own ones are broken.

A city's file overlays the packaged rule of the same id. One that cannot be used takes down that rule and no
other: measuring by the packaged one instead would give a figure nobody asked for.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from inventory.errors import RuleError
from layers.toml_table import shown

PACKAGED = files("inventory") / "rules"
CIRCLES, COVERAGE = "circles", "coverage"
KINDS = (CIRCLES, COVERAGE)
BYTES_MOST = 1_000_000
"""The packaged files have about a thousand bytes; the largest, of circles, ten thousand."""
DOTS_MOST = 50
"""Reading a key takes the square of its dots, a minute for some 70,000."""
_DOTTED = re.compile(
    rb"(?:^|[\[{,])[ \t]*+(?:[^\s.=,\[\]{}]++[ \t]*+\.[ \t]*+){%d}" % DOTS_MOST, re.MULTILINE
)
_ID_LINE = re.compile(rb"""^id\s*=\s*["']([a-z0-9_-]{1,64})["']""", re.MULTILINE)


class HasId(Protocol):
    """A rule or a rule set."""

    @property
    def id(self) -> str: ...


Rule = TypeVar("Rule", bound=HasId)
Read = Callable[[Mapping[str, Any], str], Rule]


@dataclass(frozen=True)
class Overlaid(Generic[Rule]):
    """The rules of one kind that can be used, by id, and why others cannot.

    faults: by the id that a city's broken file claims: what stands in it, else in a line of it that can still
    be read, else the name of the file.
    """

    rules: Mapping[str, Rule]
    faults: Mapping[str, RuleError]

    def refuse(self, id_: str) -> None:
        """Raise the RuleError of a broken file that claims this id."""
        if id_ in self.faults:
            raise self.faults[id_]


def overlaid(kind: str, home: Path | None, read: Read[Rule]) -> Overlaid[Rule]:
    """The packaged rules of that kind, overlaid by those of `home/rules`.

    A file that says no `kind` holds circles. RuleError where a packaged file cannot be used, which no city's
    file can bring about.
    """
    packaged = [entry for entry in PACKAGED.iterdir() if entry.name.endswith(".toml")]
    own = sorted((home / "rules").glob("*.toml"), key=lambda each: each.name) if home is not None else []
    found, faults = _group(kind, sorted(packaged, key=lambda each: each.name), read)
    for error in faults.values():
        raise error
    ours, faults = _group(kind, own, read)
    rules = {id_: rule for id_, rule in {**found, **ours}.items() if id_ not in faults}
    return Overlaid(rules, faults)


def _group(
    kind: str, entries: list[Traversable] | list[Path], read: Read[Rule]
) -> tuple[dict[str, Rule], dict[str, RuleError]]:
    found: dict[str, Rule] = {}
    faults: dict[str, RuleError] = {}
    names: dict[str, str] = {}
    for entry in entries:
        id_ = entry.name.removesuffix(".toml")
        try:
            content = _content(entry)
            id_ = _claimed(content) or id_
            document = toml(content, entry.name)
            said = document.get("kind", CIRCLES)
            if isinstance(document.get("id"), str):
                id_ = document["id"]
            if said not in KINDS:
                raise RuleError(entry.name, "kind", f"should be one of {', '.join(KINDS)}, is {shown(said)}")
            if said != kind:
                continue
            rule = read(document, entry.name)
            if rule.id in names:
                raise RuleError(entry.name, "id", f"{rule.id!r} is also the id of {names[rule.id]}")
        except RuleError as error:
            faults.setdefault(id_, error)
        else:
            names[rule.id] = entry.name
            found[rule.id] = rule
    return found, faults


def _content(entry: Traversable | Path) -> bytes:
    """The bytes of a file; RuleError where it cannot be read or is too large to be a rule."""
    if not entry.is_file():  # a folder, a pipe that would never end, a link to nowhere
        raise RuleError(entry.name, "file", "is not a file that can be read")
    try:
        with entry.open("rb") as file:
            content: bytes = file.read(BYTES_MOST + 1)
    except OSError as error:
        raise RuleError(entry.name, "file", f"cannot be read: {error.strerror or error}") from error
    if len(content) > BYTES_MOST:
        raise RuleError(entry.name, "file", f"is larger than a rule can be, {BYTES_MOST} bytes")
    return content


def _claimed(content: bytes) -> str | None:
    """The id that a line of a file names, also where the file is no TOML."""
    found = _ID_LINE.search(content)
    return None if found is None else found[1].decode("ascii")


def toml(content: bytes, file: str) -> dict[str, Any]:
    """The values of a TOML file; RuleError names `file` and what is no TOML."""
    if _DOTTED.search(content):
        raise RuleError(file, "syntax", f"a key has more than {DOTS_MOST} dots")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))  # Notepad of Windows puts a mark in front
    except UnicodeDecodeError as error:
        raise RuleError(file, f"byte {error.start}", "the file is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise RuleError(file, "syntax", f"{error!s:.200}") from error
    except RecursionError as error:
        raise RuleError(file, "syntax", "tables or lists are nested too deeply") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise RuleError(file, "syntax", f"{error!s:.200}") from error

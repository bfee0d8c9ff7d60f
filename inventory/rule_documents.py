"""The rule files of a workspace: which there are, and of which kind each is."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from inventory.errors import RuleError

PACKAGED = files("inventory") / "rules"
CIRCLES, COVERAGE = "circles", "coverage"
KINDS = (CIRCLES, COVERAGE)


def documents(kind: str, home: Path | None = None) -> list[list[tuple[str, dict[str, Any]]]]:
    """File name and content of every rule file of that kind: the packaged ones, then those of `home/rules`.

    A file that says no `kind` holds circles. RuleError names the file that cannot be read.
    """
    own = sorted((home / "rules").glob("*.toml"), key=lambda each: each.name) if home is not None else []
    packaged = [entry for entry in PACKAGED.iterdir() if entry.name.endswith(".toml")]
    groups: list[list[Traversable] | list[Path]] = [sorted(packaged, key=lambda each: each.name), own]
    return [list(_of_kind(kind, group)) for group in groups]


def _of_kind(kind: str, entries: list[Traversable] | list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in entries:
        document = toml(entry.read_bytes(), entry.name)
        said = document.get("kind", CIRCLES)
        if said not in KINDS:
            raise RuleError(entry.name, "kind", f"should be one of {', '.join(KINDS)}, is {said!r}")
        if said == kind:
            yield entry.name, document


def toml(content: bytes, file: str) -> dict[str, Any]:
    """The values of a TOML file; RuleError names `file` and what is no TOML."""
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise RuleError(file, f"byte {error.start}", "the file is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise RuleError(file, "syntax", str(error)) from error

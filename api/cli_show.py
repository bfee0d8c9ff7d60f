"""What every command shares: the session it runs in, how it prints, how it complains.

Imports nothing heavy. Tables go through rich to standard output, `--json` prints one value, complaints
go to standard error in the session's language.
"""

import json
import locale
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.plain_text import one_line, visible
from api.words import Words
from inventory.errors import RuleError
from layers.errors import CityError, SpecError, WorkspaceMissing

if TYPE_CHECKING:
    from api.settings import Settings
    from layers.catalog import Store

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value instead of a table.")]
LANGUAGES = ("zh", "en")
# what `json` leaves as it is although a terminal obeys it, or no encoding has it
UNSHOWN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Refused(Exception):
    """A command cannot do what was asked; `code` and `fields` are worded by `api.words`."""

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(code)


@dataclass(frozen=True)
class Session:
    """Where and in which language one command runs."""

    home: Path | None
    lang: str

    @property
    def words(self) -> Words:
        return Words(self.lang, self.zone)

    @cached_property
    def zone(self) -> tzinfo:
        """The city's time zone; UTC while there is no city."""
        from layers.city import read_city

        try:
            return read_city(self.settings().home / "city.toml").zone
        except (OSError, CityError, Refused):
            return UTC

    def settings(self) -> "Settings":
        from pydantic import ValidationError

        from api.settings import Settings

        try:
            return Settings(home=self.home) if self.home else Settings()
        except ValidationError as error:
            first = error.errors()[0]
            name = "QUANTU_" + "_".join(str(part) for part in first["loc"]).upper()
            raise Refused("cli_setting", name=name, problem=first["msg"]) from error

    def open_store(self) -> "Store":
        """The store of the workspace; the caller closes it."""
        from api.refresh_queue import refreshing
        from layers.catalog import Store
        from layers.workspace import Workspace

        settings = self.settings()
        return refreshing(Store.open(Workspace.open(settings.home), settings.catalog_url()))


def choose_language(asked: str | None) -> str:
    """`zh` or `en`: as asked, else `QUANTU_LANG`, else the system's language, else English."""
    wanted = asked or os.environ.get("QUANTU_LANG")
    if wanted is None:
        system = locale.getlocale()[0] or ""
        return "zh" if system.lower().startswith("zh") else "en"
    short = wanted.lower().replace("_", "-").split("-")[0]
    if short not in LANGUAGES:
        raise typer.BadParameter(f"{wanted!r} is not a language of this program; choose zh or en")
    return short


def session_of(context: typer.Context) -> Session:
    """The session of a command, set by the options before it."""
    session = context.find_root().obj
    return session if isinstance(session, Session) else Session(home=None, lang=choose_language(None))


def say(key: str, **fields: object) -> str:
    """One sentence in the language of this process."""
    return Words(choose_language(None)).say(key, **fields)


def sentence(error: Exception, lang: str | None = None) -> str:
    """What went wrong, in the reader's language when its code is worded, else as the error says it."""
    words = Words(lang or choose_language(None))
    if isinstance(error, Refused):
        return words.say(error.code, **error.fields)
    if isinstance(error, WorkspaceMissing):  # a reader of the pages is not told of folders; whoever types is
        return words.say("cli_workspace_missing", home=str(error.home))
    # Pages do not tell strangers where files lie; whoever types has to find and mend them.
    if isinstance(error, RuleError):
        return f"{error.file}: {words.error(error)}"
    if isinstance(error, (SpecError, CityError)):
        return f"{error.path}: {words.error(error)}"
    return words.error(error)


def complain(text: str) -> None:
    """Print one complaint to standard error."""
    print(f"quantu: {visible(text)}", file=sys.stderr)


def print_json(value: Any) -> None:
    """Print one JSON value, readable and with Chinese as it is."""
    print(UNSHOWN.sub(_escaped, json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def print_table(
    columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], *, title: str | None = None
) -> None:
    """Print a table; each column is a heading and `left` or `right`."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading, side in columns:
        table.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(one_line, row))
    console().print(table)


def console() -> Console:
    """Standard output; never narrower than a report's table when it is not a terminal."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)


def pairs(values: list[str] | None, option: str) -> dict[str, str]:
    """`["a=b"]` as `{"a": "b"}`."""
    found = {}
    for value in values or []:
        name, sign, content = value.partition("=")
        if not sign or not name:
            raise Refused("cli_pair", option=option, value=value)
        found[name] = content
    return found


def author() -> str:
    """Who runs this command: the system's user name (accounts come later)."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"

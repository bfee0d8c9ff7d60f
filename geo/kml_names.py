"""Names of data in the text of a KML: kept under stand-ins while the driver reads, which knows ASCII only.

LIBKML writes every letter it does not know as "_", so that all Chinese names of four bytes become one. No XML
is parsed here: only the attribute `name` of `Data`, `SimpleData` and `SimpleField` is replaced, in place.
"""

import html
import re
from collections.abc import Mapping

import pyarrow as pa

_NAMED = re.compile(
    r"""(<(?:\w{1,40}:)?(?:Data|SimpleData|SimpleField)\s(?:[^<>]{0,400}?\s)?name\s{0,9}=\s{0,9})(["'])([^<>"']{1,400})\2"""
)
_FOLDER = re.compile(
    r"<(?:\w{1,40}:)?Folder(?:\s[^<>]{0,400})?>\s{0,400}<(?:\w{1,40}:)?name>"
    r"(?:<!\[CDATA\[(.{0,400}?)\]\]>|([^<>]{0,400}))</"
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

FOLDER = "folder"
"""The column that says in which folder a placemark is."""


def stand_in(text: str) -> tuple[str, dict[str, str]]:
    """The text with stand-ins for all names that are no plain ASCII, and what each stands for."""
    prefix = "named_"
    while prefix in text:
        prefix += "_"
    stands: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        name = html.unescape(found[3]).strip()
        if not name or _PLAIN.fullmatch(name):
            return found[0]
        return f"{found[1]}{found[2]}{stands.setdefault(name, f'{prefix}{len(stands) + 1}')}{found[2]}"

    text = _NAMED.sub(replaced, text)
    return text, {stand: name for name, stand in stands.items()}


def folders(text: str) -> frozenset[str]:
    """The names of the folders."""
    return frozenset(html.unescape(found[1] or found[2] or "").strip() for found in _FOLDER.finditer(text))


def restored(rows: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """The table under the file's own names."""
    return rows.rename_columns([names.get(each, each) for each in rows.column_names])


def in_folder(rows: pa.Table, folder: str) -> pa.Table:
    """The table with a column that says the folder, unless it has one of that name."""
    if FOLDER in {each.casefold() for each in rows.column_names}:
        return rows
    return rows.append_column(FOLDER, pa.array([folder] * len(rows), pa.string()))

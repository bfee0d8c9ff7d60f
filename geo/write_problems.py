"""Everything that can keep a file from being written: a table of causes, each with words and a cure.

A cause has a name that never changes and fields; `api` words them in other languages.
"""

from typing import Any

from geo.errors import WriteError

PROBLEMS: dict[str, tuple[str, str]] = {
    "format": ("{suffix!r} is no format that is written", "choose of {listed}"),
    "no_folder": ("there is no folder {folder!r}", "make it or name another"),
    "no_geometry": ("the table has no geometry", "write it as .csv, .parquet or .gpkg"),
    "kinds": ("a Shapefile holds one kind, not {kinds}", "write it as .gpkg"),
    "character": ("{column!r} has {character!r}, which {encoding} lacks", "write it in UTF-8"),
    "long_text": (
        "{column!r} has a text of {count} bytes, a Shapefile holds {limit}",
        "write it as .gpkg",
    ),
    "there_already": ("the file is already there", "name a new file"),
    "no_table": ("there is no table to write", "give at least one"),
    "column_twice": ("two columns are called {column!r}, capitals apart", "rename one"),
}


def write_problem(cause: str, file: str, **fields: Any) -> WriteError:
    """The error of a cause, to be raised; `fields` fill its words and stay with it."""
    what, mend = PROBLEMS[cause]
    return WriteError(file, what.format(**fields), mend.format(**fields), cause, **fields)

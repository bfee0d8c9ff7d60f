"""What was decided while a file was read, said to its owner: a code and its fields.

A note is no finding: nothing is wrong with the rows, but the file was not quite whole or not quite a table.
The sentence is `note_<code>` in `api/words`.
"""

from dataclasses import dataclass, field
from typing import Any

CODES = (
    "shx_rebuilt",
    "dbf_missing",
    "rows_deleted",
    "columns_unread",
    "numbers_unread",
    "title_rows",
    "two_row_header",
    "blank_rows",
    "mixed_types",
    "raster_unplaced",
)


@dataclass(frozen=True)
class Note:
    """One decision; `code` is one of `CODES`."""

    code: str
    fields: dict[str, Any] = field(default_factory=dict)

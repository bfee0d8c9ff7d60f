"""A canonical result as bytes: its head, and the row of each zone, which can be taken over as they are.

The result of a city by communities has megabytes of rows; a change touches few of them. In canonical JSON
`zones` is the last key, `categories` the first key of a row and of nothing below it, and no text holds an
unescaped quote: so rows are found by their first bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory.canonical import canonical

_ZONES = b',"zones":['
_ROW = b'{"categories":{'
_END = b"]}\n"


@dataclass(frozen=True)
class ResultBytes:
    """head: all of the result but its zones, as values. rows: the canonical bytes of each zone, by code."""

    head: Mapping[str, Any]
    rows: Sequence[bytes]

    @classmethod
    def of(cls, content: bytes) -> "ResultBytes":
        """A result as `canonical` writes it."""
        cut = content.index(_ZONES)
        head = json.loads(content[:cut] + b"}")
        within = content[cut + len(_ZONES) : -len(_END)]
        first, *others = within.split(_ROW)
        if first:
            raise ValueError("these are not the rows of a result")
        return cls(head, [_ROW + row.removesuffix(b",") for row in others])

    def row(self, number: int) -> dict[str, Any]:
        """One row as values."""
        found: dict[str, Any] = json.loads(self.rows[number])
        return found

    @property
    def content(self) -> bytes:
        """The bytes of the whole: what `canonical` gives of the same values."""
        if max(self.head) > "zones":
            raise ValueError("zones must be the last key of a result")
        return canonical(self.head)[:-2] + _ZONES + b",".join(self.rows) + _END


def row_bytes(row: Mapping[str, Any]) -> bytes:
    """A row as it stands in a result."""
    return canonical(row)[:-1]

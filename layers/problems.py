"""What may be wrong with a store: codes and their fields, which `api` words."""

from dataclasses import dataclass, field
from typing import Any

CODES: dict[str, tuple[str, ...]] = {
    "catalog_damaged": ("problem",),
    "audit_broken": ("sequence",),
    "moves_broken": ("sequence",),
    "move_unaudited": ("sequence",),
    "version_forged": ("version",),
    "spec_forged": ("spec",),
    "part_missing": ("part",),
    "part_size": ("part", "expected", "found"),
    "part_hash": ("part", "found"),
    "part_damaged": ("part", "problem"),
    "part_content": ("part", "found"),
    "twin_content": ("part", "table"),
    "part_rows": ("part", "table", "expected", "found"),
    "part_writable": ("part",),
    "part_orphan": ("part",),
    "purged_present": ("part",),
    "original_missing": ("original", "version"),
    "original_hash": ("original", "found"),
    "staging_leftover": ("name",),
}
"""Every code a problem may have, and its fields."""


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be; `fields` as `CODES` lists them."""

    code: str
    fields: dict[str, Any] = field(default_factory=dict)

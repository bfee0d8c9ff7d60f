"""One value, one sequence of bytes: what hashes, recipes and replays compare."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces and one closing newline.

    Floats print as their shortest exact form, so a figure rounded to fixed decimals prints with those
    decimals at most, and reading the bytes back and writing them again gives the same bytes. NaN and
    infinity are refused: an absent figure is null and says why beside it.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def digest(value: Any) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
